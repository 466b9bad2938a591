extension Scenario {
    /// All that makes no sense, in the order of the lines' manners.
    ///
    /// - Complexity: that of the plan.
    package var misfits: [Misfit] {
        var check = ScenarioCheck(self)
        check.run()
        return check.found
    }
}

/// One look through a scenario for what makes no sense.
struct ScenarioCheck {
    let scenario: Scenario
    let directory: ScenarioDirectory
    private(set) var found: [Misfit] = []
    /// What looks members up, once names are known to be right; none for a swarm.
    private(set) var planner: ScenarioPlanner?

    init(_ scenario: Scenario) {
        self.scenario = scenario
        directory = ScenarioDirectory(scenario.groups, clones: scenario.clones)
    }

    mutating func report(_ misfit: Misfit) { found.append(misfit) }

    mutating func run() {
        if scenario.length == 0 { report(Misfit(.length, ScenarioTexts.noLength)) }
        checkGroups()
        if !found.isEmpty { return }
        checkLinks()
        checkSpaces()
        checkDraws()
        // With wrong names it would complain of the same mistakes again.
        if found.isEmpty, !scenario.isSwarm { planner = ScenarioPlanner(scenario) }
        checkWorkloads()
        checkEvents()
        checkExpectations()
    }

    // MARK: Names

    /// The nodes of a selection; reports what it names in vain, and if it names nobody.
    mutating func nodes(
        _ selection: Scenario.Selection, opposite: [Int] = [], one: ScenarioDirectory.One? = nil,
        at place: Misfit.Place
    ) -> [Int] {
        var isKnown = true
        for term in selection.terms + selection.except {
            do throws(ScenarioDirectory.Miss) {
                _ = try directory.nodes(term, one: one)
            } catch {
                isKnown = false
                report(misfit(error, term, at: place))
            }
        }
        let chosen = directory.chosen(selection, opposite: opposite, one: one)
        if isKnown, chosen.isEmpty {
            report(Misfit(place, ScenarioTexts.nobody, selection.printed, words: selection.printed))
        }
        return chosen
    }

    private func misfit(
        _ miss: ScenarioDirectory.Miss, _ term: Scenario.Selection.Term, at place: Misfit.Place
    ) -> Misfit {
        let words = term.printed
        switch miss {
        case .noNode:
            return Misfit(
                place, ScenarioTexts.noNode, words, words: words,
                nearest: nearest(words, among: directory.words))
        case .noGroup:
            let group = term.group ?? words
            return Misfit(
                place, ScenarioTexts.noGroup, group, words: words,
                nearest: nearest(group, among: scenario.groups.map(\.name)))
        case .outside(let count):
            return Misfit(
                place, ScenarioTexts.outsideGroup, words, term.group ?? words, "\(count)", words: words)
        case .backwards: return Misfit(place, ScenarioTexts.backwards, words, words: words)
        case .shareWithoutEach: return Misfit(place, ScenarioTexts.shareWithoutEach, words, words: words)
        }
    }

    /// Whether there is a space of that name; reports it if not.
    mutating func knows(space name: String?, at place: Misfit.Place) -> Bool {
        guard let name else { return true }
        if scenario.spaces.contains(where: { $0.name == name })
            || isOneOfMany(name, among: scenario.spaces[...])
        {
            return true
        }
        // The spaces of a swarm are drawn; their names are not known yet.
        if scenario.draws.contains(where: { $0.dial == .spaces }) { return true }
        report(
            Misfit(
                place, ScenarioTexts.noSpace, name, words: name,
                nearest: nearest(name, among: scenario.spaces.map(\.name))))
        return false
    }

    /// Whether it is one of the spaces that a line founds for each node of a group.
    private func isOneOfMany(_ name: String, among spaces: ArraySlice<Scenario.Space>) -> Bool {
        spaces.contains { family in
            guard let count = family.each.flatMap({ directory.group($0)?.count }),
                name.hasPrefix(family.name + "-"), let number = Int(name.dropFirst(family.name.count + 1))
            else { return false }
            return number >= 1 && number <= count
        }
    }

    // MARK: Groups, links, spaces

    private mutating func checkGroups() {
        if scenario.groups.isEmpty, !scenario.draws.contains(where: { $0.dial == .nodes }) {
            report(Misfit(.header, ScenarioTexts.noNodes))
        }
        var seen = Set<String>()
        for (index, group) in scenario.groups.enumerated() {
            let place = Misfit.Place.group(index)
            if group.size < 1 {
                report(Misfit(place, ScenarioTexts.emptyGroup, group.name, words: "\(group.size)"))
            } else if group.size > Scenario.nodesMax {
                report(
                    Misfit(
                        place, ScenarioTexts.largeGroup, group.name, "\(Scenario.nodesMax)",
                        words: "\(group.size)"))
            }
            let isNew = seen.insert(group.name).inserted
            let size = group.size <= Scenario.nodesMax ? max(group.size, 0) : 0
            let names = group.count == nil ? [] : (0..<size).map { group.node($0 + 1) }
            let clash = names.filter { !seen.insert($0).inserted }
            if let word = isNew ? clash.first : group.name {
                report(Misfit(place, ScenarioTexts.givenTwice, word, words: group.name))
            }
        }
    }

    private mutating func checkLinks() {
        for (index, link) in scenario.links.enumerated() {
            let place = Misfit.Place.link(index)
            let before = found.count
            let a = nodes(link.a, at: place)
            let b = nodes(link.b, opposite: a, at: place)
            let partners =
                switch link.pattern {
                case .each: b.count
                case .some(let count): min(count, b.count)
                case .assigned, .ring, .chain: 1
                }
            if a.count * partners > Scenario.spelledMax {
                report(Misfit(place, ScenarioTexts.tooMuch, "\(Scenario.spelledMax)", words: link.b.printed))
            } else if found.count == before, directory.pairs(link).isEmpty {
                report(Misfit(place, ScenarioTexts.linkToItself, link.a.printed, words: link.b.printed))
            }
            if let flapping = link.profile.timetable.flapping, flapping.up == 0 || flapping.down == 0 {
                report(Misfit(place, ScenarioTexts.noDuration, words: "up"))
            }
            if link.profile.manner == .meet(every: 0) {
                report(Misfit(place, ScenarioTexts.noDuration, words: "meet"))
            }
            for closure in link.profile.timetable.closures where closure.upperBound > scenario.length {
                let end = printed(point: closure.upperBound)
                report(Misfit(place, ScenarioTexts.afterEnd, end, words: end))
            }
        }
    }

    private mutating func checkSpaces() {
        if scenario.spaces.isEmpty, !scenario.draws.contains(where: { $0.dial == .spaces }) {
            report(Misfit(.header, ScenarioTexts.noSpaces))
        }
        var seen = Set<String>()
        for (index, space) in scenario.spaces.enumerated() {
            let place = Misfit.Place.space(index)
            var one: ScenarioDirectory.One?
            if let each = space.each {
                guard directory.group(each) != nil else {
                    report(
                        Misfit(
                            place, ScenarioTexts.noGroup, each, words: each,
                            nearest: nearest(each, among: scenario.groups.map(\.name))))
                    continue
                }
                one = .init(group: each, index: 0)
            }
            checkParent(of: space, among: scenario.spaces[..<index], at: place)
            if !seen.insert(space.name).inserted {
                report(Misfit(place, ScenarioTexts.givenTwice, space.name, words: space.name))
            }
            if space.members.isEmpty {
                report(Misfit(place, ScenarioTexts.noMembers, space.name, words: space.name))
            }
            var memberships = 0
            for membership in space.members {
                memberships += nodes(membership.nodes, one: one, at: place).count
            }
            let count = space.each.flatMap { directory.group($0)?.count } ?? 1
            if memberships * count > Scenario.spelledMax {
                report(Misfit(place, ScenarioTexts.tooMuch, "\(Scenario.spelledMax)", words: space.name))
            }
            if let founder = space.founder {
                let chosen = nodes(.init([founder]), one: one, at: place)
                if chosen.count > 1 {
                    report(
                        Misfit(place, ScenarioTexts.notOneNode, founder.printed, words: founder.printed))
                }
            }
        }
    }

    private mutating func checkParent(
        of space: Scenario.Space, among earlier: ArraySlice<Scenario.Space>, at place: Misfit.Place
    ) {
        guard let parent = space.parent else { return }
        if parent.share == nil, isOneOfMany(parent.name, among: earlier) { return }
        guard let wider = earlier.first(where: { $0.name == parent.name }) else {
            report(
                Misfit(
                    place, ScenarioTexts.noParent, parent.name, words: parent.name,
                    nearest: nearest(parent.name, among: earlier.map(\.name))))
            return
        }
        // Which of many parents it is must follow from the line.
        let few = wider.each.flatMap { directory.group($0)?.count }
        let many = space.each.flatMap { directory.group($0)?.count }
        if let few, parent.share == nil ? few != many : many == nil {
            report(Misfit(place, ScenarioTexts.whichParent, parent.name, words: parent.name))
        }
        if few == nil, parent.share != nil {
            report(Misfit(place, ScenarioTexts.shareWithoutEach, parent.name, words: parent.name))
        }
    }

    private mutating func checkDraws() {
        var seen = Set<Scenario.Dial>()
        for (index, draw) in scenario.draws.enumerated() {
            if !seen.insert(draw.dial).inserted {
                report(
                    Misfit(
                        .draw(index), ScenarioTexts.givenTwice, draw.dial.rawValue, words: draw.dial.rawValue)
                )
            }
            if draw.dial == .nodes, !(2...64).contains(draw.range.lowerBound) || draw.range.upperBound > 64 {
                report(Misfit(.draw(index), ScenarioTexts.swarmNodes, words: draw.dial.rawValue))
            }
            if draw.dial == .spaces, draw.range.lowerBound < 1 || draw.range.upperBound > 16 {
                report(Misfit(.draw(index), ScenarioTexts.swarmSpaces, words: draw.dial.rawValue))
            }
        }
        if !scenario.draws.isEmpty {
            for dial in [Scenario.Dial.nodes, .spaces] where !seen.contains(dial) {
                report(Misfit(.header, ScenarioTexts.swarmNeeds, dial.rawValue))
            }
            if !scenario.groups.isEmpty { report(Misfit(.group(0), ScenarioTexts.swarmOwnNodes)) }
        }
    }
}
