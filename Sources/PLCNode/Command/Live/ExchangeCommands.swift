internal import PLCSync

/// `plc sync` and `plc join`: one meeting, then the end.
enum ExchangeCommands {
    // MARK: sync

    /// Meets every peer once, or those that are named.
    @Sendable static func sync(_ context: CommandContext) throws -> ExitCode {
        let node = try context.requireNode()
        let named = context.invocation.values("peer")
        let addresses = try named.isEmpty ? node.read { try $0.peers().map(\.address) } : named
        guard !addresses.isEmpty else { throw CommandError(LiveTexts.nobodyToMeet) }
        if let window = try context.invocation.value("window").map({ try ServeCommand.window($0) }),
            !window.isNow
        {
            throw CommandError(LiveTexts.outsideWindow)
        }
        let budget = try context.invocation.value("budget").map { try byteCount($0) }
        let targets = try addresses.map { Exchange.Target(endpoint: try Endpoint(parsing: $0), node: nil) }
        let outcomes = try meet(targets, context, budget: budget)
        for outcome in outcomes { try report(outcome, context) }
        let inSync = outcomes.filter(\.isInSync).count
        if inSync == outcomes.count { return .done }
        return outcomes.contains { $0.status != nil } ? .attention : .failed
    }

    /// The number of bytes that `3MB` and the like mean.
    private static func byteCount(_ text: String) throws -> Int {
        let units: [(suffix: String, size: Int)] = [
            ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1),
        ]
        let upper = text.uppercased()
        for unit in units where upper.hasSuffix(unit.suffix) {
            guard let count = Int(upper.dropLast(unit.suffix.count)), count > 0 else { break }
            let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.size)
            if !overflow { return bytes }
        }
        throw CommandError(LiveTexts.badBudget, text, code: .usage)
    }

    /// Meets peers through the process that serves the node, or as a process of its own.
    private static func meet(
        _ targets: [Exchange.Target], _ context: CommandContext, budget: Int? = nil
    ) throws -> [Exchange.Outcome] {
        let watcher = ExchangeWatcher(context)
        if let service = context.service as? LiveService {
            return targets.map { Exchange.meet($0, through: service.server) { watcher.saw($0) } }
        }
        return try Exchange.meet(
            targets, as: context.requireNode(), log: Log(level: .error), budget: budget
        ) { watcher.saw($0) }
    }

    private static func report(_ outcome: Exchange.Outcome, _ context: CommandContext) throws {
        let node = try context.requireNode()
        let address = outcome.target.endpoint.description
        if let status = outcome.status {
            try node.write { try $0.notePeer(address, node: status.node, at: World.wall().milliseconds) }
        }
        let spaces = outcome.status?.spaces ?? []
        guard context.invocation.isJSON else {
            let bytes = (outcome.status?.bytesSent ?? 0) + (outcome.status?.bytesReceived ?? 0)
            try context.say(
                LiveTexts.met, address, outcome.ending.phrase.text(context.language), humanBytes(bytes))
            for space in spaces {
                let name = try node.read { try $0.name(of: space.space) } ?? space.space.short
                try context.say(
                    LiveTexts.metSpace, name, grouped(Int(clamping: space.changesSent)),
                    grouped(Int(clamping: space.changesReceived)))
            }
            return
        }
        let answers: [JSON] = try spaces.map { space in
            let digest = try node.read { try $0.summary(space.space).digest }
            return [
                "space": .text(hexadecimal(space.space.value.bytes)), "inSync": .bool(space.isInSync),
                "changesSent": .integer(Int64(clamping: space.changesSent)),
                "changesReceived": .integer(Int64(clamping: space.changesReceived)),
                "hash": .text(hexadecimal(digest.bytes)),
            ]
        }
        try context.output.line([
            "peer": .text(address), "node": .maybe(outcome.status?.node) { .text(hexadecimal($0.bytes)) },
            "seconds": .number(Double(outcome.milliseconds) / 1_000),
            "bytesSent": .integer(Int64(outcome.status?.bytesSent ?? 0)),
            "bytesReceived": .integer(Int64(outcome.status?.bytesReceived ?? 0)),
            "roundTrips": .integer(Int64(outcome.status?.roundTrips ?? 0)),
            "ending": .text(outcome.ending.phrase.english), "spaces": .array(answers),
        ])
    }

    // MARK: join

    /// Is admitted to a space on an invitation, by any of the addresses that it names.
    @Sendable static func join(_ context: CommandContext) throws -> ExitCode {
        guard context.node == nil else { return try joinWithNode(context) }
        guard let name = context.invocation.value("name") else {
            throw CommandError(LiveTexts.nameNeeded, context.folder.path)
        }
        // A token that is no good should leave no node behind.
        _ = try Invitation(token: context.invocation.word("TOKEN"))
        try Node.create(in: context.folder, name: String(decoding: nfc(name), as: UTF8.self), language: "en")
        let node = try Node(context.folder)
        defer { node.stop() }
        return try joinWithNode(
            CommandContext(
                invocation: context.invocation, output: context.output, folder: context.folder, node: node))
    }

    private static func joinWithNode(_ context: CommandContext) throws -> ExitCode {
        let node = try context.requireNode()
        let invitation = try Invitation(token: context.invocation.word("TOKEN"))
        guard invitation.expiry >= World.wall().milliseconds else { throw CommandError(LiveTexts.expired) }
        guard !invitation.addresses.isEmpty else { throw CommandError(LiveTexts.noAddress) }
        let request = JoinRequest(space: invitation.space, seed: invitation.seed.bytes, name: node.name)
        var failures: [String] = []
        for address in invitation.addresses {
            let target = Exchange.Target(
                endpoint: try Endpoint(parsing: address), node: nil, purpose: .join(request))
            let outcome = try meet([target], context)[0]
            guard outcome.isInSync else {
                failures.append("\(address): \(outcome.ending.phrase.text(context.language))")
                continue
            }
            _ = try node.write { try $0.addPeer(address) }
            if context.invocation.isJSON {
                try context.output.line([
                    "space": .text(hexadecimal(invitation.space.value.bytes)),
                    "role": .text(invitation.role.name),
                ])
            } else {
                let name = try node.read { try $0.name(of: invitation.space) } ?? invitation.space.short
                try context.say(LiveTexts.joined, name, invitation.role.name)
            }
            return .done
        }
        throw CommandError(LiveTexts.joinFailed, failures.joined(separator: "; "))
    }
}

/// Tells people what a large transfer will cost, and how far it is, on a terminal.
private final class ExchangeWatcher: @unchecked Sendable {
    private let context: CommandContext
    private let seen = Locked<(hasWarned: Bool, progress: Progress?, total: UInt64)>((false, nil, 0))

    init(_ context: CommandContext) { self.context = context }

    /// So many changes are worth a word beforehand.
    private static let largeTransfer: UInt64 = 5_000
    /// What a change costs on the wire, roughly, in bytes: 0.26 of 730 for a record, less for an edit.
    private static let bytesPerChange = 180

    func saw(_ status: Server.PeerStatus) {
        let behind = status.spaces.reduce(0) { $0 + $1.behind }
        let received = status.spaces.reduce(0) { $0 + $1.changesReceived }
        seen.withLock { state in
            if !state.hasWarned, behind > Self.largeTransfer {
                state.hasWarned = true
                let bytes = humanBytes(Int(clamping: behind) * Self.bytesPerChange)
                context.note(LiveTexts.large, grouped(Int(clamping: behind)), bytes)
                guard context.output.stderr.isTerminal else { return }
                state.total = behind + received
                state.progress = Progress(
                    "", total: Int(clamping: state.total), on: context.output.stderr, at: .now)
            }
            state.progress?.update(Int(clamping: received), at: .now)
            if behind == 0 { state.progress?.finish() }
        }
    }
}
