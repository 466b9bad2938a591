internal import CLinux

#if canImport(Glibc)
    internal import Glibc
#endif

/// The socket in a node's folder over which commands reach the process that serves it.
///
/// A request is one frame with the command line; answers are frames of output and, last, the exit code. A frame is a
/// type, a length of four big-endian bytes, and so many bytes. The folder's permissions say who may connect.
package enum ControlSocket {
    /// The types of frames.
    enum Kind: UInt8 {
        /// The request: JSON.
        case request = 1
        /// Bytes for standard output and standard error.
        case output, errors
        /// The exit code, one byte; the last frame.
        case exit
    }

    /// The largest frame, in bytes.
    static let maximumBytes = 4 * 1_048_576

    /// What a command line needs to be run elsewhere as if it ran here.
    package struct Request: Sendable {
        package let arguments: [String]
        /// The folder that relative paths are relative to.
        package let workingDirectory: String
        package let isOutputTerminal: Bool
        package let isErrorTerminal: Bool
        package let width: Int

        /// A command line and what is known of the terminal.
        package init(arguments: [String], workingDirectory: String, output: Output) {
            self.arguments = arguments
            self.workingDirectory = workingDirectory
            isOutputTerminal = output.stdout.isTerminal
            isErrorTerminal = output.stderr.isTerminal
            width = output.stdout.width
        }

        init?(_ bytes: [UInt8]) {
            guard let json = try? JSON(parsing: bytes), let words = json["arguments"]?.elements else {
                return nil
            }
            arguments = words.compactMap(\.text)
            workingDirectory = json["workingDirectory"]?.text ?? "/"
            isOutputTerminal = json["outputTerminal"] == .bool(true)
            isErrorTerminal = json["errorTerminal"] == .bool(true)
            width = Int(json["width"]?.integer ?? 80)
        }

        var encoded: [UInt8] {
            var w = JSONWriter()
            w.beginObject()
            w.key("arguments")
            w.beginArray()
            for argument in arguments { w.string(argument) }
            w.endArray()
            w.key("workingDirectory")
            w.string(workingDirectory)
            w.key("outputTerminal")
            w.bool(isOutputTerminal)
            w.key("errorTerminal")
            w.bool(isErrorTerminal)
            w.key("width")
            w.integer(width)
            w.endObject()
            return w.bytes
        }
    }

    // MARK: The side that asks

    /// Runs a command in the process that serves the folder; nil if none does.
    ///
    /// With `milliseconds`, a process that says nothing for so long is given up.
    package static func run(
        _ request: Request, at path: String, output: Output, silentAtMost milliseconds: Int? = nil
    ) throws -> ExitCode? {
        guard let connection = connect(path) else { return nil }
        defer { close(connection) }
        if let milliseconds {
            var limit = timeval(tv_sec: milliseconds / 1_000, tv_usec: milliseconds % 1_000 * 1_000)
            setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        try send(.request, request.encoded, to: connection)
        while let (kind, bytes) = receive(connection) {
            switch kind {
            case .output: try output.stdout.write(bytes)
            case .errors: try output.stderr.write(bytes)
            case .exit: return bytes.first.flatMap { ExitCode(rawValue: Int32($0)) } ?? .failed
            case .request: break
            }
        }
        throw ControlError(
            errno == EAGAIN && milliseconds != nil
                ? "the process that serves the folder does not answer"
                : "the process that serves the folder went away")
    }

    /// Whether a process serves the folder.
    static func answers(at path: String) -> Bool {
        guard let connection = connect(path) else { return false }
        close(connection)
        return true
    }

    private static func connect(_ path: String) -> Int32? {
        let descriptor = plc_local_socket()
        guard descriptor >= 0 else { return nil }
        guard plc_local_connect(descriptor, path) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    // MARK: Frames

    static func send(_ kind: Kind, _ bytes: [UInt8], to descriptor: Int32) throws(OutputError) {
        let count = UInt32(bytes.count)
        let head =
            [kind.rawValue] + stride(from: UInt32(24), through: 0, by: -8).map { UInt8(count >> $0 & 0xff) }
        try writeAll(head + bytes, to: descriptor)
    }

    /// The next frame, or nil if the other side went away or talks nonsense.
    static func receive(_ descriptor: Int32) -> (Kind, [UInt8])? {
        guard let head = read(descriptor, 5), let kind = Kind(rawValue: head[0]) else { return nil }
        let count = head[1...].reduce(0) { $0 << 8 | Int($1) }
        guard count <= maximumBytes, let bytes = read(descriptor, count) else { return nil }
        return (kind, bytes)
    }

    private static func read(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let more = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + done }, count - done)
            }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return nil }
            done += more
        }
        return bytes
    }
}

/// The side of the control socket that serves: a thread for each command that is running.
final class ControlServer: @unchecked Sendable {
    private let path: String
    private let listener: Int32
    private let run: @Sendable (ControlSocket.Request, Output) -> ExitCode
    private var thread: NamedThread?
    private let running = Locked<Set<Int32>>([])

    /// Listens at `path`, which the holder of the folder's lock may take over from a process that has died.
    init(path: String, run: @escaping @Sendable (ControlSocket.Request, Output) -> ExitCode) throws {
        self.path = path
        self.run = run
        unlink(path)
        listener = plc_local_socket()
        guard listener >= 0, plc_local_listen(listener, path) == 0 else {
            let error = FileError("cannot listen at \(path)")
            if listener >= 0 { close(listener) }
            throw error
        }
        thread = NamedThread("control") { [unowned self] in accept() }
    }

    /// Takes no more commands; those that are running are cut off.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        thread?.join()
        thread = nil
        close(listener)
        unlink(path)
        for descriptor in running.withLock({ $0 }) { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    private func accept() {
        while true {
            let connection = plc_local_accept(listener)
            if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard connection >= 0 else { return }
            running.withLock { _ = $0.insert(connection) }
            _ = NamedThread("command", isDetached: true) { [self] in
                serve(connection)
                running.withLock { _ = $0.remove(connection) }
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32) {
        guard case (.request, let bytes)? = ControlSocket.receive(connection),
            let request = ControlSocket.Request(bytes)
        else { return }
        let output = Output(
            stdout: Output.Sink(isTerminal: request.isOutputTerminal, width: request.width) {
                bytes throws(OutputError) in try ControlSocket.send(.output, bytes, to: connection)
            },
            stderr: Output.Sink(isTerminal: request.isErrorTerminal, width: request.width) {
                bytes throws(OutputError) in try ControlSocket.send(.errors, bytes, to: connection)
            })
        let code = run(request, output)
        do throws(OutputError) {
            try ControlSocket.send(.exit, [UInt8(code.rawValue)], to: connection)
        } catch {
            // Who asked has gone; the command is done all the same.
        }
    }
}

/// Why a command could not be run elsewhere.
struct ControlError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
