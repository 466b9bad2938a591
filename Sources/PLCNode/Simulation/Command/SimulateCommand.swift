/// `plc simulate`: runs a scenario, one history or a range of them.
package enum SimulateCommand {
    @Sendable package static func run(_ context: CommandContext) throws -> ExitCode {
        let invocation = context.invocation
        #if PlantedBugs
            if let done = try PlantedBugOption.take(context) { return done }
        #endif
        let path = context.path(invocation.words("SCENARIO")[0])
        guard let scenario = try read(path, context) else { return .usage }
        if let text = invocation.value("seeds") {
            guard invocation.value("report") == nil else {
                throw CommandError(SimulationTexts.oneReport, code: .usage)
            }
            guard scenario.model == .replicas else {
                throw CommandError(SimulationTexts.isGossip, code: .usage)
            }
            guard let seeds = SeedRange(text) else {
                throw CommandError(SimulationTexts.badSeeds, text, code: .usage)
            }
            if let part = invocation.value("part") {
                guard let part = SeedRange.Part(part) else {
                    throw CommandError(SimulationTexts.badPart, part, code: .usage)
                }
                return try SeedWorker.run(scenario, seeds, part, context)
            }
            return try SeedFleet(scenario: path, seeds: seeds, context: context).run()
        }
        var seed = scenario.seed ?? 1
        if let text = invocation.value("seed") {
            guard let number = UInt64(text) else {
                throw CommandError(SimulationTexts.badSeed, text, code: .usage)
            }
            seed = number
        }
        return try runOne(scenario, seed, context)
    }

    /// The scenario of a file; nil, and said why, if it is none.
    private static func read(_ path: String, _ context: CommandContext) throws -> Scenario? {
        let bytes = try FileSystem.read(path, limit: 1 << 20)
        do {
            return try Scenario(parsing: String(decoding: bytes, as: UTF8.self), file: path)
        } catch {
            context.output.note(error.text(context.language))
            return nil
        }
    }

    /// The history of a seed; what keeps it from being run is said in the user's language.
    static func history(_ scenario: Scenario, _ seed: UInt64, _ context: CommandContext) throws
        -> SimulationRun
    {
        do {
            return try SimulationRun(scenario, seed: seed)
        } catch SimulationError.waits(let need) {
            throw CommandError(SimulationTexts.waits, need)
        }
    }

    private static func runOne(_ scenario: Scenario, _ seed: UInt64, _ context: CommandContext) throws
        -> ExitCode
    {
        let file = try context.invocation.value("report").map { try ReportFile(context.path($0)) }
        let history = try history(scenario, seed, context)
        if history.plan.model == .gossip { return try runModel(history, file, context) }
        let trace = try context.invocation.value("trace").map { try LineFile(context.path($0)) }
        let status = StatusLine(context.output.stderr, nodes: history.plan.nodes.count)
        let record = history.run(
            sink: trace.map { file in { file.write($0) } }, everyMinute: { status.show($0) })
        status.clear()
        try trace?.close()
        try report(history, record, nil, file, context)
        let summary = SimulationSummary(history, record)
        if context.invocation.isJSON {
            try context.output.line(summary.json)
        } else {
            try context.output.lines(summary.lines(context.language))
        }
        guard !record.isGood else { return .done }
        if !context.invocation.isJSON {
            try context.output.lines(summary.transcript(context.language))
            if !context.invocation.flag("whole") {
                context.output.note(SimulationTexts.shrinking.text(context.language))
                let smallest = history.shrunk(record)
                try context.output.line(SimulationTexts.smallest.text(context.language))
                try context.output.line(smallest.printed)
            }
        }
        return .failed
    }

    /// Fits the model to the engine, runs it, and says whose numbers are whose.
    private static func runModel(_ history: SimulationRun, _ file: ReportFile?, _ context: CommandContext)
        throws
        -> ExitCode
    {
        let calibrator = GossipCalibrator(scenario: history.scenario, seed: history.seed)
        context.output.note(
            GossipTexts.calibrating.text(
                context.language, ["\(GossipCalibrator.nodes)", "\(GossipCalibrator.days)"]))
        let status = StatusLine(context.output.stderr, nodes: GossipCalibrator.nodes)
        var calibration = try calibrator.run { status.show($0) }
        let outcome = try GossipOutcome(
            history.scenario, history.plan, costs: calibration.costs, seed: history.seed,
            everyDay: { status.show(day: $0) })
        status.clear()
        (calibration.logs, calibration.followed) = (outcome.logs, outcome.followed)
        try report(history, outcome.record, calibration, file, context)
        let summary = GossipSummary(history: history, calibration: calibration, outcome: outcome)
        if context.invocation.isJSON {
            try context.output.line(summary.json)
        } else {
            try context.output.lines(summary.lines(context.language))
        }
        return outcome.record.isGood ? .done : .failed
    }

    private static func report(
        _ history: SimulationRun, _ record: SimulationRecord, _ calibration: GossipCalibration?,
        _ file: ReportFile?, _ context: CommandContext
    ) throws {
        guard let file else { return }
        let report = SimulationReport(
            scenario: history.scenario, plan: history.plan, record: record, language: context.language,
            calibration: calibration)
        try file.write(report.html)
        context.output.note(SimulationTexts.reported.text(context.language, [file.path]))
    }
}

/// The line on a terminal that says how far a simulation is, once a minute of its time.
final class StatusLine {
    private let sink: Output.Sink
    private let nodes: Int
    private var isShown = false

    init(_ sink: Output.Sink, nodes: Int) {
        self.sink = sink
        self.nodes = nodes
    }

    /// Says what time it is in the simulation, who runs, and what has happened.
    func show(_ world: SimulatedWorld) {
        guard sink.isTerminal else { return }
        isShown = true
        let minutes = world.scenarioTime / Milliseconds.minute
        let clock = [minutes / 60 % 24, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(
            separator: ":")
        write(
            "\rday \(minutes / 1_440 + 1) \(clock)  \(world.runningCount)/\(nodes) nodes  "
                + "\(grouped(world.record.changes)) changes  \(humanBytes(world.record.bytes))\u{1b}[K")
    }

    /// Says which day it is in a model.
    func show(day time: UInt64) {
        guard sink.isTerminal else { return }
        isShown = true
        write("\rday \(time / Milliseconds.day + 1)\u{1b}[K")
    }

    func clear() {
        if isShown { write("\r\u{1b}[K") }
        isShown = false
    }

    private func write(_ text: String) {
        // Nobody needs to look.
        do throws(OutputError) { try sink.write(Array(text.utf8)) } catch {}
    }
}
