/// The locks that the connections of one process hold on one file, as SQLite takes them.
///
/// Source: the five states of the file-locking chapter of SQLite's documentation.
struct FileLocks {
    /// SQLite's lock levels, in order.
    enum Level: Int32, Comparable {
        case none = 0, shared, reserved, pending, exclusive

        static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    private var levels: [ObjectIdentifier: Level] = [:]

    /// Raises the holder's lock; false if another holder is in the way.
    mutating func lock(_ holder: ObjectIdentifier, _ wanted: Level) -> Bool {
        let own = levels[holder] ?? .none
        guard wanted > own else { return true }
        let others = levels.filter { $0.key != holder }.values
        switch wanted {
        case .none: break
        case .shared: if others.contains(where: { $0 >= .pending }) { return false }
        case .reserved, .pending: if others.contains(where: { $0 >= .reserved }) { return false }
        case .exclusive:
            if others.contains(where: { $0 >= .reserved }) { return false }
            if others.contains(where: { $0 == .shared }) {
                levels[holder] = .pending
                return false
            }
        }
        levels[holder] = wanted
        return true
    }

    /// Lowers the holder's lock.
    mutating func unlock(_ holder: ObjectIdentifier, _ wanted: Level) {
        levels[holder] = wanted == .none ? nil : wanted
    }

    /// Whether somebody is about to write.
    var isReserved: Bool { levels.values.contains { $0 >= .reserved } }
}

/// The index of a write-ahead log, which the connections of one process share, and the locks on its eight slots.
struct SharedMemory {
    /// Memory that lives as long as somebody uses it.
    final class Region {
        let start: UnsafeMutableRawPointer

        init(bytes: Int) {
            start = .allocate(byteCount: bytes, alignment: 16)
            start.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        }

        deinit { start.deallocate() }
    }

    private(set) var regions: [Region] = []
    private var shared = [Set<ObjectIdentifier>](repeating: [], count: 8)
    private var exclusive = [ObjectIdentifier?](repeating: nil, count: 8)

    /// The region with this number; nil if it is not there and is not to be made.
    mutating func region(_ number: Int, bytes: Int, extends: Bool) -> Region? {
        guard number < regions.count || extends else { return nil }
        while regions.count <= number { regions.append(Region(bytes: bytes)) }
        return regions[number]
    }

    /// Takes slots for reading together with others, or alone; false if another holder is in the way.
    mutating func lock(_ holder: ObjectIdentifier, _ slots: Range<Int>, alone: Bool) -> Bool {
        for slot in slots {
            if let owner = exclusive[slot], owner != holder { return false }
            if alone, shared[slot].contains(where: { $0 != holder }) { return false }
        }
        for slot in slots {
            if alone { exclusive[slot] = holder } else { shared[slot].insert(holder) }
        }
        return true
    }

    /// Gives slots back.
    mutating func unlock(_ holder: ObjectIdentifier, _ slots: Range<Int>, alone: Bool) {
        for slot in slots {
            if alone { exclusive[slot] = nil } else { shared[slot].remove(holder) }
        }
    }

    /// The holder is gone.
    mutating func forget(_ holder: ObjectIdentifier) {
        for slot in 0..<8 {
            if exclusive[slot] == holder { exclusive[slot] = nil }
            shared[slot].remove(holder)
        }
    }
}
