import PLCSync

/// The rows of the folded state: what a fold writes, and what people read.
///
/// A writer's and a reader's connection have one each. One thread at a time.
final class StateTables {
    private let database: Database
    private let logs: LogReader
    private let prepared: [Statement]

    private enum Key: Int, CaseIterable {
        case recordGet, recordInsert, recordDelete, aliasGet, aliasInsert, keyedGet, keyedID, keyedKey,
            keyedInsert
        case registerGet, registerInsert, registerUpdate, registerAll, registerDelete
        case elementInsert, elementGet, elementTake, elementAll, elementDelete
        case markInsert, markTake, markAll, markDelete, namedMarkInsert, namedMarkMove, namedMarkDelete
        case heldInsert, heldGet, heldDelete, namedHeldInsert, namedHeldMove, namedHeldDelete
        case importedGet, importedInsert, importedDelete
        case lineInsert, lineDelete

        var sql: String {
            switch self {
            case .recordGet: "SELECT kind, flags, stamp FROM record WHERE id = ?1"
            case .recordInsert: "INSERT INTO record (id, kind, flags, stamp) VALUES (?1, ?2, ?3, ?4)"
            case .recordDelete: "DELETE FROM record WHERE id = ?1"
            case .aliasGet: "SELECT record FROM alias WHERE dot = ?1"
            case .aliasInsert: "INSERT OR IGNORE INTO alias (dot, record) VALUES (?1, ?2)"
            case .keyedGet: "SELECT record FROM keyed WHERE space = ?1 AND id = ?2"
            case .keyedID: "SELECT id FROM keyed WHERE record = ?1"
            case .keyedKey: "SELECT key FROM keyed WHERE record = ?1"
            case .keyedInsert: "INSERT INTO keyed (space, id, record, key) VALUES (?1, ?2, ?3, ?4)"
            case .registerGet: "SELECT effective, dot, value FROM register WHERE record = ?1 AND field = ?2"
            case .registerInsert:
                """
                INSERT INTO register (record, field, effective, dot, value) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO NOTHING
                """
            case .registerUpdate:
                "UPDATE register SET effective = ?3, dot = ?4, value = ?5 WHERE record = ?1 AND field = ?2"
            case .registerAll: "SELECT field, effective, dot, value FROM register WHERE record = ?1"
            case .registerDelete: "DELETE FROM register WHERE record = ?1"
            case .elementInsert:
                "INSERT INTO element (record, field, dot, stamp, value) VALUES (?1, ?2, ?3, ?4, ?5)"
            case .elementGet: "SELECT record, field, stamp, value FROM element WHERE dot = ?1"
            case .elementTake: "DELETE FROM element WHERE dot = ?1"
            case .elementAll: "SELECT field, dot, stamp, value FROM element WHERE record = ?1"
            case .elementDelete: "DELETE FROM element WHERE record = ?1"
            case .markInsert: "INSERT OR IGNORE INTO mark (record, field, dot) VALUES (?1, ?2, ?3)"
            case .markTake: "DELETE FROM mark WHERE record = ?1 AND field = ?2 AND dot = ?3"
            case .markAll: "SELECT field, dot FROM mark WHERE record = ?1"
            case .markDelete: "DELETE FROM mark WHERE record = ?1"
            case .namedMarkInsert:
                "INSERT OR IGNORE INTO mark_by_name (record, field, log, place) VALUES (?1, ?2, ?3, ?4)"
            case .namedMarkMove:
                // A record that has been deleted since has no removals either.
                """
                INSERT OR IGNORE INTO mark (record, field, dot) SELECT record, field, ?2 << 40 | place FROM mark_by_name
                WHERE log = ?1 AND record IN (SELECT id FROM record)
                """
            case .namedMarkDelete: "DELETE FROM mark_by_name WHERE log = ?1"
            case .heldInsert: "INSERT OR IGNORE INTO held (target, op) VALUES (?1, ?2)"
            case .heldGet: "SELECT op FROM held WHERE target = ?1 ORDER BY op"
            case .heldDelete: "DELETE FROM held WHERE target = ?1"
            case .namedHeldInsert:
                "INSERT OR IGNORE INTO held_by_name (log, place, op) VALUES (?1, ?2, ?3)"
            case .namedHeldMove:
                """
                INSERT OR IGNORE INTO held (target, op) SELECT ?2 << 40 | place, op FROM held_by_name WHERE log = ?1
                """
            case .namedHeldDelete: "DELETE FROM held_by_name WHERE log = ?1"
            case .importedGet: "SELECT record FROM imported WHERE space = ?1 AND id = ?2"
            case .importedInsert: "INSERT OR IGNORE INTO imported (space, id, record) VALUES (?1, ?2, ?3)"
            case .lineInsert: "INSERT OR IGNORE INTO line (time, hash) VALUES (?1, ?2)"
            case .lineDelete: "DELETE FROM line WHERE time = ?1 AND hash = ?2"
            case .importedDelete: "DELETE FROM imported WHERE space = ?1 AND id = ?2 AND record = ?3"
            }
        }
    }

    init(_ database: Database, _ logs: LogReader) throws {
        self.database = database
        self.logs = logs
        prepared = try Key.allCases.map { try database.prepare($0.sql) }
    }

    /// Every statement was prepared, in the order of the cases.
    private func statement(_ key: Key) -> Statement { prepared[key.rawValue] }

    private func bind(_ statement: Statement, _ index: Int32, _ field: Field) {
        switch field {
        case .number(let number): statement.bind(index, number)
        case .name(let name): statement.bind(index, name)
        }
    }

    private func field(_ row: Statement, _ column: Int32) -> Field {
        row.isInteger(column) ? .number(row.number(column)) : .name(row.bytes(column))
    }

    private func bound(_ key: Key, _ field: FieldKey) -> Statement {
        let statement = statement(key)
        statement.bind(1, field.record.value)
        bind(statement, 2, field.field)
        return statement
    }

    // MARK: Records

    /// The live record that `dot` names.
    func record(_ dot: LocalDot) throws -> FoldRecord? {
        if let record = try recordRow(dot) { return record }
        // SQLite binds nothing to a statement that is still at a row, so no look-up may stand around another of its kind.
        let alias = statement(.aliasGet)
        alias.bind(1, dot.value)
        let target = try alias.step() ? LocalDot(value: alias.number(0)) : dot
        alias.reset()
        return target == dot ? nil : try recordRow(target)
    }

    private func recordRow(_ id: LocalDot) throws -> FoldRecord? {
        let get = statement(.recordGet)
        get.bind(1, id.value)
        defer { get.reset() }
        guard try get.step() else { return nil }
        return Self.record(id, kind: get.number(0), flags: get.integer(1), stamp: get.number(2))
    }

    /// A record as its row has it.
    static func record(_ id: LocalDot, kind: UInt64, flags: Int64, stamp: UInt64) -> FoldRecord {
        FoldRecord(
            id: id, kind: kind, isOwned: flags & 1 != 0, isKeyed: flags & 2 != 0,
            hasAdditionsApart: flags & 4 != 0, stamp: stamp)
    }

    /// The live keyed record `id` of a space.
    func record(keyed id: Bytes16, space: Int) throws -> FoldRecord? {
        let get = statement(.keyedGet)
        get.bind(1, space).bind(2, id.bytes)
        defer { get.reset() }
        return try get.step() ? record(LocalDot(value: get.number(0))) : nil
    }

    /// The identity of a keyed record.
    func keyedID(of record: LocalDot) throws -> Bytes16? {
        let get = statement(.keyedID)
        get.bind(1, record.value)
        defer { get.reset() }
        return try get.step() ? Bytes16(get.bytes(0)) : nil
    }

    /// The key of a keyed record, an item of CBOR.
    func key(of record: LocalDot) throws -> [UInt8]? {
        let get = statement(.keyedKey)
        get.bind(1, record.value)
        defer { get.reset() }
        return try get.step() ? get.bytes(0) : nil
    }

    func insert(_ record: FoldRecord) throws {
        // A keyed record has no birth to be kept apart from.
        let apart = record.hasAdditionsApart && !record.isKeyed
        let flags = (record.isOwned ? 1 : 0) | (record.isKeyed ? 2 : 0) | (apart ? 4 : 0)
        try statement(.recordInsert).bind(1, record.id.value).bind(2, Int64(bitPattern: record.kind))
            .bind(3, flags).bind(4, record.stamp).run()
    }

    func insertKeyed(_ id: Bytes16, _ record: LocalDot, key: borrowing RawSpan, space: Int) throws {
        let insert = statement(.keyedInsert)
        insert.bind(1, space).bind(2, id.bytes).bind(3, record.value)
        insert.bind(4, key)
        try insert.run()
    }

    func insertAlias(_ dot: LocalDot, _ record: LocalDot) throws {
        try statement(.aliasInsert).bind(1, dot.value).bind(2, record.value).run()
    }

    /// Removes a record's row; those that hang on it go by `deleteRegisters`, `deleteElements` and `deleteMarks`.
    func delete(_ record: LocalDot) throws { try statement(.recordDelete).bind(1, record.value).run() }

    func deleteRegisters(_ record: LocalDot) throws {
        try statement(.registerDelete).bind(1, record.value).run()
    }

    func deleteElements(_ record: LocalDot) throws {
        try statement(.elementDelete).bind(1, record.value).run()
    }

    func deleteMarks(_ record: LocalDot) throws { try statement(.markDelete).bind(1, record.value).run() }

    /// The record as it was born.
    func birth(_ record: FoldRecord) throws -> RecordView {
        let leaf = record.isKeyed ? [] : try logs.leaf(record.id)
        guard let view = RecordView(record, bornIn: leaf.span.bytes) else {
            throw StoreError.damaged("a record is named that change \(record.id.sequence) did not create")
        }
        return view
    }

    /// The record as it is.
    func view(_ record: FoldRecord) throws -> RecordView {
        var view = try birth(record)
        try registers(record.id) { view.put($0, $1, value: $2) }
        try elements(record.id) { view.insert($0, $1, stamp: $2, value: $3) }
        try marks(record.id) { view.remove($0, $1) }
        return view
    }

    /// The records that were imported under `id`, by the order of their dots in this store.
    func imported(_ id: [UInt8], space: Int) throws -> [LocalDot] {
        let get = statement(.importedGet)
        get.bind(1, space).bind(2, id)
        defer { get.reset() }
        var records: [LocalDot] = []
        while try get.step() { records.append(LocalDot(value: get.number(0))) }
        return records
    }

    func insertImported(_ id: [UInt8], _ record: LocalDot, space: Int) throws {
        try statement(.importedInsert).bind(1, space).bind(2, id).bind(3, record.value).run()
    }

    func deleteImported(_ id: [UInt8], _ record: LocalDot, space: Int) throws {
        try statement(.importedDelete).bind(1, space).bind(2, id).bind(3, record.value).run()
    }

    /// Notes that a line was imported; false if it was before.
    func insertLine(_ line: LineID) throws -> Bool {
        let before = database.changes
        try statement(.lineInsert).bind(1, line.time).bind(2, line.hash).run()
        return database.changes > before
    }

    func deleteLine(_ line: LineID) throws {
        try statement(.lineDelete).bind(1, line.time).bind(2, line.hash).run()
    }

    // MARK: Registers

    /// The write that has won a field since the record's birth, and its value.
    func winner(_ key: FieldKey) throws -> (stamp: WriteStamp, value: [UInt8])? {
        let get = bound(.registerGet, key)
        defer { get.reset() }
        guard try get.step() else { return nil }
        let stamp = WriteStamp(effective: get.number(0), dot: LocalDot(value: get.number(1)))
        return (stamp, get.bytes(2))
    }

    /// Puts a value into a field without a winner; false, and nothing put, if it has one.
    func putFirst(_ key: FieldKey, _ stamp: WriteStamp, value: borrowing RawSpan) throws -> Bool {
        let before = database.changes
        try run(.registerInsert, key, stamp, value)
        return database.changes > before
    }

    /// Puts a value in place of the winner's.
    func put(_ key: FieldKey, _ stamp: WriteStamp, value: borrowing RawSpan) throws {
        try run(.registerUpdate, key, stamp, value)
    }

    private func run(
        _ statement: Key, _ key: FieldKey, _ stamp: WriteStamp, _ value: borrowing RawSpan
    ) throws {
        let put = bound(statement, key)
        put.bind(3, stamp.effective).bind(4, stamp.dot.value)
        put.bind(5, value)
        try put.run()
    }

    func registers(_ record: LocalDot, _ body: (Field, WriteStamp, [UInt8]) throws -> Void) throws {
        let all = statement(.registerAll)
        all.bind(1, record.value)
        defer { all.reset() }
        while try all.step() {
            let stamp = WriteStamp(effective: all.number(1), dot: LocalDot(value: all.number(2)))
            try body(field(all, 0), stamp, all.bytes(3))
        }
    }

    // MARK: Elements

    func insertElement(_ key: FieldKey, _ dot: LocalDot, stamp: UInt64, value: borrowing RawSpan) throws {
        let insert = bound(.elementInsert, key)
        insert.bind(3, dot.value).bind(4, stamp)
        insert.bind(5, value)
        try insert.run()
    }

    /// Takes an element out, if it is there and of that field.
    func takeElement(_ key: FieldKey, _ dot: LocalDot) throws -> (stamp: UInt64, value: [UInt8])? {
        let get = statement(.elementGet)
        get.bind(1, dot.value)
        guard try get.step(), get.number(0) == key.record.value, field(get, 1) == key.field else {
            get.reset()
            return nil
        }
        let element = (get.number(2), get.bytes(3))
        get.reset()
        try statement(.elementTake).bind(1, dot.value).run()
        return element
    }

    func elements(_ record: LocalDot, _ body: (Field, LocalDot, UInt64, [UInt8]) throws -> Void) throws {
        let all = statement(.elementAll)
        all.bind(1, record.value)
        defer { all.reset() }
        while try all.step() {
            try body(field(all, 0), LocalDot(value: all.number(1)), all.number(2), all.bytes(3))
        }
    }

    // MARK: Removals

    /// Notes a removal; false if it was noted before.
    func insertMark(_ key: FieldKey, _ dot: LocalDot) throws -> Bool {
        let before = database.changes
        try bound(.markInsert, key).bind(3, dot.value).run()
        return database.changes > before
    }

    /// Notes the removal of what stands in a log that has no number yet.
    func insertMark(_ key: FieldKey, _ dot: Dot) throws {
        try bound(.namedMarkInsert, key).bind(3, dot.log.value.bytes).bind(4, LocalDot(dot, log: 0).value)
            .run()
    }

    /// Notes what is removed of the log `id` by its number, now that it has one; returns how many removals.
    func takeMarks(named id: LogID, as index: Int) throws -> Int64 {
        try move(.namedMarkMove, then: .namedMarkDelete, id, index)
    }

    private func move(_ move: Key, then delete: Key, _ id: LogID, _ index: Int) throws -> Int64 {
        let before = database.changes
        try statement(move).bind(1, id.value.bytes).bind(2, index).run()
        let moved = database.changes - before
        try statement(delete).bind(1, id.value.bytes).run()
        return moved
    }

    func takeMark(_ key: FieldKey, _ dot: LocalDot) throws -> Bool {
        let before = database.changes
        try bound(.markTake, key).bind(3, dot.value).run()
        return database.changes > before
    }

    func marks(_ record: LocalDot, _ body: (Field, LocalDot) throws -> Void) throws {
        let all = statement(.markAll)
        all.bind(1, record.value)
        defer { all.reset() }
        while try all.step() { try body(field(all, 0), LocalDot(value: all.number(1))) }
    }

    // MARK: Waiting ops

    func insertHeld(_ op: LocalDot, target: LocalDot) throws -> Bool {
        let before = database.changes
        try statement(.heldInsert).bind(1, target.value).bind(2, op.value).run()
        return database.changes > before
    }

    /// Holds an op for a change of a log that has no number yet.
    func insertHeld(_ op: LocalDot, target: Dot) throws {
        try statement(.namedHeldInsert).bind(1, target.log.value.bytes)
            .bind(2, LocalDot(target, log: 0).change.value).bind(3, op.value).run()
    }

    /// Holds what waited for the log `id` by its number, now that it has one; returns how many ops.
    func takeHeld(named id: LogID, as index: Int) throws -> Int64 {
        try move(.namedHeldMove, then: .namedHeldDelete, id, index)
    }

    func takeHeld(target: LocalDot) throws -> [LocalDot] {
        let get = statement(.heldGet)
        get.bind(1, target.value)
        var ops: [LocalDot] = []
        while try get.step() { ops.append(LocalDot(value: get.number(0))) }
        get.reset()
        if !ops.isEmpty { try statement(.heldDelete).bind(1, target.value).run() }
        return ops
    }
}
