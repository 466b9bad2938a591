import PLCSync

/// When the walk over all logs goes on: slowly, after a pause as long as what was read deserves, and again a day after its
/// end.
package struct Scrubber: Sendable {
    /// So many bytes a second are looked at, at the most in the long run.
    ///
    /// A day's worth is 5.6 GB, and costs less than a hundredth of a core.
    package static let bytesASecond: UInt64 = 65_536
    /// How long after the end of a walk the next begins, in milliseconds.
    package static let interval: UInt64 = 86_400_000
    /// How often it is written down how far the walk has come, in milliseconds: what is not is only walked again.
    static let noteInterval: UInt64 = 600_000
    /// How long after an error the walk is tried again, in milliseconds.
    static let pauseAfterError: UInt64 = 3_600_000

    /// How far the walk has come; nil: not read from the store yet.
    private var progress: ScrubProgress?
    /// Whether a step is under way.
    private var isAtWork = false
    /// When the next block may be looked at.
    private var due: UInt64 = 0
    private var noted: UInt64 = 0

    package init() {}

    /// Whether a walk has ended and the next has not begun.
    package var isAtEnd: Bool { progress.map { $0.isAtBeginning && $0.ended != nil } ?? false }

    /// What is to be done next.
    enum Task {
        /// Read from the store how far the walk has come.
        case load
        /// Look at the next block.
        case look(ScrubProgress)
    }

    /// What is to be done now; nil: nothing.
    mutating func begin(at now: Now) -> Task? {
        guard !isAtWork, now.monotonic >= due else { return nil }
        if let progress, progress.isAtBeginning, let ended = progress.ended {
            let wall = now.wall.milliseconds
            // A clock that goes back must not put the walk off for years.
            guard wall < ended || wall - ended >= Self.interval else { return nil }
        }
        isAtWork = true
        if let progress { return .look(progress) }
        noted = now.monotonic
        return .load
    }

    /// So far the walk had come.
    mutating func loaded(_ progress: ScrubProgress) {
        isAtWork = false
        self.progress = progress
    }

    /// Takes in what a step has found; returns what is to be written down, if it is time for that.
    mutating func end(_ step: ScrubStep, at now: Now) -> ScrubProgress? {
        isAtWork = false
        due = now.monotonic + UInt64(clamping: step.bytes) * 1_000 / Self.bytesASecond
        let next = step.next ?? ScrubProgress(ended: now.wall)
        progress = next
        guard step.next == nil || step.damaged != nil || now.monotonic >= noted + Self.noteInterval else {
            return nil
        }
        noted = now.monotonic
        return next
    }

    /// The step could not be done.
    mutating func fail(at now: Now) {
        isAtWork = false
        due = now.monotonic + Self.pauseAfterError
    }
}
