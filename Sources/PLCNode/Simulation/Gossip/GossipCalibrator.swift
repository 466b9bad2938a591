/// Fits the model's costs to the engine on a scenario that is small enough for both, and says how far it is off.
package struct GossipCalibrator {
    let scenario: Scenario
    let seed: UInt64

    package init(scenario: Scenario, seed: UInt64) {
        self.scenario = scenario
        self.seed = seed
    }

    /// The engine runs so many nodes.
    package static let nodes = 100
    /// For so many days.
    package static let days = 3
    /// The quantiles at which both are compared.
    static let quantiles = [50, 90, 95, 99]

    /// Runs the small scenario twice, in the engine and in the model.
    package func run(everyMinute: ((SimulatedWorld) -> Void)? = nil) throws -> GossipCalibration {
        let sample = scenario.sample(nodes: Self.nodes, days: Self.days)
        let plan = try sample.plan()
        let probe = GossipProbe(plan)
        let world = SimulatedWorld(plan, seed: seed, sink: { probe.read($0) })
        world.everyMinute = { world in
            probe.look(world)
            everyMinute?(world)
        }
        let engine = world.run()
        if let broken = engine.violations.first {
            throw CommandError(GossipTexts.engineBroken, broken.oracle, broken.message)
        }
        guard !probe.exchanges.isEmpty else {
            throw CommandError(GossipTexts.noExchange, "\(plan.nodes.count)")
        }
        let costs = Self.fit(probe, engine)
        let outcome = try GossipOutcome(sample, plan, costs: costs, seed: seed)
        return GossipCalibration(
            nodes: plan.nodes.count, days: Int((plan.length + Milliseconds.day - 1) / Milliseconds.day),
            costs: costs,
            comparisons: Self.compare(sample, plan, engine, probe, outcome),
            leftOut: GossipPlan.leftOut(scenario))
    }

    static func fit(_ probe: GossipProbe, _ engine: SimulationRecord) -> GossipCosts {
        let fitted = LeastSquares(
            probe.exchanges.map { (columns: [1, $0.heads, $0.changes], sum: $0.bytes) }, columns: 3
        ).factors
        let delays = probe.delays.sorted()
        let commits = engine.acknowledgeTimes.sorted()
        let commit = commits.isEmpty ? 0 : Double(commits[commits.count / 2])
        return GossipCosts(
            fixedBytes: fitted[0], headBytes: fitted[1], changeBytes: fitted[2],
            exchangeMilliseconds: max(delays.isEmpty ? commit : delays[delays.count / 2], 0),
            pushMilliseconds: commit)
    }

    private static func compare(
        _ scenario: Scenario, _ plan: ScenarioPlan, _ engine: SimulationRecord, _ probe: GossipProbe,
        _ outcome: GossipOutcome
    ) -> [GossipCalibration.Comparison] {
        typealias Comparison = GossipCalibration.Comparison
        func spreads(_ record: SimulationRecord) -> [SimulationReport.Spread] {
            SimulationReport(scenario: scenario, plan: plan, record: record, language: .english).spreads
        }
        let (ofEngine, ofModel) = (spreads(engine), spreads(outcome.record))
        var found: [Comparison] = []
        for spread in ofEngine {
            guard let other = ofModel.first(where: { $0.name == spread.name }) else { continue }
            found.append(
                Comparison(
                    name: GossipTexts.comparedEverywhere, arguments: [spread.name], unit: .count,
                    engine: Double(spread.delays.count), model: Double(other.delays.count)))
            for percent in quantiles {
                found.append(
                    Comparison(
                        name: GossipTexts.comparedDelay, arguments: ["\(percent)", spread.name], unit: .time,
                        engine: Double(spread.quantile(percent)), model: Double(other.quantile(percent))))
            }
        }
        let outer =
            Double(max(GossipProbe.outerNodes(plan).count, 1)) * Double(plan.length)
            / Double(Milliseconds.day)
        found.append(
            Comparison(
                name: GossipTexts.comparedSchool, arguments: [], unit: .bytes,
                engine: Double(probe.outerBytes) / outer, model: outcome.outerBytes.reduce(0, +) / outer))
        let lines = engine.linkBytes.reduce(0) { $0 + $1.forth + $1.back }
        found.append(
            Comparison(
                name: GossipTexts.comparedBytes, arguments: [], unit: .bytes, engine: Double(lines),
                model: Double(outcome.record.bytes)))
        return found
    }
}
