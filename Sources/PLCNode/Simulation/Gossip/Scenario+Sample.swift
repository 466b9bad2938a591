extension Scenario {
    /// The same scenario for so few nodes and days that the engine can run it, without faults and expectations.
    ///
    /// Groups keep their proportions as far as they can; a group of several stays one of a few, so that what passes
    /// through several hands still does.
    package func sample(nodes limit: Int, days: Int) -> Scenario {
        var sample = self
        sample.name = name + "-sample"
        sample.model = .replicas
        sample.length = min(length, UInt64(days) * Milliseconds.day)
        let total = groups.reduce(0) { $0 + $1.size }
        if total > limit {
            let few = groups.map { group in
                group.count.map { min($0, max($0 * limit / total, Self.sampledGroupLeast)) }
            }
            // The largest group takes what is left.
            let largest = groups.indices.max { groups[$0].size < groups[$1].size } ?? 0
            let others = groups.indices.reduce(0) { $0 + ($1 == largest ? 0 : few[$1] ?? 1) }
            for index in groups.indices where groups[index].count != nil {
                sample.groups[index].count = index == largest ? max(limit - others, 1) : few[index]
            }
        }
        // A holiday that lies beyond the last day makes no sense any more.
        for index in sample.links.indices {
            sample.links[index].profile.timetable.closures.removeAll { $0.upperBound > sample.length }
        }
        for index in sample.workloads.indices where (sample.workloads[index].until ?? 0) > sample.length {
            sample.workloads[index].until = nil
        }
        sample.events = []
        sample.expectations = []
        // Numbered nodes may be gone; whatever names them goes too.
        while let place = sample.misfits.first?.place {
            switch place {
            case .link(let index): sample.links.remove(at: index)
            case .workload(let index): sample.workloads.remove(at: index)
            default: return sample
            }
        }
        return sample
    }

    /// A group of many has at least so many nodes in a sample.
    private static let sampledGroupLeast = 3
}
