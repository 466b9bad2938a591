extension Scenario {
    /// What is counted when it goes wrong, under the name that expectations and reports use.
    package enum FaultKind: String, Sendable, CaseIterable {
        case losses, duplicates, reorders, partitions, cuts, closures, kills
        case powerCuts = "power-cuts"
        case lostWrites = "lost-writes"
        case tornWrites = "torn-writes"
        case freezes, restores, clones
        case wrongClocks = "wrong-clocks"
        case fullDisks = "full-disks"
        case diskErrors = "disk-errors"
        case bitFlips = "bit-flips"
        case hostilePeers = "hostile-peers"
        case equivocations
        case oldVersions = "old-versions"
        case lateJoiners = "late-joiners"
        case departures
    }

    /// What must hold.
    package enum Expectation: Equatable, Sendable {
        /// At `by`, the replicas of every space, or of one, are equal among all its members, or those of `nodes`.
        case equal(space: String?, nodes: Selection?, by: UInt64)
        /// At the end, every write that was acknowledged is present at every live member, save those by `except`.
        case writesPresent(except: Selection?)
        /// At most `bytes` pass from `a` to `b` over each of their links, in all or on each day.
        case traffic(a: Selection, b: Selection, bytes: UInt64, aDay: Bool)
        /// Nothing that was written in the space, or in any, is ever in the stores of `nodes`, or, if nil, outside the
        /// members of that space.
        case absent(space: String?, nodes: Selection?)
        /// All bytes of all links, over the number of changes that a link delivered, are at most `bytes`.
        case bytesPerChange(UInt64)
        /// Of the writes, `perMillion` in a million are at every live member within so many milliseconds.
        case everywhere(perMillion: Int, within: UInt64, space: String?)
        /// The fault happened at least so many times.
        case faults(FaultKind, atLeast: Int)
    }
}
