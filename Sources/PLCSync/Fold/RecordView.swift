/// A live record as it is read: the winning value of every register and the live elements of every set.
public struct RecordView: Sendable {
    /// One register.
    public struct Register: Sendable {
        /// The winning write.
        public let stamp: WriteStamp
        /// The value, an item of CBOR.
        public let value: [UInt8]
    }

    /// One live element of a set, or one version of a multi-value register.
    public struct Element: Sendable {
        /// What removes it.
        public let dot: LocalDot
        /// The stamp of its change, as it orders.
        public let stamp: UInt64
        /// The value, an item of CBOR.
        public let value: [UInt8]
    }

    /// The record.
    public let record: FoldRecord
    /// The registers.
    public private(set) var registers: [Field: Register] = [:]
    /// The elements by field; no field has none.
    ///
    /// Within a field by dot.
    public private(set) var elements: [Field: [Element]] = [:]

    /// A record as it was born in `leaf`; a keyed record is born without fields.
    ///
    /// Nil if no such record was born in it: then a disk has spoilt the leaf, or what names the record.
    public init?(_ record: FoldRecord, bornIn leaf: borrowing RawSpan) {
        self.record = record
        guard !record.isKeyed else { return }
        var change = Change()
        let create = Int(record.id.op)
        guard (try? change.decode(leaf)) != nil, create < change.ops.count,
            case .create(_, let initial, _) = change.ops[create]
        else { return nil }
        let birth = WriteStamp(effective: record.stamp, dot: record.id)
        for entry in change.entries[initial] {
            registers[entry.field] = Register(stamp: birth, value: leaf.extracting(entry.value).array)
        }
        for index in change.ops.indices.dropFirst(create + 1) {
            guard case .add(.op(create), let field, let value, let seen) = change.ops[index], seen.isEmpty
            else {
                continue
            }
            let dot = LocalDot(value: record.id.change.value | UInt64(index))
            elements[field, default: []].append(
                Element(dot: dot, stamp: record.stamp, value: leaf.extracting(value).array))
        }
    }

    /// Puts in the value that a later `set` won with.
    public mutating func put(_ field: Field, _ stamp: WriteStamp, value: [UInt8]) {
        registers[field] = Register(stamp: stamp, value: value)
    }

    /// Puts in an element that was added later.
    public mutating func insert(_ field: Field, _ dot: LocalDot, stamp: UInt64, value: [UInt8]) {
        var all = elements[field] ?? []
        let place = all.firstIndex { $0.dot > dot } ?? all.endIndex
        all.insert(Element(dot: dot, stamp: stamp, value: value), at: place)
        elements[field] = all
    }

    /// Takes out an element of the record's birth.
    public mutating func remove(_ field: Field, _ dot: LocalDot) {
        guard var all = elements[field] else { return }
        all.removeAll { $0.dot == dot }
        elements[field] = all.isEmpty ? nil : all
    }
}
