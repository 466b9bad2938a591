import PLCNode
import Testing

@Suite struct ScenarioErrorTests {
    /// What is said of the line, which is the eleventh, without the name of the file.
    private func said(_ line: String, _ language: Language = .english) -> String {
        do throws(ScenarioProblems) {
            _ = try Scenario(parsing: scenarioText(line), file: "t")
            return "nothing"
        } catch {
            return error.text(language)
        }
    }

    @Test("SC-17: the first mistake of a line, its place, what was expected and the nearest word")
    func words() {
        let cases: [(String, String)] = [
            (
                "grup pupil of 3",
                "t:11:1: 'grup' stands where 'scenario', 'title', 'starts', 'lasts', 'runs', 'seed', 'group', "
                    + "'node', 'link', 'space', 'write', 'draw', 'on', 'from', 'every' or 'expect' should stand; did you mean 'group'?"
            ),
            (
                "group pupil of",
                "t:11:15: the line ends where a whole number from 0 to 1000000000 should stand"
            ),
            ("group pupil for 3", "t:11:13: 'for' stands where 'of' should stand"),
            (
                "node 3rd",
                "t:11:6: '3' stands where a name of letters, digits and hyphens that is neither 'all' nor 'any' "
                    + "should stand"
            ),
            ("node a b", "t:11:8: 'b' stands where the end of the line should stand"),
            ("  lasts 3 days", "t:11:3: 'lasts' is given twice"),
            ("starts 2027-02-29", "t:11:8: '2027-02-29' stands where a date such as 2026-09-06 should stand"),
            (
                "link hub to school  latency 40",
                "t:11:31: the line ends where 'ms', 's', 'min', 'h', 'days', 'weeks' or 'years' should stand"
            ),
            (
                "link hub to school  latency 4x",
                "t:11:30: 'x' stands where 'ms', 's', 'min', 'h', 'days', 'weeks' or 'years' should stand"
            ),
            (
                "link hub to school  loss 101 %",
                "t:11:26: '101' stands where a percentage such as 2 % should stand"
            ),
            (
                "link hub to school  lattency 3 s",
                "t:11:21: 'lattency' stands where ',', 'except', 'in turn', 'in blocks', 'in a ring', 'in a "
                    + "chain', 'with', 'latency', 'spread', 'loss', 'duplicates', 'reorders', 'bandwidth', 'open', "
                    + "'on', 'closed', 'up', 'meet' or 'stay' should stand; did you mean 'latency'?"
            ),
            (
                "link hub to school  open 25:00-26:00",
                "t:11:26: '25:00-26:00' stands where a part of the day such as 12:00-14:00 should stand"
            ),
            (
                "link hub to school  on sun..moon",
                "t:11:24: 'sun..moon' stands where 'weekdays' or days of the week such as sun..thu (sun, mon, tue, wed, thu, fri, "
                    + "sat) should stand"
            ),
            (
                "space a  level scool  members hub",
                "t:11:16: 'scool' stands where 'team', 'school', 'district', 'region', 'global' or 'topic' "
                    + "should stand; did you mean 'school'?"
            ),
            ("space a  members hub", "t:11:21: the line ends where 'level' should stand"),
            (
                "write hub 3 psots a day",
                "t:11:13: 'psots' stands where what is written (posts, feedback, goals, readings, edits, tags, "
                    + "deletes) should stand; did you mean 'posts'?"
            ),
            ("on day 0 heal", "t:11:8: '0' stands where a whole number from 1 to 36525 should stand"),
            (
                "on day 3 at 24:10 heal",
                "t:11:13: '24:10' stands where a time of day such as 09:20 should stand"
            ),
            ("from day 3 to day 2 heal", "t:11:15: 'day' stands where a time after the first should stand"),
            (
                "on day 3 power out on hub",
                "t:11:16: 'out' stands where 'cut' should stand; did you mean 'cut'?"
            ),
            (
                "on day 3 clock of hub to 1066",
                "t:11:26: '1066' stands where a whole number from 1970 to 9999 should stand"
            ),
            (
                "on day 3 kill school-1..pupil-3",
                "t:11:15: 'school-1..pupil-3' stands where 'all others', 'all' or a node, a group, or nodes such as "
                    + "school-1..school-10 should stand"
            ),
            (
                "expect at least 3 kilss",
                "t:11:19: 'kilss' stands where "
                    + Scenario.FaultKind.allCases.dropLast().map { "'\($0.rawValue)'" }.joined(
                        separator: ", ")
                    + " or 'departures' should stand; did you mean 'kills'?"
            ),
            (
                "draw loss 3 to 2 %",
                "t:11:16: '2' stands where a number that is not smaller than the first should stand"
            ),
        ]
        for (line, expected) in cases { same(said(line), expected, line) }
    }

    @Test("SC-18: what reads well and makes no sense, and where")
    func sense() {
        let cases: [(String, String)] = [
            (
                "on day 3 kill scool-1",
                "t:11:15: no node or group is called 'scool-1'; did you mean 'school-1'?"
            ),
            (
                "on day 3 kill hub, school-4..school-9",
                "t:11:20: 'school-4..school-9' goes beyond the group 'school', whose nodes are numbered from 1 to 6"
            ),
            ("on day 3 kill pupil-4..pupil-9", "t:11:15: no group is called 'pupil'"),
            ("on day 3 kill school-4..school-2", "t:11:15: 'school-4..school-2' ends before it begins"),
            ("on day 3 kill hub except hub", "t:11:15: 'hub except hub' names nobody"),
            ("group pupil of 0", "t:11:16: the group 'pupil' has no node"),
            ("group pupil of 200000", "t:11:16: the group 'pupil' has more than 100000 nodes"),
            (
                "every 1 ms from day 2 to day 9 heal",
                "t:11:7: this line stands for more than 5000000 of what it spells out"
            ),
            (
                "on day 9 join hub\non day 10 restore hub from 3 days ago",
                "t:12:23: the backup would be older than the first day of the node"
            ),
            ("group hub of 2", "t:11:7: 'hub' is given twice"),
            ("node school-2", "t:11:6: 'school-2' is given twice"),
            ("link hub to hub", "t:11:6: this line links 'hub' with nothing but itself"),
            ("link hub to school up 0 s down 1 s", "t:11:20: this lasts no time at all"),
            ("link hub to school meet every 0 h", "t:11:20: this lasts no time at all"),
            (
                "link hub to school closed from day 3 to day 90",
                "t:11:41: day 90 is after the end of the scenario"
            ),
            ("space a level team", "t:11:7: the space 'a' has no members"),
            ("space north level team members hub", "t:11:7: 'north' is given twice"),
            (
                "space a level team parent nroth members hub",
                "t:11:27: no space before this line is called 'nroth'; did you mean 'north'?"
            ),
            (
                "space a level team parent area members hub",
                "t:11:27: there are several 'area'; say which falls to each with 'in turn' or 'in blocks'"
            ),
            (
                "space a level team parent north in turn members hub",
                "t:11:27: 'north' needs one for each node of a group to fall to"
            ),
            (
                "space a level team members school in turn",
                "t:11:28: 'school in turn' needs one for each node of a group to fall to"
            ),
            (
                "space a for each scool level team members hub",
                "t:11:18: no group is called 'scool'; did you mean 'school'?"
            ),
            (
                "space a level team founder school members school",
                "t:11:28: 'school' is several nodes, and one is wanted"
            ),
            ("write hub in sotuh 1 post a day", "t:11:14: no space is called 'sotuh'"),
            ("write school in north 1 post a day", "t:11:17: 'school-4' may not write in 'north'"),
            ("write district-2 in north 1 post a day", "t:11:21: 'district-2' may not write in 'north'"),
            ("write hub 1 post a day until day 40", "t:11:30: day 40 is after the end of the scenario"),
            ("on day 40 heal", "t:11:4: day 40 is after the end of the scenario"),
            ("on day 30 for 3 days kill hub", "t:11:1: day 33 is after the end of the scenario"),
            ("on day 3 for 0 s freeze hub", "t:11:1: this lasts no time at all"),
            ("from day 3 to day 4 heal", "t:11:21: 'heal' happens at once and cannot last for a time"),
            ("every 1 h from day 3 to day 4 leave hub", "t:11:31: 'leave' can happen only once"),
            (
                "every 1 h from day 3 to day 4 for 1 h freeze hub",
                "t:11:31: each time lasts until the next time or longer"
            ),
            (
                "on day 2 restore hub from 3 days ago",
                "t:11:22: the backup would be older than the first day of the node"
            ),
            ("on day 2 partition school-1, hub from school", "t:11:39: 'school-1' stands on both sides"),
            ("on day 2 clone hub as school-2", "t:11:23: 'school-2' is given twice"),
            ("on day 2 clone school as twin", "t:11:16: 'school' is several nodes, and one is wanted"),
            (
                "on day 2 join district-1 to north",
                "t:11:15: 'district-1' founds the space 'north' and cannot join it late"
            ),
            (
                "on day 2 join hub to north",
                "t:11:15: 'hub' is no member of a space that it could join (north)"
            ),
            ("expect all equal by day 40", "t:11:21: day 40 is after the end of the scenario"),
            (
                "expect all equal in north among hub by day 4",
                "t:11:1: none of these nodes is a member of such a space by then"
            ),
            (
                "expect nothing of north on school-2, hub",
                "t:11:19: 'school-2' is a member of 'north' and must hold what is written there"
            ),
            (
                "draw kills 1 to 2",
                "t:1:1: a swarm must say how many nodes to draw; add a line like 'draw nodes 2 to 6'\nt:1:1: a swarm must say how many spaces to draw; add a line like 'draw spaces 2 to 6'\nt:3:1: a swarm draws its nodes and names none"
            ),
        ]
        for (line, expected) in cases { same(said(line), expected, line) }
    }

    @Test("SC-18: nobody can expect what no path of members can bring")
    func paths() {
        let text = """
            scenario islands
            lasts 3 days
            group school of 4
            link school-1 to school-2
            link school-3 to school-4
            space a  level team  members all
            write school  1 post a day
            expect at most 1 MB through school-2 to school-3
            expect all equal by day 2
            """
        do throws(ScenarioProblems) {
            _ = try Scenario(parsing: text, file: "t")
            Issue.record("nothing was said")
        } catch {
            same(
                "\(error)",
                "t:8:41: no link joins 'school-2' with 'school-3'\nt:9:1: no links of members join 'school-1' with "
                    + "'school-3', so 'a' can never be equal on both")
        }
    }

    @Test("SC-17, SC-18: all mistakes at once, and none that only follows from another")
    func together() {
        let text = """
            title Nameless
            group school off 3
            link school to school
            space a level team members school
            on day 3 kil school-9

            expect al equal by day 3
            """
        do throws(ScenarioProblems) {
            _ = try Scenario(parsing: text, file: "t")
            Issue.record("nothing was said")
        } catch {
            same(error.problems.map { "\($0.line):\($0.column)" }, ["2:14", "5:10", "7:1", "7:1", "7:8"])
            same(error.problems.compactMap(\.nearest), ["kill", "all"])
        }
    }

    @Test func `mistakes are said in Arabic too`() {
        same(said("group pupil for 3", .arabic), "t:11:13: ورد «for» والمتوقع هنا 'of'")
        same(
            said("on day 3 kill scool-1", .arabic),
            "t:11:15: لا توجد عقدة ولا مجموعة باسم «scool-1»؛ هل تقصد «school-1»؟")
    }
}
