package import PLCSync

/// Which writes met each other: to one field of one record, by two nodes of which neither held the other's.
///
/// The world knows what each node held when it wrote, so no clock and no word of a change is needed to tell.
package struct ConflictLedger: Sendable {
    /// Fields in which one value counts, or in which several stand beside each other.
    package struct Tally: Equatable, Sendable {
        /// Writes whose author did not hold an earlier write of another node to the same field.
        package var concurrentWrites = 0
        /// Fields with any such write.
        package var fields = 0
        /// Of these, the fields whose last write was made by somebody who held all earlier ones.
        package var settled = 0
        /// Over all others, the writes that no later writer had seen, beyond the one that is shown.
        package var left = 0
        /// Fields of records that are deleted at the end; counted in `fields` and nowhere else.
        package var gone = 0

        package init() {}
    }

    /// One value counts, and the last writer's wins.
    package var registers = Tally()
    /// Values stand beside each other until somebody replaces them.
    package var multis = Tally()

    private struct Place: Hashable {
        let record: Dot
        let field: Field
    }

    private struct Entry {
        let isRegister: Bool
        /// The writes that no other author had seen when it wrote, in order.
        var heads: [(log: LogID, sequence: UInt64)] = []
        var isContested = false
    }

    private var entries: [Place: Entry] = [:]

    package init() {}

    /// A write became durable; `held` says how many changes of a log its author's node held when it wrote.
    package mutating func note(
        _ write: Dot, to field: Field, of record: Dot, isRegister: Bool, held: (LogID) -> UInt64
    ) {
        let place = Place(record: record, field: field)
        var entry = entries[place] ?? Entry(isRegister: isRegister)
        entry.heads.removeAll { $0.log == write.log || held($0.log) >= $0.sequence }
        if !entry.heads.isEmpty {
            entry.isContested = true
            if isRegister { registers.concurrentWrites += 1 } else { multis.concurrentWrites += 1 }
        }
        entry.heads.append((write.log, write.sequence))
        entries[place] = entry
    }

    /// Counts how things stand at the end; `isLive` says whether a record is still there.
    package mutating func close(isLive: (Dot) -> Bool) {
        for (place, entry) in entries where entry.isContested {
            var tally = entry.isRegister ? registers : multis
            tally.fields += 1
            if !isLive(place.record) {
                tally.gone += 1
            } else if entry.heads.count == 1 {
                tally.settled += 1
            } else {
                tally.left += entry.heads.count - 1
            }
            if entry.isRegister { registers = tally } else { multis = tally }
        }
        entries = [:]
    }
}
