/// `plc bench`: measures this program on a workload.
enum BenchCommand {
    @Sendable static func run(_ context: CommandContext) throws -> ExitCode {
        guard let workload = context.invocation.value("workload") else {
            preconditionFailure("the option is required")
        }
        let records = try context.invocation.value("records").map { text in
            guard let count = Int(text), count > 0 else {
                throw CommandError(LiveTexts.badRecords, text, code: .usage)
            }
            return count
        }
        return try Benchmark.run(
            name: context.invocation.words("NAME").first, workload: context.path(workload), records: records,
            output: context.output, isJSON: context.invocation.isJSON)
    }
}
