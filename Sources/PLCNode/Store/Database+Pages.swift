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
        if code == damagedPage { return (bytes.allSatisfy { $0 == 0 } ? .sound : .damaged, bytes) }
        try check(code, "read page \(number)")
        return (correctedPages == before ? .sound : .oneBitWrong, bytes)
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
