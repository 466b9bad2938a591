/// What a space was founded with; its hash is the space's identity, so it never changes.
public struct Genesis: Hashable, Sendable {
    /// How wide a community is.
    public enum Level: UInt64, Sendable, CaseIterable {
        case team = 0
        case school, district, region, global, topic

        /// The level's name, as the command line spells it.
        public var name: String {
            switch self {
            case .team: "team"
            case .school: "school"
            case .district: "district"
            case .region: "region"
            case .global: "global"
            case .topic: "topic"
            }
        }
    }

    /// The most founders.
    public static let maximumFounders = 16

    /// How wide the community is.
    public let level: Level
    /// The first stewards, most senior first.
    public let founders: [PublicKey]
    /// Sixteen random bytes that make the identity unique.
    public let nonce: Bytes16
    /// The wider space that this one belongs to, if it was founded in one.
    public let parent: SpaceID?

    /// A new space's beginning.
    public init(level: Level, founders: [PublicKey], nonce: Bytes16, parent: SpaceID?) {
        precondition((1...Self.maximumFounders).contains(founders.count), "a space has 1 to 16 founders")
        self.level = level
        self.founders = founders
        self.nonce = nonce
        self.parent = parent
    }

    /// The bytes that are hashed.
    public var encoded: [UInt8] {
        var w = ByteWriter(capacity: 128)
        w.write(arrayOf: parent == nil ? 4 : 5)
        w.write(cbor: UInt64(1))
        w.write(cbor: level.rawValue)
        w.write(arrayOf: founders.count)
        for founder in founders { w.write(byteString: founder.bytes) }
        w.write(byteString: nonce.bytes)
        if let parent { w.write(byteString: parent.value.bytes) }
        return w.bytes
    }

    /// Decodes bytes from outside; founders must be acceptable keys, each named once.
    public init(_ bytes: [UInt8]) throws(Malformed) {
        let b = bytes.span.bytes
        var r = ByteReader(b)
        let parts = try r.arrayHead(b)
        guard parts == 4 || parts == 5, try r.unsigned(b) == 1 else { throw Malformed(.shape, at: 0) }
        guard let level = Level(rawValue: try r.unsigned(b)) else { throw Malformed(.shape, at: r.offset) }
        let count = try r.arrayHead(b)
        guard (1...UInt64(Self.maximumFounders)).contains(count) else {
            throw Malformed(.limit, at: r.offset)
        }
        var founders: [PublicKey] = []
        for _ in 0..<count {
            let range = try r.byteString(b)
            guard let key = PublicKey(checking: b.extracting(range).array), !founders.contains(key) else {
                throw Malformed(.shape, at: range.lowerBound)
            }
            founders.append(key)
        }
        let nonceRange = try r.byteString(b)
        guard nonceRange.count == 16, let nonce = Bytes16(b, at: nonceRange.lowerBound) else {
            throw Malformed(.shape, at: nonceRange.lowerBound)
        }
        var parent: SpaceID?
        if parts == 5 {
            let range = try r.byteString(b)
            guard range.count == 32, let value = Bytes32(b, at: range.lowerBound) else {
                throw Malformed(.shape, at: range.lowerBound)
            }
            parent = SpaceID(value)
        }
        try r.finish()
        self.level = level
        self.founders = founders
        self.nonce = nonce
        self.parent = parent
    }
}
