/// The fold's state in memory: the whole of it, with every leaf.
///
/// For tests, simulations and programs that keep their own store.
public struct MemoryStore: Sendable {
    private struct LogEntry {
        let id: LogID
        var key: PublicKey?
        var leaves: [[UInt8]] = []
        var length: UInt64 = 0
    }

    private var logs: [LogEntry] = []
    private var indices: [LogID: Int] = [:]
    private var records: [LocalDot: FoldRecord] = [:]
    private var aliases: [LocalDot: LocalDot] = [:]
    private var keyed: [Bytes16: LocalDot] = [:]
    private var keys: [LocalDot: (id: Bytes16, key: [UInt8])] = [:]
    private var winners: [FieldKey: (stamp: WriteStamp, value: [UInt8])] = [:]
    private var elements: [FieldKey: [LocalDot: (stamp: UInt64, value: [UInt8])]] = [:]
    private var marks: [FieldKey: Set<LocalDot>] = [:]
    private var fields: [LocalDot: Set<Field>] = [:]
    private var waiting: [LocalDot: [LocalDot]] = [:]
    private var fold = Fold()

    /// A store without logs.
    public init() {}

    /// Names the key that signs the log `id`; before its first leaf.
    public mutating func register(_ id: LogID, key: PublicKey) {
        let index = self.index(of: id)
        logs[index].key = key
    }

    /// Folds the next leaf of the log `id`.
    public mutating func append(_ leaf: [UInt8], to id: LogID) {
        let index = self.index(of: id)
        logs[index].leaves.append(leaf)
        // Taken out while it works on the store, so that its scratch memory has one owner.
        var fold = Fold()
        swap(&fold, &self.fold)
        do {
            try fold.apply(
                leaf.span.bytes, log: index, sequence: UInt64(logs[index].leaves.count), to: &self)
        } catch {
            preconditionFailure("memory does not fail: \(error)")
        }
        swap(&fold, &self.fold)
    }

    /// The live records, in no order.
    public var liveRecords: [FoldRecord] { Array(records.values) }

    /// A live record as it is read.
    public func view(_ record: FoldRecord) -> RecordView {
        var view = RecordView(record, bornIn: leafBytes(record.id).span.bytes)
        for field in fields[record.id] ?? [] {
            let key = FieldKey(record.id, field)
            if let winner = winners[key] { view.put(field, winner.stamp, value: winner.value) }
            for (dot, element) in elements[key] ?? [:] {
                view.insert(field, dot, stamp: element.stamp, value: element.value)
            }
            for dot in marks[key] ?? [] { view.remove(field, dot) }
        }
        return view
    }

    /// The identity of a keyed record, or nil for a record named by a dot.
    public func keyedID(of record: FoldRecord) -> Bytes16? { keys[record.id]?.id }

    /// The key of a keyed record, an item of CBOR; empty for a record named by a dot.
    public func key(of record: FoldRecord) -> [UInt8] { keys[record.id]?.key ?? [] }

    /// The state digest, computed from scratch: O(state).
    public var digest: Bytes32 {
        var sum = StateDigest()
        let hasher = RowHasher()
        var change = Change()
        for record in records.values {
            let name = rowName(record)
            let leaf = leafBytes(record.id)
            if let (id, key) = keys[record.id] {
                sum.add(hasher.keyed(id, kind: record.kind, key: key.span.bytes))
            } else if (try? change.decode(leaf.span.bytes)) != nil {
                let births = change.births(of: Int(record.id.op))
                sum.add(
                    hasher.record(
                        dotName(record.id), stamp: record.stamp, leaf: leaf.span.bytes, births: births))
            }
            for field in fields[record.id] ?? [] {
                let key = FieldKey(record.id, field)
                if let (stamp, value) = winners[key] {
                    let writer = dotName(stamp.dot)
                    sum.add(
                        hasher.register(
                            name, field, effective: stamp.effective, writer: writer, value: value.span.bytes))
                }
                for (dot, element) in elements[key] ?? [:] {
                    sum.add(
                        hasher.element(
                            name, field, dotName(dot), stamp: element.stamp, value: element.value.span.bytes))
                }
                for dot in marks[key] ?? [] where !record.isKeyed && dot.change == record.id.change {
                    sum.add(hasher.removal(name, field, dotName(dot)))
                }
            }
        }
        return sum.value
    }

    private func dotName(_ dot: LocalDot) -> RowHasher.Name { .init(log: logs[dot.log].id, dot: dot) }

    private func rowName(_ record: FoldRecord) -> RowHasher.Record {
        keys[record.id].map { .keyed($0.id) } ?? .born(dotName(record.id))
    }

    private func leafBytes(_ dot: LocalDot) -> [UInt8] { logs[dot.log].leaves[Int(dot.sequence) - 1] }

}

// The protocol says what each does.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MemoryStore: FoldStore {
    public func logID(_ index: Int) -> LogID { logs[index].id }

    public func key(ofLog index: Int) -> PublicKey? { logs[index].key }

    public func areStrangers(_ a: Int, _ b: Int) -> Bool { false }

    public func length(ofLog index: Int) -> UInt64 { logs[index].length }

    public mutating func advance(log: Int, to sequence: UInt64) { logs[log].length = sequence }

    public mutating func index(of id: LogID) -> Int {
        if let index = indices[id] { return index }
        logs.append(LogEntry(id: id))
        indices[id] = logs.count - 1
        return logs.count - 1
    }

    public func record(_ dot: LocalDot) -> FoldRecord? {
        records[dot] ?? aliases[dot].flatMap { records[$0] }
    }

    public func record(keyed id: Bytes16) -> FoldRecord? { keyed[id].flatMap { records[$0] } }

    public mutating func insert(_ record: FoldRecord, leaf: borrowing RawSpan, births: [Range<Int>]) {
        records[record.id] = record
    }

    public mutating func insert(_ record: FoldRecord, keyed id: Bytes16, key: borrowing RawSpan) {
        records[record.id] = record
        keyed[id] = record.id
        keys[record.id] = (id, key.array)
    }

    public mutating func alias(_ dot: LocalDot, to record: LocalDot) { aliases[dot] = record }

    public mutating func delete(_ record: FoldRecord) {
        records[record.id] = nil
        for field in fields.removeValue(forKey: record.id) ?? [] {
            let key = FieldKey(record.id, field)
            winners[key] = nil
            elements[key] = nil
            marks[key] = nil
        }
    }

    public func winner(_ key: FieldKey) -> WriteStamp? { winners[key]?.stamp }

    public func hasInitialValue(_ key: FieldKey) -> Bool {
        guard let record = records[key.record] else { return false }
        return RecordView(record, bornIn: leafBytes(key.record).span.bytes).registers[key.field] != nil
    }

    public mutating func put(_ key: FieldKey, _ stamp: WriteStamp, value: borrowing RawSpan) {
        winners[key] = (stamp, value.array)
        fields[key.record, default: []].insert(key.field)
    }

    public mutating func insertElement(
        _ key: FieldKey, _ dot: LocalDot, stamp: UInt64, value: borrowing RawSpan
    ) {
        elements[key, default: [:]][dot] = (stamp, value.array)
        fields[key.record, default: []].insert(key.field)
    }

    public mutating func removeElement(_ key: FieldKey, _ dot: LocalDot) -> Bool {
        elements[key]?.removeValue(forKey: dot) != nil
    }

    public mutating func mark(_ key: FieldKey, _ dot: LocalDot) {
        marks[key, default: []].insert(dot)
        fields[key.record, default: []].insert(key.field)
    }

    public mutating func unmark(_ key: FieldKey, _ dot: LocalDot) -> Bool { marks[key]?.remove(dot) != nil }

    public mutating func hold(_ op: LocalDot, until target: LocalDot) {
        waiting[target.change, default: []].append(op)
    }

    public mutating func release(_ dot: LocalDot) -> [LocalDot] {
        waiting.removeValue(forKey: dot.change) ?? []
    }

    public func leaf(_ dot: LocalDot) -> [UInt8] { leafBytes(dot) }
}
