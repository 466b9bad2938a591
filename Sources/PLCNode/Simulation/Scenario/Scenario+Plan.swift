internal import PLCSync

extension Scenario {
    /// The scenario spelled out.
    ///
    /// - Complexity: O(nodes, pairs, members and events) that it spells out.
    package func plan() throws(ScenarioMisfits) -> ScenarioPlan {
        let misfits = misfits
        if !misfits.isEmpty { throw ScenarioMisfits(scenario: name, misfits: misfits) }
        if isSwarm {
            throw ScenarioMisfits(scenario: name, misfits: [Misfit(.header, ScenarioTexts.isSwarm)])
        }
        return ScenarioPlanner(self).plan()
    }

    /// The names of the clones, in the order of events.
    var clones: [String] {
        events.compactMap { if case .clone(_, let name) = $0.action { name } else { nil } }
    }
}

/// Spells a scenario out that has no misfits.
struct ScenarioPlanner {
    let scenario: Scenario
    let directory: ScenarioDirectory
    let spaces: [ScenarioPlan.Space]
    let links: [ScenarioPlan.Link]
    /// When nodes that join late first run.
    let arrivals: [Int: UInt64]

    init(_ scenario: Scenario) {
        self.scenario = scenario
        directory = ScenarioDirectory(scenario.groups, clones: scenario.clones)
        var arrivals: [Int: UInt64] = [:]
        var invitations: [String: [Int: UInt64]] = [:]
        for event in scenario.events {
            guard case .join(let nodes, let space) = event.action else { continue }
            for node in directory.chosen(nodes) {
                if let space {
                    invitations[space, default: [:]][node] = event.schedule.at
                } else {
                    arrivals[node] = event.schedule.at
                }
            }
        }
        self.arrivals = arrivals
        links = Self.links(of: scenario, directory)
        spaces = scenario.spaces.flatMap { [directory] in
            Self.expand($0, of: scenario, directory, arrivals, invitations)
        }
    }

    func plan() -> ScenarioPlan {
        ScenarioPlan(
            name: scenario.name, model: scenario.model, start: scenario.start, length: scenario.length,
            nodes: nodes, links: links, spaces: spaces, workloads: workloads, events: events,
            expectations: scenario.expectations.map(expectation))
    }

    /// The names of nodes.
    func names(_ numbers: [Int]) -> [String] { numbers.map { directory.names[$0] } }

    var nodes: [ScenarioPlan.Node] {
        (0..<directory.declared).map {
            ScenarioPlan.Node(
                name: directory.names[$0], group: directory.groupNames[$0], startsAt: arrivals[$0] ?? 0)
        }
    }

    // MARK: Links

    /// The links; of two lines about one pair the later counts, in the place of the first.
    private static func links(
        of scenario: Scenario, _ directory: ScenarioDirectory
    ) -> [ScenarioPlan.Link] {
        var places: [ScenarioPlan.Pair: Int] = [:]
        var links: [ScenarioPlan.Link] = []
        for link in scenario.links {
            for (a, b) in directory.pairs(link) {
                let (low, high) = (directory.names[min(a, b)], directory.names[max(a, b)])
                let made = ScenarioPlan.Link(
                    a: directory.names[a], b: directory.names[b], profile: link.profile)
                if let place = places.updateValue(links.count, forKey: .init(from: low, to: high)) {
                    places[.init(from: low, to: high)] = place
                    links[place] = made
                } else {
                    links.append(made)
                }
            }
        }
        return links
    }

    // MARK: Spaces

    private static func expand(
        _ space: Scenario.Space, of scenario: Scenario, _ directory: ScenarioDirectory,
        _ arrivals: [Int: UInt64], _ invitations: [String: [Int: UInt64]]
    ) -> [ScenarioPlan.Space] {
        guard let each = space.each else {
            return [
                made(space, named: space.name, one: nil, space.parent?.name, directory, arrivals, invitations)
            ]
        }
        let count = directory.group(each)?.count ?? 0
        return (0..<count).map { index in
            var parent = space.parent?.name
            if let wider = space.parent,
                let group = scenario.spaces.first(where: { $0.name == wider.name })?.each
            {
                let few = directory.group(group)?.count ?? 1
                let place = wider.share?.owner(of: index, of: count, among: few) ?? index
                parent = "\(wider.name)-\(place + 1)"
            }
            return made(
                space, named: "\(space.name)-\(index + 1)", one: .init(group: each, index: index), parent,
                directory, arrivals, invitations)
        }
    }

    private static func made(
        _ space: Scenario.Space, named name: String, one: ScenarioDirectory.One?, _ parent: String?,
        _ directory: ScenarioDirectory, _ arrivals: [Int: UInt64], _ invitations: [String: [Int: UInt64]]
    ) -> ScenarioPlan.Space {
        var roles: [Int: Role] = [:]
        var first: Int?
        for membership in space.members {
            for node in directory.written(membership.nodes, one: one) {
                roles[node] = max(roles[node] ?? membership.role, membership.role)
                first = first ?? node
            }
        }
        let named = space.founder.flatMap { try? directory.nodes($0, one: one) }?.first
        guard let founder = named ?? first else { preconditionFailure("\(name) has no member") }
        roles[founder] = .steward
        let late = invitations[name] ?? invitations[space.name] ?? [:]
        return ScenarioPlan.Space(
            name: name, level: space.level, parent: parent, founder: directory.names[founder],
            members: roles.sorted { $0.key < $1.key }.map { node, role in
                ScenarioPlan.Member(
                    node: directory.names[node], role: role, joinsAt: late[node] ?? arrivals[node] ?? 0)
            })
    }

    /// The spaces that a name means: one, or one for each node of a group; all for nil.
    func meant(by name: String?) -> [ScenarioPlan.Space] {
        guard let name else { return spaces }
        if let one = spaces.first(where: { $0.name == name }) { return [one] }
        guard scenario.spaces.contains(where: { $0.name == name && $0.each != nil }) else { return [] }
        // Of a family, what follows the last hyphen is the number.
        return spaces.filter {
            $0.name.hasPrefix(name + "-") && Int($0.name.dropFirst(name.count + 1)) != nil
        }
    }

    // MARK: Work

    /// The spaces named so in which a node may write, by node.
    func writable(_ name: String?) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for space in meant(by: name) {
            for member in space.members where member.role >= .writer {
                found[member.node, default: []].append(space.name)
            }
        }
        return found
    }

    private var workloads: [ScenarioPlan.Workload] {
        scenario.workloads.flatMap { work in
            let writable = writable(work.space)
            return names(directory.chosen(work.nodes)).compactMap { node in
                writable[node].map {
                    ScenarioPlan.Workload(
                        node: node, spaces: $0, rates: work.rates,
                        conflictsPerMillion: work.conflictsPerMillion, hours: work.hours,
                        weekdays: work.weekdays, until: work.until ?? scenario.length)
                }
            }
        }
    }

    // MARK: Expectations

    private func expectation(_ expectation: Scenario.Expectation) -> ScenarioPlan.Expectation {
        switch expectation {
        case .equal(let space, let nodes, let by):
            let among = nodes.map { Set(names(directory.chosen($0))) }
            let gone = Set(names(departed(by: by)))
            let spaces = meant(by: space).map { space in
                ScenarioPlan.SpaceNodes(
                    space: space.name,
                    nodes: space.members.map(\.node).filter {
                        !gone.contains($0) && among?.contains($0) ?? true
                    })
            }
            return .equal(spaces: spaces.filter { !$0.nodes.isEmpty }, by: by)
        case .writesPresent(let except):
            return .writesPresent(except: except.map { names(directory.chosen($0)) } ?? [])
        case .traffic(let a, let b, let bytes, let aDay):
            return .traffic(links: linked(a, b), bytes: bytes, aDay: aDay)
        case .absent(let space, let nodes):
            return .absent(
                spaces: meant(by: space).map(\.name), nodes: nodes.map { names(directory.chosen($0)) })
        case .bytesPerChange(let bytes): return .bytesPerChange(bytes)
        case .everywhere(let perMillion, let within, let space):
            return .everywhere(
                perMillion: perMillion, within: within, spaces: meant(by: space).map(\.name))
        case .faults(let kind, let count): return .faults(kind, atLeast: count)
        }
    }

    /// The nodes that have left for good at `time`.
    func departed(by time: UInt64) -> [Int] {
        scenario.events.flatMap { event in
            guard case .leave(let nodes) = event.action, event.schedule.at <= time else { return [Int]() }
            return directory.chosen(nodes)
        }
    }

    /// Whom each node has a link with, those that are gone aside.
    func neighbours(without gone: Set<String>) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for link in links where !gone.contains(link.a) && !gone.contains(link.b) {
            found[link.a, default: []].append(link.b)
            found[link.b, default: []].append(link.a)
        }
        return found
    }

    /// The links from a node of the one side to one of the other, in the direction of the words.
    func linked(_ a: Scenario.Selection, _ b: Scenario.Selection) -> [ScenarioPlan.Pair] {
        let (from, to) = directory.sides(a, b)
        let (sources, targets) = (Set(names(from)), Set(names(to)))
        return links.flatMap { link in
            [ScenarioPlan.Pair(from: link.a, to: link.b), ScenarioPlan.Pair(from: link.b, to: link.a)]
                .filter { sources.contains($0.from) && targets.contains($0.to) }
        }
    }
}
