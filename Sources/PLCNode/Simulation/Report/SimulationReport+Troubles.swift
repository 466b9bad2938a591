/// What met, what went wrong, and what must not have happened.
extension SimulationReport {
    // MARK: Conflicts

    func writeConflicts(_ main: inout Markup) {
        main.element("h2", [], text(.conflictsTitle))
        guard calibration == nil else { return main.element("p", [], text(.conflictsUncounted)) }
        let (registers, multis) = (record.conflicts.registers, record.conflicts.multis)
        main.element("p", [], text(.conflictsCaption))
        guard registers.fields + multis.fields > 0 else { return main.element("p", [], text(.conflictsNone)) }
        let columns: [ReportText] = [
            .conflictsKind, .conflictsMet, .conflictsFields, .conflictsSettled, .conflictsGone,
            .conflictsLeft,
        ]
        table(&main, columns, rows: [(ReportText.register, registers), (.multi, multis)]) { kind, row in
            let (name, tally) = kind
            row.element("td", [], text(name))
            for count in [tally.concurrentWrites, tally.fields, tally.settled, tally.gone] {
                number(&row, grouped(count))
            }
            row.element("td", [], text(name == .register ? .registerFate : .multiFate, grouped(tally.left)))
        }
    }

    // MARK: Faults

    /// What went wrong, how often, and whether the scenario had it so rather than the noise of a line.
    var happened: [(kind: Scenario.FaultKind, times: Int, isPlanned: Bool)] {
        let noise: Set<Scenario.FaultKind> = [.losses, .duplicates, .reorders, .closures]
        return Scenario.FaultKind.allCases.map { ($0, record.faults[$0], !noise.contains($0)) }.filter {
            $0.1 > 0
        }
    }

    func writeFaults(_ main: inout Markup) {
        main.element("h2", [], text(.faultsTitle))
        let faults = happened
        if faults.isEmpty {
            main.element("p", [], text(.faultsNone))
        } else {
            main.element("p", [], text(.faultsCaption))
            table(&main, [.faultColumn, .countColumn], rows: faults) { fault, row in
                row.element("td", [], fault.kind.phrase.text(language))
                number(&row, grouped(fault.times))
            }
        }
        guard !record.complaints.isEmpty else { return }
        main.element("details") { details in
            details.element("summary", [], text(.complaintsTitle))
            let sorted = record.complaints.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            table(&details, [.messageColumn, .countColumn], rows: sorted) { complaint, row in
                row.element("td") { $0.words(complaint.key) }
                number(&row, grouped(complaint.value))
            }
        }
    }

    // MARK: Violations

    func writeViolations(_ main: inout Markup) {
        main.element("h2", [], text(.brokenTitle))
        if record.violations.isEmpty {
            main.element("p", [], text(.brokenNone, grouped(record.steps)))
        } else {
            let columns: [ReportText] = [.whenColumn, .stepColumn, .nodeColumn, .ruleColumn, .messageColumn]
            table(&main, columns, rows: record.violations) { violation, row in
                row.element("td", [], units.moment(violation.time))
                number(&row, grouped(violation.step))
                row.element("td") { $0.apart(violation.node ?? "–") }
                row.element("td") { $0.words(violation.oracle) }
                row.element("td") { $0.words(violation.message) }
            }
        }
        guard !record.isGood, !record.transcript.isEmpty else { return }
        main.element("details", [("open", "")]) { details in
            details.element("summary", [], text(.transcript))
            details.element(
                "pre", [("lang", "en")], lines: Array(record.transcript.suffix(Self.transcriptLines)))
        }
    }

    // MARK: Whose numbers

    func writeOrigin(_ main: inout Markup) {
        guard let calibration else { return }
        main.element("h2", [], text(.modelTitle))
        main.element("p") {
            sentence(&$0, .modelCaption, grouped(calibration.nodes), grouped(calibration.days))
        }
        table(
            &main, [.comparisonColumn, .engineColumn, .modelColumn, .errorColumn],
            rows: calibration.comparisons
        ) { comparison, row in
            row.element("td", [], comparison.name.text(language, comparison.arguments))
            number(&row, comparison.text(comparison.engine, units))
            number(&row, comparison.text(comparison.model, units))
            number(&row, comparison.errorText)
        }
        table(&main, [.costColumn, .valueColumn], rows: calibration.costs.fitted) { cost, row in
            row.element("td", [], cost.name.text(language))
            number(&row, cost.text(units))
        }
        main.element("p") { p in
            sentence(&p, .modelFollows, grouped(calibration.followed), grouped(calibration.logs))
        }
        if !calibration.leftOut.isEmpty {
            main.element("p") { p in
                sentence(&p, .modelLeavesOut, calibration.leftOut.joined(separator: listSeparator))
            }
        }
    }
}
