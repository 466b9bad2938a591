/// The words in which testers say how long and how fast.
package enum LabWords {
    private static let times: [(unit: String, milliseconds: UInt64)] = [
        ("ms", 1), ("s", Milliseconds.second), ("min", Milliseconds.minute), ("m", Milliseconds.minute),
        ("h", Milliseconds.hour), ("d", Milliseconds.day), ("w", Milliseconds.week),
        ("y", 365 * Milliseconds.day),
    ]
    private static let rates: [(unit: String, bits: UInt64)] = [
        ("bit", 1), ("kbit", 1_000), ("Mbit", 1_000_000),
    ]

    /// The longest length of time, a hundred years, in milliseconds.
    private static let timeMax: UInt64 = 36_525 * Milliseconds.day
    /// The fastest line that is still a limit, in bits a second.
    private static let rateMax: UInt64 = 1_000_000_000_000

    /// The milliseconds that a word such as `300ms`, `60s` or `3d` means; nil if it means none.
    package static func duration(_ word: some StringProtocol) -> UInt64? {
        quantity(word, times.map { ($0.unit, $0.milliseconds) }, most: timeMax)
    }

    /// The milliseconds that a word such as `+3d` or `-80y` means; `right` is 0, without a sign it means nothing.
    package static func offset(_ word: String) -> Int64? {
        if word == "right" || word == "0" { return 0 }
        guard word.first == "+" || word.first == "-", let length = duration(word.dropFirst()) else {
            return nil
        }
        return word.first == "-" ? -Int64(length) : Int64(length)
    }

    /// The bits a second that a word such as `8kbit` or `8kbit/s` means; nil if it means none.
    package static func rate(_ word: String) -> UInt64? {
        let bare = word.hasSuffix("/s") ? word.dropLast(2) : word[...]
        return quantity(bare, rates.map { ($0.unit, $0.bits) }, most: rateMax).flatMap { $0 > 0 ? $0 : nil }
    }

    /// What `offset` and `rate` were made from, for people.
    static func text(offset: Int64) -> String {
        (offset < 0 ? "-" : "+") + humanDuration(.milliseconds(Int64(offset.magnitude)))
    }

    private static func quantity(
        _ word: some StringProtocol, _ units: [(String, UInt64)], most: UInt64
    ) -> UInt64? {
        let digits = word.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt64(digits), let unit = units.first(where: { word[digits.endIndex...] == $0.0 })
        else {
            return nil
        }
        let (product, overflows) = number.multipliedReportingOverflow(by: unit.1)
        return overflows || product > most ? nil : product
    }
}

/// What `plc lab slow` is to do to a link.
package struct LabSpeed: Equatable, Sendable {
    /// Bits a second; nil without a limit.
    package var bandwidth: UInt64?
    /// Whether the words said anything of the bandwidth.
    package var setsBandwidth = false
    /// In milliseconds; nil leaves it.
    package var latency: UInt64?

    /// Reads words such as `8kbit latency 300ms`, `latency 2s` or `full`; nil if they mean nothing.
    package init?(_ words: [String]) {
        var rest = words[...]
        guard !rest.isEmpty else { return nil }
        while let word = rest.popFirst() {
            if word == "latency" {
                guard latency == nil, let time = rest.popFirst().flatMap({ LabWords.duration($0) }) else {
                    return nil
                }
                latency = time
            } else if !setsBandwidth, word == "full" {
                setsBandwidth = true
            } else if !setsBandwidth, let rate = LabWords.rate(word) {
                bandwidth = rate
                setsBandwidth = true
            } else {
                return nil
            }
        }
    }
}
