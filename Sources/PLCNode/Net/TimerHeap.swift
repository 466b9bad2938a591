/// Names one timer; never reused.
package struct TimerID: Hashable, Sendable {
    let number: UInt64
}

/// One-shot deadlines, the earliest first; equal ones in the order in which they were set.
///
/// A binary heap. Cancelling only forgets the name, in constant time; the entry is skipped when it comes up, and
/// the heap is rebuilt once the forgotten outnumber the living, so its size stays in proportion to them.
package struct TimerHeap: Sendable {
    private struct Entry {
        let deadline: UInt64
        let id: TimerID

        func precedes(_ other: Entry) -> Bool {
            deadline != other.deadline ? deadline < other.deadline : id.number < other.id.number
        }
    }

    private var entries: [Entry] = []
    private var living: Set<TimerID> = []
    private var lastNumber: UInt64 = 0

    package init() {}

    /// The number of timers that have neither fired nor been cancelled.
    package var count: Int { living.count }

    /// Adds a timer that is due from `deadline` on, in the unit of the caller's clock.
    package mutating func schedule(at deadline: UInt64) -> TimerID {
        lastNumber += 1
        let id = TimerID(number: lastNumber)
        living.insert(id)
        entries.append(Entry(deadline: deadline, id: id))
        rise(from: entries.count - 1)
        return id
    }

    /// Forgets a timer; nothing happens if it has fired or was cancelled before.
    package mutating func cancel(_ id: TimerID) {
        guard living.remove(id) != nil else { return }
        if entries.count > 64, entries.count > 2 * living.count { rebuild() }
    }

    /// When the next timer is due, or nil if there is none.
    package mutating func nextDeadline() -> UInt64? {
        dropForgotten()
        return entries.first?.deadline
    }

    /// Removes the first timer that is due at `now`, or returns nil if none is.
    package mutating func popDue(at now: UInt64) -> TimerID? {
        dropForgotten()
        guard let first = entries.first, first.deadline <= now else { return nil }
        removeFirst()
        living.remove(first.id)
        return first.id
    }

    private mutating func dropForgotten() {
        while let first = entries.first, !living.contains(first.id) { removeFirst() }
    }

    private mutating func removeFirst() {
        let last = entries.removeLast()
        guard !entries.isEmpty else { return }
        entries[0] = last
        sink(from: 0)
    }

    private mutating func rebuild() {
        entries.removeAll { !living.contains($0.id) }
        for i in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(from: i) }
    }

    private mutating func rise(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].precedes(entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func sink(from start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].precedes(entries[least]) { least = child }
            }
            guard least != parent else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
