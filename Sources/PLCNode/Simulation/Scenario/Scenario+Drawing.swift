internal import PLCSync

extension Scenario {
    /// The scenario that a seed draws from a swarm: the swarm's own lines, and all that its ranges leave open.
    ///
    /// Equal generators draw equal scenarios; one that is no swarm is returned as it is. Every space has a path of
    /// members between any two that stay, and every fault ends before the quiet time begins, so that what is expected
    /// can be reached.
    package func drawn(using generator: inout some RandomNumberGenerator) -> Scenario {
        if !isSwarm { return self }
        var drawing = ScenarioDrawing(self, seed: generator.next())
        return drawing.run()
    }
}

/// Numbers that look random and are the same for the same seed.
///
/// Source: Steele, Lea and Flood 2014.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

/// One draw of a scenario from a swarm.
private struct ScenarioDrawing {
    let swarm: Scenario
    var drawn: Scenario
    /// The dials that are on, with their ranges.
    var dials: [Scenario.Dial: ClosedRange<UInt64>] = [:]
    var dice: Dice
    var names: [String] = []
    /// When the last fault has ended, in milliseconds.
    var quietFrom: UInt64 = 0
    /// Nodes whose acknowledged writes may be lost with their disk.
    var excepted: [String] = []
    /// Founders by whom somebody is still to be invited.
    var awaited: Set<String> = []

    init(_ swarm: Scenario, seed: UInt64) {
        self.swarm = swarm
        drawn = swarm
        drawn.draws = []
        dice = Dice(state: seed)
    }

    // MARK: Dice

    mutating func number(_ range: ClosedRange<UInt64>) -> UInt64 { UInt64.random(in: range, using: &dice) }
    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &dice) }
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[below(choices.count)] }

    /// A number for the dial, or nil if it is off.
    mutating func draw(_ dial: Scenario.Dial) -> UInt64? { dials[dial].map { number($0) } }

    // MARK: The whole

    mutating func run() -> Scenario {
        for draw in swarm.draws where below(1_000_000) < draw.chancePerMillion {
            dials[draw.dial] = draw.range
        }
        // Without these there is nothing to run, whatever their chance.
        for draw in swarm.draws where draw.dial == .nodes || draw.dial == .spaces {
            dials[draw.dial] = draw.range
        }
        let length = draw(.length) ?? swarm.length
        drawn.length = max(rounded(length, to: Milliseconds.minute), 10 * Milliseconds.minute)
        let quiet = min(draw(.quiet) ?? drawn.length / 4, drawn.length * 3 / 4)
        quietFrom = rounded(drawn.length - quiet, to: Milliseconds.minute)
        drawPlaces()
        drawWork()
        drawFaults()
        drawn.events.sort { $0.schedule.at < $1.schedule.at }
        adaptExpectations()
        return drawn
    }

    private func rounded(_ time: UInt64, to step: UInt64) -> UInt64 { time - time % step }

    // MARK: Nodes, spaces, links

    private mutating func drawPlaces() {
        let count = Int(draw(.nodes) ?? 2)
        // Nodes of their own and no group, so that a shrinker can leave out any of them.
        names = (1...count).map { "node-\($0)" }
        drawn.groups = names.map { .init($0, of: nil) }
        var pairs: [(Int, Int)] = []
        func join(_ a: Int, _ b: Int) {
            let pair = (min(a, b), max(a, b))
            if !pairs.contains(where: { $0 == pair }) { pairs.append(pair) }
        }
        for number in 1...max(draw(.spaces) ?? 1, 1) {
            let members =
                number == 1 ? Array(0..<count) : names.indices.filter { _ in below(3) > 0 || count == 2 }
            let chosen = members.count < 2 ? [0, 1] : members
            let founder = pick(chosen)
            let isAll = chosen.count == count
            var memberships = [
                Scenario.Membership(.writer, isAll ? .all : .init(chosen.map { .name(names[$0]) }))
            ]
            let stewards = drawStewards(of: chosen)
            if !stewards.isEmpty {
                memberships.append(.init(.steward, .init(stewards.map { .name(names[$0]) })))
            }
            drawn.spaces.append(
                .init(
                    "space-\(number)", level: pick(Genesis.Level.allCases), founder: .name(names[founder]),
                    members: memberships))
            // Each member but the first hangs on one before it: a tree, and so a path between any two.
            for (place, member) in chosen.enumerated().dropFirst() { join(member, chosen[below(place)]) }
        }
        for a in 0..<count {
            for b in a + 1..<max(count, a + 1) where below(3) == 0 { join(a, b) }
        }
        for (a, b) in pairs.sorted(by: { $0 < $1 }) {
            drawn.links.append(.init(.named(names[a]), to: .named(names[b]), profile: drawProfile()))
        }
    }

    /// Those who admit beside the founder, in order; the founder may be among them.
    private mutating func drawStewards(of members: [Int]) -> [Int] {
        guard let count = draw(.stewards) else { return [] }
        return members.shuffled(using: &dice).prefix(Int(count)).sorted()
    }

    private mutating func drawProfile() -> LinkProfile {
        var profile = LinkProfile()
        profile.latency = draw(.latency) ?? profile.latency
        profile.spread = draw(.spread) ?? 0
        profile.lossPerMillion = Int(draw(.loss) ?? 0)
        profile.duplicatesPerMillion = Int(draw(.duplicates) ?? 0)
        profile.reorderedPerMillion = Int(draw(.reorders) ?? 0)
        profile.bandwidth = draw(.bandwidth).map { max($0, 1_000) }
        if let every = draw(.meetings), below(2) == 0 { profile.manner = .meet(every: max(every, 1)) }
        return profile
    }

    // MARK: Work

    private mutating func drawWork() {
        for name in names {
            var rates: [Scenario.WriteRate] = []
            var left = Int(draw(.writes) ?? 10)
            for kind in Scenario.WriteKind.allCases.shuffled(using: &dice) where left > 0 {
                let count = below(left + 1)
                if count > 0 { rates.append(.init(count, kind)) }
                left -= count
            }
            if rates.isEmpty { rates = [.init(1, .post)] }
            drawn.workloads.append(
                .init(
                    .named(name), rates: rates, conflictsPerMillion: Int(draw(.conflicts) ?? 0),
                    until: quietFrom))
        }
    }

    // MARK: Faults

    /// A stretch before the quiet time: when it begins and how long it lasts, at least a second.
    private mutating func stretch() -> (at: UInt64, length: UInt64) {
        let at = number(0...quietFrom - Milliseconds.minute)
        let most = quietFrom - at
        // Short ones are the more likely: half of the faults last less than a quarter of the longest.
        let part = number(0...1_000)
        return (at, max(most * part * part / 1_000_000, Milliseconds.second))
    }

    private mutating func once(_ dial: Scenario.Dial, _ action: (inout Self) -> Scenario.Action?) {
        for _ in 0..<(draw(dial) ?? 0) {
            let at = number(0...quietFrom - Milliseconds.minute)
            if let action = action(&self) { drawn.events.append(.init(.init(at: at), action)) }
        }
    }

    private mutating func lasting(_ dial: Scenario.Dial, _ action: (inout Self) -> Scenario.Action?) {
        for _ in 0..<(draw(dial) ?? 0) {
            let (at, length) = stretch()
            if let action = action(&self) {
                drawn.events.append(.init(.init(at: at, for: length), action))
            }
        }
    }

    private mutating func anybody() -> Scenario.Selection { .named(pick(names)) }

    private mutating func drawFaults() {
        lasting(.partitions) { drawing in
            let side = drawing.names.filter { _ in drawing.below(2) == 0 }
            guard !side.isEmpty, side.count < drawing.names.count else { return nil }
            let nodes = Scenario.Selection(side.map { .name($0) })
            return .partition(nodes, from: .others, drawing.below(3) == 0 ? .forth : .both)
        }
        lasting(.cuts) { drawing in
            let link = drawing.pick(drawing.drawn.links)
            return .cut(link.a, to: link.b, drawing.below(2) == 0 ? .forth : .both)
        }
        drawFlapping()
        lasting(.kills) { .kill($0.anybody()) }
        lasting(.powerCuts) { .powerCut($0.anybody()) }
        lasting(.freezes) { .freeze($0.anybody()) }
        lasting(.fullDisks) { .disk($0.anybody(), .full) }
        lasting(.diskErrors) { .disk($0.anybody(), .failing) }
        lasting(.tornWrites) { .disk($0.anybody(), .torn) }
        lasting(.wrongClocks) { drawing in
            let nodes = drawing.anybody()
            switch drawing.below(4) {
            case 0: return .clock(nodes, .year(1970))
            case 1: return .clock(nodes, .offset(80 * 365 * Int64(Milliseconds.day)))
            case 2: return .clock(nodes, .drift(drawing.below(2_001) - 1_000))
            default:
                return .clock(nodes, .offset(Int64(drawing.below(172_800)) * 1_000 - 86_400_000))
            }
        }
        once(.bitFlips) { drawing in
            let name = drawing.pick(drawing.names)
            drawing.excepted.append(name)
            return .bitRot(.named(name), bits: 1 + drawing.below(8))
        }
        drawRestores()
        drawArrivals()
        drawDepartures()
    }

    private mutating func drawFlapping() {
        for _ in 0..<(draw(.flapping) ?? 0) {
            let link = pick(drawn.links)
            let at = number(0...quietFrom - Milliseconds.minute)
            let every = number(2...60) * Milliseconds.minute
            let lasting = number(1...every / 2)
            // What begins before the quiet time must have ended when it begins.
            let until = quietFrom - min(lasting, quietFrom)
            if until <= at { continue }
            drawn.events.append(
                .init(.init(every: every, from: at, to: until, for: lasting), .cut(link.a, to: link.b, .both))
            )
        }
    }

    private mutating func drawRestores() {
        for _ in 0..<(draw(.restores) ?? 0) {
            let name = pick(names)
            let at = number(Milliseconds.second...quietFrom)
            let age = max(rounded(number(1...at), to: Milliseconds.second), Milliseconds.second)
            drawn.events.append(
                .init(
                    .init(at: at), .restore(.named(name), age: age, pick(Scenario.RestoreManner.allCases))))
            excepted.append(name)
        }
    }

    // MARK: Comings and goings

    private mutating func drawArrivals() {
        let founders = drawn.spaces.map(\.founder)
        var waiting = names.filter { !founders.contains(.name($0)) }
        let restored = excepted
        waiting.removeAll { restored.contains($0) }
        // A founder whose disk goes back to before the invitation knows nothing of the guest, and nobody else can tell it.
        waiting.removeAll { !inviters(of: $0).isDisjoint(with: restored) }
        // Until others have heard that it was admitted they do not let it in, so no line of theirs may hang on it alone.
        let links = drawn.links
        waiting.removeAll { name in
            links.count { $0.a == .named(name) || $0.b == .named(name) } > 1
        }
        for _ in 0..<(draw(.lateJoiners) ?? 0) where !waiting.isEmpty {
            let name = waiting.remove(at: below(waiting.count))
            awaited.formUnion(inviters(of: name))
            drawn.events.append(
                .init(
                    .init(at: number(0...quietFrom - Milliseconds.minute)), .join(.named(name), space: nil)))
        }
    }

    /// Who invites a node: the founders of the spaces to which it belongs.
    private func inviters(of name: String) -> Set<String> {
        var founders: Set<String> = []
        for space in drawn.spaces {
            let isMember = space.members.contains { membership in
                membership.nodes == .all || membership.nodes.terms.contains(.name(name))
            }
            if isMember, case .name(let founder)? = space.founder { founders.insert(founder) }
        }
        return founders
    }

    private mutating func drawDepartures() {
        for _ in 0..<(draw(.departures) ?? 0) {
            let name = pick(names)
            let isAwaited = drawn.events.contains { $0.action == .join(.named(name), space: nil) }
            // Whoever invites stays: faults may put off the invitation to any time.
            if isAwaited || awaited.contains(name) || excepted.contains(name) { continue }
            let before = drawn.events
            drawn.events.append(
                .init(.init(at: number(0...quietFrom - Milliseconds.minute)), .leave(.named(name))))
            // Who holds a space together must stay, or nobody could expect the others to become equal.
            var judged = drawn
            judged.expectations = [.equal(space: nil, nodes: nil, by: drawn.length)]
            if judged.misfits.isEmpty { excepted.append(name) } else { drawn.events = before }
        }
    }

    /// Brings times of the swarm's expectations within the length drawn, and excuses what a lost disk has lost.
    private mutating func adaptExpectations() {
        for index in drawn.expectations.indices {
            switch drawn.expectations[index] {
            case .equal(let space, let nodes, _):
                drawn.expectations[index] = .equal(space: space, nodes: nodes, by: drawn.length)
            case .writesPresent(let except):
                let lost = names.filter(excepted.contains)
                if except == nil, !lost.isEmpty {
                    drawn.expectations[index] = .writesPresent(except: .init(lost.map { .name($0) }))
                }
            case .traffic, .absent, .bytesPerChange, .everywhere, .faults: break
            }
        }
    }
}
