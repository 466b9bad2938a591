/// What went over the lines.
extension SimulationReport {
    func writeTraffic(_ main: inout Markup) {
        main.element("h2", [], text(.bytesTitle))
        let bytes = record.linkBytes
        let busiest = bytes.indices.sorted {
            (bytes[$1].forth + bytes[$1].back, $0) < (bytes[$0].forth + bytes[$0].back, $1)
        }
        let top = busiest.first.map { bytes[$0].forth + bytes[$0].back } ?? 0
        main.element("figure") { figure in
            figure.element("figcaption") { sentence(&$0, .bytesCaption, units.bytes(lineBytes)) }
            legend(&figure, [("forth", 1, .forth), ("back", 1, .back)])
            for link in busiest.prefix(Self.rowsMax) {
                let (forth, back) = bytes[link]
                var picture = Picture()
                let scale = Double(max(top, 1))
                if forth > 0 { picture.draw([.init(from: 0, to: Double(forth) / scale)], "forth") }
                if back > 0 {
                    picture.draw(
                        [.init(from: Double(forth) / scale, to: Double(forth + back) / scale)], "back")
                }
                let label = text(.bytesRow, name(of: link), units.bytes(forth), units.bytes(back))
                row(&figure, name(of: link), picture.svg("bars", label: label), units.bytes(forth + back))
            }
            if busiest.count > Self.rowsMax {
                let rest = busiest.dropFirst(Self.rowsMax)
                let sum = rest.reduce(0) { $0 + bytes[$1].forth + bytes[$1].back }
                figure.element("p", [("class", "soft")]) { p in
                    p.say(text(.others, grouped(rest.count)) + ": ")
                    p.apart(units.bytes(sum))
                }
            }
            details(&figure) { details in
                table(
                    &details, [.lineColumn, .bytesForthColumn, .bytesBackColumn, .bytesSumColumn],
                    rows: busiest
                ) { link, row in
                    row.element("td") { $0.apart(name(of: link)) }
                    number(&row, grouped(bytes[link].forth))
                    number(&row, grouped(bytes[link].back))
                    number(&row, grouped(bytes[link].forth + bytes[link].back))
                }
            }
        }
    }
}
