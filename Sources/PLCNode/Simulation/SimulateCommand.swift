internal import PLCOracle

#if canImport(Glibc)
    internal import Glibc
#endif

/// `plc simulate`: runs a scenario.
enum SimulateCommand {
    @Sendable static func run(_ context: CommandContext) throws -> ExitCode {
        let path = context.path(context.invocation.words("SCENARIO")[0])
        let text = String(decoding: try FileSystem.read(path, limit: 1 << 20), as: UTF8.self)
        let scenario: Scenario
        do {
            scenario = try Scenario(parsing: text, file: path)
        } catch {
            throw error
        }
        let seed = context.invocation.value("seed").flatMap { UInt64($0) } ?? scenario.seed ?? 1
        var random = SplitMix64(seed: seed)
        let drawn = scenario.isSwarm ? scenario.drawn(using: &random) : scenario
        let plan = try drawn.plan()
        let traces = context.invocation.value("trace") != nil
        let world = SimulatedWorld(plan, seed: seed, sink: traces ? { print($0) } : nil)
        let record = world.run()
        let out = context.output
        for violation in record.violations {
            out.note("\(violation.time) \(violation.node ?? "-"): \(violation.oracle): \(violation.message)")
        }
        for judgement in record.judgements {
            out.note("\(judgement.isMet ? "met" : "NOT MET") \(plan.expectations[judgement.expectation]): \(judgement.finding)")
        }
        for (complaint, count) in record.complaints.sorted(by: { $0.value > $1.value }) { out.note("\(count) × \(complaint)") }
        out.note("trace \(String(record.trace, radix: 16)) \(record.steps) steps, \(record.changes) changes, \(record.writes) writes, \(record.writesRefused) refused, \(record.messages) messages, \(record.bytes) bytes, folds \(record.foldsChecked), reads \(record.readsChecked), ahead \(record.ownLogAhead)")
        for kind in Scenario.FaultKind.allCases where record.faults[kind] > 0 { out.note("\(kind.rawValue) \(record.faults[kind])") }
        return record.isGood ? .done : .failed
    }
}
