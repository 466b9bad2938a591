import PLCNode
import PLCSync
import Testing

@Suite struct ReportTests {
    private static let text = """
        scenario small
        title A <small> & "quick" one
        lasts 1 days
        group school of 3
        node hub
        link school to hub  latency 20 ms  loss 1 %  meet every 20 min
        space community  level district  members all
        write school  6 goals a day  10 edits a day  2 posts a day  conflicts 60 %  from 07:00 to 15:00
        from day 1 at 09:00 to day 1 at 10:00 partition school-1 from all others
        on day 1 at 12:00 kill school-2 start after 30 min
        expect every acknowledged write present
        expect at least 99 partitions
        """

    private static func run() throws -> (SimulationRun, SimulationRecord) {
        let run = try SimulationRun(try Scenario(parsing: text, file: "small"), seed: 3)
        return (run, run.run())
    }

    private static func page(
        _ run: SimulationRun, _ record: SimulationRecord, _ language: Language = .english
    ) -> String {
        SimulationReport(scenario: run.scenario, plan: run.plan, record: record, language: language).html
    }

    @Test func `every phrase is there in both languages, with the same places`() {
        let phrases = ReportText.allCases.map(\.phrase) + Scenario.FaultKind.allCases.map(\.phrase)
        for phrase in phrases {
            let isArabic = phrase.arabic.unicodeScalars.contains { (0x620...0x64a).contains($0.value) }
            let places = [phrase.english, phrase.arabic].map { text in
                Set(
                    text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap {
                        $0.first
                    })
            }
            if phrase.english.isEmpty || !isArabic || places[0] != places[1] { Issue.record("\(phrase)") }
        }
    }

    @Test func `no text becomes markup`() {
        #expect(Markup.escaped(#"<a b="c" d='e'>&"#) == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;")
        #expect(Markup.escaped("a\u{202e}b\u{0}c\u{ffff}") == "ab\u{fffd}c\u{fffd}")
    }

    @Test func `a page is well-formed, says what the record says, and says it in both languages`() throws {
        let (run, original) = try Self.run()
        #expect(original.violations.isEmpty, "\(original.violations)")
        var record = original
        let hostile = "</td><script>alert('1')</script>"
        record.complaints[hostile] = 4_321
        record.violations = [.init(oracle: hostile, time: 5, node: hostile, message: "a & b", step: 987_654)]
        for language in Language.allCases {
            let page = Self.page(run, record, language)
            #expect(page.contains("&lt;script&gt;") && !page.contains("<script"))
            for picture in WellFormedness.elements("svg", in: page) {
                if let wrong = WellFormedness(picture).complaint {
                    Issue.record("\(wrong): \(picture.prefix(300))")
                }
            }
            let start = page.firstIndex(of: "\n").map { page.index(after: $0) } ?? page.startIndex
            let empty = page[start...].split(separator: "<meta ", omittingEmptySubsequences: false)
            let whole = empty[0] + empty.dropFirst().map { $0.drop { $0 != ">" }.dropFirst() }.joined()
            if let wrong = WellFormedness(whole).complaint { Issue.record("\(language): \(wrong)") }
            for bytes in record.linkBytes {
                for number in [bytes.forth, bytes.back, bytes.forth + bytes.back] {
                    if !page.contains("<bdi>\(grouped(number))</bdi>") {
                        Issue.record("no \(number) in \(language)")
                    }
                }
            }
            for kind in Scenario.FaultKind.allCases where record.faults[kind] > 0 {
                let row =
                    "\(Markup.escaped(kind.phrase.text(language)))</td><td class=\"n\"><bdi>\(grouped(record.faults[kind]))<"
                if !page.contains(row) { Issue.record("no \(row)") }
            }
            for number in [
                4_321, 987_654, record.conflicts.registers.concurrentWrites, record.conflicts.multis.fields,
            ] {
                if !page.contains("<bdi>\(grouped(number))</bdi>") {
                    Issue.record("no \(number) in \(language)")
                }
            }
        }
        let report = SimulationReport(
            scenario: run.scenario, plan: run.plan, record: original, language: .english)
        let delays = original.delays.values.flatMap { $0 }.sorted()
        let spread = try #require(report.spreads.last)
        #expect(spread.delays == delays && spread.quantile(100) == delays.last)
        #expect(spread.quantile(50) == delays[(delays.count + 1) / 2 - 1])
        #expect(spread.written == delays.count + original.undelivered.values.reduce(0, +))
        #expect(original.conflicts.registers.fields > 0, "the scenario is made so that writes meet")
        #expect(
            report.html.contains("dir=\"ltr\"") && Self.page(run, original, .arabic).contains("dir=\"rtl\""))
        #expect(report.html.utf8.count < 200_000)
    }

    @Test func `a band says when a line was open, cut, and without one of its nodes`() throws {
        let (run, record) = try Self.run()
        let reach = Reachability(
            run.plan, down: record.downTimes(until: run.plan.length), end: run.plan.length, isShared: false)
        let hour = Milliseconds.hour
        #expect(
            reach.bands[0].spans.map(\.reach) == [.open, .cut, .open]
                && reach.bands[0].spans[1].from == 9 * hour && reach.bands[0].spans[1].to == 10 * hour)
        let down = reach.bands[1].spans.filter { $0.reach == .down }
        #expect(
            down.count == 1 && down[0].from / hour == 12 && down[0].to == 12 * hour + 30 * Milliseconds.minute
        )
        #expect(reach.bands[2].spans.map(\.reach) == [.open])
        let shared = Reachability(run.plan, down: [[], [], [], []], end: run.plan.length, isShared: true)
        #expect(shared.bands.map(\.links) == [[0], [1, 2]])
        #expect(
            reach.bands.allSatisfy { band in
                Reach.allCases.reduce(0) { $0 + band.time($1) } == run.plan.length
            })
    }

    @Test func `a write that had not seen another is counted, and what became of both`() {
        func log(_ byte: UInt8) -> LogID { LogID(Bytes16(high: UInt64(byte), low: 0)) }
        func dot(_ of: UInt8, _ sequence: UInt64) -> Dot { Dot(log: log(of), sequence: sequence, op: 0) }
        var ledger = ConflictLedger()
        let (a, b) = (dot(9, 1), dot(9, 2))
        for (record, isRegister) in [(a, true), (b, false)] {
            let field = Field.number(isRegister ? 13 : 10)
            // Two that do not hold each other's, and for one record a third who holds both.
            ledger.note(dot(1, 1), to: field, of: record, isRegister: isRegister) { _ in 0 }
            ledger.note(dot(2, 1), to: field, of: record, isRegister: isRegister) { _ in 0 }
            if isRegister { ledger.note(dot(3, 1), to: field, of: record, isRegister: true) { _ in 1 } }
        }
        ledger.close { _ in true }
        #expect(ledger.registers == tally(concurrent: 1, fields: 1, settled: 1, left: 0))
        #expect(ledger.multis == tally(concurrent: 1, fields: 1, settled: 0, left: 1))
    }

    private func tally(concurrent: Int, fields: Int, settled: Int, left: Int) -> ConflictLedger.Tally {
        var tally = ConflictLedger.Tally()
        tally.concurrentWrites = concurrent
        tally.fields = fields
        tally.settled = settled
        tally.left = left
        return tally
    }

    @Test func `a report that cannot be written is refused before the run`() throws {
        try withTemporaryFolder { root in
            let desk = Desk(root)
            CommandRegistry.register("simulate", SimulateCommand.run)
            try FileSystem.write(Array(Self.text.utf8), to: root.path + "/small.scenario", mode: 0o644)
            let refused = desk.run("simulate small.scenario --report no/such/folder.html")
            #expect(
                refused.code == .failed && refused.errors.contains("folder.html") && refused.output.isEmpty)
            let both = desk.run("simulate small.scenario --seeds 1..2 --report a.html --lang ar")
            #expect(both.code == .usage && both.errors.contains("التقرير"))
        }
    }
}
