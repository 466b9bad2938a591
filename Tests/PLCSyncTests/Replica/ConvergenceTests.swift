import Foundation
import PLCSync
import Testing

/// Random networks with every kind of failure: they converge, they know it, and then they are quiet.
@Suite struct ConvergenceTests {
    /// What some seeds came to.
    private struct Outcome: Sendable {
        var seeds = 0
        var frames = 0
        var bytes = 0
        var failures: [String] = []
    }

    private static func run(_ seeds: [UInt64]) -> Outcome {
        let traces = ProcessInfo.processInfo.environment["PLC_TRACE"] != nil
        var outcome = Outcome()
        for seed in seeds {
            var scenario = Scenario(seed: seed)
            if traces { scenario.trace() }
            let faults = scenario.run()
            outcome.seeds += 1
            outcome.frames += scenario.network.frames
            outcome.bytes += scenario.network.bytes
            guard !faults.isEmpty else { continue }
            for line in scenario.network.trace ?? [] { print(line) }
            outcome.failures.append("PLC_SEED=\(seed) (\(scenario.description)): \(faults.prefix(3))")
            if outcome.failures.count >= 3 { break }
        }
        return outcome
    }

    @Test("L-28, L-29, I3, I4, I5, I6, I14, I21: networks that fail converge, once they heal")
    func convergence() async {
        let start = ContinuousClock.now
        let seeds = Seeds.list(1_000)
        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            for stripe in 0..<4 {
                let part = seeds.indices.filter { $0 % 4 == stripe }.map { seeds[$0] }
                group.addTask { await Self.inBackground { Self.run(part) } }
            }
            return await group.reduce(into: [Outcome]()) { $0.append($1) }
        }
        for failure in outcomes.flatMap(\.failures) { Issue.record("\(failure)") }
        let seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1_000
        func sum(_ part: KeyPath<Outcome, Int>) -> Int { outcomes.reduce(0) { $0 + $1[keyPath: part] } }
        let rate = Int(Double(sum(\.seeds)) / max(seconds, 0.001))
        print(
            "\(sum(\.seeds)) networks in \(seconds) s, \(rate) a second;"
                + " \(sum(\.frames)) frames, \(sum(\.bytes)) bytes")
    }

    /// Work on a thread of the pool: the tests of a suite otherwise share their caller's.
    @concurrent private static func inBackground(_ work: @Sendable () -> Outcome) async -> Outcome { work() }
}
