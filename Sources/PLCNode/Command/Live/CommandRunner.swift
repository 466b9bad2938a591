#if canImport(Glibc)
    internal import Glibc
#endif

/// From words to an exit code: parses, finds the node, and has the command carried out here or by who serves the node.
struct CommandRunner {
    let arguments: [String]
    let output: Output
    /// The folder that relative paths are relative to, if that is not this process's.
    var workingDirectory: String?

    /// The environment variable that names the node's folder.
    static let folderVariable = "PLC_DIR"
    /// How long a command waits while another process has the folder and serves it not, in milliseconds.
    private static let patience: UInt64 = 5_000
    /// How long it waits before it tries again, in milliseconds.
    private static let pause: Int32 = 20

    /// Runs the command in this process, or in the one that serves the folder.
    func run() -> ExitCode {
        parsed { invocation in
            let folder = NodeFolder(Self.folder(invocation))
            let needsNode = CommandRegistry.needsNode(invocation.command)
            let opensNode = needsNode || (invocation.command == "join" && folder.isNode)
            guard opensNode else { return perform(invocation, folder, nil, nil) }
            // Another command, or a server that is starting or ending, is done with the folder soon.
            let deadline = EventLoop.clock() + Self.patience
            while true {
                if invocation.command != "serve", let code = try forwarded(folder) { return code }
                do {
                    let node = try Node(folder)
                    defer { node.stop() }
                    return perform(invocation, folder, node, nil)
                } catch StoreError.inUse where EventLoop.clock() < deadline {
                    if invocation.command == "serve", ControlSocket.answers(at: folder.control) {
                        throw StoreError.inUse(folder.path)
                    }
                    _ = poll(nil, 0, Self.pause)
                }
            }
        }
    }

    /// Runs the command in the process that serves `node`.
    func run(on node: Node, service: any NodeService) -> ExitCode {
        parsed { invocation in
            guard invocation.command != "serve" else { throw StoreError.inUse(node.folder.path) }
            return perform(invocation, node.folder, node, service)
        }
    }

    private func perform(
        _ invocation: Invocation, _ folder: NodeFolder, _ node: Node?, _ service: (any NodeService)?
    ) -> ExitCode {
        CommandRegistry.perform(
            CommandContext(
                invocation: invocation, output: output, folder: folder, node: node, service: service,
                input: service == nil ? .process : .none, workingDirectory: workingDirectory))
    }

    /// Parses, answers what needs no command, and tells people what goes wrong before one runs.
    private func parsed(_ body: (Invocation) throws -> ExitCode) -> ExitCode {
        do throws(UsageError) {
            switch try CommandRegistry.table.parse(arguments) {
            case .help(let topic):
                do throws(OutputError) {
                    try output.stdout.write(
                        Array(CommandRegistry.table.help(topic, width: output.stdout.width).utf8))
                } catch {
                    return error.exitCode
                }
                return .done
            case .run(let invocation):
                do {
                    return try body(invocation)
                } catch {
                    output.note("plc: \(error)")
                    return .failed
                }
            }
        } catch {
            output.note("\(error)")
            return .usage
        }
    }

    private static func folder(_ invocation: Invocation) -> String {
        if let folder = invocation.directory { return folder }
        if let folder = getenv(folderVariable).map({ String(cString: $0) }), !folder.isEmpty { return folder }
        let home = getenv("HOME").map { String(cString: $0) } ?? "."
        return home + "/.plc"
    }

    /// What the process that serves the folder makes of the command; nil if none does.
    private func forwarded(_ folder: NodeFolder) throws -> ExitCode? {
        guard folder.isNode else { return nil }
        var buffer = [CChar](repeating: 0, count: 4_096)
        guard let here = getcwd(&buffer, buffer.count).map({ String(cString: $0) }) else {
            throw FileError("cannot tell the working directory")
        }
        let request = ControlSocket.Request(arguments: arguments, workingDirectory: here, output: output)
        return try ControlSocket.run(request, at: folder.control, output: output)
    }
}
