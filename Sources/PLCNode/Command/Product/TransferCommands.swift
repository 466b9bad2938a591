import PLCSync

/// Commands that bring records in and take them out as JSON lines.
enum TransferCommands {
    static let entries: [CommandRegistry.Entry] = [
        CommandRegistry.Entry(
            Command(
                "import", "Bring in records and changes from JSON lines, one change a line.",
                details:
                    "A line that was imported before changes nothing. A bad line is reported and left out, and the others go on; the command then exits with 3.",
                arguments: [
                    CommandArgument("SPACE", "where they go"),
                    CommandArgument("FILE", "the lines; - is the standard input"),
                ],
                options: [
                    .flag("stamps", "stamp changes with the times in the lines instead of this node's clock"),
                    .flag("owned", "let this node alone change the words of the records"),
                    .flag("strict", "end at the first bad line"),
                ]),
            bringIn),
        CommandRegistry.Entry(
            Command(
                "export", "Write the records of a space as JSON lines, in one order and spelling.",
                details: "Two nodes that hold the same changes write the same bytes.",
                arguments: [CommandArgument("SPACE", "which records", optional: true)],
                options: [
                    .flag("all", "the records of all spaces"),
                    .flag("all-kinds", "also what describes the spaces and their members"),
                ]),
            takeOut),
    ]

    /// `plc import`.
    @Sendable static func bringIn(_ context: CommandContext) throws -> ExitCode {
        let invocation = context.invocation
        let node = try context.requireNode()
        let space = try context.space(invocation.word("SPACE"))
        try context.requireRole(.writer, in: space)
        let word = invocation.word("FILE")
        let read: (Int) throws -> [UInt8]
        var size: Int?
        if word.utf8.elementsEqual("-".utf8) {
            guard let input = context.input.read else { throw CommandError(Texts.noInput) }
            read = input
        } else {
            let file = try InputFile(context.path(word))
            size = file.size
            read = { try file.read($0) }
        }
        let clock = ContinuousClock()
        var progress = Progress(
            context.text(Texts.importing), total: size, unit: .bytes, on: context.output.stderr, at: clock.now
        )
        var importer = Importer(
            node, space: space, stamps: invocation.flag("stamps"), owned: invocation.flag("owned"),
            strict: invocation.flag("strict"))
        let start = clock.now
        let summary: ImportSummary
        do {
            defer { progress.finish() }
            summary = try importer.run(read) { progress.update($0, at: clock.now) }
        }
        let seconds = (clock.now - start) / .seconds(1)
        for bad in summary.bad.prefix(Self.shownBadLines) {
            context.output.note("\(printable(word)):\(bad.line): \(printable(bad.reason))")
        }
        if summary.badCount > Self.shownBadLines {
            context.note(Texts.moreBad, grouped(summary.badCount - Self.shownBadLines))
        }
        if invocation.isJSON {
            try context.output.line([
                "lines": .integer(Int64(summary.lines)), "records": .integer(Int64(summary.records)),
                "changes": .integer(Int64(summary.changes)), "unchanged": .integer(Int64(summary.unchanged)),
                "bad": .integer(Int64(summary.badCount)), "seconds": .number(seconds),
            ])
        } else {
            try context.say(
                Texts.imported, grouped(summary.records), grouped(summary.changes),
                grouped(summary.unchanged),
                grouped(summary.badCount))
        }
        if summary.badCount == 0 { return .done }
        return invocation.flag("strict") ? .failed : .attention
    }

    /// So many bad lines are shown one by one.
    private static let shownBadLines = 100

    /// `plc export`.
    @Sendable static func takeOut(_ context: CommandContext) throws -> ExitCode {
        let invocation = context.invocation
        let word = invocation.words("SPACE").first
        guard (word == nil) == invocation.flag("all") else {
            throw CommandError(Texts.exportWhat, code: .usage)
        }
        let chosen = try word.map { try context.space($0) }
        let allKinds = invocation.flag("all-kinds")
        try context.requireNode().read { view in
            try view.snapshot {
                let spaces = try chosen.map { [$0] } ?? view.spaces().map(\.id)
                for space in spaces {
                    var exporter = Exporter(view, space: space, allKinds: allKinds)
                    _ = try exporter.run { try context.output.stdout.write($0) }
                }
            }
        }
        return .done
    }
}
