internal import PLCSync

extension ScenarioCheck {
    // MARK: Work

    mutating func checkWorkloads() {
        for (index, work) in scenario.workloads.enumerated() {
            let place = Misfit.Place.workload(index)
            let chosen = nodes(work.nodes, at: place)
            let isKnown = knows(space: work.space, at: place)
            if let until = work.until, until > scenario.length || until == 0 {
                let point = printed(point: until)
                report(
                    Misfit(
                        place, until == 0 ? ScenarioTexts.noDuration : ScenarioTexts.afterEnd, point,
                        words: point))
            }
            if work.rates.isEmpty { report(Misfit(place, ScenarioTexts.noRates)) }
            if let planner, isKnown {
                checkWriters(chosen, planner.writable(work.space), space: work.space, at: place)
            }
        }
    }

    private mutating func checkWriters(
        _ chosen: [Int], _ writable: [String: [String]], space: String?, at place: Misfit.Place
    ) {
        guard let mute = chosen.map({ directory.names[$0] }).first(where: { writable[$0] == nil }) else {
            return
        }
        if let space {
            report(Misfit(place, ScenarioTexts.noWriterIn, mute, space, words: space))
        } else {
            report(Misfit(place, ScenarioTexts.noWriter, mute))
        }
    }

    // MARK: Events

    mutating func checkEvents() {
        var names = Set(scenario.groups.map(\.name) + directory.names[..<directory.declared])
        for (index, event) in scenario.events.enumerated() {
            let place = Misfit.Place.event(index)
            check(event.schedule, of: event.action, at: place)
            switch event.action {
            case .partition(let a, let b, _), .cut(let a, let b, _):
                check(side: a, against: b, at: place)
            case .heal: break
            case .kill(let nodes), .start(let nodes), .powerCut(let nodes), .freeze(let nodes),
                .disk(let nodes, _), .diskFree(let nodes), .bitRot(let nodes, _), .hostile(let nodes, _),
                .equivocate(let nodes), .oldVersion(let nodes), .leave(let nodes), .clock(let nodes, _):
                _ = self.nodes(nodes, at: place)
            case .restore(let nodes, let age, _):
                let chosen = self.nodes(nodes, at: place)
                let first = chosen.map { planner?.arrivals[$0] ?? 0 }.max() ?? 0
                if age + first > event.schedule.at {
                    report(Misfit(place, ScenarioTexts.noBackup, words: "from"))
                }
            case .clone(let node, let name):
                if nodes(.named(node), at: place).count > 1 {
                    report(Misfit(place, ScenarioTexts.notOneNode, node, words: node))
                }
                if !names.insert(name).inserted {
                    report(Misfit(place, ScenarioTexts.givenTwice, name, words: name))
                }
            case .join(let nodes, let space):
                let chosen = self.nodes(nodes, at: place)
                if knows(space: space, at: place), let planner {
                    checkJoiners(chosen, planner.meant(by: space), space: space, at: place)
                }
            case .write(let nodes, _, _, let space):
                let chosen = self.nodes(nodes, at: place)
                if knows(space: space, at: place), let planner {
                    checkWriters(chosen, planner.writable(space), space: space, at: place)
                }
            }
        }
    }

    private mutating func check(
        side a: Scenario.Selection, against b: Scenario.Selection, at place: Misfit.Place
    ) {
        let before = found.count
        let first = nodes(a, opposite: a.terms.contains(.others) ? directory.chosen(b) : [], at: place)
        let second = nodes(b, opposite: first, at: place)
        if found.count == before, let both = first.first(where: Set(second).contains) {
            report(Misfit(place, ScenarioTexts.bothSides, directory.names[both], words: b.printed))
        }
    }

    private mutating func check(
        _ schedule: Scenario.Schedule, of action: Scenario.Action, at place: Misfit.Place
    ) {
        for time in [schedule.at, schedule.until, schedule.duration.map { schedule.at + $0 }] {
            guard let time, time > scenario.length else { continue }
            let point = printed(point: time)
            report(Misfit(place, ScenarioTexts.afterEnd, point, words: point))
            break
        }
        if schedule.duration == 0 || schedule.every == 0 { report(Misfit(place, ScenarioTexts.noDuration)) }
        if let until = schedule.until, until <= schedule.at {
            report(Misfit(place, ScenarioTexts.endsBefore, words: printed(point: until)))
        }
        if let every = schedule.every, let until = schedule.until, every > 0, until > schedule.at,
            (until - schedule.at) / every > Scenario.spelledMax
        {
            let often = printed(duration: every)
            report(Misfit(place, ScenarioTexts.tooMuch, "\(Scenario.spelledMax)", words: often))
        }
        if schedule.duration != nil, !action.canLast {
            report(Misfit(place, ScenarioTexts.cannotLast, action.words, words: action.words))
        }
        if schedule.every != nil, !action.canRepeat {
            report(Misfit(place, ScenarioTexts.cannotRepeat, action.words, words: action.words))
        }
        if let duration = schedule.duration, let every = schedule.every, duration >= every {
            report(Misfit(place, ScenarioTexts.overlaps, words: "for"))
        }
    }

    private mutating func checkJoiners(
        _ chosen: [Int], _ spaces: [ScenarioPlan.Space], space: String?, at place: Misfit.Place
    ) {
        for name in chosen.map({ directory.names[$0] }) {
            if let founded = spaces.first(where: { $0.founder == name }) {
                report(Misfit(place, ScenarioTexts.lateFounder, name, founded.name, words: name))
                return
            }
            if !spaces.contains(where: { $0.members.contains { $0.node == name } }) {
                report(Misfit(place, ScenarioTexts.noMember, name, space ?? "", words: name))
                return
            }
        }
    }

    // MARK: Expectations

    mutating func checkExpectations() {
        for (index, expectation) in scenario.expectations.enumerated() {
            let place = Misfit.Place.expectation(index)
            switch expectation {
            case .equal(let space, let among, let by):
                if by > scenario.length {
                    let point = printed(point: by)
                    report(Misfit(place, ScenarioTexts.afterEnd, point, words: point))
                }
                let chosen = among.map { nodes($0, at: place) }
                if knows(space: space, at: place), let planner {
                    checkEqual(planner, space: space, among: chosen, by: by, at: place)
                }
            case .writesPresent(let except):
                if let except { _ = nodes(except, at: place) }
            case .traffic(let a, let b, _, _):
                let before = found.count
                let first = nodes(a, at: place)
                _ = nodes(b, opposite: first, at: place)
                if found.count == before, let planner, planner.linked(a, b).isEmpty {
                    report(Misfit(place, ScenarioTexts.notLinked, a.printed, b.printed, words: b.printed))
                }
            case .absent(let space, let nodes):
                let chosen = nodes.map { self.nodes($0, at: place) }
                if knows(space: space, at: place), let planner, let chosen {
                    checkAbsent(planner.meant(by: space), chosen, at: place)
                }
            case .everywhere(_, _, let space): _ = knows(space: space, at: place)
            case .bytesPerChange, .faults: break
            }
        }
    }

    private mutating func checkAbsent(
        _ spaces: [ScenarioPlan.Space], _ chosen: [Int], at place: Misfit.Place
    ) {
        let names = Set(chosen.map { directory.names[$0] })
        for space in spaces {
            if let member = space.members.first(where: { names.contains($0.node) }) {
                report(Misfit(place, ScenarioTexts.absentMember, member.node, space.name, words: space.name))
                return
            }
        }
    }

    /// Reports what nobody could make equal: a space without the nodes, or members that no path of members joins.
    private mutating func checkEqual(
        _ planner: ScenarioPlanner, space: String?, among: [Int]?, by: UInt64, at place: Misfit.Place
    ) {
        let gone = Set(planner.names(planner.departed(by: by)))
        let wanted = among.map { Set(planner.names($0)) }
        let paths = planner.neighbours(without: gone)
        var isAnybody = false
        for space in planner.meant(by: space) {
            let live = space.members.map(\.node).filter { !gone.contains($0) }
            let asked = live.filter { wanted?.contains($0) ?? true }
            if !asked.isEmpty { isAnybody = true }
            if let stranger = unreached(asked, through: Set(live), paths) {
                report(Misfit(place, ScenarioTexts.noPath, asked[0], stranger, space.name))
                return
            }
        }
        if !isAnybody { report(Misfit(place, ScenarioTexts.nobodyEqual)) }
    }

    /// The first of `nodes` that no path through `members` joins with the first of all.
    private func unreached(
        _ nodes: [String], through members: Set<String>, _ paths: [String: [String]]
    ) -> String? {
        guard let first = nodes.first else { return nil }
        var reached: Set<String> = [first]
        var waiting = [first]
        while let node = waiting.popLast() {
            for next in paths[node] ?? [] where members.contains(next) && reached.insert(next).inserted {
                waiting.append(next)
            }
        }
        return nodes.first { !reached.contains($0) }
    }
}
