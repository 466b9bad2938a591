#if canImport(Glibc)
    internal import Glibc
#endif

/// From writing to everywhere.
extension SimulationReport {
    /// The changes of one space, or of those that are one for each node of a group.
    package struct Spread {
        package let name: String
        /// How long each change took that came everywhere, in milliseconds, sorted.
        package let delays: [UInt64]
        package let written: Int

        /// So many of 100 changes were everywhere within this; 0 if none was.
        package func quantile(_ percent: Int) -> UInt64 { SimulationReport.quantile(delays, percent) }
    }

    /// The least of sorted numbers that at least `percent` of 100 do not exceed.
    static func quantile(_ sorted: [UInt64], _ percent: Int) -> UInt64 {
        sorted.isEmpty ? 0 : sorted[max((sorted.count * percent + 99) / 100, 1) - 1]
    }

    /// The quantiles of tables.
    static let quantiles = [10, 50, 75, 90, 95, 99]
    /// How many curves a chart has at most, that of all spaces aside.
    static let curvesMax = 3
    /// A curve has so many points at most.
    static let curvePoints = 240

    /// The spaces by family, and at last all of them.
    package var spreads: [Spread] {
        let families = scenario.spaces.map { space in (name: space.name, isFamily: space.each != nil) }
        var found: [Spread] = []
        for family in families {
            let keys = record.spaceNames.keys.filter { key in
                guard let name = record.spaceNames[key] else { return false }
                return name == family.name || family.isFamily && Self.family(of: name) == family.name
            }
            if let spread = spread(family.name, keys.sorted()) { found.append(spread) }
        }
        if found.count == 1 { return found }
        let all = spread(text(.allSpaces), record.spaceNames.keys.sorted())
        return found + (all.map { [$0] } ?? [])
    }

    /// Of a family, what follows the last hyphen is the number.
    private static func family(of name: String) -> String {
        guard let hyphen = name.lastIndex(of: "-"), Int(name[name.index(after: hyphen)...]) != nil else {
            return name
        }
        return String(name[..<hyphen])
    }

    private func spread(_ name: String, _ keys: [String]) -> Spread? {
        let delays = keys.flatMap { record.delays[$0] ?? [] }.sorted()
        let written = delays.count + keys.reduce(0) { $0 + (record.undelivered[$1] ?? 0) }
        return written > 0 ? Spread(name: name, delays: delays, written: written) : nil
    }

    func writeSpread(_ main: inout Markup) {
        main.element("h2", [], text(.spreadTitle))
        let spreads = spreads
        guard !spreads.isEmpty else { return main.element("p", [], text(.spreadNone)) }
        main.element("figure", [("class", "whole")]) { figure in
            figure.element("figcaption", [], text(.spreadCaption) + " " + text(.neverNote))
            writeCurve(&figure, spreads)
            table(
                &figure, [.spaceColumn, .writtenColumn, .everywhereColumn],
                heads: Self.quantiles.map { text(.quantile, "\($0)") } + [text(.slowestColumn)], rows: spreads
            ) { spread, row in
                row.element("td") { $0.apart(spread.name) }
                number(&row, grouped(spread.written))
                number(&row, ReportUnits.percent(spread.delays.count, of: spread.written))
                for percent in Self.quantiles { number(&row, units.duration(spread.quantile(percent))) }
                number(&row, units.duration(spread.delays.last ?? 0))
            }
        }
    }

    // MARK: The curve

    private static let looks: [StaticString] = ["line", "line b", "line c", "line d"]

    private func writeCurve(_ figure: inout Markup, _ spreads: [Spread]) {
        let drawn =
            Array(spreads.prefix(Self.curvesMax))
            + (spreads.count > Self.curvesMax ? [spreads[spreads.count - 1]] : [])
        let slowest = drawn.compactMap(\.delays.last).max() ?? 1
        let fastest = drawn.compactMap(\.delays.first).min() ?? 1
        let ticks = Self.timeTicks(from: fastest, to: slowest)
        let (low, high) = (log(Double(ticks.first ?? 1)), log(Double(max(ticks.last ?? 10, 2))))
        func x(_ delay: UInt64) -> Double { (log(Double(max(delay, 1))) - low) / max(high - low, 1e-9) }
        var picture = Picture()
        picture.ticks(ticks.map(x))
        picture.levels([0.25, 0.5, 0.75])
        for (spread, look) in zip(drawn, Self.looks) where !spread.delays.isEmpty {
            let count = spread.delays.count
            let places = Set((0...Self.curvePoints).map { $0 * (count - 1) / Self.curvePoints }).sorted()
            picture.stroke(
                places.map { (x: x(spread.delays[$0]), y: Double($0 + 1) / Double(spread.written)) }, look)
        }
        figure.element("ul", [("class", "legend")]) { list in
            for (spread, look) in zip(drawn, Self.looks) {
                var sample = Picture()
                sample.stroke([(0, 0.5), (0.5, 0.5001), (1, 0.5)], look)
                list.element("li") { item in
                    item.append(sample.svg("sample", label: spread.name))
                    item.apart(spread.name)
                }
            }
        }
        figure.element("div", [("class", "curve")]) { curve in
            curve.element("div", [("class", "levels"), ("aria-hidden", "true")]) { levels in
                for percent in [0, 25, 50, 75, 100] {
                    levels.element("span", [("style", "--at:\(100 - percent)%")]) { $0.apart("\(percent) %") }
                }
            }
            curve.append(picture.svg("curve", label: text(.spreadCurve)))
            curve.element("div", [("class", "scale"), ("aria-hidden", "true")]) { scale in
                for (index, tick) in ticks.enumerated() {
                    let isFew = index % 2 == 1 && ticks.count > 5
                    scale.element(
                        "span", [("class", isFew ? "few" : ""), ("style", "--at:\(Self.share(x(tick)))")]
                    ) { $0.apart(units.duration(tick)) }
                }
            }
        }
    }

    /// Round lengths of time around a range.
    private static func timeTicks(from fastest: UInt64, to slowest: UInt64) -> [UInt64] {
        let round: [UInt64] =
            [1, 10, 100, 1_000, 10_000] + [1, 10].map { $0 * Milliseconds.minute }
            + [1, 4].map { $0 * Milliseconds.hour }
            + [1, 3, 7, 28, 91, 365].map { $0 * Milliseconds.day }
        let first = round.lastIndex { $0 <= max(fastest, 1) } ?? 0
        let last = round.firstIndex { $0 >= slowest } ?? round.count - 1
        return Array(round[min(first, round.count - 2)...max(last, first + 1, 1)].prefix(round.count))
    }
}
