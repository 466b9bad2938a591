internal import CLinux

#if canImport(Glibc)
    internal import Glibc
#endif

/// Another process of this program, with its output in our hands.
package final class ChildProcess {
    private let identifier: pid_t
    private let output: Int32
    private let errors: Int32
    private var pending: [UInt8] = []
    private var status: Int32?

    /// What a process left behind.
    package struct Result: Sendable {
        /// The exit code, or 128 and the signal that ended it.
        package let code: Int32
        package let output: [UInt8]
        package let errors: [UInt8]
    }

    /// Starts the program at `path`; its standard input is empty.
    package init(_ path: String, _ arguments: [String]) throws {
        var out: [Int32] = [0, 0]
        var err: [Int32] = [0, 0]
        guard plc_pipe(&out) == 0 else { throw FileError("cannot make a pipe") }
        guard plc_pipe(&err) == 0 else {
            let error = FileError("cannot make a pipe")
            for end in out { close(end) }
            throw error
        }
        let words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        identifier = plc_spawn(path, words, out[1], err[1])
        close(out[1])
        close(err[1])
        output = out[0]
        errors = err[0]
        guard identifier > 0 else {
            let error = FileError("cannot start \(path)")
            close(output)
            close(errors)
            throw error
        }
    }

    deinit {
        if status == nil {
            kill(identifier, SIGKILL)
            waitpid(identifier, nil, 0)
        }
        close(output)
        close(errors)
    }

    /// The path of the program that is running: where the system says it is, or how it was called.
    package static func ownPath() -> String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
        }
        if count > 0 { return String(decoding: buffer[0..<count], as: UTF8.self) }
        return CommandLine.arguments.first ?? "plc"
    }

    /// The next line of the standard output, without its end; nil after the last, or once `milliseconds` have passed.
    package func line(within milliseconds: Int32) -> String? {
        let deadline = EventLoop.clock() + UInt64(milliseconds)
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return line
            }
            let now = EventLoop.clock()
            guard now < deadline else { return nil }
            var watched = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, Int32(deadline - now)) > 0 else { continue }
            guard let more = Self.read(output), !more.isEmpty else { return nil }
            pending += more
        }
    }

    /// Sends a signal.
    package func signal(_ number: Int32) { kill(identifier, number) }

    /// Whether the process is running.
    package var isRunning: Bool {
        if status != nil { return false }
        var code: Int32 = 0
        guard waitpid(identifier, &code, WNOHANG) == identifier else { return true }
        status = code
        return false
    }

    /// Reads all that the process says and waits for its end.
    package func finish() -> Result {
        var texts: [Int32: [UInt8]] = [output: pending, errors: []]
        var open: Set<Int32> = [output, errors]
        while !open.isEmpty {
            var watched = open.sorted().map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&watched, nfds_t(watched.count), -1) > 0 else { continue }
            for entry in watched where entry.revents != 0 {
                if let more = Self.read(entry.fd), !more.isEmpty {
                    texts[entry.fd, default: []] += more
                } else {
                    open.remove(entry.fd)
                }
            }
        }
        if status == nil {
            var code: Int32 = 0
            while waitpid(identifier, &code, 0) < 0, errno == EINTR {}
            status = code
        }
        let code = status ?? 0
        let ended = code & 0x7f
        return Result(
            code: ended == 0 ? code >> 8 & 0xff : 128 + ended, output: texts[output] ?? [],
            errors: texts[errors] ?? [])
    }

    /// Some bytes; empty at the end, nil on an error.
    private static func read(_ descriptor: Int32) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count >= 0 { return Array(chunk[0..<count]) }
            guard errno == EINTR else { return nil }
        }
    }
}
