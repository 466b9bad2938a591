import CSQLite
internal import Synchronization

/// A file system of SQLite's, over another one, in which every page of a database bears a seal.
///
/// The seal is written with the page. A page that does not bear its own is not given to SQLite but reported as damaged; but
/// a single bit that has turned is turned back.
///
/// The write-ahead log has sums of its own, which SQLite holds it against when it takes it in after a crash.
/// Databases without room for seals, as stores had them before, are passed through until they are written anew with room.
///
/// Source: L-40; "The SQLite OS Interface or VFS".
package final class SealedFiles {
    /// The name in SQLite's list.
    package let name: String
    private let system: UnsafeMutablePointer<sqlite3_vfs>
    private let chars: UnsafeMutablePointer<CChar>

    private static let count = Atomic(0)

    /// Over the operating system's files; for as long as the process lives.
    package static let system = SealedFiles(over: nil)

    /// Makes the file system known to SQLite, over the one that is called `base`; nil for the operating system's.
    package init(over base: String?) {
        guard let base = sqlite3_vfs_find(base) else { preconditionFailure("SQLite has no such file system") }
        name = "plc-sealed-\(Self.count.add(1, ordering: .relaxed).newValue)"
        let bytes = Array(name.utf8CString)
        chars = .allocate(capacity: bytes.count)
        chars.initialize(from: bytes, count: bytes.count)
        system = .allocate(capacity: 1)
        // All that is not about an open database is the other one's affair.
        var methods = base.pointee
        methods.pNext = nil
        methods.zName = UnsafePointer(chars)
        methods.pAppData = UnsafeMutableRawPointer(base)
        methods.szOsFile = Int32(MemoryLayout<plc_sealed_file>.stride) + base.pointee.szOsFile
        methods.xOpen = open
        methods.xDelete = { system, name, syncs in
            guard let base = beneath(system) else { return SQLITE_IOERR }
            return base.pointee.xDelete(base, name, syncs)
        }
        methods.xAccess = { system, name, flags, result in
            guard let base = beneath(system) else { return SQLITE_IOERR }
            return base.pointee.xAccess(base, name, flags, result)
        }
        methods.xFullPathname = { system, name, room, result in
            guard let base = beneath(system) else { return SQLITE_CANTOPEN }
            return base.pointee.xFullPathname(base, name, room, result)
        }
        // Nothing is loaded into a store.
        methods.xDlOpen = { _, _ in nil }
        methods.xDlError = { _, _, _ in }
        methods.xDlSym = { _, _, _ in nil }
        methods.xDlClose = { _, _ in }
        methods.xRandomness = { system, count, buffer in
            guard let base = beneath(system) else { return 0 }
            return base.pointee.xRandomness(base, count, buffer)
        }
        methods.xSleep = { system, microseconds in
            guard let base = beneath(system) else { return 0 }
            return base.pointee.xSleep(base, microseconds)
        }
        methods.xCurrentTime = { system, time in
            guard let base = beneath(system) else { return SQLITE_IOERR }
            return base.pointee.xCurrentTime(base, time)
        }
        methods.xGetLastError = { system, count, text in
            guard let base = beneath(system) else { return 0 }
            return base.pointee.xGetLastError(base, count, text)
        }
        // As the first version has it, which every file system offers.
        methods.iVersion = 1
        system.initialize(to: methods)
        let code = sqlite3_vfs_register(system, 0)
        precondition(code == SQLITE_OK, "SQLite takes no file system: \(code)")
    }

    deinit {
        sqlite3_vfs_unregister(system)
        system.deallocate()
        chars.deallocate()
    }

    // MARK: Asking an open database

    /// The option of an address by which pages are given as they are, whatever their seals say: for who saves what can be
    /// read.
    static let lenient = "lenient"
    /// Writes to an Int32 whether pages have seals.
    static let isSealed: Int32 = 0x504C_0001
    /// Takes from an Int32 whether pages that are written get seals, before the first page says so itself.
    static let setSealed: Int32 = 0x504C_0002
    /// Writes to an Int32 how many pages were read in which a bit was turned back.
    static let corrected: Int32 = 0x504C_0003
}

extension SealedFiles: @unchecked Sendable {}

private typealias File = UnsafeMutablePointer<sqlite3_file>

private func beneath(_ system: UnsafeMutablePointer<sqlite3_vfs>?) -> UnsafeMutablePointer<sqlite3_vfs>? {
    system?.pointee.pAppData?.assumingMemoryBound(to: sqlite3_vfs.self)
}

private func sealed(_ file: File?) -> UnsafeMutablePointer<plc_sealed_file>? {
    UnsafeMutableRawPointer(file)?.assumingMemoryBound(to: plc_sealed_file.self)
}

/// The file beneath an open database.
private func inner(_ file: File) -> File {
    UnsafeMutableRawPointer(file).advanced(by: MemoryLayout<plc_sealed_file>.stride)
        .assumingMemoryBound(to: sqlite3_file.self)
}

/// The file beneath, and what it can do.
private func beneath(_ file: File?) -> (file: File, methods: sqlite3_io_methods)? {
    guard let file else { return nil }
    let inner = inner(file)
    guard let methods = inner.pointee.pMethods else { return nil }
    return (inner, methods.pointee)
}

/// SQLITE_IOERR_DATA, a macro over an expression: a page is not what was written.
let damagedPage = SQLITE_IOERR | 32 << 8
/// SQLITE_IOERR_SHORT_READ.
private let shortRead = SQLITE_IOERR | 2 << 8

private func open(
    _ system: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ file: File?,
    _ flags: Int32,
    _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let base = beneath(system), let file else { return SQLITE_CANTOPEN }
    guard flags & SQLITE_OPEN_MAIN_DB != 0, let slot = sealed(file) else {
        return base.pointee.xOpen(base, name, file, flags, outFlags)
    }
    slot.initialize(to: plc_sealed_file())
    let inner = inner(file)
    inner.pointee.pMethods = nil
    let code = base.pointee.xOpen(base, name, inner, flags, outFlags)
    // A file that was not opened may have methods nevertheless, and then SQLite closes it.
    if inner.pointee.pMethods != nil { file.pointee.pMethods = methods.pointer }
    guard code == SQLITE_OK, let methods = inner.pointee.pMethods else { return code }
    _ = methods.pointee.xFileSize(inner, &slot.pointee.length)
    slot.pointee.isLenient = sqlite3_uri_boolean(name, SealedFiles.lenient, 0)
    var header = [UInt8](repeating: 0, count: 100)
    guard slot.pointee.length >= header.count else {
        slot.pointee.isSealed = 1
        return SQLITE_OK
    }
    let found = methods.pointee.xRead(inner, &header, Int32(header.count), 0)
    slot.pointee.isSealed = hasSeals(header) ? 1 : 0
    return found
}

/// Whether the pages of a database have seals: a new one's will, and one says so whose header leaves room for them.
///
/// The header itself may be spoilt; so it has to say twice that there are none.
private func hasSeals(_ header: [UInt8]) -> Bool {
    let version = header[60..<64].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return header[20] != 0 || version >= Schema.sealedVersion
}

/// Reads a page, again if a checkpoint may have been writing it, until its seal holds.
private func read(
    _ file: File?, _ buffer: UnsafeMutableRawPointer?, _ amount: Int32, _ offset: Int64
) -> Int32 {
    guard let slot = sealed(file), let (inner, methods) = beneath(file), let buffer else {
        return SQLITE_IOERR
    }
    let code = methods.xRead(inner, buffer, amount, offset)
    guard slot.pointee.isSealed != 0 else { return code }
    if slot.pointee.isLenient != 0 {
        let pageBytes = Int64(PageSeal.pageBytes)
        if code == SQLITE_OK, Int64(amount) == pageBytes, offset % pageBytes == 0 {
            let number = UInt64(offset / pageBytes) + 1
            if PageSeal.holds(buffer, number: number) || PageSeal.correct(buffer, number: number) {
                return code
            }
        }
        if code == SQLITE_OK, offset == 0, amount >= 100, !isFirstPageSound(inner, methods) {
            restoreHeader(buffer, length: slot.pointee.length)
        }
        return code
    }
    // The header alone is read before the write-ahead log is looked at, and may be torn then.
    guard amount >= 512 else { return code }
    let pageBytes = Int64(PageSeal.pageBytes)
    if code == shortRead, offset == 0 { return code }
    guard code == SQLITE_OK || code == shortRead else { return code }
    guard code == SQLITE_OK, Int64(amount) == pageBytes, offset % pageBytes == 0 else { return damagedPage }
    let number = UInt64(offset / pageBytes) + 1
    for _ in 0..<3 {
        if PageSeal.holds(buffer, number: number) { return SQLITE_OK }
        let code = methods.xRead(inner, buffer, amount, offset)
        guard code == SQLITE_OK else { return code }
    }
    if PageSeal.holds(buffer, number: number) { return SQLITE_OK }
    guard PageSeal.correct(buffer, number: number) else { return damagedPage }
    slot.pointee.corrected += 1
    return SQLITE_OK
}

private func isFirstPageSound(_ file: File, _ methods: sqlite3_io_methods) -> Bool {
    var page = [UInt8](repeating: 0, count: PageSeal.pageBytes)
    guard methods.xRead(file, &page, Int32(page.count), 0) == SQLITE_OK else { return false }
    return page.withUnsafeBytes { $0.baseAddress.map { PageSeal.holds($0, number: 1) } ?? false }
}

/// Puts what every store has there into the header, 100 bytes, of a first page that is damaged.
///
/// Source: "Database File Format", 1.3.
private func restoreHeader(_ page: UnsafeMutableRawPointer, length: Int64) {
    let magic = Array("SQLite format 3\0".utf8)
    page.copyMemory(from: magic, byteCount: magic.count)
    let pages = UInt32(clamping: length / Int64(PageSeal.pageBytes))
    let change = page.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
    let fields: [(Int, [UInt8])] = [
        (16, [0x10, 0x00, 2, 2, UInt8(PageSeal.count), 64, 32, 32]),
        (28, stride(from: UInt32(24), through: 0, by: -8).map { UInt8(truncatingIfNeeded: pages >> $0) }),
        // Free pages are not needed, and who saves what can be read adds none.
        (32, [0, 0, 0, 0, 0, 0, 0, 0]), (44, [0, 0, 0, 4]), (52, [0, 0, 0, 0, 0, 0, 0, 1]),
    ]
    for (offset, bytes) in fields {
        page.advanced(by: offset).copyMemory(from: bytes, byteCount: bytes.count)
    }
    page.storeBytes(of: change, toByteOffset: 92, as: UInt32.self)
}

private func write(
    _ file: File?, _ buffer: UnsafeRawPointer?, _ amount: Int32, _ offset: Int64
) -> Int32 {
    guard let slot = sealed(file), let (inner, methods) = beneath(file), let buffer else {
        return SQLITE_IOERR
    }
    let pageBytes = Int64(PageSeal.pageBytes)
    if offset == 0, amount >= 100 {
        slot.pointee.isSealed = buffer.load(fromByteOffset: 20, as: UInt8.self) == PageSeal.count ? 1 : 0
    }
    if slot.pointee.isSealed != 0, Int64(amount) == pageBytes {
        let code = fill(slot, inner, methods, to: offset)
        guard code == SQLITE_OK else { return code }
        // SQLite leaves these bytes of a page alone.
        PageSeal.write(UnsafeMutableRawPointer(mutating: buffer), number: UInt64(offset / pageBytes) + 1)
    }
    let code = methods.xWrite(inner, buffer, amount, offset)
    if code == SQLITE_OK { slot.pointee.length = max(slot.pointee.length, offset + Int64(amount)) }
    return code
}

/// Gives seals to the pages between the end of the file and `end`, which nobody writes: those that are free.
private func fill(
    _ slot: UnsafeMutablePointer<plc_sealed_file>, _ file: File, _ methods: sqlite3_io_methods, to end: Int64
) -> Int32 {
    guard end > slot.pointee.length else { return SQLITE_OK }
    // Another connection may have written them.
    let code = methods.xFileSize(file, &slot.pointee.length)
    guard code == SQLITE_OK else { return code }
    var page = [UInt8](repeating: 0, count: PageSeal.pageBytes)
    while slot.pointee.length < end {
        let start = slot.pointee.length - slot.pointee.length % Int64(page.count)
        page.withUnsafeMutableBytes {
            guard let base = $0.baseAddress else { return }
            PageSeal.write(base, number: UInt64(start / Int64(PageSeal.pageBytes)) + 1)
        }
        let code = methods.xWrite(file, page, Int32(page.count), start)
        guard code == SQLITE_OK else { return code }
        slot.pointee.length = start + Int64(page.count)
    }
    return SQLITE_OK
}

private func control(_ file: File?, _ operation: Int32, _ argument: UnsafeMutableRawPointer?) -> Int32 {
    guard let slot = sealed(file), let (inner, methods) = beneath(file) else { return SQLITE_NOTFOUND }
    switch operation {
    case SealedFiles.isSealed: argument?.storeBytes(of: slot.pointee.isSealed, as: Int32.self)
    case SealedFiles.corrected: argument?.storeBytes(of: slot.pointee.corrected, as: Int32.self)
    case SealedFiles.setSealed:
        slot.pointee.isSealed = argument?.load(as: Int32.self) ?? slot.pointee.isSealed
    default: return methods.xFileControl(inner, operation, argument)
    }
    return SQLITE_OK
}

/// The table of methods that all open databases share.
private struct Methods: @unchecked Sendable {
    let pointer: UnsafePointer<sqlite3_io_methods>

    init() {
        var table = sqlite3_io_methods()
        table.iVersion = 2
        table.xClose = { file in
            guard let (inner, methods) = beneath(file) else { return SQLITE_OK }
            return methods.xClose(inner)
        }
        table.xRead = read
        table.xWrite = write
        table.xTruncate = { file, length in
            guard let slot = sealed(file), let (inner, methods) = beneath(file) else { return SQLITE_IOERR }
            if slot.pointee.isSealed != 0 {
                let code = fill(slot, inner, methods, to: length)
                guard code == SQLITE_OK else { return code }
            }
            let code = methods.xTruncate(inner, length)
            if code == SQLITE_OK { slot.pointee.length = length }
            return code
        }
        table.xSync = { file, flags in
            guard let (inner, methods) = beneath(file) else { return SQLITE_IOERR }
            return methods.xSync(inner, flags)
        }
        table.xFileSize = { file, size in
            guard let (inner, methods) = beneath(file) else { return SQLITE_IOERR }
            return methods.xFileSize(inner, size)
        }
        table.xLock = { file, level in
            guard let (inner, methods) = beneath(file) else { return SQLITE_IOERR }
            return methods.xLock(inner, level)
        }
        table.xUnlock = { file, level in
            guard let (inner, methods) = beneath(file) else { return SQLITE_IOERR }
            return methods.xUnlock(inner, level)
        }
        table.xCheckReservedLock = { file, result in
            guard let (inner, methods) = beneath(file) else { return SQLITE_IOERR }
            return methods.xCheckReservedLock(inner, result)
        }
        table.xFileControl = control
        table.xSectorSize = { file in
            guard let (inner, methods) = beneath(file) else { return 4_096 }
            return methods.xSectorSize(inner)
        }
        table.xDeviceCharacteristics = { file in
            guard let (inner, methods) = beneath(file) else { return 0 }
            return methods.xDeviceCharacteristics(inner)
        }
        table.xShmMap = { file, number, bytes, extends, result in
            guard let (inner, methods) = beneath(file) else { return SQLITE_IOERR }
            return methods.xShmMap(inner, number, bytes, extends, result)
        }
        table.xShmLock = { file, offset, count, flags in
            guard let (inner, methods) = beneath(file) else { return SQLITE_IOERR }
            return methods.xShmLock(inner, offset, count, flags)
        }
        table.xShmBarrier = { file in
            guard let (inner, methods) = beneath(file) else { return }
            methods.xShmBarrier(inner)
        }
        table.xShmUnmap = { file, removes in
            guard let (inner, methods) = beneath(file) else { return SQLITE_OK }
            return methods.xShmUnmap(inner, removes)
        }
        let pointer = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        pointer.initialize(to: table)
        self.pointer = UnsafePointer(pointer)
    }
}

private let methods = Methods()
