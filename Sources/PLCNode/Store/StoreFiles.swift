/// The files of a store as files: what is done with them beside what SQLite does.
package protocol StoreFiles {
    /// The name in SQLite's list of the file system that they are in.
    var fileSystem: String { get }

    /// Whether there is a file.
    func exists(_ path: String) -> Bool

    /// Makes an empty file, if there is none, durably.
    func mark(_ path: String) throws

    /// Removes a file, if there is one.
    func remove(_ path: String)

    /// Puts the file `other` in the place of the file `path`, which is `kept` from then on; durably, and so that there is a
    /// file `path` at all times.
    func replace(_ path: String, by other: String, keeping kept: String) throws
}

#if canImport(Glibc)
    internal import Glibc
#endif

/// The operating system's files.
package struct SystemFiles: StoreFiles {
    package init() {}

    package var fileSystem: String { SealedFiles.system.name }

    package func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    package func mark(_ path: String) throws { try FileSystem.write([], to: path, mode: 0o600) }

    package func remove(_ path: String) { unlink(path) }

    package func replace(_ path: String, by other: String, keeping kept: String) throws {
        unlink(kept)
        guard link(path, kept) == 0 else { throw FileError("cannot keep \(path) as \(kept)") }
        guard rename(other, path) == 0 else { throw FileError("cannot put \(path) in place") }
        try FileSystem.syncFolder(of: path)
    }
}
