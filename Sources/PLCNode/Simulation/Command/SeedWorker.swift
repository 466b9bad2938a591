/// What one process does of a range: each history of its part, and a line of JSON about each.
enum SeedWorker {
    static func run(
        _ scenario: Scenario, _ range: SeedRange, _ part: SeedRange.Part, _ context: CommandContext
    ) throws -> ExitCode {
        var isGood = true
        for seed in range.seeds(part) {
            let history = try SimulateCommand.history(scenario, seed, context)
            let record = history.run()
            isGood = isGood && record.isGood
            try context.output.line(SimulationSummary(history, record).json)
        }
        return isGood ? .done : .failed
    }
}
