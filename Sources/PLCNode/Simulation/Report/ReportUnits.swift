/// Figures with their units, in the language of a report.
struct ReportUnits {
    let language: Language

    /// A length of time in its two largest units, such as `2 h 5 min`.
    func duration(_ milliseconds: UInt64) -> String {
        translated(humanDuration(.milliseconds(Int64(clamping: milliseconds))))
    }

    /// A number of bytes with three digits, such as `1.4 MB`.
    func bytes(_ count: Int) -> String { translated(humanBytes(count)) }

    /// A time of the scenario to the minute, such as `day 3, 08:00`.
    func moment(_ time: UInt64) -> String {
        func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let minutes = time / Milliseconds.minute
        let clock = "\(two(minutes / 60 % 24)):\(two(minutes % 60))"
        return ReportText.moment.text(language, "\(time / Milliseconds.day + 1)", clock)
    }

    /// A day of the scenario, counted from 1.
    func day(_ time: UInt64) -> String { ReportText.day.text(language, "\(time / Milliseconds.day + 1)") }

    /// A share in percent; only all is 100, and only nothing is 0.
    static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        if part == whole { return "100 %" }
        if part == 0 { return "0 %" }
        let tenths = min(max(Int((Double(part) * 1_000 / Double(whole)).rounded()), 1), 999)
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// The units of Latin text in Arabic.
    private static let arabicUnits: [String: String] = [
        "ms": "مللي ثانية", "s": "ث", "min": "د", "h": "س", "d": "يوم", "B": "بايت", "kB": "كيلوبايت",
        "MB": "ميغابايت", "GB": "غيغابايت", "TB": "تيرابايت",
    ]

    private func translated(_ text: String) -> String {
        guard language == .arabic else { return text }
        return text.split(separator: " ").map { Self.arabicUnits[String($0)] ?? String($0) }.joined(
            separator: " ")
    }
}
