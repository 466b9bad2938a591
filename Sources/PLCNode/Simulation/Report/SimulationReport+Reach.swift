/// Who could reach whom.
extension SimulationReport {
    /// A strip that is made of more stretches is drawn coarser, at so many places.
    static let placesMax = 1_200

    /// A kill of some minutes is seen among weeks: so wide, of the 10,000 of a strip.
    static let troubleLeast = 30

    func writeReach(_ main: inout Markup) {
        let reachability = Reachability(
            plan, down: record.downTimes(until: end), end: end, isShared: plan.links.count > Self.rowsMax)
        main.element("h2", [], text(.reachTitle))
        main.element("figure") { figure in
            figure.element("figcaption", [], text(.reachCaption))
            legend(
                &figure,
                [
                    ("open", 1, .reachOpen), ("closed", 0.2, .reachClosed), ("cut", 1, .reachCut),
                    ("down", 0.6, .reachDown),
                ])
            timeAxis(&figure)
            for band in reachability.bands.prefix(Self.rowsMax) {
                row(
                    &figure, name(of: band.links[0]),
                    note: band.links.count > 1 ? text(.alike, grouped(band.links.count - 1)) : nil,
                    strip(band), percent(band, .open))
            }
            more(&figure, "p", reachability.bands.count - Self.rowsMax)
            timeAxis(&figure)
            details(&figure) { details in
                table(
                    &details,
                    [.lineColumn, .linesColumn, .openColumn, .closedColumn, .cutColumn, .downColumn],
                    rows: reachability.bands
                ) { band, row in
                    row.element("td") { $0.apart(name(of: band.links[0])) }
                    number(&row, grouped(band.links.count))
                    for reach in Reach.allCases { number(&row, percent(band, reach)) }
                }
            }
        }
    }

    /// A line by its two nodes.
    func name(of link: Int) -> String { "\(plan.links[link].a) – \(plan.links[link].b)" }

    private func percent(_ band: Reachability.Band, _ reach: Reach) -> String {
        ReportUnits.percent(Int(band.time(reach) / 1_000), of: Int(end / 1_000))
    }

    private func strip(_ band: Reachability.Band) -> Markup {
        var picture = Picture()
        let looks: [(Reach, StaticString, Double)] = [
            (.open, "open", 1), (.closed, "closed", 0.2), (.cut, "cut", 1), (.down, "down", 0.6),
        ]
        let spans = band.spans.count > Self.placesMax ? coarse(band.spans) : band.spans
        for (reach, look, tall) in looks {
            picture.draw(
                spans.filter { $0.reach == reach }.map {
                    .init(from: share(of: $0.from), to: share(of: $0.to), tall: tall)
                }, look, least: reach == .down || reach == .cut ? Self.troubleLeast : 8)
        }
        picture.ticks(dayTicks.map(\.share))
        let label = text(
            .reachRow, name(of: band.links[0]), percent(band, .open), percent(band, .closed),
            percent(band, .cut),
            percent(band, .down))
        return picture.svg("strip", label: label)
    }

    /// What held for most of each place of the strip; what cuts and stops was there is not lost among hours.
    private func coarse(_ spans: [ReachSpan]) -> [ReachSpan] {
        var result: [ReachSpan] = []
        var next = 0
        let places = UInt64(Self.placesMax)
        for place in 0..<places {
            let (from, to) = (end * place / places, end * (place + 1) / places)
            var times = [UInt64](repeating: 0, count: Reach.allCases.count)
            while next < spans.count, spans[next].to <= from { next += 1 }
            var index = next
            while index < spans.count, spans[index].from < to {
                times[spans[index].reach.rawValue] += min(spans[index].to, to) - max(spans[index].from, from)
                index += 1
            }
            let most = Reach.allCases.max { times[$0.rawValue] < times[$1.rawValue] } ?? .closed
            if result.last?.reach == most {
                result[result.count - 1].to = to
            } else {
                result.append(ReachSpan(from: from, to: to, reach: most))
            }
        }
        return result
    }
}
