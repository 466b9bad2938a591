internal import PLCOracle
import PLCSync

/// Many nodes, the lines between them and one clock, in one thread: what happens follows from the plan and the seed.
package final class SimulatedWorld {
    /// Something that is due at a time.
    enum Happening {
        /// A node's store is to carry out what waits for it, or to answer a read.
        case commit(node: Int, incarnation: Int)
        case answer(node: Int, incarnation: Int)
        case tick(node: Int)
        /// The handshake is over for one end of a connection, bytes come in, or its end is noticed.
        case connected(ConnectionID, end: Int)
        case arrived(ConnectionID, end: Int, [UInt8])
        case released(ConnectionID, end: Int)
        case ended(ConnectionID, end: Int)
        case dial(link: Int)
        case meet(link: Int)
        case timetable(link: Int)
        case write(node: Int, Scenario.WriteKind, spaces: [Int], isConflict: Bool)
        case restart(node: Int)
        case invite(node: Int, space: Int)
        case join(node: Int, JoinRequest, link: Int)
        /// A process that was to die inside an operation, and had none.
        case stop(node: Int, power: Bool, incarnation: Int)
        case plan(Int)
        case midnight
        case sample
        case expect(Int)
    }

    let plan: ScenarioPlan
    let seed: UInt64
    /// How long everybody is introduced to each other before the scenario begins, in milliseconds.
    static let introduction = Milliseconds.hour

    /// True time, in milliseconds from the beginning of the introduction.
    private(set) var time: UInt64 = 0
    /// The wall time at true time 0.
    let origin: Int64
    var queue = EventQueue<Happening>()
    /// What the world draws.
    var random: SplitMix64
    var nodes: [SimulatedNode] = []
    var links: [SimulatedLink] = []
    var connections: [ConnectionID: SimulatedConnection] = [:]
    var nextConnection: UInt64 = 1
    /// The cuts in force, by number.
    var cuts: [Int: (from: Set<Int>, to: Set<Int>, bothWays: Bool)] = [:]
    var spaces: [SimulatedSpace] = []
    var ticking: Set<Int> = []
    /// Events of nodes that stand still.
    var held: [Int: [Happening]] = [:]
    /// Stores that were kept aside, by number.
    var backups: [Int: [(path: String, content: [UInt8])]] = [:]
    let indices: [String: Int]
    var tally = FaultTally()
    var trace: Trace
    var truth: Truth
    var record: SimulationRecord
    /// Called once a minute of virtual time.
    package var everyMinute: ((SimulatedWorld) -> Void)?
    private var nextMinute: UInt64 = 0

    /// The world of a plan; nothing happens before `run`.
    package init(_ plan: ScenarioPlan, seed: UInt64, sink: ((String) -> Void)? = nil) {
        self.plan = plan
        self.seed = seed
        random = SplitMix64(seed: seed)
        origin = Int64(plan.start.midnight) - Int64(Self.introduction)
        indices = Dictionary(uniqueKeysWithValues: plan.nodes.enumerated().map { ($1.name, $0) })
        trace = Trace(sink: sink)
        truth = Truth(seed: seed)
        record = SimulationRecord(plan, seed: seed)
        SQLiteFileSystem.seedRandom(seed)
        for (index, node) in plan.nodes.enumerated() {
            nodes.append(SimulatedNode(index, node.name, in: self, random: &random))
        }
        for link in plan.links {
            links.append(SimulatedLink(a: index(link.a), b: index(link.b), profile: link.profile))
        }
    }

    /// The number of a node of the plan.
    func index(_ name: String) -> Int {
        guard let index = indices[name] else { preconditionFailure("the plan names no node \(name)") }
        return index
    }

    /// When the scenario ends, in true time.
    var end: UInt64 { Self.introduction + plan.length }

    /// Milliseconds since the scenario's beginning; 0 during the introduction.
    package var scenarioTime: UInt64 { time - min(time, Self.introduction) }

    /// How many processes run.
    var runningCount: Int { nodes.count { $0.isRunning } }

    func schedule(_ happening: Happening, after delay: UInt64) { queue.add(happening, at: time + delay) }

    /// Schedules something for a time of the scenario.
    func schedule(_ happening: Happening, at scenarioTime: UInt64) {
        queue.add(happening, at: max(time, Self.introduction + scenarioTime))
    }

    // MARK: Running

    /// Runs the whole plan, or until something is wrong; returns what was seen.
    package func run() -> SimulationRecord {
        setUp()
        while let due = queue.nextTime, due <= end, record.violations.isEmpty {
            guard let (at, happening) = queue.next() else { break }
            if at >= nextMinute {
                nextMinute = (at / Milliseconds.minute + 1) * Milliseconds.minute
                everyMinute?(self)
            }
            time = at
            happen(happening)
        }
        if record.violations.isEmpty {
            time = end
            judge()
        }
        finish()
        return record
    }

    private func happen(_ happening: Happening) {
        switch happening {
        case .commit(let node, let incarnation):
            guard nodes[node].incarnation == incarnation, !hold(happening, node) else { return }
            nodes[node].commit()
        case .answer(let node, let incarnation):
            guard nodes[node].incarnation == incarnation, !hold(happening, node) else { return }
            nodes[node].answer()
        case .tick(let node): tick(node)
        case .connected(let id, let end): connect(id, end)
        case .arrived(let id, let end, let bytes): arrive(id, end, bytes)
        case .released(let id, let end): release(id, end)
        case .ended(let id, let end): disconnect(id, end)
        case .dial(let link):
            links[link].isDialling = false
            dial(link)
        case .meet(let link): meet(link)
        case .timetable(let link): followTimetable(link)
        case .write(let node, let kind, let spaces, let isConflict):
            guard !hold(happening, node) else { return }
            work(node, kind, spaces, isConflict)
        case .restart(let node): restart(node)
        case .invite(let node, let space): invite(node, space)
        case .join(let node, let request, let link): join(node, request, link)
        case .stop(let node, let power, let incarnation):
            if nodes[node].incarnation == incarnation { endProcess(node, power: power) }
        case .plan(let index): carryOut(plan.events[index].step)
        case .midnight: beginDay()
        case .sample: sample()
        case .expect(let index): judge(index)
        }
    }

    /// Keeps what happens to a node that stands still for later; false if it does not.
    private func hold(_ happening: Happening, _ node: Int) -> Bool {
        guard nodes[node].isFrozen else { return false }
        held[node, default: []].append(happening)
        return true
    }

    private func tick(_ node: Int) {
        ticking.remove(node)
        guard nodes[node].isRunning else { return }
        if !nodes[node].isFrozen { nodes[node].tick() }
        endMeetings(of: node)
        keepTicking(node)
    }

    /// Sees to it that a node with connections hears of the time.
    func keepTicking(_ node: Int) {
        guard let host = nodes[node].host, !host.channels.isEmpty, ticking.insert(node).inserted else {
            return
        }
        // What is told time seldom is told it often enough: the shortest limit of a quiet session is fifteen seconds.
        let isBusy = nodes[node].lastActive + 10_000 > time
        schedule(.tick(node: node), after: isBusy || time < Self.introduction ? 1_000 : 5_000)
    }

    // MARK: What nodes tell

    /// A node's own changes are durable.
    func authored(_ node: SimulatedNode, _ space: SpaceID, _ logs: [AuthoredLog]) {
        for log in logs {
            trace.note(time, node.index, "authored", log.forest.count, log.lsn)
        }
    }

    /// A transaction is over, whether it was made or not.
    func committed(_ node: SimulatedNode) {
        trace.note(time, node.index, "stored", node.disk.trail.value, node.store?.lsn ?? 0)
        guard !node.disk.isStopped else { return }
        checkStored(node)
    }

    /// People were told of what is durable.
    func acknowledged(_ node: SimulatedNode) {
        for (log, sequence) in node.unnoted { truth.acknowledge(log, sequence) }
        node.unnoted = []
    }

    func reported(_ node: SimulatedNode, _ event: Event) {
        switch event {
        case .fork(let log, let space, _):
            violate("no fork", node, "is told that log \(log.short) of \(space.short) has two histories")
        case .ownLogAhead:
            trace.note(time, node.index, "own log ahead")
            record.ownLogAhead += 1
        case .upgradeNeeded(let space):
            violate("known words", node, "thinks that space \(space.short) needs a newer program")
        case .closed(_, let code, let isPeer):
            trace.note(time, node.index, "closed", UInt64(code.rawValue), isPeer ? 1 : 0)
            if code == .protocolError {
                violate("no protocol error", node, isPeer ? "is accused of an error" : "sees an error")
            }
        case .received(_, let changes): record.changesReceived += Int(changes)
        case .opened, .inSync, .quiescent, .joined: break
        }
    }

    /// A node found that others hold another history of what it wrote: nobody copies folders back in a simulation.
    func gaveUp(_ node: SimulatedNode, _ given: GivenUpLog) {
        violate("no fork", node, "gives up its own log \(given.log.short) of \(given.space.short)")
    }

    /// A node found that a log is not on its disk as it wrote it: without rot, it has not written all of it (I1).
    func foundDamage(_ node: SimulatedNode, _ log: LogID) {
        trace.note(time, node.index, "found damage")
        if !node.hasRotted { violate("a sound log", node, "cannot prove what it holds of log \(log.short)") }
    }

    func complained(_ node: SimulatedNode, _ message: String) {
        trace.note(time, node.index, "complains")
        record.complaints[message, default: 0] += 1
    }

    /// A process ended by itself, or its time had come; somebody starts it again.
    func died(_ node: SimulatedNode, _ why: String) {
        let power = node.stopIsPowerCut
        node.stopIsPowerCut = false
        trace.note(time, node.index, "died", power ? 1 : 0)
        endProcess(node.index, power: power)
        schedule(.restart(node: node.index), after: 5_000)
    }

    /// Something is not as it must be.
    func violate(_ oracle: String, _ node: SimulatedNode?, _ message: String) {
        record.violations.append(
            SimulationRecord.Violation(
                oracle: oracle, time: scenarioTime, node: node?.name, message: message, step: trace.steps))
        trace.note(time, node?.index ?? -1, "violation")
    }
}

/// A space of the plan, once it is founded.
struct SimulatedSpace {
    let name: String
    let id: SpaceID
    let genesis: [UInt8]
    let founder: Int
    /// The nodes that belong to it, with the time of the scenario from which they do.
    var members: [Int: (role: Role, joinsAt: UInt64)]
    /// Records that were written, by where they were born, with their kind.
    var records: [(dot: Dot, kind: UInt64, author: Int)] = []

    /// The members in order.
    var memberIndices: [Int] { members.keys.sorted() }
}

extension LogID {
    /// The beginning of the name, for messages.
    var short: String { String(hexadecimal(value.bytes).prefix(8)) }
}
