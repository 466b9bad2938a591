#if canImport(Glibc)
    internal import Glibc
#endif

#if PlantedBugs
    internal import PLCSync
#endif

/// Runs a range of seeds in a process for each core, and then some of them again in new processes.
struct SeedFleet {
    let scenario: String
    let seeds: SeedRange
    let context: CommandContext

    /// What came of all.
    private struct Tally {
        var done: UInt64 = 0
        var traces: [UInt64: String] = [:]
        var failures: [(seed: UInt64, complaint: String, message: String)] = []
        var faults: [String: Int64] = [:]
        var changes: Int64 = 0
        var virtualMilliseconds: Int64 = 0
        var nodeMilliseconds: Int64 = 0
        var differing: [UInt64] = []
        var repeated: UInt64 = 0
    }

    /// One in so many seeds runs again in another process, where its trace must be the same.
    static let repeats: UInt64 = 10

    func run() throws -> ExitCode {
        let cores = UInt64(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        var tally = Tally()
        let began = ContinuousClock.now
        let parts = (1...min(cores, seeds.count)).map { SeedRange.Part($0, of: min(cores, seeds.count)) }
        var progress = Progress(
            SimulationTexts.seeds.text(context.language), total: Int(clamping: seeds.count),
            on: context.output.stderr, at: began)
        try run(parts) { line in
            tally.done += 1
            note(line, &tally)
            progress.update(Int(tally.done), at: .now)
        }
        progress.finish()
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let again = SeedRange.Part(1, of: Self.repeats)
        if seeds.count >= Self.repeats {
            try run([again]) { line in
                guard let seed = line["seed"].flatMap(Self.number),
                    let trace = line["trace"].flatMap(Self.string)
                else {
                    return
                }
                tally.repeated += 1
                if tally.traces[seed] != trace { tally.differing.append(seed) }
            }
        }
        try report(tally, seconds: seconds)
        let isWhole = tally.done == seeds.count
        return isWhole && tally.failures.isEmpty && tally.differing.isEmpty ? .done : .failed
    }

    /// What the processes are told besides: the mistake that they are to make, in the build that has some.
    private var passedOn: [String] {
        #if PlantedBugs
            if let bug = PlantedBug.selected { return ["--plant", "\(bug.rawValue)"] }
        #endif
        return []
    }

    /// Starts a process for each part, and gives `body` what each says about a seed.
    private func run(_ parts: [SeedRange.Part], _ body: (JSON) -> Void) throws {
        var workers = try parts.map { part in
            try ChildProcess(
                ChildProcess.ownPath(),
                [
                    "simulate", scenario, "--seeds", "\(seeds.first)..\(seeds.last)", "--part", part.text,
                    "--json",
                ] + passedOn)
        }
        while !workers.isEmpty {
            workers.removeAll { worker in
                if let text = worker.line(within: 20) {
                    if let line = try? JSON(parsing: Array(text.utf8)) { body(line) }
                    return false
                }
                return !worker.isRunning && drain(worker, body)
            }
        }
    }

    /// Reads what an ended process had still said; true.
    private func drain(_ worker: ChildProcess, _ body: (JSON) -> Void) -> Bool {
        while let text = worker.line(within: 0) {
            if let line = try? JSON(parsing: Array(text.utf8)) { body(line) }
        }
        let result = worker.finish()
        if !result.errors.isEmpty { context.output.note(String(decoding: result.errors, as: UTF8.self)) }
        return true
    }

    private static func number(_ value: JSON) -> UInt64? {
        if case .integer(let number) = value { UInt64(exactly: number) } else { nil }
    }

    private static func string(_ value: JSON) -> String? {
        if case .string(let bytes) = value { String(decoding: bytes, as: UTF8.self) } else { nil }
    }

    private func note(_ line: JSON, _ tally: inout Tally) {
        guard let seed = line["seed"].flatMap(Self.number) else { return }
        tally.traces[seed] = line["trace"].flatMap(Self.string)
        func count(_ name: String) -> Int64 {
            line[name].flatMap(Self.number).map { Int64(clamping: $0) } ?? 0
        }
        tally.changes += count("changes")
        tally.virtualMilliseconds += count("virtualMilliseconds")
        tally.nodeMilliseconds += count("virtualMilliseconds") * count("nodes")
        if case .object(let faults)? = line["faults"] {
            for member in faults {
                if let times = Self.number(member.value) {
                    tally.faults[String(decoding: member.key, as: UTF8.self), default: 0] += Int64(
                        clamping: times)
                }
            }
        }
        if let complaint = line["complaint"].flatMap(Self.string) {
            tally.failures.append((seed, complaint, line["message"].flatMap(Self.string) ?? ""))
            let phrase = SimulationTexts.seedFailed
            context.output.note(
                phrase.text(context.language, ["\(seed)", complaint, tally.failures.last?.message ?? ""]))
        }
    }

    private func report(_ tally: Tally, seconds: Double) throws {
        let rate = Double(tally.done) / max(seconds, 0.001)
        let years = Double(tally.nodeMilliseconds) / Double(365 * Milliseconds.day)
        if context.invocation.isJSON {
            var faults: [JSON.Member] = []
            for kind in Scenario.FaultKind.allCases {
                faults.append(
                    JSON.Member(
                        key: Array(kind.rawValue.utf8), value: .integer(tally.faults[kind.rawValue] ?? 0)))
            }
            return try context.output.line([
                "seeds": .integer(Int64(clamping: tally.done)),
                "failed": .integer(Int64(tally.failures.count)),
                "failures": .array(tally.failures.map { .integer(Int64(clamping: $0.seed)) }),
                "repeated": .integer(Int64(clamping: tally.repeated)),
                "differing": .array(tally.differing.map { .integer(Int64(clamping: $0)) }),
                "changes": .integer(tally.changes), "nodeYears": .number(years),
                "seconds": .number(seconds), "seedsPerSecond": .number(rate), "faults": .object(faults),
            ])
        }
        func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
        let language = context.language
        var lines = [
            SimulationTexts.fleet.text(
                language,
                [
                    grouped(Int(clamping: tally.done)), rounded(rate), rounded(years),
                    grouped(Int(clamping: tally.changes)),
                ]),
            SimulationTexts.repeated.text(language, ["\(tally.repeated)", "\(tally.differing.count)"]),
        ]
        for kind in Scenario.FaultKind.allCases {
            if let times = tally.faults[kind.rawValue], times > 0 {
                lines.append("  \(kind.rawValue): \(grouped(Int(times)))")
            }
        }
        lines.append(
            tally.failures.isEmpty
                ? SimulationTexts.allWell.text(language)
                : SimulationTexts.seedsFailed.text(language, ["\(tally.failures.count)"]))
        try context.output.lines(lines)
    }
}
