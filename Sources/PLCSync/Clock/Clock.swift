/// A point on a node's wall clock, in milliseconds since 1970, as the shell read it.
public struct WallTime: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z, within 0 … 2^47 − 1.
    public let milliseconds: UInt64

    /// The time `milliseconds` after 1970 began; times outside 0 … 2^47 − 1 are moved to the nearest end.
    public init(milliseconds: Int64) {
        self.milliseconds = UInt64(min(max(milliseconds, 0), 1 << 47 - 1))
    }

    /// The order of time.
    public static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }
}

/// The hybrid logical clock of a node: it stamps changes, and no more.
///
/// Source: Specs/clock.md.
///
/// A stamp is 48 bits of milliseconds and a 16-bit counter. No stamp decides whether a change is valid, visible or
/// kept; stamps only order the values of a register.
public struct Clock: Hashable, Sendable {
    /// How far a stamp from outside may push this clock ahead of the wall, in milliseconds.
    public static let maximumLead: UInt64 = 600_000
    /// The greatest stamp that orders; a greater one counts as zero.
    public static let maximumStamp: UInt64 = 1 << 63 - 1

    /// The greatest stamp that this node issued or applied.
    public private(set) var last: UInt64

    /// A clock that has seen `last`.
    public init(last: UInt64 = 0) { self.last = min(last, Self.maximumStamp) }

    /// The next stamp at `now` (C: next stamp).
    public mutating func stamp(at now: WallTime) -> UInt64 {
        let wall = now.milliseconds << 16
        let lead = planted(.clockLeadUncapped) ? last : (now.milliseconds + Self.maximumLead) << 16
        let step: UInt64 = planted(.stampReused) ? 0 : 1
        let stamp = min(max(wall, min(last, lead)) + step, Self.maximumStamp)
        last = max(last, stamp)
        return stamp
    }

    /// Takes note of the stamp of a change that was applied.
    public mutating func observe(_ stamp: UInt64) {
        if planted(.clockNotRaised) { return }
        if stamp <= Self.maximumStamp { last = max(last, stamp) }
    }

    /// The stamp as it orders: one of 2^63 or more counts as zero.
    public static func ordering(_ stamp: UInt64) -> UInt64 { stamp > maximumStamp ? 0 : stamp }

    /// The effective stamp of a `set` stamped `stamp`, whose writer had been shown a value of effective stamp `over`.
    public static func effective(_ stamp: UInt64, over: UInt64?) -> UInt64 {
        guard let over, !planted(.overIgnored) else { return stamp }
        return max(stamp, min(over, maximumStamp - 1) + 1)
    }

    /// The `over` that a writer stamped `stamp` must state, having been shown a value of effective stamp `shown`.
    public static func over(shown: UInt64, stamp: UInt64) -> UInt64? {
        shown >= stamp && !planted(.overNotStated) ? shown : nil
    }
}
