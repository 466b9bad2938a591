import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// What `plc status` says: facts of the store, and live ones while the node is served.
struct StatusReport {
    struct Space {
        let id: SpaceID
        let name: String?
        let level: Genesis.Level
        let summary: StoreView.Summary
        let role: Role?
    }

    struct Peer {
        let address: String
        let node: PublicKey?
        let state: String
        let lastContact: UInt64?
        let behind: UInt64?
        let ahead: UInt64?
        let isInSync: Bool?
    }

    private let key: PublicKey
    private let name: String
    let spaces: [Space]
    let peers: [Peer]
    private let storeBytes: Int
    private let walBytes: Int
    private let scrub: ScrubProgress
    private let changes: UInt64
    private let clockOffset: Int64?
    private let isClockSuspect: Bool
    let alarms: [String]
    private let logAlarms: [LogAlarm]

    init(_ context: CommandContext) throws {
        let node = try context.requireNode()
        key = node.identity.publicKey
        name = node.name
        var alarms = node.refusal.map { [context.text(Texts.readsOnly, "\($0)")] } ?? []
        var spaces: [Space] = []
        let all = try node.read { view in
            try view.spaces().map { ($0.id, $0.genesis, try view.name(of: $0.id), try view.summary($0.id)) }
        }
        for (id, genesis, name, summary) in all {
            let membership = try node.membership(of: id)
            if membership.needsUpgrade { alarms.append(context.text(Texts.needsUpgrade, id.short)) }
            spaces.append(
                Space(
                    id: id, name: name, level: try Genesis(genesis).level, summary: summary,
                    role: membership.role(of: node.identity.publicKey)))
        }
        self.spaces = spaces
        let repairs = try node.read { try $0.repairs() }
        alarms += repairs.map {
            context.text(
                Texts.logRepair, hexadecimal($0.log.value.bytes), "\($0.sound + 1)", "\($0.held)")
        }
        alarms += try node.read { try $0.leftOut() }.map {
            context.text(Texts.leftOut, hexadecimal($0.log.value.bytes), "\($0.sequence)")
        }
        let spoilt = Salvage.kept(node.folder.store)
        if SystemFiles().exists(spoilt), let mended = try node.read({ try $0.number(Salvage.mendedKey) }) {
            alarms.append(context.text(Texts.mended, isoDate(milliseconds: mended), spoilt))
        }
        (scrub, changes) = try node.read { try ($0.scrubProgress(), $0.changes()) }
        logAlarms = try node.read { try $0.alarms(at: World.wall()) }
        alarms += logAlarms.map { Self.text(of: $0, context) }
        storeBytes = Self.size(node.folder.store)
        walBytes = Self.size(node.folder.store + "-wal")
        let live = context.service?.liveStatus()
        if let live {
            peers = live.peers.map { peer in
                Peer(
                    address: peer.address, node: peer.node, state: peer.state, lastContact: peer.lastContact,
                    behind: peer.behind, ahead: peer.ahead,
                    isInSync: peer.inSync.isEmpty ? nil : peer.inSync.allSatisfy(\.isInSync))
            }
            alarms += live.alarms
            alarms += live.damagedLogs.filter { log in !repairs.contains { $0.log == log } }.map {
                context.text(Texts.damagedLog, hexadecimal($0.value.bytes))
            }
        } else {
            peers = try node.read { try $0.peers() }.map {
                Peer(
                    address: $0.address, node: $0.node, state: "offline", lastContact: $0.lastContact,
                    behind: nil, ahead: nil, isInSync: nil)
            }
        }
        clockOffset = live?.clockOffsetMilliseconds
        let lead = try node.read { try $0.number("clock") ?? 0 } >> 16
        let isAhead = lead > World.wall().milliseconds + Clock.maximumLead
        isClockSuspect = isAhead || (clockOffset?.magnitude ?? 0) > Clock.maximumLead
        if node.isDiskFull { alarms.append(context.text(Texts.diskFull)) }
        if isClockSuspect { alarms.append(context.text(Texts.clockSuspect)) }
        self.alarms = alarms
    }

    private static func text(of alarm: LogAlarm, _ context: CommandContext) -> String {
        let phrase =
            switch alarm.kind {
            case .fork: Texts.forkAlarm
            case .ahead: Texts.aheadAlarm
            case .copied: Texts.copiedAlarm
            }
        return context.text(
            phrase, hexadecimal(alarm.log.value.bytes), alarm.space.short, alarm.peer?.short ?? "-",
            isoDate(milliseconds: alarm.time), "\(alarm.reissued)")
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The answer with `--json`.
    var json: JSON {
        let spaces: [JSON] = spaces.map { space in
            [
                "space": .text(hexadecimal(space.id.value.bytes)), "name": .maybe(space.name) { .text($0) },
                "level": .text(space.level.name), "records": .integer(Int64(space.summary.records)),
                "changes": .integer(Int64(space.summary.changes)),
                "logs": .integer(Int64(space.summary.logs)),
                "hash": .text(hexadecimal(space.summary.digest.bytes)),
                "role": .maybe(space.role) { .text($0.name) },
            ]
        }
        let peers: [JSON] = peers.map { peer in
            [
                "address": .text(peer.address),
                "node": .maybe(peer.node) { .text(hexadecimal($0.bytes)) }, "state": .text(peer.state),
                "lastContact": .maybe(peer.lastContact) { .integer(Int64(clamping: $0)) },
                "behind": .maybe(peer.behind) { .integer(Int64(clamping: $0)) },
                "ahead": .maybe(peer.ahead) { .integer(Int64(clamping: $0)) },
                "inSync": .maybe(peer.isInSync) { .bool($0) },
            ]
        }
        return [
            "node": .text(hexadecimal(key.bytes)), "name": .text(name), "version": .text(Product.version),
            "spaces": .array(spaces), "peers": .array(peers),
            "store": ["bytes": .integer(Int64(storeBytes)), "walBytes": .integer(Int64(walBytes))],
            "scrub": scrubJSON,
            "clock": [
                "offsetMilliseconds": .maybe(clockOffset) { .integer($0) }, "suspect": .bool(isClockSuspect),
            ],
            "alarms": .array(alarms.map { .text($0) }),
            "logAlarms": .array(
                logAlarms.map { alarm in
                    [
                        "kind": .text(alarm.kind.rawValue),
                        "log": .text(hexadecimal(alarm.log.value.bytes)),
                        "space": .text(hexadecimal(alarm.space.value.bytes)),
                        "peer": .maybe(alarm.peer) { .text(hexadecimal($0.bytes)) },
                        "time": .integer(Int64(clamping: alarm.time)),
                        "reissued": .integer(Int64(clamping: alarm.reissued)),
                    ]
                }),
        ]
    }

    /// How far the walk over all changes has come, for programs.
    var scrubJSON: JSON {
        [
            "ended": .maybe(scrub.ended) { .integer(Int64(clamping: $0)) },
            "checked": .integer(Int64(clamping: scrub.checked)),
            "changes": .integer(Int64(clamping: changes)),
        ]
    }

    /// The same for people.
    func scrubLines(_ context: CommandContext) -> [String] {
        let ended = scrub.ended.map { isoDate(milliseconds: $0) } ?? context.text(Texts.never)
        let last = context.text(Texts.statusChecked, ended)
        guard scrub.checked > 0 else { return [last] }
        let checked = grouped(Int(clamping: min(scrub.checked, changes)))
        return [last, context.text(Texts.statusChecking, checked, grouped(Int(clamping: changes)))]
    }

    /// The answer for people.
    func lines(_ context: CommandContext) -> [String] {
        var lines = [context.text(Texts.statusNode, name, key.short, Product.version)]
        var table = TextTable([
            TextTable.Column(context.text(Texts.columnSpace)),
            TextTable.Column(context.text(Texts.columnName)),
            TextTable.Column(context.text(Texts.columnLevel)),
            TextTable.Column(context.text(Texts.columnRole)),
            TextTable.Column(context.text(Texts.columnRecords), .end),
            TextTable.Column(context.text(Texts.columnChanges), .end),
            TextTable.Column(context.text(Texts.columnHash)),
        ])
        for space in spaces {
            table.add([
                space.id.short, space.name ?? "", space.level.name, space.role?.name ?? "-",
                grouped(space.summary.records), grouped(space.summary.changes),
                String(hexadecimal(space.summary.digest.bytes).prefix(8)),
            ])
        }
        if !spaces.isEmpty { lines += table.lines(for: context.output.stdout) }
        if !peers.isEmpty {
            var table = TextTable([
                TextTable.Column(context.text(Texts.columnPeer)),
                TextTable.Column(context.text(Texts.columnNode)),
                TextTable.Column(context.text(Texts.columnState)),
                TextTable.Column(context.text(Texts.columnContact)),
                TextTable.Column(context.text(Texts.columnBehind), .end),
                TextTable.Column(context.text(Texts.columnAhead), .end),
            ])
            for peer in peers {
                table.add([
                    peer.address, peer.node?.short ?? "-",
                    peer.isInSync == true ? context.text(Texts.inSync) : peer.state,
                    peer.lastContact.map { isoDate(milliseconds: $0) } ?? "-",
                    peer.behind.map { grouped(Int(clamping: $0)) } ?? "-",
                    peer.ahead.map { grouped(Int(clamping: $0)) } ?? "-",
                ])
            }
            lines += table.lines(for: context.output.stdout)
        }
        lines.append(context.text(Texts.statusStore, humanBytes(storeBytes), humanBytes(walBytes)))
        lines += scrubLines(context)
        lines += alarms.map { "! " + $0 }
        return lines
    }
}
