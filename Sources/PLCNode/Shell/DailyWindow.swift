internal import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// A part of every day; one that ends before it begins spans midnight.
package struct DailyWindow: Hashable, Sendable {
    /// Minutes since midnight; past 1,440 on the next day.
    private let minutes: Range<Int>

    /// The window that `HH:MM-HH:MM` names, or nil for any other text.
    package init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Self.minute($0) }
        guard ends.count == 2, let start = ends[0], let end = ends[1], start != end else { return nil }
        minutes = start..<(end > start ? end : end + 1_440)
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2,
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0...24).contains(hour),
            (0..<60).contains(minute), hour * 60 + minute <= 1_440
        else { return nil }
        return hour * 60 + minute
    }

    /// Whether a minute of the day is inside.
    package func contains(_ minute: Int) -> Bool {
        minutes.contains(minute) || minutes.contains(minute + 1_440)
    }

    /// Whether it is inside now, by the local clock.
    package var isNow: Bool {
        var time = time_t(World.wall().milliseconds / 1_000)
        var parts = tm()
        localtime_r(&time, &parts)
        return contains(Int(parts.tm_hour) * 60 + Int(parts.tm_min))
    }
}
