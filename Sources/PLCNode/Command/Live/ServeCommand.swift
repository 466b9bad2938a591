internal import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// `plc serve`: the node as a process that listens, meets its peers, and answers commands.
enum ServeCommand {
    /// The port on which nodes listen unless told otherwise.
    static let defaultPort: UInt16 = 7_400

    /// Serves until a signal says stop; the second signal does not wait.
    @Sendable static func run(_ context: CommandContext) throws -> ExitCode {
        let node = try context.requireNode()
        if let refusal = node.refusal { return try read(node, refusal, context) }
        let log = Log(level: level(context.invocation))
        let server = try Server(node, log: log)
        server.window = try context.invocation.value("window").map { try window($0) }
        server.dropsBatch = getenv(Demonstration.dropVariable) != nil
        try server.start()
        let peers = try context.invocation.values("peer").map { try Endpoint(parsing: $0) }
        let service = LiveService(server, peers: peers)
        let listening = try listen(server, context.invocation.values("listen"))
        service.refresh()
        let control = try ControlServer(path: node.folder.control) { request, output in
            let code = CommandRunner(
                arguments: request.arguments, output: output, workingDirectory: request.workingDirectory
            ).run(on: node, service: service)
            service.refresh()
            return code
        }
        let failure = Locked<(any Error)?>(nil)
        node.onFatal { error in
            failure.withLock { $0 = error }
            server.stop()
        }
        try onSignal(server.loop) {
            log.info("stopping")
            server.stop()
        }
        try announce(context, listening)
        server.run()
        control.stop()
        server.close()
        if let error = failure.withLock({ $0 }) { throw error }
        return .done
    }

    /// Serves a node of which nothing may be written, until a signal says stop: commands read it, no peer is met.
    ///
    /// Where no socket can be made either, commands read the folder themselves.
    private static func read(
        _ node: Node, _ refusal: StoreError, _ context: CommandContext
    ) throws -> ExitCode {
        let loop = try EventLoop()
        let control = try? ControlServer(path: node.folder.control) { request, output in
            CommandRunner(
                arguments: request.arguments, output: output, workingDirectory: request.workingDirectory
            ).run(on: node, service: StillService())
        }
        try onSignal(loop) { [loop] in loop.stop() }
        context.note(Texts.readsOnly, printable("\(refusal)"))
        if context.invocation.isJSON {
            try context.output.line([
                "node": .text(hexadecimal(node.identity.publicKey.bytes)), "listening": .array([]),
                "readOnly": .text("\(refusal)"),
            ])
        } else {
            try context.say(LiveTexts.servingStill, node.name, node.identity.publicKey.short)
        }
        loop.run()
        control?.stop()
        return .attention
    }

    /// Has `stop` called when a signal says so; the second one does not wait.
    private static func onSignal(_ loop: EventLoop, _ stop: @escaping () -> Void) throws {
        var signals = 0
        try loop.onSignal { _ in
            signals += 1
            // What was acknowledged is durable, so nothing is lost by not waiting.
            if signals > 1 { _exit(ExitCode.failed.rawValue) }
            stop()
        }
    }

    /// The part of the day that `--window` names.
    static func window(_ text: String) throws -> DailyWindow {
        guard let window = DailyWindow(text) else {
            throw CommandError(LiveTexts.badWindow, text, code: .usage)
        }
        return window
    }

    private static func level(_ invocation: Invocation) -> Log.Level {
        Log.Level.allCases.first { "\($0)" == invocation.value("log") } ?? .warning
    }

    private static func listen(_ server: Server, _ words: [String]) throws -> [Endpoint] {
        let endpoints = try words.map { try Endpoint(parsing: $0) }
        let wanted = endpoints.isEmpty ? [Endpoint(host: "", port: defaultPort)] : endpoints
        return try wanted.map { try server.listen($0) }
    }

    private static func announce(_ context: CommandContext, _ listening: [Endpoint]) throws {
        let node = try context.requireNode()
        if context.invocation.isJSON {
            try context.output.line([
                "node": .text(hexadecimal(node.identity.publicKey.bytes)),
                "listening": .array(listening.map { .text($0.description) }),
            ])
        } else {
            let places = listening.map(\.description).joined(separator: ", ")
            try context.say(LiveTexts.serving, node.name, node.identity.publicKey.short, places)
        }
    }
}

/// The live side of a node that is only read: there is none.
private final class StillService: NodeService {
    func liveStatus() -> LiveStatus? { nil }
}

/// The live side of a served node.
final class LiveService: NodeService, @unchecked Sendable {
    let server: Server
    /// The peers that the command line named.
    private let named: [Endpoint]

    init(_ server: Server, peers: [Endpoint]) {
        self.server = server
        named = peers
    }

    /// Takes in what commands have changed: new spaces, other peers.
    func refresh() {
        guard
            let (spaces, peers) = try? server.node.read({ view in
                (try view.spaces().map(\.id), try view.peers().map(\.address))
            })
        else { return }
        let endpoints = peers.compactMap { try? Endpoint(parsing: $0) } + named
        server.loop.submit { [server] in
            for space in spaces { server.openIfNew(space) }
            server.keepDialling(endpoints)
        }
    }

    func liveStatus() -> LiveStatus? {
        let promise = Promise<LiveStatus>()
        server.loop.submit { [server] in promise.fulfil(.success(Self.status(server))) }
        return (try? promise.wait()) ?? LiveStatus()
    }

    private static func status(_ server: Server) -> LiveStatus {
        let connected = server.peerStatuses()
        var peers = connected.map { status in
            LiveStatus.Peer(
                address: status.dialled ?? status.address, node: status.node,
                name: server.name(of: status.node),
                state: "connected", lastContact: World.wall().milliseconds,
                behind: status.spaces.reduce(0) { $0 + $1.behind },
                ahead: status.spaces.reduce(0) { $0 + $1.ahead },
                inSync: status.spaces.map { ($0.space, $0.isInSync) })
        }
        for (address, state) in server.dialling() where !peers.contains(where: { $0.address == address }) {
            peers.append(
                LiveStatus.Peer(
                    address: address, node: nil, name: "", state: state, lastContact: nil, behind: 0,
                    ahead: 0,
                    inSync: []))
        }
        return LiveStatus(
            peers: peers, alarms: server.alarms, damagedLogs: server.damagedLogs,
            clockOffsetMilliseconds: connected.isEmpty ? nil : server.clockOffset())
    }
}
