import CSQLite
import PLCNode
import PLCSync
import Testing

/// Runs statements on a database behind its store's back, as a disk would that spoils it.
func spoil(_ path: String, files: String = SealedFiles.system.name, _ sql: String) {
    var database: OpaquePointer?
    same(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, files), SQLITE_OK, "opening \(path)")
    same(sqlite3_exec(database, sql, nil, nil, nil), SQLITE_OK, sql)
    sqlite3_close(database)
}

/// Rows that are not what was written: they are noticed, with a sentence, and never a trap.
@Suite struct DamageTests {
    /// A node with a space, a foreign log and some work.
    private static func makeNode(in root: TemporaryFolder) throws -> (NodeFolder, SpaceID) {
        let folder = NodeFolder(root.path + "/node")
        try Node.create(in: folder, name: "node", language: "en")
        let node = try Node(folder)
        defer { node.stop() }
        let space = try node.found(level: .school, parent: nil)
        for number in 0..<40 {
            var value = ByteWriter()
            value.write(text: "number \(number)")
            let bytes = value.bytes
            _ = try node.author(space) { _, _ in
                var draft = Draft()
                draft.append(.create(kind: 3, initial: [(.number(9), bytes)], owned: false))
                return draft
            }
        }
        return (folder, space)
    }

    private static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case StoreError.damaged, StoreError.damagedLog: true
        default: false
        }
    }

    @Test(
        "a row of spaces, logs or facts that does not fit is found when the store is opened, which is then only read"
    )
    func opening() throws {
        let root = TemporaryFolder()
        let (folder, space) = try Self.makeNode(in: root)
        let sound = try FileSystem.read(folder.store, limit: 1 << 24)
        for sql in [
            "UPDATE meta SET value = 1 WHERE key = 'lsn'",
            "UPDATE meta SET value = -1 WHERE key = 'lsn'",
            "DELETE FROM meta WHERE key = 'lsn'",
            "UPDATE space SET genesis = CAST(substr(genesis, 1, length(genesis) - 1) || x'55' AS BLOB)",
            "UPDATE space SET id = zeroblob(32)",
            "UPDATE space SET digest = x'00'",
            "UPDATE log SET epoch = zeroblob(8)",
            "UPDATE log SET key = zeroblob(32)",
            "UPDATE log SET id = zeroblob(16)",
            "UPDATE log SET idx = 5000000",
            "UPDATE log SET idx = -1",
            "UPDATE log SET space = NULL",
            "DELETE FROM meta WHERE key = 'logs'",
            "UPDATE log SET lsn = -1",
            "UPDATE log SET count = count + 1",
            "UPDATE log SET count = -1",
            "UPDATE log SET peaks = CAST(peaks || x'00' AS BLOB)",
            "UPDATE log SET peaks = zeroblob(length(peaks))",
            "UPDATE log SET own = 0",
            "UPDATE log SET lsn = lsn - 1",
            "UPDATE log SET head_count = 41, head_flags = 0, head_signature = x''",
            "UPDATE log SET head_count = 40, head_flags = 0, head_signature = zeroblob(64)",
            "UPDATE log SET head_count = 40, head_flags = 999, head_signature = x''",
            "UPDATE log SET row_check = zeroblob(16)",
        ] {
            spoil(folder.store, sql)
            let spoilt = try FileSystem.read(folder.store, limit: 1 << 24)
            let node = try Node(folder)
            same(node.refusal?.isDamage, true, "\(sql): \(String(describing: node.refusal))")
            let written = Result { try node.write { try $0.forgetCursors() } }
            if case .success = written { Issue.record("\(sql): the store is written to") }
            // What can be read depends on the row; it never is a trap.
            _ = try? node.membership(of: space)
            _ = try? node.read { view in try view.forEachRecord(of: space) { _ = try view.view($0) } }
            node.stop()
            same(try FileSystem.read(folder.store, limit: 1 << 24), spoilt, "\(sql): the file stays as it is")
            try FileSystem.write(sound, to: folder.store, mode: 0o600)
        }
        try Node(folder).stop()
    }

    @Test("L-35: an own log that is damaged at its end is not written to any more")
    func ownLog() throws {
        let root = TemporaryFolder()
        let (folder, space) = try Self.makeNode(in: root)
        let sound = try FileSystem.read(folder.store, limit: 1 << 24)
        for sql in [
            "UPDATE stretch SET bytes = zeroblob(length(bytes))",
            "UPDATE stretch SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'7f' AS BLOB)",
            "UPDATE stretch SET count = -1",
            "DELETE FROM stretch",
        ] {
            spoil(folder.store, sql)
            for _ in 0..<2 {
                let node = try Node(folder)
                defer { node.stop() }
                let repair = try #require(node.read { try $0.repairs() }.first)
                same(repair.sound, 0, sql)
                same(repair.held, 40, sql)
                let dot = try node.author(space) { _, _ in
                    var draft = Draft()
                    draft.append(.create(kind: 3, initial: [], owned: false))
                    return draft
                }
                same(dot.log == repair.log, false, "\(sql): the log that the node writes to")
            }
            try FileSystem.write(sound, to: folder.store, mode: 0o600)
        }
    }

    /// Two in sync, with 700 changes of the first one.
    private static func makePair() throws -> (pair: HostPair, log: LogID) {
        var pair = try HostPair()
        pair.a.write(pair.space, changes: 700, size: 100)
        while !pair.a.jobs.isEmpty { pair.a.runJob() }
        _ = pair.a.work()
        pair.connect()
        pair.carry()
        let log = try #require(pair.a.store.snapshot(pair.space).logs.first { $0.forest.count == 700 })
        return (pair, log.descriptor.id)
    }

    @Test("L-34: what is damaged is set aside, and comes again from a peer", arguments: [true, false])
    func repair(isOwn: Bool) throws {
        var (pair, log) = try Self.makePair()
        let (host, space) = (isOwn ? pair.a : pair.b, pair.space)
        let digest = try host.digest(space)
        for (place, sound) in [(300, 256), (10, 0), (699, 512)] {
            spoil(
                "store.db", files: host.disk.name,
                """
                UPDATE stretch SET bytes = zeroblob(length(bytes)) WHERE id = (
                    SELECT max(id) FROM stretch
                    WHERE id <= ((SELECT idx FROM log WHERE count = 700) << 40) + (\(place) << 10))
                """)
            let isSet = try host.quarantine(log, of: space)
            let repairs = host.store.repairs
            pair.connect()
            pair.carry()
            same(isSet, true, "it is set aside")
            same(repairs.first?.sound ?? 700 <= UInt64(sound), true, "\(place): \(repairs)")
            same(repairs.first?.held, 700, "\(place)")
            same(host.store.repairs, [], "\(place): all is back: \(host.complaints)")
            same(pair.isInSync, true, "\(place): they are in sync")
            same(try host.digest(space), digest, "\(place): the state is as it was")
        }
        // What is folded anew from what came is the same, and a new change of the node's goes on.
        host.write(space, changes: 1, size: 10)
        pair.carry()
        try host.store.begin()
        same(try host.store.rebuild(), [], "the state is that of the logs")
        _ = try host.store.commit()
        same(try pair.a.digest(space) == pair.b.digest(space), true, "the states are the same")
        same(try pair.a.changes(space), 701)
        same(try pair.b.changes(space), 701)
    }

    @Test("a stored hash that is wrong over sound changes is mended at once, as often as that happens")
    func nodes() throws {
        let (pair, log) = try Self.makePair()
        for time in 1...2 {
            spoil("store.db", files: pair.b.disk.name, "UPDATE node SET hashes = zeroblob(length(hashes))")
            try pair.b.store.begin()
            let before = try pair.b.store.checkLogs()
            let isSet = try pair.b.store.quarantine(log)
            let after = try pair.b.store.checkLogs()
            _ = try pair.b.store.commit()
            same(before.count, 1, "doctor sees it, time \(time)")
            same(isSet, false, "nothing is set aside, time \(time)")
            same(after, [], "doctor sees nothing any more, time \(time)")
        }
    }

    @Test("a row of records or stretches that does not fit gives an error to who reads it, and no trap")
    func reading() throws {
        let root = TemporaryFolder()
        let (folder, space) = try Self.makeNode(in: root)
        let node = try Node(folder)
        defer { node.stop() }
        for (number, sql) in [
            "UPDATE record SET id = id + 3",
            "UPDATE record SET id = id + (1 << 40)",
            "UPDATE stretch SET raw_bytes = 1 << 50",
            "UPDATE stretch SET raw_bytes = -1",
            "UPDATE stretch SET count = 1 << 50",
            "UPDATE stretch SET count = -1",
            "UPDATE stretch SET bytes = zeroblob(length(bytes))",
            "UPDATE stretch SET bytes = substr(bytes, 1, 3)",
        ].enumerated() {
            let copy = root.path + "/copy\(number)"
            try node.read { try $0.backup(to: copy) { _, _ in } }
            spoil(copy, sql)
            let view = try StoreView(path: copy)
            do {
                var records = 0
                try view.forEachRecord(of: space) {
                    _ = try view.view($0)
                    records += 1
                }
                // A record of a log that is not there is in no space.
                same(records, 0, sql)
            } catch {
                same(Self.isDamage(error), true, "\(sql): \(error)")
            }
        }
    }

    @Test("L-33: no damaged change leaves a node, whichever it is")
    func sending() throws {
        for (sql, isDamaged) in [
            ("SELECT 1", false),
            (  // The last byte of the last change, which is part of a value.
                """
                UPDATE stretch SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'7f' AS BLOB)
                WHERE raw_bytes IS NULL
                """, true
            ),
            (  // A byte of the first change.
                """
                UPDATE stretch SET bytes = CAST(substr(bytes, 1, 90) || x'7f' || substr(bytes, 92) AS BLOB)
                WHERE id = (SELECT min(id) FROM stretch)
                """, true
            ),
            ("UPDATE node SET hashes = zeroblob(length(hashes))", true),
        ] {
            var pair = try HostPair()
            pair.a.write(pair.space, changes: 700, size: 1_000)
            while !pair.a.jobs.isEmpty { pair.a.runJob() }
            _ = pair.a.work()
            spoil("store.db", files: pair.a.disk.name, sql)
            pair.connect()
            pair.carry()
            let held = try pair.b.changes(pair.space)
            same(held == 700, !isDamaged, "\(sql): \(held) changes came")
            same(pair.a.damagedLogs.count, isDamaged ? 1 : 0, "\(sql): logs are known to be damaged")
            same(pair.a.store.repairs.count, isDamaged && !sql.contains("node") ? 1 : 0, "\(sql): set aside")
            same(pair.a.complaints.contains { $0.contains("damaged") }, isDamaged, "\(pair.a.complaints)")
        }
    }

    @Test(
        "L-33: what the disk has spoilt and the process still remembers is written anew, and nothing is lost")
    func remembered() throws {
        var pair = try HostPair()
        let marker = Array("a change that no other node holds".utf8)
        var value = ByteWriter()
        value.write(byteString: marker)
        let bytes = value.bytes
        _ = try pair.a.write(
            pair.space, [.create(kind: 1, initial: [(.number(1), bytes)], owned: false)])
        func spoil() -> Int {
            let disk = pair.a.disk
            var spots = 0
            for (path, content) in disk.copy() {
                for start in content.indices where content[start...].starts(with: marker) {
                    disk.flipBit(of: path, at: start * 8)
                    spots += 1
                }
            }
            return spots
        }
        same(spoil() > 0, true, "it is on the disk")
        pair.meet(3)
        same(pair.a.damagedLogs.count, 1, "it was noticed once: \(pair.a.complaints)")
        same(pair.a.store.repairs, [], "nothing is missing")
        same(try pair.b.changes(pair.space), 1, "it came")
        same(pair.isInSync, true, "they are in sync")
    }
}
