/// The identity of a space: the hash of the bytes that founded it.
public struct SpaceID: Hashable, Comparable, Sendable {
    /// The thirty-two bytes.
    public let value: Bytes32

    /// The identity with these bytes.
    public init(_ value: Bytes32) { self.value = value }

    /// The identity of the space that `genesis` founds (L: space identity).
    public init(genesis: [UInt8]) { value = Digest.sha256(Array("ES1G".utf8), genesis) }

    /// Bytewise order.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }

    /// The first eight hexadecimal digits, for people.
    public var short: String { String(hexadecimal(value.bytes).prefix(8)) }
}

/// The kinds of data that travel in a fixed order when a connection is short.
public struct Channel: RawRepresentable, Hashable, Comparable, Sendable {
    /// The channel as the first byte of a LogID.
    public let rawValue: UInt8

    /// The channel of this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Membership: roles, invitations, revocations.
    public static let control = Channel(rawValue: 0)
    /// The community's work.
    public static let core = Channel(rawValue: 1)
    /// Bulky evidence.
    public static let evidence = Channel(rawValue: 2)

    /// Channels are below this; a log whose identity begins with another byte does not exist.
    public static let limit: UInt8 = 8

    /// The order of the numbers.
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The short identity of a log: its channel's byte, then fifteen bytes of its hash, so that sorting groups channels.
public struct LogID: Hashable, Comparable, Sendable {
    /// The sixteen bytes.
    public let value: Bytes16

    /// The identity with these bytes.
    @inlinable
    public init(_ value: Bytes16) { self.value = value }

    /// The channel, which is the first byte.
    public var channel: Channel { Channel(rawValue: UInt8(truncatingIfNeeded: value.high >> 56)) }

    /// Bytewise order.
    @inlinable
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

/// What a log's identity is made of: space, key, channel and incarnation.
public struct LogDescriptor: Hashable, Sendable {
    /// The space that the log belongs to.
    public let space: SpaceID
    /// The key that signs its heads.
    public let key: PublicKey
    /// What kind of data it carries.
    public let channel: Channel
    /// The incarnation of its origin: 64 random bits.
    public let epoch: UInt64
    /// The full hash that roots and heads commit to.
    public let fullID: Bytes32
    /// The short identity.
    public let id: LogID

    /// Describes the log of `key` in `space`.
    public init(space: SpaceID, key: PublicKey, channel: Channel, epoch: UInt64) {
        self.space = space
        self.key = key
        self.channel = channel
        self.epoch = epoch
        var writer = ByteWriter()
        writer.write(Array("ES1L".utf8))
        writer.write(space.value)
        writer.write(key.value)
        writer.write(byte: channel.rawValue)
        writer.write(bigEndian: epoch)
        fullID = Digest.sha256(writer.bytes)
        let first = UInt64(channel.rawValue) << 56 | fullID.words.0 >> 8
        let second = fullID.words.0 << 56 | fullID.words.1 >> 8
        id = LogID(Bytes16(high: first, low: second))
    }
}

/// The place of one op: its log, the sequence number of its change, and its index in that change.
///
/// A dot names what the op made: a record, or one addition to a set.
public struct Dot: Hashable, Comparable, Sendable {
    /// The greatest sequence number: 2^30 − 1 changes in one log.
    public static let maximumSequence: UInt64 = 1 << 30 - 1

    /// The log.
    public let log: LogID
    /// The change, counted from 1.
    public let sequence: UInt64
    /// The op, counted from 0.
    public let op: UInt32

    /// The op number `op` of change `sequence` of `log`.
    public init(log: LogID, sequence: UInt64, op: UInt32) {
        self.log = log
        self.sequence = sequence
        self.op = op
    }

    /// The order by log, change and op.
    public static func < (a: Self, b: Self) -> Bool {
        if a.log != b.log { return a.log < b.log }
        return a.sequence != b.sequence ? a.sequence < b.sequence : a.op < b.op
    }
}
