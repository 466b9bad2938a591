internal import PLCOracle
import PLCSync

/// A line between two nodes, and what has passed over it.
struct SimulatedLink {
    let a: Int
    let b: Int
    let profile: LinkProfile
    /// Whether the timetable has it open.
    var isOpen = true
    /// The connections over it: one, or two when both ends have dialled at once.
    var connections: [ConnectionID] = []
    /// When each direction is free again, in microseconds; index 0 is from `a`.
    var busyUntil: [UInt64] = [0, 0]
    /// Bytes of frames that were handed over, in each direction, in all and today.
    var bytes: [Int] = [0, 0]
    var bytesToday: [Int] = [0, 0]
    /// The most on one day.
    var bytesOnWorstDay: [Int] = [0, 0]
    var policy = ReconnectPolicy()
    /// Whether a dial is in the queue already.
    var isDialling = false
    /// Only for the day before the first, on which everybody is introduced.
    var isIdeal = false

    /// What one packet carries.
    static let packetBytes = 1_400
    /// A packet that is lost is sent again after so many milliseconds, and then after twice as many.
    static let retransmission: UInt64 = 200
    /// So many losses of one packet in a row, and the connection is given up.
    static let triesMax = 12

    init(a: Int, b: Int, profile: LinkProfile) {
        self.a = a
        self.b = b
        self.profile = profile
    }

    /// The direction away from `node`: 0 from `a`, 1 from `b`.
    func direction(from node: Int) -> Int { node == a ? 0 : 1 }

    /// What becomes of bytes that are handed over now.
    enum Fate {
        /// They arrive after so many milliseconds.
        case arrives(UInt64)
        /// The line was too bad.
        case breaks(UInt64)
    }

    /// Sends `count` bytes at `now`, as a stream over packets that are lost, doubled and overtaken.
    mutating func send(
        _ count: Int, _ direction: Int, at now: UInt64, _ random: inout SplitMix64, _ tally: inout FaultTally
    ) -> Fate {
        bytes[direction] += count
        bytesToday[direction] += count
        bytesOnWorstDay[direction] = max(bytesOnWorstDay[direction], bytesToday[direction])
        var free = max(busyUntil[direction], now * 1_000)
        var latest = now
        var left = count
        repeat {
            let size = min(left, Self.packetBytes)
            left -= size
            let time = profile.bandwidth.map { UInt64(size + 40) * 8_000_000 / max(1, $0) } ?? 0
            free += time
            var late: UInt64 = 0
            var pause = Self.retransmission
            var tries = 0
            while random.happens(perMillion: profile.lossPerMillion) {
                tally[.losses] += 1
                tries += 1
                guard tries < Self.triesMax else {
                    busyUntil[direction] = free
                    return .breaks(late + pause)
                }
                late += pause
                pause *= 2
                free += time
            }
            if random.happens(perMillion: profile.duplicatesPerMillion) {
                tally[.duplicates] += 1
                free += time
            }
            if random.happens(perMillion: profile.reorderedPerMillion) {
                tally[.reorders] += 1
                late += profile.latency / 2 + 1
            }
            let spread = profile.spread > 0 ? UInt64(random.below(Int(profile.spread) + 1)) : 0
            latest = max(latest, free / 1_000 + profile.latency + spread + late)
        } while left > 0
        busyUntil[direction] = free
        return .arrives(latest - now)
    }
}

/// One connection, as its two ends see it.
struct SimulatedConnection {
    let link: Int
    let dialer: Int
    let listener: Int
    let purpose: Purpose
    let exporter: [UInt8]
    let openedAt: UInt64
    /// Whether the end still counts it as open; index 0 is the dialer's.
    var isOpen = [false, false]
    /// Whether bytes still pass.
    var isCut = false
    /// When the last bytes for each end arrive.
    var lastArrival: [UInt64] = [0, 0]
    /// What waits for a cut to end, or a frozen node to thaw, for each end.
    var stalled: [[[UInt8]]] = [[], []]
    /// Whether what waits for each end is about to come in.
    var isReleasing = [false, false]
    /// Whether each end takes no more for now.
    var isPaused = [false, false]
    /// Whether each end has closed after what it sent last.
    var closing = [false, false]
    /// What each end has said.
    var overheard = [OverheardEnd(), OverheardEnd()]

    func node(_ end: Int) -> Int { end == 0 ? dialer : listener }
    func end(of node: Int) -> Int { node == dialer ? 0 : 1 }
}

/// How often each kind of fault has happened.
package struct FaultTally: Sendable {
    private var counts = [Int](repeating: 0, count: Scenario.FaultKind.allCases.count)

    package init() {}

    package subscript(_ kind: Scenario.FaultKind) -> Int {
        get { counts[Self.index(kind)] }
        set { counts[Self.index(kind)] = newValue }
    }

    private static func index(_ kind: Scenario.FaultKind) -> Int {
        guard let index = Scenario.FaultKind.allCases.firstIndex(of: kind) else {
            preconditionFailure("\(kind) is one of its cases")
        }
        return index
    }
}
