package import PLCSync

/// A wall clock that may be wrong: so far ahead of the truth, and gaining.
package struct SimulatedClock: Sendable {
    /// Milliseconds ahead when it was set.
    private var offset: Int64 = 0
    /// Microseconds gained a second since then.
    private var drift = 0
    /// When it was set, in milliseconds of true time.
    private var since: UInt64 = 0

    package init() {}

    /// Puts it `offset` ahead at true time `time`, gaining `drift` microseconds a second from then on.
    package mutating func set(offset: Int64, drift: Int, at time: UInt64) {
        self.offset = offset
        self.drift = drift
        since = time
    }

    /// What it shows at true time `time`, where `origin` is the wall time at true time 0; never before 1970.
    package func wall(at time: UInt64, origin: Int64) -> WallTime {
        let gained = Int64(time - since) / 1_000 * Int64(drift) / 1_000
        return WallTime(milliseconds: max(0, origin + Int64(time) + offset + gained))
    }
}
