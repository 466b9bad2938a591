/// What is said of a run of the model.
struct GossipSummary {
    let history: SimulationRun
    let calibration: GossipCalibration
    let outcome: GossipOutcome

    private var record: SimulationRecord { outcome.record }

    /// The quantiles of the text.
    private static let quantiles = [50, 90, 95, 99, 100]

    private func spreads(_ language: Language) -> [SimulationReport.Spread] {
        SimulationReport(scenario: history.scenario, plan: history.plan, record: record, language: language)
            .spreads
    }

    /// The same for 99 of 100 members.
    private func wideSpreads(_ language: Language) -> [SimulationReport.Spread] {
        var wide = record
        for (name, delays) in outcome.wideDelays {
            let written = (wide.delays[name]?.count ?? 0) + (wide.undelivered[name] ?? 0)
            wide.delays[name] = delays
            wide.undelivered[name] = written - delays.count
        }
        return SimulationReport(
            scenario: history.scenario, plan: history.plan, record: wide, language: language
        ).spreads
    }

    private var meanBytes: Double {
        outcome.outerBytes.reduce(0, +) / Double(max(outcome.outerBytes.count, 1))
    }

    private func bytes(_ percent: Int) -> Double {
        let sorted = outcome.outerBytes
        return sorted.isEmpty ? 0 : sorted[max((sorted.count * percent + 99) / 100, 1) - 1]
    }

    /// For people: first how far the model can be believed, then what it says.
    func lines(_ language: Language) -> [String] {
        let units = ReportUnits(language: language)
        var lines = [
            GossipTexts.fitted.text(language, ["\(calibration.nodes)", "\(calibration.days)"])
        ]
        for cost in calibration.costs.fitted {
            lines.append(
                "  " + GossipTexts.cost.text(language, [cost.name.text(language), cost.text(units)]))
        }
        for comparison in calibration.comparisons {
            let name = comparison.name.text(language, comparison.arguments)
            lines.append(
                "  "
                    + GossipTexts.comparison.text(
                        language,
                        [
                            name, comparison.text(comparison.engine, units),
                            comparison.text(comparison.model, units),
                            comparison.errorText,
                        ]))
        }
        lines.append(GossipTexts.theModel.text(language, [grouped(outcome.followed), grouped(outcome.logs)]))
        let plan = history.plan
        lines.append(
            SimulationTexts.title.text(
                language,
                [
                    plan.name, "\(record.seed)", grouped(plan.nodes.count), grouped(plan.links.count),
                    grouped(plan.spaces.count), "\((plan.length + Milliseconds.day - 1) / Milliseconds.day)",
                ]))
        func listed(_ spread: SimulationReport.Spread) -> String {
            Self.quantiles.map {
                GossipTexts.within.text(language, ["\($0)", units.duration(spread.quantile($0))])
            }.joined(separator: language == .arabic ? "، " : ", ")
        }
        for spread in spreads(language) {
            lines.append(
                "  "
                    + GossipTexts.everywhere.text(
                        language,
                        [
                            spread.name, grouped(spread.written),
                            ReportUnits.percent(spread.delays.count, of: spread.written), listed(spread),
                        ]))
        }
        for spread in wideSpreads(language) {
            let share = ReportUnits.percent(spread.delays.count, of: spread.written)
            lines.append("  " + GossipTexts.wide.text(language, [spread.name, share, listed(spread)]))
        }
        lines.append(
            "  "
                + GossipTexts.outerBytes.text(
                    language,
                    [meanBytes, bytes(50), bytes(95), bytes(100)].map { units.bytes(Int($0.rounded())) }))
        lines.append(
            "  "
                + GossipTexts.traffic.text(
                    language,
                    [
                        grouped(outcome.exchanges), units.bytes(record.bytes), grouped(record.changes),
                        grouped(record.writesRefused),
                    ]))
        if !calibration.leftOut.isEmpty {
            lines.append(
                "  " + GossipTexts.leftOut.text(language, [calibration.leftOut.joined(separator: "; ")]))
        }
        for judgement in record.judgements {
            let phrase = judgement.isMet ? SimulationTexts.met : SimulationTexts.notMet
            let text = history.scenario.expectations[judgement.expectation].printed
            lines.append(phrase.text(language, [text, judgement.finding]))
        }
        lines.append(GossipTexts.trace.text(language, [String(record.trace, radix: 16)]))
        if record.isGood { lines.append(SimulationTexts.allWell.text(language)) }
        return lines
    }

    /// The same for programs.
    var json: JSON {
        func quantiles(_ spread: SimulationReport.Spread) -> JSON {
            .object(
                Self.quantiles.map {
                    .init(key: Array("p\($0)".utf8), value: .integer(Int64(clamping: spread.quantile($0))))
                })
        }
        func listed(_ spreads: [SimulationReport.Spread]) -> JSON {
            .array(
                spreads.map {
                    [
                        "space": .text($0.name), "written": .integer(Int64($0.written)),
                        "everywhere": .integer(Int64($0.delays.count)), "milliseconds": quantiles($0),
                    ]
                })
        }
        let costs = calibration.costs
        return [
            "scenario": .text(record.scenario), "seed": .integer(Int64(clamping: record.seed)),
            "by": .text("gossip"), "good": .bool(record.isGood),
            "trace": .text(String(record.trace, radix: 16)),
            "nodes": .integer(Int64(record.nodes.count)), "logs": .integer(Int64(outcome.logs)),
            "followed": .integer(Int64(outcome.followed)), "exchanges": .integer(Int64(outcome.exchanges)),
            "changes": .integer(Int64(record.changes)), "refused": .integer(Int64(record.writesRefused)),
            "bytes": .integer(Int64(record.bytes)), "outerBytesADay": .number(meanBytes),
            "everywhere": listed(spreads(.english)), "nearlyEverywhere": listed(wideSpreads(.english)),
            "costs": [
                "fixedBytes": .number(costs.fixedBytes), "headBytes": .number(costs.headBytes),
                "changeBytes": .number(costs.changeBytes),
                "exchangeMilliseconds": .number(costs.exchangeMilliseconds),
                "pushMilliseconds": .number(costs.pushMilliseconds),
            ],
            "calibration": .array(
                calibration.comparisons.map {
                    [
                        "what": .text($0.name.text(.english, $0.arguments)), "engine": .number($0.engine),
                        "model": .number($0.model),
                    ]
                }),
            "expectations": .array(
                record.judgements.map {
                    [
                        "text": .text(history.scenario.expectations[$0.expectation].printed),
                        "met": .bool($0.isMet), "finding": .text($0.finding),
                    ]
                }),
        ]
    }
}
