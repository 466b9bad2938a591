import PLCSync

/// Whether a line could be used, and if not, why.
package enum Reach: Int, CaseIterable {
    case open, closed, cut, down
}

/// A stretch of time in which nothing changed for a line.
package struct ReachSpan: Hashable {
    package let from: UInt64
    package internal(set) var to: UInt64
    package let reach: Reach
}

/// When which line of a plan could be used: from its timetables, its cuts, and when nodes ran.
///
/// Lines that were alike in all of that share one band, as ten thousand schools do.
package struct Reachability {
    /// Lines of one band.
    package struct Band {
        /// The indices of its lines in the plan.
        package internal(set) var links: [Int]
        package let spans: [ReachSpan]

        /// How long it was in a state, in milliseconds.
        package func time(_ reach: Reach) -> UInt64 {
            spans.reduce(0) { $0 + ($1.reach == reach ? $1.to - $1.from : 0) }
        }
    }

    /// The bands, in the order of their first lines.
    package private(set) var bands: [Band] = []

    /// A cut of the plan, and when it was in force.
    struct Cut {
        let from: Set<String>
        let to: Set<String>
        let time: Range<UInt64>

        func separates(_ a: String, _ b: String) -> Bool {
            from.contains(a) && to.contains(b) || from.contains(b) && to.contains(a)
        }
    }

    /// A line's manner: what it has in common with those that are like it.
    private struct Likeness: Hashable {
        let timetable: Int
        let cuts: [Int]
        let down: [Range<UInt64>]
        /// Nil where lines that are alike share a band.
        let link: Int?
    }

    /// - Parameters:
    ///   - down: for each node the stretches in which it did not run.
    ///   - end: when the history ended.
    ///   - isShared: whether lines that are alike share a band.
    package init(_ plan: ScenarioPlan, down: [[Range<UInt64>]], end: UInt64, isShared: Bool) {
        let numbers = Dictionary(uniqueKeysWithValues: plan.nodes.enumerated().map { ($1.name, $0) })
        let cuts = Self.cuts(of: plan)
        var timetables: [Timetable: Int] = [:]
        var hours: [[Range<UInt64>]] = []
        var places: [Likeness: Int] = [:]
        for (index, link) in plan.links.enumerated() {
            if timetables[link.profile.timetable] == nil {
                timetables[link.profile.timetable] = hours.count
                hours.append(link.profile.timetable.openings(until: end, start: plan.start))
            }
            guard let timetable = timetables[link.profile.timetable], let a = numbers[link.a],
                let b = numbers[link.b]
            else { continue }
            let likeness = Likeness(
                timetable: timetable, cuts: cuts.indices.filter { cuts[$0].separates(link.a, link.b) },
                down: (down[a] + down[b]).sorted { $0.lowerBound < $1.lowerBound },
                link: isShared ? nil : index)
            if let place = places[likeness] {
                bands[place].links.append(index)
                continue
            }
            places[likeness] = bands.count
            let spans = Self.spans(
                end: end, open: hours[timetable], cut: likeness.cuts.map { cuts[$0].time },
                down: likeness.down)
            bands.append(Band(links: [index], spans: spans))
        }
    }

    /// The cuts of a plan, each with the time in which it held.
    static func cuts(of plan: ScenarioPlan) -> [Cut] {
        var begun: [Int: (Set<String>, Set<String>, UInt64)] = [:]
        var cuts: [Cut] = []
        func end(_ id: Int, at time: UInt64) {
            guard let (from, to, since) = begun.removeValue(forKey: id), since < time else { return }
            cuts.append(Cut(from: from, to: to, time: since..<time))
        }
        for event in plan.events {
            switch event.step {
            case .cut(let id, let from, let to, _, _): begun[id] = (Set(from), Set(to), event.time)
            case .mend(let id): end(id, at: event.time)
            case .mendAll: for id in begun.keys.sorted() { end(id, at: event.time) }
            default: break
            }
        }
        for id in begun.keys.sorted() { end(id, at: plan.length) }
        return cuts
    }

    private static func spans(
        end: UInt64, open: [Range<UInt64>], cut: [Range<UInt64>], down: [Range<UInt64>]
    ) -> [ReachSpan] {
        // What weighs more is laid over what weighs less.
        var edges: Set<UInt64> = [0, end]
        for range in open + cut + down {
            edges.formUnion([min(range.lowerBound, end), min(range.upperBound, end)])
        }
        let sorted = edges.sorted()
        var reach = [Reach](repeating: .closed, count: max(sorted.count - 1, 0))
        func lay(_ ranges: [Range<UInt64>], _ value: Reach) {
            for range in ranges {
                var place = sorted.firstPlace { $0 < range.lowerBound }
                while place < reach.count, sorted[place] < range.upperBound {
                    reach[place] = value
                    place += 1
                }
            }
        }
        lay(open, .open)
        lay(down, .down)
        lay(cut, .cut)
        var spans: [ReachSpan] = []
        for (index, value) in reach.enumerated() {
            if spans.last?.reach == value {
                spans[spans.count - 1].to = sorted[index + 1]
            } else {
                spans.append(ReachSpan(from: sorted[index], to: sorted[index + 1], reach: value))
            }
        }
        return spans
    }
}

extension Timetable {
    /// The stretches in which it is open, up to `end`.
    func openings(until end: UInt64, start: CalendarDate) -> [Range<UInt64>] {
        if isAlways { return [0..<max(end, 1)] }
        var openings: [Range<UInt64>] = []
        var time: UInt64 = 0
        var isOpen = isOpen(at: 0, start: start)
        while time < end {
            let next = min(nextChange(after: time, start: start) ?? end, end)
            if isOpen { openings.append(time..<next) }
            time = next
            isOpen.toggle()
        }
        return openings
    }
}
