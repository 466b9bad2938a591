extension Scenario {
    /// Smaller scenarios that make sense, those that leave the most out first.
    ///
    /// Each is smaller in a way that cannot be undone by shrinking further, so that whoever follows them comes to an end.
    ///
    /// - Complexity: O(entries) scenarios, each judged once.
    package var shrinks: [Scenario] {
        var found: [Scenario] = []
        func offer(_ smaller: Scenario?) {
            if let smaller, smaller != self, smaller.misfits.isEmpty, !found.contains(smaller) {
                found.append(smaller)
            }
        }
        for part in Self.cuts(events.count) { offer(without(part, of: \.events)) }
        for smaller in withFewerNodes { offer(smaller) }
        for part in Self.cuts(workloads.count) { offer(without(part, of: \.workloads)) }
        for part in Self.cuts(spaces.count) { offer(withoutSpaces(part)) }
        for part in Self.cuts(links.count) { offer(without(part, of: \.links)) }
        for part in [length / 2, length * 3 / 4, length * 7 / 8] { offer(shortened(to: part)) }
        for smaller in withLessWork { offer(smaller) }
        for smaller in withPlainerLinks { offer(smaller) }
        for smaller in withPlainerTimes { offer(smaller) }
        for part in Self.cuts(expectations.count) { offer(without(part, of: \.expectations)) }
        if title != nil {
            var smaller = self
            smaller.title = nil
            offer(smaller)
        }
        return found
    }

    /// The smallest scenario that shrinking leads to while `fails` stays true, after at most `tries` runs.
    package func shrunk(
        tries: Int = 1_000, while fails: (Scenario) throws -> Bool
    ) rethrows -> Scenario {
        var best = self
        var left = tries
        search: while left > 0 {
            for smaller in best.shrinks {
                if left == 0 { break search }
                left -= 1
                if try fails(smaller) {
                    best = smaller
                    continue search
                }
            }
            break
        }
        return best
    }

    /// All, each half, each quarter and so on down to single entries.
    private static func cuts(_ count: Int) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var size = count
        while size > 0 {
            for start in stride(from: 0, to: count, by: size) {
                found.append(start..<min(start + size, count))
            }
            size = size == 1 ? 0 : (size + 1) / 2
        }
        return found
    }

    private func without<Entry>(
        _ part: Range<Int>, of path: WritableKeyPath<Scenario, [Entry]>
    ) -> Scenario {
        var smaller = self
        smaller[keyPath: path].removeSubrange(part)
        return smaller
    }

    // MARK: Nodes

    /// Each group halved, less one, or gone, and with it whatever spoke only of the nodes that are gone.
    private var withFewerNodes: [Scenario] {
        groups.indices.flatMap { index -> [Scenario] in
            let size = groups[index].size
            return [0, size / 2, size - 1].filter { $0 < size }.map { keeping($0, ofGroup: index) }
        }
    }

    /// Without the nodes of a group after the first `size`.
    func keeping(_ size: Int, ofGroup index: Int) -> Scenario {
        let group = groups[index]
        var smaller = self
        if size == 0 { smaller.groups.remove(at: index) } else { smaller.groups[index].count = size }
        let gone = Set((size..<group.size).map { group.node($0 + 1) } + (size == 0 ? [group.name] : []))
        func kept(_ term: Selection.Term) -> Selection.Term? {
            switch term {
            case .all, .others: return term
            case .name(let name): return gone.contains(name) ? nil : term
            case .share(let name, _): return size == 0 && name == group.name ? nil : term
            case .range(let name, let from, let to):
                if name != group.name || to <= size { return term }
                return from <= size ? .range(name, from, size) : nil
            }
        }
        func kept(_ selection: Selection) -> Selection? {
            let terms = selection.terms.compactMap(kept)
            return terms.isEmpty ? nil : Selection(terms, except: selection.except.compactMap(kept))
        }
        smaller.links = links.compactMap { link in
            guard let a = kept(link.a), let b = kept(link.b) else { return nil }
            return Link(a, to: b, link.pattern, profile: link.profile)
        }
        smaller.spaces = spaces.compactMap { space in
            var space = space
            if size == 0, space.each == group.name { return nil }
            space.members = space.members.compactMap { membership in
                kept(membership.nodes).map { Membership(membership.role, $0) }
            }
            space.founder = space.founder.flatMap(kept)
            return space.members.isEmpty ? nil : space
        }
        smaller.workloads = workloads.compactMap { work in
            var work = work
            guard let nodes = kept(work.nodes) else { return nil }
            work.nodes = nodes
            return work
        }
        smaller.events = events.compactMap { event in
            event.action.keeping(kept).map { Event(event.schedule, $0) }
        }
        smaller.expectations = expectations.compactMap { $0.keeping(kept) }
        return smaller.withoutDangling(spacesOf: self)
    }

    // MARK: Spaces

    private func withoutSpaces(_ part: Range<Int>) -> Scenario {
        without(part, of: \.spaces).withoutDangling(spacesOf: self)
    }

    /// Without what names a space of `before` that is gone.
    private func withoutDangling(spacesOf before: Scenario) -> Scenario {
        let names = Set(spaces.map(\.name))
        let gone = before.spaces.filter { !names.contains($0.name) }
        func isGone(_ name: String?) -> Bool {
            guard let name else { return false }
            return gone.contains { $0.name == name || $0.each != nil && name.hasPrefix($0.name + "-") }
        }
        var smaller = self
        smaller.spaces = spaces.map { space in
            var space = space
            if isGone(space.parent?.name) { space.parent = nil }
            return space
        }
        smaller.workloads = workloads.filter { !isGone($0.space) }
        smaller.events = events.filter { !isGone($0.action.space) }
        smaller.expectations = expectations.filter { !isGone($0.space) }
        return smaller
    }

    // MARK: Time

    /// What happens before `end` and ends by then; what is expected later is expected at the end.
    func shortened(to end: UInt64) -> Scenario? {
        let end = end - end % (end > Milliseconds.hour ? Milliseconds.minute : 1)
        guard end > 0, end < length else { return nil }
        var smaller = self
        smaller.length = end
        smaller.events = events.compactMap { event in
            guard event.schedule.at < end else { return nil }
            var event = event
            if let duration = event.schedule.duration {
                event.schedule.duration = min(duration, end - event.schedule.at)
            }
            event.schedule.until = event.schedule.until.map { min($0, end) }
            return event
        }
        for index in workloads.indices {
            smaller.workloads[index].until = workloads[index].until.map { min($0, end) }
        }
        for index in links.indices {
            smaller.links[index].profile.timetable.closures =
                links[index].profile.timetable.closures.compactMap {
                    $0.lowerBound < end ? $0.lowerBound..<min($0.upperBound, end) : nil
                }
        }
        smaller.expectations = expectations.map { expectation in
            guard case .equal(let space, let nodes, let by) = expectation else { return expectation }
            return .equal(space: space, nodes: nodes, by: min(by, end))
        }
        return smaller
    }

    /// What repeats happens once; times lose their milliseconds, seconds, minutes and hours.
    private var withPlainerTimes: [Scenario] {
        events.indices.flatMap { index -> [Scenario] in
            var found: [Scenario] = []
            let schedule = events[index].schedule
            func offer(_ plainer: Schedule) {
                var smaller = self
                smaller.events[index].schedule = plainer
                found.append(smaller)
            }
            if schedule.every != nil { offer(Schedule(at: schedule.at, for: schedule.duration)) }
            let units = [
                Milliseconds.day, Milliseconds.hour, Milliseconds.minute, Milliseconds.second,
            ]
            for unit in units where schedule.at % unit != 0 {
                var plainer = schedule
                plainer.at -= schedule.at % unit
                offer(plainer)
            }
            for unit in units {
                if let duration = schedule.duration, duration > unit, duration % unit != 0 {
                    var plainer = schedule
                    plainer.duration = duration - duration % unit
                    offer(plainer)
                }
            }
            return found
        }
    }

    // MARK: Work and links

    private var withLessWork: [Scenario] {
        workloads.indices.flatMap { index -> [Scenario] in
            let work = workloads[index]
            return work.rates.indices.flatMap { rate -> [Scenario] in
                var found: [Scenario] = []
                if work.rates.count > 1 {
                    var smaller = self
                    smaller.workloads[index].rates.remove(at: rate)
                    found.append(smaller)
                }
                if work.rates[rate].count > 1 {
                    var smaller = self
                    smaller.workloads[index].rates[rate].count /= 2
                    found.append(smaller)
                }
                return found
            }
        }
    }

    private var withPlainerLinks: [Scenario] {
        links.indices.flatMap { index -> [Scenario] in
            let changes: [(inout LinkProfile) -> Void] = [
                { $0 = LinkProfile() }, { $0.timetable = Timetable() }, { $0.manner = .stay },
                { $0.lossPerMillion = 0 }, { $0.duplicatesPerMillion = 0 }, { $0.reorderedPerMillion = 0 },
                { $0.bandwidth = nil }, { $0.spread = 0 },
            ]
            return changes.map { change in
                var smaller = self
                change(&smaller.links[index].profile)
                return smaller
            }
        }
    }
}

extension Scenario.Action {
    /// The same for the nodes that stay, or nil if it spoke of none of them.
    fileprivate func keeping(
        _ kept: (Scenario.Selection) -> Scenario.Selection?
    ) -> Scenario.Action? {
        switch self {
        case .heal: return self
        case .partition(let a, let b, let ways):
            guard let a = kept(a), let b = kept(b) else { return nil }
            return .partition(a, from: b, ways)
        case .cut(let a, let b, let ways):
            guard let a = kept(a), let b = kept(b) else { return nil }
            return .cut(a, to: b, ways)
        case .clone(let node, let name): return kept(.named(node)).map { _ in .clone(node, as: name) }
        case .kill(let nodes): return kept(nodes).map { .kill($0) }
        case .start(let nodes): return kept(nodes).map { .start($0) }
        case .powerCut(let nodes): return kept(nodes).map { .powerCut($0) }
        case .freeze(let nodes): return kept(nodes).map { .freeze($0) }
        case .restore(let nodes, let age, let manner):
            return kept(nodes).map { .restore($0, age: age, manner) }
        case .clock(let nodes, let fault): return kept(nodes).map { .clock($0, fault) }
        case .disk(let nodes, let fault): return kept(nodes).map { .disk($0, fault) }
        case .diskFree(let nodes): return kept(nodes).map { .diskFree($0) }
        case .bitRot(let nodes, let bits): return kept(nodes).map { .bitRot($0, bits: bits) }
        case .hostile(let nodes, let behaviours): return kept(nodes).map { .hostile($0, behaviours) }
        case .equivocate(let nodes): return kept(nodes).map { .equivocate($0) }
        case .oldVersion(let nodes): return kept(nodes).map { .oldVersion($0) }
        case .join(let nodes, let space): return kept(nodes).map { .join($0, space: space) }
        case .leave(let nodes): return kept(nodes).map { .leave($0) }
        case .write(let nodes, let count, let kind, let space):
            return kept(nodes).map { .write($0, count, kind, space: space) }
        }
    }

    /// The space that it names.
    fileprivate var space: String? {
        switch self {
        case .join(_, let space), .write(_, _, _, let space): space
        case .partition, .cut, .heal, .kill, .start, .powerCut, .freeze, .restore, .clone, .clock, .disk,
            .diskFree, .bitRot, .hostile, .equivocate, .oldVersion, .leave:
            nil
        }
    }
}

extension Scenario.Expectation {
    /// The same for the nodes that stay, or nil if it spoke of none of them.
    fileprivate func keeping(
        _ kept: (Scenario.Selection) -> Scenario.Selection?
    ) -> Scenario.Expectation? {
        switch self {
        case .equal(let space, .some(let nodes), let by):
            return kept(nodes).map { .equal(space: space, nodes: $0, by: by) }
        case .writesPresent(.some(let except)): return .writesPresent(except: kept(except))
        case .traffic(let a, let b, let bytes, let aDay):
            guard let a = kept(a), let b = kept(b) else { return nil }
            return .traffic(a: a, b: b, bytes: bytes, aDay: aDay)
        case .absent(let space, .some(let nodes)):
            return kept(nodes).map { .absent(space: space, nodes: $0) }
        case .equal, .writesPresent, .absent, .bytesPerChange, .everywhere, .faults: return self
        }
    }

    /// The space that it names.
    fileprivate var space: String? {
        switch self {
        case .equal(let space, _, _), .absent(let space, _), .everywhere(_, _, let space): space
        case .writesPresent, .traffic, .bytesPerChange, .faults: nil
        }
    }
}
