/// Mistakes that real systems have made, each of which the simulator must see (Specs/planted-bugs.md).
///
/// The build with the trait `PlantedBugs` has all of them, of which a process can be told to make one; any other build
/// has none. Numbers are never used twice.
@usableFromInline
package enum PlantedBug: Int, CaseIterable, Sendable {
    // Clock.
    case clockNotRaised = 1
    case overNotStated = 2
    case overIgnored = 3
    case stampReused = 4
    case clockNotStored = 5
    case clockLeadUncapped = 6

    // Log.
    case peaksReversed = 10
    case leafHashUnmarked = 11
    case lengthNotInRoot = 12
    case tagUnsalted = 13

    // Fold.
    case tieByArrival = 20
    case tieByLocalNumber = 21
    case removalByValue = 22
    case seenIgnored = 23
    case concurrentVersionLost = 24
    case editBeatsDelete = 25
    case earlyDeleteDropped = 26
    case ownershipNotEnforced = 27
    case waitingOpDropped = 28
    case keyedAliasForgotten = 29
    case digestRowForgotten = 30
    case birthRemovalForgotten = 31
    case deleteLeavesFields = 32

    // Session and replica.
    case announcedBeforeDurable = 40
    case ackBeforeDurable = 41
    case cursorAtAnnouncement = 42
    case cursorInOwnNumbers = 43
    case cursorOfAnotherSpace = 44
    case lowWaterIgnored = 45
    case moreIgnored = 46
    case notAdmittedForgotten = 47
    case cursorAtUnequalAck = 48
    case onlyNewsAnnounced = 49
    case epochNotChecked = 50
    case inSyncByCount = 51
    case wantNeverReleased = 52
    case creditNeverReturned = 53
    case bridgeForgotten = 54
    case headsBeyondLimitDropped = 55
    case reconAnswerSkipsALog = 56
    case fingerprintLeavesOutALog = 57
    case guestServed = 58
    case spaceByPrefix = 59
    case lateCountedForgotten = 60
    case refusedStaysVerified = 61
    case prefixOfOtherLeaves = 62

    // Store and shell.
    case synchronousNormal = 70
    case cursorBeforeData = 71
    case answeredBeforeCommit = 72
    case groupCompletesAll = 73
    case refusalsDoNotFollow = 74
    case fullDiskSwallowed = 75
    case memoryKeptAfterRollback = 76
    case tailMergeLosesAStretch = 77
    case ownMoveNotStored = 78
    case receivedHashesNotStored = 79
    case waitingForgottenAtStart = 80
    case removalsForgottenAtStart = 81
    case ownLogReusedAfterRestore = 82
    case epochKeptAfterRestore = 83
}

#if PlantedBugs
    extension PlantedBug {
        /// The bug that this process has; set once, before anything else runs.
        nonisolated(unsafe) package static var selected: PlantedBug?
    }

    /// Whether this process is to make that mistake.
    @inline(__always)
    package func planted(_ bug: PlantedBug) -> Bool { PlantedBug.selected == bug }

    /// A limit: tight in this build, so that little work reaches it.
    @inline(__always)
    package func limit<Value>(_ ordinary: Value, tight: Value) -> Value { tight }
#else
    /// Whether this process is to make that mistake: never, and the optimiser removes what would follow.
    @inlinable
    @inline(__always)
    package func planted(_ bug: PlantedBug) -> Bool { false }

    /// A limit; the build with planted bugs has a tight one in its stead.
    @inlinable
    @inline(__always)
    package func limit<Value>(_ ordinary: Value, tight: Value) -> Value { ordinary }
#endif
