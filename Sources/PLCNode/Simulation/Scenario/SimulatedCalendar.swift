/// Lengths of time in the unit of the simulator.
package enum Milliseconds {
    package static let second: UInt64 = 1_000
    package static let minute = 60 * second
    package static let hour = 60 * minute
    package static let day = 24 * hour
    package static let week = 7 * day
}

/// A day of the proleptic Gregorian calendar.
package struct CalendarDate: Hashable, Comparable, Sendable {
    /// 1970 or later.
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 31.
    package let day: Int

    /// The day, or nil if the calendar has none such, or it lies before 1970 or after 9999.
    package init?(year: Int, month: Int, day: Int) {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1970...9999).contains(year), (1...12).contains(month), (1...lengths[month - 1]).contains(day)
        else { return nil }
        self.init(known: year, month, day)
    }

    private init(known year: Int, _ month: Int, _ day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The day on which a scenario begins that names none: a Sunday in the first week of school.
    package static let schoolStart = CalendarDate(known: 2026, 9, 6)

    /// Days since 1970-01-01.
    ///
    /// Source: Hinnant, chrono-Compatible Low-Level Date Algorithms.
    package var daysSince1970: UInt64 {
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return UInt64(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
    }

    /// Midnight at which the day begins, in milliseconds since 1970, UTC.
    package var midnight: UInt64 { daysSince1970 * Milliseconds.day }

    package static func < (a: Self, b: Self) -> Bool { (a.year, a.month, a.day) < (b.year, b.month, b.day) }
}

/// Some days of the week.
package struct Weekdays: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue & 0x7f }

    /// The days as a scenario spells them, Sunday first, as the week of the schools does.
    package static let names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    package static let all = Weekdays(rawValue: 0x7f)
    /// Sunday to Thursday.
    package static let schoolDays = Weekdays(rawValue: 0x1f)

    /// The day with that index in `names`.
    package init(index: Int) { self.init(rawValue: 1 << UInt8(index % 7)) }

    /// Whether the day that begins `days` days after 1970-01-01, a Thursday, is one of them.
    package func contains(daysSince1970 days: UInt64) -> Bool {
        contains(Weekdays(index: Int((days + 4) % 7)))
    }
}

/// A part of every day; one that ends before it begins spans midnight.
package struct Hours: Hashable, Sendable {
    /// Minutes after midnight, 0 to 1,439.
    package let from: Int
    /// Minutes after midnight, 1 to 1,440, not `from`.
    package let to: Int

    package init(from: Int, to: Int) {
        precondition(
            (0..<1_440).contains(from) && (1...1_440).contains(to) && from != to, "no hours: \(from)-\(to)")
        (self.from, self.to) = (from, to)
    }

    /// Whether it spans midnight.
    package var spansMidnight: Bool { to < from }
}
