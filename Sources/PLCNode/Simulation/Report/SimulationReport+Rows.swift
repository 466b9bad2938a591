/// Rows of strips under one axis of time.
extension SimulationReport {
    /// A row: a name, a strip, and a figure.
    func row(_ markup: inout Markup, _ name: String, note: String? = nil, _ strip: Markup, _ value: String) {
        markup.element("div", [("class", "row")]) { row in
            row.element("div", [("class", "name")]) { cell in
                cell.apart(name)
                if let note {
                    cell.literal(" ")
                    cell.element("span", [("class", "soft")], note)
                }
            }
            row.append(strip)
            row.element("div", [("class", "value")]) { $0.apart(value) }
        }
    }

    /// Where days begin that the axis names, as shares of the time.
    var dayTicks: [(share: Double, name: String)] {
        let days = max(1, (end + Milliseconds.day - 1) / Milliseconds.day)
        let step = [1, 2, 7, 14, 28, 56, 91, 182, 365].first { days / $0 <= 8 } ?? days / 8
        return stride(from: 0, to: days, by: Int(step)).map { day in
            (Double(day * Milliseconds.day) / Double(end), units.day(day * Milliseconds.day))
        }.filter { $0.share < 0.97 }
    }

    /// The axis of time over or under strips.
    func timeAxis(_ markup: inout Markup) {
        markup.element("div", [("class", "row axis"), ("aria-hidden", "true")]) { row in
            row.element("div", [("class", "name")], "")
            row.element("div", [("class", "scale")]) { scale in
                for (index, tick) in dayTicks.enumerated() {
                    scale.element(
                        "span",
                        [
                            ("class", index % 2 == 1 ? "few" : ""),
                            ("style", "--at:\(Self.share(tick.share))"),
                        ], tick.name)
                }
            }
            row.element("div", [("class", "value")], "")
        }
    }

    /// A share as CSS writes it.
    static func share(_ share: Double) -> String {
        let tenths = Int((min(max(share, 0), 1) * 1_000).rounded())
        return "\(tenths / 10).\(tenths % 10)%"
    }

    /// So much of a drawing stands in a legend that its hatches look as in the strips.
    static let legendWidth = 600

    /// What the looks of a chart mean.
    func legend(_ markup: inout Markup, _ looks: [(look: StaticString, tall: Double, text: ReportText)]) {
        markup.element("ul", [("class", "legend")]) { list in
            for (look, tall, meaning) in looks {
                var picture = Picture()
                picture.draw([.init(from: 0, to: 1, tall: tall)], look)
                list.element("li") { item in
                    item.append(picture.svg("strip", label: text(meaning), width: Self.legendWidth))
                    item.element("span", [], text(meaning))
                }
            }
        }
    }

    /// A time as a share of the history.
    func share(of time: UInt64) -> Double { Double(min(time, end)) / Double(end) }
}
