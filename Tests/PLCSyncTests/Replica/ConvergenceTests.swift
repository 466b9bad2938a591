import Foundation
import PLCSync
import Testing

/// Random networks with every kind of failure: they converge, they know it, and then they are quiet.
@Suite struct ConvergenceTests {
    @Test("I3, I4, I5, I6, I14: networks that fail converge, once they heal")
    func convergence() {
        let start = ContinuousClock.now
        let seeds = Seeds.list(1_000)
        var frames = 0
        var bytes = 0
        var failures = 0
        for seed in seeds {
            var scenario = Scenario(seed: seed)
            if ProcessInfo.processInfo.environment["PLC_TRACE"] != nil { scenario.trace() }
            let faults = scenario.run()
            frames += scenario.network.frames
            bytes += scenario.network.bytes
            if !faults.isEmpty {
                for line in scenario.network.trace ?? [] { print(line) }
                Issue.record("PLC_SEED=\(seed) (\(scenario.description)): \(faults.prefix(3))")
                failures += 1
                guard failures < 5 else { break }
            }
        }
        let seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1_000
        print(
            "\(seeds.count) seeds in \(seconds) s: \(Int(Double(seeds.count) / seconds)) seeds/s,"
                + " \(frames) frames, \(bytes) bytes")
    }
}
