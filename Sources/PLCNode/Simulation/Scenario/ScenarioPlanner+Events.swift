extension ScenarioPlanner {
    /// The events of the scenario at their times, what ends before what begins.
    var events: [ScenarioPlan.Event] {
        var found: [(isBeginning: Bool, event: ScenarioPlan.Event)] = []
        var number = 0
        for (origin, event) in scenario.events.enumerated() {
            for time in event.schedule.times {
                let steps = steps(event.action, at: time, number: &number)
                let end = event.schedule.duration.map { time + $0 }
                let need = event.action.waitsFor
                for (when, step) in steps.before + steps.begin.map({ (time, $0) }) {
                    found.append(
                        (true, .init(time: when, step: step, origin: origin, waitsFor: need)))
                }
                guard let end else { continue }
                for step in steps.end {
                    found.append((false, .init(time: end, step: step, origin: origin, waitsFor: need)))
                }
            }
        }
        let order = found.indices.sorted {
            let (a, b) = (found[$0], found[$1])
            if a.event.time != b.event.time { return a.event.time < b.event.time }
            return a.isBeginning == b.isBeginning ? $0 < $1 : b.isBeginning
        }
        return lived(order.map { found[$0].event }.filter { $0.time <= scenario.length })
    }

    /// The events without those of nodes that do not run yet, or have left for good.
    private func lived(_ events: [ScenarioPlan.Event]) -> [ScenarioPlan.Event] {
        var gone = Set<String>()
        let arrivals = Dictionary(
            nodes.filter { $0.startsAt > 0 }.map { ($0.name, $0.startsAt) }, uniquingKeysWith: { a, _ in a })
        return events.filter { event in
            guard let node = event.step.node else { return true }
            if gone.contains(node) || event.time < arrivals[node] ?? 0 { return false }
            if case .leave = event.step { gone.insert(node) }
            return true
        }
    }

    /// What an action does when it begins, what must have been done before, and what ends it.
    private struct Steps {
        var before: [(UInt64, ScenarioPlan.Step)] = []
        var begin: [ScenarioPlan.Step] = []
        var end: [ScenarioPlan.Step] = []
    }

    private func steps(_ action: Scenario.Action, at time: UInt64, number: inout Int) -> Steps {
        func each(
            _ nodes: Scenario.Selection, _ begin: (String) -> ScenarioPlan.Step,
            end: (String) -> ScenarioPlan.Step? = { _ in nil }
        ) -> Steps {
            let nodes = names(directory.chosen(nodes))
            return Steps(begin: nodes.map(begin), end: nodes.compactMap(end))
        }
        func cut(
            _ a: Scenario.Selection, _ b: Scenario.Selection, _ ways: Scenario.Ways, isPartition: Bool
        ) -> Steps {
            let (from, to) = directory.sides(a, b)
            defer { number += 1 }
            let cut = ScenarioPlan.Step.cut(
                id: number, from: names(from), to: names(to), bothWays: ways == .both,
                isPartition: isPartition)
            return Steps(begin: [cut], end: [.mend(id: number)])
        }

        switch action {
        case .partition(let a, let b, let ways): return cut(a, b, ways, isPartition: true)
        case .cut(let a, let b, let ways): return cut(a, b, ways, isPartition: false)
        case .heal: return Steps(begin: [.mendAll])
        case .kill(let nodes): return each(nodes, { .kill($0) }, end: { .start($0) })
        case .start(let nodes): return each(nodes, { .start($0) })
        case .powerCut(let nodes): return each(nodes, { .powerCut($0) }, end: { .start($0) })
        case .freeze(let nodes): return each(nodes, { .freeze($0) }, end: { .thaw($0) })
        case .restore(let nodes, let age, let manner):
            var steps = Steps()
            for node in names(directory.chosen(nodes)) {
                steps.before.append((time - age, .backUp(node, id: number)))
                steps.begin.append(.restore(node, id: number, manner))
                number += 1
            }
            return steps
        case .clone(let node, let name): return Steps(begin: [.clone(node, as: name)])
        case .clock(let nodes, let fault):
            let (offset, drift) = clock(fault, at: time)
            return each(
                nodes, { .clock($0, offset: offset, drift: drift) },
                end: { .clock($0, offset: 0, drift: 0) })
        case .disk(let nodes, let fault):
            return each(nodes, { .disk($0, fault) }, end: { .diskMended($0, fault) })
        case .diskFree(let nodes): return each(nodes, { .diskMended($0, .full) })
        case .bitRot(let nodes, let bits): return each(nodes, { .bitRot($0, bits: bits) })
        case .hostile(let nodes, let behaviours):
            return each(nodes, { .hostile($0, behaviours) }, end: { .honest($0) })
        case .equivocate(let nodes): return each(nodes, { .equivocate($0) })
        case .oldVersion(let nodes): return each(nodes, { .oldVersion($0) }, end: { .newVersion($0) })
        case .join(let nodes, let space):
            let meant = meant(by: space)
            return each(nodes) { node in
                .join(
                    node,
                    spaces: meant.filter { space in
                        space.members.contains { $0.node == node && $0.joinsAt == time }
                    }.map(\.name))
            }
        case .leave(let nodes): return each(nodes, { .leave($0) })
        case .write(let nodes, let count, let kind, let space):
            let writable = writable(space)
            return each(nodes) { .write($0, count, kind, spaces: writable[$0] ?? []) }
        }
    }

    /// How far a clock is ahead of the truth, and how much it gains.
    private func clock(_ fault: Scenario.ClockFault, at time: UInt64) -> (offset: Int64, drift: Int) {
        switch fault {
        case .year(let year):
            guard let there = CalendarDate(year: year, month: 1, day: 1) else { return (0, 0) }
            return (Int64(there.midnight) - Int64(scenario.start.midnight + time), 0)
        case .offset(let offset): return (offset, 0)
        case .drift(let drift): return (0, drift)
        case .right: return (0, 0)
        }
    }
}

extension ScenarioPlan.Step {
    /// The node to which it happens, if it is one.
    package var node: String? {
        switch self {
        case .cut, .mend, .mendAll: nil
        case .kill(let node), .start(let node), .powerCut(let node), .freeze(let node), .thaw(let node),
            .backUp(let node, _), .restore(let node, _, _), .clone(let node, _), .clock(let node, _, _),
            .disk(let node, _), .diskMended(let node, _), .bitRot(let node, _), .hostile(let node, _),
            .honest(let node), .equivocate(let node), .oldVersion(let node), .newVersion(let node),
            .join(let node, _), .leave(let node), .write(let node, _, _, _):
            node
        }
    }
}
