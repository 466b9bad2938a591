/// What a steward hands to whoever is to join a space: where, whom to ask, and a secret that proves it was handed over.
///
/// As bytes: the deterministic item `[1, space, inviter, [* address], seed, role, expiry]`, where `space`, `inviter` and
/// `seed` are byte strings of 32, addresses are texts, and the expiry is in milliseconds since 1970. The seed is that of
/// an Ed25519 key, whose public half stands in the space's control log.
public struct Invitation: Hashable, Sendable {
    /// The most addresses.
    public static let maximumAddresses = 8
    /// The longest address, in bytes.
    public static let maximumAddressBytes = 255

    /// The space to join.
    public let space: SpaceID
    /// The steward who invites; any other steward may admit as well.
    public let inviter: PublicKey
    /// Where the inviter listens, `HOST:PORT`.
    public let addresses: [String]
    /// The secret: the seed of the invitation's key.
    public let seed: Bytes32
    /// What the invited becomes.
    public let role: Role
    /// When the invitation ends, in milliseconds since 1970.
    public let expiry: UInt64

    /// An invitation from its parts.
    public init(
        space: SpaceID, inviter: PublicKey, addresses: [String], seed: Bytes32, role: Role, expiry: UInt64
    ) {
        precondition(addresses.count <= Self.maximumAddresses, "an invitation has at most 8 addresses")
        self.space = space
        self.inviter = inviter
        self.addresses = addresses
        self.seed = seed
        self.role = role
        self.expiry = expiry
    }

    /// The key that proves that the invitation was handed over.
    public var key: SigningKey {
        guard let key = SigningKey(seed: seed.bytes) else { preconditionFailure("every seed makes a key") }
        return key
    }

    /// The invitation as bytes.
    public var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 160)
        writer.write(arrayOf: 7)
        writer.write(cbor: UInt64(1))
        writer.write(byteString: space.value.bytes)
        writer.write(byteString: inviter.bytes)
        writer.write(arrayOf: addresses.count)
        for address in addresses { writer.write(text: address) }
        writer.write(byteString: seed.bytes)
        writer.write(cbor: role.rawValue)
        writer.write(cbor: expiry)
        return writer.bytes
    }

    /// The invitation that bytes from outside spell.
    public init(_ bytes: [UInt8]) throws(Malformed) {
        let b = bytes.span.bytes
        var check = ByteReader(b)
        try check.skipItem(b, depth: 2)
        try check.finish()
        var reader = ByteReader(b)
        guard try reader.arrayHead(b) == 7, try reader.unsigned(b) == 1 else {
            throw Malformed(.shape, at: 0)
        }
        space = SpaceID(try Self.bytes32(b, &reader))
        let at = reader.offset
        guard let inviter = PublicKey(checking: try Self.bytes32(b, &reader).bytes) else {
            throw Malformed(.shape, at: at)
        }
        self.inviter = inviter
        let start = reader.offset
        let count = try reader.arrayHead(b)
        guard count <= UInt64(Self.maximumAddresses) else { throw Malformed(.limit, at: start) }
        var addresses: [String] = []
        for _ in 0..<count {
            let start = reader.offset
            let (major, length) = try reader.head(b)
            guard major == .text else { throw Malformed(.shape, at: start) }
            guard length <= UInt64(Self.maximumAddressBytes) else { throw Malformed(.limit, at: start) }
            addresses.append(
                String(decoding: b.extracting(try reader.take(Int(length))).array, as: UTF8.self))
        }
        self.addresses = addresses
        seed = try Self.bytes32(b, &reader)
        let roleStart = reader.offset
        guard let role = Role(rawValue: try reader.unsigned(b)) else {
            throw Malformed(.shape, at: roleStart)
        }
        self.role = role
        expiry = try reader.unsigned(b)
    }

    private static func bytes32(_ b: borrowing RawSpan, _ reader: inout ByteReader) throws(Malformed)
        -> Bytes32
    {
        let start = reader.offset
        let range = try reader.byteString(b)
        guard range.count == 32, let value = Bytes32(b, at: range.lowerBound) else {
            throw Malformed(.shape, at: start)
        }
        return value
    }
}
