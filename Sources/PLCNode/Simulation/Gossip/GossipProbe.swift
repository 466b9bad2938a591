import PLCSync

/// Watches the engine minute by minute: what outer nodes exchanged, and what it cost.
///
/// An outer node has one line only, so that all it learns comes over that line.
final class GossipProbe {
    /// One exchange: minutes in a row in which bytes passed.
    struct Exchange {
        let bytes: Double
        let heads: Double
        let changes: Double
    }

    private struct Watch {
        let link: Int
        let outer: Int
        let inner: Int
        var bytes = 0
        var began: Beginning?
        /// What both held when the last minute ended.
        var outerCounts: [LogID: UInt64] = [:]
        var innerCounts: [LogID: UInt64] = [:]
    }

    /// How things stood before an exchange.
    private struct Beginning {
        let bytes: Int
        let outerCounts: [LogID: UInt64]
        let innerCounts: [LogID: UInt64]
    }

    private(set) var exchanges: [Exchange] = []
    /// From dialling to having something new on the outer node's disk, in milliseconds, beyond the latency.
    private(set) var delays: [Double] = []
    /// Bytes of all outer nodes' lines since the scenario's beginning.
    private(set) var outerBytes = 0
    private var watches: [Watch] = []
    private var latencies: [Int: UInt64] = [:]
    private var dialled: [Int: UInt64] = [:]
    private var lastLSN: [Int: Substring] = [:]
    private var authored: [Int: UInt64] = [:]

    init(_ plan: ScenarioPlan) {
        let numbers = Dictionary(uniqueKeysWithValues: plan.nodes.enumerated().map { ($1.name, $0) })
        for (outer, link) in Self.outerNodes(plan) {
            guard let a = numbers[plan.links[link].a], let b = numbers[plan.links[link].b] else { continue }
            watches.append(Watch(link: link, outer: outer, inner: a == outer ? b : a))
            let profile = plan.links[link].profile
            latencies[outer] = profile.latency + profile.spread / 2
        }
    }

    /// The nodes of a plan that have one line, with that line, in the order of nodes.
    static func outerNodes(_ plan: ScenarioPlan) -> [(node: Int, link: Int)] {
        let numbers = Dictionary(uniqueKeysWithValues: plan.nodes.enumerated().map { ($1.name, $0) })
        var lines = [[Int]](repeating: [], count: plan.nodes.count)
        for (index, link) in plan.links.enumerated() {
            for name in [link.a, link.b] { if let node = numbers[name] { lines[node].append(index) } }
        }
        return lines.enumerated().compactMap { node, lines in lines.count == 1 ? (node, lines[0]) : nil }
    }

    // MARK: Every minute

    func look(_ world: SimulatedWorld) {
        guard world.scenarioTime > 0 else { return }
        for index in watches.indices {
            let watch = watches[index]
            let bytes = world.links[watch.link].bytes[0] + world.links[watch.link].bytes[1]
            outerBytes += bytes - watch.bytes
            if bytes > watch.bytes, watch.began == nil {
                watches[index].began = Beginning(
                    bytes: watch.bytes, outerCounts: watch.outerCounts, innerCounts: watch.innerCounts)
            } else if bytes == watch.bytes, let began = watch.began {
                note(began, bytes: bytes, watch, world)
                watches[index].began = nil
            }
            watches[index].bytes = bytes
            watches[index].outerCounts = world.nodes[watch.outer].counts
            watches[index].innerCounts = world.nodes[watch.inner].counts
        }
    }

    private func note(_ began: Beginning, bytes: Int, _ watch: Watch, _ world: SimulatedWorld) {
        var heads = 0
        var changes: UInt64 = 0
        func add(_ now: [LogID: UInt64], _ before: [LogID: UInt64], byOuter: Bool) {
            for (log, count) in now {
                guard let author = world.truth.logs[log]?.author, (author == watch.outer) == byOuter,
                    count > before[log] ?? 0
                else { continue }
                heads += 1
                changes += count - (before[log] ?? 0)
            }
        }
        add(watch.outerCounts, began.outerCounts, byOuter: false)
        add(watch.innerCounts, began.innerCounts, byOuter: true)
        exchanges.append(
            Exchange(bytes: Double(bytes - began.bytes), heads: Double(heads), changes: Double(changes)))
    }

    // MARK: Every line of the trace

    /// Reads `time node dials …` and `time node stored hash lsn`.
    func read(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 3, let time = UInt64(words[0]), let node = Int(words[1]),
            let latency = latencies[node]
        else { return }
        switch words[2] {
        case "dials": dialled[node] = time
        case "authored": authored[node] = time
        case "disconnected": dialled[node] = nil
        case "stored":
            guard let lsn = words.last, lastLSN[node] != lsn else { return }
            lastLSN[node] = lsn
            // What it has written itself tells nothing of the line.
            guard time > SimulatedWorld.introduction, authored[node] != time,
                let began = dialled.removeValue(forKey: node)
            else { return }
            delays.append(Double(time - began) - Double(GossipCosts.exchangeTrips * latency))
        default: break
        }
    }
}
