internal import CLinux

#if canImport(Glibc)
    internal import Glibc
#endif

/// Another process of this program, with its output in our hands.
package final class ChildProcess {
    /// What a process is given beside its words.
    struct Surroundings: Sendable {
        /// Environment variables beside those of this process; of the same name, these count.
        var variables: [(name: String, value: String)] = []
        /// The file to whose end its errors go; nil keeps them for `finish`.
        var errorFile: String?
    }

    /// Environment variable: the process that this one shall not outlive.
    static let keeperVariable = "PLC_TEST_KEEPER"

    private let identifier: pid_t
    private let output: Int32
    private let errors: Int32
    private var pending: [UInt8] = []
    private var status: Int32?
    private var isReleased = false

    /// What a process left behind.
    package struct Result: Sendable {
        /// The exit code, or 128 and the signal that ended it.
        package let code: Int32
        package let output: [UInt8]
        package let errors: [UInt8]
    }

    /// Starts the program at `path`; its standard input is empty.
    package convenience init(_ path: String, _ arguments: [String]) throws {
        try self.init(path, arguments, Surroundings())
    }

    /// Starts the program at `path` in these surroundings; its standard input is empty.
    init(_ path: String, _ arguments: [String], _ surroundings: Surroundings) throws {
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
        let variables = Self.environment(surroundings.variables).map { strdup($0) } + [nil]
        defer { for variable in variables { free(variable) } }
        if let file = surroundings.errorFile {
            let opened = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard opened >= 0 else {
                let error = FileError("cannot write \(file)")
                for end in out + err { close(end) }
                throw error
            }
            close(err[1])
            err[1] = opened
        }
        identifier = plc_spawn(path, words, variables, out[1], err[1])
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
        if status == nil, !isReleased {
            kill(identifier, SIGKILL)
            waitpid(identifier, nil, 0)
        }
        close(output)
        close(errors)
    }

    /// Lets the process run on when this value goes.
    func release() { isReleased = true }

    /// This process's environment as `NAME=VALUE`, with `variables` in it.
    private static func environment(_ variables: [(name: String, value: String)]) -> [String] {
        var all: [String] = []
        var next = plc_environment()
        while let entry = next?.pointee {
            all.append(String(cString: entry))
            next = next?.advanced(by: 1)
        }
        all.removeAll { entry in variables.contains { entry.hasPrefix($0.name + "=") } }
        return all + variables.map { "\($0.name)=\($0.value)" }
    }

    /// Has the system end this process when the one that keeps it ends; called once, before anything else.
    ///
    /// The death of the thread that started it counts, so a keeper starts others on a thread that stays.
    package static func endWithKeeper() {
        guard let word = getenv(keeperVariable), let keeper = pid_t(String(cString: word)) else { return }
        // What this process starts is not the keeper's child.
        unsetenv(keeperVariable)
        // A keeper that was gone before the system knew of the wish would never be missed.
        if plc_end_with_parent(keeper) != 0 { _exit(ExitCode.failed.rawValue) }
    }

    /// Makes this process a session of its own, so that what is typed at the terminal does not end it.
    static func leaveTerminal() { _ = setsid() }

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
