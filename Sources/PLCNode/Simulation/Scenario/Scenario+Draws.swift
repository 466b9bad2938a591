extension Scenario {
    /// What the seed of a swarm decides.
    package enum Dial: String, Sendable, CaseIterable {
        /// How many nodes there are.
        case nodes
        /// How many spaces there are.
        case spaces
        /// How long it goes on, in milliseconds.
        case length
        /// How long nothing goes wrong at the end, in milliseconds.
        case quiet
        /// How many members of each space are stewards beside its founder.
        case stewards
        /// Writes a day of each node.
        case writes
        /// Of a million edits, those that meet another.
        case conflicts
        // Links.
        case latency, spread, loss, duplicates, reorders, bandwidth, meetings
        // Faults, in all.
        case flapping, partitions, cuts, kills
        case powerCuts = "power-cuts"
        case freezes, restores
        case wrongClocks = "wrong-clocks"
        case fullDisks = "full-disks"
        case diskErrors = "disk-errors"
        case tornWrites = "torn-writes"
        case bitFlips = "bit-flips"
        case lateJoiners = "late-joiners"
        case departures

        /// What its numbers count.
        package enum Unit: Sendable { case count, duration, perMillion, bitsPerSecond }

        package var unit: Unit {
            switch self {
            case .length, .quiet, .latency, .spread, .meetings: .duration
            case .conflicts, .loss, .duplicates, .reorders: .perMillion
            case .bandwidth: .bitsPerSecond
            case .nodes, .spaces, .stewards, .writes, .flapping, .partitions, .cuts, .kills, .powerCuts,
                .freezes,
                .restores, .wrongClocks, .fullDisks, .diskErrors, .tornWrites, .bitFlips, .lateJoiners,
                .departures:
                .count
            }
        }

        /// Whether it is switched off altogether for some seeds, so that no fault hides behind another.
        package var isFault: Bool {
            switch self {
            case .nodes, .spaces, .stewards, .length, .quiet, .writes, .conflicts, .latency: false
            case .spread, .loss, .duplicates, .reorders, .bandwidth, .meetings, .flapping, .partitions, .cuts,
                .kills, .powerCuts, .freezes, .restores, .wrongClocks, .fullDisks, .diskErrors, .tornWrites,
                .bitFlips, .lateJoiners, .departures:
                true
            }
        }
    }

    /// A range from which a seed draws a number, each as likely as another.
    package struct Draw: Equatable, Sendable {
        package var dial: Dial
        /// In the dial's unit: a count, milliseconds, in a million, or bits a second.
        package var range: ClosedRange<UInt64>
        /// In a million seeds, those for which the dial is used at all.
        package var chancePerMillion: Int

        package init(_ dial: Dial, _ range: ClosedRange<UInt64>, chancePerMillion: Int) {
            self.dial = dial
            self.range = range
            self.chancePerMillion = chancePerMillion
        }
    }
}
