extension ScenarioLine {
    /// The most that a number may be, so that no sum of times overflows.
    private static let numberMax: UInt64 = 10_000_000_000_000
    /// The longest time, a hundred years, in milliseconds.
    static let durationMax: UInt64 = 36_525 * Milliseconds.day

    /// A whole number.
    mutating func whole(from least: UInt64 = 0, to most: UInt64 = 1_000_000_000) throws(ScenarioProblem)
        -> UInt64
    {
        try need(.range(least, most)) { word in
            Self.digits(word).flatMap { (least...most).contains($0) ? $0 : nil }
        }
    }

    mutating func count(from least: Int = 0, to most: Int = 1_000_000_000) throws(ScenarioProblem) -> Int {
        Int(try whole(from: UInt64(least), to: UInt64(most)))
    }

    static func digits(_ word: some StringProtocol) -> UInt64? {
        guard !word.isEmpty, word.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return UInt64(word).flatMap { $0 <= numberMax ? $0 : nil }
    }

    /// `number` times `scale`, if that is a whole number; up to four decimals.
    private static func scaled(_ number: some StringProtocol, _ scale: UInt64) -> UInt64? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = digits(parts[0]) else { return nil }
        let (product, overflows) = whole.multipliedReportingOverflow(by: scale)
        if overflows { return nil }
        guard parts.count == 2 else { return product }
        guard (1...4).contains(parts[1].count), let fraction = digits(parts[1]) else { return nil }
        let tenth = (0..<parts[1].count).reduce(1 as UInt64) { power, _ in power * 10 }
        let (part, tooMuch) = fraction.multipliedReportingOverflow(by: scale)
        guard !tooMuch, part % tenth == 0 else { return nil }
        return product + part / tenth
    }

    // MARK: Units

    private static let durationUnits: [(names: [String], length: UInt64)] = [
        (["ms"], 1), (["s", "second", "seconds"], Milliseconds.second),
        (["min", "minute", "minutes"], Milliseconds.minute), (["h", "hour", "hours"], Milliseconds.hour),
        (["days", "day"], Milliseconds.day), (["weeks", "week"], Milliseconds.week),
        (["years", "year"], 365 * Milliseconds.day),
    ]
    private static let bandwidthUnits: [(names: [String], length: UInt64)] = [
        (["bit/s"], 1), (["kbit/s"], 1_000), (["Mbit/s"], 1_000_000),
    ]
    private static let byteUnits: [(names: [String], length: UInt64)] = [
        (["bytes", "byte", "B"], 1), (["kB"], 1_000), (["MB"], 1_000_000), (["GB"], 1_000_000_000),
    ]
    private static let percent: [(names: [String], length: UInt64)] = [(["%"], 10_000)]

    /// A number and its unit; `thing` says what it is.
    private mutating func quantity(
        _ thing: Phrase, _ units: [(names: [String], length: UInt64)], most: UInt64
    ) throws(ScenarioProblem) -> UInt64 {
        let number = try need(.thing(thing)) { Self.scaled($0, 10_000) == nil ? nil : $0 }
        return try unit(of: number, thing, units, most: most)
    }

    private mutating func unit(
        of number: String, _ thing: Phrase, _ units: [(names: [String], length: UInt64)], most: UInt64
    ) throws(ScenarioProblem) -> UInt64 {
        guard let next, let unit = units.first(where: { $0.names.contains(next) }) else {
            throw problem(units.map { .word($0.names[0]) })
        }
        guard let value = Self.scaled(number, unit.length), value <= most else {
            rewind(to: position - 1)
            throw problem([.thing(thing)])
        }
        advance()
        return value
    }

    /// A length of time in milliseconds, such as `20 min`.
    mutating func duration() throws(ScenarioProblem) -> UInt64 {
        try quantity(ScenarioTexts.duration, Self.durationUnits, most: Self.durationMax)
    }

    /// A part of a whole in millionths, such as `2 %`.
    mutating func share() throws(ScenarioProblem) -> Int {
        Int(try quantity(ScenarioTexts.percentage, Self.percent, most: 1_000_000))
    }

    /// Bits a second, such as `256 kbit/s`.
    mutating func bandwidth() throws(ScenarioProblem) -> UInt64 {
        try quantity(ScenarioTexts.bandwidth, Self.bandwidthUnits, most: 1_000_000_000_000)
    }

    /// A number of bytes, such as `3 MB`.
    mutating func bytes() throws(ScenarioProblem) -> UInt64 {
        try quantity(ScenarioTexts.bytes, Self.byteUnits, most: 1_000_000_000_000_000)
    }

    /// A length of time with its sign, in milliseconds, such as `+80 years`.
    mutating func offset() throws(ScenarioProblem) -> Int64 {
        let (sign, number) = try signed(ScenarioTexts.offset)
        let length = try unit(
            of: number, ScenarioTexts.offset, Self.durationUnits, most: Self.durationMax)
        return sign * Int64(length)
    }

    /// Microseconds a second with their sign, such as `-200 ppm`.
    mutating func drift() throws(ScenarioProblem) -> Int {
        let start = position
        let (sign, number) = try signed(ScenarioTexts.drift)
        guard let drift = Self.digits(number), drift <= 1_000_000 else {
            rewind(to: start)
            throw problem([.thing(ScenarioTexts.drift)])
        }
        try need("ppm")
        return Int(sign) * Int(drift)
    }

    private mutating func signed(_ thing: Phrase) throws(ScenarioProblem) -> (Int64, String) {
        try need(.thing(thing)) { word in
            guard word.first == "+" || word.first == "-", Self.scaled(word.dropFirst(), 10_000) != nil else {
                return nil
            }
            return (word.first == "-" ? -1 : 1, String(word.dropFirst()))
        }
    }

    /// A range of numbers, whose unit stands after the second or after both, such as `1 to 800 ms`.
    mutating func range(_ unit: Scenario.Dial.Unit) throws(ScenarioProblem) -> ClosedRange<UInt64> {
        let low: UInt64
        let high: UInt64
        let last: Int
        if let (thing, units, most) = Self.units(of: unit) {
            let number = try need(.thing(thing)) { Self.scaled($0, 10_000) == nil ? nil : $0 }
            if next == "to" {
                try need("to")
                last = position
                high = try quantity(thing, units, most: most)
                let word = words[position - 1].text
                low = units.first { $0.names.contains(word) }.flatMap { Self.scaled(number, $0.length) } ?? 0
            } else {
                low = try self.unit(of: number, thing, units, most: most)
                try need("to")
                last = position
                high = try quantity(thing, units, most: most)
            }
        } else {
            low = try whole(to: 1_000_000)
            try need("to")
            last = position
            high = try whole(to: 1_000_000)
        }
        if low <= high { return low...high }
        rewind(to: last)
        throw problem([.thing(ScenarioTexts.larger)])
    }

    private typealias Units = (thing: Phrase, units: [(names: [String], length: UInt64)], most: UInt64)

    /// How numbers of a manner are spelled, or nil for those without a unit.
    private static func units(of unit: Scenario.Dial.Unit) -> Units? {
        switch unit {
        case .count: nil
        case .duration: (ScenarioTexts.duration, durationUnits, durationMax)
        case .perMillion: (ScenarioTexts.percentage, percent, 1_000_000)
        case .bitsPerSecond: (ScenarioTexts.bandwidth, bandwidthUnits, 1_000_000_000_000)
        }
    }

    // MARK: Times

    /// A time of the scenario in milliseconds, such as `day 10 at 09:20`, or `the end`.
    mutating func point(end: UInt64) throws(ScenarioProblem) -> UInt64 {
        if take("the end") { return end }
        try need("day")
        let day = try whole(from: 1, to: 36_525)
        var time = (day - 1) * Milliseconds.day
        if take("at") { time += try need(.thing(ScenarioTexts.timeOfDay), Self.timeOfDay) }
        return time
    }

    /// Milliseconds after midnight, of `HH:MM`, `HH:MM:SS` or `HH:MM:SS.mmm`.
    private static func timeOfDay(_ word: some StringProtocol) -> UInt64? {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), (1...2).contains(parts[0].count), parts[1].count == 2,
            let hour = digits(parts[0]), let minute = digits(parts[1]), hour < 24, minute < 60
        else { return nil }
        var time = hour * Milliseconds.hour + minute * Milliseconds.minute
        if parts.count == 3 {
            let second = parts[2].split(separator: ".", omittingEmptySubsequences: false)
            guard second.count <= 2, second[0].count == 2, let whole = digits(second[0]), whole < 60 else {
                return nil
            }
            time += whole * Milliseconds.second
            if second.count == 2 {
                guard second[1].count == 3, let fraction = digits(second[1]) else { return nil }
                time += fraction
            }
        }
        return time
    }

    /// A minute of the day, 00:00 to 24:00.
    private static func minute(_ word: some StringProtocol) -> Int? {
        if word == "24:00" { return 1_440 }
        guard word.filter({ $0 == ":" }).count == 1, let time = timeOfDay(word) else { return nil }
        return Int(time / Milliseconds.minute)
    }

    /// A part of the day, such as `12:00-14:00`.
    mutating func hours() throws(ScenarioProblem) -> Hours {
        try need(.thing(ScenarioTexts.hours)) { word in
            let ends = word.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let from = Self.minute(ends[0]), let to = Self.minute(ends[1]) else {
                return nil
            }
            return Self.hours(from, to)
        }
    }

    /// A part of the day, such as `from 07:00 to 15:00`, after its first word.
    mutating func hoursInWords() throws(ScenarioProblem) -> Hours {
        let from = try need(.thing(ScenarioTexts.timeOfDay), { Self.minute($0) })
        try need("to")
        return try need(.thing(ScenarioTexts.timeOfDay)) { Self.minute($0).flatMap { Self.hours(from, $0) } }
    }

    /// What ends at midnight ends at 24:00, so that one part of the day is spelled in one way.
    private static func hours(_ from: Int, _ to: Int) -> Hours? {
        let to = to == 0 ? 1_440 : to
        return from < 1_440 && from != to ? Hours(from: from, to: to) : nil
    }

    /// Days of the week, such as `sun..thu` or `mon, wed`.
    mutating func weekdays() throws(ScenarioProblem) -> Weekdays {
        if take("weekdays") { return .schoolDays }
        var days = Weekdays()
        repeat {
            days.formUnion(
                try need(.oneOf(ScenarioTexts.weekday, Weekdays.names)) { word in
                    let ends = word.split(separator: ".", omittingEmptySubsequences: false)
                    let found = [ends.first, ends.last].compactMap { end in
                        Weekdays.names.firstIndex { $0 == end ?? "" }
                    }
                    guard found.count == 2, ends.count == 1 || ends.count == 3 && ends[1].isEmpty else {
                        return nil
                    }
                    let last = found[1] < found[0] ? found[1] + 7 : found[1]
                    return (found[0]...last).reduce(into: Weekdays()) { $0.insert(Weekdays(index: $1)) }
                })
        } while take(",")
        return days
    }

    /// A date, such as `2026-09-06`.
    mutating func date() throws(ScenarioProblem) -> CalendarDate {
        try need(.thing(ScenarioTexts.date)) { word in
            let parts = word.split(separator: "-", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { Self.digits($0).flatMap { Int(exactly: $0) } }
            guard parts.map(\.count) == [4, 2, 2], numbers.count == 3 else { return nil }
            return CalendarDate(year: numbers[0], month: numbers[1], day: numbers[2])
        }
    }

    // MARK: Names

    /// A name: letters, digits, `-` and `_`, a letter first, and none of the words that mean all or any.
    mutating func name(_ thing: Phrase = ScenarioTexts.name) throws(ScenarioProblem) -> String {
        try need(.thing(thing)) { Self.isName($0) ? $0 : nil }
    }

    static func isName(_ word: some StringProtocol) -> Bool {
        guard let first = word.first, first.isLetter, word.count <= 64, word != "all", word != "any" else {
            return false
        }
        return word.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    }

    /// Some nodes, such as `district-1, school-1..school-10`; shares are read only if `withShares`.
    mutating func selection(withShares: Bool = false) throws(ScenarioProblem) -> Scenario.Selection {
        var selection = Scenario.Selection([])
        repeat { selection.terms.append(try term(withShares: withShares)) } while take(",")
        if take("except") {
            repeat { selection.except.append(try term(withShares: withShares)) } while take(",")
        }
        return selection
    }

    /// One of them.
    mutating func term(withShares: Bool) throws(ScenarioProblem) -> Scenario.Selection.Term {
        if take("all others") { return .others }
        if take("all") { return .all }
        let term = try need(.thing(ScenarioTexts.nodes)) { word in
            Self.isName(word) ? Scenario.Selection.Term.name(word) : Self.nodeRange(word)
        }
        guard withShares, case .name(let name) = term, let share = try assignment() else { return term }
        return .share(name, share)
    }

    /// `in turn` or `in blocks`, if it stands next.
    mutating func assignment() throws(ScenarioProblem) -> Scenario.Assignment? {
        for assignment in Scenario.Assignment.allCases where take("in \(assignment.rawValue)") {
            return assignment
        }
        return nil
    }

    /// `school-1..school-10`, or `school-1..10`.
    private static func nodeRange(_ word: String) -> Scenario.Selection.Term? {
        let ends = word.split(separator: ".", omittingEmptySubsequences: false)
        guard ends.count == 3, ends[1].isEmpty, isName(ends[0]), let hyphen = ends[0].lastIndex(of: "-"),
            let from = digits(ends[0][ends[0].index(after: hyphen)...])
        else { return nil }
        let group = ends[0][..<hyphen]
        let last = ends[2].hasPrefix(group + "-") ? ends[2].dropFirst(group.count + 1) : ends[2]
        guard let to = digits(last), to <= Scenario.nodesMax, from <= Scenario.nodesMax, isName(group) else {
            return nil
        }
        return .range(String(group), Int(from), Int(to))
    }
}
