/// What differs from a record's birth, in memory: each list in the order of its keys, so that it is searched by halving.
///
/// Values are ranges of the leaves that wrote them.
struct RecordCells: Sendable {
    /// A field that a `set` has won.
    struct Register: Sendable {
        let field: Field
        var stamp: WriteStamp
        var value: Range<UInt32>
    }

    /// An element that was added later.
    struct Element: Sendable {
        let dot: LocalDot
        let field: Field
        let stamp: UInt64
        let value: Range<UInt32>
    }

    /// A removal that is noted.
    struct Mark: Comparable, Sendable {
        let dot: LocalDot
        let field: Field

        static func < (a: Self, b: Self) -> Bool { a.dot != b.dot ? a.dot < b.dot : a.field < b.field }
    }

    let record: FoldRecord
    private(set) var isLive = true
    private(set) var registers: [Register] = []
    private(set) var elements: [Element] = []
    private(set) var marks: [Mark] = []

    init(_ record: FoldRecord) { self.record = record }

    /// The record is no more.
    mutating func end() {
        isLive = false
        registers = []
        elements = []
        marks = []
    }

    func winner(_ field: Field) -> WriteStamp? {
        let place = registers.place(of: field, \.field)
        return place < registers.count && registers[place].field == field ? registers[place].stamp : nil
    }

    mutating func put(_ field: Field, _ stamp: WriteStamp, _ value: Range<Int>) {
        let place = registers.place(of: field, \.field)
        if place < registers.count, registers[place].field == field {
            registers[place].stamp = stamp
            registers[place].value = Self.short(value)
        } else {
            registers.insert(Register(field: field, stamp: stamp, value: Self.short(value)), at: place)
        }
    }

    mutating func insert(_ field: Field, _ dot: LocalDot, _ stamp: UInt64, _ value: Range<Int>) {
        let place = elements.place(of: dot, \.dot)
        elements.insert(Element(dot: dot, field: field, stamp: stamp, value: Self.short(value)), at: place)
    }

    /// Takes an element out, if it is one of the field.
    mutating func remove(_ field: Field, _ dot: LocalDot) {
        let place = elements.place(of: dot, \.dot)
        guard place < elements.count else { return }
        let element = elements[place]
        if element.dot == dot, element.field == field { elements.remove(at: place) }
    }

    /// Notes a removal; false if it was noted before.
    mutating func mark(_ field: Field, _ dot: LocalDot) -> Bool {
        let mark = Mark(dot: dot, field: field)
        let place = marks.place(of: mark, \.self)
        guard place == marks.count || marks[place] != mark else { return false }
        marks.insert(mark, at: place)
        return true
    }

    /// Takes the note of a removal away; false if there is none.
    mutating func unmark(_ field: Field, _ dot: LocalDot) -> Bool {
        let mark = Mark(dot: dot, field: field)
        let place = marks.place(of: mark, \.self)
        guard place < marks.count, marks[place] == mark else { return false }
        marks.remove(at: place)
        return true
    }

    /// A range of a leaf, which has at most 64 KiB.
    private static func short(_ range: Range<Int>) -> Range<UInt32> {
        UInt32(range.lowerBound)..<UInt32(range.upperBound)
    }
}

extension Array {
    /// Where a key stands, or would have to stand, in a list that is in the order of its keys.
    ///
    /// O(log n).
    @inline(__always)
    fileprivate func place<Key: Comparable>(of key: Key, _ keyOf: (Element) -> Key) -> Int {
        // What is new mostly comes last.
        guard let last, !(keyOf(last) < key) else { return count }
        return firstPlace { keyOf($0) < key }
    }
}
