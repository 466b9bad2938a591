#if canImport(Glibc)
    internal import Glibc
#endif

/// The file that a report goes to, which is there whole or not at all.
struct ReportFile {
    let path: String

    /// Throws if nothing can be written there, before anybody has waited for what is to be written.
    init(_ path: String) throws {
        self.path = path
        let existing = Glibc.open(path, O_WRONLY | O_CLOEXEC)
        if existing >= 0 {
            close(existing)
        } else if errno != ENOENT {
            throw FileError("cannot write \(path)")
        }
        let trial = path + ".new"
        let descriptor = Glibc.open(trial, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError("cannot write \(path)") }
        close(descriptor)
        unlink(trial)
    }

    /// Writes the page.
    func write(_ page: String) throws { try FileSystem.write(Array(page.utf8), to: path, mode: 0o644) }
}
