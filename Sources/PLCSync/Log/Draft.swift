/// A change that is being written: ops over records and dots by their full names, and the bytes of values.
public struct Draft: Sendable {
    /// The record that an op is about.
    public enum Target: Hashable, Sendable {
        /// The record that op number `Int` of this draft makes.
        case op(Int)
        /// A record that exists, by the dot of a create of it.
        case dot(Dot)
    }

    /// One op; values are items of deterministic CBOR.
    public enum Op: Sendable {
        case create(kind: UInt64, initial: [(Field, [UInt8])], owned: Bool)
        case set(Target, [(Field, [UInt8])], over: UInt64?)
        case add(Target, Field, [UInt8], seen: [Dot])
        case remove(Target, Field, [Dot])
        case delete(Target)
        case keyed(kind: UInt64, key: [UInt8])
        case grant(PublicKey, Role, name: String, invitation: PublicKey?)
        case invite(PublicKey, Role, expiry: UInt64)
    }

    /// The ops so far, in order.
    public private(set) var ops: [Op] = []

    /// A draft without ops.
    public init() {}

    /// Whether there is nothing to write.
    public var isEmpty: Bool { ops.isEmpty }

    /// Appends an op and returns its index.
    @discardableResult
    public mutating func append(_ op: Op) -> Int {
        ops.append(op)
        return ops.count - 1
    }

    /// The leaf of this draft in `log`, stamped `stamp`; nil if it has no ops, more than 1,024, or more than 64 KiB.
    public func encode(stamp: UInt64, log: LogID) -> [UInt8]? {
        guard (1...Change.maximumOps).contains(ops.count) else { return nil }
        var encoder = Encoder(own: log)
        for op in ops { encoder.write(op) }
        var writer = ByteWriter(capacity: encoder.body.count + 32)
        writer.write(arrayOf: 3)
        writer.write(cbor: stamp)
        writer.write(arrayOf: encoder.logs.count)
        for log in encoder.logs {
            writer.write(.bytes, 16)
            writer.write(log.value)
        }
        writer.write(arrayOf: ops.count)
        writer.write(encoder.body.bytes)
        return writer.count <= LogItem.maximumLeafBytes ? writer.bytes : nil
    }

    /// The leaf that consists of `count` ops, which refer to no other log and are encoded already; nil if they are too
    /// many or too large.
    public static func leaf(stamp: UInt64, count: Int, ops: [UInt8]) -> [UInt8]? {
        guard (1...Change.maximumOps).contains(count) else { return nil }
        var writer = ByteWriter(capacity: ops.count + 16)
        writer.write(arrayOf: 3)
        writer.write(cbor: stamp)
        writer.write(arrayOf: 0)
        writer.write(arrayOf: count)
        writer.write(ops)
        return writer.count <= LogItem.maximumLeafBytes ? writer.bytes : nil
    }

    /// Writes ops and collects the logs that they refer to.
    private struct Encoder {
        let own: LogID
        var logs: [LogID] = []
        var body = ByteWriter(capacity: 512)

        init(own: LogID) { self.own = own }

        mutating func write(_ op: Op) {
            switch op {
            case .create(let kind, let initial, let owned):
                head(0, parts: owned ? 4 : 3)
                body.write(cbor: kind)
                write(initial)
                if owned { body.write(cbor: UInt64(1)) }
            case .set(let target, let entries, let over):
                head(1, parts: over == nil ? 3 : 4)
                write(target)
                write(entries)
                if let over { body.write(cbor: over) }
            case .add(let target, let field, let value, let seen):
                head(2, parts: seen.isEmpty ? 4 : 5)
                write(target)
                body.write(field: field)
                body.write(value)
                if !seen.isEmpty { write(seen) }
            case .remove(let target, let field, let dots):
                head(3, parts: 4)
                write(target)
                body.write(field: field)
                write(dots)
            case .delete(let target):
                head(4, parts: 2)
                write(target)
            case .keyed(let kind, let key):
                head(6, parts: 3)
                body.write(cbor: kind)
                body.write(key)
            case .grant(let key, let role, let name, let invitation):
                head(32, parts: invitation == nil ? 4 : 5)
                body.write(byteString: key.bytes)
                body.write(cbor: role.rawValue)
                body.write(text: name)
                if let invitation { body.write(byteString: invitation.bytes) }
            case .invite(let invitation, let role, let expiry):
                head(64, parts: 4)
                body.write(byteString: invitation.bytes)
                body.write(cbor: role.rawValue)
                body.write(cbor: expiry)
            }
        }

        private mutating func head(_ number: UInt64, parts: Int) {
            body.write(arrayOf: parts)
            body.write(cbor: number)
        }

        private mutating func write(_ entries: [(Field, [UInt8])]) {
            body.write(mapOf: entries.count)
            let isSorted = zip(entries, entries.dropFirst()).allSatisfy { $0.0 < $1.0 }
            for (field, value) in isSorted ? entries : entries.sorted(by: { $0.0 < $1.0 }) {
                body.write(field: field)
                body.write(value)
            }
        }

        private mutating func write(_ target: Target) {
            switch target {
            case .op(let index): body.write(cbor: UInt64(index))
            case .dot(let dot): write(dot)
            }
        }

        private mutating func write(_ dots: [Dot]) {
            body.write(arrayOf: dots.count)
            for dot in dots { write(dot) }
        }

        private mutating func write(_ dot: Dot) {
            var reference = 0
            if dot.log != own {
                reference = (logs.firstIndex(of: dot.log) ?? logs.count) + 1
                if reference > logs.count { logs.append(dot.log) }
            }
            body.write(arrayOf: 3)
            body.write(cbor: UInt64(reference))
            body.write(cbor: dot.sequence)
            body.write(cbor: UInt64(dot.op))
        }
    }
}
