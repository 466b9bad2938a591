extension Scenario {
    /// What a node writes.
    package enum WriteKind: String, Sendable, CaseIterable {
        case post, feedback, goal, reading, edit, tag, delete
    }

    /// How much of one kind is written.
    package struct WriteRate: Equatable, Sendable {
        package enum Period: String, Sendable, CaseIterable {
            case hour, day, week

            /// In milliseconds.
            package var length: UInt64 {
                switch self {
                case .hour: Milliseconds.hour
                case .day: Milliseconds.day
                case .week: Milliseconds.week
                }
            }
        }

        package var count: Int
        package var kind: WriteKind
        package var period: Period

        package init(_ count: Int, _ kind: WriteKind, a period: Period = .day) {
            self.count = count
            self.kind = kind
            self.period = period
        }
    }

    /// The work that some nodes do day by day; each node does all of it.
    package struct Workload: Equatable, Sendable {
        package var nodes: Selection
        /// The space that it goes to, or nil for all in which the node may write, by chance.
        package var space: String?
        package var rates: [WriteRate]
        /// The edits, in a million, that go to a record that another node edits within the same hour.
        package var conflictsPerMillion: Int
        /// The part of the day in which they work; nil for the whole day.
        package var hours: Hours?
        /// The days on which they work.
        package var weekdays: Weekdays
        /// When they stop, in milliseconds since the beginning; nil for the end.
        package var until: UInt64?

        package init(
            _ nodes: Selection, space: String? = nil, rates: [WriteRate], conflictsPerMillion: Int = 0,
            hours: Hours? = nil, weekdays: Weekdays = .all, until: UInt64? = nil
        ) {
            self.nodes = nodes
            self.space = space
            self.rates = rates
            self.conflictsPerMillion = conflictsPerMillion
            self.hours = hours
            self.weekdays = weekdays
            self.until = until
        }
    }
}
