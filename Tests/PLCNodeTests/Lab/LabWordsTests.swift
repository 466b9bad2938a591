import PLCNode
import Testing

@Suite struct LabWordsTests {
    private func plan(schools: Int = 4) throws -> LabPlan {
        try LabPlan(try Scenario(parsing: Self.text + "group school of \(schools)\n", file: "words"))
    }

    private static let text = """
        scenario words
        lasts 1 day
        node district
        link school to district
        link school-1 to school-2
        space community  level district  founder district  members all
        space own        level school    founder school-1  members school-1

        """

    /// What a selection or a mistake comes to.
    private func story(_ body: () throws -> String) -> String {
        do { return try body() } catch { return "\(error)" }
    }

    @Test func `times, offsets and speeds`() {
        let times: [(String, UInt64?)] = [
            ("300ms", 300), ("60s", 60_000), ("2min", 120_000), ("2m", 120_000), ("3d", 259_200_000),
            ("", nil),
            ("5", nil), ("ms", nil), ("-5s", nil), ("5 s", nil), ("1000y", nil),
            ("99999999999999999999s", nil),
        ]
        for (word, expected) in times { same(LabWords.duration(word), expected, word) }
        let offsets: [(String, Int64?)] = [
            ("+3d", 259_200_000), ("-1h", -3_600_000), ("right", 0), ("0", 0), ("3d", nil), ("+", nil),
            ("+d", nil),
        ]
        for (word, expected) in offsets { same(LabWords.offset(word), expected, word) }
        let rates: [(String, UInt64?)] = [
            ("8kbit", 8_000), ("8kbit/s", 8_000), ("1Mbit", 1_000_000), ("0bit", nil), ("8", nil),
            ("8kb", nil),
        ]
        for (word, expected) in rates { same(LabWords.rate(word), expected, word) }
    }

    @Test func `what slow is told`() {
        let cases: [(String, String)] = [
            ("8kbit", "8000 nil"), ("8kbit latency 300ms", "8000 300"), ("latency 2s", "- 2000"),
            ("latency 0ms full", "full 0"), ("full", "full nil"), ("", "?"), ("fast", "?"),
            ("8kbit 9kbit", "?"),
            ("latency", "?"), ("latency 5", "?"), ("latency 1s latency 1s", "?"),
        ]
        for (line, expected) in cases {
            let speed = LabSpeed(line.split(separator: " ").map(String.init))
            let text = speed.map { speed in
                let rate = speed.setsBandwidth ? speed.bandwidth.map { "\($0)" } ?? "full" : "-"
                return "\(rate) \(speed.latency.map { "\($0)" } ?? "nil")"
            }
            same(text ?? "?", expected, line)
        }
    }

    @Test func `nodes and sides`() throws {
        let plan = try plan()
        let cases: [(String, String)] = [
            ("district", "district"), ("school-3,school-1", "school-1 school-3"),
            ("school", "school-1 school-2 school-3 school-4"), ("school-2..4", "school-2 school-3 school-4"),
            ("all except school", "district"),
            ("distrct", "no node or group is called 'distrct'; did you mean 'district'?"),
            ("shcool-1", "no node or group is called 'shcool-1'; did you mean 'school-1'?"),
            ("school-1..9", "'school-1..school-9' means no nodes of this lab"),
            ("xyzzy", "no node or group is called 'xyzzy'"),
        ]
        for (text, expected) in cases {
            same(story { try plan.chosen(text).joined(separator: " ") }, expected, text)
        }
        let sides: [(String, String)] = [
            ("school-1,district from school-2", "district school-1 | school-2"),
            ("school-1 from all others", "school-1 | district school-2 school-3 school-4"),
            (
                "school-1 form school-2",
                "'form' stands where ',', 'except' or 'from' should stand; did you mean 'from'?"
            ),
        ]
        for (text, expected) in sides {
            let found = story {
                let (from, to) = try plan.sides(text)
                return from.joined(separator: " ") + " | " + to.joined(separator: " ")
            }
            same(found, expected, text)
        }
    }

    @Test func `links by name, either way round`() throws {
        let plan = try plan()
        let cases: [(String, String)] = [
            ("all", "0 1 2 3 4"), ("school-2:district", "1"), ("district:school-2", "1"),
            ("school:district", "0 1 2 3"),
            ("school-1:school-3", "there is no link 'school-1:school-3'; did you mean 'school-1:school-2'?"),
            ("school-2", "there is no link 'school-2'; did you mean 'school-2:district'?"),
            ("shcool-1:district", "no node or group is called 'shcool-1'; did you mean 'school-1'?"),
        ]
        for (text, expected) in cases {
            same(story { try plan.links(text).map(String.init).joined(separator: " ") }, expected, text)
        }
        let between = plan.links(between: ["school-1", "district"], and: ["school-2", "school-3"])
        same(between, [1, 2, 4])
    }

    @Test func `a crowd is no lab`() throws {
        same(
            story { "\(try plan(schools: 400).nodes.count)" },
            "the scenario has 401 nodes; a lab has a process for each, and at most 100")
    }
}
