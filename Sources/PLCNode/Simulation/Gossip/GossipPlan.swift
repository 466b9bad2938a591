internal import PLCOracle
import PLCSync

/// A plan as the model needs it: numbers for names, the writes of every followed log, who runs when.
struct GossipPlan {
    /// A line, and the spaces that both of its nodes belong to.
    struct Link {
        let a: Int
        let b: Int
        /// Time on the way, with half of what chance adds, in milliseconds.
        let latency: UInt64
        /// Bits a second, or nil for no limit.
        let bandwidth: UInt64?
        /// After how long one dials again; nil if the connection stands.
        let interval: UInt64?
        /// Its timetable, as an index into `openings`.
        let openings: Int
        /// The spaces, with the places of both nodes in them.
        let shared: [(space: Int, placeA: Int, placeB: Int)]
    }

    /// A log that is followed, where its author finds it.
    struct OwnLog {
        let space: Int
        let place: Int
        let log: Int
    }

    let plan: ScenarioPlan
    let numbers: [String: Int]
    let links: [Link]
    let openings: [[Range<UInt64>]]
    let spaces: [GossipSpace]
    /// For each node the followed logs that it writes.
    let ownLogs: [[OwnLog]]
    /// For each node the stretches in which it does not run.
    let down: [[Range<UInt64>]]
    /// How many logs there are, how many of them are followed, and how many changes all of them get.
    let logs: Int
    let followed: Int
    let changes: Int
    /// Writes that found their node down, or not yet a member.
    let refused: Int

    /// Of one space at most so many logs are followed, as design says: a thousand logs by all nodes.
    static let logsPerSpaceMax = 1_000
    /// Of all spaces together; what is not followed is reckoned from what is.
    static let logsMax = 5_000
    /// The most changes of one log: what two bytes count.
    static let changesMax = Int(UInt16.max)

    init(_ plan: ScenarioPlan, seed: UInt64) throws {
        self.plan = plan
        var random = SplitMix64(seed: seed)
        let numbers = Dictionary(uniqueKeysWithValues: plan.nodes.enumerated().map { ($1.name, $0) })
        self.numbers = numbers
        func number(_ name: String) -> Int {
            guard let number = numbers[name] else { preconditionFailure("the plan names no node \(name)") }
            return number
        }
        let down = Self.downTimes(plan, number)
        self.down = down
        let members = plan.spaces.map { space in
            space.members.map { (node: number($0.node), joinsAt: $0.joinsAt) }.sorted { $0.node < $1.node }
        }
        let spaceNumbers = Dictionary(uniqueKeysWithValues: plan.spaces.enumerated().map { ($1.name, $0) })

        // Who writes to what, in a fixed order, and which of these logs are followed.
        var writers = [Set<Int>](repeating: [], count: plan.spaces.count)
        for workload in plan.workloads {
            for name in workload.spaces {
                if let space = spaceNumbers[name] { writers[space].insert(number(workload.node)) }
            }
        }
        for event in plan.events {
            guard case .write(let node, _, _, let names) = event.step else { continue }
            for name in names { if let space = spaceNumbers[name] { writers[space].insert(number(node)) } }
        }
        let wanted = writers.map { min($0.count, Self.logsPerSpaceMax) }
        let share = min(1, Double(Self.logsMax) / Double(max(wanted.reduce(0, +), 1)))
        var chosen: [[Int]] = []
        for (space, writers) in writers.enumerated() {
            var left = writers.sorted()
            let count = min(left.count, max(Int(Double(wanted[space]) * share), 1))
            for place in 0..<count { left.swapAt(place, place + random.below(left.count - place)) }
            chosen.append(left.prefix(count).sorted())
        }
        logs = writers.reduce(0) { $0 + $1.count }
        followed = chosen.reduce(0) { $0 + $1.count }

        // The writes.
        var times = chosen.map { [[UInt64]](repeating: [], count: $0.count) }
        let logPlaces = chosen.map { Dictionary(uniqueKeysWithValues: $0.enumerated().map { ($1, $0) }) }
        let joins = members.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.node, $0.joinsAt) }) }
        var changes = 0
        var refused = 0
        func write(_ node: Int, _ space: Int, at time: UInt64) {
            guard let joinsAt = joins[space][node], joinsAt <= time, !Self.contains(down[node], time) else {
                refused += 1
                return
            }
            changes += 1
            if let log = logPlaces[space][node] { times[space][log].append(time) }
        }
        for workload in plan.workloads {
            let node = number(workload.node)
            let open = workload.spaces.compactMap { spaceNumbers[$0] }
            Self.forEachWrite(workload, plan, &random) { time, random in
                write(node, open.count == 1 ? open[0] : random.pick(open), at: time)
            }
        }
        for event in plan.events {
            guard case .write(let node, let count, _, let names) = event.step else { continue }
            let open = names.compactMap { spaceNumbers[$0] }
            for _ in 0..<(open.isEmpty ? 0 : count) { write(number(node), random.pick(open), at: event.time) }
        }
        self.changes = changes
        self.refused = refused

        var spaces: [GossipSpace] = []
        var ownLogs = [[OwnLog]](repeating: [], count: plan.nodes.count)
        for (index, space) in plan.spaces.enumerated() {
            let places = Dictionary(uniqueKeysWithValues: members[index].enumerated().map { ($1.node, $0) })
            for log in times[index].indices { times[index][log].sort() }
            guard times[index].allSatisfy({ $0.count <= Self.changesMax }) else {
                throw SimulationError.waits(
                    "logs of more than \(Self.changesMax) changes in the gossip model")
            }
            for (log, author) in chosen[index].enumerated() {
                if let place = places[author] {
                    ownLogs[author].append(OwnLog(space: index, place: place, log: log))
                }
            }
            spaces.append(
                GossipSpace(
                    name: space.name, nodes: members[index].map(\.node),
                    logs: zip(chosen[index], times[index]).map { ($0, $1) },
                    scale: Double(writers[index].count) / Double(max(chosen[index].count, 1))))
            times[index] = []
        }
        self.spaces = spaces
        self.ownLogs = ownLogs

        var timetables: [Timetable: Int] = [:]
        var openings: [[Range<UInt64>]] = []
        var belongs = [[(space: Int, place: Int)]](repeating: [], count: plan.nodes.count)
        for (index, members) in members.enumerated() {
            for (place, member) in members.enumerated() { belongs[member.node].append((index, place)) }
        }
        links = plan.links.map { link in
            let timetable = link.profile.timetable
            let place = timetables[timetable] ?? openings.count
            if place == openings.count {
                timetables[timetable] = place
                openings.append(timetable.openings(until: plan.length, start: plan.start))
            }
            let (a, b) = (number(link.a), number(link.b))
            let ofB = Dictionary(uniqueKeysWithValues: belongs[b].map { ($0.space, $0.place) })
            var interval: UInt64?
            if case .meet(let every) = link.profile.manner { interval = every }
            return Link(
                a: a, b: b, latency: link.profile.latency + link.profile.spread / 2,
                bandwidth: link.profile.bandwidth, interval: interval, openings: place,
                shared: belongs[a].compactMap { mine in ofB[mine.space].map { (mine.space, mine.place, $0) } }
            )
        }
        self.openings = openings
    }

    /// When people write, as the engine draws it.
    private static func forEachWrite(
        _ workload: ScenarioPlan.Workload, _ plan: ScenarioPlan, _ random: inout SplitMix64,
        _ body: (UInt64, inout SplitMix64) -> Void
    ) {
        let from = UInt64(workload.hours?.from ?? 0) * Milliseconds.minute
        var to = UInt64(workload.hours?.to ?? 1_440) * Milliseconds.minute
        if to <= from { to += Milliseconds.day }
        let end = min(plan.length, workload.until)
        for day in 0..<(plan.length + Milliseconds.day - 1) / Milliseconds.day
        where workload.weekdays.contains(daysSince1970: plan.start.daysSince1970 + day) {
            for rate in workload.rates {
                let perDay = UInt64(rate.count) * Milliseconds.day
                let rest = Int(perDay % rate.period.length * 1_000_000 / rate.period.length)
                let count = Int(perDay / rate.period.length) + (random.happens(perMillion: rest) ? 1 : 0)
                for _ in 0..<count {
                    let time = day * Milliseconds.day + from + UInt64(random.below(Int(to - from)))
                    if time < end { body(time, &random) }
                }
            }
        }
    }

    /// Whether a time lies in one of sorted stretches.
    static func contains(_ ranges: [Range<UInt64>], _ time: UInt64) -> Bool {
        let place = ranges.firstPlace { $0.upperBound <= time }
        return place < ranges.count && ranges[place].contains(time)
    }

    /// When each node does not run: killed, without power, frozen, not there yet, or gone.
    private static func downTimes(_ plan: ScenarioPlan, _ number: (String) -> Int) -> [[Range<UInt64>]] {
        var since: [UInt64?] = plan.nodes.map { $0.startsAt > 0 ? 0 : nil }
        var hasLeft = [Bool](repeating: false, count: plan.nodes.count)
        var down = [[Range<UInt64>]](repeating: [], count: plan.nodes.count)
        func start(_ name: String, _ time: UInt64) {
            let node = number(name)
            guard let began = since[node], !hasLeft[node] else { return }
            if began < time { down[node].append(began..<time) }
            since[node] = nil
        }
        func stop(_ name: String, _ time: UInt64) {
            let node = number(name)
            since[node] = since[node] ?? time
        }
        for event in plan.events {
            switch event.step {
            case .kill(let node), .powerCut(let node), .freeze(let node): stop(node, event.time)
            case .start(let node), .thaw(let node): start(node, event.time)
            case .join(let node, _): start(node, event.time)
            case .leave(let node):
                stop(node, event.time)
                hasLeft[number(node)] = true
            default: break
            }
        }
        for (node, began) in since.enumerated() {
            if let began, began < plan.length { down[node].append(began..<plan.length) }
        }
        return down
    }

    /// What the scenario asks for and the model does not do.
    static func leftOut(_ scenario: Scenario) -> [String] {
        var found: [String] = []
        for event in scenario.events {
            switch event.action {
            case .restore, .clone, .clock, .disk, .diskFree, .bitRot, .hostile, .equivocate, .oldVersion:
                if !found.contains(event.printed) { found.append(event.printed) }
            case .partition, .cut, .heal, .kill, .start, .powerCut, .freeze, .join, .leave, .write: break
            }
        }
        return found
    }
}
