#if canImport(Glibc)
    internal import Glibc
#endif

/// Lines of a file, a pipe or whatever gives bytes, in pieces, without holding the whole.
struct LineSource {
    /// A longer line is handed out as nothing: no change is so large.
    static let maximumLineBytes = 1 << 20
    /// So much is read at once.
    private static let chunkBytes = 1 << 18

    private let more: (Int) throws -> [UInt8]
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    /// How many bytes were handed out.
    private(set) var consumed = 0

    /// Lines of the bytes that `more` gives, at most so many at a time; none mean the end.
    init(_ more: @escaping (Int) throws -> [UInt8]) { self.more = more }

    /// Calls `body` with the next line, without its newline, or with nothing and true for one that is too long; false
    /// at the end.
    mutating func next(_ body: (borrowing RawSpan, _ isTooLong: Bool) throws -> Void) throws -> Bool {
        var scanned = start
        var isTooLong = false
        while true {
            if let end = Self.newline(buffer, from: scanned) {
                let range = start..<end
                start = end + 1
                consumed += range.count + 1
                try body(buffer.span.bytes.extracting(isTooLong ? start..<start : range), isTooLong)
                return true
            }
            if isAtEnd {
                guard start < buffer.count else { return false }
                let range = start..<buffer.count
                start = buffer.count
                consumed += range.count
                try body(buffer.span.bytes.extracting(isTooLong ? start..<start : range), isTooLong)
                return true
            }
            if start > 0 {
                buffer.removeFirst(start)
                start = 0
            }
            if buffer.count > Self.maximumLineBytes {
                isTooLong = true
                consumed += buffer.count
                buffer.removeAll(keepingCapacity: true)
            }
            scanned = buffer.count
            let chunk = try more(Self.chunkBytes)
            isAtEnd = chunk.isEmpty
            buffer += chunk
        }
    }

    private static func newline(_ bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { all in
            guard start < all.count, let base = all.baseAddress,
                let found = memchr(base + start, 10, all.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}

/// A file that is read in order.
final class InputFile {
    private let path: String
    private let descriptor: Int32
    /// The size of a regular file.
    let size: Int?

    init(_ path: String) throws {
        self.path = path
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("cannot read \(path)") }
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isRegular ? Int(status.st_size) : nil
    }

    deinit { close(descriptor) }

    /// The next bytes, at most `limit`; none at the end.
    func read(_ limit: Int) throws -> [UInt8] {
        var code = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            repeat {
                code = Glibc.read(descriptor, buffer.baseAddress, limit)
            } while code < 0 && errno == EINTR
            count = max(0, code)
        }
        guard code >= 0 else { throw FileError("cannot read \(path)") }
        return bytes
    }
}
