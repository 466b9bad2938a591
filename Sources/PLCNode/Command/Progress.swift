/// A line on the terminal that says how far a long piece of work is, and disappears at its end.
///
/// Nothing is written unless standard error is a terminal. Time is an argument: the caller reads the clock once a batch.
package struct Progress {
    /// What is counted.
    package enum Unit: Sendable {
        case items, bytes
    }

    /// The least time between two drawings.
    package static let interval = Duration.milliseconds(100)

    private let label: String
    private let total: Int?
    private let unit: Unit
    private let sink: Output.Sink
    private let start: ContinuousClock.Instant
    private var drawn: ContinuousClock.Instant?

    /// Progress towards `total`, if that is known, beginning `now`.
    package init(
        _ label: String, total: Int?, unit: Unit = .items, on sink: Output.Sink,
        at now: ContinuousClock.Instant
    ) {
        self.label = label
        self.total = total
        self.unit = unit
        self.sink = sink
        start = now
    }

    /// Says that `count` is done; draws at most ten times a second.
    package mutating func update(_ count: Int, at now: ContinuousClock.Instant) {
        guard sink.isTerminal else { return }
        if let drawn, now - drawn < Self.interval { return }
        drawn = now
        let line = cut(text(count, after: now - start), to: sink.width - 1)
        write("\r" + isolated(line) + "\u{1b}[K")
    }

    /// Clears the line.
    package mutating func finish() {
        if drawn != nil { write("\r\u{1b}[K") }
        drawn = nil
    }

    /// The words of the line: label, bar, count, percent, rate, and the time that is left.
    func text(_ count: Int, after elapsed: Duration) -> String {
        var parts = [label]
        if let total, total > 0 {
            let share = min(1, max(0, Double(count) / Double(total)))
            let filled = Int(share * 20)
            parts.append(
                "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled) + "]"
            )
            parts.append("\(Int(share * 100))%")
            parts.append("\(amount(count)) of \(amount(total))")
        } else {
            parts.append(amount(count))
        }
        let seconds = elapsed / .seconds(1)
        // In the first moments a rate is noise.
        if seconds >= 0.5, count > 0 {
            let rate = Double(count) / seconds
            parts.append("\(amount(Int(rate)))/s")
            if let total, count < total {
                parts.append("\(humanDuration(.seconds(Double(total - count) / rate))) left")
            }
        }
        return parts.joined(separator: "  ")
    }

    private func amount(_ count: Int) -> String {
        switch unit {
        case .items: grouped(count)
        case .bytes: humanBytes(count)
        }
    }

    /// Writes, and does not mind when nobody looks any more.
    private func write(_ text: String) {
        do throws(OutputError) { try sink.write(Array(text.utf8)) } catch {}
    }
}
