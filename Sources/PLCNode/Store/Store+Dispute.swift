package import PLCSync

/// An own log that a node has given up, because its peers hold another history of it.
package struct GivenUpLog: Hashable, Sendable {
    /// The log.
    package let log: LogID
    /// Its space.
    package let space: SpaceID
    /// The last change that both histories have.
    package let common: UInt64
    /// How many changes only this node had, which it has written anew to another log.
    package let reissued: UInt64
}

/// Giving up an own log of which peers hold another history, as after a folder was copied back (L-36 to L-38).
extension Store {
    /// Holds changes of an own log, which a peer gave under a head that this node's key signed, against those that are
    /// stored; nil if they are the same.
    ///
    /// Inside a transaction. If they are others, or more, the log is from now on what the peer says, as any other's is. What
    /// this node wrote to it after the last common change is written to a new log, and the state is folded anew. While
    /// changes wait to come again after damage, nothing is done, because the state has more than the logs then.
    package func dispute(_ stretch: Stretch, by key: PublicKey, at wall: WallTime) throws -> GivenUpLog? {
        precondition(inTransaction, "a log is given up inside a transaction")
        guard let index = logIndices[stretch.descriptor.id], let log = logs[index], log.isOwn,
            log.descriptor == stretch.descriptor, stretch.from <= log.forest.count + 1
        else { return nil }
        try flush(index, isFinal: true)
        guard let common = try lastCommon(stretch, index, log) else { return nil }
        let held = log.forest.count
        guard common == held || logs.values.allSatisfy({ $0.repair == nil }) else { return nil }
        let leaves = try (common..<held).map {
            try logReader.leaf(LocalDot(log: index, sequence: $0 + 1, op: 0))
        }
        try adopt(stretch, after: common, index, log, refolds: !leaves.isEmpty)
        forgetOwnLogs()
        // What peers were told, and have told, was of another history.
        try statements.deleteCursors()
        try reissue(leaves, of: stretch.descriptor, after: common, by: key)
        let given = GivenUpLog(
            log: log.id, space: stretch.descriptor.space, common: common, reissued: UInt64(leaves.count))
        try settleAlarms(given, at: wall)
        return given
    }

    /// The last change before the first that a stretch has and the log has not; nil if it has them all.
    private func lastCommon(_ stretch: Stretch, _ index: Int, _ log: LogEntry) throws -> UInt64? {
        let bytes = stretch.items.span.bytes
        var reader = ByteReader(bytes)
        var sequence = stretch.from
        while !reader.isAtEnd {
            guard sequence <= log.forest.count else { return sequence - 1 }
            guard case .leaf(let theirs) = try reader.logItem(bytes) else {
                preconditionFailure("a section with a hole is not verified")
            }
            let mine = try logReader.leaf(LocalDot(log: index, sequence: sequence, op: 0))
            if mine != bytes.extracting(theirs).array { return sequence - 1 }
            sequence += 1
        }
        return nil
    }

    /// Puts the changes of a stretch in the place of those that follow change `common`.
    private func adopt(
        _ stretch: Stretch, after common: UInt64, _ index: Int, _ log: LogEntry, refolds: Bool
    ) throws {
        let shared = try logReader.forest(log: index, length: common)
        try cut(index, log, to: common)
        try statements.endRepair(log: index)
        logReader.forget()
        log.isOwn = false
        log.forest = shared
        log.newControl = []
        log.tail = nil
        // What is folded anew in the end is not folded now.
        log.folded = refolds ? stretch.forest.count : common
        touch(index)
        let bytes = stretch.items.span.bytes
        var reader = ByteReader(bytes)
        for _ in stretch.from..<common + 1 { _ = try reader.logItem(bytes) }
        let rest = Stretch(
            descriptor: stretch.descriptor, from: common + 1, items: Array(stretch.items[reader.offset...]),
            forest: stretch.forest, nodes: stretch.nodes.filter { $0.block.end > common },
            head: stretch.head, bridge: stretch.bridge)
        try append(rest, to: index)
        lsn += 1
        log.lsn = lsn
        log.head = stretch.head
        log.bridge = stretch.bridge
        if refolds, log.id.channel != .control {
            try flush(index, isFinal: true)
            try refold()
        }
    }

    /// Writes changes, which were those of a log after change `common`, to this node's new log, with the stamps that they
    /// had.
    private func reissue(
        _ leaves: [[UInt8]], of descriptor: LogDescriptor, after common: UInt64, by key: PublicKey
    ) throws {
        guard !leaves.isEmpty, let space = spaceIndices[descriptor.space] else { return }
        let index = try ownLog(space, descriptor.channel, key)
        guard let log = logs[index] else { preconditionFailure("log \(index) is there") }
        var reissue = Reissue(descriptor, to: log.id)
        var change = Change()
        for (place, leaf) in leaves.enumerated() {
            let bytes = leaf.span.bytes
            guard (try? change.decode(bytes)) != nil else { continue }
            reissue.sequences[common + 1 + UInt64(place)] = log.forest.count + 1
            let draft = try reissue.draft(of: change, bytes)
            guard !draft.isEmpty else { continue }
            _ = try write(descriptor.space, descriptor.channel, by: key, .exactly(change.stamp)) { _ in draft
            }
        }
    }
}

/// Changes of one log as they read in another: what they say of each other is said of the new ones.
struct Reissue {
    private let old: LogDescriptor
    private let new: LogID
    /// The changes that were written anew, by what they were before.
    var sequences: [UInt64: UInt64] = [:]

    init(_ old: LogDescriptor, to new: LogID) {
        self.old = old
        self.new = new
    }

    private func mapped(_ dot: Dot) -> Dot {
        guard dot.log == old.id, let sequence = sequences[dot.sequence] else { return dot }
        return Dot(log: new, sequence: sequence, op: dot.op)
    }

    /// The ops of a change; those that this version does not know have no effect here, and are left out.
    func draft(of change: Change, _ leaf: borrowing RawSpan) throws -> Draft {
        var draft = Draft()
        var places: [Int: Int] = [:]
        func dot(_ reference: Change.Reference) -> Dot {
            let log = reference.log == 0 ? old.id : change.logs[reference.log - 1]
            return mapped(Dot(log: log, sequence: reference.sequence, op: reference.op))
        }
        func target(_ target: Change.Target) -> Draft.Target {
            switch target {
            case .op(let op): .op(places[op] ?? op)
            case .dot(let reference): .dot(dot(reference))
            }
        }
        for (number, op) in change.ops.enumerated() {
            places[number] = draft.ops.count
            switch op {
            case .create(let kind, let initial, let owned):
                let values = try entries(change, initial, leaf)
                draft.append(.create(kind: kind, initial: values, owned: owned))
            case .set(let record, let fields, let over):
                let values = try entries(change, fields, leaf)
                draft.append(.set(target(record), values, over: over))
            case .add(let record, let field, let range, let seen):
                let item = try value(change, leaf, range)
                draft.append(.add(target(record), field, item, seen: change.dots[seen].map(dot)))
            case .remove(let record, let field, let dots):
                draft.append(.remove(target(record), field, change.dots[dots].map(dot)))
            case .delete(let record):
                draft.append(.delete(target(record)))
            case .keyed(let kind, let key):
                draft.append(.keyed(kind: kind, key: leaf.extracting(key).array))
            case .grant(let key, let role, let range, let invitation):
                guard let role = Role(rawValue: role) else { continue }
                let name = range.map { String(decoding: leaf.extracting($0).array, as: UTF8.self) } ?? ""
                draft.append(.grant(key, role, name: name, invitation: invitation.map { PublicKey($0) }))
            case .invite(let invitation, let role, let expiry):
                guard let role = Role(rawValue: role) else { continue }
                draft.append(.invite(PublicKey(invitation), role, expiry: expiry))
            case .unknown:
                continue
            }
        }
        return draft
    }

    private func entries(
        _ change: Change, _ range: Range<Int>, _ leaf: borrowing RawSpan
    ) throws -> [(Field, [UInt8])] {
        var entries: [(Field, [UInt8])] = []
        for entry in change.entries[range] {
            entries.append((entry.field, try value(change, leaf, entry.value)))
        }
        return entries
    }

    private func value(
        _ change: Change, _ leaf: borrowing RawSpan, _ range: Range<Int>
    ) throws(Malformed) -> [UInt8] {
        var reader = ByteReader(range)
        var writer = ByteWriter(capacity: range.count)
        try copy(change, leaf, &reader, &writer)
        return writer.bytes
    }

    /// Copies one item, in which references to records name them as they are called now.
    private func copy(
        _ change: Change, _ leaf: borrowing RawSpan, _ reader: inout ByteReader, _ writer: inout ByteWriter
    ) throws(Malformed) {
        let start = reader.offset
        let (major, argument) = try reader.head(leaf)
        var items: UInt64 = 0
        switch major {
        case .array: items = argument
        case .tag: items = 1
        case .map:
            writer.write(leaf.extracting(start..<reader.offset).array)
            for _ in 0..<argument {
                // Keys stay, and so their order.
                let key = reader.offset
                try reader.skipItem(leaf, depth: Change.maximumDepth)
                writer.write(leaf.extracting(key..<reader.offset).array)
                try copy(change, leaf, &reader, &writer)
            }
            return
        case .unsigned, .negative, .bytes, .text, .simple:
            reader.offset = start
            try reader.skipItem(leaf, depth: Change.maximumDepth)
            return writer.write(leaf.extracting(start..<reader.offset).array)
        }
        if major == .tag, let item = try reference(change, leaf, argument, &reader) {
            return writer.write(item)
        }
        writer.write(leaf.extracting(start..<reader.offset).array)
        for _ in 0..<items { try copy(change, leaf, &reader, &writer) }
    }

    /// The reference that the content of a tag spells, in full, if it is one to a record of this space; it is taken then.
    private func reference(
        _ change: Change, _ leaf: borrowing RawSpan, _ tag: UInt64, _ reader: inout ByteReader
    ) throws(Malformed) -> [UInt8]? {
        var end = reader
        try end.skipItem(leaf, depth: Change.maximumDepth)
        let found = Reference(tag: tag, leaf, at: reader.offset, end: end.offset) { number in
            if number == 0 { return old.id }
            return number <= UInt64(change.logs.count) ? change.logs[Int(number) - 1] : nil
        }
        guard let found, found.space == nil || found.space == old.space else { return nil }
        reader = end
        return Item.reference(mapped(found.dot), in: old.space)
    }
}
