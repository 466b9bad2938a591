/// A point in time for people and programs: `2027-03-01T08:30:00Z`, seconds since 1970 in the proleptic
/// Gregorian calendar.
///
/// Source: Hinnant, chrono-Compatible Low-Level Date Algorithms.
package func isoDate(milliseconds: UInt64) -> String {
    let seconds = milliseconds / 1_000
    let days = Int64(clamping: seconds / 86_400)
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let clock = seconds % 86_400
    return "\(year)-\(two(UInt64(month)))-\(two(UInt64(day)))T\(two(clock / 3_600)):\(two(clock / 60 % 60)):"
        + "\(two(clock % 60))Z"
}
