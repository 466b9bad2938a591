#if canImport(Glibc)
    internal import Glibc
#endif

/// The side of `plc lab` that is typed: starts the lab's process, asks it, and clears away after it.
enum LabClient {
    /// How long the lab's process may take to end its nodes in good order, in milliseconds.
    private static let downMilliseconds = 30_000
    /// How often the status is shown again on a terminal, in milliseconds.
    private static let refreshMilliseconds: Int32 = 1_000
    /// How often `up` looks whether the lab's process still runs, in milliseconds.
    private static let lineMilliseconds: Int32 = 500
    /// The most of the log that is quoted, in bytes.
    private static let quoteMax = 600

    // MARK: up

    /// `plc lab up`: starts the process, tells how far it is, and leaves it running.
    @Sendable static func up(_ context: CommandContext) throws -> ExitCode {
        let folder = try LabFolder(context)
        let scenario = try LabFolder.absolute(context.path(context.invocation.word("SCENARIO")))
        // What is wrong with the words is said before anything is started.
        let plan = try LabCommands.plan(scenario, context.language)
        _ = try LabCommands.port(context.invocation, nodes: plan.nodes.count)
        _ = try LabCommands.within(context.invocation, or: LabCommands.upMilliseconds)
        try requireFree(folder)
        var words = ["lab", "run", "--json", "--dir", folder.path, scenario]
        for option in ["within", "port"] {
            if let value = context.invocation.value(option) { words += ["--\(option)", value] }
        }
        let process = try ChildProcess(ChildProcess.ownPath(), words)
        var watcher = StepWatcher(context)
        while true {
            guard let text = process.line(within: lineMilliseconds) else {
                if process.isRunning { continue }
                watcher.finish()
                let said = String(decoding: process.finish().errors.suffix(quoteMax), as: UTF8.self)
                throw CommandError(LabTexts.upEnded, said.split(separator: "\n").joined(separator: "; "))
            }
            guard let line = try? JSON(parsing: Array(text.utf8)) else { continue }
            if let step = line["step"]?.text.flatMap({ LabStep(rawValue: $0) }) {
                watcher.saw(step, line["done"]?.integer ?? 0, of: line["of"]?.integer ?? 0)
            } else if let reason = line["failed"]?.text {
                watcher.finish()
                _ = process.finish()
                throw CommandError(LabTexts.upFailed, reason)
            } else if line["nodes"] != nil {
                watcher.finish()
                process.release()
                try show(line, context)
                return .done
            }
        }
    }

    private static func requireFree(_ folder: LabFolder) throws {
        guard folder.isLab else {
            if !folder.isEmpty { throw CommandError(LabTexts.folderInUse, folder.path) }
            return
        }
        guard let process = folder.processes().first else {
            throw CommandError(LabTexts.deadLab, folder.path)
        }
        throw CommandError(LabTexts.isRunning, folder.path, "\(process)")
    }

    private static func show(_ lab: JSON, _ context: CommandContext) throws {
        if context.invocation.isJSON { return try context.output.line(lab) }
        let nodes = lab["nodes"]?.elements ?? []
        let milliseconds = lab["milliseconds"]?.integer ?? 0
        try context.say(
            LabTexts.up, lab["scenario"]?.text ?? "", humanDuration(.milliseconds(milliseconds)),
            "\(nodes.count)",
            "\(lab["links"]?.integer ?? 0)", "\(lab["spaces"]?.integer ?? 0)", lab["folder"]?.text ?? "")
        var table = TextTable([
            TextTable.Column(context.text(Texts.columnNode)),
            TextTable.Column(context.text(LabTexts.columnAddress)),
            TextTable.Column(context.text(LabTexts.columnFolder)),
        ])
        for node in nodes {
            table.add([node["name"]?.text ?? "", node["address"]?.text ?? "", node["folder"]?.text ?? ""])
        }
        try context.output.lines(table.lines(for: context.output.stdout))
    }

    /// Tells how far each step is: on a terminal all the time, elsewhere when it is done.
    private struct StepWatcher {
        private let context: CommandContext
        private var progress: (step: LabStep, line: Progress)?

        init(_ context: CommandContext) { self.context = context }

        mutating func saw(_ step: LabStep, _ done: Int64, of total: Int64) {
            let (done, total) = (Int(clamping: done), Int(clamping: total))
            if progress?.step != step {
                finish()
                progress = (
                    step,
                    Progress(context.text(step.phrase), total: total, on: context.output.stderr, at: .now)
                )
            }
            progress?.line.update(done, at: .now)
            guard done == total else { return }
            finish()
            context.note(LabTexts.stepDone, context.text(step.phrase), "\(done)", "\(total)")
        }

        mutating func finish() {
            progress?.line.finish()
            progress = nil
        }
    }

    // MARK: Asking

    /// Has the lab's process carry the command out.
    @Sendable static func forward(_ context: CommandContext) throws -> ExitCode {
        try ask(context, output: context.output)
    }

    private static func ask(_ context: CommandContext, output: Output) throws -> ExitCode {
        let folder = try LabFolder(context)
        let words = Array(CommandLine.arguments.dropFirst())
        let request = ControlSocket.Request(arguments: words, workingDirectory: "/", output: context.output)
        if let code = try ControlSocket.run(request, at: folder.control, output: output) { return code }
        guard folder.isLab else { throw CommandError(LabTexts.noLab, folder.path) }
        throw CommandError(LabTexts.deadLab, folder.path)
    }

    /// `plc lab status`: once, or on a terminal again and again.
    @Sendable static func status(_ context: CommandContext) throws -> ExitCode {
        guard context.output.stdout.isTerminal, !context.invocation.isJSON else {
            return try forward(context)
        }
        while true {
            let buffer = OutputBuffer(isTerminal: true, width: context.output.stdout.width)
            let code = try ask(context, output: buffer.output)
            if !buffer.stderr.isEmpty { try context.output.stderr.write(buffer.stderr) }
            guard code == .done else { return code }
            // In one piece, so that it does not flicker: home, each line over the old one, and nothing below.
            let lines = buffer.stdout.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            var screen = Array("\u{1b}[H".utf8)
            for line in lines.dropLast() { screen += line + Array("\u{1b}[K\n".utf8) }
            try context.output.stdout.write(screen + Array("\u{1b}[J".utf8))
            _ = poll(nil, 0, refreshMilliseconds)
        }
    }

    // MARK: down

    /// `plc lab down`: has the lab end itself, and sees to it that nothing is left.
    @Sendable static func down(_ context: CommandContext) throws -> ExitCode {
        let folder = try LabFolder(context)
        guard folder.isLab || !folder.processes().isEmpty else {
            try context.say(LabTexts.nothingThere, folder.path)
            if context.invocation.isJSON {
                try context.output.line(["folder": .text(folder.path), "ended": false])
            }
            return .done
        }
        let request = ControlSocket.Request(
            arguments: ["lab", "down"], workingDirectory: "/", output: context.output)
        // One that does not answer, or goes before it has, is seen to below.
        let code = try? ControlSocket.run(
            request, at: folder.control, output: OutputBuffer().output, silentAtMost: downMilliseconds)
        if code != nil { folder.waitUntilVanished(within: LabFolder.vanishMilliseconds) }
        let left = folder.killProcesses()
        folder.remove()
        guard left.isEmpty, !folder.isLab else {
            let all = left.map { "\($0)" } + (folder.isLab ? [folder.path] : [])
            throw CommandError(LabTexts.notGone, folder.path, all.joined(separator: ", "))
        }
        if context.invocation.isJSON {
            try context.output.line(["folder": .text(folder.path), "ended": true])
        } else {
            try context.say(LabTexts.down, folder.path)
        }
        return .done
    }
}
