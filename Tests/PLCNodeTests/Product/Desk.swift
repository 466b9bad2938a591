import PLCNode
import PLCSync

/// A node in a temporary folder, and somebody who types commands.
final class Desk {
    let root: TemporaryFolder
    let folder: NodeFolder
    private(set) var node: Node?

    /// What came of a command.
    struct Answer {
        let code: ExitCode
        let output: String
        let errors: String

        /// The first line as JSON.
        var json: JSON {
            (try? JSON(parsing: Array(output.split(separator: "\n").first.map { Array($0.utf8) } ?? [])))
                ?? .null
        }
    }

    init(_ root: TemporaryFolder, _ name: String = "desk") {
        self.root = root
        folder = NodeFolder(root.path + "/" + name)
    }

    deinit { node?.stop() }

    /// A desk with a node and a space named `S`.
    convenience init(withSpaceIn root: TemporaryFolder, name: String = "desk") {
        self.init(root, name)
        _ = run("init --name \(name)")
        _ = run("space create --level school --name S")
    }

    /// Lets go of the folder.
    func leave() {
        node?.stop()
        node = nil
    }

    /// Runs the words of a line.
    func run(_ line: String, input: String = "") -> Answer {
        run(line.split(separator: " ").map(String.init), input: input)
    }

    /// Runs a command; words may contain spaces.
    func run(_ words: [String], input: String = "") -> Answer {
        let buffer = OutputBuffer()
        func answer(_ code: ExitCode) -> Answer {
            Answer(
                code: code, output: String(decoding: buffer.stdout, as: UTF8.self),
                errors: String(decoding: buffer.stderr, as: UTF8.self))
        }
        do {
            guard case .run(let invocation) = try CommandRegistry.table.parse(words) else {
                return answer(.done)
            }
            if CommandRegistry.needsNode(invocation.command), node == nil { node = try Node(folder) }
            let rest = Remaining(Array(input.utf8))
            let context = CommandContext(
                invocation: invocation, output: buffer.output, folder: folder, node: node,
                input: CommandInput { rest.next($0) }, workingDirectory: root.path)
            return answer(CommandRegistry.perform(context))
        } catch {
            buffer.output.note("\(error)")
            return answer(error is UsageError ? .usage : .failed)
        }
    }

    private final class Remaining: @unchecked Sendable {
        private var bytes: ArraySlice<UInt8>
        init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

        /// A few bytes at a time, so that lines are cut everywhere.
        func next(_ limit: Int) -> [UInt8] {
            let piece = Array(bytes.prefix(min(limit, 1_021)))
            bytes.removeFirst(piece.count)
            return piece
        }
    }
}

/// Runs `body` with a folder that is there as long as it runs.
func withTemporaryFolder(_ body: (TemporaryFolder) throws -> Void) throws {
    let root = TemporaryFolder()
    try withExtendedLifetime(root) { try body(root) }
}
