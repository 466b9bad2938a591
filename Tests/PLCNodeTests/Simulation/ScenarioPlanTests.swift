import PLCNode
import PLCSync
import Testing

@Suite struct ScenarioPlanTests {
    private func plan(_ lines: String) throws -> ScenarioPlan {
        try Scenario(parsing: scenarioText(lines), file: "t").plan()
    }

    /// The pairs that the line adds or changes among those of `scenarioText`, in a few words.
    private func pairs(_ line: String) throws -> String {
        try plan(line + "  latency 7 ms").links.filter { $0.profile.latency == 7 }
            .map { "\($0.a)>\($0.b)" }.joined(separator: " ")
    }

    @Test("SC-7: the pairs of each pattern")
    func pairs() throws {
        let cases = [
            ("link hub to school-1..school-3", "school-1>hub school-2>hub school-3>hub"),
            (
                "link district to district",
                "district-1>district-2 district-1>district-3 district-2>district-3"
            ),
            (
                "link school to district in turn",
                "school-1>district-1 school-4>district-1 school-2>district-2 school-5>district-2 "
                    + "school-3>district-3 school-6>district-3"
            ),
            (
                "link school to district in blocks",
                "school-1>district-1 school-2>district-1 school-3>district-2 school-4>district-2 "
                    + "school-5>district-3 school-6>district-3"
            ),
            (
                "link district to district in a ring",
                "district-1>district-2 district-1>district-3 district-2>district-3"
            ),
            ("link hub to district in a chain", "district-1>district-2 district-2>district-3 district-1>hub"),
            (
                "link school-1..school-4 to school-1..school-4 with 1 each",
                "school-1>school-2 school-1>school-4 school-2>school-3 school-3>school-4"
            ),
        ]
        for (line, expected) in cases {
            let sorted = { (text: String) in
                text.split(separator: " ").map { pair in
                    pair.split(separator: ">").sorted().joined(separator: ">")
                }.sorted()
            }
            same(sorted(try pairs(line)), sorted(expected), line)
        }
    }

    @Test("SC-2, SC-5, SC-10, SC-11: nodes and spaces in the order of their lines, with roles and founders")
    func spaces() throws {
        let plan = try plan(
            """
            space own for each school level school parent area in blocks members school
            space team level team founder school-3 members school-2, school-3 relays school-2, hub stewards school-5
            link hub to region latency 3 ms
            """)
        same(
            plan.nodes.map(\.name).prefix(5),
            ["region-1", "district-1", "district-2", "district-3", "school-1"])
        same(plan.nodes.last?.name, "hub")
        let stories = plan.spaces.map { space in
            "\(space.name) in \(space.parent ?? "-") by \(space.founder): "
                + space.members.map { "\($0.node) \($0.role.name)" }.joined(separator: ", ")
        }
        same(
            stories[1],
            "north in community by district-1: district-1 steward, district-2 relay, school-1 writer, "
                + "school-2 writer, school-3 writer")
        same(
            stories[3],
            "area-2 in community by district-2: district-2 steward, school-3 writer, school-4 writer")
        same(stories[5], "own-1 in area-1 by school-1: school-1 steward")
        same(stories[10], "own-6 in area-3 by school-6: school-6 steward")
        same(
            stories[11],
            "team in - by school-3: school-2 writer, school-3 steward, school-5 steward, hub relay")
        same(
            plan.links.count, 55, "the later line about a pair changes it and adds none; the number of links")
        same(
            plan.links.first { $0.a == "region-1" && $0.b == "hub" || $0.a == "hub" && $0.b == "region-1" }?
                .profile.latency, 3)
    }

    @Test("SC-9: a line is open when hours, days, closures and flapping all let it")
    func timetables() throws {
        let hour = Milliseconds.hour
        let day = Milliseconds.day
        // Day 1 is a Sunday.
        let cases: [(words: String, open: [UInt64], closed: [UInt64], change: (UInt64, UInt64?))] = [
            ("open 12:00-14:00", [12 * hour, 13 * hour, day + 12 * hour], [0, 14 * hour], (0, 12 * hour)),
            (
                "open 22:00-02:00 on mon", [day + 23 * hour, 2 * day + hour],
                [hour, 2 * day + 2 * hour, 2 * day + 23 * hour], (day + 23 * hour, 2 * day + 2 * hour)
            ),
            ("on weekdays", [0, 4 * day + 23 * hour], [5 * day, 6 * day], (0, 5 * day)),
            ("closed from day 2 to day 4", [0, 3 * day], [day, 2 * day], (day, 3 * day)),
            ("up 3 h down 1 h", [0, 2 * hour, 4 * hour], [3 * hour, 7 * hour], (hour, 3 * hour)),
            (
                "up 3 h down 1 h open 02:00-08:00", [2 * hour, 5 * hour], [hour, 3 * hour, 9 * hour],
                (0, 2 * hour)
            ),
            ("latency 9 ms", [0, day], [], (0, nil)),
        ]
        for (words, open, closed, change) in cases {
            let plan = try plan("link hub to school-1 \(words)")
            let link = plan.links.first { Set([$0.a, $0.b]) == ["hub", "school-1"] }
            guard let named = link?.profile.timetable else {
                Issue.record("\(words) makes no link")
                continue
            }
            for time in open { same(named.isOpen(at: time, start: plan.start), true, "\(words) at \(time)") }
            for time in closed {
                same(named.isOpen(at: time, start: plan.start), false, "\(words) at \(time)")
            }
            same(named.nextChange(after: change.0, start: plan.start), change.1, "\(words): the next change")
        }
    }

    @Test("SC-13, SC-14, SC-15, SC-19: events by node in the order of time, ends before beginnings")
    func events() throws {
        let lines = """
            on day 5 restore school-1 from 2 days ago by image
            every 1 day from day 2 at 10:00 to day 4 for 1 h freeze hub
            on day 2 at 11:00 kill hub
            from day 2 to day 6 partition school from all others one way
            on day 4 heal
            on day 6 clock of hub to 1970
            on day 7 join school-6
            on day 8 join school-5 to community
            on day 9 clone hub as twin
            on day 9 old version on hub
            on day 9 hostile hub by floods
            on day 9 write 3 posts at school-6
            on day 3 kill school-6
            on day 10 leave school-4
            from day 10 to day 11 kill school-4, hub
            """
        let plan = try plan(lines)
        let day = Milliseconds.day
        let told = plan.events.map { event -> String in
            let time = "\(event.time / day + 1).\(event.time % day / Milliseconds.hour)"
            return time + " " + (event.waitsFor.map { "(\($0)) " } ?? "") + story(event.step)
        }
        let expected = [
            "2.0 cut 1 from 6 to 5", "2.10 freeze hub", "2.11 thaw hub", "2.11 kill hub",
            "3.0 back up school-1",
            "3.10 freeze hub", "3.11 thaw hub", "4.0 mend all", "5.0 restore school-1 image", "6.0 mend 1",
            "6.0 clock hub -1789084800000", "7.0 join school-6 to community area-3",
            "8.0 join school-5 to community",
            "9.0 (trust) clone hub as twin", "9.0 (a second format) old hub", "9.0 (trust) hostile hub",
            "9.0 write 3 at school-6 in community area-3", "10.0 leave(\"school-4\")", "10.0 kill hub",
            "11.0 start(\"hub\")",
        ]
        same(told, expected)
        same(plan.waitsFor, ["trust", "a second format"])
        same(plan.nodes.first { $0.name == "school-6" }?.startsAt, 6 * day)
        same(plan.spaces[0].members.map(\.joinsAt).filter { $0 > 0 }, [7 * day, 6 * day])
        same(try self.plan(lines), plan)
    }

    private func story(_ step: ScenarioPlan.Step) -> String {
        switch step {
        case .cut(let id, let from, let to, _, _): "cut \(id) from \(from.count) to \(to.count)"
        case .mend(let id): "mend \(id)"
        case .mendAll: "mend all"
        case .kill(let node): "kill \(node)"
        case .freeze(let node): "freeze \(node)"
        case .thaw(let node): "thaw \(node)"
        case .backUp(let node, _): "back up \(node)"
        case .restore(let node, _, let manner): "restore \(node) \(manner.rawValue)"
        case .clone(let node, let name): "clone \(node) as \(name)"
        case .clock(let node, let offset, _): "clock \(node) \(offset)"
        case .hostile(let node, _): "hostile \(node)"
        case .oldVersion(let node): "old \(node)"
        case .join(let node, let spaces): "join \(node) to \(spaces.joined(separator: " "))"
        case .write(let node, let count, _, let spaces):
            "write \(count) at \(node) in \(spaces.joined(separator: " "))"
        case .start, .powerCut, .disk, .diskMended, .bitRot, .honest, .equivocate, .newVersion, .leave:
            "\(step)"
        }
    }

    @Test("SC-12, SC-16: work and expectations by node, space and link")
    func expectations() throws {
        let plan = try plan(
            """
            write school-1, hub 3 posts a day until day 9
            on day 3 leave school-2
            expect all equal in north by day 3
            expect all equal in north among district-1, hub, school-2 by day 2
            expect at most 1 MB a day through hub to school-1, school-2
            expect nothing of area outside its members
            expect every acknowledged write present save those of school-2
            """)
        same(
            plan.workloads.map { "\($0.node) \($0.spaces) \($0.until / Milliseconds.day)" },
            [
                "school-1 [\"community\", \"north\", \"area-1\"] 8", "hub [\"community\"] 8",
            ])
        same(
            plan.expectations,
            [
                .equal(
                    spaces: [
                        .init(space: "north", nodes: ["district-1", "district-2", "school-1", "school-3"])
                    ],
                    by: 2 * Milliseconds.day),
                .equal(
                    spaces: [.init(space: "north", nodes: ["district-1", "school-2"])], by: Milliseconds.day),
                .traffic(
                    links: [.init(from: "hub", to: "school-1"), .init(from: "hub", to: "school-2")],
                    bytes: 1_000_000, aDay: true),
                .absent(spaces: ["area-1", "area-2", "area-3"], nodes: nil),
                .writesPresent(except: ["school-2"]),
            ])
    }
}
