/// State as a function of the set of changes: decides what each op does to records, registers and sets.
///
/// The order in which changes arrive makes no difference; each change is folded once. The same decisions run over
/// memory and over a database. Source: Specs/data-model.md.
public struct Fold: Sendable {
    private var change = Change()
    /// The logs that the change refers to, itself first; nil for one of which nothing has come.
    private var logs: [Int?] = []

    /// A fold with scratch memory of its own.
    public init() {}

    /// The parts in which a change and the ops that waited for it are carried out.
    ///
    /// Makers go first, so that an op may name a later one of its change. Removers go last: when one runs, all
    /// additions to its record that are folded have run, and what it does not find has not arrived.
    private enum Phase {
        case make, write, remove
    }
    private static let phases: [Phase] = [.make, .write, .remove]

    /// Folds change `sequence` of log number `log`, the next one of that log, and what waited for it.
    ///
    /// Returns the change's stamp, or nil if the leaf is no change, which is then without effect. O(ops).
    @discardableResult
    public mutating func apply<Store: FoldStore>(
        _ leaf: borrowing RawSpan, log: Int, sequence: UInt64, to store: inout Store
    ) throws -> UInt64? {
        let place = LocalDot(log: log, sequence: sequence, op: 0)
        store.advance(log: log, to: sequence)
        let waiting = try store.release(place).sorted()
        var stamp: UInt64?
        for phase in Self.phases {
            // What waited was decoded in between, so a change that something waited for is decoded again.
            if phase == .make || !waiting.isEmpty && stamp != nil {
                stamp = try decode(leaf, log, &store)
            }
            if stamp != nil {
                for index in change.ops.indices { try apply(leaf, LocalDot(place, op: index), phase, &store) }
            }
            try replay(waiting, phase, &store)
        }
        return stamp
    }

    /// Decodes a leaf and resolves the logs that it refers to; nil if it is no change.
    private mutating func decode<Store: FoldStore>(
        _ leaf: borrowing RawSpan, _ log: Int, _ store: inout Store
    ) throws -> UInt64? {
        do {
            try change.decode(leaf)
        } catch {
            // A leaf that is no change has no ops; it is kept and forwarded like any other.
            return nil
        }
        logs.removeAll(keepingCapacity: true)
        logs.append(log)
        for id in change.logs { logs.append(store.index(of: id)) }
        return change.stamp
    }

    /// Carries out one phase of ops that waited; they are sorted, so each leaf is decoded once.
    private mutating func replay<Store: FoldStore>(
        _ waiting: [LocalDot], _ phase: Phase, _ store: inout Store
    ) throws {
        guard phase != .make else { return }
        var next = waiting.startIndex
        while next < waiting.endIndex {
            let place = waiting[next].change
            let leaf = try store.leaf(place)
            let bytes = leaf.span.bytes
            // An op that waits was decoded before: if it cannot be now, the store is not what was written.
            guard try decode(bytes, place.log, &store) != nil else { throw Malformed(.shape, at: 0) }
            while next < waiting.endIndex, waiting[next].change == place {
                guard Int(waiting[next].op) < change.ops.count else { throw Malformed(.shape, at: 0) }
                try apply(bytes, waiting[next], phase, &store)
                next += 1
            }
        }
    }

    /// Carries out what op `dot` of the change that was read has to do in `phase`.
    private func apply<Store: FoldStore>(
        _ leaf: borrowing RawSpan, _ dot: LocalDot, _ phase: Phase, _ store: inout Store
    ) throws {
        switch (change.ops[Int(dot.op)], phase) {
        case (.create(let kind, _, let owned), .make):
            let record = FoldRecord(
                id: dot, kind: kind, isOwned: owned, isKeyed: false,
                hasAdditionsApart: change.hasAdditionsApart, stamp: Clock.ordering(change.stamp))
            try store.insert(record, leaf: leaf, births: change.births(of: Int(dot.op)))
        case (.keyed(let kind, let key), .make):
            try Self.create(kind, key, leaf, dot, &store)
        case (.set(let target, let entries, let over), .write):
            guard change.stamp <= Clock.maximumStamp, let record = try find(target, dot, phase, &store) else {
                return
            }
            let stamp = WriteStamp(effective: Clock.effective(change.stamp, over: over), dot: dot)
            let isOwner = isOwner(of: record, dot, &store)
            for entry in change.entries[entries] where isOwner || !entry.field.isOwned {
                try Self.write(record, entry.field, stamp, leaf, entry.value, &store)
            }
        case (.add(let target, let field, let value, _), .write):
            guard !change.isBirth(Int(dot.op)), let record = try find(target, dot, phase, &store),
                !field.isOwned || isOwner(of: record, dot, &store)
            else { return }
            let key = FieldKey(record.id, field)
            guard try !store.unmark(key, dot) else { return }
            try store.insertElement(
                key, dot, stamp: Clock.ordering(change.stamp), leaf: leaf, value: value)
        case (.add(let target, let field, _, let dots), .remove) where !dots.isEmpty,
            (.remove(let target, let field, let dots), .remove):
            if planted(.seenIgnored), change.adds(Int(dot.op)) { return }
            guard let record = try find(target, dot, phase, &store),
                !field.isOwned || isOwner(of: record, dot, &store)
            else { return }
            try remove(dots, record, FieldKey(record.id, field), &store)
        case (.delete(let target), .remove):
            guard let record = try find(target, dot, phase, &store), !record.isKeyed,
                isOwner(of: record, dot, &store)
            else { return }
            if planted(.editBeatsDelete), try store.winner(FieldKey(record.id, .number(13))) != nil { return }
            try store.delete(record)
        case (.create, _), (.keyed, _), (.set, _), (.add, _), (.remove, _), (.delete, _), (.grant, _),
            (.invite, _), (.unknown, _):
            return
        }
    }

    /// The record that op `dot` is about; nil if there is none, and then, if it may still come, the op is held: once,
    /// though an add that replaces others has a part in two phases.
    private func find<Store: FoldStore>(
        _ target: Change.Target, _ dot: LocalDot, _ phase: Phase, _ store: inout Store
    ) throws -> FoldRecord? {
        switch target {
        case .op(let index):
            return try store.record(LocalDot(dot.change, op: index))
        case .dot(let reference):
            let channel = store.logID(dot.log).channel
            guard let create = local(reference) else {
                let create = name(reference)
                if create.log.channel == channel, mayBeHeld(dot, phase) {
                    try store.hold(dot, until: create)
                }
                return nil
            }
            guard store.logID(create.log).channel == channel, !store.areStrangers(create.log, dot.log) else {
                return nil
            }
            if let record = try store.record(create) {
                // A log speaks of a keyed record by its own earlier create, so nothing on one ever waits.
                return record.isKeyed && (create.log != dot.log || create > dot) ? nil : record
            }
            let mayCome = create.sequence > store.length(ofLog: create.log)
            if mayCome, mayBeHeld(dot, phase) { try store.hold(dot, until: create) }
            return nil
        }
    }

    /// Whether op `dot` is held in this phase if its record may still come.
    private func mayBeHeld(_ dot: LocalDot, _ phase: Phase) -> Bool {
        if planted(.waitingOpDropped) { return false }
        if planted(.earlyDeleteDropped), case .delete = change.ops[Int(dot.op)] { return false }
        return !(phase == .remove && change.adds(Int(dot.op)))
    }

    /// The dot of a reference in this store; nil if nothing of its log has come.
    private func local(_ reference: Change.Reference) -> LocalDot? {
        logs[reference.log].map { LocalDot(log: $0, sequence: reference.sequence, op: reference.op) }
    }

    /// The full dot of a reference to a log other than the change's own.
    private func name(_ reference: Change.Reference) -> Dot {
        Dot(log: change.logs[reference.log - 1], sequence: reference.sequence, op: reference.op)
    }

    /// Whether op `dot` may write the owned fields of the record, and end it: for those, only its creator may.
    private func isOwner<Store: FoldStore>(of record: FoldRecord, _ dot: LocalDot, _ store: inout Store)
        -> Bool
    {
        !record.isOwned || planted(.ownershipNotEnforced)
            || store.key(ofLog: record.id.log) == store.key(ofLog: dot.log)
    }

    private static func create<Store: FoldStore>(
        _ kind: UInt64, _ key: Range<Int>, _ leaf: borrowing RawSpan, _ dot: LocalDot, _ store: inout Store
    ) throws {
        let keyBytes = leaf.extracting(key)
        let id = keyedID(channel: store.logID(dot.log).channel, kind: kind, key: keyBytes.array)
        if let record = try store.record(keyed: id) {
            if planted(.keyedAliasForgotten) { return }
            return try store.alias(dot, to: record.id)
        }
        let record = FoldRecord(
            id: dot, kind: kind, isOwned: false, isKeyed: true, hasAdditionsApart: true, stamp: 0)
        try store.insert(record, keyed: id, key: keyBytes)
    }

    private static func write<Store: FoldStore>(
        _ record: FoldRecord, _ field: Field, _ stamp: WriteStamp, _ leaf: borrowing RawSpan,
        _ value: Range<Int>, _ store: inout Store
    ) throws {
        let key = FieldKey(record.id, field)
        let birth = WriteStamp(effective: record.stamp, dot: record.id)
        let winner: WriteStamp?
        if record.isKeyed || store.isLater(stamp, than: birth) {
            // Mostly the first write of the field, which needs no look at what is there.
            winner = try store.putFirst(key, stamp, leaf: leaf, value: value)
            guard winner != nil else { return }
        } else {
            winner = try store.winner(key)
        }
        if let winner {
            guard store.isLater(stamp, than: winner) else { return }
        } else {
            guard try !store.hasInitialValue(key) else { return }
        }
        try store.put(key, stamp, leaf: leaf, value: value)
    }

    private func remove<Store: FoldStore>(
        _ dots: Range<Int>, _ record: FoldRecord, _ key: FieldKey, _ store: inout Store
    ) throws {
        for reference in change.dots[dots] {
            guard let dot = local(reference) else {
                try store.mark(key, name(reference))
                continue
            }
            if !record.isKeyed, dot.change == record.id.change {
                // An element of the record's birth is not kept apart, so all dots of that change are noted.
                if record.hasAdditionsApart { try store.removeElement(key, dot) }
                if planted(.birthRemovalForgotten) { continue }
                try store.mark(key, dot, isOfBirth: true)
            } else if dot.sequence > store.length(ofLog: dot.log) {
                try store.mark(key, dot, isOfBirth: false)
            } else {
                try store.removeElement(key, dot)
            }
        }
    }
}

extension Change {
    /// Whether op `index` is an addition.
    func adds(_ index: Int) -> Bool {
        if case .add = ops[index] { true } else { false }
    }

    /// Whether op `index` adds to a record that this same change creates: such an element is part of the record's
    /// birth and is not kept apart.
    public func isBirth(_ index: Int) -> Bool {
        guard case .add(.op(let create), _, _, let seen) = ops[index], seen.isEmpty,
            case .create = ops[create]
        else { return false }
        return true
    }

    /// Whether an op adds to what is no record of this change's birth, and so perhaps to a record of this change.
    var hasAdditionsApart: Bool { ops.indices.contains { adds($0) && !isBirth($0) } }

    /// The bytes of create op `index` and of the additions that belong to the record's birth, in order.
    public func births(of index: Int) -> [Range<Int>] {
        var births = [ranges[index]]
        for later in ops.indices.dropFirst(index + 1) {
            if case .add(.op(index), _, _, let seen) = ops[later], seen.isEmpty {
                births.append(ranges[later])
            }
        }
        return births
    }
}

/// The identity of a keyed record: its channel's byte, then fifteen bytes of the hash of its kind and key.
public func keyedID(channel: Channel, kind: UInt64, key: [UInt8]) -> Bytes16 {
    var writer = ByteWriter(capacity: 16 + key.count)
    writer.write(Array("ES1K".utf8))
    writer.write(bigEndian: kind)
    writer.write(key)
    let hash = Digest.sha256(writer.bytes)
    return Bytes16(
        high: UInt64(channel.rawValue) << 56 | hash.words.0 >> 8, low: hash.words.0 << 56 | hash.words.1 >> 8)
}
