import CSQLite
import PLCNode
import PLCSync
import Testing

/// Logs that changes name before anything of them has come.
@Suite struct NamedLogTests {
    private static let field = Field.number(70)
    private let root = TemporaryFolder()
    private let own: SigningKey
    private let other: SigningKey
    private let genesis: [UInt8]
    private var path: String { root.path + "/store.db" }

    init() throws {
        own = try #require(SigningKey(seed: [UInt8](repeating: 1, count: 32)))
        other = try #require(SigningKey(seed: [UInt8](repeating: 2, count: 32)))
        genesis =
            Genesis(
                level: .team, founders: [own.publicKey, other.publicKey], nonce: Bytes16(high: 1, low: 2),
                parent: nil
            ).encoded
    }

    private func open() throws -> Store {
        try Store(path: path, random: RandomSource { UInt64.random(in: .min ... .max) })
    }

    private func number(_ sql: String) throws -> Int64 {
        var database: OpaquePointer?
        #expect(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, SealedFiles.system.name) == SQLITE_OK)
        defer { sqlite3_close(database) }
        var statement: OpaquePointer?
        #expect(sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, "\(sql)")
        defer { sqlite3_finalize(statement) }
        return sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1
    }

    private func execute(_ sql: String) {
        var database: OpaquePointer?
        #expect(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, SealedFiles.system.name) == SQLITE_OK)
        #expect(sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK, "\(sql)")
        sqlite3_close(database)
    }

    private func counts() throws -> [Int64] {
        try ["log", "held", "held_by_name", "mark_by_name"].map { try number("SELECT count(*) FROM \($0)") }
    }

    private func descriptor(_ epoch: UInt64) -> LogDescriptor {
        LogDescriptor(space: SpaceID(genesis: genesis), key: other.publicKey, channel: .core, epoch: epoch)
    }

    /// A record of this node's, and changes that are about what stands in `logs` logs of the other one: each log begins
    /// with a change that makes a record and adds to this node's; the records are deleted here, the additions removed.
    private func write(_ store: Store, logs: UInt64) throws -> Dot {
        let space = SpaceID(genesis: genesis)
        try store.begin()
        _ = try store.add(genesis: genesis)
        let record = try store.write(space, .core, by: own.publicKey, .exactly(1 << 16)) { _ in
            var draft = Draft()
            draft.append(.create(kind: 3, initial: [], owned: false))
            return draft
        }
        for epoch in 1...logs {
            let log = descriptor(epoch).id
            _ = try store.write(space, .core, by: own.publicKey, .exactly((1 + epoch) << 16)) { _ in
                var draft = Draft()
                draft.append(.delete(.dot(Dot(log: log, sequence: 1, op: 0))))
                let addition = Dot(log: log, sequence: 1, op: 1)
                draft.append(.remove(.dot(record), Self.field, [addition]))
                return draft
            }
        }
        _ = try store.commit()
        return record
    }

    /// Lets the first change of log number `epoch` come.
    private func receive(_ store: Store, _ epoch: UInt64, about record: Dot) throws {
        let hasher = MerkleHasher()
        let descriptor = descriptor(epoch)
        var value = ByteWriter()
        value.write(text: "x")
        var draft = Draft()
        draft.append(.create(kind: 3, initial: [], owned: false))
        draft.append(.add(.dot(record), Self.field, value.bytes, seen: []))
        let leaf = try #require(draft.encode(stamp: 1 << 16, log: descriptor.id))
        var forest = Forest()
        forest.append(hasher.leaf(leaf.span.bytes), hasher: hasher)
        var items = ByteWriter()
        items.write(leaf: leaf)
        let stretch = Stretch(
            descriptor: descriptor, from: 1, items: items.bytes, forest: forest, nodes: [],
            head: Head(signing: forest, of: descriptor, with: other, hasher: hasher), bridge: [])
        try store.begin()
        _ = try store.apply(Commit(id: epoch, space: descriptor.space, stretches: [stretch], cursors: [:]))
        _ = try store.commit()
    }

    private func check(_ store: Store, logs: UInt64) throws {
        same(store.extent.records, 1, "only the record of this node's lives")
        same(try number("SELECT count(*) FROM element"), 0, "what was removed before it came is not there")
        same(try counts(), [Int64(logs) + 1, 0, 0, 0], "logs are numbered as they came, and nothing waits")
        try store.begin()
        same(try store.rebuild(), [], "all folded anew is the same")
        try store.rollback()
    }

    @Test("D-12 D-23: what is about a log of which nothing has come waits by its name, also across a restart")
    func waiting() throws {
        let logs: UInt64 = 40
        let record = try write(try open(), logs: logs)
        same(try counts(), [1, 0, Int64(logs), Int64(logs)], "a log that is only named has no row")
        let store = try open()
        for epoch in (1...logs).reversed() { try receive(store, epoch, about: record) }
        try check(store, logs: logs)
    }

    @Test("a store of version 4, which numbered what was named, waits by names from then on")
    func migration() throws {
        let record = try write(try open(), logs: 3)
        execute(
            """
            INSERT INTO log (idx, id) SELECT 1 + row_number() OVER (ORDER BY log), log FROM held_by_name;
            INSERT INTO held (target, op)
                SELECT l.idx << 40 | h.place, h.op FROM held_by_name AS h JOIN log AS l ON l.id = h.log;
            INSERT INTO mark (record, field, dot)
                SELECT m.record, m.field, l.idx << 40 | m.place FROM mark_by_name AS m JOIN log AS l ON l.id = m.log;
            DROP TABLE held_by_name;
            DROP TABLE mark_by_name;
            DROP TABLE alarm;
            DELETE FROM meta WHERE key = 'logs';
            PRAGMA user_version = 4
            """)
        let store = try open()
        same(try counts(), [1, 0, 3, 3], "rows of logs that were only named are gone")
        for epoch: UInt64 in 1...3 { try receive(store, epoch, about: record) }
        try check(store, logs: 3)
    }
}
