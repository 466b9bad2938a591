import CSQLite
internal import Synchronization

/// A simulated disk as a file system of SQLite's.
///
/// Source: "The SQLite OS Interface or VFS", and the header's description of each method.
final class SQLiteFileSystem {
    let name: String
    private let system: UnsafeMutablePointer<sqlite3_vfs>
    private let chars: UnsafeMutablePointer<CChar>

    private static let count = Atomic(0)

    /// Makes the file system known to SQLite, under a name of its own.
    init(_ disk: SimulatedDisk) {
        name = "plc-disk-\(Self.count.add(1, ordering: .relaxed).newValue)"
        let bytes = Array(name.utf8CString)
        chars = .allocate(capacity: bytes.count)
        chars.initialize(from: bytes, count: bytes.count)
        system = .allocate(capacity: 1)
        var methods = sqlite3_vfs()
        methods.iVersion = 1
        methods.szOsFile = Int32(MemoryLayout<plc_file>.size)
        methods.mxPathname = 512
        methods.zName = UnsafePointer(chars)
        methods.pAppData = Unmanaged.passUnretained(disk).toOpaque()
        methods.xOpen = openFile
        methods.xDelete = deleteFile
        methods.xAccess = accessFile
        methods.xFullPathname = fullPathname
        methods.xRandomness = { _, count, buffer in
            guard let buffer else { return 0 }
            for index in 0..<Int(count) { buffer[index] = 0 }
            return count
        }
        methods.xSleep = { _, microseconds in microseconds }
        methods.xCurrentTime = { _, time in
            time?.pointee = 2_460_000
            return SQLITE_OK
        }
        methods.xGetLastError = { _, _, _ in 0 }
        system.initialize(to: methods)
        let code = sqlite3_vfs_register(system, 0)
        precondition(code == SQLITE_OK, "SQLite takes no file system: \(code)")
    }

    /// Makes what SQLite itself draws, such as the salt of a write-ahead log, follow from `seed`, in this process.
    static func seedRandom(_ seed: UInt64) { plc_sqlite_seed_random(Int32(truncatingIfNeeded: seed | 1)) }

    deinit {
        sqlite3_vfs_unregister(system)
        system.deallocate()
        chars.deallocate()
    }
}

/// One open file, as one process opened it.
private final class OpenFile {
    let disk: SimulatedDisk
    let file: SimulatedDisk.File
    let process: Int
    /// Whether the file goes when it is closed.
    let temporaryPath: String?
    /// Kept for as long as SQLite may look into them, which outlasts the process when its connections are taken down.
    var regions: [SharedMemory.Region] = []

    init(_ disk: SimulatedDisk, _ file: SimulatedDisk.File, temporaryPath: String?) {
        self.disk = disk
        self.file = file
        process = disk.process
        self.temporaryPath = temporaryPath
    }

    /// Whether the process that opened it is still there.
    var isAlive: Bool { process == disk.process }

    var id: ObjectIdentifier { ObjectIdentifier(self) }
}

private func disk(_ system: UnsafeMutablePointer<sqlite3_vfs>?) -> SimulatedDisk? {
    guard let data = system?.pointee.pAppData else { return nil }
    return Unmanaged<SimulatedDisk>.fromOpaque(data).takeUnretainedValue()
}

private func slot(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<plc_file>? {
    UnsafeMutableRawPointer(file)?.assumingMemoryBound(to: plc_file.self)
}

/// The open file, if its process lives.
private func alive(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile? {
    guard let object = slot(file)?.pointee.object else { return nil }
    let open = Unmanaged<OpenFile>.fromOpaque(object).takeUnretainedValue()
    return open.isAlive ? open : nil
}

private func code(_ refusal: SimulatedDisk.Refusal) -> Int32 {
    switch refusal {
    case .full: SQLITE_FULL
    case .readError: SQLITE_IOERR | 1 << 8
    case .writeError: SQLITE_IOERR | 3 << 8
    case .syncError: SQLITE_IOERR | 4 << 8
    }
}

private let deadProcess = SQLITE_IOERR

private func openFile(
    _ system: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?,
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let disk = disk(system), let slot = slot(file) else { return SQLITE_CANTOPEN }
    slot.pointee.base.pMethods = nil
    let path = name.map { String(cString: $0) } ?? "temporary"
    let creates = flags & SQLITE_OPEN_CREATE != 0
    guard let found = disk.file(path, creates: creates) else { return SQLITE_CANTOPEN }
    let isTemporary = flags & SQLITE_OPEN_DELETEONCLOSE != 0
    let open = OpenFile(disk, found, temporaryPath: isTemporary ? path : nil)
    slot.pointee.object = Unmanaged.passRetained(open).toOpaque()
    slot.pointee.base.pMethods = methods.pointer
    outFlags?.pointee = flags
    return SQLITE_OK
}

private func deleteFile(
    _ system: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ syncsFolder: Int32
) -> Int32 {
    guard let disk = disk(system), let name else { return SQLITE_IOERR }
    let path = String(cString: name)
    guard disk.files[path] != nil else { return SQLITE_IOERR | 23 << 8 }
    do throws(SimulatedDisk.Refusal) {
        try disk.delete(path)
        return SQLITE_OK
    } catch {
        return code(error)
    }
}

private func accessFile(
    _ system: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ flags: Int32,
    _ result: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let disk = disk(system), let name else { return SQLITE_IOERR }
    result?.pointee = disk.files[String(cString: name)] != nil ? 1 : 0
    return SQLITE_OK
}

private func fullPathname(
    _ system: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ room: Int32,
    _ result: UnsafeMutablePointer<CChar>?
) -> Int32 {
    guard let name, let result else { return SQLITE_CANTOPEN }
    var index = 0
    while name[index] != 0 {
        guard index < room - 1 else { return SQLITE_CANTOPEN }
        result[index] = name[index]
        index += 1
    }
    result[index] = 0
    return SQLITE_OK
}

/// The table of methods that all open files share.
private struct Methods: @unchecked Sendable {
    let pointer: UnsafePointer<sqlite3_io_methods>

    init() {
        var table = sqlite3_io_methods()
        table.iVersion = 2
        table.xClose = { file in
            guard let slot = slot(file), let object = slot.pointee.object else { return SQLITE_OK }
            let open = Unmanaged<OpenFile>.fromOpaque(object).takeRetainedValue()
            slot.pointee.object = nil
            if open.isAlive {
                open.file.locks.unlock(open.id, .none)
                open.file.memory.forget(open.id)
                if let path = open.temporaryPath { try? open.disk.delete(path) }
            }
            return SQLITE_OK
        }
        table.xRead = { file, buffer, amount, offset in
            guard let open = alive(file), let buffer else { return deadProcess }
            let room = UnsafeMutableRawBufferPointer(start: buffer, count: Int(amount))
            do throws(SimulatedDisk.Refusal) {
                let count = try open.disk.read(open.file, at: Int(offset), into: room)
                return count == Int(amount) ? SQLITE_OK : SQLITE_IOERR | 2 << 8
            } catch {
                return code(error)
            }
        }
        table.xWrite = { file, buffer, amount, offset in
            guard let open = alive(file), let buffer else { return deadProcess }
            let bytes = UnsafeRawBufferPointer(start: buffer, count: Int(amount))
            do throws(SimulatedDisk.Refusal) {
                try open.disk.write(bytes, to: open.file, at: Int(offset))
                return SQLITE_OK
            } catch {
                return code(error)
            }
        }
        table.xTruncate = { file, length in
            guard let open = alive(file) else { return deadProcess }
            do throws(SimulatedDisk.Refusal) {
                try open.disk.truncate(open.file, to: Int(length))
                return SQLITE_OK
            } catch {
                return code(error)
            }
        }
        table.xSync = { file, _ in
            guard let open = alive(file) else { return deadProcess }
            do throws(SimulatedDisk.Refusal) {
                try open.disk.sync(open.file)
                return SQLITE_OK
            } catch {
                return code(error)
            }
        }
        table.xFileSize = { file, size in
            guard let open = alive(file) else { return deadProcess }
            size?.pointee = Int64(open.file.content.count)
            return SQLITE_OK
        }
        table.xLock = { file, level in
            guard let open = alive(file), let level = FileLocks.Level(rawValue: level) else {
                return deadProcess
            }
            return open.file.locks.lock(open.id, level) ? SQLITE_OK : SQLITE_BUSY
        }
        table.xUnlock = { file, level in
            guard let open = alive(file), let level = FileLocks.Level(rawValue: level) else {
                return SQLITE_OK
            }
            open.file.locks.unlock(open.id, level)
            return SQLITE_OK
        }
        table.xCheckReservedLock = { file, result in
            guard let open = alive(file) else { return deadProcess }
            result?.pointee = open.file.locks.isReserved ? 1 : 0
            return SQLITE_OK
        }
        table.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
        table.xSectorSize = { _ in 4_096 }
        // As SQLite's own file system says by default: a write harms nothing beside it.
        table.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
        table.xShmMap = { file, number, bytes, extends, result in
            guard let open = alive(file) else { return deadProcess }
            let region = open.file.memory.region(Int(number), bytes: Int(bytes), extends: extends != 0)
            result?.pointee = region?.start
            if let region { open.regions.append(region) }
            return SQLITE_OK
        }
        table.xShmLock = { file, offset, count, flags in
            guard let open = alive(file) else { return deadProcess }
            let slots = Int(offset)..<Int(offset + count)
            let alone = flags & SQLITE_SHM_EXCLUSIVE != 0
            if flags & SQLITE_SHM_UNLOCK != 0 {
                open.file.memory.unlock(open.id, slots, alone: alone)
                return SQLITE_OK
            }
            return open.file.memory.lock(open.id, slots, alone: alone) ? SQLITE_OK : SQLITE_BUSY
        }
        table.xShmBarrier = { _ in }
        table.xShmUnmap = { file, _ in
            guard let open = alive(file) else { return SQLITE_OK }
            open.file.memory.forget(open.id)
            return SQLITE_OK
        }
        let pointer = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        pointer.initialize(to: table)
        self.pointer = UnsafePointer(pointer)
    }
}

private let methods = Methods()
