import PLCNode
import PLCOracle
import Testing

@Suite struct GossipTests {
    private static let text = """
        scenario circle
        runs by gossip
        lasts 2 days
        node hub
        group district of 2
        group school of 8
        link district to hub  latency 30 ms  meet every 30 min
        link school to district in blocks  latency 60 ms  open 07:00-16:00  meet every 1 h
        space country  level region  members all
        space area  for each district  level district  parent country  members district, school in blocks
        write school in area     6 posts a day  from 07:00 to 12:00
        write school in country  2 posts a day  from 07:00 to 12:00
        """
    private static let faults = """

        from day 1 at 10:00 to day 1 at 12:00 partition district-1 from all others
        on day 1 at 09:00 kill school-3 start after 2 h
        on day 2 at 13:00 leave school-8
        expect every acknowledged write present save those of school-8
        expect all equal by day 2 at 06:00
        """
    private static let costs = GossipCosts(
        fixedBytes: 1_000, headBytes: 50, changeBytes: 200, exchangeMilliseconds: 300, pushMilliseconds: 20)

    private static func run(_ text: String, seed: UInt64) throws -> GossipOutcome {
        let scenario = try Scenario(parsing: text, file: "circle")
        return try GossipOutcome(scenario, try scenario.plan(), costs: costs, seed: seed)
    }

    @Test func `a seed gives the same numbers again, and another gives others`() throws {
        let text = Self.text + Self.faults
        let (first, again, other) = (
            try Self.run(text, seed: 5), try Self.run(text, seed: 5), try Self.run(text, seed: 6)
        )
        #expect(first.record.trace == again.record.trace && first.record.delays == again.record.delays)
        #expect(first.record.trace != other.record.trace)
        #expect(first.followed == first.logs && first.exchanges > 100)
    }

    @Test func `nothing is lost, and what was expected is judged`() throws {
        let outcome = try Self.run(Self.text + Self.faults, seed: 1)
        let delivered = outcome.record.delays.values.reduce(0) { $0 + $1.count }
        let undelivered = outcome.record.undelivered.values.reduce(0, +)
        #expect(delivered + undelivered == outcome.record.changes)
        #expect(outcome.record.judgements.map(\.isMet) == [true, true], "\(outcome.record.judgements)")
        #expect(outcome.record.writesRefused > 0 && outcome.record.faults[.departures] == 1)
        // Without a departure all is everywhere the next morning, and no faster than a line can carry it.
        let whole = try Self.run(Self.text + "\nexpect every acknowledged write present", seed: 1)
        #expect(whole.record.isGood, "\(whole.record.judgements)")
        #expect(whole.record.undelivered.values.allSatisfy { $0 == 0 })
        #expect(whole.record.delays.values.joined().min() ?? 0 >= 2 * 7 * 60)
    }

    @Test func `the books of a space agree with counting`() {
        var random = PLCOracle.SplitMix64(seed: 7)
        for round in 0..<40 {
            let members = random.pick(2...7)
            let logs = (0..<random.pick(1...40)).map { _ in
                (
                    author: random.below(members),
                    times: (0..<random.below(12)).map { _ in UInt64(random.below(500)) }.sorted()
                )
            }
            var space = GossipSpace(name: "s", nodes: Array(0..<members), logs: logs, scale: 1)
            var held = [[Int]](repeating: [Int](repeating: 0, count: logs.count), count: members)
            var (everywhere, delays) = ([Int](repeating: 0, count: logs.count), [UInt64]())
            for member in 0..<members { space.join(member) }
            for time in stride(from: UInt64(0), to: 600, by: 7) {
                for (index, log) in logs.enumerated() {
                    let written = log.times.count { $0 <= time }
                    let hasNews = space.write(index, at: log.author, until: time)
                    if hasNews != (written > held[log.author][index]) {
                        Issue.record("round \(round): news of \(index)")
                    }
                    held[log.author][index] = written
                }
                let (a, b) = (random.below(members), random.below(members))
                guard a != b else { continue }
                let (toA, toB) = space.lacking(a, b)
                let missing = logs.indices.map { held[b][$0] - held[a][$0] }
                if toA.changes != missing.reduce(0, { $0 + max($1, 0) })
                    || toB.heads != missing.count(where: { $0 < 0 })
                {
                    Issue.record("round \(round): \(toA) and \(toB) of \(missing)")
                }
                space.exchange(a, b, at: time)
                for log in logs.indices {
                    held[a][log] = max(held[a][log], held[b][log])
                    held[b][log] = held[a][log]
                    let least = held.map { $0[log] }.min() ?? 0
                    while everywhere[log] < least {
                        delays.append(time - logs[log].times[everywhere[log]])
                        everywhere[log] += 1
                    }
                }
            }
            if space.delays.sorted() != delays.sorted() { Issue.record("round \(round): delays differ") }
            if space.counts.map(Int.init) != held.flatMap({ $0 }) {
                Issue.record("round \(round): counts differ")
            }
        }
    }

    @Test func `factors are found, and none is negative`() {
        typealias Row = (columns: [Double], sum: Double)
        let numbers = (1...20).map(Double.init)
        let rows = numbers.map { n -> Row in
            let turn = n.truncatingRemainder(dividingBy: 5)
            return ([1, turn, n], 100 + 7 * turn + 3 * n)
        }
        let found = LeastSquares(rows, columns: 3).factors
        #expect(zip(found, [100, 7, 3]).allSatisfy { abs($0 - $1) < 1e-6 }, "\(found)")
        let falling = numbers.map { n -> Row in ([1, n], 100 - n) }
        #expect(LeastSquares(falling, columns: 2).factors.allSatisfy { $0 >= 0 })
        let alike = numbers.map { n -> Row in ([n, n], 4 * n) }
        #expect(abs(LeastSquares(alike, columns: 2).factors.reduce(0, +) - 4) < 1e-6)
    }

    @Test func `a country has a sample that the engine can run`() throws {
        let text = Self.text.replacing("district of 2", with: "district of 100").replacing(
            "school of 8", with: "school of 10000"
        )
        .replacing("open 07:00-16:00", with: "open 07:00-16:00  closed from day 2 to day 3")
        let sample = try Scenario(parsing: text + Self.faults, file: "large").sample(nodes: 100, days: 1)
        let plan = try sample.plan()
        #expect(plan.links.count == 3 + 96, "each district and each school keeps its line")
        #expect(plan.nodes.count == 100 && plan.spaces.count == 4 && plan.length == Milliseconds.day)
        #expect(plan.model == .replicas && plan.events.isEmpty)
    }

    @Test func `the country's sample keeps its lines and its work`() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let path = "/\(root)/Specs/scenarios/country.scenario"
        let text = String(decoding: try FileSystem.read(path, limit: 1 << 20), as: UTF8.self)
        let sample = try Scenario(parsing: text, file: path).sample(
            nodes: GossipCalibrator.nodes, days: GossipCalibrator.days)
        let plan = try sample.plan()
        #expect(sample.links.count == 3 && sample.workloads.count == 3)
        #expect(plan.nodes.count == GossipCalibrator.nodes && plan.links.count == 96 + 3 + 3)
    }

    @Test func `on a small plan the model says what the engine says`() throws {
        let calibration = try GossipCalibrator(
            scenario: try Scenario(parsing: Self.text, file: "circle"), seed: 2
        ).run()
        let costs = calibration.costs
        #expect(costs.fixedBytes > 0 && costs.changeBytes > 0, "\(costs)")
        for comparison in calibration.comparisons {
            let error = try #require(comparison.error)
            // Both draw their own minutes of dialling and of writing.
            if abs(error) > 0.35 {
                Issue.record(
                    "\(comparison.name.text(.english, comparison.arguments)): \(comparison.engine), \(comparison.model)"
                )
            }
        }
    }
}
