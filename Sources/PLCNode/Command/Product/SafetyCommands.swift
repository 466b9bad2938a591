import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// Commands that keep a node's data safe and sound.
enum SafetyCommands {
    static let entries: [CommandRegistry.Entry] = [
        CommandRegistry.Entry(
            Command(
                "backup", "Write a copy of the store to a file, while the node goes on working.",
                details:
                    "The file holds all that the node knows except its private key; keep a copy of the file 'key' in its folder apart.",
                arguments: [CommandArgument("FILE", "where to; must not be there yet")]),
            backup),
        CommandRegistry.Entry(
            Command(
                "restore", "Make a node of a backup.",
                details:
                    "What it writes from then on goes to new logs, so that it never contradicts what the lost one wrote after the backup. The folder's key is kept, or taken from --key.",
                arguments: [CommandArgument("FILE", "the backup")],
                options: [
                    .value("key", "FILE", "the private key of the node: the file 'key' of its folder"),
                    .flag("force", "replace the store of a folder that is a node's already"),
                ]),
            needsNode: false, restore),
        CommandRegistry.Entry(
            Command(
                "doctor", "Check the store: its file, every log's hashes and signature, and the state.",
                details: "Exits with 3 if something needs attention, with 1 if something is damaged.",
                options: [
                    .flag(
                        "repair",
                        "set damaged changes aside, to come again from a peer; try once more what was left out; fold the state anew if it is not what the logs say"
                    )
                ]),
            doctor),
    ]

    /// Carries out `plc backup`.
    @Sendable static func backup(_ context: CommandContext) throws -> ExitCode {
        let node = try context.requireNode()
        let path = context.path(context.invocation.word("FILE"))
        guard access(path, F_OK) != 0 else { throw CommandError(Texts.fileExists, path) }
        let clock = ContinuousClock()
        var progress = Progress(
            context.text(Texts.backingUp), total: nil, on: context.output.stderr, at: clock.now)
        let partial = path + ".partial"
        func discard() { for name in [partial, partial + "-wal", partial + "-shm"] { unlink(name) } }
        discard()
        do {
            defer { progress.finish() }
            try node.read { view in
                try view.backup(to: partial) { done, _ in progress.update(done, at: clock.now) }
            }
            try Store.sign(copy: partial, with: node.identity)
            guard rename(partial, path) == 0 else { throw FileError("cannot write \(path)") }
            discard()
            try FileSystem.syncFolder(of: path)
        } catch {
            discard()
            throw StoreError.plain(error)
        }
        var status = stat()
        let bytes = stat(path, &status) == 0 ? Int(status.st_size) : 0
        if context.invocation.isJSON {
            try context.output.line(["file": .text(path), "bytes": .integer(Int64(bytes))])
        } else {
            try context.say(Texts.backedUp, path, humanBytes(bytes))
        }
        return .done
    }

    /// Carries out `plc restore`.
    @Sendable static func restore(_ context: CommandContext) throws -> ExitCode {
        let invocation = context.invocation
        let folder = context.folder
        let path = context.path(invocation.word("FILE"))
        if folder.isNode, !invocation.flag("force") { throw CommandError(Texts.restoreOver, folder.path) }
        let seed = try invocation.value("key").map { try FileSystem.read(context.path($0), limit: 64) }
        if let seed, SigningKey(seed: seed) == nil {
            throw CommandError(Texts.badKey, invocation.value("key") ?? "")
        }
        guard folder.isNode || seed != nil else { throw CommandError(Texts.restoreNeedsKey, folder.path) }
        let clock = ContinuousClock()
        var progress = Progress(
            context.text(Texts.restoring), total: nil, on: context.output.stderr, at: clock.now)
        do {
            defer { progress.finish() }
            try folder.restore(from: path, key: seed) { done, _ in progress.update(done, at: clock.now) }
        }
        let node = try Node(folder)
        defer { node.stop() }
        let spaces = try node.read { try $0.spaces().count }
        if invocation.isJSON {
            try context.output.line([
                "node": .text(hexadecimal(node.identity.publicKey.bytes)), "name": .text(node.name),
                "spaces": .integer(Int64(spaces)),
            ])
        } else {
            let language = Language(rawValue: node.language) ?? .english
            try context.output.line(Texts.restored.text(language, [node.name, folder.path, "\(spaces)"]))
        }
        return .done
    }

    // MARK: doctor

    /// What a check found, thrown to undo what it did to find it.
    private struct Diagnosis: Error {
        let findings: [StoreFinding]
    }

    /// Carries out `plc doctor`.
    @Sendable static func doctor(_ context: CommandContext) throws -> ExitCode {
        let node = try context.requireNode()
        if let refusal = node.refusal { return try examine(node, refusal, context) }
        let repairs = context.invocation.flag("repair")
        var isRepaired = false
        var findings: [StoreFinding] = []
        let (found, extent) = try node.write { store in
            (try store.checkDatabase() + store.checkLogs(), store.extent)
        }
        findings = found
        if repairs { findings = try setAside(found, node) }
        // While changes wait to come again, the state has more than the logs, and is not to be made of them.
        let isWhole = try node.read { try $0.repairs().isEmpty }
        if isWhole {
            do {
                // Without --repair the state is folded anew only to be compared, and that is undone.
                let states = try node.write { store in
                    let before = store.leftOutCount
                    if repairs { store.watch?.forget() }
                    let states = try store.rebuild()
                    let isSame = states.isEmpty && store.leftOutCount == before
                    if isSame || !repairs { throw Diagnosis(findings: states) }
                    return states
                }
                findings += states
                isRepaired = true
            } catch let diagnosis as Diagnosis {
                findings += diagnosis.findings
            } catch let error as StoreError {
                if findings.isEmpty { throw error }
            }
        }
        findings += try node.write { try $0.duplicates() }
        let report = try StatusReport(context)
        let notes = findings.map { text(of: $0, context) } + report.alarms
        if context.invocation.isJSON {
            try context.output.line([
                "ok": .bool(notes.isEmpty), "repaired": .bool(isRepaired),
                "findings": .array(notes.map { .text($0) }),
                "logs": .integer(Int64(extent.logs)), "changes": .integer(Int64(extent.changes)),
                "records": .integer(Int64(extent.records)), "scrub": report.scrubJSON,
            ])
        } else {
            try context.say(
                Texts.examined, grouped(extent.logs), grouped(extent.changes), grouped(extent.records))
            try context.output.lines(report.scrubLines(context))
            try context.output.lines(notes.map { "! " + printable($0) })
            if isRepaired { try context.say(Texts.repaired) }
            if notes.isEmpty { try context.say(Texts.sound) }
        }
        let unrepaired = findings.filter { finding in
            if case .state = finding, isRepaired { return false }
            return finding.isDamage
        }
        if !unrepaired.isEmpty { return .failed }
        return notes.isEmpty ? .done : .attention
    }

    /// Carries out `plc doctor` where nothing may be written: says why, and what is wrong with the file.
    private static func examine(
        _ node: Node, _ refusal: StoreError, _ context: CommandContext
    ) throws -> ExitCode {
        if context.invocation.flag("repair") { throw refusal }
        let findings = try node.read { try $0.checkDatabase() }
        let report = try StatusReport(context)
        let notes = findings.map { text(of: $0, context) } + report.alarms
        if context.invocation.isJSON {
            try context.output.line([
                "ok": .bool(false), "repaired": .bool(false), "findings": .array(notes.map { .text($0) }),
                "scrub": report.scrubJSON,
            ])
        } else {
            try context.output.lines(report.scrubLines(context) + notes.map { "! " + printable($0) })
        }
        return findings.isEmpty && !refusal.isDamage ? .attention : .failed
    }

    /// Writes pages of which one bit is wrong as they were, and sets aside what is damaged of logs, so that it comes again
    /// from a peer; gives what is damaged yet.
    private static func setAside(_ findings: [StoreFinding], _ node: Node) throws -> [StoreFinding] {
        let logs = findings.compactMap { finding -> LogID? in
            if case .log(let log, _) = finding { log } else { nil }
        }
        let pages = findings.compactMap { finding -> UInt64? in
            if case .page(let page) = finding { page } else { nil }
        }
        guard !logs.isEmpty || !pages.isEmpty else { return findings }
        return try node.write { store in
            for page in pages { try store.rewritePage(page) }
            for log in logs { _ = try store.quarantine(log) }
            return try store.checkDatabase() + store.checkLogs()
        }
    }

    private static func text(of finding: StoreFinding, _ context: CommandContext) -> String {
        switch finding {
        case .database(let text): context.text(Texts.badDatabase, text)
        case .page(let page): context.text(Texts.badPage, "\(page)")
        case .log(let log, let text): context.text(Texts.badLog, hexadecimal(log.value.bytes), text)
        case .head(let log): context.text(Texts.badHead, hexadecimal(log.value.bytes))
        case .state(let space): context.text(Texts.badState, space.short)
        case .duplicate(let space, let id, let count):
            context.text(
                Texts.duplicate, String(decoding: id, as: UTF8.self), space.short, "\(count)")
        }
    }
}
