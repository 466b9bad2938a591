/// All commands of the product: the table for the parser, and what carries each out.
package enum CommandRegistry {
    /// What carries a command out.
    package typealias Body = @Sendable (CommandContext) throws -> ExitCode

    /// A command, what carries it out, and whether it needs an open node.
    struct Entry: Sendable {
        let command: Command
        let needsNode: Bool
        /// Nil for what the shell brings along: see `external`.
        let body: Body?

        init(_ command: Command, needsNode: Bool = true, _ body: Body?) {
            self.command = command
            self.needsNode = needsNode
            self.body = body
        }
    }

    private static let entries: [Entry] =
        NodeCommands.entries + SpaceCommands.entries + PeerCommands.entries + RecordCommands.entries
        + GoalCommands.entries + TransferCommands.entries + SafetyCommands.entries + LiveCommands.entries
        + LabCommands.entries

    /// The commands as the parser wants them.
    package static let table = CommandTable(
        program: "plc",
        summary:
            "Keeps what professional learning communities learn, in every school, and shares it when they meet.",
        commands: entries.map(\.command))

    private static let externals = Locked<[String: Body]>([:])

    /// Brings what carries out a command that lives in the shell, such as `serve`.
    package static func register(_ command: String, _ body: @escaping Body) {
        guard entries.contains(where: { $0.command.name == command && $0.body == nil }) else {
            preconditionFailure("'\(command)' is no command that the shell carries out")
        }
        externals.withLock { $0[command] = body }
    }

    /// Whether a command needs an open node.
    package static func needsNode(_ command: String) -> Bool { entry(command).needsNode }

    private static func entry(_ command: String) -> Entry {
        guard let entry = entries.first(where: { $0.command.name == command }) else {
            preconditionFailure("'\(command)' was parsed, so it is in the table")
        }
        return entry
    }

    /// Carries out a command; what goes wrong is thrown.
    package static func run(_ context: CommandContext) throws -> ExitCode {
        let name = context.invocation.command
        guard let body = entry(name).body ?? externals.withLock({ $0[name] }) else {
            throw CommandError(Texts.notHere, name)
        }
        return try body(context)
    }

    /// Carries out a command, tells people what went wrong, and says what the process ends with.
    package static func perform(_ context: CommandContext) -> ExitCode { perform(context, run) }

    /// The same for a command that `body` carries out.
    static func perform(_ context: CommandContext, _ body: (CommandContext) throws -> ExitCode) -> ExitCode {
        do {
            let code = try body(context)
            guard code == .done, let node = context.node else { return code }
            // What was answered is what could be read, which may not be all.
            if let reason = node.refusal {
                context.note(Texts.readsOnly, printable("\(reason)"))
                return .attention
            }
            guard try node.lacksWhatWasSpoilt() else { return code }
            context.note(Texts.lacks)
            return .attention
        } catch let error as OutputError {
            if error != .closed { context.output.note("plc: \(error)") }
            return error.exitCode
        } catch let error as CommandError {
            context.output.note("plc: \(error.text(context.language))")
            return error.code
        } catch {
            context.output.note("plc: \(printable("\(error)"))")
            return .failed
        }
    }
}
