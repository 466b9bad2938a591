import Foundation
import PLCNode
import PLCSync
import Testing

@Suite struct ScenarioSwarmTests {
    /// Runs `body` with many seeds, or that of PLC_SEED alone, until it says what is wrong; then prints the seed.
    private func withSeeds(_ count: Int, _ body: (inout SplitMix64) throws -> String?) throws {
        let chosen = ProcessInfo.processInfo.environment["PLC_SEED"].flatMap { UInt64($0) }
        var seeds = SystemRandomNumberGenerator()
        for _ in 0..<(chosen == nil ? count : 1) {
            let seed = chosen ?? seeds.next()
            var random = SplitMix64(seed: seed)
            if let wrong = try body(&random) {
                Issue.record("PLC_SEED=\(seed): \(wrong)")
                return
            }
        }
    }

    @Test("SC-20, SC-21: whatever a seed draws makes sense, reads back the same, and is quiet at the end")
    func drawing() throws {
        let swarm = try ShippedScenarios.scenario("swarm.scenario")
        var seen = Set<String>()
        try withSeeds(120) { random in
            let again = random
            let drawn = swarm.drawn(using: &random)
            var second = again
            if swarm.drawn(using: &second) != drawn { return "two draws differ" }
            if drawn.isSwarm || !drawn.misfits.isEmpty { return "\(drawn.misfits)\n\(drawn.printed)" }
            if try Scenario(parsing: drawn.printed, file: "drawn") != drawn { return drawn.printed }
            let quiet = drawn.workloads.compactMap(\.until).max() ?? 0
            if quiet >= drawn.length { return "no quiet time" }
            for event in drawn.events {
                seen.insert(String("\(event.action)".prefix { $0 != "(" }))
                let last = event.schedule.until ?? event.schedule.at
                if last + (event.schedule.duration ?? 0) > quiet { return "\(event) is not over by \(quiet)" }
            }
            return try drawn.plan().events.isEmpty && !drawn.events.isEmpty ? "no events" : nil
        }
        if ProcessInfo.processInfo.environment["PLC_SEED"] != nil { return }
        same(
            seen.sorted(),
            [
                "bitRot", "clock", "cut", "disk", "freeze", "join", "kill", "leave", "partition", "powerCut",
                "restore",
            ], "what 120 seeds draw")
    }

    /// Any scenario that the grammar can say, sense or not.
    private func anything(_ random: inout SplitMix64) -> Scenario {
        func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        func pick<Choice>(_ choices: [Choice]) -> Choice { choices[below(choices.count)] }
        func time() -> UInt64 { UInt64(below(3) == 0 ? below(4_000_000_000) : below(40_000) * 60_000) }
        func length() -> UInt64 { time() + 1 }
        func term() -> Scenario.Selection.Term {
            [.all, .name("hub"), .name("school-1a"), .range("school", 1 + below(3), 4), .name("مدرسة")][
                below(5)]
        }
        func nodes() -> Scenario.Selection {
            .init((0...below(3)).map { _ in term() }, except: (0..<below(2)).map { _ in term() })
        }
        func space() -> String? { pick([nil, "north", "a_b-2"]) }
        func ways() -> Scenario.Ways { pick([.both, .forth]) }
        func profile() -> LinkProfile {
            var profile = LinkProfile()
            if below(2) == 0 { profile.latency = length() }
            if below(2) == 0 { profile.spread = length() }
            if below(2) == 0 { profile.lossPerMillion = below(1_000_001) }
            if below(2) == 0 { profile.duplicatesPerMillion = below(100) * 10_000 }
            if below(2) == 0 { profile.reorderedPerMillion = below(1_000_001) }
            if below(2) == 0 { profile.bandwidth = UInt64(1 + below(9_000_000)) }
            if below(2) == 0 { profile.timetable.hours = [Hours(from: below(700), to: 701 + below(740))] }
            if below(2) == 0 { profile.timetable.weekdays = Weekdays(rawValue: UInt8(1 + below(127))) }
            if below(3) == 0 {
                let from = time()
                profile.timetable.closures = [from..<from + length()]
            }
            if below(3) == 0 { profile.timetable.flapping = .init(up: length(), down: length()) }
            if below(3) == 0 { profile.manner = .meet(every: length()) }
            return profile
        }
        func action() -> Scenario.Action {
            switch below(20) {
            case 0: .partition(nodes(), from: below(2) == 0 ? .others : nodes(), ways())
            case 1: .cut(nodes(), to: nodes(), ways())
            case 2: .heal
            case 3: .kill(nodes())
            case 4: .start(nodes())
            case 5: .powerCut(nodes())
            case 6: .freeze(nodes())
            case 7: .restore(nodes(), age: length(), pick(Scenario.RestoreManner.allCases))
            case 8: .clone("hub", as: "twin")
            case 9: .clock(nodes(), pick([.year(1970 + below(8_030)), .right, .drift(below(999) - 500)]))
            case 10: .clock(nodes(), .offset(Int64(length()) * pick([1, -1])))
            case 11: .disk(nodes(), pick(Scenario.DiskFault.allCases))
            case 12: .diskFree(nodes())
            case 13: .bitRot(nodes(), bits: 1 + below(9))
            case 14:
                .hostile(nodes(), [pick(Scenario.Behaviour.allCases), pick(Scenario.Behaviour.allCases)])
            case 15: .equivocate(nodes())
            case 16: .oldVersion(nodes())
            case 17: .join(nodes(), space: space())
            case 18: .leave(nodes())
            default: .write(nodes(), 1 + below(9), pick(Scenario.WriteKind.allCases), space: space())
            }
        }
        func schedule() -> Scenario.Schedule {
            if below(3) > 0 { return .init(at: time(), for: below(2) == 0 ? length() : nil) }
            let at = time()
            return .init(every: length(), from: at, to: at + length(), for: below(2) == 0 ? length() : nil)
        }
        func expectation() -> Scenario.Expectation {
            switch below(7) {
            case 0: .equal(space: space(), nodes: below(2) == 0 ? nodes() : nil, by: time())
            case 1: .writesPresent(except: below(2) == 0 ? nodes() : nil)
            case 2: .traffic(a: nodes(), b: nodes(), bytes: UInt64(below(5_000_000)), aDay: below(2) == 0)
            case 3: .absent(space: space(), nodes: below(2) == 0 ? nodes() : nil)
            case 4: .bytesPerChange(UInt64(below(5_000)))
            case 5: .everywhere(perMillion: below(1_000_001), within: length(), space: space())
            default: .faults(pick(Scenario.FaultKind.allCases), atLeast: 1 + below(9))
            }
        }
        var scenario = Scenario(name: "any-thing", length: length())
        scenario.title = pick([nil, "A title, of «words»"])
        scenario.model = pick(Scenario.Model.allCases)
        scenario.seed = pick([nil, random.next()])
        scenario.start =
            CalendarDate(year: 1970 + below(99), month: 1 + below(12), day: 1 + below(28)) ?? .schoolStart
        scenario.groups = (0..<below(4)).map { .init("g-\($0)", of: pick([nil, below(50)])) }
        let patterns: [Scenario.Link.Pattern] = [
            .each, .assigned(.inTurn), .assigned(.inBlocks), .ring, .chain, .some(1 + below(5)),
        ]
        scenario.links = (0..<below(4)).map { _ in
            .init(nodes(), to: nodes(), pick(patterns), profile: profile())
        }
        scenario.spaces = (0..<below(4)).map { _ in
            .init(
                "s-\(below(9))", each: pick([nil, "school"]), level: pick([.team, .topic, .global]),
                parent: pick([nil, .init("p"), .init("p", share: .inTurn)]),
                founder: pick([nil, .name("hub"), .share("school", .inBlocks)]),
                members: [
                    .init(.writer, nodes()), .init(.relay, .init([.share("school", .inTurn)])),
                ])
        }
        scenario.workloads = (0..<below(4)).map { _ in
            .init(
                nodes(), space: space(),
                rates: (0...below(4)).map { _ in
                    .init(
                        below(9), pick(Scenario.WriteKind.allCases),
                        a: pick(Scenario.WriteRate.Period.allCases))
                }, conflictsPerMillion: below(2) * below(1_000_001),
                hours: pick([nil, Hours(from: 1_000, to: 1_440), Hours(from: 1_320, to: 90)]),
                weekdays: Weekdays(rawValue: UInt8(1 + below(127))), until: pick([nil, time()]))
        }
        scenario.events = (0..<below(12)).map { _ in .init(schedule(), action()) }
        scenario.expectations = (0..<below(6)).map { _ in expectation() }
        scenario.draws = (0..<below(4)).map { _ in
            let low = UInt64(below(400_000))
            let high = low + UInt64(below(400_000))
            return .init(pick(Scenario.Dial.allCases), low...high, chancePerMillion: below(1_000_001))
        }
        return scenario
    }

    @Test("SC-20: any scenario that the model can hold reads back as it was printed")
    func roundTrip() throws {
        try withSeeds(300) { random in
            let scenario = anything(&random)
            do throws(ScenarioProblems) {
                let read = try Scenario(reading: scenario.printed, file: "any")
                return read == scenario ? nil : "\(scenario.printed)\n---\n\(read.printed)"
            } catch {
                return "\(error)\n\(scenario.printed)"
            }
        }
    }

    @Test("SC-22: shrinking keeps what fails, makes sense all the way, and ends")
    func shrinking() throws {
        let scenario = try ShippedScenarios.scenario("journey-10-partition.scenario")
        for smaller in scenario.shrinks {
            same(smaller.misfits, [], smaller.printed)
            same(try Scenario(parsing: smaller.printed, file: "smaller"), smaller)
        }
        let small = scenario.shrunk(tries: 2_000) { candidate in
            candidate.events.contains { event in
                if case .restore = event.action { event.schedule.at >= 3 * Milliseconds.day } else { false }
            } && candidate.workloads.contains { $0.rates.contains { $0.kind == .edit } }
        }
        same(
            small.printed,
            """
            scenario journey-10
            seed 7
            lasts 12 days

            group school of 3

            space community  level district  members all

            write school  1 edit a day  conflicts 40 %  from 07:00 to 15:00

            on day 12 restore school-3 from yesterday

            """)
    }
}
