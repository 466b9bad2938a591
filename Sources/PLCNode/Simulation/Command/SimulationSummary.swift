/// What is said of one history.
struct SimulationSummary {
    private let history: SimulationRun
    private let record: SimulationRecord

    init(_ history: SimulationRun, _ record: SimulationRecord) {
        self.history = history
        self.record = record
    }

    /// All delays from writing to everywhere, sorted.
    private var delays: [UInt64] { record.delays.values.flatMap { $0 }.sorted() }

    /// The expectations as the scenario writes them, each with what came of it.
    private var judged: [(text: String, judgement: SimulationRecord.Judgement)] {
        record.judgements.map { (history.scenario.expectations[$0.expectation].printed, $0) }
    }

    /// The sum of what was seen, for people.
    func lines(_ language: Language) -> [String] {
        let plan = history.plan
        var lines = [
            SimulationTexts.title.text(
                language,
                [
                    plan.name, "\(record.seed)", "\(plan.nodes.count)", "\(plan.links.count)",
                    "\(plan.spaces.count)", "\((plan.length + Milliseconds.day - 1) / Milliseconds.day)",
                ]),
            SimulationTexts.traffic.text(
                language,
                [
                    grouped(record.changes), grouped(record.writes), grouped(record.writesRefused),
                    humanBytes(record.bytes), grouped(record.messages),
                ]),
            SimulationTexts.checks.text(
                language, [grouped(record.foldsChecked), grouped(record.readsChecked)]),
        ]
        let delays = delays
        if let slowest = delays.last {
            let shown = [delays[delays.count / 2], delays[delays.count * 95 / 100], slowest]
            lines.append(SimulationTexts.everywhere.text(language, shown.map(Self.duration)))
        }
        let faults = Scenario.FaultKind.allCases.filter { record.faults[$0] > 0 }
        if !faults.isEmpty {
            let listed = faults.map { "\($0.rawValue) \(grouped(record.faults[$0]))" }.joined(separator: ", ")
            lines.append(SimulationTexts.faults.text(language, [listed]))
        }
        for (complaint, times) in record.complaints.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            lines.append("  " + SimulationTexts.complaint.text(language, ["\(times)", complaint]))
        }
        for (text, judgement) in judged {
            let phrase = judgement.isMet ? SimulationTexts.met : SimulationTexts.notMet
            lines.append(phrase.text(language, [text, judgement.finding]))
        }
        for violation in record.violations {
            lines.append(
                SimulationTexts.violation.text(
                    language,
                    [
                        Self.clock(violation.time), "\(violation.step)", violation.node ?? "-",
                        violation.oracle,
                        violation.message,
                    ]))
        }
        lines.append(SimulationTexts.trace.text(language, [traceText, grouped(record.steps)]))
        if record.isGood { lines.append(SimulationTexts.allWell.text(language)) }
        return lines
    }

    /// The last of what happened.
    func transcript(_ language: Language) -> [String] {
        [SimulationTexts.transcript.text(language)] + record.transcript.suffix(40).map { "  " + $0 }
    }

    /// The same for programs.
    var json: JSON {
        var faults: [JSON.Member] = []
        for kind in Scenario.FaultKind.allCases {
            faults.append(
                JSON.Member(key: Array(kind.rawValue.utf8), value: .integer(Int64(record.faults[kind]))))
        }
        let message =
            record.violations.first.map { "\($0.node ?? "-"): \($0.message)" }
            ?? judged.first { !$0.judgement.isMet }.map { "\($0.text): \($0.judgement.finding)" }
        return [
            "scenario": .text(record.scenario), "seed": .integer(Int64(clamping: record.seed)),
            "good": .bool(record.isGood), "complaint": .maybe(record.complaint) { .text($0) },
            "message": .maybe(message) { .text($0) }, "trace": .text(traceText),
            "steps": .integer(Int64(record.steps)), "nodes": .integer(Int64(record.nodes.count)),
            "virtualMilliseconds": .integer(Int64(clamping: record.length)),
            "changes": .integer(Int64(record.changes)), "writes": .integer(Int64(record.writes)),
            "refused": .integer(Int64(record.writesRefused)), "messages": .integer(Int64(record.messages)),
            "bytes": .integer(Int64(record.bytes)), "folds": .integer(Int64(record.foldsChecked)),
            "expectations": .array(
                judged.map {
                    [
                        "text": .text($0.text), "met": .bool($0.judgement.isMet),
                        "finding": .text($0.judgement.finding),
                    ]
                }),
            "violations": .array(
                record.violations.map {
                    [
                        "oracle": .text($0.oracle), "time": .integer(Int64(clamping: $0.time)),
                        "node": .maybe($0.node) { .text($0) }, "message": .text($0.message),
                        "step": .integer(Int64($0.step)),
                    ]
                }),
            "faults": .object(faults),
        ]
    }

    private var traceText: String {
        let text = String(record.trace, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    /// A time of the scenario, as `day 3 08:00:05`.
    static func clock(_ time: UInt64) -> String {
        func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = time / 1_000
        let clock = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60].map(two).joined(separator: ":")
        return "day \(seconds / 86_400 + 1) \(clock)"
    }

    private static func duration(_ milliseconds: UInt64) -> String {
        humanDuration(.milliseconds(Int64(clamping: milliseconds)))
    }
}
