/// What happened in one history, as a page that needs no network, no script and nothing but itself.
package struct SimulationReport {
    let scenario: Scenario
    let plan: ScenarioPlan
    let record: SimulationRecord
    let language: Language
    /// What fitted the model whose numbers these are; nil if they are the engine's own.
    var calibration: GossipCalibration?

    /// The most rows of one chart.
    static let rowsMax = 40
    /// The most rows of one table.
    static let tableRowsMax = 250
    /// The most lines of a transcript.
    static let transcriptLines = 120
    /// The most characters of a scenario that stand in a report.
    static let scenarioCharacters = 60_000

    package init(
        scenario: Scenario, plan: ScenarioPlan, record: SimulationRecord, language: Language,
        calibration: GossipCalibration? = nil
    ) {
        self.scenario = scenario
        self.plan = plan
        self.record = record
        self.language = language
        self.calibration = calibration
    }

    var units: ReportUnits { ReportUnits(language: language) }

    /// When the history ended: with the scenario, or with what was wrong.
    var end: UInt64 { max(record.violations.first?.time ?? plan.length, 1) }

    /// Bytes over all lines of the scenario, without those of the introduction before it.
    var lineBytes: Int { record.linkBytes.reduce(0) { $0 + $1.forth + $1.back } }

    /// Writes a sentence of the catalogue in which each name and figure keeps its own direction.
    func sentence(_ markup: inout Markup, _ text: ReportText, _ arguments: String...) {
        let phrase = text.phrase
        let template = language == .arabic ? phrase.arabic : phrase.english
        for (index, piece) in template.split(separator: "{", omittingEmptySubsequences: false).enumerated() {
            guard index > 0 else {
                markup.say(String(piece))
                continue
            }
            let parts = piece.split(separator: "}", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let number = Int(parts[0]), arguments.indices.contains(number - 1) else {
                preconditionFailure("'\(template)' has a place that nothing fills")
            }
            markup.apart(arguments[number - 1])
            markup.say(String(parts[1]))
        }
    }

    /// A sentence of the catalogue.
    func text(_ text: ReportText, _ arguments: String...) -> String { text.phrase.text(language, arguments) }

    /// The page.
    package var html: String {
        var page = Markup()
        page.literal("<!DOCTYPE html>\n")
        page.element("html", [("lang", language.rawValue), ("dir", language == .arabic ? "rtl" : "ltr")]) {
            html in
            html.element("head") { head in
                head.literal("<meta charset=\"utf-8\">")
                head.literal("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
                head.element("title", [], text(.pageTitle, plan.name))
                head.literal("<style>\n")
                head.literal(ReportStyle.sheet)
                head.literal("\n</style>")
            }
            html.element("body") { body in
                body.append(Picture.hatches)
                body.element("header") { writeHead(&$0) }
                body.element("main") { main in
                    if calibration != nil { writeOrigin(&main) }
                    writeExpectations(&main)
                    if !record.violations.isEmpty { writeViolations(&main) }
                    writeReach(&main)
                    writeBehind(&main)
                    writeSpread(&main)
                    writeTraffic(&main)
                    writeConflicts(&main)
                    writeFaults(&main)
                    if record.violations.isEmpty { writeViolations(&main) }
                }
                body.element("footer") { writeFoot(&$0) }
            }
        }
        page.literal("\n")
        return page.text
    }

    // MARK: The head

    private func writeHead(_ head: inout Markup) {
        head.element("p", [("class", "soft")], text(.about))
        head.element("h1") { h1 in
            if let title = scenario.title { h1.words(title) } else { h1.words(plan.name) }
        }
        head.element("p") { p in
            sentence(
                &p, .setting, plan.name, "\(record.seed)", plan.start.printed,
                grouped(Int((plan.length + Milliseconds.day - 1) / Milliseconds.day)),
                grouped(plan.nodes.count),
                grouped(plan.links.count), grouped(plan.spaces.count))
        }
        let unmet = record.judgements.count { !$0.isMet }
        head.element("p", [("class", record.isGood ? "verdict" : "verdict bad")]) { verdict in
            if let broken = record.violations.first {
                verdict.say(text(.verdictBroken, broken.oracle, units.moment(broken.time)))
            } else if unmet > 0 {
                verdict.say(text(.verdictUnmet, "\(unmet)", "\(record.judgements.count)"))
            } else {
                verdict.say(text(.verdictGood, "\(record.judgements.count)"))
            }
        }
        let spread = spreads.last
        // Of a model's changes only some are followed.
        let written = calibration == nil ? spread?.written ?? 0 : record.changes
        if let spread, !spread.delays.isEmpty {
            head.element("p") { p in
                sentence(
                    &p, .story, grouped(plan.nodes.count), grouped(written),
                    String(ReportUnits.percent(spread.delays.count, of: spread.written).dropLast(2)),
                    units.duration(spread.quantile(50)), units.duration(spread.quantile(95)))
            }
        }
        head.element("p") { p in
            let faults = happened.filter(\.isPlanned).map {
                "\($0.kind.phrase.text(language)): \(grouped($0.times))"
            }
            p.say(
                faults.isEmpty
                    ? text(.storyFaultless) : text(.storyFaults, faults.joined(separator: listSeparator)))
        }
        head.element(
            "p", [("class", "soft")], text(calibration == nil ? .engineNumbers : .modelNumbers))
        head.element("dl", [("class", "figures")]) { list in
            figure(&list, .figureChanges, grouped(written))
            if let spread, let slowest = spread.delays.last {
                figure(&list, .figureHalf, units.duration(spread.quantile(50)))
                figure(&list, .figureMost, units.duration(spread.quantile(95)))
                figure(&list, .figureSlowest, units.duration(slowest))
            }
            figure(&list, .figureBytes, units.bytes(lineBytes))
            if calibration == nil {
                let met =
                    record.conflicts.registers.concurrentWrites + record.conflicts.multis.concurrentWrites
                figure(&list, .figureConflicts, grouped(met))
            }
            figure(&list, .figureRefused, grouped(record.writesRefused))
        }
    }

    /// What stands between the members of a list in a sentence.
    var listSeparator: String { language == .arabic ? "، " : ", " }

    private func figure(_ list: inout Markup, _ name: ReportText, _ value: String) {
        list.element("div") { box in
            box.element("dt", [], text(name))
            box.element("dd") { $0.apart(value) }
        }
    }

    // MARK: What was expected

    private func writeExpectations(_ main: inout Markup) {
        main.element("h2", [], text(.expectedTitle))
        if plan.expectations.isEmpty { main.element("p", [], text(.expectedNone)) }
        let judged = Dictionary(record.judgements.map { ($0.expectation, $0) }, uniquingKeysWith: { $1 })
        if !plan.expectations.isEmpty {
            table(&main, [.expectedColumn, .outcomeColumn, .findingColumn], rows: plan.expectations.indices) {
                index, row in
                row.element("td") { $0.words(scenario.expectations[index].printed) }
                let outcome = judged[index].map { $0.isMet ? ReportText.met : .unmet } ?? .notJudged
                row.element("td", [], text(outcome))
                row.element("td") { cell in
                    if let finding = judged[index]?.finding { cell.words(finding) }
                }
            }
        }
        main.element("details", scenario.events.isEmpty ? [] : [("open", "")]) { details in
            details.element("summary", [], text(.eventsTitle, "\(scenario.events.count)"))
            if scenario.events.isEmpty { details.element("p", [], text(.eventsNone)) }
            details.element("ul") { list in
                for event in scenario.events.prefix(Self.rowsMax) {
                    list.element("li") { $0.words(event.printed) }
                }
                more(&list, "li", scenario.events.count - Self.rowsMax)
            }
        }
    }

    // MARK: The foot

    private func writeFoot(_ foot: inout Markup) {
        foot.element("details") { details in
            details.element("summary", [], text(.scenarioText))
            details.element("pre", [("lang", "en")], lines: cut(scenario.printed))
        }
        foot.element("p") { $0.say(text(.trace, traceText, grouped(record.steps))) }
    }

    private func cut(_ text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var characters = 0
        let kept = lines.prefix { line in
            characters += line.utf8.count
            return characters <= Self.scenarioCharacters
        }
        return kept + (kept.count < lines.count ? ["…"] : [])
    }

    private var traceText: String {
        let text = String(record.trace, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    // MARK: Parts

    /// A table with a head, the first rows of `rows`, and a word on how many more there are.
    func table<Rows: RandomAccessCollection>(
        _ markup: inout Markup, _ columns: [ReportText], heads: [String] = [], rows: Rows,
        _ write: (Rows.Element, inout Markup) -> Void
    ) {
        markup.element("div", [("class", "wide")]) { wide in
            wide.element("table") { table in
                table.element("thead") { head in
                    head.element("tr") { row in
                        for column in columns.map({ text($0) }) + heads {
                            row.element("th", [("scope", "col")], column)
                        }
                    }
                }
                table.element("tbody") { body in
                    for row in rows.prefix(Self.tableRowsMax) { body.element("tr") { write(row, &$0) } }
                }
            }
            more(&wide, "p", rows.count - Self.tableRowsMax)
        }
    }

    /// A figure of a table.
    func number(_ row: inout Markup, _ value: String) {
        row.element("td", [("class", "n")]) { $0.apart(value) }
    }

    /// Says that there are `count` more, if there are.
    func more(_ markup: inout Markup, _ element: StaticString, _ count: Int) {
        if count > 0 { markup.element(element, [("class", "soft")], text(.more, grouped(count))) }
    }

    /// What a chart shows, for who would rather read it.
    func details(_ figure: inout Markup, _ write: (inout Markup) -> Void) {
        figure.element("details") { details in
            details.element("summary", [], text(.table))
            write(&details)
        }
    }
}

extension Markup {
    /// An element with lines of text in it, which stay lines.
    mutating func element(_ name: StaticString, _ attributes: [Attribute], lines: [String]) {
        element(name, attributes) { markup in
            for line in lines {
                markup.say(line)
                markup.literal("\n")
            }
        }
    }
}
