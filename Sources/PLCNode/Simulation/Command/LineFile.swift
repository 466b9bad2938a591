#if canImport(Glibc)
    internal import Glibc
#endif

/// A text file that is written line by line.
final class LineFile {
    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    private var failure: FileError?

    /// Makes the file, or makes it empty.
    init(_ path: String) throws {
        self.path = path
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError("cannot write \(path)") }
    }

    deinit { Glibc.close(descriptor) }

    /// Adds a line.
    func write(_ line: String) {
        buffer.append(contentsOf: line.utf8)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= 1 << 16 { flush() }
    }

    /// Writes what is left; throws if anything could not be written.
    func close() throws {
        flush()
        if let failure { throw failure }
    }

    private func flush() {
        var start = 0
        while start < buffer.count, failure == nil {
            let count = buffer.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + start, $0.count - start)
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { failure = FileError("cannot write \(path)") }
            start += max(0, count)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
