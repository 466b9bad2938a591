import PLCSync

/// Commands about the node itself.
enum NodeCommands {
    static let entries: [CommandRegistry.Entry] = [
        CommandRegistry.Entry(
            Command(
                "init", "Make a node in the folder: a key of its own, and an empty store.",
                options: [
                    .value("name", "NAME", "what people call the node", required: true),
                    .value("lang", "LANGUAGE", "the language in which it speaks", choices: ["ar", "en"]),
                ]),
            needsNode: false, create),
        CommandRegistry.Entry(
            Command(
                "status", "Show what the node holds, whom it meets, and what needs attention.",
                details: "Exits with 3 if something needs attention."),
            status),
    ]

    /// `plc init`.
    @Sendable static func create(_ context: CommandContext) throws -> ExitCode {
        let invocation = context.invocation
        let name = String(decoding: nfc(invocation.value("name") ?? ""), as: UTF8.self)
        let language = invocation.value("lang").flatMap { Language(rawValue: $0) } ?? .english
        guard (1...128).contains(name.utf8.count) else { throw CommandError(Texts.badName) }
        try Node.create(in: context.folder, name: name, language: language.rawValue)
        let key = try context.folder.signingKey().publicKey
        if invocation.isJSON {
            try context.output.line([
                "node": .text(hexadecimal(key.bytes)), "name": .text(name), "dir": .text(context.folder.path),
            ])
        } else {
            try context.output.line(
                Texts.nodeMade.text(language, [name, context.folder.path, hexadecimal(key.bytes)]))
        }
        return .done
    }

    /// `plc status`.
    @Sendable static func status(_ context: CommandContext) throws -> ExitCode {
        let report = try StatusReport(context)
        if context.invocation.isJSON {
            try context.output.line(report.json)
        } else {
            try context.output.lines(report.lines(context))
        }
        return report.alarms.isEmpty ? .done : .attention
    }
}
