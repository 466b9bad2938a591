internal import CLinux
package import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// A node's folder: its key, its store, its lock and its control socket.
package struct NodeFolder: Sendable {
    /// The folder's path.
    package let path: String

    /// The folder at `path`, whatever is there.
    package init(_ path: String) { self.path = path }

    /// The database.
    package var store: String { path + "/store.db" }
    /// The private key: thirty-two bytes, readable by the owner alone.
    package var key: String { path + "/key" }
    /// The file whose lock says that a process has the folder.
    package var lock: String { path + "/lock" }
    /// Whether the database has a write-ahead log that was not taken in.
    var hasLog: Bool {
        var status = stat()
        return stat(store + "-wal", &status) == 0 && status.st_size > 0
    }
    /// Room that is given up when the disk is full.
    package var ballast: String { path + "/ballast" }
    /// The changes whose folding has ended the process.
    var crashes: String { path + "/crashes" }
    /// The socket over which commands reach the process that serves the folder.
    package var control: String { path + "/control" }

    /// Whether there is a node in the folder.
    package var isNode: Bool { access(key, F_OK) == 0 }

    /// Makes the folder, if need be, with a new key in it; refuses one that has a key.
    package func create(seed: [UInt8]) throws {
        guard !isNode else { throw StoreError.alreadyANode(path) }
        try makeFolders()
        try FileSystem.write(seed, to: key, mode: 0o600)
    }

    /// Makes the folder and those above it, as far as they are missing.
    func makeFolders() throws {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o700) != 0, errno != EEXIST { throw FileError("cannot make the folder \(made)") }
        }
        guard access(path, W_OK) == 0 else { throw StoreError.readOnly(path) }
    }

    /// The node's key.
    package func signingKey() throws -> SigningKey {
        guard isNode else { throw StoreError.notANode(path) }
        guard let key = SigningKey(seed: try FileSystem.read(key, limit: 64)) else {
            throw StoreError.damaged("\(key) is not a key")
        }
        return key
    }
}

/// A hold on a node's folder, for as long as it lives: exclusive, but that those who cannot write there share it.
///
/// The system lets go of it when the process ends.
package final class FolderLock: Sendable {
    private let descriptor: Int32
    /// Whether nothing can be written to the folder.
    let isReadOnly: Bool

    /// Takes the lock, or says who is in the way; of a folder that is no node's yet only if `isNew`.
    ///
    /// Where nothing can be written, a file that is there is locked; where there is none, nobody could make one.
    package init(_ folder: NodeFolder, isNew: Bool = false) throws {
        guard isNew || folder.isNode else { throw StoreError.notANode(folder.path) }
        let writable = Glibc.open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        isReadOnly = writable < 0 && (errno == EACCES || errno == EROFS)
        if isReadOnly, isNew { throw StoreError.readOnly(folder.path) }
        descriptor = isReadOnly ? Glibc.open(folder.lock, O_RDONLY | O_CLOEXEC) : writable
        guard descriptor >= 0 else {
            if isReadOnly, errno == ENOENT { return }
            throw FileError("cannot open \(folder.lock)")
        }
        guard plc_lock(descriptor, isReadOnly ? 1 : 0) == 0 else {
            close(descriptor)
            throw StoreError.inUse(folder.path)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}

/// What the system says about a file, and which.
package struct FileError: Error, CustomStringConvertible {
    /// What could not be done, and why.
    package let description: String

    /// The present error of the system, about `what`.
    package init(_ what: String) { description = "\(what): \(String(cString: strerror(errno)))" }
}

/// Small files, whole.
package enum FileSystem {
    /// The bytes of the file at `path`; more than `limit` is an error.
    package static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("cannot read \(path)") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw FileError("cannot read \(path)")
            }
            bytes += chunk[0..<count]
            guard bytes.count <= limit else {
                throw StoreError.damaged("\(path) is larger than \(limit) bytes")
            }
        }
    }

    /// Writes a new file so that it is there whole or not at all, even if the power fails.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws {
        let temporary = path + ".new"
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            if errno == EACCES || errno == EROFS { throw StoreError.readOnly(path) }
            throw FileError("cannot write \(path)")
        }
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let full = errno == ENOSPC
                close(descriptor)
                unlink(temporary)
                if full { throw StoreError.diskFull }
                throw FileError("cannot write \(path)")
            }
            offset += count
        }
        let synced = fsync(descriptor) == 0
        close(descriptor)
        guard synced, rename(temporary, path) == 0 else { throw FileError("cannot write \(path)") }
        try syncFolder(of: path)
    }

    /// A new empty folder where programs keep what they need for a while.
    package static func temporaryFolder(_ name: String) throws -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // A bare root may have no such folder.
        let place = access(base, W_OK) == 0 ? base : "."
        var template = Array("\(place)/\(name)-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw FileError("cannot make a folder in \(place)") }
        return String(cString: path)
    }

    /// Removes a folder and all that is in it, as far as that goes; links are removed, not followed.
    package static func removeFolder(_ path: String) {
        guard let folder = opendir(path) else {
            unlink(path)
            return
        }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let inner = path + "/" + name
            if entry.pointee.d_type == UInt8(DT_DIR) { removeFolder(inner) } else { unlink(inner) }
        }
        closedir(folder)
        rmdir(path)
    }

    /// Makes the names in the folder of `path` durable.
    package static func syncFolder(of path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = Glibc.open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("cannot open \(folder)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("cannot sync \(folder)") }
    }
}
