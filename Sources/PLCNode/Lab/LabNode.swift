#if canImport(Glibc)
    internal import Glibc
#endif

/// A node of the lab: its folder, and the process that serves it, if one does.
final class LabNode: @unchecked Sendable {
    let name: String
    let folder: NodeFolder
    let log: String
    /// The port at which it listens; 0 has the system choose one at each start.
    private let port: UInt16
    private let state = Locked(State())

    private struct State {
        var process: ChildProcess?
        var address: Endpoint?
        var isFrozen = false
        var clockOffset: Int64 = 0
        var written = 0
        var posts: [String] = []
    }

    /// What a node does.
    enum Condition: String, Sendable { case serves, stopped, frozen }

    /// What a command said.
    struct Answer: Sendable {
        let words: [String]
        let code: ExitCode
        let output: [UInt8]
        let errors: String

        /// The lines of the output as JSON.
        var lines: [JSON] {
            output.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON(parsing: Array($0)) }
        }
    }

    /// How long a process may take until it says where it listens, in milliseconds.
    private static let startMilliseconds: Int32 = 60_000
    /// How long it may take to end in good order, in milliseconds.
    private static let endMilliseconds: UInt64 = 5_000
    /// How long it may be silent before it counts as one that does not answer, in milliseconds.
    static let silenceMilliseconds = 10_000
    /// The most posts that are remembered.
    private static let postsMax = 1_000
    /// The most of a log that an error quotes, in bytes.
    private static let quoteMax = 600
    /// The largest log that is read for it, in bytes.
    private static let logMax = 64 * 1_048_576

    init(_ name: String, in folder: LabFolder, port: UInt16) {
        self.name = name
        self.folder = folder.node(name)
        log = folder.log(of: name)
        self.port = port
    }

    var condition: Condition {
        state.withLock { state in
            guard let process = state.process, process.isRunning else { return .stopped }
            return state.isFrozen ? .frozen : .serves
        }
    }

    /// Where it listens, while it runs.
    var address: Endpoint? { condition == .stopped ? nil : state.withLock { $0.address } }

    /// How far its clock is ahead, in milliseconds.
    var clockOffset: Int64 {
        get { state.withLock { $0.clockOffset } }
        set { state.withLock { $0.clockOffset = newValue } }
    }

    /// The next number for what it writes.
    func nextNumber() -> Int {
        state.withLock { state in
            state.written += 1
            return state.written
        }
    }

    /// The post that it wrote last in this lab and has not deleted.
    var lastPost: String? { state.withLock { $0.posts.last } }

    func remember(_ post: String) {
        state.withLock { state in
            state.posts.append(post)
            // Only the last is ever wanted; some more, since deleting takes them away.
            if state.posts.count > Self.postsMax { state.posts.removeFirst(Self.postsMax / 2) }
        }
    }

    func forget(_ post: String) { state.withLock { $0.posts.removeAll { $0 == post } } }

    // MARK: The process

    /// Starts the process that serves it, on the thread that keeps the lab's processes; `waitUntilServed` comes next.
    func spawn() throws {
        var surroundings = ChildProcess.Surroundings()
        surroundings.errorFile = log
        surroundings.variables = [(ChildProcess.keeperVariable, "\(getpid())")]
        let offset = clockOffset
        if offset != 0 { surroundings.variables.append((World.offsetVariable, "\(offset)")) }
        let words = ["serve", "--dir", folder.path, "--json", "--listen", "127.0.0.1:\(port)"]
        let process = try ChildProcess(ChildProcess.ownPath(), words, surroundings)
        state.withLock { state in
            state.process = process
            state.isFrozen = false
            state.address = nil
        }
    }

    /// Waits until the process says where it listens; if it does not, throws its own words.
    func waitUntilServed() throws -> Endpoint {
        guard let process = state.withLock({ $0.process }) else {
            preconditionFailure("\(name) was not started")
        }
        guard let line = process.line(within: Self.startMilliseconds),
            let word = (try? JSON(parsing: Array(line.utf8)))?["listening"]?.elements?.first?.text,
            let address = try? Endpoint(parsing: word)
        else {
            process.signal(SIGKILL)
            _ = process.finish()
            state.withLock { $0.process = nil }
            if port != 0 { throw CommandError(LabTexts.busyPort, name, "\(port)", lastWords) }
            throw CommandError(LabTexts.notStarted, name, lastWords)
        }
        state.withLock { $0.address = address }
        return address
    }

    /// The last that its log says.
    private var lastWords: String {
        let bytes = (try? FileSystem.read(log, limit: Self.logMax)) ?? []
        let lines = bytes.suffix(Self.quoteMax).split(separator: UInt8(ascii: "\n")).suffix(3)
        return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "; ")
    }

    /// Ends the process at once, as a power cut does; false if none runs.
    func kill() -> Bool {
        guard let process = take() else { return false }
        process.signal(SIGKILL)
        _ = process.finish()
        return true
    }

    /// Asks the process to end; `finish` waits for it.
    func terminate() {
        state.withLock { state in
            state.process?.signal(SIGTERM)
            // What stands still ends only once it goes on.
            if state.isFrozen { state.process?.signal(SIGCONT) }
        }
    }

    /// Waits until the process has ended, and ends it if it takes too long.
    func finish() {
        guard let process = take() else { return }
        let deadline = EventLoop.clock() + Self.endMilliseconds
        while process.isRunning, EventLoop.clock() < deadline { LabFolder.pause() }
        process.signal(SIGKILL)
        _ = process.finish()
    }

    private func take() -> ChildProcess? {
        state.withLock { state in
            guard let process = state.process else { return nil }
            state.process = nil
            return process.isRunning ? process : nil
        }
    }

    /// Has the process stand still, or go on; false if none runs.
    func freeze(_ isFrozen: Bool) -> Bool {
        guard condition != .stopped else { return false }
        state.withLock { state in
            state.process?.signal(isFrozen ? SIGSTOP : SIGCONT)
            state.isFrozen = isFrozen
        }
        return true
    }

    // MARK: Commands

    /// Has the node carry a command out, and says what came of it; throws if it does not run or does not answer.
    func ask(_ words: [String], silentAtMost milliseconds: Int = LabNode.silenceMilliseconds) throws -> Answer
    {
        switch condition {
        case .stopped: throw CommandError(LabTexts.stopped, name)
        case .frozen: throw CommandError(LabTexts.isFrozen, name)
        case .serves: break
        }
        let buffer = OutputBuffer()
        let request = ControlSocket.Request(arguments: words, workingDirectory: "/", output: buffer.output)
        let code: ExitCode?
        do {
            code = try ControlSocket.run(
                request, at: folder.control, output: buffer.output, silentAtMost: milliseconds)
        } catch {
            throw CommandError(LabTexts.noAnswer, name, log)
        }
        guard let code else { throw CommandError(LabTexts.noAnswer, name, log) }
        return Answer(
            words: words, code: code, output: buffer.stdout,
            errors: String(decoding: buffer.stderr, as: UTF8.self))
    }

    /// The same for a command that must succeed; gives the last line of JSON.
    @discardableResult
    func tell(_ words: [String], silentAtMost milliseconds: Int = LabNode.silenceMilliseconds) throws -> JSON
    {
        let answer = try ask(words + ["--json"], silentAtMost: milliseconds)
        guard answer.code == .done else { throw failure(answer) }
        return answer.lines.last ?? .null
    }

    /// The text that a command that must succeed answers under a key.
    func text(_ words: [String], _ key: String) throws -> String {
        guard let text = try tell(words)[key]?.text else {
            throw CommandError(LabTexts.commandFailed, words.joined(separator: " "), name, "no '\(key)'")
        }
        return text
    }

    /// What went wrong with a command, in its own words; a token is cut short.
    func failure(_ answer: Answer) -> CommandError {
        let words = answer.words.map { $0.count > 40 ? $0.prefix(20) + "…" : $0[...] }.joined(separator: " ")
        return CommandError(
            LabTexts.commandFailed, words, name,
            answer.errors.split(separator: "\n").joined(separator: "; "))
    }
}
