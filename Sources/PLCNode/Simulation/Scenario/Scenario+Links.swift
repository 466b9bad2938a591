extension Scenario {
    /// Who of two groups can reach whom, and what the line between them is like.
    package struct Link: Equatable, Sendable {
        /// Which pairs are linked.
        package enum Pattern: Equatable, Sendable {
            /// Every node of the one with every node of the other.
            case each
            /// Every node of the first with the one of the second that it falls to.
            case assigned(Assignment)
            /// Every node with the next, and the last with the first.
            case ring
            /// Every node with the next.
            case chain
            /// Every node of the first with so many of the second, spread evenly.
            case some(Int)
        }

        package var a: Selection
        package var b: Selection
        package var pattern: Pattern
        package var profile: LinkProfile

        package init(
            _ a: Selection, to b: Selection, _ pattern: Pattern = .each, profile: LinkProfile = LinkProfile()
        ) {
            self.a = a
            self.b = b
            self.pattern = pattern
            self.profile = profile
        }
    }
}

/// What a line between two nodes is like, in both directions.
package struct LinkProfile: Hashable, Sendable {
    /// How the two nodes use it.
    package enum Manner: Hashable, Sendable {
        /// Connected whenever the line is open; what is written is pushed at once.
        case stay
        /// One of them dials after so many milliseconds, both exchange what is missing, and close.
        case meet(every: UInt64)
    }

    /// Time on the way, in milliseconds.
    package var latency: UInt64 = 20
    /// What chance adds to the latency at most, in milliseconds.
    package var spread: UInt64 = 0
    /// Packets lost, in a million.
    package var lossPerMillion = 0
    /// Packets that arrive twice, in a million.
    package var duplicatesPerMillion = 0
    /// Packets that arrive after their successor, in a million.
    package var reorderedPerMillion = 0
    /// Bits a second in each direction, or nil for no limit.
    package var bandwidth: UInt64?
    /// When it is open.
    package var timetable = Timetable()
    /// How the two nodes use it.
    package var manner = Manner.stay

    package init() {}
}

/// When a line is open.
package struct Timetable: Hashable, Sendable {
    /// A line that comes and goes without end.
    package struct Flapping: Hashable, Sendable {
        /// Milliseconds for which it works; the first time at the scenario's beginning.
        package var up: UInt64
        /// Milliseconds for which it does not.
        package var down: UInt64

        package init(up: UInt64, down: UInt64) {
            self.up = up
            self.down = down
        }
    }

    /// The parts of the day; none means the whole day.
    package var hours: [Hours] = []
    /// The days of the week; hours past midnight belong to the day on which they began.
    package var weekdays = Weekdays.all
    /// The stretches in which it is closed whatever the hour, in milliseconds since the beginning.
    package var closures: [Range<UInt64>] = []
    /// Whether it comes and goes besides.
    package var flapping: Flapping?

    package init() {}

    /// Whether it is always open.
    package var isAlways: Bool {
        hours.isEmpty && weekdays == .all && closures.isEmpty && flapping == nil
    }

    /// Whether it is open at `time`, in a scenario that began on `start`.
    package func isOpen(at time: UInt64, start: CalendarDate) -> Bool {
        if closures.contains(where: { $0.contains(time) }) { return false }
        if let flapping, time % (flapping.up + flapping.down) >= flapping.up { return false }
        let today = start.daysSince1970 + time / Milliseconds.day
        let isToday = weekdays.contains(daysSince1970: today)
        if hours.isEmpty { return isToday }
        let wasYesterday = weekdays.contains(daysSince1970: today - 1)
        let minute = Int(time % Milliseconds.day / Milliseconds.minute)
        return hours.contains {
            if !$0.spansMidnight { return isToday && minute >= $0.from && minute < $0.to }
            return isToday && minute >= $0.from || wasYesterday && minute < $0.to
        }
    }

    /// The next time after `time` at which it opens or closes, or nil if there is none within 400 days.
    ///
    /// - Complexity: O(steps between), of which each is a minute of the timetable, a flap or an end of a closure.
    package func nextChange(after time: UInt64, start: CalendarDate) -> UInt64? {
        let isOpenNow = isOpen(at: time, start: start)
        var next = time
        while next - time < 400 * Milliseconds.day, let step = nextEdge(after: next) {
            next = step
            if isOpen(at: next, start: start) != isOpenNow { return next }
        }
        return nil
    }

    /// The next time after `time` at which any of the rules may change its mind.
    private func nextEdge(after time: UInt64) -> UInt64? {
        var edges: [UInt64] = []
        if !hours.isEmpty || weekdays != .all {
            let midnight = time - time % Milliseconds.day
            edges.append(midnight + Milliseconds.day)
            for minute in hours.flatMap({ [$0.from, $0.to] }) {
                edges.append(midnight + UInt64(minute) * Milliseconds.minute)
            }
        }
        edges += closures.flatMap { [$0.lowerBound, $0.upperBound] }
        if let flapping {
            let period = flapping.up + flapping.down
            let begin = time - time % period
            edges += [begin + flapping.up, begin + period]
        }
        return edges.filter { $0 > time }.min()
    }
}
