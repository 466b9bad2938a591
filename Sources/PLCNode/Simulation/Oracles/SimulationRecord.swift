/// What was seen in a simulation: for people, for reports, and to compare runs.
package struct SimulationRecord: Sendable {
    /// Something that must not happen.
    package struct Violation: Equatable, Sendable {
        /// The rule that was broken.
        package let oracle: String
        /// When, in milliseconds since the scenario's beginning.
        package let time: UInt64
        /// Where; nil for the whole.
        package let node: String?
        package let message: String
        /// The number of the step in the trace.
        package let step: Int

        package init(oracle: String, time: UInt64, node: String?, message: String, step: Int) {
            self.oracle = oracle
            self.time = time
            self.node = node
            self.message = message
            self.step = step
        }
    }

    /// An expectation of the scenario, and what came of it.
    package struct Judgement: Sendable {
        /// The index in the plan.
        package let expectation: Int
        package let isMet: Bool
        /// What was measured, in words.
        package let finding: String
    }

    /// How things stood at one time.
    package struct Sample: Sendable {
        package let time: UInt64
        /// For every node, how many changes of its spaces it lacks.
        package let behind: [Int]
        /// Whether each node ran.
        package let isRunning: [Bool]
        /// For every line, whether it was open, and nothing cut it.
        package let isPassable: [Bool]
    }

    package let scenario: String
    package let seed: UInt64
    /// In milliseconds.
    package let length: UInt64
    package let nodes: [String]
    package let links: [(a: String, b: String)]
    package var samples: [Sample] = []
    /// When the timetable opened and closed each line: its index, whether it opened, and the time.
    package var lineChanges: [(link: Int, isOpen: Bool, time: UInt64)] = []
    /// When the process of each node began or ended.
    package var nodeChanges: [(node: Int, isRunning: Bool, time: UInt64)] = []
    /// Bytes of frames on each line, away from `a` and towards it.
    package var linkBytes: [(forth: Int, back: Int)] = []
    /// How long changes took from their author's disk to every member's, in milliseconds, by space.
    package var delays: [String: [UInt64]] = [:]
    /// How many changes each space had that were not at every member at the end.
    package var undelivered: [String: Int] = [:]
    /// What the scenario calls the spaces by whose names `delays` and `undelivered` go.
    package var spaceNames: [String: String] = [:]
    /// Writes that met each other.
    package var conflicts = ConflictLedger()
    /// How long writes took until they were acknowledged, in milliseconds.
    package var acknowledgeTimes: [UInt64] = []
    package var violations: [Violation] = []
    package var judgements: [Judgement] = []
    /// What nodes complained of, and how often.
    package var complaints: [String: Int] = [:]
    package var faults = FaultTally()
    /// The hash of the trace, and its steps.
    package var trace: UInt64 = 0
    package var steps = 0
    /// The last lines of the trace.
    package var transcript: [String] = []

    // Counters.
    package var messages = 0
    package var bytes = 0
    package var changes = 0
    package var changesReceived = 0
    package var writes = 0
    package var writesRefused = 0
    package var conflictingEdits = 0
    package var foldsChecked = 0
    package var readsChecked = 0
    package var ownLogAhead = 0

    package init(_ plan: ScenarioPlan, seed: UInt64) {
        scenario = plan.name
        self.seed = seed
        length = plan.length
        nodes = plan.nodes.map(\.name)
        links = plan.links.map { ($0.a, $0.b) }
    }

    mutating func lineChanged(_ link: Int, isOpen: Bool, at time: UInt64) {
        lineChanges.append((link, isOpen, time))
    }

    mutating func nodeChanged(_ node: Int, isRunning: Bool, at time: UInt64) {
        nodeChanges.append((node, isRunning, time))
    }

    /// For each node the stretches in which it did not run, up to `end`.
    package func downTimes(until end: UInt64) -> [[Range<UInt64>]] {
        var since = [UInt64?](repeating: 0, count: nodes.count)
        var down = [[Range<UInt64>]](repeating: [], count: nodes.count)
        for change in nodeChanges {
            if !change.isRunning {
                since[change.node] = since[change.node] ?? change.time
            } else if let began = since[change.node] {
                if began < change.time { down[change.node].append(began..<change.time) }
                since[change.node] = nil
            }
        }
        for (node, began) in since.enumerated() {
            if let began, began < end { down[node].append(began..<end) }
        }
        return down
    }

    /// Whether nothing was wrong, and all that was expected came.
    package var isGood: Bool { violations.isEmpty && judgements.allSatisfy(\.isMet) }
}
