import CSQLite
import PLCSync

/// What went wrong with a database: SQLite's code and its words.
package struct DatabaseError: Error, CustomStringConvertible {
    /// The primary result code.
    package let code: Int32
    /// The extended result code.
    package let extended: Int32
    /// What was being done, and SQLite's message.
    package let message: String

    package var description: String { message }

    /// Whether the disk is full.
    package var isDiskFull: Bool { code == SQLITE_FULL || extended == Self.sharedMemoryFull }

    /// SQLITE_IOERR_SHMSIZE, a macro over an expression: the disk has no room for the index of the write-ahead log.
    private static let sharedMemoryFull = SQLITE_IOERR | 19 << 8

    /// Whether what is on the disk is unknown from now on, such as after a failed sync, which must not be tried again:
    /// the process has to end and open the store afresh.
    package var isFatal: Bool {
        !isDiskFull && (code == SQLITE_IOERR || isUnreadable)
    }

    /// Whether bytes on the disk are not what was written.
    package var isDamage: Bool { extended == damagedPage || code == SQLITE_NOTADB }

    /// Whether a table cannot be read, for what the disk has spoilt or, as SQLite also says of a read that fails, for now.
    var isUnreadable: Bool { isDamage || code == SQLITE_CORRUPT }

    /// Whether a row was refused for what it says.
    var isConstraint: Bool { code == SQLITE_CONSTRAINT }

    /// Whether a statement names what is not there.
    var isUnknownName: Bool { code == SQLITE_ERROR }

    /// Whether nothing may be written where the database is.
    package var isReadOnly: Bool { code == SQLITE_READONLY || code == SQLITE_CANTOPEN }
}

/// One connection to a database.
///
/// One thread at a time.
package final class Database {
    let handle: OpaquePointer

    /// How a connection may be used.
    package enum Mode: Equatable {
        case readWrite, readOnly
        /// Reading where nobody writes, and nothing can or may be written; with a write-ahead log that was not taken in, or
        /// without.
        case still(hasLog: Bool)
        /// Reading what can be read of a database that is damaged, and taking its write-ahead log in.
        case salvage
    }

    /// Opens the database at `path`; a reader does not create it.
    ///
    /// - Parameter files: the name of the SQLite file system that holds the path; one that seals pages (L-40).
    init(path: String, mode: Mode, files: String = SealedFiles.system.name) throws(DatabaseError) {
        var opened: OpaquePointer?
        // A reader, too, writes to the shared index of the write-ahead log, and recovers the log if it comes first.
        let flags =
            switch mode {
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readOnly: SQLITE_OPEN_READWRITE
            case .still: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            case .salvage: SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI
            }
        let name =
            switch mode {
            case .readWrite, .readOnly: path
            case .still(let hasLog): Self.address(path) + (hasLog ? "" : "?immutable=1")
            case .salvage: Self.address(path) + "?\(SealedFiles.lenient)=1"
            }
        let code = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX, files)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw DatabaseError(
                code: code & 0xff, extended: code, message: "cannot open the database: \(message)")
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 5_000)
        try execute("PRAGMA trusted_schema = OFF")
        switch mode {
        case .readWrite: leaveRoomForSeals()
        case .readOnly, .still: try execute("PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0")
        case .salvage:
            // A table of which the disk has spoilt the description must not keep the others from being read.
            try execute("PRAGMA writable_schema = ON")
        }
    }

    /// Has every page of a database that is made now, or is written anew as a whole, leave room for its seal.
    private func leaveRoomForSeals() {
        var count = Int32(PageSeal.count)
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &count)
        precondition(code == SQLITE_OK, "SQLite leaves no room for seals: \(code)")
    }

    /// Whether pages have seals.
    var isSealed: Bool { ask(SealedFiles.isSealed) != 0 }

    /// How many pages were read in which a bit was turned back.
    var correctedPages: Int32 { ask(SealedFiles.corrected) }

    private func ask(_ question: Int32) -> Int32 {
        var answer: Int32 = 0
        _ = sqlite3_file_control(handle, "main", question, &answer)
        return answer
    }

    deinit { sqlite3_close_v2(handle) }

    /// The address of a file, to which SQLite takes options.
    ///
    /// SQLite needs to write beside one in WAL mode to read it, unless it is told that nobody changes it; and then it does
    /// not look into the write-ahead log, so that is said only if there is nothing in it.
    private static func address(_ path: String) -> String {
        var name = "file:"
        for byte in path.utf8 {
            let isPlain = byte != UInt8(ascii: "%") && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
            name += isPlain ? String(UnicodeScalar(byte)) : "%" + hexadecimal([byte])
        }
        return name
    }

    /// Runs statements that return nothing of interest.
    func execute(_ sql: String) throws(DatabaseError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil), sql)
    }

    /// Makes durable what stands in the write-ahead log.
    ///
    /// SQLite takes what a process that was killed has written for committed, whether or not that process came to the
    /// sync. Whoever reads it tells others of it, so it must no longer be possible to lose it with the power.
    func syncLog() throws(DatabaseError) {
        var log: UnsafeMutablePointer<sqlite3_file>?
        try check(sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log), "find the log")
        guard let log, let methods = log.pointee.pMethods, let sync = methods.pointee.xSync else { return }
        let code = sync(log, SQLITE_SYNC_NORMAL)
        guard code == SQLITE_OK else {
            throw DatabaseError(
                code: code & 0xff, extended: code, message: "the write-ahead log cannot be made durable")
        }
    }

    /// Prepares a statement to be kept.
    func prepare(_ sql: String) throws(DatabaseError) -> Statement {
        var statement: OpaquePointer?
        try check(
            sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil), sql)
        guard let statement else { preconditionFailure("an empty statement: \(sql)") }
        return Statement(statement, of: self)
    }

    /// The single integer that a query gives, or nil without a row.
    func integer(_ sql: String) throws(DatabaseError) -> Int64? {
        let statement = try prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
    }

    /// Copies the whole database into a new file at `path`, a consistent moment of it.
    ///
    /// Source: SQLite's online backup.
    func backup(to path: String, progress: (_ done: Int, _ total: Int) -> Void) throws(DatabaseError) {
        let target = try Database(path: path, mode: .readWrite)
        // Pages may be written before the first, which says so.
        var seals: Int32 = isSealed ? 1 : 0
        _ = sqlite3_file_control(target.handle, "main", SealedFiles.setSealed, &seals)
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw target.error(sqlite3_errcode(target.handle), "backup")
        }
        var code = SQLITE_OK
        repeat {
            code = sqlite3_backup_step(backup, 1_024)
            let total = Int(sqlite3_backup_pagecount(backup))
            progress(total - Int(sqlite3_backup_remaining(backup)), total)
        } while code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED
        sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE else { throw target.error(code, "backup") }
    }

    /// Gives memory that only caches back to the system.
    func releaseMemory() { sqlite3_db_release_memory(handle) }

    /// How many rows the connection has changed since it was opened.
    var changes: Int64 { sqlite3_total_changes64(handle) }

    func check(_ code: Int32, _ what: String) throws(DatabaseError) {
        guard code == SQLITE_OK else { throw error(code, what) }
    }

    fileprivate func error(_ code: Int32, _ what: String) -> DatabaseError {
        let message =
            code == damagedPage
            ? "a page of the database is not what was written to it" : String(cString: sqlite3_errmsg(handle))
        let subject = what.count > 60 ? String(what.prefix(60)) + "…" : what
        return DatabaseError(code: code & 0xff, extended: code, message: "\(message) (\(subject))")
    }
}

/// A prepared statement: bind, step, read, reset.
///
/// SQLite copies what is bound, which costs a hundredth of storing it and leaves no lifetime to get wrong.
final class Statement {
    private let handle: OpaquePointer
    private unowned let database: Database

    fileprivate init(_ handle: OpaquePointer, of database: Database) {
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    private var text: String { String(cString: sqlite3_sql(handle)) }

    /// Binds an integer to parameter `index`, from 1.
    @discardableResult
    func bind(_ index: Int32, _ value: Int64) -> Statement {
        let code = sqlite3_bind_int64(handle, index, value)
        assert(code == SQLITE_OK, "a statement is bound while it runs: \(text)")
        return self
    }

    /// Binds an unsigned number below 2^63; a greater one, which only a damaged row gives, names nothing.
    @discardableResult
    func bind(_ index: Int32, _ value: UInt64) -> Statement { bind(index, Int64(bitPattern: value)) }

    /// Binds an integer.
    @discardableResult
    func bind(_ index: Int32, _ value: Int) -> Statement { bind(index, Int64(value)) }

    /// Binds bytes, which SQLite copies.
    @discardableResult
    func bind(_ index: Int32, _ value: [UInt8]) -> Statement {
        bind(index, value.span.bytes)
        return self
    }

    /// Binds bytes, which SQLite copies.
    func bind(_ index: Int32, _ value: borrowing RawSpan) {
        value.withUnsafeBytes {
            if $0.isEmpty {
                _ = sqlite3_bind_zeroblob(handle, index, 0)
            } else {
                _ = sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), copied)
            }
        }
    }

    /// Binds text.
    @discardableResult
    func bind(_ index: Int32, text value: String) -> Statement {
        var value = value
        value.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) {
                _ = sqlite3_bind_text(handle, index, $0.baseAddress, Int32($0.count), copied)
            }
        }
        return self
    }

    /// Binds null.
    @discardableResult
    func bindNull(_ index: Int32) -> Statement {
        sqlite3_bind_null(handle, index)
        return self
    }

    /// Binds the first columns of a row of another statement, from parameter 1.
    func bind(_ row: Statement, columns: Int) {
        for index in 0..<Int32(columns) {
            sqlite3_bind_value(handle, index + 1, sqlite3_column_value(row.handle, index))
        }
    }

    /// Goes to the next row; false after the last.
    func step() throws(DatabaseError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = database.error(code, String(cString: sqlite3_sql(handle)))
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs a statement that gives no rows, and makes it ready for the next time.
    func run() throws(DatabaseError) {
        _ = try step()
        sqlite3_reset(handle)
    }

    /// Makes the statement ready for the next time.
    func reset() { sqlite3_reset(handle) }

    /// Whether column `index`, from 0, is null.
    func isNull(_ index: Int32) -> Bool { sqlite3_column_type(handle, index) == SQLITE_NULL }

    /// Whether column `index` is an integer.
    func isInteger(_ index: Int32) -> Bool { sqlite3_column_type(handle, index) == SQLITE_INTEGER }

    /// Column `index` as an integer.
    func integer(_ index: Int32) -> Int64 { sqlite3_column_int64(handle, index) }

    /// Column `index` as a number below 2^63.
    func number(_ index: Int32) -> UInt64 { UInt64(truncatingIfNeeded: sqlite3_column_int64(handle, index)) }

    /// Column `index` as bytes, copied.
    func bytes(_ index: Int32) -> [UInt8] { withBytes(index) { [UInt8]($0) } }

    /// Lends the bytes of column `index`, which are valid inside `body` alone.
    func withBytes<Result>(_ index: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, index)
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index))))
    }

    /// Column `index` as text.
    func text(_ index: Int32) -> String { withBytes(index) { String(decoding: $0, as: UTF8.self) } }

    /// SQLITE_TRANSIENT, which is a macro over a cast.
    private var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
