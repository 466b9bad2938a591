import PLCNode
import Testing

/// Around one line, so much that it makes sense.
func scenarioText(_ line: String) -> String {
    """
    scenario test
    lasts 30 days
    group region of 1
    group district of 3
    group school of 6
    node hub
    link all to all
    space community level region members all
    space north level district parent community members district-1, school-1..school-3 relays district-2
    space area for each district level district parent community members district, school in blocks
    \(line)
    """
}

/// The line of `text` that comes out when the scenario of `line` is printed, or what is wrong with it.
func printedLine(_ line: String) -> String {
    do throws(ScenarioProblems) {
        let bare = try Scenario(parsing: scenarioText(""), file: "test")
        let before = bare.printed.split(separator: "\n")
        let scenario = try Scenario(parsing: scenarioText(line), file: "test")
        if (try? Scenario(parsing: scenario.printed, file: "test")) != scenario {
            return "does not read back: \(scenario.printed)"
        }
        var rest = scenario.printed.split(separator: "\n")
        for known in before {
            if let index = rest.firstIndex(of: known) { rest.remove(at: index) }
        }
        return rest.joined(separator: "\n")
    } catch {
        return error.description
    }
}

@Suite struct ScenarioGrammarTests {
    /// A line and how it is printed; the same if nothing else is named.
    private func check(_ cases: [(String, String?)]) {
        for (line, printed) in cases { same(printedLine(line), printed ?? line, line) }
    }

    @Test("SC-1, SC-2, SC-3, SC-4: words, the header, quantities and times")
    func header() {
        check([
            ("", nil), ("  # nothing", ""),
            ("title Two  schools, a week # or so", "title Two schools, a week"),
            ("runs by gossip", nil), ("runs by replicas", ""), ("seed 18446744073709551615", nil),
            ("starts 2028-02-29", nil), ("starts 2026-09-06", ""),
            (
                "link hub to hub, school  latency 1.5s  loss 0.25%",
                "link hub to hub, school  latency 1500 ms  loss 0.25 %"
            ),
            ("on day 2 at 9:05 heal", "on day 2 at 09:05 heal"), ("on day 2 at 09:05:07.250 heal", nil),
            ("on the end heal", "on day 31 heal"),
            ("on day 30 at 23:59:59 heal # late", "on day 30 at 23:59:59 heal"),
            ("every 90 minutes from day 1 to day 2 heal", "every 90 min from day 1 to day 2 heal"),
            ("every 2 weeks from day 1 to the end heal", "every 14 days from day 1 to day 31 heal"),
        ])
    }

    @Test("SC-5, SC-6: nodes by groups, ranges and exceptions")
    func selections() {
        check([
            ("group مدرسة of 3", nil), ("node school-7a", nil),
            ("on day 1 kill school-2..5", "on day 1 kill school-2..school-5"),
            ("on day 1 kill all except hub, school-1..school-3", nil),
            ("on day 1 kill school,hub", "on day 1 kill school, hub"),
            ("on day 1 partition hub from all others except region", nil),
        ])
    }

    @Test("SC-7, SC-8: which nodes a link joins, and what it is like")
    func links() {
        check([
            ("link school to district in turn", nil),
            ("link school to district in blocks  meet every 1 h", nil),
            ("link school to school in a ring", nil), ("link hub to school in a chain", nil),
            ("link school to school with 2 each", nil),
            ("link hub to school stay latency 20 ms", "link hub to school"),
            (
                "link hub to school open 07:00-09:00, 22:00-02:00 on mon, wed..fri bandwidth 256 kbit/s closed from day 3 to day 9 reorders 1 % closed from day 12 to the end duplicates 3 % up 3 min down 7 min spread 5 ms",
                "link hub to school  spread 5 ms  duplicates 3 %  reorders 1 %  bandwidth 256 kbit/s  open 07:00-09:00, 22:00-02:00  on mon, wed, thu, fri  closed from day 3 to day 9  closed from day 12 to day 31  up 3 min down 7 min"
            ),
            (
                "link hub to school on weekdays open 0:00-0:00",
                "link hub to school  open 00:00-24:00  on sun..thu"
            ),
            (
                "link hub to school on weekdays open 20:00-00:00",
                "link hub to school  open 20:00-24:00  on sun..thu"
            ),
        ])
    }

    @Test("SC-10, SC-11: spaces, one or many")
    func spaces() {
        check([
            ("space a  level team  members hub", nil),
            (
                "space a members hub, school-1 readers district relays region stewards school-6 founder school-6 level topic parent north",
                "space a  level topic  parent north  founder school-6  members hub, school-1  readers district  relays region  stewards school-6"
            ),
            ("space own  for each school  level school  parent area in blocks  members school", nil),
            (
                "space two  for each district  level team  parent area  founder district  members district, school in turn",
                nil
            ),
        ])
    }

    @Test("SC-12: work day by day")
    func work() {
        check([
            (
                "write school 6 posts a day 8 feedback a day 1 goal a week 10 edits a hour 2 readings a day 1 tags a day 1 deletes a day conflicts 20 % from 07:00 to 15:00 on weekdays until day 9",
                "write school  6 posts a day  8 feedback a day  1 goal a week  10 edits a hour  2 readings a day  1 tag a day  1 delete a day  conflicts 20 %  from 07:00 to 15:00  on sun..thu  until day 9"
            ),
            ("write school-2, hub  in community  1 post a day  from 22:00 to 02:00", nil),
        ])
    }

    @Test("SC-13, SC-14: what happens, and when")
    func events() {
        check([
            ("from day 3 to day 9 partition school-1 from hub", nil),
            (
                "on day 3 for 2 h partition school-1 from all others one way",
                "from day 3 to day 3 at 02:00 partition school-1 from all others one way"
            ),
            ("every 1 h from day 2 to day 3 for 5 min cut link hub to school one way", nil),
            ("on day 3 cut link hub to school", nil), ("on day 3 heal", nil), ("on day 3 kill hub", nil),
            ("on day 3 kill hub start after 5 min", nil),
            ("from day 3 to day 4 kill hub", "on day 3 kill hub start after 1 day"),
            ("every 3 h from day 1 to day 9 power cut on school-1 start after 4 s", nil),
            ("on day 3 start hub", nil), ("from day 3 to day 3 at 00:10 freeze hub", nil),
            ("on day 3 restore hub from yesterday", nil),
            ("on day 3 restore hub from 24 h ago by copy", "on day 3 restore hub from yesterday by copy"),
            ("on day 3 restore hub from 90 min ago by image", nil), ("on day 3 clone hub as twin", nil),
            ("on day 3 clock of hub to 1970", nil),
            ("from day 3 to day 4 clock of hub +80 years", "from day 3 to day 4 clock of hub +29200 days"),
            ("on day 3 clock of hub -90 s", nil), ("on day 3 clock of hub drifts -200 ppm", nil),
            ("on day 3 clock of hub right", nil), ("from day 3 to day 4 disk full on hub", nil),
            ("on day 3 disk failing on hub", nil), ("on day 3 disk free on hub", nil),
            ("on day 3 torn writes on hub", nil),
            ("on day 3 flip 1 bit on hub", nil), ("on day 3 flip 9 bits on hub, school", nil),
            (
                "on day 3 hostile hub by malformed, forgeries, replays, floods, boasts, endless, withholds, dawdles, prophecies, snoops",
                nil
            ),
            ("on day 3 equivocation by hub", nil), ("on day 3 old version on hub", nil),
            ("on day 3 join school-2", nil), ("on day 3 join school-2 to north", nil),
            ("on day 3 leave hub", nil),
            ("on day 3 write 50 goals at school", nil), ("on day 3 write 1 post at school-2 in north", nil),
        ])
    }

    @Test("SC-16: what must hold")
    func expectations() {
        check(
            [
                ("expect all equal by day 26 at 12:00", nil),
                (
                    "expect all equal in north among school-1, school-2 by the end",
                    "expect all equal in north among school-1, school-2 by day 31"
                ),
                ("expect all equal in area by day 9", nil), ("expect all equal in area-2 by day 9", nil),
                ("expect every acknowledged write present", nil),
                ("expect every acknowledged write present save those of hub", nil),
                ("expect at most 3 MB through school-1 to district-1", nil),
                (
                    "expect at most 1.5 kB a day through school to hub",
                    "expect at most 1500 bytes a day through school to hub"
                ),
                ("expect nothing of north on school-4..school-6, hub", nil),
                ("expect nothing of any space outside its members", nil),
                ("expect nothing of area outside its members", nil),
                ("expect at most 900 bytes per change", nil),
                ("expect 95 % of writes everywhere within 2 days", nil),
                ("expect 99.9 % of writes everywhere within 1 h in north", nil),
            ] + Scenario.FaultKind.allCases.map { ("expect at least 3 \($0.rawValue)", nil) })
    }

    @Test("SC-21: what a seed draws")
    func draws() {
        let text = """
            scenario swarm
            lasts 1 day
            draw nodes 2 to 6
            draw spaces 1 to 2
            draw latency 1 to 800 ms in 25 % of runs
            draw loss 0 % to 30%
            draw bandwidth 16 to 2000 kbit/s
            draw kills 1 to 9
            expect all equal by the end
            """
        let printed = """
            scenario swarm
            lasts 1 day

            draw nodes 2 to 6
            draw spaces 1 to 2
            draw latency 1 ms to 800 ms in 25 % of runs
            draw loss 0 % to 30 %
            draw bandwidth 16 kbit/s to 2 Mbit/s
            draw kills 1 to 9

            expect all equal by day 2

            """
        same((try? Scenario(parsing: text, file: "swarm"))?.printed, printed)
    }
}
