package import PLCSync

/// The tables of a store, and how older ones become newer ones.
///
/// A dot, a record and a place in a log are one integer: log << 40 | sequence << 10 | op (`LocalDot`). What a record
/// was born with is read from the leaf that created it; tables hold only what has changed since.
enum Schema {
    /// The version that this program writes.
    static let version = Int64(migrations.count)

    /// The steps from each version to the next.
    static let migrations: [String] = [
        """
        -- Facts about the whole store.
        CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) WITHOUT ROWID, STRICT;

        -- Spaces; digest is the 64-byte sum of the state digest.
        CREATE TABLE space (
            idx INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, genesis BLOB NOT NULL,
            digest BLOB NOT NULL, records INTEGER NOT NULL
        ) STRICT;

        -- Logs. own = 1: this node's open log of its channel.
        CREATE TABLE log (
            idx INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, space INTEGER, key BLOB, epoch BLOB,
            own INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0, peaks BLOB NOT NULL DEFAULT x'',
            head_count INTEGER, head_flags INTEGER, head_signature BLOB, head_root BLOB,
            lsn INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        -- Stretches of logs: id is the place of the first leaf, bytes its items, compressed if raw_bytes is not null.
        CREATE TABLE stretch (
            id INTEGER PRIMARY KEY, count INTEGER NOT NULL, raw_bytes INTEGER, bytes BLOB NOT NULL
        ) STRICT;

        -- The interior nodes of height 8 and more that leaf number id completes, lowest first.
        CREATE TABLE node (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;

        -- Live records; flags: 1 owned, 2 keyed.
        CREATE TABLE record (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, flags INTEGER NOT NULL, stamp INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE keyed (
            space INTEGER NOT NULL, id BLOB NOT NULL, record INTEGER NOT NULL, key BLOB NOT NULL,
            PRIMARY KEY (space, id)
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX keyed_record ON keyed (record);
        CREATE TABLE alias (dot INTEGER PRIMARY KEY, record INTEGER NOT NULL) STRICT;

        -- Registers that a later write has won, elements that were added later, removals.
        CREATE TABLE register (
            record INTEGER NOT NULL, field ANY NOT NULL, effective INTEGER NOT NULL, dot INTEGER NOT NULL,
            value BLOB NOT NULL, PRIMARY KEY (record, field)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE element (
            record INTEGER NOT NULL, field ANY NOT NULL, dot INTEGER NOT NULL, stamp INTEGER NOT NULL,
            value BLOB NOT NULL, PRIMARY KEY (record, field, dot)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE mark (
            record INTEGER NOT NULL, field ANY NOT NULL, dot INTEGER NOT NULL, PRIMARY KEY (record, field, dot)
        ) WITHOUT ROWID, STRICT;

        -- Ops that wait for the change in which their record is created.
        CREATE TABLE held (
            target INTEGER NOT NULL, op INTEGER NOT NULL, PRIMARY KEY (target, op)
        ) WITHOUT ROWID, STRICT;

        -- Up to where each peer was followed.
        CREATE TABLE cursor (
            space INTEGER NOT NULL, peer BLOB NOT NULL, epoch BLOB NOT NULL, lsn INTEGER NOT NULL,
            PRIMARY KEY (space, peer)
        ) WITHOUT ROWID, STRICT;

        -- Records by the identity that they were imported under.
        CREATE TABLE imported (
            space INTEGER NOT NULL, id BLOB NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (space, id, record)
        ) WITHOUT ROWID, STRICT;
        -- The first eight bytes of the hashes of lines that were imported here, by the times that the lines give: what
        -- is imported together stands together.
        CREATE TABLE line (
            time INTEGER NOT NULL, hash INTEGER NOT NULL, PRIMARY KEY (time, hash)
        ) WITHOUT ROWID, STRICT;

        -- The peers that this node dials.
        CREATE TABLE peer (
            address TEXT PRIMARY KEY, node BLOB, last_contact INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID, STRICT;
        """,
        """
        -- Elements by their dots: what is written together stands together, and its long values fill their pages.
        CREATE TABLE element_by_dot (
            dot INTEGER PRIMARY KEY, record INTEGER NOT NULL, field ANY NOT NULL, stamp INTEGER NOT NULL,
            value BLOB NOT NULL
        ) STRICT;
        INSERT INTO element_by_dot (dot, record, field, stamp, value)
            SELECT dot, record, field, stamp, value FROM element ORDER BY dot;
        DROP TABLE element;
        ALTER TABLE element_by_dot RENAME TO element;
        CREATE INDEX element_record ON element (record);

        -- flags of records: 4 an addition of the same change may be kept apart from the birth.
        UPDATE record SET flags = flags | 4 WHERE id IN (SELECT record FROM element WHERE dot >> 10 = record >> 10);
        """,
        """
        -- The head of a log may be that of more leaves than there are: bridge has the hashes from the last one to it.
        ALTER TABLE log DROP COLUMN head_root;
        ALTER TABLE log ADD COLUMN bridge BLOB NOT NULL DEFAULT x'';
        """,
        """
        -- What the other columns of a row hash to, so that what the disk has spoilt is not believed; null: not written
        -- since the column was added.
        ALTER TABLE log ADD COLUMN row_check BLOB;

        -- Stretches from the first that was damaged on, as they were found; sound = 1: may be read by people here.
        CREATE TABLE aside (
            id INTEGER PRIMARY KEY, count INTEGER NOT NULL, raw_bytes INTEGER, bytes BLOB NOT NULL,
            sound INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        -- Logs that were longer before damage was found: how long, their root then (null of an own log), and up to where
        -- the state has them.
        CREATE TABLE repair (
            log INTEGER PRIMARY KEY, held INTEGER NOT NULL, root BLOB, folded INTEGER NOT NULL
        ) STRICT;
        """,
        """
        -- What waits for logs of which nothing has come, by their names, since only what has come is numbered: ops, and
        -- removals. place: change << 10 | op in the log that is named.
        CREATE TABLE held_by_name (
            log BLOB NOT NULL, place INTEGER NOT NULL, op INTEGER NOT NULL, PRIMARY KEY (log, place, op)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE mark_by_name (
            log BLOB NOT NULL, record INTEGER NOT NULL, field ANY NOT NULL, place INTEGER NOT NULL,
            PRIMARY KEY (log, record, field, place)
        ) WITHOUT ROWID, STRICT;
        INSERT INTO held_by_name (log, place, op)
            SELECT l.id, h.target & 0xffffffffff, h.op FROM log AS l JOIN held AS h ON h.target >> 40 = l.idx
            WHERE l.space IS NULL;
        INSERT INTO mark_by_name (log, record, field, place)
            SELECT l.id, m.record, m.field, m.dot & 0xffffffffff FROM log AS l JOIN mark AS m ON m.dot >> 40 = l.idx
            WHERE l.space IS NULL;
        DELETE FROM held WHERE target >> 40 IN (SELECT idx FROM log WHERE space IS NULL);
        DELETE FROM mark WHERE dot >> 40 IN (SELECT idx FROM log WHERE space IS NULL);
        -- The highest number that a log was given.
        INSERT INTO meta (key, value) SELECT 'logs', coalesce(max(idx), 0) FROM log;
        DELETE FROM log WHERE space IS NULL;
        """,
        """
        -- What people should know of logs: kind as in `LogAlarm`; peer is empty if it is settled.
        CREATE TABLE alarm (
            kind TEXT NOT NULL, log BLOB NOT NULL, space BLOB NOT NULL, peer BLOB NOT NULL, time INTEGER NOT NULL,
            reissued INTEGER NOT NULL, PRIMARY KEY (kind, log, peer)
        ) WITHOUT ROWID, STRICT;
        """,
        // From here on every page bears a seal (L-40).
        "",
    ]

    /// The version from which on pages have seals.
    static let sealedVersion: Int64 = 7

    /// Brings the database to this program's version; refuses one that is newer.
    static func migrate(_ database: Database) throws {
        let found = try database.integer("PRAGMA user_version") ?? 0
        guard found <= version else { throw StoreError.newerSchema(found: found, known: version) }
        if (1..<sealedVersion).contains(found) {
            // Room for seals is made in all pages at once.
            try database.execute("PRAGMA journal_mode = WAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        for step in found..<version {
            try database.execute("BEGIN IMMEDIATE")
            do {
                try database.execute(migrations[Int(step)])
                try database.execute("PRAGMA user_version = \(step + 1)")
                try database.execute("COMMIT")
            } catch {
                try? database.execute("ROLLBACK")
                throw error
            }
        }
    }
}

/// What a store refuses, for people.
package enum StoreError: Error, CustomStringConvertible, Equatable {
    /// The folder is not a node's.
    case notANode(String)
    /// The folder is a node's already.
    case alreadyANode(String)
    /// Another process has the folder.
    case inUse(String)
    /// A newer program has written the store.
    case newerSchema(found: Int64, known: Int64)
    /// Nothing can be written to the folder.
    case readOnly(String)
    /// No more space on the disk.
    case diskFull
    /// The space is not known here.
    case unknownSpace(String)
    /// This node may not write to the space.
    case notAWriter
    /// The change is too large.
    case tooLarge
    /// A commit builds on one that was refused.
    case superseded
    /// What is to be stored does not continue what is.
    case doesNotFollow(String)
    /// There are more logs than the store can number.
    case tooManyLogs
    /// Folding what is to be written has ended the process twice.
    case crashing
    /// Bytes on the disk are not what was written.
    case damaged(String)
    /// Bytes of one log on the disk are not what was written.
    case damagedLog(LogID, String)
    /// A page on the disk is not what was written, and will be mended at the next start.
    case damagedPage(String)
    /// Too much on the disk is not what was written.
    case beyondMending(String)

    /// An error of the database by its plain name, where it has one.
    package static func plain(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        if error.isDiskFull { return StoreError.diskFull }
        if error.isDamage { return StoreError.damagedPage(error.message) }
        return error.isReadOnly ? StoreError.readOnly("the store") : error
    }

    /// Whether what there is may be read, although nothing may be written.
    var leavesReading: Bool {
        switch self {
        case .newerSchema, .readOnly, .damaged, .damagedLog, .damagedPage, .beyondMending: true
        default: false
        }
    }

    /// Whether bytes on the disk are not what was written.
    package var isDamage: Bool {
        switch self {
        case .damaged, .damagedLog, .damagedPage, .beyondMending: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .notANode(let path):
            "\(path) is not a node's folder; make one with 'plc init --name NAME --dir \(path)'"
        case .alreadyANode(let path): "\(path) is a node's folder already; choose another with --dir"
        case .inUse(let path):
            "another process is using \(path); stop it, or let 'plc serve' run and use its commands"
        case .newerSchema(let found, let known):
            "the store was written by a newer plc (format \(found), this one knows \(known)); upgrade plc"
        case .readOnly(let path):
            "nothing can be written to \(path); check its permissions and how it is mounted"
        case .diskFull: "the disk is full: nothing was written; free some space and try again"
        case .unknownSpace(let name): "no space '\(name)' here; 'plc space list' shows those there are"
        case .notAWriter: "this node may not write to the space; ask a steward for an invitation as a writer"
        case .tooLarge: "the change is too large: at most 64 KiB and 1,024 operations"
        case .superseded: "what came before it could not be stored"
        case .doesNotFollow(let what): "\(what) does not continue what is stored"
        case .tooManyLogs:
            "the store cannot number more than \(LocalDot.maximumLogs) logs; somebody makes ever new ones"
        case .crashing:
            "writing this has ended plc twice, so it is not tried again; upgrade plc, or have it tried once more with 'plc doctor --repair'"
        case .damaged(let what):
            "the store is damaged: \(what); restore a backup, or join again with a new folder"
        case .damagedPage(let what):
            "the store is damaged: \(what); the next start of plc mends what can be mended"
        case .beyondMending(let what):
            "the store is damaged, and cannot be mended by itself: \(what); restore a backup, or join again with a new folder"
        case .damagedLog(let log, let what):
            "log \(hexadecimal(log.value.bytes)) is damaged: \(what); 'plc doctor' says what can be done"
        }
    }
}
