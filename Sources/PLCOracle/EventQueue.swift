/// Events in order of time, and of insertion where times are equal.
///
/// - Complexity: O(log n) comparisons of numbers an event; events themselves are moved in once and out once.
package struct EventQueue<Event> {
    /// What the heap orders: when, in which order, and where the event waits.
    private struct Entry {
        let time: UInt64
        let order: UInt64
        let slot: Int

        func comesBefore(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : order < other.order
        }
    }

    private var heap: [Entry] = []
    private var slots: [Event?] = []
    private var free: [Int] = []
    private var order: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { heap.isEmpty }

    /// When the next event is due.
    package var nextTime: UInt64? { heap.first?.time }

    package mutating func add(_ event: Event, at time: UInt64) {
        order += 1
        let slot: Int
        if let unused = free.popLast() {
            slot = unused
            slots[slot] = event
        } else {
            slot = slots.count
            slots.append(event)
        }
        heap.append(Entry(time: time, order: order, slot: slot))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].comesBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    package mutating func next() -> (time: UInt64, event: Event)? {
        guard let first = heap.first, let event = slots[first.slot] else { return nil }
        slots[first.slot] = nil
        free.append(first.slot)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.time, event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].comesBefore(heap[least]) { least = child }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
