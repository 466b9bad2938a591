/// One direction of a link: what it does to the bytes that go that way.
///
/// A line that carries bits is modelled, not packets: what enters leaves in order, no sooner than `latency` later, and
/// no faster than `bandwidth`. All connections that go this way share the bandwidth. Conditions may change at any time,
/// and count for what is under way too.
package final class LabLane {
    /// Whether anything passes.
    package enum State: String, Sendable {
        /// Bytes pass.
        case open
        /// Bytes wait, and nobody is told: both sides believe in their connections.
        case silent
        /// There is no line: connections are lost, and new ones end at once.
        case broken
    }

    package var state = State.open
    /// Time on the way, in milliseconds.
    package var latency: UInt64 = 0
    /// Bits a second, or nil for no limit.
    package var bandwidth: UInt64? {
        didSet { freeAt = 0 }
    }
    /// When the line has sent what it was given, in microseconds of the monotonic clock.
    private var freeAt: UInt64 = 0

    /// The most bytes that wait in one direction of one connection.
    package static let queueMax = 1_048_576
    /// The fewest that may wait, so that no line is so slow that nothing enters.
    package static let queueMin = 4_096
    /// The most and the fewest bytes that leave at a time.
    private static let portionMax = 65_536
    private static let portionMin = 256
    /// About how long one portion keeps a slow line busy, in milliseconds: short, so that latency is not drowned.
    private static let portionMilliseconds: UInt64 = 50
    /// How late a timer may be without costing throughput, in microseconds.
    private static let slack: UInt64 = 20_000

    package init() {}

    /// How many bytes may wait: about what the line holds in a second, so that a slow line pushes back soon.
    package var room: Int {
        guard let bandwidth else { return Self.queueMax }
        let held = bandwidth / 8 * (1_000 + latency) / 1_000
        return min(max(Int(clamping: held), Self.queueMin), Self.queueMax)
    }

    /// How many bytes may leave at a time.
    package var portion: Int {
        guard let bandwidth else { return Self.portionMax }
        return min(
            max(Int(clamping: bandwidth / 8 * Self.portionMilliseconds / 1_000), Self.portionMin),
            Self.portionMax)
    }

    /// When what entered at `entered` may leave, in milliseconds of the monotonic clock.
    package func departure(of entered: UInt64) -> UInt64 { max(entered + latency, (freeAt + 999) / 1_000) }

    /// Takes note that `count` bytes left at `now`.
    package func left(_ count: Int, at now: UInt64) {
        guard let bandwidth, bandwidth > 0 else { return }
        let began = max(freeAt, max(now * 1_000, Self.slack) - Self.slack)
        freeAt = began + UInt64(count) * 8_000_000 / bandwidth
    }
}

/// What is under way in one direction of one connection: bytes, and when each of them entered.
package struct LabStream {
    private var bytes = ByteQueue()
    private var entries: [(entered: UInt64, count: Int)] = []
    private var head = 0

    package init() {}

    package var count: Int { bytes.count }
    package var isEmpty: Bool { bytes.isEmpty }

    /// Puts bytes in that arrived at `now`.
    package mutating func enter(_ more: UnsafeRawBufferPointer, at now: UInt64) {
        guard !more.isEmpty else { return }
        bytes.append(more)
        if head < entries.count, entries[entries.count - 1].entered == now {
            entries[entries.count - 1].count += more.count
        } else {
            entries.append((now, more.count))
        }
    }

    /// When something may leave next by `lane`; nil if nothing waits.
    package func departure(by lane: LabLane) -> UInt64? {
        head < entries.count ? lane.departure(of: entries[head].entered) : nil
    }

    /// How many bytes may leave now, at most a portion.
    package func due(by lane: LabLane, at now: UInt64) -> Int {
        guard let departure = departure(by: lane), departure <= now else { return 0 }
        var count = 0
        for entry in entries[head...] {
            guard entry.entered + lane.latency <= now, count < lane.portion else { break }
            count += entry.count
        }
        return min(count, lane.portion)
    }

    /// Calls `body` with the first bytes, at most `limit`.
    func withPrefix<R>(_ limit: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        bytes.withPrefix(limit, body)
    }

    /// Forgets the first `count` bytes.
    package mutating func leave(_ count: Int) {
        bytes.consume(count)
        var rest = count
        while rest > 0 {
            let taken = min(rest, entries[head].count)
            entries[head].count -= taken
            rest -= taken
            if entries[head].count == 0 { head += 1 }
        }
        // Now and then, so that the list is as long as what waits.
        if head == entries.count || head > 1_024 {
            entries.removeFirst(head)
            head = 0
        }
    }
}
