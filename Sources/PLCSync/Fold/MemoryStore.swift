/// The fold's state in memory: the whole of it, with every leaf.
///
/// For tests, simulations and programs that keep their own store.
public struct MemoryStore: Sendable {
    private struct LogEntry {
        let id: LogID
        var key: PublicKey?
        var leaves: [[UInt8]] = []
        /// The places among the cells of the records that each change created, in the order of its ops.
        var births: [Range<UInt32>] = []
        var length: UInt64 = 0
    }

    /// What waits for something of a log of which nothing has come, in the order in which it was met.
    private enum Awaited {
        /// An op, until this change.
        case op(LocalDot, until: Dot)
        /// The addition that is removed from this field.
        case removal(FieldKey, of: Dot)
    }

    private var logs: [LogEntry] = []
    private var indices: [LogID: Int] = [:]
    /// All records that were ever created, in the order in which they came.
    private var cells: [RecordCells] = []
    private var aliases: [LocalDot: LocalDot] = [:]
    private var keyed: [Bytes16: LocalDot] = [:]
    private var keys: [LocalDot: (id: Bytes16, key: [UInt8])] = [:]
    /// How many removals are noted of what has not arrived.
    private var pendingMarks = 0
    private var waiting: [LocalDot: [LocalDot]] = [:]
    /// What waits for logs of which nothing has come.
    private var namedOnly: [LogID: [Awaited]] = [:]
    private var fold = Fold()

    /// A store without logs.
    public init() {}

    /// Names the key that signs the log `id`; before its first leaf.
    public mutating func register(_ id: LogID, key: PublicKey) {
        let index = number(id)
        logs[index].key = key
    }

    /// Folds the next leaf of the log `id`.
    public mutating func append(_ leaf: [UInt8], to id: LogID) {
        let index = number(id)
        logs[index].leaves.append(leaf)
        logs[index].births.append(0..<0)
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

    /// The live records, in the order in which they came.
    public var liveRecords: [FoldRecord] { cells.filter(\.isLive).map(\.record) }

    /// A live record as it is read.
    public func view(_ record: FoldRecord) -> RecordView {
        var view = birth(record)
        guard let place = place(record.id) else { return view }
        for register in cells[place].registers {
            view.put(register.field, register.stamp, value: value(register.value, of: register.stamp.dot))
        }
        for element in cells[place].elements {
            view.insert(
                element.field, element.dot, stamp: element.stamp, value: value(element.value, of: element.dot)
            )
        }
        for mark in cells[place].marks { view.remove(mark.field, mark.dot) }
        return view
    }

    private func birth(_ record: FoldRecord) -> RecordView {
        guard let view = RecordView(record, bornIn: leafBytes(record.id).span.bytes) else {
            preconditionFailure("record \(record.id) was folded from a leaf that does not create it")
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
        for cells in cells where cells.isLive {
            let record = cells.record
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
            for register in cells.registers {
                let (stamp, value) = (register.stamp, value(register.value, of: register.stamp.dot))
                sum.add(
                    hasher.register(
                        name, register.field, effective: stamp.effective, writer: dotName(stamp.dot),
                        value: value.span.bytes))
            }
            for element in cells.elements {
                let value = value(element.value, of: element.dot)
                sum.add(
                    hasher.element(
                        name, element.field, dotName(element.dot), stamp: element.stamp,
                        value: value.span.bytes))
            }
            for mark in cells.marks where !record.isKeyed && mark.dot.change == record.id.change {
                sum.add(hasher.removal(name, mark.field, dotName(mark.dot)))
            }
        }
        return sum.value
    }

    private func dotName(_ dot: LocalDot) -> RowHasher.Name { .init(log: logs[dot.log].id, dot: dot) }

    private func rowName(_ record: FoldRecord) -> RowHasher.Record {
        keys[record.id].map { .keyed($0.id) } ?? .born(dotName(record.id))
    }

    private func leafBytes(_ dot: LocalDot) -> [UInt8] { logs[dot.log].leaves[Int(dot.sequence) - 1] }

    private func value(_ range: Range<UInt32>, of dot: LocalDot) -> [UInt8] {
        Array(leafBytes(dot)[Int(range.lowerBound)..<Int(range.upperBound)])
    }

    /// The place of the record that `dot` created, live or not; no hashing, because every change is numbered.
    private func place(created dot: LocalDot) -> Int? {
        let change = Int(dot.sequence) - 1
        guard change >= 0, change < logs[dot.log].births.count else { return nil }
        var births = logs[dot.log].births[change]
        while let first = births.first {
            let middle = first + UInt32(births.count) / 2
            let id = cells[Int(middle)].record.id
            if id == dot { return Int(middle) }
            births = id < dot ? middle + 1..<births.upperBound : first..<middle
        }
        return nil
    }

    /// The place of the live record that `dot` names.
    private func place(_ dot: LocalDot) -> Int? {
        if let place = place(created: dot) { return cells[place].isLive ? place : nil }
        guard !aliases.isEmpty, let target = aliases[dot] else { return nil }
        return place(created: target)
    }

    /// The place of a record that the fold has found.
    private func place(found record: LocalDot) -> Int {
        guard let place = place(created: record) else { preconditionFailure("record \(record) was found") }
        return place
    }

    /// The number of the log `id`, given now if it has none: then what waited for the log waits for its changes.
    private mutating func number(_ id: LogID) -> Int {
        if let index = index(of: id) { return index }
        let index = logs.count
        logs.append(LogEntry(id: id))
        indices[id] = index
        for awaited in namedOnly.removeValue(forKey: id) ?? [] {
            switch awaited {
            case .op(let op, let target):
                hold(op, until: LocalDot(target, log: index))
            case .removal(let key, let dot):
                guard let place = place(created: key.record), cells[place].isLive else { continue }
                mark(key, LocalDot(dot, log: index), isOfBirth: false)
            }
        }
        return index
    }

    private mutating func append(_ record: FoldRecord) {
        let place = UInt32(cells.count)
        let change = Int(record.id.sequence) - 1
        let births = logs[record.id.log].births[change]
        logs[record.id.log].births[change] = (births.isEmpty ? place : births.lowerBound)..<place + 1
        cells.append(RecordCells(record))
    }
}

// The protocol says what each does.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MemoryStore: FoldStore {
    public func logID(_ index: Int) -> LogID { logs[index].id }

    public func key(ofLog index: Int) -> PublicKey? { logs[index].key }

    public func areStrangers(_ a: Int, _ b: Int) -> Bool { false }

    public func length(ofLog index: Int) -> UInt64 { logs[index].length }

    public mutating func advance(log: Int, to sequence: UInt64) { logs[log].length = sequence }

    public func index(of id: LogID) -> Int? {
        // A few logs are found faster one by one.
        logs.count <= Self.fewLogs ? logs.firstIndex { $0.id == id } : indices[id]
    }

    private static let fewLogs = 8

    public func record(_ dot: LocalDot) -> FoldRecord? { place(dot).map { cells[$0].record } }

    public func record(keyed id: Bytes16) -> FoldRecord? { keyed[id].flatMap { record($0) } }

    public mutating func insert(_ record: FoldRecord, leaf: borrowing RawSpan, births: [Range<Int>]) {
        append(record)
    }

    public mutating func insert(_ record: FoldRecord, keyed id: Bytes16, key: borrowing RawSpan) {
        append(record)
        keyed[id] = record.id
        keys[record.id] = (id, key.array)
    }

    public mutating func alias(_ dot: LocalDot, to record: LocalDot) { aliases[dot] = record }

    public mutating func delete(_ record: FoldRecord) {
        let place = place(found: record.id)
        pendingMarks -= cells[place].marks.count { $0.dot.change != record.id.change }
        cells[place].end()
    }

    public func winner(_ key: FieldKey) -> WriteStamp? {
        cells[place(found: key.record)].winner(key.field)
    }

    public func hasInitialValue(_ key: FieldKey) -> Bool {
        let record = cells[place(found: key.record)].record
        return birth(record).registers[key.field] != nil
    }

    public mutating func putFirst(
        _ key: FieldKey, _ stamp: WriteStamp, leaf: borrowing RawSpan, value: Range<Int>
    ) -> WriteStamp? {
        let place = place(found: key.record)
        if let winner = cells[place].winner(key.field) { return winner }
        cells[place].put(key.field, stamp, value)
        return nil
    }

    public mutating func put(
        _ key: FieldKey, _ stamp: WriteStamp, leaf: borrowing RawSpan, value: Range<Int>
    ) {
        cells[place(found: key.record)].put(key.field, stamp, value)
    }

    public mutating func insertElement(
        _ key: FieldKey, _ dot: LocalDot, stamp: UInt64, leaf: borrowing RawSpan, value: Range<Int>
    ) {
        cells[place(found: key.record)].insert(key.field, dot, stamp, value)
    }

    public mutating func removeElement(_ key: FieldKey, _ dot: LocalDot) {
        cells[place(found: key.record)].remove(key.field, dot)
    }

    public mutating func mark(_ key: FieldKey, _ dot: LocalDot, isOfBirth: Bool) {
        guard cells[place(found: key.record)].mark(key.field, dot) else { return }
        if !isOfBirth { pendingMarks += 1 }
    }

    public mutating func mark(_ key: FieldKey, _ dot: Dot) {
        namedOnly[dot.log, default: []].append(.removal(key, of: dot))
    }

    public mutating func unmark(_ key: FieldKey, _ dot: LocalDot) -> Bool {
        guard pendingMarks > 0, cells[place(found: key.record)].unmark(key.field, dot) else { return false }
        pendingMarks -= 1
        return true
    }

    public mutating func hold(_ op: LocalDot, until target: LocalDot) {
        waiting[target.change, default: []].append(op)
    }

    public mutating func hold(_ op: LocalDot, until target: Dot) {
        namedOnly[target.log, default: []].append(.op(op, until: target))
    }

    public mutating func release(_ dot: LocalDot) -> [LocalDot] {
        waiting.isEmpty ? [] : waiting.removeValue(forKey: dot.change) ?? []
    }

    public func leaf(_ dot: LocalDot) -> [UInt8] { leafBytes(dot) }
}
