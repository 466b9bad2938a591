internal import PLCOracle
import PLCSync

/// Ten thousand nodes that exchange counts: the same lines, hours, cuts and work as the engine's, and no bytes.
///
/// What follows from a plan, the costs and a seed. Of each followed log a node holds a number of changes; when two
/// nodes have met, both hold the greater one.
final class GossipWorld {
    private enum Happening {
        case meet(link: Int)
        case exchange(link: Int)
        /// A standing connection is made, or has something to pass on.
        case connect(link: Int)
        case push(link: Int)
        case write(node: Int)
        case step(Int)
        case sample
        case expect(Int)
    }

    let plan: GossipPlan
    let costs: GossipCosts
    private let end: UInt64
    private(set) var time: UInt64 = 0
    private var queue = EventQueue<Happening>()
    private(set) var spaces: [GossipSpace]
    private var randoms: [SplitMix64]
    /// Where each line is in its timetable.
    private var cursors: [Int]
    private var isConnected: [Bool]
    private var isPushing: [Bool]
    private var isDown: [Bool]
    private var cuts: [Int: (from: [Bool], to: [Bool], bothWays: Bool)] = [:]
    /// The standing lines of each node.
    private var standing: [[Int]]
    /// Bytes over each line, forth and back, fractions and all.
    private var linkBytes: [(forth: Double, back: Double)]
    /// Bytes of each node by day, both ways, over all of its lines.
    private(set) var bytesByDay: [Float]
    let days: Int
    private(set) var exchanges = 0
    private var trail = Trail()
    private var record: SimulationRecord
    /// Called with the time, once a day of the scenario.
    var everyDay: ((UInt64) -> Void)?

    init(_ plan: GossipPlan, costs: GossipCosts, seed: UInt64) {
        self.plan = plan
        self.costs = costs
        end = plan.plan.length
        spaces = plan.spaces
        // What is drawn for lines is apart from what is drawn for writes.
        var random = SplitMix64(seed: ~seed)
        randoms = plan.links.map { _ in random.fork() }
        cursors = plan.links.map { _ in 0 }
        isConnected = plan.links.map { _ in false }
        isPushing = plan.links.map { _ in false }
        let nodes = plan.plan.nodes.count
        isDown = plan.down.map { $0.first?.lowerBound == 0 }
        standing = [[Int]](repeating: [], count: nodes)
        linkBytes = plan.links.map { _ in (0, 0) }
        days = Int((end + Milliseconds.day - 1) / Milliseconds.day)
        bytesByDay = [Float](repeating: 0, count: nodes * days)
        record = SimulationRecord(plan.plan, seed: seed)
        for (index, link) in plan.links.enumerated() where link.interval == nil {
            standing[link.a].append(index)
            standing[link.b].append(index)
        }
    }

    // MARK: Running

    /// Runs to the end; returns what was seen, in the form in which the engine reports.
    func run() -> SimulationRecord {
        setUp()
        var nextDay = Milliseconds.day
        while let due = queue.nextTime, due <= end, let (at, happening) = queue.next() {
            time = at
            record.steps += 1
            if time >= nextDay {
                everyDay?(time)
                nextDay += Milliseconds.day
            }
            happen(happening)
        }
        time = end
        for node in plan.plan.nodes.indices { catchUp(node) }
        judge()
        finish()
        return record
    }

    private func setUp() {
        for (index, space) in plan.plan.spaces.enumerated() {
            for member in space.members where member.joinsAt == 0 {
                if let place = place(of: member.node, in: index) { spaces[index].join(place) }
            }
        }
        for (index, link) in plan.links.enumerated() {
            if let interval = link.interval {
                schedule(index, after: UInt64(randoms[index].below(Int(interval))), from: 0)
            } else {
                for opening in plan.openings[link.openings] {
                    queue.add(.connect(link: index), at: opening.lowerBound + setUpTime(index))
                }
            }
        }
        for node in plan.plan.nodes.indices {
            if plan.down[node].first?.lowerBound != 0 { record.nodeChanged(node, isRunning: true, at: 0) }
            if !standing[node].isEmpty { scheduleWrite(node) }
        }
        for index in plan.plan.events.indices { queue.add(.step(index), at: plan.plan.events[index].time) }
        for (index, expectation) in plan.plan.expectations.enumerated() {
            if case .equal(_, let by) = expectation, by < end { queue.add(.expect(index), at: by) }
        }
        queue.add(.sample, at: 0)
    }

    private func happen(_ happening: Happening) {
        switch happening {
        case .meet(let link):
            // The next one first, so that whoever is away today is tried again.
            if let interval = plan.links[link].interval {
                schedule(link, after: jitter(link, interval), from: time)
            }
            if isPassable(link) { queue.add(.exchange(link: link), at: time + setUpTime(link)) }
        case .exchange(let link):
            if isPassable(link) { meet(link) }
        case .connect(let link):
            guard !isConnected[link], isOpen(link), isPassable(link) else { return }
            isConnected[link] = true
            meet(link)
        case .push(let link):
            isPushing[link] = false
            guard isConnected[link] else { return }
            guard isOpen(link), isPassable(link) else {
                isConnected[link] = false
                return
            }
            exchange(link, fixed: 0)
        case .write(let node):
            if catchUp(node) { passOn(node, except: nil) }
            scheduleWrite(node)
        case .step(let index): carryOut(plan.plan.events[index].step)
        case .sample: sample()
        case .expect(let index): judge(index)
        }
    }

    /// From dialling to holding what is new.
    private func setUpTime(_ link: Int) -> UInt64 {
        GossipCosts.exchangeTrips * plan.links[link].latency + UInt64(max(costs.exchangeMilliseconds, 0))
    }

    /// Puts the next meeting at which the line is open into the queue.
    private func schedule(_ link: Int, after delay: UInt64, from: UInt64) {
        guard let interval = plan.links[link].interval else { return }
        let openings = plan.openings[plan.links[link].openings]
        var next = from + delay
        while next < end {
            while cursors[link] < openings.count, openings[cursors[link]].upperBound <= next {
                cursors[link] += 1
            }
            guard cursors[link] < openings.count else { return }
            if openings[cursors[link]].lowerBound <= next { return queue.add(.meet(link: link), at: next) }
            next += jitter(link, interval)
        }
    }

    private func jitter(_ link: Int, _ interval: UInt64) -> UInt64 {
        interval - interval / 16 + UInt64(randoms[link].below(Int(interval / 8) + 1))
    }

    /// A node with standing connections passes on what it writes.
    private func scheduleWrite(_ node: Int) {
        var next: UInt64?
        for own in plan.ownLogs[node] {
            let log = spaces[own.space].logs[own.log]
            if log.written < log.times.count { next = min(next ?? .max, log.times[log.written]) }
        }
        if let next { queue.add(.write(node: node), at: max(next, time)) }
    }

    // MARK: Lines

    private func isOpen(_ link: Int) -> Bool {
        GossipPlan.contains(plan.openings[plan.links[link].openings], time)
    }

    /// Whether both ends run, and nothing cuts them.
    private func isPassable(_ link: Int) -> Bool {
        let (a, b) = (plan.links[link].a, plan.links[link].b)
        guard !isDown[a], !isDown[b] else { return false }
        for cut in cuts.values where cut.from[a] && cut.to[b] || cut.from[b] && cut.to[a] { return false }
        return true
    }

    /// The author holds what it has written by now; true if that was anything.
    @discardableResult
    private func catchUp(_ node: Int) -> Bool {
        var hasNews = false
        for own in plan.ownLogs[node] {
            if spaces[own.space].write(own.log, at: own.place, until: time) { hasNews = true }
        }
        return hasNews
    }

    /// Both greet each other and exchange.
    private func meet(_ link: Int) {
        exchanges += 1
        exchange(link, fixed: costs.fixedBytes)
    }

    /// Both ends hold afterwards what either held, in all spaces that they share.
    private func exchange(_ link: Int, fixed: Double) {
        let line = plan.links[link]
        catchUp(line.a)
        catchUp(line.b)
        var (heads, changes) = ((toA: 0.0, toB: 0.0), (toA: 0.0, toB: 0.0))
        var news: [(space: Int, placeA: Int, placeB: Int)] = []
        for shared in line.shared {
            let (placeA, placeB) = (shared.placeA, shared.placeB)
            guard spaces[shared.space].isMember[placeA], spaces[shared.space].isMember[placeB] else {
                continue
            }
            let (toA, toB) = spaces[shared.space].lacking(placeA, placeB)
            guard toA.heads + toB.heads > 0 else { continue }
            news.append(shared)
            let scale = spaces[shared.space].scale
            heads.toA += Double(toA.heads) * scale
            heads.toB += Double(toB.heads) * scale
            changes.toA += Double(toA.changes) * scale
            changes.toB += Double(toB.changes) * scale
        }
        let back = fixed / 2 + costs.bytes(heads: heads.toA, changes: changes.toA) - costs.fixedBytes
        let forth = fixed / 2 + costs.bytes(heads: heads.toB, changes: changes.toB) - costs.fixedBytes
        linkBytes[link].forth += forth
        linkBytes[link].back += back
        let day = min(Int(time / Milliseconds.day), days - 1)
        for node in [line.a, line.b] { bytesByDay[node * days + day] += Float(forth + back) }
        trail.note(time)
        trail.note(UInt64(link) << 32 ^ UInt64(changes.toA + changes.toB))
        // What is sent arrives at the pace of the line.
        let seconds = line.bandwidth.map { max(forth, back) * 8 / Double(max($0, 1)) } ?? 0
        let arrival = time + UInt64(seconds * 1_000)
        for shared in news { spaces[shared.space].exchange(shared.placeA, shared.placeB, at: arrival) }
        record.changesReceived += Int((changes.toA + changes.toB).rounded())
        if changes.toA > 0 { passOn(line.a, except: link) }
        if changes.toB > 0 { passOn(line.b, except: link) }
    }

    /// A node has news for those with whom its connection stands.
    private func passOn(_ node: Int, except origin: Int?) {
        for link in standing[node] where link != origin && isConnected[link] && !isPushing[link] {
            isPushing[link] = true
            let delay =
                GossipCosts.pushTrips * plan.links[link].latency + UInt64(max(costs.pushMilliseconds, 0))
            queue.add(.push(link: link), at: time + delay)
        }
    }

    // MARK: Events

    private func carryOut(_ step: ScenarioPlan.Step) {
        switch step {
        case .cut(let id, let from, let to, let bothWays, let isPartition):
            cuts[id] = (mask(from), mask(to), bothWays)
            record.faults[isPartition ? .partitions : .cuts] += 1
        case .mend(let id):
            cuts[id] = nil
            reconnect()
        case .mendAll:
            cuts = [:]
            reconnect()
        case .kill(let name): stop(name, .kills)
        case .powerCut(let name): stop(name, .powerCuts)
        case .freeze(let name): stop(name, .freezes)
        case .start(let name), .thaw(let name): start(name)
        case .join(let name, let names):
            start(name)
            for (index, space) in plan.plan.spaces.enumerated() where names.contains(space.name) {
                if let place = place(of: name, in: index) { spaces[index].join(place) }
            }
            record.faults[.lateJoiners] += 1
        case .leave(let name):
            stop(name, .departures)
            for index in spaces.indices {
                if let place = place(of: name, in: index) { spaces[index].leave(place, at: time) }
            }
        case .backUp, .restore, .clone, .clock, .disk, .diskMended, .bitRot, .hostile, .honest, .equivocate,
            .oldVersion, .newVersion, .write:
            break  // Writes are in the plan already; `leftOut` names the others.
        }
    }

    private func mask(_ names: [String]) -> [Bool] {
        var mask = [Bool](repeating: false, count: plan.plan.nodes.count)
        for name in names { if let node = plan.numbers[name] { mask[node] = true } }
        return mask
    }

    /// Where a node stands among those that ever belong to a space.
    private func place(of name: String, in space: Int) -> Int? {
        guard let node = plan.numbers[name] else { return nil }
        let nodes = spaces[space].nodes
        let place = nodes.firstPlace { $0 < node }
        return place < nodes.count && nodes[place] == node ? place : nil
    }

    private func stop(_ name: String, _ fault: Scenario.FaultKind) {
        guard let node = plan.numbers[name], !isDown[node] else { return }
        catchUp(node)
        isDown[node] = true
        record.faults[fault] += 1
        record.nodeChanged(node, isRunning: false, at: time)
        for link in standing[node] { isConnected[link] = false }
    }

    private func start(_ name: String) {
        guard let node = plan.numbers[name], isDown[node], !GossipPlan.contains(plan.down[node], time) else {
            return
        }
        isDown[node] = false
        record.nodeChanged(node, isRunning: true, at: time)
        reconnect()
    }

    /// Standing connections are made again where they can be, and those that stood say what has waited.
    private func reconnect() {
        for (index, link) in plan.links.enumerated() where link.interval == nil {
            if isConnected[index] {
                if !isPushing[index] {
                    isPushing[index] = true
                    queue.add(.push(link: index), at: time + setUpTime(index))
                }
            } else {
                queue.add(.connect(link: index), at: time + setUpTime(index))
            }
        }
    }

    // MARK: What was seen

    private func sample() {
        for node in plan.plan.nodes.indices { catchUp(node) }
        var behind = [Double](repeating: 0, count: plan.plan.nodes.count)
        for space in spaces {
            for (place, node) in space.nodes.enumerated() {
                behind[node] += Double(space.lacks(place)) * space.scale
            }
        }
        record.samples.append(
            SimulationRecord.Sample(
                time: time, behind: behind.map { Int($0.rounded()) }, isRunning: isDown.map { !$0 },
                isPassable: []))
        queue.add(.sample, at: time + max(1_000, end / 240))
    }

    private func finish() {
        record.changes = plan.changes
        record.writes = plan.changes
        record.writesRefused = plan.refused
        record.messages = exchanges
        record.linkBytes = linkBytes.map { (Int($0.forth.rounded()), Int($0.back.rounded())) }
        record.bytes = record.linkBytes.reduce(0) { $0 + $1.forth + $1.back }
        for link in plan.links {
            record.faults[.closures] += plan.openings[link.openings].count { $0.upperBound < end }
        }
        for space in spaces {
            record.spaceNames[space.name] = space.name
            record.delays[space.name] = space.delays
            record.undelivered[space.name] = space.written - space.delays.count
            for count in space.counts { trail.note(UInt64(count)) }
        }
        record.trace = trail.value
    }

    // MARK: What was expected

    private func judge() {
        for (index, expectation) in plan.plan.expectations.enumerated() {
            if case .equal(_, let by) = expectation, by < end { continue }
            judge(index)
        }
    }

    private func judge(_ index: Int) {
        for node in plan.plan.nodes.indices where !isDown[node] { catchUp(node) }
        let (isMet, finding) = finding(plan.plan.expectations[index])
        record.judgements.append(.init(expectation: index, isMet: isMet, finding: finding))
    }

    private func finding(_ expectation: ScenarioPlan.Expectation) -> (Bool, String) {
        switch expectation {
        case .equal(let expected, _): return equality(expected)
        case .writesPresent(let except): return presence(except)
        case .traffic(let pairs, let limit, let aDay):
            if aDay { return (true, "the model keeps no bytes of a line by day; the engine does") }
            let wanted = Set(pairs)
            var worst = 0.0
            for (link, bytes) in zip(plan.plan.links, linkBytes) {
                if wanted.contains(.init(from: link.a, to: link.b)) { worst = max(worst, bytes.forth) }
                if wanted.contains(.init(from: link.b, to: link.a)) { worst = max(worst, bytes.back) }
            }
            return (worst <= Double(limit), "\(Int(worst)) bytes of \(limit)")
        case .absent: return (true, "the model moves changes among members only; the engine's runs test it")
        case .bytesPerChange(let limit):
            let bytes =
                linkBytes.reduce(0) { $0 + $1.forth + $1.back } / Double(max(record.changesReceived, 1))
            return (bytes <= Double(limit), "\(Int(bytes)) bytes of \(limit) for each change delivered")
        case .everywhere(let share, let limit, let names):
            let wanted = Set(names)
            let chosen = spaces.filter { wanted.contains($0.name) }
            let written = chosen.reduce(0) { $0 + $1.written }
            let within = chosen.reduce(0) { $0 + $1.delays.count { $0 <= limit } }
            return (
                within * 1_000_000 >= written * share,
                "\(within) of \(written) followed writes were everywhere within \(limit) ms"
            )
        case .faults(let kind, let least):
            return (record.faults[kind] >= least, "\(record.faults[kind]) of \(least)")
        }
    }

    private func equality(_ expected: [ScenarioPlan.SpaceNodes]) -> (Bool, String) {
        var different: [String] = []
        for wanted in expected {
            guard let index = plan.plan.spaces.firstIndex(where: { $0.name == wanted.space }) else {
                continue
            }
            let space = spaces[index]
            let places = wanted.nodes.compactMap { place(of: $0, in: index) }.filter { space.isMember[$0] }
            var most = [UInt16](repeating: 0, count: space.logs.count)
            for place in places {
                for log in most.indices { most[log] = max(most[log], space.counts[place * most.count + log]) }
            }
            for place in places {
                let lacks = most.indices.count { space.counts[place * most.count + $0] < most[$0] }
                let name = plan.plan.nodes[space.nodes[place]].name
                if lacks > 0 || isDown[space.nodes[place]] {
                    different.append("\(name) lacks \(lacks) logs' news of \(wanted.space)")
                }
            }
        }
        return different.isEmpty
            ? (true, "all equal")
            : (false, different.prefix(5).joined(separator: "; ") + (different.count > 5 ? "; …" : ""))
    }

    private func presence(_ except: [String]) -> (Bool, String) {
        let spared = Set(except.compactMap { plan.numbers[$0] })
        var (count, missing) = (0, 0)
        for space in spaces {
            for (index, log) in space.logs.enumerated() where !spared.contains(log.author) {
                count += log.written
                for place in space.nodes.indices where space.isMember[place] {
                    missing += log.written - Int(space.counts[place * space.logs.count + index])
                }
            }
        }
        return (
            missing == 0,
            missing == 0 ? "\(count) writes, each at every member" : "\(missing) are missing somewhere"
        )
    }
}
