import PLCSync

/// Commands about the nodes that this one dials.
enum PeerCommands {
    private static let address = CommandArgument("HOST:PORT", "where it listens")

    static let entries: [CommandRegistry.Entry] = [
        CommandRegistry.Entry(
            Command(
                "peer add", "Meet another node whenever this one is served.",
                details: "An address says where to look; who answers there is proven by its key.",
                arguments: [address]),
            add),
        CommandRegistry.Entry(Command("peer list", "List the nodes that this one meets."), list),
        CommandRegistry.Entry(
            Command("peer remove", "Meet a node no more.", arguments: [address]), remove),
    ]

    /// `plc peer add`.
    @Sendable static func add(_ context: CommandContext) throws -> ExitCode {
        let endpoint = try Endpoint(parsing: context.invocation.word("HOST:PORT"))
        guard !endpoint.host.isEmpty, endpoint.port != 0 else {
            throw CommandError(Texts.badPeer, endpoint.description)
        }
        let address = endpoint.description
        let isNew = try context.requireNode().write { try $0.addPeer(address) }
        if context.invocation.isJSON {
            try context.output.line(["address": .text(address), "added": .bool(isNew)])
        } else {
            try context.say(isNew ? Texts.peerAdded : Texts.peerKnown, address)
        }
        return .done
    }

    /// `plc peer list`.
    @Sendable static func list(_ context: CommandContext) throws -> ExitCode {
        let peers = try context.requireNode().read { try $0.peers() }
        if context.invocation.isJSON {
            for peer in peers {
                try context.output.line([
                    "address": .text(peer.address),
                    "node": .maybe(peer.node) { .text(hexadecimal($0.bytes)) },
                    "lastContact": .maybe(peer.lastContact) { .integer(Int64(clamping: $0)) },
                ])
            }
            return .done
        }
        guard !peers.isEmpty else {
            try context.say(Texts.noPeers)
            return .done
        }
        var table = TextTable([
            TextTable.Column(context.text(Texts.columnPeer)),
            TextTable.Column(context.text(Texts.columnNode)),
            TextTable.Column(context.text(Texts.columnContact)),
        ])
        for peer in peers {
            table.add([
                peer.address, peer.node?.short ?? "-",
                peer.lastContact.map { isoDate(milliseconds: $0) } ?? "-",
            ])
        }
        try context.output.lines(table.lines(for: context.output.stdout))
        return .done
    }

    /// `plc peer remove`.
    @Sendable static func remove(_ context: CommandContext) throws -> ExitCode {
        let word = context.invocation.word("HOST:PORT")
        let address = (try? Endpoint(parsing: word).description) ?? word
        guard try context.requireNode().write({ try $0.removePeer(address) }) else {
            throw CommandError(Texts.unknownPeer, address)
        }
        if context.invocation.isJSON {
            try context.output.line(["address": .text(address), "removed": true])
        } else {
            try context.say(Texts.peerRemoved, address)
        }
        return .done
    }
}
