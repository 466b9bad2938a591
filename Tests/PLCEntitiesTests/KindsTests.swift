import PLCEntities
import PLCSync
import Testing

@Suite struct KindsTests {
    private func line(_ owner: String, _ field: FieldSpec) -> String {
        "\(owner) \(field.number) \(field.name) \(field.type.rawValue) \(field.value.rawValue) \(field.since)"
    }

    @Test func `numbers are as they were given, once and for ever`() {
        var lines = CommonField.all.map { line("*", $0) }
        for kind in Kinds.all {
            let traits = (kind.isKeyed ? " keyed" : "") + (kind.isOwned ? " owned" : "")
            lines.append("\(kind.number) \(kind.name)\(traits)")
            lines += kind.fields.dropFirst(CommonField.all.count).map { line("\(kind.number)", $0) }
        }
        #expect(lines.joined(separator: "\n") == goldenKinds)
    }

    @Test func `no number or name means two things`() {
        var wrong: [String] = []
        for kind in Kinds.all {
            if Set(kind.fields.map(\.number)).count != kind.fields.count {
                wrong.append("numbers of \(kind.name)")
            }
            if Set(kind.fields.map(\.name)).count != kind.fields.count {
                wrong.append("names of \(kind.name)")
            }
            for field in kind.fields where field.number == 0 || field.number >= Field.numberLimit {
                wrong.append("\(kind.name).\(field.name)")
            }
            // A keyed record is born without fields, so it can have no constants of its own.
            for field in kind.fields.dropFirst(CommonField.all.count)
            where kind.isKeyed && field.type == .constant {
                wrong.append("\(kind.name).\(field.name)")
            }
            if Kinds.named(Array(kind.name.utf8)) != kind || Kinds.numbered(kind.number) != kind {
                wrong.append(kind.name)
            }
        }
        if Set(Kinds.all.map(\.number)).count != Kinds.all.count { wrong.append("kinds") }
        #expect(wrong == [])
    }

    @Test func `values and constants are held to their declarations`() {
        let cases: [(field: String, value: [UInt8], fits: Bool)] = [
            ("title", [0x61, 0x61], true), ("title", [0x01], false), ("title", [0xf6], true),
            ("title", [], false),
            ("createdAt", [0x18, 0x20], true), ("createdAt", [0x20], true),
            ("createdAt", [0xf9, 0x3c, 0x00], false),
            ("archived", [0xf5], true), ("archived", [0x61, 0x61], false),
            ("goals", [0x61, 0x61], true), ("goals", [0xd9, 0x9c, 0x43, 0x80], true),
            ("goals", [0x01], false),
            ("votes", [0x80], true), ("votes", [0x61, 0x61], false),
        ]
        var wrong: [String] = []
        for (name, value, fits) in cases {
            guard let spec = Kinds.post.field(name) else {
                wrong.append("no \(name)")
                continue
            }
            let result: Void? = try? spec.check(value: value.span.bytes)
            if (result != nil) != fits { wrong.append("\(name) \(value)") }
        }
        let writes: [(field: String, creating: Bool, fits: Bool)] = [
            ("audience", true, true), ("audience", false, false), ("title", false, true),
            ("kind", false, true),
            ("tags", true, false),
        ]
        for (name, creating, fits) in writes {
            let result: Void? = try? Kinds.post.field(name)?.checkWrite(creating: creating)
            if (result != nil) != fits { wrong.append("writing \(name)") }
        }
        #expect(wrong == [])
    }
}

@Suite struct ProgressTests {
    /// A reading: id, value, count, period, source, stamp, corrects.
    private typealias Row = (UInt64, Double, Int64, String, String, UInt64, UInt64?)

    private func facts(_ rows: [Row]) -> [ReadingFact] {
        rows.map { row in
            ReadingFact(
                id: row.0, value: row.1, count: row.2, period: row.3, source: row.4, stamp: row.5,
                name: [UInt8(row.0)], corrects: row.6)
        }
    }

    @Test func `progress is derived from readings alone`() {
        let two: [Row] = [(1, 40, 20, "2026-09", "A", 5, nil), (2, 60, 10, "2026-09", "B", 6, nil)]
        let later: [Row] = two + [(3, 50, 20, "2026-10", "A", 4, nil)]
        let corrected: [Row] = two + [(3, 70, 10, "2026-09", "B", 7, 2)]
        let cases: [(rows: [Row], rule: CombineRule, now: Double?, share: Double?, readings: Int)] = [
            ([], .weightedMean, nil, nil, 0), ([], .sum, nil, nil, 0), ([], .latest, nil, nil, 0),
            (two, .weightedMean, 1400.0 / 30, (1400.0 / 30 - 40) / 40, 2), (two, .sum, 100, 1.5, 2),
            (two, .latest, 60, 0.5, 2), (later, .latest, 50, 0.25, 3),
            (later, .weightedMean, 1600.0 / 30, nil, 3),
            (corrected, .weightedMean, 50, 0.25, 2), (corrected, .sum, 110, 1.75, 2),
            // A count of nothing weighs as one; of equal periods and stamps the greater name is the later one.
            ([(1, 10, 0, "", "A", 1, nil), (2, 20, 0, "", "A", 1, nil)], .weightedMean, 20, -0.5, 2),
        ]
        var wrong: [String] = []
        for (i, (rows, rule, now, share, readings)) in cases.enumerated() {
            for order in [facts(rows), facts(rows).reversed()] {
                let progress = IndicatorProgress(order, rule: rule, baseline: 40, target: 80)
                if progress.now != now || progress.readings != readings { wrong.append("\(i): \(progress)") }
                if let share, progress.share != share { wrong.append("\(i): \(progress)") }
            }
        }
        #expect(wrong == [])
    }

    @Test func `without a way to go there is no share of it`() {
        let one = facts([(1, 40, 1, "", "", 1, nil)])
        let cases: [(Double?, Double?)] = [(nil, 80), (40, nil), (40, 40)]
        for (baseline, target) in cases {
            #expect(IndicatorProgress(one, rule: .latest, baseline: baseline, target: target).share == nil)
        }
    }
}
