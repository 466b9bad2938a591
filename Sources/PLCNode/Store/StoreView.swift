package import PLCSync

/// A reader of a store: records as people see them, and logs as peers get them.
///
/// Never blocks the writer.
///
/// Has a connection of its own. One thread at a time.
package final class StoreView {
    let database: Database
    let logReader: LogReader
    let states: StateTables
    private let hasher = MerkleHasher()
    private let logByIndex: Statement
    private let logByID: Statement
    private let spaceByID: Statement
    private var names: [Int: LogID] = [:]
    private var indices: [LogID: Int] = [:]

    /// Opens the database at `path`, which must exist.
    package init(path: String, mode: Database.Mode = .readOnly, files: String = SealedFiles.system.name)
        throws
    {
        database = try Database(path: path, mode: mode, files: files)
        logReader = try LogReader(database)
        states = try StateTables(database, logReader)
        logByIndex = try database.prepare("SELECT id FROM log WHERE idx = ?1")
        logByID = try database.prepare("SELECT idx FROM log WHERE id = ?1")
        spaceByID = try database.prepare("SELECT idx, digest, records FROM space WHERE id = ?1")
    }

    /// Runs `body` over one moment of the store.
    package func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try database.execute("BEGIN")
        defer { try? database.execute("COMMIT") }
        return try body()
    }

    // MARK: Spaces

    /// What a store says of one space.
    package struct Summary: Sendable {
        /// The state digest.
        package let digest: Bytes32
        /// How many records live.
        package let records: Int
        /// How many changes its logs have.
        package let changes: Int
        /// How many logs have changes.
        package let logs: Int
    }

    /// The state of a space in numbers.
    package func summary(_ space: SpaceID) throws -> Summary {
        spaceByID.bind(1, space.value.bytes)
        defer { spaceByID.reset() }
        guard try spaceByID.step(), let digest = StateDigest(bytes: spaceByID.bytes(1)) else {
            throw StoreError.unknownSpace(space.short)
        }
        let index = spaceByID.integer(0)
        let rows = try database.prepare("SELECT count(*), sum(count) FROM log WHERE space = ?1 AND count > 0")
        rows.bind(1, index)
        defer { rows.reset() }
        _ = try rows.step()
        return Summary(
            digest: digest.value, records: Int(spaceByID.integer(2)), changes: Int(rows.integer(1)),
            logs: Int(rows.integer(0)))
    }

    func index(of space: SpaceID) throws -> Int {
        spaceByID.bind(1, space.value.bytes)
        defer { spaceByID.reset() }
        guard try spaceByID.step() else { throw StoreError.unknownSpace(space.short) }
        return Int(spaceByID.integer(0))
    }

    // MARK: Records

    /// The live records of a space, optionally of one kind, in the order in which this store got them.
    package func forEachRecord(
        of space: SpaceID, kind: UInt64? = nil, _ body: (FoldRecord) throws -> Void
    ) throws {
        let index = try index(of: space)
        let rows = try database.prepare(
            """
            SELECT r.id, r.kind, r.flags, r.stamp FROM record AS r JOIN log AS l ON l.idx = r.id >> 40
            WHERE l.space = ?1 AND (?2 IS NULL OR r.kind = ?2) ORDER BY r.id
            """)
        rows.bind(1, index)
        if let kind { rows.bind(2, Int64(bitPattern: kind)) } else { rows.bindNull(2) }
        defer { rows.reset() }
        while try rows.step() {
            try body(
                StateTables.record(
                    LocalDot(value: rows.number(0)), kind: rows.number(1), flags: rows.integer(2),
                    stamp: rows.number(3)))
        }
    }

    /// The live record that a dot names, or nil.
    package func record(_ dot: Dot) throws -> FoldRecord? {
        guard let index = try index(of: dot.log) else { return nil }
        return try states.record(LocalDot(log: index, sequence: dot.sequence, op: dot.op))
    }

    /// The live record that a dot of this store names, or nil.
    package func record(_ dot: LocalDot) throws -> FoldRecord? { try states.record(dot) }

    /// The live records that were imported under `id`, smallest full dot first.
    package func imported(_ id: [UInt8], space: SpaceID) throws -> [FoldRecord] {
        let records = try states.imported(id, space: index(of: space)).compactMap { try states.record($0) }
        guard records.count > 1 else { return records }
        return try records.map { ($0, try dot($0.id)) }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// A record as it is.
    package func view(_ record: FoldRecord) throws -> RecordView { try states.view(record) }

    /// The key of a keyed record, an item of CBOR.
    package func key(of record: FoldRecord) throws -> [UInt8]? { try states.key(of: record.id) }

    /// The full name of a dot.
    package func dot(_ local: LocalDot) throws -> Dot {
        Dot(log: try logID(local.log), sequence: local.sequence, op: local.op)
    }

    func logID(_ index: Int) throws -> LogID {
        if let name = names[index] { return name }
        logByIndex.bind(1, index)
        defer { logByIndex.reset() }
        guard try logByIndex.step(), let id = Bytes16(logByIndex.bytes(0)) else {
            throw StoreError.damaged("log \(index) is missing")
        }
        names[index] = LogID(id)
        return LogID(id)
    }

    func index(of log: LogID) throws -> Int? {
        if let index = indices[log] { return index }
        logByID.bind(1, log.value.bytes)
        defer { logByID.reset() }
        guard try logByID.step() else { return nil }
        let index = Int(logByID.integer(0))
        indices[log] = index
        return index
    }

    // MARK: Peers

    /// Answers a replica's request for changes.
    package func answer(_ request: ReadRequest) throws -> [ReadPart] {
        try snapshot {
            var parts: [ReadPart] = []
            var room = request.maximumBytes
            for part in request.parts {
                guard let log = try index(of: part.log) else {
                    throw StoreError.damaged("a log that was announced is missing")
                }
                guard let (read, bytes) = try read(part, log, room: room, isFirst: parts.isEmpty) else {
                    break
                }
                parts.append(read)
                room -= bytes
            }
            return parts
        }
    }

    /// One part of an answer, verified, and its bytes; nil if there is no room for it.
    private func read(
        _ part: ReadRequest.Part, _ log: Int, room: Int, isFirst: Bool
    ) throws -> (ReadPart, bytes: Int)? {
        do {
            let (items, count, next) = try logReader.items(
                log: log, from: part.from, to: part.to, maximumBytes: room, takesFirst: isFirst)
            guard count > 0 else { return nil }
            let bridge = try part.bridge(from: next, logReader.forest(log: log), hasher: hasher)
            let bytes = items.count + (bridge?.count ?? 0) * Bytes32.count
            guard isFirst || bytes <= room else { return nil }
            let isSound = try logReader.leadsToRoot(
                part, log: log, items: items, next: next, bridge: bridge ?? [])
            guard isSound else {
                throw StoreError.damaged(
                    "changes \(part.from) to \(next - 1) do not lead to the root that its head signs")
            }
            let read = ReadPart(
                log: part.log, from: part.from, count: count, items: items, next: next, bridge: bridge)
            return (read, bytes)
        } catch StoreError.damaged(let what) {
            // What is repaired is to be read anew.
            logReader.forget()
            throw StoreError.damagedLog(part.log, what)
        }
    }

    /// The root that a log had when it had `count` changes; nil if it is not here.
    func root(of log: LogID, count: UInt64) throws -> Bytes32? {
        try snapshot {
            let row = try database.prepare(
                "SELECT l.idx, s.id, l.key, l.epoch FROM log AS l JOIN space AS s ON s.idx = l.space WHERE l.id = ?1"
            )
            row.bind(1, log.value.bytes)
            defer { row.reset() }
            guard try row.step(), let space = Bytes32(row.bytes(1)), let key = Bytes32(row.bytes(2)) else {
                return nil
            }
            let descriptor = LogDescriptor(
                space: SpaceID(space), key: PublicKey(key), channel: log.channel,
                epoch: row.bytes(3).reduce(0) { $0 << 8 | UInt64($1) })
            let forest = try logReader.forest(log: Int(row.integer(0)), length: count)
            return forest.root(of: descriptor.fullID, hasher: hasher)
        }
    }

    /// Forgets what was read of logs, after changes of one were replaced.
    package func forget() { logReader.forget() }

    /// Writes a consistent copy of the store, as it is now, to a file that is not there yet.
    package func backup(to path: String, progress: (_ done: Int, _ total: Int) -> Void) throws {
        try snapshot { try database.backup(to: path, progress: progress) }
    }

    /// Gives memory that only caches back to the system.
    package func releaseMemory() {
        logReader.forget()
        database.releaseMemory()
    }
}
