import CSQLite
import PLCNode
import PLCSync
import Testing

/// Stores that an older program wrote.
@Suite struct SchemaTests {
    private static let field = Field.number(40)

    private static func text(_ value: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(text: value)
        return writer.bytes
    }

    private static func execute(_ sql: String, at path: String) {
        var database: OpaquePointer?
        #expect(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, SealedFiles.system.name) == SQLITE_OK)
        #expect(sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK, "\(sql)")
        sqlite3_close(database)
    }

    /// Writes one change and returns the dot of its first op.
    private static func write(_ node: Node, _ space: SpaceID, _ stamp: UInt64, _ ops: [Draft.Op]) throws
        -> Dot
    {
        let key = node.identity.publicKey
        return try node.write { store in
            try store.write(space, .core, by: key, .exactly(stamp << 16)) { _ in
                var draft = Draft()
                for op in ops { draft.append(op) }
                return draft
            }
        }
    }

    private static func digest(_ node: Node, _ space: SpaceID) throws -> Bytes32 {
        try node.read { try $0.summary(space).digest }
    }

    @Test func `elements of a store of version 1 are found in the newest`() throws {
        let root = TemporaryFolder()
        let folder = NodeFolder(root.path + "/node")
        try Node.create(in: folder, name: "node", language: "en")
        let (space, dots, before) = try Self.written(in: folder)
        Self.execute(Self.downgrade, at: folder.store)

        let node = try Node(folder)
        defer { node.stop() }
        #expect(try Self.digest(node, space) == before)
        #expect(try node.write { try $0.rebuild() } == [])
        for (number, dot) in dots.enumerated() {
            let op = Draft.Op.remove(.dot(dot.record), Self.field, [dot.element])
            _ = try Self.write(node, space, UInt64(10 + number), [op])
        }
        let after = try Self.digest(node, space)
        #expect(after != before)
        // Folding all anew gives the rows and the digest that came of removing one by one.
        #expect(try node.write { try $0.rebuild() } == [])
        #expect(try Self.digest(node, space) == after)
    }

    /// A space with an element of its record's birth, one of the same change that is kept apart, because it replaces
    /// another, and one that came later; the last two are named.
    private static func written(
        in folder: NodeFolder
    ) throws -> (SpaceID, [(record: Dot, element: Dot)], digest: Bytes32) {
        let node = try Node(folder)
        defer { node.stop() }
        let space = try node.found(level: .school, parent: nil)
        let record = try write(
            node, space, 1, [.create(kind: 3, initial: [(.number(0), text("x"))], owned: false)])
        let other = try write(
            node, space, 2,
            [
                .create(kind: 3, initial: [], owned: false), .add(.op(0), field, text("born"), seen: []),
                .add(.op(0), field, text("apart"), seen: [record]),
            ])
        let later = try write(node, space, 3, [.add(.dot(record), field, text("later"), seen: [other])])
        let apart = Dot(log: other.log, sequence: other.sequence, op: 2)
        return (space, [(other, apart), (record, later)], try digest(node, space))
    }

    /// Makes the tables those of version 1.
    private static let downgrade = """
        CREATE TABLE old (
            record INTEGER NOT NULL, field ANY NOT NULL, dot INTEGER NOT NULL, stamp INTEGER NOT NULL,
            value BLOB NOT NULL, PRIMARY KEY (record, field, dot)
        ) WITHOUT ROWID, STRICT;
        INSERT INTO old SELECT record, field, dot, stamp, value FROM element;
        DROP TABLE element;
        ALTER TABLE old RENAME TO element;
        UPDATE record SET flags = flags & 3;
        ALTER TABLE log DROP COLUMN bridge;
        ALTER TABLE log ADD COLUMN head_root BLOB;
        ALTER TABLE log DROP COLUMN row_check;
        DROP TABLE aside;
        DROP TABLE repair;
        DROP TABLE alarm;
        DROP TABLE held_by_name;
        DROP TABLE mark_by_name;
        DELETE FROM meta WHERE key = 'logs';
        PRAGMA user_version = 1
        """
}
