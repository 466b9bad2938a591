internal import PLCEntities
package import PLCSync

/// The fold's state in tables. Every change to a row changes the space's digest by the row's hash.
extension Store: FoldStore {
    private func spaceIndex(of record: LocalDot) throws -> Int {
        guard let space = log(record.log)?.space else {
            throw StoreError.damaged("a record is named of a log that is not here")
        }
        return space
    }

    private func space(of record: LocalDot) throws -> SpaceEntry {
        let index = try spaceIndex(of: record)
        if let touchedSpace, touchedSpace.index == index { return touchedSpace.entry }
        guard let space = spaces[index] else {
            throw StoreError.damaged("a record is named of a space that is not here")
        }
        touchedSpace = (index, space)
        return space
    }

    private func add(_ row: [8 of UInt64], _ record: LocalDot) throws {
        let space = try space(of: record)
        space.digest.add(row)
        space.isDirty = true
    }

    private func subtract(_ row: [8 of UInt64], _ record: LocalDot) throws {
        let space = try space(of: record)
        space.digest.subtract(row)
        space.isDirty = true
    }

    func name(_ dot: LocalDot) -> RowHasher.Name { RowHasher.Name(log: logID(dot.log), dot: dot) }

    func rowName(_ record: LocalDot, isKeyed: Bool) throws -> RowHasher.Record {
        guard isKeyed, let id = try states.keyedID(of: record) else { return .born(name(record)) }
        return .keyed(id)
    }

    private func rowName(_ record: LocalDot) throws -> RowHasher.Record {
        try rowName(record, isKeyed: isKeyed(record))
    }

    /// Whether a live record is keyed: the fold has mostly looked it up just before.
    private func isKeyed(_ record: LocalDot) throws -> Bool {
        if let foundRecord, foundRecord.id == record { return foundRecord.isKeyed }
        return try states.record(record)?.isKeyed ?? false
    }

    // MARK: Logs

    package func logID(_ index: Int) -> LogID {
        // Only a damaged row names a log that is not here; whoever folds by it learns of that in the end.
        guard let log = log(index) else {
            foundDamage = "log \(index) is named and is not here"
            return LogID(Bytes16(high: 0, low: 0))
        }
        return log.id
    }

    package func key(ofLog index: Int) -> PublicKey? { log(index)?.descriptor.key }

    package func areStrangers(_ a: Int, _ b: Int) -> Bool {
        guard let one = log(a)?.space, let other = log(b)?.space else { return false }
        return one != other
    }

    package func length(ofLog index: Int) -> UInt64 { log(index)?.folded ?? 0 }

    package func advance(log index: Int, to sequence: UInt64) { log(index)?.folded = sequence }

    package func index(of id: LogID) -> Int? { logIndices[id] }

    // MARK: Records

    package func record(_ dot: LocalDot) throws -> FoldRecord? {
        // The ops of one change are mostly about one record, often the one that it creates.
        if let foundRecord, foundRecord.id == dot { return foundRecord }
        foundRecord = try states.record(dot)
        return foundRecord
    }

    package func record(keyed id: Bytes16) throws -> FoldRecord? {
        guard let space = foldingSpace else { return nil }
        return try states.record(keyed: id, space: space)
    }

    package func insert(_ record: FoldRecord, leaf: borrowing RawSpan, births: [Range<Int>]) throws {
        try states.insert(record)
        foundRecord = record
        let row = rowHasher.record(name(record.id), stamp: record.stamp, leaf: leaf, births: births)
        try add(row, record.id)
        try space(of: record.id).records += 1
        if let id = Self.importedID(leaf, births[0]) {
            try states.insertImported(id, record.id, space: spaceIndex(of: record.id))
        }
    }

    package func insert(_ record: FoldRecord, keyed id: Bytes16, key: borrowing RawSpan) throws {
        try states.insert(record)
        try states.insertKeyed(id, record.id, key: key, space: spaceIndex(of: record.id))
        try add(rowHasher.keyed(id, kind: record.kind, key: key), record.id)
        try space(of: record.id).records += 1
    }

    package func alias(_ dot: LocalDot, to record: LocalDot) throws { try states.insertAlias(dot, record) }

    package func delete(_ record: FoldRecord) throws {
        foundRecord = nil
        let leaf = try logReader.leaf(record.id)
        let bytes = leaf.span.bytes
        var change = Change()
        guard (try? change.decode(bytes)) != nil, Int(record.id.op) < change.ops.count else {
            throw StoreError.damaged("a record is named that change \(record.id.sequence) did not create")
        }
        let births = change.births(of: Int(record.id.op))
        try subtract(
            rowHasher.record(name(record.id), stamp: record.stamp, leaf: bytes, births: births), record.id)
        if !planted(.deleteLeavesFields) { try deleteFields(of: record, named: .born(name(record.id))) }
        try states.delete(record.id)
        if let id = Self.importedID(bytes, births[0]) {
            try states.deleteImported(id, record.id, space: spaceIndex(of: record.id))
        }
        try space(of: record.id).records -= 1
    }

    /// Removes the rows of a record's fields; most records have none, and then nothing is written.
    private func deleteFields(of record: FoldRecord, named name: RowHasher.Record) throws {
        var (registers, elements, marks) = (0, 0, 0)
        try states.registers(record.id) { field, stamp, value in
            registers += 1
            let writer = self.name(stamp.dot)
            try subtract(
                rowHasher.register(
                    name, field, effective: stamp.effective, writer: writer, value: value.span.bytes),
                record.id)
        }
        try states.elements(record.id) { field, dot, stamp, value in
            elements += 1
            try subtract(
                rowHasher.element(name, field, self.name(dot), stamp: stamp, value: value.span.bytes),
                record.id)
        }
        try states.marks(record.id) { field, dot in
            marks += 1
            if dot.change == record.id.change {
                try subtract(rowHasher.removal(name, field, self.name(dot)), record.id)
            } else {
                pendingMarks -= 1
            }
        }
        if registers > 0 { try states.deleteRegisters(record.id) }
        if elements > 0 { try states.deleteElements(record.id) }
        if marks > 0 { try states.deleteMarks(record.id) }
    }

    /// The identity that a record was imported under: the initial value of field 0, which is the first in the map of a
    /// create op at `range`.
    static func importedID(_ leaf: borrowing RawSpan, _ range: Range<Int>) -> [UInt8]? {
        var reader = ByteReader(range)
        guard (try? reader.arrayHead(leaf)) != nil, (try? reader.unsigned(leaf)) == 0,
            (try? reader.unsigned(leaf)) != nil, let map = try? reader.head(leaf), map.major == .map,
            map.argument > 0, (try? reader.unsigned(leaf)) == 0, let value = try? reader.head(leaf),
            value.major == .text, let text = try? reader.take(Int(value.argument))
        else { return nil }
        return leaf.extracting(text).array
    }

    // MARK: Fields

    package func winner(_ key: FieldKey) throws -> WriteStamp? {
        let winner = try states.winner(key)
        foundWinner = (key, winner)
        return winner?.stamp
    }

    /// The winner of a field: the fold has mostly looked it up just before.
    private func takeWinner(_ key: FieldKey) throws -> (stamp: WriteStamp, value: [UInt8])? {
        defer { foundWinner = nil }
        if let foundWinner, foundWinner.key == key { return foundWinner.winner }
        return try states.winner(key)
    }

    package func hasInitialValue(_ key: FieldKey) throws -> Bool {
        guard let record = try states.record(key.record) else { return false }
        return try states.birth(record).registers[key.field] != nil
    }

    package func putFirst(
        _ key: FieldKey, _ stamp: WriteStamp, leaf: borrowing RawSpan, value: Range<Int>
    ) throws -> WriteStamp? {
        let bytes = leaf.extracting(value)
        guard try states.putFirst(key, stamp, value: bytes) else { return try winner(key) }
        try addRegister(key, stamp, bytes)
        return nil
    }

    package func put(
        _ key: FieldKey, _ stamp: WriteStamp, leaf: borrowing RawSpan, value: Range<Int>
    ) throws {
        let bytes = leaf.extracting(value)
        if let old = try takeWinner(key) {
            try subtract(
                rowHasher.register(
                    try rowName(key.record), key.field, effective: old.stamp.effective,
                    writer: name(old.stamp.dot), value: old.value.span.bytes),
                key.record)
            try states.put(key, stamp, value: bytes)
            if planted(.digestRowForgotten) { return }
        } else {
            _ = try states.putFirst(key, stamp, value: bytes)
        }
        try addRegister(key, stamp, bytes)
    }

    private func addRegister(_ key: FieldKey, _ stamp: WriteStamp, _ value: borrowing RawSpan) throws {
        let writer = name(stamp.dot)
        try add(
            rowHasher.register(
                try rowName(key.record), key.field, effective: stamp.effective, writer: writer, value: value),
            key.record)
    }

    package func insertElement(
        _ key: FieldKey, _ dot: LocalDot, stamp: UInt64, leaf: borrowing RawSpan, value: Range<Int>
    ) throws {
        let bytes = leaf.extracting(value)
        if planted(.concurrentVersionLost) { try takeOut(key, value: nil) }
        try states.insertElement(key, dot, stamp: stamp, value: bytes)
        try add(
            rowHasher.element(try rowName(key.record), key.field, name(dot), stamp: stamp, value: bytes),
            key.record)
    }

    package func removeElement(_ key: FieldKey, _ dot: LocalDot) throws {
        guard let old = try states.takeElement(key, dot) else { return }
        try subtract(
            rowHasher.element(
                try rowName(key.record), key.field, name(dot), stamp: old.stamp, value: old.value.span.bytes),
            key.record)
        if planted(.removalByValue) { try takeOut(key, value: old.value) }
    }

    /// Takes out all elements of a field, or those of a value: what planted bugs do.
    private func takeOut(_ key: FieldKey, value wanted: [UInt8]?) throws {
        var dots: [LocalDot] = []
        try states.elements(key.record) { field, dot, _, value in
            if field == key.field, wanted == nil || value == wanted { dots.append(dot) }
        }
        for dot in dots { try removeElement(key, dot) }
    }

    package func mark(_ key: FieldKey, _ dot: LocalDot, isOfBirth: Bool) throws {
        guard try states.insertMark(key, dot) else { return }
        if isOfBirth {
            try add(rowHasher.removal(.born(name(key.record)), key.field, name(dot)), key.record)
        } else {
            pendingMarks += 1
        }
    }

    package func mark(_ key: FieldKey, _ dot: Dot) throws { try states.insertMark(key, dot) }

    package func unmark(_ key: FieldKey, _ dot: LocalDot) throws -> Bool {
        guard pendingMarks > 0, try states.takeMark(key, dot) else { return false }
        pendingMarks -= 1
        return true
    }

    // MARK: Waiting

    package func hold(_ op: LocalDot, until target: LocalDot) throws {
        if try states.insertHeld(op, target: target.change) { heldCount += 1 }
    }

    package func hold(_ op: LocalDot, until target: Dot) throws {
        try states.insertHeld(op, target: target)
    }

    /// Lets what waited for the log `id` wait for its changes, now that it has number `index`.
    func releaseNamed(_ id: LogID, as index: Int) throws {
        heldCount += try states.takeHeld(named: id, as: index)
        pendingMarks += try states.takeMarks(named: id, as: index)
    }

    package func release(_ dot: LocalDot) throws -> [LocalDot] {
        guard heldCount > 0 else { return [] }
        let ops = try states.takeHeld(target: dot.change)
        heldCount -= Int64(ops.count)
        return ops
    }

    package func leaf(_ dot: LocalDot) throws -> [UInt8] { try logReader.leaf(dot) }
}
