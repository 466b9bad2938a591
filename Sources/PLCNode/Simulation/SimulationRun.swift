internal import PLCOracle

/// One history: a scenario and a seed.
package struct SimulationRun {
    /// The scenario with all that the seed draws.
    package let scenario: Scenario
    package let seed: UInt64
    package let plan: ScenarioPlan

    /// The history that `seed` gives; throws if the scenario makes no sense, or asks for what plc cannot do yet.
    package init(_ scenario: Scenario, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        self.scenario = scenario.drawn(using: &random)
        self.seed = seed
        plan = try self.scenario.plan()
        if let need = plan.waitsFor.first { throw SimulationError.waits(need) }
    }

    /// Runs to the end, or to the first thing that is wrong.
    package func run(
        sink: ((String) -> Void)? = nil, everyMinute: ((SimulatedWorld) -> Void)? = nil
    ) -> SimulationRecord {
        let world = SimulatedWorld(plan, seed: seed, sink: sink)
        world.everyMinute = everyMinute
        return world.run()
    }

    /// The smallest scenario found in which the same rule is broken by the same seed.
    package func shrunk(_ record: SimulationRecord, tries: Int = 200) -> Scenario {
        let wanted = record.complaint
        return scenario.shrunk(tries: tries) { smaller in
            guard let run = try? SimulationRun(smaller, seed: seed) else { return false }
            return run.run().complaint == wanted
        }
    }
}

/// Why a scenario is not run.
package enum SimulationError: Error, Equatable {
    /// It asks for something that plc must learn first.
    case waits(String)
}

extension SimulationRecord {
    /// Which rule was broken first, or which expectation was not met; nil if all is well.
    package var complaint: String? {
        if let violation = violations.first { return violation.oracle }
        return judgements.first { !$0.isMet }.map { "expectation \($0.expectation + 1)" }
    }
}
