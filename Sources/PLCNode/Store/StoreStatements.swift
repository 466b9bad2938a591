import PLCSync

/// The statements that a store runs over and over, prepared once.
final class StoreStatements {
    private let database: Database
    private let metaGet: Statement
    private let metaSet: Statement
    private let stretchInsert: Statement
    private let stretchGet: Statement
    private let stretchDelete: Statement
    private let nodeInsert: Statement
    private let logInsert: Statement
    private let logUpdate: Statement
    private let spaceUpdate: Statement
    private let cursorSet: Statement

    init(_ database: Database) throws {
        self.database = database
        metaGet = try database.prepare("SELECT value FROM meta WHERE key = ?1")
        metaSet = try database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")
        stretchInsert = try database.prepare(
            "INSERT INTO stretch (id, count, raw_bytes, bytes) VALUES (?1, ?2, ?3, ?4)")
        stretchGet = try database.prepare("SELECT bytes FROM stretch WHERE id = ?1")
        stretchDelete = try database.prepare("DELETE FROM stretch WHERE id = ?1")
        nodeInsert = try database.prepare("INSERT OR REPLACE INTO node (id, hashes) VALUES (?1, ?2)")
        logInsert = try database.prepare(
            "INSERT INTO log (idx, id, space, key, epoch) VALUES (?1, ?2, ?3, ?4, ?5)")
        logUpdate = try database.prepare(
            """
            UPDATE log SET own = ?2, count = ?3, peaks = ?4, head_count = ?5, head_flags = ?6, head_signature = ?7,
                bridge = ?8, lsn = ?9, row_check = ?10 WHERE idx = ?1
            """)
        spaceUpdate = try database.prepare("UPDATE space SET digest = ?2, records = ?3 WHERE idx = ?1")
        cursorSet = try database.prepare(
            "INSERT OR REPLACE INTO cursor (space, peer, epoch, lsn) VALUES (?1, ?2, ?3, ?4)")
    }

    // MARK: Facts

    func meta(_ key: String) throws -> UInt64? {
        metaGet.bind(1, text: key)
        defer { metaGet.reset() }
        guard try metaGet.step() else { return nil }
        return metaGet.number(0)
    }

    /// Stores a number; all 64 bits of it are kept.
    func setMeta(_ key: String, _ value: UInt64) throws {
        try metaSet.bind(1, text: key).bind(2, Int64(bitPattern: value)).run()
    }

    /// A text among the facts.
    func text(_ key: String) throws -> String? {
        metaGet.bind(1, text: key)
        defer { metaGet.reset() }
        return try metaGet.step() ? metaGet.text(0) : nil
    }

    /// Stores a text.
    func setText(_ key: String, _ value: String) throws {
        try metaSet.bind(1, text: key).bind(2, text: value).run()
    }

    // MARK: Spaces and logs

    func loadSpaces() throws -> [(Int, SpaceEntry)] {
        let rows = try database.prepare("SELECT idx, id, genesis, digest, records FROM space")
        var spaces: [(Int, SpaceEntry)] = []
        while try rows.step() {
            guard let id = Bytes32(rows.bytes(1)), let digest = StateDigest(bytes: rows.bytes(3)) else {
                throw StoreError.damaged("a space cannot be read")
            }
            let genesis = rows.bytes(2)
            guard SpaceID(genesis: genesis) == SpaceID(id), (try? Genesis(genesis)) != nil else {
                throw StoreError.damaged(
                    "what space \(SpaceID(id).short) was founded with is not what names it")
            }
            let entry = SpaceEntry(
                id: SpaceID(id), genesis: genesis, digest: digest, records: rows.integer(4))
            spaces.append((Int(rows.integer(0)), entry))
        }
        return spaces
    }

    func insert(_ space: SpaceEntry) throws -> Int {
        let insert = try database.prepare(
            "INSERT INTO space (id, genesis, digest, records) VALUES (?1, ?2, ?3, 0) RETURNING idx")
        defer { insert.reset() }
        insert.bind(1, space.id.value.bytes).bind(2, space.genesis).bind(3, space.digest.bytes)
        guard try insert.step() else { throw StoreError.damaged("a space was not stored") }
        return Int(insert.integer(0))
    }

    func insert(_ space: SpaceEntry, as index: Int) throws {
        try database.prepare(
            "INSERT INTO space (idx, id, genesis, digest, records) VALUES (?1, ?2, ?3, ?4, 0)"
        )
        .bind(1, index).bind(2, space.id.value.bytes).bind(3, space.genesis).bind(4, space.digest.bytes).run()
    }

    func update(_ index: Int, _ space: SpaceEntry) throws {
        try spaceUpdate.bind(1, index).bind(2, space.digest.bytes).bind(3, space.records).run()
    }

    /// The columns that `log` takes, in order.
    static let logColumns = """
        idx, id, space, key, epoch, own, count, peaks, head_count, head_flags, head_signature, bridge, lsn, row_check
        """

    func loadLogs(_ spaces: [Int: SpaceEntry]) throws -> [(Int, LogEntry)] {
        let rows = try database.prepare(
            "SELECT \(Self.logColumns) FROM log")
        var logs: [(Int, LogEntry)] = []
        while try rows.step() {
            logs.append((Int(rows.integer(0)), try log(rows, spaces)))
        }
        return logs
    }

    /// The log that a row with `logColumns` says, if that can be.
    func log(_ row: Statement, _ spaces: [Int: SpaceEntry]) throws -> LogEntry {
        guard let id = Bytes16(row.bytes(1)).map({ LogID($0) }) else {
            throw StoreError.damaged("a log cannot be read")
        }
        let damaged = StoreError.damaged("log \(row.integer(0)) cannot be read")
        let space = Int(row.integer(2))
        let peaks = row.bytes(7)
        guard let spaceID = spaces[space]?.id, let key = Bytes32(row.bytes(3)), row.bytes(4).count == 8 else {
            throw damaged
        }
        guard let forest = Forest(count: row.number(6), peaks: Self.hashes(peaks)),
            forest.count <= Dot.maximumSequence, peaks.count == forest.peaks.count * Bytes32.count,
            row.number(12) <= Store.maximumLSN
        else { throw damaged }
        let descriptor = LogDescriptor(
            space: spaceID, key: PublicKey(key), channel: id.channel, epoch: Self.number(row.bytes(4)))
        guard descriptor.id == id else {
            throw StoreError.damaged("the key or the epoch of log \(row.integer(0)) is not what names it")
        }
        let log = LogEntry(descriptor, space: space)
        log.isOwn = row.integer(5) == 1
        log.forest = forest
        log.folded = forest.count
        log.lsn = row.number(12)
        // A head of fewer leaves, as the first schema had it, says nothing of those behind it.
        if !row.isNull(8), row.number(8) >= forest.count, row.number(8) <= Dot.maximumSequence {
            let bridge = row.bytes(11)
            guard let flags = UInt8(exactly: row.integer(9)) else { throw damaged }
            log.head = Head(count: row.number(8), flags: flags, signature: row.bytes(10))
            log.bridge = Self.hashes(bridge)
            guard log.bridge.count == Block.span(from: forest.count, to: row.number(8)).count,
                bridge.count == log.bridge.count * Bytes32.count
            else { throw damaged }
        }
        guard row.isNull(13) || row.bytes(13) == Self.check(log) else { throw damaged }
        return log
    }

    /// What stands for the row of a log: 16 bytes of a hash over what its columns say.
    private static func check(_ log: LogEntry) -> [UInt8] {
        let numbers = [log.isOwn ? 1 : 0, log.forest.count, log.lsn, log.head?.count ?? 0].flatMap(bytes)
        let head = log.head.map { [$0.flags] + $0.signature } ?? []
        let hashes = (log.forest.peaks + log.bridge).flatMap(\.bytes)
        return Array(Digest.sha256(log.id.value.bytes, numbers, head, hashes).bytes.prefix(16))
    }

    static func hashes(_ bytes: [UInt8]) -> [Bytes32] {
        stride(from: 0, to: bytes.count, by: Bytes32.count).compactMap { Bytes32(bytes.span.bytes, at: $0) }
    }

    /// Eight bytes as a big-endian number.
    private static func number(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    func insert(_ index: Int, _ log: LogEntry) throws {
        try logInsert.bind(1, index).bind(2, log.id.value.bytes).bind(3, log.space)
            .bind(4, log.descriptor.key.bytes).bind(5, Self.bytes(log.descriptor.epoch)).run()
    }

    func update(_ index: Int, _ log: LogEntry) throws {
        logUpdate.bind(1, index).bind(2, log.isOwn ? 1 : 0).bind(3, log.forest.count)
            .bind(4, log.forest.peaks.flatMap(\.bytes)).bind(9, log.lsn)
        if let head = log.head {
            logUpdate.bind(5, head.count).bind(6, Int64(head.flags)).bind(7, head.signature)
        } else {
            for index in Int32(5)...7 { logUpdate.bindNull(index) }
        }
        logUpdate.bind(8, log.bridge.flatMap(\.bytes)).bind(10, Self.check(log))
        try logUpdate.run()
    }

    // MARK: Cursors

    func cursors(space: Int) throws -> [PublicKey: Cursor] {
        let rows = try database.prepare("SELECT peer, epoch, lsn FROM cursor WHERE space = ?1")
        rows.bind(1, space)
        var cursors: [PublicKey: Cursor] = [:]
        while try rows.step() {
            guard let key = Bytes32(rows.bytes(0)) else {
                throw StoreError.damaged("a cursor cannot be read")
            }
            cursors[PublicKey(key)] = Cursor(epoch: Self.number(rows.bytes(1)), lsn: rows.number(2))
        }
        return cursors
    }

    func set(_ cursor: Cursor, of peer: PublicKey, space: Int) throws {
        try cursorSet.bind(1, space).bind(2, peer.bytes).bind(3, Self.bytes(cursor.epoch))
            .bind(4, cursor.lsn).run()
    }

    func deleteCursors() throws { try database.execute("DELETE FROM cursor") }

    // MARK: Damage

    /// The repairs that are under way, by the numbers of their logs.
    func loadRepairs() throws -> [Int: LogEntry.Repair] {
        let rows = try database.prepare("SELECT log, held, root, folded FROM repair")
        var repairs: [Int: LogEntry.Repair] = [:]
        while try rows.step() {
            let root = rows.isNull(2) ? nil : Bytes32(rows.bytes(2))
            repairs[Int(rows.integer(0))] = LogEntry.Repair(
                held: rows.number(1), root: root, folded: rows.number(3))
        }
        return repairs
    }

    func set(_ repair: LogEntry.Repair, log: Int) throws {
        let set = try database.prepare(
            "INSERT OR REPLACE INTO repair (log, held, root, folded) VALUES (?1, ?2, ?3, ?4)")
        set.bind(1, log).bind(2, repair.held).bind(4, repair.folded)
        if let root = repair.root { set.bind(3, root.bytes) } else { set.bindNull(3) }
        try set.run()
    }

    /// Moves a log's stretches from `key` on out of it, and forgets its nodes from `node` on.
    func setAside(from key: UInt64, nodesFrom node: UInt64, log: Int) throws {
        let end = LocalDot(log: log + 1, sequence: 0, op: 0).value
        for (sql, start) in [
            (
                """
                INSERT OR REPLACE INTO aside (id, count, raw_bytes, bytes)
                SELECT id, count, raw_bytes, bytes FROM stretch WHERE id >= ?1 AND id < ?2
                """, key
            ),
            ("DELETE FROM stretch WHERE id >= ?1 AND id < ?2", key),
            ("DELETE FROM node WHERE id >= ?1 AND id < ?2", node),
        ] {
            try database.prepare(sql).bind(1, start).bind(2, end).run()
        }
    }

    /// Where each stretch of a log begins that was set aside, and how many items it says to have.
    func asideStretches(log: Int) throws -> [(key: UInt64, count: Int64)] {
        let rows = try database.prepare("SELECT id, count FROM aside WHERE id BETWEEN ?1 AND ?2")
        rows.bind(1, LocalDot(log: log, sequence: 0, op: 0).value)
            .bind(2, LocalDot(log: log + 1, sequence: 0, op: 0).value - 1)
        var found: [(key: UInt64, count: Int64)] = []
        while try rows.step() { found.append((rows.number(0), rows.integer(1))) }
        return found
    }

    func markSound(_ key: UInt64) throws {
        try database.prepare("UPDATE aside SET sound = 1 WHERE id = ?1").bind(1, key).run()
    }

    /// Forgets what was set aside of a log that is whole again.
    func endRepair(log: Int) throws {
        try database.prepare("DELETE FROM repair WHERE log = ?1").bind(1, log).run()
        try database.prepare("DELETE FROM aside WHERE id BETWEEN ?1 AND ?2")
            .bind(1, LocalDot(log: log, sequence: 0, op: 0).value)
            .bind(2, LocalDot(log: log + 1, sequence: 0, op: 0).value - 1).run()
    }

    // MARK: Stretches and nodes

    func insertStretch(_ key: UInt64, count: Int, rawBytes: Int?, _ bytes: [UInt8]) throws {
        stretchInsert.bind(1, key).bind(2, count).bind(4, bytes)
        if let rawBytes { stretchInsert.bind(3, rawBytes) } else { stretchInsert.bindNull(3) }
        try stretchInsert.run()
    }

    /// Writes all stretches of a log anew, as this connection sees them.
    ///
    /// Each is taken out first: of an update that changes nothing SQLite writes nothing.
    func rewriteStretches(log: Int) throws {
        let (first, end) = (
            LocalDot(log: log, sequence: 0, op: 0).value, LocalDot(log: log + 1, sequence: 0, op: 0).value
        )
        let rows = try database.prepare(
            "SELECT id, count, raw_bytes, bytes FROM stretch WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1")
        var next = first
        while try rows.bind(1, next).bind(2, end).step() {
            let (key, count, bytes) = (rows.number(0), Int(rows.integer(1)), rows.bytes(3))
            let rawBytes = rows.isNull(2) ? nil : Int(rows.integer(2))
            rows.reset()
            try stretchDelete.bind(1, key).run()
            try insertStretch(key, count: count, rawBytes: rawBytes, bytes)
            next = key + 1
        }
        rows.reset()
    }

    /// Takes a stretch that is stored as it is out of the table.
    func takeStretch(_ key: UInt64) throws -> [UInt8] {
        stretchGet.bind(1, key)
        guard try stretchGet.step() else { throw StoreError.damaged("a stretch of a log is missing") }
        let bytes = stretchGet.bytes(0)
        stretchGet.reset()
        try stretchDelete.bind(1, key).run()
        return bytes
    }

    /// The stretches at the end of a log that are stored as they are, in order.
    func tail(log: Int) throws -> [LogEntry.Tail] {
        let rows = try database.prepare(
            """
            SELECT id, count, length(bytes), raw_bytes FROM stretch WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 20
            """)
        rows.bind(1, LocalDot(log: log, sequence: 0, op: 0).value)
            .bind(2, LocalDot(log: log + 1, sequence: 0, op: 0).value - 1)
        var tail: [LogEntry.Tail] = []
        while try rows.step() {
            guard rows.isNull(3) else { break }
            guard (1...Int64(StretchCodec.maximumRawBytes)).contains(rows.integer(1)) else {
                throw StoreError.damaged("the last changes of log \(log) cannot be read")
            }
            tail.append(
                LogEntry.Tail(key: rows.number(0), count: Int(rows.integer(1)), bytes: Int(rows.integer(2))))
        }
        rows.reset()
        return tail.reversed()
    }

    /// Stores interior nodes, which come in order: those that one leaf completes together.
    func insert(_ nodes: [(block: Block, hash: Bytes32)], log: Int) throws {
        var index = 0
        while index < nodes.count {
            let end = nodes[index].block.end
            var hashes: [UInt8] = []
            while index < nodes.count, nodes[index].block.end == end {
                hashes += nodes[index].hash.bytes
                index += 1
            }
            try nodeInsert.bind(1, LocalDot(log: log, sequence: end, op: 0).value).bind(2, hashes).run()
        }
    }
}

/// Random numbers for identities, from wherever the program takes them: the kernel, or a seed.
package struct RandomSource {
    private let draw: () -> UInt64

    /// A source that draws with `draw`.
    package init(_ draw: @escaping () -> UInt64) { self.draw = draw }

    /// The next 64 bits.
    package mutating func next() -> UInt64 { draw() }
}
