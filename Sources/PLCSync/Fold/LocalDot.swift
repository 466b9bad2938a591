/// A dot with its log replaced by that log's index in one store: eight bytes that sort by log, change and op.
///
/// 23 bits of log, 30 of sequence, 10 of op. Local to a store; never on the wire and never in a hash.
public struct LocalDot: Hashable, Comparable, Sendable {
    /// The most logs that one store can number.
    public static let maximumLogs = 1 << 23

    /// The packed number, below 2^63.
    public let value: UInt64

    /// The dot of op `op` in change `sequence` of log number `log`.
    @inlinable
    public init(log: Int, sequence: UInt64, op: UInt32) {
        value = UInt64(log) << 40 | sequence << 10 | UInt64(op)
    }

    /// The dot `dot`, whose log has number `log`.
    @inlinable
    public init(_ dot: Dot, log: Int) { self.init(log: log, sequence: dot.sequence, op: dot.op) }

    /// Another op of the change of `dot`.
    @inlinable
    public init(_ dot: LocalDot, op: Int) { value = dot.change.value | UInt64(op) }

    /// The dot that `value` packs.
    @inlinable
    public init(value: UInt64) { self.value = value }

    /// The log's index in its store.
    @inlinable
    public var log: Int { Int(value >> 40) }
    /// The change, counted from 1.
    @inlinable
    public var sequence: UInt64 { value >> 10 & 0x3fff_ffff }
    /// The op, counted from 0.
    @inlinable
    public var op: UInt32 { UInt32(value & 0x3ff) }
    /// The first dot of the same change.
    @inlinable
    public var change: LocalDot { LocalDot(value: value & ~0x3ff) }

    /// The order by log, change and op.
    @inlinable
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}
