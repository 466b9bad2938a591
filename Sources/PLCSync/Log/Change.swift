/// A decoded change: one leaf of a log, which is one atomic transaction of ops.
///
/// Source: Specs/encoding.md.
///
/// Holds ranges into the leaf's bytes instead of copies; decode into the same value again to reuse its memory.
public struct Change: Sendable {
    /// A dot as a change spells it: a log reference, a sequence number, an op.
    public struct Reference: Hashable, Sendable {
        /// 0 for the log of the change itself, otherwise one more than an index into `logs`.
        public let log: Int
        /// The change, counted from 1.
        public let sequence: UInt64
        /// The op, counted from 0.
        public let op: UInt32
    }

    /// The record that an op is about.
    public enum Target: Hashable, Sendable {
        /// The record that an earlier op of this change makes.
        case op(Int)
        /// The record made elsewhere.
        case dot(Reference)
    }

    /// One field and the bytes of its value.
    public struct Entry: Sendable {
        /// The field.
        public let field: Field
        /// Where its value stands in the leaf.
        public let value: Range<Int>
    }

    /// What an op does; ranges of entries and dots index `entries` and `dots`.
    public enum Op: Sendable {
        case create(kind: UInt64, initial: Range<Int>, owned: Bool)
        case set(Target, entries: Range<Int>, over: UInt64?)
        case add(Target, field: Field, value: Range<Int>, seen: Range<Int>)
        case remove(Target, field: Field, dots: Range<Int>)
        case delete(Target)
        case keyed(kind: UInt64, key: Range<Int>)
        case grant(key: PublicKey, role: UInt64, name: Range<Int>?, invitation: Bytes32?)
        case invite(invitation: Bytes32, role: UInt64, expiry: UInt64)
        /// An op of a number or shape that this version does not know.
        case unknown(number: UInt64?)

        /// Whether later ops of the same change may speak of what this one makes.
        public var makesRecord: Bool {
            switch self {
            case .create, .keyed: true
            case .set, .add, .remove, .delete, .grant, .invite, .unknown: false
            }
        }
    }

    /// The most ops in one change.
    public static let maximumOps = 1_024
    /// The longest name in a grant, in bytes.
    public static let maximumNameBytes = 256
    /// How deeply arrays, maps and tags may nest, the change itself being the first level.
    public static let maximumDepth = 8

    /// The stamp that the writer gave the change.
    public private(set) var stamp: UInt64 = 0
    /// The other logs that its dots refer to.
    public private(set) var logs: [LogID] = []
    /// Its ops, in order.
    public private(set) var ops: [Op] = []
    /// The bytes of each op.
    public private(set) var ranges: [Range<Int>] = []
    /// The fields that creates and sets name.
    public private(set) var entries: [Entry] = []
    /// The dots that adds and removes list.
    public private(set) var dots: [Reference] = []
    private var names = FieldNames()

    /// A change without ops, to decode into.
    public init() {}

    /// Decodes `leaf`, throwing if it is not a change at all, in which case the change is left without ops.
    ///
    /// An op of an unknown number or a wrong shape becomes `.unknown` and leaves the others in force. O(bytes).
    public mutating func decode(_ leaf: borrowing RawSpan) throws(Malformed) {
        reset()
        do throws(Malformed) {
            try decodeAll(leaf)
        } catch {
            reset()
            throw error
        }
    }

    private mutating func reset() {
        stamp = 0
        logs.removeAll(keepingCapacity: true)
        ops.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        dots.removeAll(keepingCapacity: true)
    }

    private mutating func decodeAll(_ leaf: borrowing RawSpan) throws(Malformed) {
        guard leaf.byteCount <= LogItem.maximumLeafBytes else { throw Malformed(.limit, at: 0) }
        var reader = ByteReader(leaf)
        let parts = try reader.arrayHead(leaf)
        guard parts == 3 || parts == 4 else { throw Malformed(.shape, at: 0) }
        stamp = try reader.unsigned(leaf)
        var count = try reader.arrayHead(leaf)
        while count > 0 {
            let start = reader.offset
            let range = try reader.byteString(leaf)
            guard let id = Bytes16(leaf, at: range.lowerBound), range.count == 16 else {
                throw Malformed(.shape, at: start)
            }
            logs.append(LogID(id))
            count -= 1
        }
        let start = reader.offset
        count = try reader.arrayHead(leaf)
        guard (1...UInt64(Self.maximumOps)).contains(count) else { throw Malformed(.limit, at: start) }
        while count > 0 {
            let start = reader.offset
            ops.append(try decodeOp(leaf, &reader))
            ranges.append(start..<reader.offset)
            count -= 1
        }
        if parts == 4 { try decodeExtension(leaf, &reader) }
        try reader.finish()
    }

    /// Checks the fourth part: a map with unsigned keys, kept for what comes later.
    private func decodeExtension(_ leaf: borrowing RawSpan, _ reader: inout ByteReader) throws(Malformed) {
        let start = reader.offset
        try reader.skipItem(leaf, depth: Self.maximumDepth - 1)
        var keys = ByteReader(start..<reader.offset)
        let (major, count) = try keys.head(leaf)
        guard major == .map else { throw Malformed(.shape, at: start) }
        var left = count
        while left > 0 {
            _ = try keys.unsigned(leaf)
            try keys.skipItem(leaf, depth: Self.maximumDepth)
            left -= 1
        }
    }

    /// The next op; one that is not of a known shape is passed over, if it is an item at all.
    private mutating func decodeOp(_ leaf: borrowing RawSpan, _ reader: inout ByteReader) throws(Malformed)
        -> Op
    {
        let start = reader.offset
        let entryCount = entries.count
        let dotCount = dots.count
        var number: UInt64?
        do throws(Malformed) {
            let parts = try reader.arrayHead(leaf)
            guard parts >= 1 else { throw Malformed(.shape, at: start) }
            let known = try reader.unsigned(leaf)
            number = known
            return try decodeKnown(leaf, &reader, number: known, parts: parts)
        } catch {
            entries.removeLast(entries.count - entryCount)
            dots.removeLast(dots.count - dotCount)
            reader.offset = start
            try reader.skipItem(leaf, depth: Self.maximumDepth - 2)
            return .unknown(number: number)
        }
    }

    /// The rest of an op of `parts` items; values stand one level below it, or two in a map.
    private mutating func decodeKnown(
        _ leaf: borrowing RawSpan, _ reader: inout ByteReader, number: UInt64, parts: UInt64
    ) throws(Malformed) -> Op {
        let shape = Malformed(.shape, at: reader.offset)
        switch (number, parts) {
        case (0, 3...4):
            let kind = try reader.unsigned(leaf)
            let initial = try decodeEntries(leaf, &reader, minimum: 0)
            let flags = parts == 4 ? try reader.unsigned(leaf) : 0
            guard flags <= 1 else { throw shape }
            return .create(kind: kind, initial: initial, owned: flags & 1 == 1)
        case (1, 3...4):
            let target = try decodeTarget(leaf, &reader)
            let entries = try decodeEntries(leaf, &reader, minimum: 1)
            return .set(target, entries: entries, over: parts == 4 ? try reader.unsigned(leaf) : nil)
        case (2, 4...5):
            let target = try decodeTarget(leaf, &reader)
            let field = try reader.field(leaf, &names)
            let value = try decodeValue(leaf, &reader, level: 4)
            let seen = parts == 5 ? try decodeDots(leaf, &reader) : dots.count..<dots.count
            return .add(target, field: field, value: value, seen: seen)
        case (3, 4):
            let target = try decodeTarget(leaf, &reader)
            let field = try reader.field(leaf, &names)
            return .remove(target, field: field, dots: try decodeDots(leaf, &reader))
        case (4, 2):
            return .delete(try decodeTarget(leaf, &reader))
        case (6, 3):
            let kind = try reader.unsigned(leaf)
            return .keyed(kind: kind, key: try decodeValue(leaf, &reader, level: 4))
        case (32, 3...5):
            guard let key = PublicKey(checking: try decodeKey(leaf, &reader).bytes) else { throw shape }
            let role = try reader.unsigned(leaf)
            guard role <= 3 else { throw shape }
            let name = parts == 3 ? nil : try decodeName(leaf, &reader)
            let invitation = parts == (name == nil ? 4 : 5) ? try decodeKey(leaf, &reader) : nil
            guard parts == 3 + (name == nil ? 0 : 1) + (invitation == nil ? 0 : 1) else { throw shape }
            return .grant(key: key, role: role, name: name, invitation: invitation)
        case (64, 4):
            let invitation = try decodeKey(leaf, &reader)
            let role = try reader.unsigned(leaf)
            guard role <= 3 else { throw shape }
            return .invite(invitation: invitation, role: role, expiry: try reader.unsigned(leaf))
        default:
            throw shape
        }
    }

    private mutating func decodeEntries(
        _ leaf: borrowing RawSpan, _ reader: inout ByteReader, minimum: UInt64
    ) throws(Malformed) -> Range<Int> {
        let start = reader.offset
        let (major, count) = try reader.head(leaf)
        guard major == .map, count >= minimum else { throw Malformed(.shape, at: start) }
        let first = entries.count
        var left = count
        while left > 0 {
            let start = reader.offset
            let field = try reader.field(leaf, &names)
            guard left == count || entries[entries.count - 1].field < field else {
                throw Malformed(.unsortedKeys, at: start)
            }
            entries.append(Entry(field: field, value: try decodeValue(leaf, &reader, level: 5)))
            left -= 1
        }
        return first..<entries.count
    }

    /// The range of the next item, which stands at `level` of the change.
    private func decodeValue(
        _ leaf: borrowing RawSpan, _ reader: inout ByteReader, level: Int
    ) throws(Malformed) -> Range<Int> {
        let start = reader.offset
        try reader.skipItem(leaf, depth: Self.maximumDepth - level + 1)
        return start..<reader.offset
    }

    /// The range of the text that is next; nil if the next item is none.
    private func decodeName(_ leaf: borrowing RawSpan, _ reader: inout ByteReader) throws(Malformed) -> Range<
        Int
    >? {
        let start = reader.offset
        let (major, count) = try reader.head(leaf)
        guard major == .text else {
            reader.offset = start
            return nil
        }
        guard count <= UInt64(Self.maximumNameBytes) else { throw Malformed(.limit, at: start) }
        let name = try reader.take(Int(count))
        guard isUTF8(leaf, name) else { throw Malformed(.utf8, at: start) }
        return name
    }

    private mutating func decodeDots(
        _ leaf: borrowing RawSpan, _ reader: inout ByteReader
    ) throws(Malformed) -> Range<Int> {
        let start = reader.offset
        let count = try reader.arrayHead(leaf)
        guard count >= 1 else { throw Malformed(.shape, at: start) }
        let first = dots.count
        var left = count
        while left > 0 {
            dots.append(try decodeReference(leaf, &reader))
            left -= 1
        }
        return first..<dots.count
    }

    private func decodeTarget(_ leaf: borrowing RawSpan, _ reader: inout ByteReader) throws(Malformed)
        -> Target
    {
        let start = reader.offset
        let (major, argument) = try reader.head(leaf)
        if major == .unsigned {
            guard argument < UInt64(ops.count), ops[Int(argument)].makesRecord else {
                throw Malformed(.shape, at: start)
            }
            return .op(Int(argument))
        }
        reader.offset = start
        return .dot(try decodeReference(leaf, &reader))
    }

    private func decodeReference(
        _ leaf: borrowing RawSpan, _ reader: inout ByteReader
    ) throws(Malformed) -> Reference {
        let start = reader.offset
        let parts = try reader.arrayHead(leaf)
        guard parts == 3 else { throw Malformed(.shape, at: start) }
        let log = try reader.unsigned(leaf)
        let sequence = try reader.unsigned(leaf)
        let op = try reader.unsigned(leaf)
        guard log <= UInt64(logs.count), (1...Dot.maximumSequence).contains(sequence),
            op < UInt64(Self.maximumOps)
        else { throw Malformed(.shape, at: start) }
        return Reference(log: Int(log), sequence: sequence, op: UInt32(op))
    }

    private func decodeKey(_ leaf: borrowing RawSpan, _ reader: inout ByteReader) throws(Malformed) -> Bytes32
    {
        let start = reader.offset
        let range = try reader.byteString(leaf)
        guard range.count == 32, let key = Bytes32(leaf, at: range.lowerBound) else {
            throw Malformed(.shape, at: start)
        }
        return key
    }
}
