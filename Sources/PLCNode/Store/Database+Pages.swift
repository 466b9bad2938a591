import CSQLite

/// What a page of the database is, held against its seal.
package enum PageState: Sendable {
    /// It is what was written, or nobody has written it yet.
    case sound
    /// One bit of it is not what was written.
    case oneBitWrong
    /// It is not what was written.
    case damaged
    /// The file ends before it.
    case none
}

extension DatabaseError {
    /// A page that does not bear its seal.
    static func damaged(page: UInt64) -> DatabaseError {
        DatabaseError(
            code: damagedPage & 0xff, extended: damagedPage,
            message: "page \(page) of the database is not what was written to it")
    }
}

/// Pages as the file has them, past all that is remembered.
extension Database {
    private func file() throws(DatabaseError) -> UnsafeMutablePointer<sqlite3_file> {
        var file: UnsafeMutablePointer<sqlite3_file>?
        try check(sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file), "find the file")
        guard let file, file.pointee.pMethods != nil else { preconditionFailure("the database is open") }
        return file
    }

    /// Holds page `number`, from 1, against its seal.
    func checkPage(_ number: UInt64) throws(DatabaseError) -> PageState {
        try page(number, of: file()).state
    }

    private func page(
        _ number: UInt64, of file: UnsafeMutablePointer<sqlite3_file>
    ) throws(DatabaseError) -> (state: PageState, bytes: [UInt8]) {
        guard let methods = file.pointee.pMethods?.pointee, isSealed else { return (.none, []) }
        var size: Int64 = 0
        try check(methods.xFileSize(file, &size), "measure the file")
        let offset = Int64(number - 1) * Int64(PageSeal.pageBytes)
        guard offset + Int64(PageSeal.pageBytes) <= size else { return (.none, []) }
        var bytes = [UInt8](repeating: 0, count: PageSeal.pageBytes)
        let before = correctedPages
        let code = methods.xRead(file, &bytes, Int32(bytes.count), offset)
        if code == damagedPage {
            // A power cut may tear what a checkpoint writes; then the page still stands in the write-ahead log.
            let isDamaged = try bytes.contains { $0 != 0 } ? !isInLog(page: number) : false
            return (isDamaged ? .damaged : .sound, bytes)
        }
        try check(code, "read page \(number)")
        return (correctedPages == before ? .sound : .oneBitWrong, bytes)
    }

    /// Whether the write-ahead log has a page, so that it is not read from the file.
    ///
    /// Source: "Database File Format", 4.1: frames belong to the log if they bear the salts of its header.
    private func isInLog(page number: UInt64) throws(DatabaseError) -> Bool {
        var log: UnsafeMutablePointer<sqlite3_file>?
        try check(sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log), "find the log")
        guard let log, let methods = log.pointee.pMethods?.pointee else { return false }
        var header = [UInt8](repeating: 0, count: 32)
        guard methods.xRead(log, &header, 32, 0) == SQLITE_OK else { return false }
        var frame = [UInt8](repeating: 0, count: 24)
        var offset: Int64 = 32
        while methods.xRead(log, &frame, 24, offset) == SQLITE_OK, frame[8..<16] == header[16..<24] {
            if frame[0..<4].reduce(UInt64(0), { $0 << 8 | UInt64($1) }) == number { return true }
            offset += Int64(frame.count + PageSeal.pageBytes)
        }
        return false
    }

    /// Writes a page with one wrong bit as it was.
    ///
    /// For the connection alone that takes the write-ahead log in: nobody else writes pages to the file.
    func rewritePage(_ number: UInt64) throws(DatabaseError) {
        let file = try file()
        let (state, bytes) = try page(number, of: file)
        guard case .oneBitWrong = state, let methods = file.pointee.pMethods?.pointee else { return }
        let offset = Int64(number - 1) * Int64(PageSeal.pageBytes)
        try check(methods.xWrite(file, bytes, Int32(bytes.count), offset), "write page \(number)")
        try check(methods.xSync(file, SQLITE_SYNC_NORMAL), "make page \(number) durable")
    }
}
