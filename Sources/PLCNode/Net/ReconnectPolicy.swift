/// How long to wait before a peer is called again: longer after every failure, never at the same moment as others.
///
/// The n-th delay in a row lies between half and the whole of 2 s · 2ⁿ, at most five minutes. Half of it is chance,
/// so that a district's schools do not all call when the power comes back. A connection that lasted a minute was
/// healthy, and the next delay is short again; one that breaks sooner counts as another failure, or a peer that
/// accepts and hangs up would be called every second.
package struct ReconnectPolicy: Hashable, Sendable {
    /// The shortest delay.
    package static let shortestMilliseconds: UInt64 = 1_000
    /// The longest delay.
    package static let longestMilliseconds: UInt64 = 300_000
    /// How long a connection must last for its peer to count as reachable.
    package static let healthyMilliseconds: UInt64 = 60_000

    /// The ceiling of the next delay.
    private var ceiling = 2 * shortestMilliseconds

    package init() {}

    /// The delay in milliseconds before the next attempt, given how long the last connection stood (0 for none).
    package mutating func delay(
        afterConnectionOf lasted: UInt64, using generator: inout some RandomNumberGenerator
    ) -> UInt64 {
        if lasted >= Self.healthyMilliseconds { self = ReconnectPolicy() }
        let delay = UInt64.random(in: ceiling / 2...ceiling, using: &generator)
        ceiling = min(2 * ceiling, Self.longestMilliseconds)
        return delay
    }
}
