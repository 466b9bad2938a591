import PLCEntities
import PLCSync

/// Commands about spaces and who belongs to them.
enum SpaceCommands {
    private static let spaceArgument = CommandArgument(
        "SPACE", "its name, or the beginning of its identity")

    static let entries: [CommandRegistry.Entry] = [
        CommandRegistry.Entry(
            Command(
                "space create", "Found a space, with this node as its first steward.",
                details: "The level is part of the space's identity and never changes.",
                options: [
                    .value(
                        "level", "LEVEL", "how wide it is", choices: Genesis.Level.allCases.map(\.name),
                        required: true),
                    .value("name", "NAME", "what people call it", required: true),
                    .value("parent", "SPACE", "the wider space that it belongs to"),
                ]),
            create),
        CommandRegistry.Entry(Command("space list", "List the spaces of this node."), list),
        CommandRegistry.Entry(
            Command(
                "members", "Show which nodes belong to a space, and as what.", arguments: [spaceArgument]),
            members),
        CommandRegistry.Entry(
            Command(
                "invite", "Invite another node to a space: prints a token, and a QR code on a terminal.",
                details:
                    "Whoever has the token may join once, until it ends; hand it over as you would a key. This node or another steward must be reachable then.",
                arguments: [spaceArgument],
                options: [
                    .value(
                        "role", "ROLE", "what the node becomes; writer if not given",
                        choices: Role.allCases.map(\.name)),
                    .value(
                        "expires", "TIME", "how long it is valid, such as 7d, 12h or 30m; 7d if not given"),
                    .value(
                        "address", "HOST:PORT", "where this node can be reached; up to 8", repeatable: true),
                ]),
            invite),
        CommandRegistry.Entry(
            Command(
                "hash", "Print the digest of a space's state: equal on nodes that hold the same changes.",
                arguments: [spaceArgument]),
            hash),
    ]

    /// `plc space create`.
    @Sendable static func create(_ context: CommandContext) throws -> ExitCode {
        let invocation = context.invocation
        let node = try context.requireNode()
        let name = nfc(invocation.value("name") ?? "")
        guard (1...256).contains(name.count) else { throw CommandError(Texts.badName) }
        let parent = try invocation.value("parent").map { try context.space($0) }
        let word = invocation.value("level") ?? ""
        guard let level = Genesis.Level.allCases.first(where: { $0.name.utf8.elementsEqual(word.utf8) }),
            let field = Kinds.community.field("name")
        else { preconditionFailure("the parser checked the level") }
        var value = ByteWriter()
        value.write(text: name)
        let item = value.bytes
        let key = node.identity.publicKey
        let space = try node.found(level: level, parent: parent) { store, space in
            let wall = World.wall()
            _ = try store.write(space, .core, by: key, .now(wall)) { _ in
                var draft = Draft()
                let community = draft.append(
                    .keyed(kind: Kinds.community.number, key: Kinds.communityKey))
                draft.append(.set(.op(community), [(field.field, item)], over: nil))
                return draft
            }
            // A founder needs no grant; this one says what to call it.
            _ = try store.write(space, .control, by: key, .now(wall)) { _ in
                var draft = Draft()
                draft.append(.grant(key, .steward, name: node.name, invitation: nil))
                return draft
            }
        }
        if invocation.isJSON {
            try context.output.line(["space": .text(hexadecimal(space.value.bytes))])
        } else {
            try context.say(
                Texts.spaceMade, String(decoding: name, as: UTF8.self), hexadecimal(space.value.bytes))
        }
        return .done
    }

    /// `plc space list`.
    @Sendable static func list(_ context: CommandContext) throws -> ExitCode {
        let report = try StatusReport(context)
        if context.invocation.isJSON {
            for space in report.spaces {
                try context.output.line([
                    "space": .text(hexadecimal(space.id.value.bytes)),
                    "name": .maybe(space.name) { .text($0) }, "level": .text(space.level.name),
                    "role": .maybe(space.role) { .text($0.name) },
                    "records": .integer(Int64(space.summary.records)),
                ])
            }
            return .done
        }
        guard !report.spaces.isEmpty else {
            try context.say(Texts.noSpaces)
            return .done
        }
        var table = TextTable([
            TextTable.Column(context.text(Texts.columnSpace)),
            TextTable.Column(context.text(Texts.columnName)),
            TextTable.Column(context.text(Texts.columnLevel)),
            TextTable.Column(context.text(Texts.columnRole)),
            TextTable.Column(context.text(Texts.columnRecords), .end),
        ])
        for space in report.spaces {
            table.add([
                space.id.short, space.name ?? "", space.level.name, space.role?.name ?? "-",
                grouped(space.summary.records),
            ])
        }
        try context.output.lines(table.lines(for: context.output.stdout))
        return .done
    }

    /// `plc members`.
    @Sendable static func members(_ context: CommandContext) throws -> ExitCode {
        let node = try context.requireNode()
        let space = try context.space(context.invocation.word("SPACE"))
        let membership = try node.membership(of: space)
        let own = node.identity.publicKey
        let members = membership.members.sorted { $0.key < $1.key }
        func name(_ key: PublicKey, _ member: Membership.Member) -> String {
            key == own && member.name.isEmpty ? node.name : member.name
        }
        if context.invocation.isJSON {
            for (key, member) in members {
                try context.output.line([
                    "node": .text(hexadecimal(key.bytes)), "name": .text(name(key, member)),
                    "role": .text(member.role.name), "self": .bool(key == own),
                ])
            }
            return .done
        }
        var table = TextTable([
            TextTable.Column(context.text(Texts.columnNode)),
            TextTable.Column(context.text(Texts.columnName)),
            TextTable.Column(context.text(Texts.columnRole)), TextTable.Column(""),
        ])
        for (key, member) in members {
            table.add([
                key.short, name(key, member), member.role.name,
                key == own ? context.text(Texts.thisNode) : "",
            ])
        }
        try context.output.lines(table.lines(for: context.output.stdout))
        return .done
    }

    /// `plc invite`.
    @Sendable static func invite(_ context: CommandContext) throws -> ExitCode {
        let invocation = context.invocation
        let node = try context.requireNode()
        let space = try context.space(invocation.word("SPACE"))
        let role = invocation.value("role").flatMap { Role(name: $0) } ?? .writer
        let word = invocation.value("expires") ?? "7d"
        guard let lifetime = Self.milliseconds(word) else { throw CommandError(Texts.badDuration, word) }
        let addresses = try invocation.values("address").map { try Endpoint(parsing: $0).description }
        guard addresses.count <= Invitation.maximumAddresses else { throw CommandError(Texts.manyAddresses) }
        try context.requireRole(.steward, in: space)
        guard let seed = Bytes32(World.randomBytes(32)) else { preconditionFailure("32 bytes are 32 bytes") }
        let invitation = Invitation(
            space: space, inviter: node.identity.publicKey, addresses: addresses, seed: seed, role: role,
            expiry: World.wall().milliseconds + lifetime)
        let key = invitation.key.publicKey
        let expiry = invitation.expiry
        _ = try node.author(space, .control) { _, _ in
            var draft = Draft()
            draft.append(.invite(key, role, expiry: expiry))
            return draft
        }
        let token = invitation.token
        if invocation.isJSON {
            try context.output.line([
                "token": .text(token), "space": .text(hexadecimal(space.value.bytes)),
                "role": .text(role.name), "expiry": .integer(Int64(clamping: expiry)),
            ])
            return .done
        }
        try context.output.line(token)
        if context.output.stdout.isTerminal, let code = QRCode(Array(token.utf8), level: .low),
            code.size + 8 <= context.output.stdout.width
        {
            try context.output.lines(code.lines(colours: true))
        }
        context.note(Texts.invited, role.name, isoDate(milliseconds: expiry))
        if addresses.isEmpty { context.note(Texts.noAddress) }
        return .done
    }

    /// A length of time such as `7d`, in milliseconds; nil for other words and for more than ten years.
    static func milliseconds(_ word: String) -> UInt64? {
        let units: [(Character, UInt64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        guard let unit = units.first(where: { $0.0 == word.last }), let count = UInt64(word.dropLast()),
            count > 0, count <= 3_650 * 86_400_000 / unit.1
        else { return nil }
        return count * unit.1
    }

    /// `plc hash`.
    @Sendable static func hash(_ context: CommandContext) throws -> ExitCode {
        let space = try context.space(context.invocation.word("SPACE"))
        let summary = try context.requireNode().read { try $0.summary(space) }
        let hash = hexadecimal(summary.digest.bytes)
        if context.invocation.isJSON {
            try context.output.line([
                "space": .text(hexadecimal(space.value.bytes)), "hash": .text(hash),
                "records": .integer(Int64(summary.records)),
            ])
        } else {
            try context.output.line(hash)
        }
        return .done
    }
}
