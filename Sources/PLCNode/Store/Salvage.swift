package import PLCSync

/// Making a sound store of one that the disk has spoilt.
///
/// A page that does not bear its seal may be of any table. So all that can be read is taken over into a new file, and nothing of
/// it is believed for having been read: logs by what names them and the check over their rows, changes by their hashes,
/// spaces by their genesis. What is missing of a log is set aside as damage in a log is (L-34), and comes again from a peer;
/// the state is folded from the changes.
///
/// The new store is another incarnation, as one that was restored is (L-7): nobody can tell whether what it lacks was sent.
package struct Salvage {
    /// Where the store is.
    let path: String
    let files: any StoreFiles
    let random: RandomSource
    /// Whose logs the store writes.
    let identity: SigningKey
    /// Who knows of changes that must not be folded.
    let watch: (any FoldWatch)?
    let wall: WallTime

    /// Opens a store, which is mended first if the disk has spoilt it; says whether it was.
    ///
    /// - Throws: `StoreError.beyondMending` if too much is spoilt; then nothing was changed.
    package static func open(
        _ path: String, files: any StoreFiles, random: RandomSource, identity: SigningKey,
        watch: (any FoldWatch)? = nil, at wall: WallTime
    ) throws -> (store: Store, isMended: Bool) {
        let salvage = Salvage(
            path: path, files: files, random: random, identity: identity, watch: watch, wall: wall)
        if !files.exists(salvage.mark) {
            do {
                return (try salvage.open(path), false)
            } catch let error as DatabaseError where error.isDamage {
                // It was closed again, and is opened by nobody else.
            }
        }
        try salvage.run()
        return (try salvage.open(path), true)
    }

    private func open(_ path: String) throws -> Store {
        let store = try Store(path: path, files: files.fileSystem, random: random)
        store.watch = watch
        return store
    }

    /// Has the store at `path` mended before it is opened again, because a page was found that is not what was written.
    package static func order(_ path: String, files: any StoreFiles) throws {
        try files.mark(path + ".damaged")
    }

    /// The store at `path` is another one now.
    package static func forget(_ path: String, files: any StoreFiles) { files.remove(path + ".damaged") }

    /// The file that says so.
    private var mark: String { path + ".damaged" }
    /// The spoilt store, which is kept.
    package static func kept(_ path: String) -> String { path + ".spoilt" }

    private func run() throws {
        let copy = path + ".mended"
        for name in [copy, copy + "-wal", copy + "-shm"] { files.remove(name) }
        do {
            try transfer(to: copy)
            try mend(copy)
        } catch {
            for name in [copy, copy + "-wal", copy + "-shm"] { files.remove(name) }
            throw error
        }
        for name in [path + "-wal", path + "-shm"] { files.remove(name) }
        try files.replace(path, by: copy, keeping: Self.kept(path))
        files.remove(mark)
    }

    // MARK: What can be read

    /// Copies all rows that can be read and are what they say.
    private func transfer(to copy: String) throws {
        let source = try Database(path: path, mode: .salvage, files: files.fileSystem)
        try Schema.restore(source)
        // What waits in the write-ahead log is a part of the store, and goes with its file.
        try source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let target = try Store(path: copy, files: files.fileSystem, random: random)
        try target.begin()
        try takeOver(source, into: target)
        _ = try target.commit()
    }

    private func takeOver(_ source: Database, into target: Store) throws {
        let reader = SalvageReader(source)
        for table in ["meta", "space", "log", "stretch"] where !reader.has(table) {
            throw StoreError.beyondMending("the table '\(table)' is not there")
        }
        let statements = target.statements
        var name: String?
        try reader.rows("SELECT key, value FROM meta WHERE key IN ('name', 'language')", by: "key") { row in
            if row.text(0).utf8.elementsEqual("name".utf8) { name = row.text(1) }
            try statements.setText(row.text(0), row.text(1))
        }
        guard name != nil else { throw StoreError.beyondMending("the node's name cannot be read") }

        var spaces: [Int: SpaceEntry] = [:]
        try reader.rows("SELECT idx, id, genesis FROM space", by: "idx") { row in
            let genesis = row.bytes(2)
            guard (try? Genesis(genesis)) != nil, Bytes32(row.bytes(1)) == SpaceID(genesis: genesis).value,
                let index = Int(exactly: row.integer(0)), index > 0, spaces[index] == nil
            else { return }
            let space = SpaceEntry(
                id: SpaceID(genesis: genesis), genesis: genesis, digest: StateDigest(), records: 0)
            spaces[index] = space
            try statements.insert(space, as: index)
        }
        var logs: [Int: LogEntry] = [:]
        try reader.rows("SELECT \(StoreStatements.logColumns) FROM log", by: "idx") { row in
            guard let log = try? statements.log(row, spaces), let index = Int(exactly: row.integer(0)),
                (1..<LocalDot.maximumLogs).contains(index), logs[index] == nil
            else { return }
            logs[index] = log
            try statements.insert(index, log)
            try statements.update(index, log)
        }
        try statements.setMeta("logs", UInt64(logs.keys.max() ?? 0))
        try statements.setMeta("lsn", logs.values.map(\.lsn).max() ?? 0)
        for (index, log) in logs.sorted(by: { $0.key < $1.key }) {
            try takeOver(log: index, log, reader, into: target.database)
        }
        var orphan: Int?
        try reader.rows("SELECT id FROM stretch", by: "id") { row in
            let index = LocalDot(value: row.number(0)).log
            if logs[index] == nil { orphan = index }
        }
        // Nobody could read its changes any more.
        if let orphan { throw StoreError.beyondMending("whose log \(orphan) is cannot be read") }
        for table in ["peer", "alarm", "line"] { try reader.copy(table, into: target.database) }
    }

    /// Copies what can be read of one log's changes and hashes, and of what was set aside of it.
    private func takeOver(
        log index: Int, _ log: LogEntry, _ reader: SalvageReader, into target: Database
    ) throws {
        let first = LocalDot(log: index, sequence: 0, op: 0).value
        let end = LocalDot(log: index + 1, sequence: 0, op: 0).value
        for table in ["stretch", "node", "aside"] {
            try reader.copy(table, into: target, from: first, to: end)
        }
        try reader.copy("repair", into: target, from: UInt64(index), to: UInt64(index) + 1)
    }

    // MARK: What is made of it

    /// Sets aside what is missing, and folds the rest.
    private func mend(_ copy: String) throws {
        let store = try open(copy)
        try store.begin()
        for finding in try store.checkLogs() {
            if case .log(let log, _) = finding { _ = try store.quarantine(log) }
        }
        try store.signOwnLogs(with: identity)
        try store.beginNewIncarnation()
        try store.refoldAll()
        try store.statements.setMeta(Self.mendedKey, wall.milliseconds)
        _ = try store.commit()
        try store.settle()
    }

    /// When the store was mended last, among its facts, in milliseconds since 1970.
    static let mendedKey = "mended"
}

/// Reads tables of which some pages are not what was written: from both ends of each, up to what cannot be read.
private struct SalvageReader {
    private let source: Database

    init(_ source: Database) { self.source = source }

    /// Whether there is a table, as far as the database knows.
    func has(_ table: String) -> Bool { (try? source.prepare("SELECT 1 FROM \(table)")) != nil }

    /// Calls `body` for each row that can be read, in whatever order; a row that `body` cannot store is left out.
    func rows(_ query: String, by key: String, _ body: (Statement) throws -> Void) throws {
        guard try !walk("\(query) ORDER BY \(key)", body) else { return }
        _ = try walk("\(query) ORDER BY \(key) DESC", body)
    }

    /// Copies the rows of a table; with `from` and `to`, those of which the first column is a number between them.
    func copy(_ table: String, into target: Database, from: UInt64? = nil, to: UInt64 = 0) throws {
        let columns = try Schema.columns(of: table, target)
        let names = columns.joined(separator: ", ")
        let holes = (1...columns.count).map { "?\($0)" }.joined(separator: ", ")
        let insert = try target.prepare("INSERT OR IGNORE INTO \(table) (\(names)) VALUES (\(holes))")
        let range = from.map { " WHERE \(columns[0]) >= \($0) AND \(columns[0]) < \(to)" } ?? ""
        try rows("SELECT \(names) FROM \(table)\(range)", by: columns[0]) { row in
            if let from {
                // Rows that are not in their order answer to what was not asked for.
                guard row.number(0) >= from, row.number(0) < to else { return }
            }
            insert.bind(row, columns: columns.count)
            defer { insert.reset() }
            do {
                _ = try insert.step()
            } catch let error as DatabaseError where error.isConstraint {}
        }
    }

    /// Whether the walk came to its end.
    private func walk(_ query: String, _ body: (Statement) throws -> Void) throws -> Bool {
        do {
            let rows = try source.prepare(query)
            defer { rows.reset() }
            while try next(rows) { try body(rows) }
            return true
        } catch is Unreadable {
            return false
        } catch let error as DatabaseError where error.isUnreadable || error.isUnknownName {
            return false
        }
    }

    private struct Unreadable: Error {}

    private func next(_ rows: Statement) throws -> Bool {
        do throws(DatabaseError) {
            return try rows.step()
        } catch {
            if error.isUnreadable { throw Unreadable() }
            throw error
        }
    }
}

extension Schema {
    /// The columns of a table, in order.
    fileprivate static func columns(of table: String, _ database: Database) throws -> [String] {
        let rows = try database.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")
        rows.bind(1, text: table)
        var columns: [String] = []
        while try rows.step() { columns.append(rows.text(0)) }
        return columns
    }

    /// What a database says of one table or index.
    private struct Description: Equatable {
        let row: Int64
        let words: [String]
        let root: Int64
    }

    private static func descriptions(_ database: Database) throws -> [Description] {
        let rows = try database.prepare(
            "SELECT rowid, type, name, tbl_name, coalesce(sql, ''), rootpage FROM sqlite_schema ORDER BY rowid"
        )
        var found: [Description] = []
        while try rows.step() {
            found.append(
                Description(
                    row: rows.integer(0), words: (1...4).map { rows.text($0) }, root: rows.integer(5)))
        }
        return found
    }

    /// Puts right what a damaged database says of its tables: all stores of a version have the same, but for where each
    /// begins.
    ///
    /// What is not as it should be can be told apart only if it is one; the others are not read then.
    fileprivate static func restore(_ database: Database) throws {
        let model = try Database(path: ":memory:", mode: .readWrite)
        try migrate(model)
        let right = try descriptions(model)
        guard let found = try? descriptions(database) else { return }
        let missing = right.filter { one in !found.contains { $0.words == one.words } }
        let wrong = found.filter { one in !right.contains { $0.words == one.words } }
        guard missing.count == 1, wrong.count == 1 else { return }
        let update = try database.prepare(
            """
            UPDATE sqlite_schema SET type = ?2, name = ?3, tbl_name = ?4, sql = nullif(?5, '')
            WHERE rowid = ?1
            """)
        update.bind(1, wrong[0].row)
        for (index, word) in missing[0].words.enumerated() { update.bind(Int32(index) + 2, text: word) }
        try update.run()
        try database.execute("PRAGMA writable_schema = RESET; PRAGMA writable_schema = ON")
    }
}
