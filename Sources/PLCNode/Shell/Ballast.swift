#if canImport(Glibc)
    internal import Glibc
#endif

/// Room on a disk that is kept for the time when there is no other.
package protocol Reserve: AnyObject {
    /// Whether the room was given up, and not taken again.
    var isGivenUp: Bool { get }
    /// Gives the room up, if it is kept.
    func giveUp()
    /// Takes the room again, if the disk has enough; says whether it was.
    func take() -> Bool
}

/// A file of no content that only takes up room, beside the store.
///
/// One that has no bytes says that it was given up. On a disk where there is no room for one, or no right to make it, the
/// node does without.
package final class Ballast: Reserve {
    /// The size on a disk that is large enough, in bytes.
    static let maximumBytes: UInt64 = 16 << 20
    /// Below this it would help nobody, in bytes.
    private static let minimumBytes: UInt64 = 32 << 10
    /// At the most this part of the disk.
    private static let share: UInt64 = 16
    private static let page: UInt64 = 4_096

    private let path: String
    package private(set) var isGivenUp = false

    /// The file at `path`, which is made if it is not there, or given up and there is room again.
    package init(_ path: String) {
        self.path = path
        switch Self.size(path) {
        case nil: _ = take()
        case 0: isGivenUp = !take()
        default: break
        }
    }

    /// Whether the file at `path` says that the disk was full, and it still is.
    static func isFull(_ path: String) -> Bool { size(path) == 0 && roomForOne(path) == nil }

    private static func size(_ path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(clamping: status.st_size) : nil
    }

    package func giveUp() {
        if let size = Self.size(path), size > 0 { isGivenUp = truncate(path, 0) == 0 }
    }

    package func take() -> Bool {
        guard let size = Self.roomForOne(path) else { return false }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard posix_fallocate(descriptor, 0, off_t(size)) == 0 else {
            // A part of it would not say that it was given up.
            if isGivenUp { ftruncate(descriptor, 0) } else { unlink(path) }
            return false
        }
        isGivenUp = false
        return true
    }

    /// How large the file is to be; nil if the disk has not twice as much left.
    private static func roomForOne(_ path: String) -> UInt64? {
        var disk = statvfs()
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        guard statvfs(folder, &disk) == 0 else { return nil }
        let unit = UInt64(disk.f_frsize)
        let share = UInt64(disk.f_blocks).multipliedReportingOverflow(by: unit).partialValue / Self.share
        let size = min(share / Self.page * Self.page, Self.maximumBytes)
        let free = UInt64(disk.f_bavail).multipliedReportingOverflow(by: unit).partialValue
        return size >= Self.minimumBytes && free >= 2 * size ? size : nil
    }
}
