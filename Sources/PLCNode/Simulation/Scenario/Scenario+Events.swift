extension Scenario {
    /// Something that happens at a time, for a time, or again and again.
    package struct Event: Equatable, Sendable {
        package var schedule: Schedule
        package var action: Action

        package init(_ schedule: Schedule, _ action: Action) {
            self.schedule = schedule
            self.action = action
        }
    }

    /// When an event happens, in milliseconds since the beginning.
    package struct Schedule: Equatable, Sendable {
        /// The first time.
        package var at: UInt64
        /// How long it lasts; nil if it does not end by itself.
        package var duration: UInt64?
        /// After how long it happens again, if it does.
        package var every: UInt64?
        /// The time from which it happens no more; nil, and only then, if it happens once.
        package var until: UInt64?

        /// Once at `at`, for `duration`.
        package init(at: UInt64, for duration: UInt64? = nil) {
            self.at = at
            self.duration = duration
        }

        /// Every `every` milliseconds from `at` to before `until`, each time for `duration`.
        package init(every: UInt64, from at: UInt64, to until: UInt64, for duration: UInt64? = nil) {
            self.at = at
            self.duration = duration
            self.every = every
            self.until = until
        }

        /// Each time at which it begins.
        package var times: [UInt64] {
            guard let every, let until else { return [at] }
            return Array(stride(from: at, to: until, by: Int(max(every, 1))))
        }
    }

    /// Whether a cut stops what goes one way only, or both ways.
    package enum Ways: Equatable, Sendable { case both, forth }

    /// Which files come back from a backup.
    package enum RestoreManner: String, Sendable, CaseIterable {
        /// The program restores, and knows it.
        case command
        /// Somebody copies the store back; the files beside it stay.
        case copy
        /// The whole disk goes back, with all that might have noticed.
        case image
    }

    /// What a clock does that is not right.
    package enum ClockFault: Equatable, Sendable {
        /// It says the first of January of a year, and goes on from there.
        case year(Int)
        /// It is so many milliseconds ahead, or behind if negative.
        case offset(Int64)
        /// It gains so many microseconds a second, or loses them if negative.
        case drift(Int)
        /// It is right again.
        case right
    }

    /// What is wrong with a disk.
    package enum DiskFault: String, Sendable, CaseIterable {
        /// No byte more fits.
        case full
        /// What is to be made durable is answered with an error.
        case failing
        /// A write that a power cut interrupts leaves a part of itself behind.
        case torn
    }

    /// What a hostile peer does.
    package enum Behaviour: String, Sendable, CaseIterable {
        /// Frames that are none.
        case malformed
        /// Signatures and hashes that are wrong.
        case forgeries
        /// What was said before, again.
        case replays
        /// More valid changes than anybody reads.
        case floods
        /// Heads longer than the logs are.
        case boasts
        /// Reconciliation that never ends.
        case endless
        /// Silence about what it holds.
        case withholds
        /// Reading at a byte a second.
        case dawdles
        /// Stamps of a far future.
        case prophecies
        /// Asking for spaces of which it is no member.
        case snoops
    }

    /// What happens.
    package enum Action: Equatable, Sendable {
        /// Nothing passes between the one side and the other; with `forth`, nothing from the first to the second.
        case partition(Selection, from: Selection, Ways)
        /// As a partition, but only the direct links of the two sides.
        case cut(Selection, to: Selection, Ways)
        /// All partitions and cuts end.
        case heal
        /// The process dies; all that it had written stays.
        case kill(Selection)
        /// The process runs again.
        case start(Selection)
        /// The process dies, and with it all that it had not made durable.
        case powerCut(Selection)
        /// The process stands still, and does not know it.
        case freeze(Selection)
        /// The store becomes what it was `age` milliseconds ago.
        case restore(Selection, age: UInt64, RestoreManner)
        /// Another machine runs a copy of the node's disk.
        case clone(String, as: String)
        case clock(Selection, ClockFault)
        case disk(Selection, DiskFault)
        /// There is room on the disk again.
        case diskFree(Selection)
        /// So many bits of the store flip.
        case bitRot(Selection, bits: Int)
        case hostile(Selection, [Behaviour])
        /// The node writes two changes under one number, and shows each to others.
        case equivocate(Selection)
        /// The node runs a program of another version.
        case oldVersion(Selection)
        /// The node is invited only now, to one space or to all of its own.
        case join(Selection, space: String?)
        /// The node is gone for good.
        case leave(Selection)
        /// The node writes so many records at once.
        case write(Selection, Int, WriteKind, space: String?)
    }
}

extension Scenario.Action {
    /// Whether it can end by itself after a duration.
    package var canLast: Bool {
        switch self {
        case .partition, .cut, .kill, .powerCut, .freeze, .disk, .hostile, .oldVersion: true
        case .clock(_, let fault): fault != .right
        case .heal, .start, .restore, .clone, .diskFree, .bitRot, .equivocate, .join, .leave, .write: false
        }
    }

    /// Whether it may happen again and again.
    package var canRepeat: Bool {
        switch self {
        case .clone, .join, .leave: false
        case .partition, .cut, .heal, .kill, .start, .powerCut, .freeze, .restore, .clock, .disk, .diskFree,
            .bitRot, .hostile, .equivocate, .oldVersion, .write:
            true
        }
    }

    /// What plc must learn before it can be run, or nil.
    package var waitsFor: String? {
        switch self {
        case .clone, .hostile, .equivocate: "trust"
        case .oldVersion: "a second format"
        case .partition, .cut, .heal, .kill, .start, .powerCut, .freeze, .restore, .clock, .disk, .diskFree,
            .bitRot, .join, .leave, .write:
            nil
        }
    }
}
