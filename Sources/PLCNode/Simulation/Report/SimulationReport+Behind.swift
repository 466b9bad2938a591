/// How far behind each replica was.
extension SimulationReport {
    /// What is drawn of one node, or of the worst of a group.
    private struct Course {
        let name: String
        let values: [Int]
        var down: [Range<UInt64>] = []

        var most: Int { values.max() ?? 0 }
    }

    func writeBehind(_ main: inout Markup) {
        main.element("h2", [], text(.behindTitle))
        guard !record.samples.isEmpty else { return main.element("p", [], text(.notMeasured)) }
        let isGrouped = plan.nodes.count > Self.rowsMax
        let courses = isGrouped ? groupCourses + worstCourses : plan.nodes.indices.map { course($0) }
        let top = max(courses.map(\.most).max() ?? 0, 1)
        let half = top / 4
        main.element("figure") { figure in
            figure.element(
                "figcaption", [],
                text(.behindCaption, grouped(top), grouped(half), "\(record.samples.count)")
                    + (isGrouped ? " " + text(.behindGroupCaption) : ""))
            legend(
                &figure, [("behind", 0.7, .lacking), ("down", 1, .reachDown), ("shade", 1, .behindShade)])
            timeAxis(&figure)
            for course in courses {
                row(
                    &figure, course.name, strip(course, top: top),
                    course.most == 0 ? text(.behindNever) : text(.behindMost, grouped(course.most)))
            }
            more(&figure, "p", isGrouped ? plan.nodes.count - Self.rowsMax / 2 : 0)
            timeAxis(&figure)
            details(&figure) { details in
                let rows = isGrouped ? byMost.map { course($0) } : courses
                table(&details, [.nodeColumn, .mostColumn, .mostWhenColumn, .lastColumn], rows: rows) {
                    course, row in
                    row.element("td") { $0.apart(course.name) }
                    number(&row, grouped(course.most))
                    let when = course.values.firstIndex(of: course.most).map { record.samples[$0].time }
                    row.element("td", [], course.most == 0 ? "–" : units.moment(when ?? 0))
                    number(&row, grouped(course.values.last ?? 0))
                }
            }
        }
    }

    private func course(_ node: Int) -> Course {
        Course(
            name: plan.nodes[node].name, values: record.samples.map { $0.behind[node] },
            down: record.downTimes(until: end)[node])
    }

    /// The nodes in the order of what they lacked at most.
    private var byMost: [Int] {
        var most = [Int](repeating: 0, count: plan.nodes.count)
        for sample in record.samples {
            for (node, lacks) in sample.behind.enumerated() where lacks > most[node] { most[node] = lacks }
        }
        let sorted = plan.nodes.indices.sorted { (most[$1], $0) < (most[$0], $1) }
        return Array(sorted.prefix(Self.tableRowsMax))
    }

    private var worstCourses: [Course] { byMost.prefix(Self.rowsMax / 2).map { course($0) } }

    private var groupCourses: [Course] {
        var groups: [(name: String, nodes: [Int])] = []
        for (index, node) in plan.nodes.enumerated() {
            if groups.last?.name == node.group {
                groups[groups.count - 1].nodes.append(index)
            } else {
                groups.append((node.group, [index]))
            }
        }
        return groups.prefix(Self.rowsMax / 2).map { group in
            Course(
                name: text(.groupWorst, group.name, grouped(group.nodes.count)),
                values: record.samples.map { sample in group.nodes.map { sample.behind[$0] }.max() ?? 0 })
        }
    }

    private func strip(_ course: Course, top: Int) -> Markup {
        var picture = Picture()
        picture.draw(cutShades, "shade")
        picture.draw(
            course.down.map { .init(from: share(of: $0.lowerBound), to: share(of: $0.upperBound)) }, "down",
            least: Self.troubleLeast)
        let points = zip(record.samples, course.values).map { sample, lacks in
            (
                x: share(of: sample.time),
                y: lacks == 0 ? 0 : max((Double(lacks) / Double(top)).squareRoot(), 0.06)
            )
        }
        picture.fill(under: points, "behind")
        picture.ticks(dayTicks.map(\.share))
        return picture.svg("lag", label: text(.behindRow, course.name, grouped(course.most)))
    }

    /// When any cut was in force.
    private var cutShades: [Picture.Box] {
        var merged: [Range<UInt64>] = []
        for cut in Reachability.cuts(of: plan).map(\.time).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, cut.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, cut.upperBound)
            } else {
                merged.append(cut)
            }
        }
        return merged.prefix(Self.placesMax).map {
            .init(from: share(of: $0.lowerBound), to: share(of: $0.upperBound))
        }
    }
}
