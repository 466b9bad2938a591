/// State as a function of the set of changes: decides what each op does to records, registers and sets.
///
/// The order in which changes arrive makes no difference; each change is folded once. The same decisions run over
/// memory and over a database. Source: Specs/data-model.md.
public struct Fold: Sendable {
    private var change = Change()
    private var held = Change()

    /// A fold with scratch memory of its own.
    public init() {}

    /// Which parts of held ops to carry out: what adds goes before what removes.
    private enum Phase {
        case all, additions, removals
    }

    /// Folds change `sequence` of log number `log`, the next one of that log, and what waited for it.
    ///
    /// Returns the change's stamp, or nil if the leaf is no change, which is then without effect. O(ops).
    @discardableResult
    public mutating func apply<Store: FoldStore>(
        _ leaf: borrowing RawSpan, log: Int, sequence: UInt64, to store: inout Store
    ) throws -> UInt64? {
        var stamp: UInt64?
        do {
            try change.decode(leaf)
            stamp = change.stamp
        } catch {
            // A leaf is a leaf whatever it contains (D19): no ops, kept and forwarded.
        }
        if stamp != nil {
            let place = LocalDot(log: log, sequence: sequence, op: 0)
            let logs = try Self.indices(change, log, &store)
            for index in change.ops.indices {
                try Self.apply(change, leaf, index, place, logs, .all, &store)
            }
        }
        store.advance(log: log, to: sequence)
        try replay(store.release(LocalDot(log: log, sequence: sequence, op: 0)), &store)
        return stamp
    }

    /// Carries out ops that waited; those of one record that add come before those that remove, so that the order in
    /// which they arrived does not matter.
    private mutating func replay<Store: FoldStore>(_ waiting: [LocalDot], _ store: inout Store) throws {
        guard !waiting.isEmpty else { return }
        for phase in [Phase.additions, .removals] {
            for dot in waiting.sorted() {
                let leaf = try store.leaf(dot)
                let bytes = leaf.span.bytes
                do {
                    try held.decode(bytes)
                } catch {
                    preconditionFailure("op \(dot) was held, so its change had been decoded")
                }
                let logs = try Self.indices(held, dot.log, &store)
                try Self.apply(held, bytes, Int(dot.op), dot.change, logs, phase, &store)
            }
        }
    }

    private static func indices<Store: FoldStore>(
        _ change: Change, _ own: Int, _ store: inout Store
    ) throws -> [Int] {
        var indices = [own]
        for id in change.logs { indices.append(try store.index(of: id)) }
        return indices
    }

    private enum Found {
        case live(FoldRecord)
        case dead
        case waiting(LocalDot)
    }

    /// The record that an op is about, as far as the folded changes tell.
    private static func find<Store: FoldStore>(
        _ target: Change.Target, _ place: LocalDot, _ logs: [Int], _ store: inout Store
    ) throws -> Found {
        switch target {
        case .op(let index):
            let dot = LocalDot(value: place.value | UInt64(index))
            guard let record = try store.record(dot) else { return .dead }
            return .live(record)
        case .dot(let reference):
            let dot = LocalDot(log: logs[reference.log], sequence: reference.sequence, op: reference.op)
            guard store.logID(dot.log).channel == store.logID(place.log).channel else { return .dead }
            if let record = try store.record(dot) {
                // A log speaks of a keyed record by its own create, so that nothing on one can have to wait (D5).
                return record.isKeyed && reference.log != 0 ? .dead : .live(record)
            }
            return dot.sequence <= store.length(ofLog: dot.log) ? .dead : .waiting(dot)
        }
    }

    private static func apply<Store: FoldStore>(
        _ change: Change, _ leaf: borrowing RawSpan, _ index: Int, _ place: LocalDot, _ logs: [Int],
        _ phase: Phase, _ store: inout Store
    ) throws {
        let dot = LocalDot(value: place.value | UInt64(index))
        let target: Change.Target
        switch change.ops[index] {
        case .create(let kind, _, let owned):
            let record = FoldRecord(
                id: dot, kind: kind, isOwned: owned, isKeyed: false, stamp: Clock.ordering(change.stamp))
            return try store.insert(record, leaf: leaf, births: change.births(of: index))
        case .keyed(let kind, let key):
            return try create(kind, key, leaf, dot, &store)
        case .set(let about, _, _), .add(let about, _, _, _), .remove(let about, _, _), .delete(let about):
            target = about
        case .grant, .invite, .unknown:
            return
        }
        let record: FoldRecord
        switch try find(target, place, logs, &store) {
        case .live(let found): record = found
        case .dead: return
        case .waiting(let create): return try store.hold(dot, until: create)
        }
        // An owned record's own fields, and its end, are its creator's alone (D20).
        let isOwner = !record.isOwned || store.key(ofLog: record.id.log) == store.key(ofLog: place.log)
        switch change.ops[index] {
        case .set(_, let entries, let over) where phase != .removals:
            guard change.stamp <= Clock.maximumStamp else { return }
            let stamp = WriteStamp(effective: Clock.effective(change.stamp, over: over), dot: dot)
            for entry in change.entries[entries] where isOwner || !entry.field.isOwned {
                try write(record, entry.field, stamp, leaf.extracting(entry.value), &store)
            }
        case .add(_, let field, let value, let seen) where isOwner || !field.isOwned:
            let key = FieldKey(record.id, field)
            if phase != .removals, !change.isBirth(index), try !store.unmark(key, dot) {
                try store.insertElement(
                    key, dot, stamp: Clock.ordering(change.stamp), value: leaf.extracting(value))
            }
            if phase != .additions { try remove(change.dots[seen], record, key, logs, &store) }
        case .remove(_, let field, let dots) where phase != .additions && (isOwner || !field.isOwned):
            try remove(change.dots[dots], record, FieldKey(record.id, field), logs, &store)
        case .delete where phase != .additions && isOwner && !record.isKeyed:
            try store.delete(record)
        default:
            return
        }
    }

    private static func create<Store: FoldStore>(
        _ kind: UInt64, _ key: Range<Int>, _ leaf: borrowing RawSpan, _ dot: LocalDot, _ store: inout Store
    ) throws {
        let keyBytes = leaf.extracting(key)
        let id = keyedID(channel: store.logID(dot.log).channel, kind: kind, key: keyBytes.array)
        if let record = try store.record(keyed: id) { return try store.alias(dot, to: record.id) }
        let record = FoldRecord(id: dot, kind: kind, isOwned: false, isKeyed: true, stamp: 0)
        try store.insert(record, keyed: id, key: keyBytes)
    }

    private static func write<Store: FoldStore>(
        _ record: FoldRecord, _ field: Field, _ stamp: WriteStamp, _ value: borrowing RawSpan,
        _ store: inout Store
    ) throws {
        let key = FieldKey(record.id, field)
        if let winner = try store.winner(key) {
            guard store.isLater(stamp, than: winner) else { return }
        } else if !record.isKeyed {
            let birth = WriteStamp(effective: record.stamp, dot: record.id)
            guard try store.isLater(stamp, than: birth) || !store.hasInitialValue(key) else { return }
        }
        try store.put(key, stamp, value: value)
    }

    private static func remove<Store: FoldStore>(
        _ dots: ArraySlice<Change.Reference>, _ record: FoldRecord, _ key: FieldKey, _ logs: [Int],
        _ store: inout Store
    ) throws {
        for reference in dots {
            let dot = LocalDot(log: logs[reference.log], sequence: reference.sequence, op: reference.op)
            if !record.isKeyed, dot.change == record.id.change {
                try store.mark(key, dot)
            } else if try !store.removeElement(key, dot), dot.sequence > store.length(ofLog: dot.log) {
                try store.mark(key, dot)
            }
        }
    }
}

extension Change {
    /// Whether op `index` adds to a record that this same change creates: such an element is part of the record's
    /// birth and is not kept apart.
    public func isBirth(_ index: Int) -> Bool {
        guard case .add(.op(let create), _, _, let seen) = ops[index], seen.isEmpty,
            case .create = ops[create]
        else { return false }
        return true
    }

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
