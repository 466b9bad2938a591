import PLCSync

/// A node that serves on the loopback interface, on threads of its own.
final class BenchNode: @unchecked Sendable {
    let node: Node
    private(set) var server: Server
    private(set) var address: Endpoint
    private var thread: NamedThread

    /// Serves the node in the folder, which is made if it is not there.
    init(_ path: String) throws {
        let folder = NodeFolder(path)
        if !folder.isNode { try Node.create(in: folder, name: "bench", language: "en") }
        node = try Node(folder)
        (server, address, thread) = try Self.serve(node)
    }

    private static func serve(_ node: Node) throws -> (Server, Endpoint, NamedThread) {
        let server = try Server(node, log: Log(level: .error))
        try server.start()
        let address = try server.listen(try Endpoint(parsing: "127.0.0.1:0"))
        return (server, address, NamedThread("loop") { server.run() })
    }

    private func stopServing() {
        server.stop()
        thread.join()
        server.close()
    }

    /// Ends everything; the folder stays.
    func stop() {
        stopServing()
        node.stop()
    }

    /// Forgets up to where peers were followed, on the disk and, by serving anew, in memory.
    func forgetCursors() throws {
        stopServing()
        try node.write { try $0.forgetCursors() }
        (server, address, thread) = try Self.serve(node)
    }

    /// Runs `body` on the loop's thread and waits for what it returns.
    func onLoop<Value>(_ body: @escaping @Sendable (Server) -> Value) throws -> Value {
        let promise = Promise<Value>()
        let server = server
        server.loop.submit { promise.fulfil(.success(body(server))) }
        return try promise.wait()
    }

    /// What stands with the node of `key`, if anything.
    func status(of key: PublicKey) throws -> Server.PeerStatus? {
        try onLoop { server in server.peerStatuses().first { $0.node == key } }
    }

    /// Imports lines as `plc import --stamps` does; lines that say nothing new are well.
    @discardableResult
    func load(_ lines: [[UInt8]], into space: SpaceID) throws -> ImportSummary {
        try node.load(lines, into: space)
    }
}

extension Node {
    /// Imports lines as `plc import --stamps` does.
    @discardableResult
    func load(_ lines: [[UInt8]], into space: SpaceID) throws -> ImportSummary {
        var bytes: [UInt8] = []
        for line in lines {
            bytes += line
            bytes.append(UInt8(ascii: "\n"))
        }
        var importer = Importer(self, space: space, stamps: true, owned: false, strict: false)
        var rest = bytes[...]
        return try importer.run { count in
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
    }

    /// The number, the name and the length of what the node of `key` wrote to the core channel, as this store has it.
    func coreLog(of key: PublicKey) throws -> (index: Int, descriptor: LogDescriptor, count: UInt64)? {
        try write { store in
            for (index, log) in store.logs.sorted(by: { $0.key < $1.key }) {
                if log.descriptor.key == key, log.id.channel == .core {
                    return (index, log.descriptor, log.forest.count)
                }
            }
            return nil
        }
    }
}

/// One connection between two nodes, from dialling until both hold the same and nothing is on its way.
struct Meeting {
    /// Bytes of frames both ways inside TLS.
    var bytes = 0
    /// How often the side that dialled waited for the other.
    var roundTrips = 0
    /// What both ends took, the handshakes of TCP and TLS included.
    var cost = Cost()

    var members: [(String, JSON)] {
        [("bytes", .count(bytes)), ("round_trips", .count(roundTrips))] + cost.members
    }

    /// So long a meeting may stand still.
    private static let patience = 120.0

    /// What the observers of both servers leave for the thread that waits.
    private enum Sign {
        case equal, other, ended(String)
    }

    /// Has `dialer` dial `listener` and waits until both agree about `space`; the connection is closed after that,
    /// unless it `stays`.
    static func hold(
        _ dialer: BenchNode, _ listener: BenchNode, _ space: SpaceID, purpose: Purpose = .exchange,
        stays: Bool = false
    ) throws -> Meeting {
        let queue = BlockingQueue<Sign>()
        let observe: @Sendable (ServerEvent) -> Void = { event in
            switch event {
            case .replica(.inSync), .replica(.quiescent): queue.append(.equal)
            case .replica(.closed(_, let code, _)): queue.append(.ended(code.meaning))
            case .closed(_, let reason): queue.append(.ended("\(reason)"))
            case .failed(let error): queue.append(.ended("\(error)"))
            case .replica: break
            }
        }
        let observers = try [dialer, listener].map { node in try node.onLoop { $0.observe(observe) } }
        var meeting = Meeting()
        let (address, key) = (listener.address, listener.node.identity.publicKey)
        try Meter.add(to: &meeting.cost) {
            _ = try dialer.onLoop { server in
                server.dial(address, node: key, purpose: purpose, isPersistent: false)
            }
            try settle(dialer, listener, space, queue)
        }
        guard let mine = try dialer.status(of: key) else { throw BenchmarkError("the connection is gone") }
        meeting.bytes = mine.bytesSent + mine.bytesReceived
        meeting.roundTrips = mine.roundTrips
        for (node, observer) in zip([dialer, listener], observers) {
            try node.onLoop { $0.forget(observer) }
        }
        if !stays {
            try dialer.onLoop { $0.end(mine.connection) }
            for node in [dialer, listener] {
                while try node.onLoop({ !$0.peerStatuses().isEmpty }) { Meter.pause(milliseconds: 1) }
            }
        }
        return meeting
    }

    /// Waits until both nodes say that they agree about `space`, and every byte that was sent has arrived.
    private static func settle(
        _ a: BenchNode, _ b: BenchNode, _ space: SpaceID, _ queue: BlockingQueue<Sign>
    ) throws {
        let (keyA, keyB) = (a.node.identity.publicKey, b.node.identity.publicKey)
        var since = Meter.wall()
        while let signs = queue.takeAll() {
            for case .ended(let why) in signs { throw BenchmarkError("the connection ended: \(why)") }
            since = Meter.wall()
            while try !isSettled(a.status(of: keyB), b.status(of: keyA), space) {
                guard Meter.wall() - since < patience else { throw BenchmarkError("the peers do not agree") }
                Meter.pause(milliseconds: 1)
            }
            return
        }
    }

    static func isSettled(_ a: Server.PeerStatus?, _ b: Server.PeerStatus?, _ space: SpaceID) -> Bool {
        guard let a, let b else { return false }
        return a.bytesSent == b.bytesReceived && b.bytesSent == a.bytesReceived
            && [a, b].allSatisfy { status in
                status.spaces.contains { $0.space == space && $0.isInSync && $0.isQuiescent }
            }
    }
}
