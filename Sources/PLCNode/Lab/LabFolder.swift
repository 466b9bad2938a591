#if canImport(Glibc)
    internal import Glibc
#endif

/// A lab's folder: its control socket, its log, and a folder and a log for each node.
struct LabFolder: Sendable {
    /// Absolute, so that the processes of the lab can be told by it.
    let path: String

    /// Says that the folder is a lab's, and may be removed with all that is in it.
    var marker: String { path + "/lab.json" }
    /// The socket over which commands reach the lab's process.
    var control: String { path + "/control" }
    /// What the lab's process says.
    var log: String { path + "/lab.log" }
    var nodes: String { path + "/nodes" }
    var logs: String { path + "/logs" }

    func node(_ name: String) -> NodeFolder { NodeFolder(nodes + "/" + name) }
    func log(of node: String) -> String { logs + "/" + node + ".log" }

    /// How long something that was killed may take to vanish, in milliseconds.
    static let vanishMilliseconds: UInt64 = 5_000
    /// How long to wait before looking again, in milliseconds.
    private static let pauseMilliseconds: Int32 = 20

    /// The folder that a command line names, or the one for this user where programs keep what they need for a while.
    init(_ context: CommandContext) throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let named = context.invocation.directory.map { context.path($0) }
        self.init(try Self.absolute(named ?? "\(base)/plc-lab-\(getuid())"))
    }

    init(_ path: String) { self.path = path }

    /// The path from the root; links are kept, so that the name is the one that people know.
    static func absolute(_ path: String) throws -> String {
        var all = path
        if !path.hasPrefix("/") {
            var buffer = [CChar](repeating: 0, count: 4_096)
            guard let here = getcwd(&buffer, buffer.count).map({ String(cString: $0) }) else {
                throw FileError("cannot tell the working directory")
            }
            all = here + "/" + path
        }
        var parts: [Substring] = []
        for part in all.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Whether there is a lab in it, running or not.
    var isLab: Bool { access(marker, F_OK) == 0 }

    /// Whether nothing is in it, or it is not there.
    var isEmpty: Bool {
        guard let folder = opendir(path) else { return errno == ENOENT }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Itself and the one that it is in.
        return count <= 2
    }

    /// Makes the folder, with the marker in it.
    func create(_ scenario: String) throws {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw FileError("cannot make the folder \(path)") }
        // A folder that was there may be somebody else's, in a place where everybody may make some.
        var status = stat()
        guard stat(path, &status) == 0, status.st_uid == geteuid(), chmod(path, 0o700) == 0 else {
            throw CommandError(LabTexts.folderInUse, path)
        }
        for folder in [nodes, logs] where mkdir(folder, 0o700) != 0 {
            throw FileError("cannot make the folder \(folder)")
        }
        let note: JSON = ["process": .integer(Int64(getpid())), "scenario": .text(scenario)]
        try FileSystem.write(note.bytes, to: marker, mode: 0o600)
    }

    /// Adds a line to the lab's log; that it cannot is no reason to end.
    func append(_ line: String) {
        let opened = Glibc.open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard opened >= 0 else { return }
        defer { close(opened) }
        do throws(OutputError) { try writeAll(Array((line + "\n").utf8), to: opened) } catch {}
    }

    /// Removes it, if it is a lab's; the marker goes last, so that what is interrupted can be done again.
    func remove() {
        guard isLab else { return }
        for inner in [nodes, logs, control, log] { FileSystem.removeFolder(inner) }
        FileSystem.removeFolder(path)
    }

    // MARK: Processes

    /// The processes of this lab that run: its own, and those of its nodes.
    ///
    /// Told by their command lines, so that no number that another process has inherited is believed.
    func processes() -> [pid_t] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let process = pid_t(name), process != getpid(),
                let line = try? FileSystem.read("/proc/\(name)/cmdline", limit: 1 << 20)
            else { continue }
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            if isOwn(words) { found.append(process) }
        }
        return found.sorted()
    }

    /// Whether a command line is that of the lab's process or of one of its nodes.
    func isOwn(_ words: [String]) -> Bool {
        guard let option = words.firstIndex(of: "--dir"), words.indices.contains(option + 1) else {
            return false
        }
        let folder = words[option + 1]
        if words.dropFirst().starts(with: ["lab", "run"]) { return folder == path }
        return words.dropFirst().first == "serve" && folder.hasPrefix(nodes + "/")
    }

    /// Kills the processes that are left, and waits until they have vanished; gives those that have not.
    func killProcesses() -> [pid_t] {
        let deadline = EventLoop.clock() + Self.vanishMilliseconds
        while true {
            let left = processes()
            if left.isEmpty || EventLoop.clock() > deadline { return left }
            for process in left { kill(process, SIGKILL) }
            Self.pause()
        }
    }

    /// Waits until no process of the lab runs, or so many milliseconds have passed.
    func waitUntilVanished(within milliseconds: UInt64) {
        let deadline = EventLoop.clock() + milliseconds
        while !processes().isEmpty, EventLoop.clock() < deadline { Self.pause() }
    }

    /// A short rest before looking again.
    static func pause() { _ = poll(nil, 0, pauseMilliseconds) }
}
