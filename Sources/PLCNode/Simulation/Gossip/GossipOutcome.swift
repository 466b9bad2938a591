/// What came of a run of the model: the record that all simulations give, and what only the model counts.
package struct GossipOutcome {
    package let record: SimulationRecord
    /// For spaces of one family how long changes took to 99 of 100 members, sorted, by the space's name.
    package let wideDelays: [String: [UInt64]]
    /// Bytes of each outer node on each day on which it exchanged any, both ways, sorted.
    package let outerBytes: [Double]
    package let exchanges: Int
    package let logs: Int
    package let followed: Int

    /// Runs the model; `everyDay` is told the time, once a day of the scenario.
    package init(
        _ scenario: Scenario, _ plan: ScenarioPlan, costs: GossipCosts, seed: UInt64,
        everyDay: ((UInt64) -> Void)? = nil
    ) throws {
        let numbered = try GossipPlan(plan, seed: seed)
        let world = GossipWorld(numbered, costs: costs, seed: seed)
        world.everyDay = everyDay
        record = world.run()
        exchanges = world.exchanges
        (logs, followed) = (numbered.logs, numbered.followed)
        var bytes: [Double] = []
        for (node, _) in GossipProbe.outerNodes(plan) {
            for day in 0..<world.days where world.bytesByDay[node * world.days + day] > 0 {
                bytes.append(Double(world.bytesByDay[node * world.days + day]))
            }
        }
        outerBytes = bytes.sorted()
        wideDelays = Dictionary(uniqueKeysWithValues: world.spaces.map { ($0.name, $0.wideDelays) })
    }
}
