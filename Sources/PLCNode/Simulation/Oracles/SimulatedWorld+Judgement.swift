internal import PLCOracle
import PLCSync

/// What the scenario expects, and what came of it.
extension SimulatedWorld {
    /// Judges all that is judged at the end.
    func judge() {
        checkAtRest()
        for (index, expectation) in plan.expectations.enumerated() {
            if case .equal(_, let by) = expectation, by < plan.length { continue }
            judge(index)
        }
    }

    /// Judges one expectation now.
    func judge(_ index: Int) {
        let (isMet, finding) = finding(plan.expectations[index])
        record.judgements.append(
            SimulationRecord.Judgement(expectation: index, isMet: isMet, finding: finding))
        trace.note(time, -1, "judged", UInt64(index), isMet ? 1 : 0)
    }

    private func finding(_ expectation: ScenarioPlan.Expectation) -> (Bool, String) {
        switch expectation {
        case .equal(let spaces, _): return equality(spaces)
        case .writesPresent(let except): return presence(Set(except.map(index)))
        case .traffic(let pairs, let limit, let aDay):
            let worst = pairs.map { traffic($0, aDay: aDay) }.max() ?? 0
            return (UInt64(worst) <= limit, "\(worst) bytes of \(limit)")
        case .absent(let names, let places): return absence(names, places?.map(index))
        case .bytesPerChange(let limit):
            let bytes = record.changesReceived > 0 ? record.bytes / record.changesReceived : 0
            return (UInt64(bytes) <= limit, "\(bytes) bytes of \(limit) for each change delivered")
        case .everywhere(let share, let limit, let names): return spread(share, limit, names)
        case .faults(let kind, let least): return (tally[kind] >= least, "\(tally[kind]) of \(least)")
        }
    }

    private func traffic(_ pair: ScenarioPlan.Pair, aDay: Bool) -> Int {
        links.filter { !$0.isIdeal }.reduce(0) { most, link in
            let direction =
                nodes[link.a].name.utf8.elementsEqual(pair.from.utf8)
                    && nodes[link.b].name.utf8.elementsEqual(pair.to.utf8)
                ? 0
                : nodes[link.b].name.utf8.elementsEqual(pair.from.utf8)
                    && nodes[link.a].name.utf8.elementsEqual(pair.to.utf8) ? 1 : nil
            guard let direction else { return most }
            return max(most, aDay ? link.bytesOnWorstDay[direction] : link.bytes[direction])
        }
    }

    private func equality(_ expected: [ScenarioPlan.SpaceNodes]) -> (Bool, String) {
        var different: [String] = []
        for (name, names) in expected.map({ ($0.space, $0.nodes) }) {
            guard let space = spaces.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { continue }
            let members = names.map(index).filter { !nodes[$0].hasLeft }
            let all = (truth.spaces[space.id]?.logs ?? []).filter { $0.channel != .control }
            for node in members {
                // A member that does not run holds what its disk holds; it is not equal before it is back.
                let lacks = all.filter { id in
                    members.contains { nodes[$0].counts[id] ?? 0 > nodes[node].counts[id] ?? 0 }
                }
                if !lacks.isEmpty || !nodes[node].isRunning {
                    different.append("\(nodes[node].name) lacks \(lacks.count) logs' news of \(name)")
                }
            }
            let digests = Set(
                members.compactMap { node in
                    nodes[node].store?.spaces.values.first { $0.id == space.id }?.digest.value
                })
            if digests.count > 1, different.isEmpty {
                different.append("\(name) has \(digests.count) states")
            }
        }
        return different.isEmpty
            ? (true, "all equal")
            : (false, different.prefix(5).joined(separator: "; ") + (different.count > 5 ? "; …" : ""))
    }

    private func presence(_ except: Set<Int>) -> (Bool, String) {
        var missing: [String] = []
        var count = 0
        for id in truth.logs.keys.sorted() {
            guard let log = truth.logs[id], !except.contains(log.author) else { continue }
            count += Int(log.acknowledged)
            for node in truth.spaces[log.descriptor.space]?.members.sorted() ?? []
            where !nodes[node].hasLeft && nodes[node].counts[id] ?? 0 < log.acknowledged {
                missing.append(
                    "\(nodes[node].name) holds \(nodes[node].counts[id] ?? 0) of \(log.acknowledged) changes of \(nodes[log.author].name)"
                )
            }
        }
        return missing.isEmpty
            ? (true, "\(count) writes, each at every member")
            : (false, missing.prefix(5).joined(separator: "; ") + (missing.count > 5 ? "; …" : ""))
    }

    /// Neither the mark of a space's texts nor any log of it is on the disks of `wanted`, or of all who never belonged.
    private func absence(_ names: [String], _ wanted: [Int]?) -> (Bool, String) {
        var looked = 0
        for space in spaces where names.contains(where: { $0.utf8.elementsEqual(space.name.utf8) }) {
            let mark = Array(Truth.mark(of: space.name).utf8)
            for node in wanted ?? nodes.indices.filter({ space.members[$0] == nil }) {
                looked += 1
                // What is compressed shows no mark, so the logs are looked at too.
                if nodes[node].disk.contains(mark) {
                    return (false, "\(nodes[node].name) has a text of \(space.name) on its disk")
                }
                let logs = nodes[node].store?.logs.values.filter { $0.descriptor.space == space.id } ?? []
                if !logs.isEmpty {
                    return (false, "\(nodes[node].name) has \(logs.count) logs of \(space.name)")
                }
            }
        }
        return (true, "nothing in \(looked) places")
    }

    private func spread(_ share: Int, _ limit: UInt64, _ names: [String]) -> (Bool, String) {
        let wanted = spaces.filter { space in names.contains { $0.utf8.elementsEqual(space.name.utf8) } }
        let delays = wanted.flatMap { record.delays[$0.id.short] ?? [] }.sorted()
        let written = wanted.reduce(0) { sum, space in
            sum
                + (truth.spaces[space.id]?.logs ?? []).filter { $0.channel != .control }
                .reduce(0) { $0 + (truth.logs[$1]?.leaves.count ?? 0) }
        }
        let within = delays.count { $0 <= limit }
        let isMet = within * 1_000_000 >= written * share
        return (isMet, "\(within) of \(written) writes were everywhere within \(limit) ms")
    }

    // MARK: For reports

    /// Notes how things stand, and when to look again.
    func sample() {
        var behind: [Int] = []
        for node in nodes {
            var lacks = 0
            for space in spaces where truth.isMember(node.index, space.id) {
                for id in truth.spaces[space.id]?.logs ?? [] where id.channel != .control {
                    lacks += (truth.logs[id]?.leaves.count ?? 0) - Int(node.counts[id] ?? 0)
                }
            }
            behind.append(lacks)
        }
        let passable = links.filter { !$0.isIdeal }.map {
            $0.isOpen && !isBlocked($0.a, $0.b) && !isBlocked($0.b, $0.a) && nodes[$0.a].isRunning
                && nodes[$0.b].isRunning
        }
        record.samples.append(
            SimulationRecord.Sample(
                time: scenarioTime, behind: behind, isRunning: nodes.map(\.isRunning), isPassable: passable))
        schedule(.sample, after: max(1_000, plan.length / 240))
    }

    /// Fills in what is known only at the end.
    func finish() {
        record.linkBytes = links.filter { !$0.isIdeal }.map { ($0.bytes[0], $0.bytes[1]) }
        record.faults = tally
        for space in spaces {
            record.spaceNames[space.id.short] = space.name
            record.undelivered[space.id.short] = (truth.spaces[space.id]?.logs ?? []).filter {
                $0.channel != .control
            }
            .reduce(0) { sum, id in
                sum + (truth.logs[id].map { $0.leaves.count - Int($0.everywhere) } ?? 0)
            }
        }
        record.conflicts.close { dot in nodes.contains { (try? $0.view?.record(dot)) != nil } }
        record.trace = trace.trail.value
        record.steps = trace.steps
        record.transcript = trace.tail
    }
}
