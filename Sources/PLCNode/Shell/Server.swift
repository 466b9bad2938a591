package import PLCSync

/// Something that happens to a server.
enum ServerEvent {
    /// The replica reports.
    case replica(Event)
    /// A connection is gone.
    case closed(ConnectionID, CloseReason)
    /// The store has failed what somebody waits for.
    case failed(any Error)
}

/// The threads, sockets and clocks around a replica's host, on one loop's thread.
///
/// What the host orders is carried out by the transport, the store's writer and the sync reader; their completions are
/// brought to the loop's thread. Everything here runs on the thread inside `run`, except what says otherwise.
package final class Server: TransportHandler, ReplicaSurroundings, @unchecked Sendable {
    package let node: Node
    package let loop: EventLoop
    private lazy var host = ReplicaHost(
        node.identity, databaseEpoch: node.databaseEpoch, surroundings: self)
    private var transport: Transport?
    private let reader: SyncReader
    private var dials: [Dial] = []
    private var nextDial = 0
    private var opening: Set<SpaceID> = []
    /// When memory was last given back to the system.
    private var memoryReleased: UInt64 = 0
    /// Memory is given back no more often than this, as going through it takes milliseconds.
    private static let memoryInterval: UInt64 = 10_000
    private var tickTimer: TimerID?
    private let log: Log
    private var observers: [Int: (ServerEvent) -> Void] = [:]
    /// Why the store can be used no more; on the loop's thread.
    private(set) var storeFailure: (any Error)?
    private var nextObserver = 0
    /// Bytes both ways after which no more is exchanged; nil without a limit.
    package var budget: Int?
    /// For tests: the next batch that is received is lost.
    package var dropsBatch: Bool {
        get { host.dropsBatch }
        set { host.dropsBatch = newValue }
    }
    /// When dialling is allowed; nil is always.
    package var window: DailyWindow?

    /// A peer that is dialled again and again.
    private struct Dial {
        let serial: Int
        let endpoint: Endpoint
        let node: PublicKey?
        let purpose: Purpose
        var isPersistent: Bool
        var connection: ConnectionID?
        var policy = ReconnectPolicy()
        var connectedAt: UInt64?
        var retry: TimerID?
    }

    /// What is known of one connection, for people.
    package struct PeerStatus: Sendable {
        package let connection: ConnectionID
        package let node: PublicKey
        package let address: String
        /// The address that was dialled, if this node dialled.
        package let dialled: String?
        package let bytesSent: Int
        package let bytesReceived: Int
        package let roundTrips: Int
        package let spaces: [Replica.SpaceStatus]

        /// The same, with the totals counted from an earlier status of the same connection on.
        func since(_ earlier: PeerStatus) -> PeerStatus {
            PeerStatus(
                connection: connection, node: node, address: address, dialled: dialled,
                bytesSent: bytesSent - earlier.bytesSent,
                bytesReceived: bytesReceived - earlier.bytesReceived,
                roundTrips: roundTrips - earlier.roundTrips,
                spaces: spaces.map { space in
                    guard let before = earlier.spaces.first(where: { $0.space == space.space }) else {
                        return space
                    }
                    return space.since(before)
                })
        }
    }

    /// A server of `node`, which must be one that can be written; nothing happens before `start` and `run`.
    package init(_ node: Node, log: Log = Log(level: .warning)) throws {
        if let refusal = node.refusal { throw refusal }
        self.node = node
        self.log = log
        loop = try EventLoop()
        reader = try SyncReader(path: node.folder.store)
    }

    /// Loads the spaces and makes the transport.
    package func start(limits: TransportLimits = TransportLimits()) throws {
        transport = Transport(
            loop: loop, identity: node.identity, limits: limits,
            admits: { [unowned self] key in
                host.replica.knows(key) || host.replica.admitsStrangers(at: World.wall())
            },
            handler: self)
        loop.afterTurn = { [unowned self] in transport?.flush() }
        node.onAuthored { [weak self] space, logs in
            guard let self else { return }
            self.loop.submit { self.host.step(.authored(space, logs)) }
        }
        let snapshots = try node.write { store in try store.spaceIDs.map { try store.snapshot($0) } }
        for snapshot in snapshots { host.step(.opened(snapshot)) }
        host.scrubber = Scrubber()
        scheduleTick()
    }

    /// Listens, and returns where.
    package func listen(_ endpoint: Endpoint) throws -> Endpoint {
        guard let transport else { preconditionFailure("start comes first") }
        return try transport.listen(endpoint)
    }

    /// Serves until `stop`.
    package func run() { loop.run() }

    /// Says goodbye to all peers and ends `run`; from any thread.
    package func stop() {
        loop.submit { [self] in
            for id in host.channels.keys.sorted() { host.step(.ended(id, .shuttingDown)) }
            transport?.stopListening()
            transport?.flush()
            loop.stop()
        }
    }

    /// Lets the reader's thread go.
    ///
    /// After `run` has returned.
    package func close() {
        node.onAuthored { _, _ in }
        reader.stop()
        transport = nil
    }

    /// Takes in a space that was founded here, unless it is there already; on the loop's thread.
    func openIfNew(_ space: SpaceID) {
        if !host.replica.holds(space), opening.insert(space).inserted { opened(space) }
    }

    /// A space was founded here: takes it in.
    ///
    /// From any thread.
    package func opened(_ space: SpaceID) {
        write({ try $0.snapshot(space) }) { [weak self] result in
            guard let self else { return }
            opening.remove(space)
            switch result {
            case .success(let snapshot): host.step(.opened(snapshot))
            case .failure(let error): log.error("space \(space.short) cannot be read: \(error)")
            }
        }
    }

    // MARK: Dialling

    /// Dials a peer; a persistent one again whenever the connection is gone.
    ///
    /// Returns the first connection, if the time of day allows one. On the loop's thread.
    @discardableResult
    package func dial(
        _ endpoint: Endpoint, node: PublicKey? = nil, purpose: Purpose = .exchange, isPersistent: Bool
    ) -> ConnectionID? {
        dials.removeAll { !$0.isPersistent && $0.connection == nil }
        nextDial += 1
        dials.append(
            Dial(
                serial: nextDial, endpoint: endpoint, node: node, purpose: purpose, isPersistent: isPersistent
            ))
        connect(dials.count - 1)
        return dials[dials.count - 1].connection
    }

    /// Dials these peers again and again, and no others; connections that stand, stay.
    ///
    /// On the loop's thread.
    func keepDialling(_ endpoints: [Endpoint]) {
        for index in dials.indices
        where dials[index].isPersistent && !endpoints.contains(dials[index].endpoint) {
            dials[index].isPersistent = false
        }
        for endpoint in endpoints where !dials.contains(where: { $0.isPersistent && $0.endpoint == endpoint })
        {
            dial(endpoint, isPersistent: true)
        }
    }

    /// The connection to a peer that is dialled again and again; nil if the peer is not, or must not be dialled now.
    ///
    /// One that waits is dialled at once. On the loop's thread.
    func summon(_ endpoint: Endpoint) -> ConnectionID? {
        guard let index = dials.firstIndex(where: { $0.isPersistent && $0.endpoint == endpoint }) else {
            return nil
        }
        connect(index)
        return dials[index].connection
    }

    /// Asks to be admitted over a connection that stands; on the loop's thread.
    func join(_ id: ConnectionID, _ request: JoinRequest) { host.step(.join(id, request)) }

    private func connect(_ index: Int) {
        guard dials[index].connection == nil else { return }
        guard window?.isNow ?? true else {
            if dials[index].isPersistent { retry(index, after: 60_000) }
            return
        }
        dials[index].connection = transport?.dial(dials[index].endpoint, expecting: dials[index].node)
    }

    private func retry(_ index: Int, after milliseconds: UInt64) {
        let serial = dials[index].serial
        if let earlier = dials[index].retry { loop.cancel(earlier) }
        dials[index].retry = loop.schedule(after: milliseconds) { [weak self] in
            guard let self, let index = dials.firstIndex(where: { $0.serial == serial }) else { return }
            dials[index].retry = nil
            connect(index)
        }
    }

    // MARK: TransportHandler

    package func connected(_ info: ConnectionInfo) {
        let index = dials.firstIndex { $0.connection == info.id }
        if let index { dials[index].connectedAt = loop.now }
        log.info("connected to \(info.peer.short) at \(info.remoteAddress)")
        host.connected(
            info.id, peer: info.peer, exporter: info.exporter, isDialer: info.isDialer,
            purpose: index.map { dials[$0].purpose } ?? .exchange)
    }

    package func received(_ id: ConnectionID, _ bytes: RawSpan) {
        host.received(id, bytes)
        if let budget, host.channels.values.reduce(0, { $0 + $1.bytesSent + $1.bytesReceived }) > budget {
            log.warning("the budget of \(budget) bytes is spent")
            for id in host.channels.keys.sorted() { host.step(.ended(id, .done)) }
        }
    }

    package func writable(_ id: ConnectionID) {}

    package func closed(_ id: ConnectionID, _ reason: CloseReason) {
        log.info("connection \(id.value) closed: \(reason)")
        host.disconnected(id)
        tell(.closed(id, reason))
        guard let index = dials.firstIndex(where: { $0.connection == id }) else { return }
        dials[index].connection = nil
        guard dials[index].isPersistent else { return }
        let lasted = dials[index].connectedAt.map { loop.now - $0 } ?? 0
        dials[index].connectedAt = nil
        var generator = World.Generator()
        let delay = dials[index].policy.delay(afterConnectionOf: lasted, using: &generator)
        retry(index, after: delay)
    }

    package func refused(_ address: SocketAddress?, _ reason: CloseReason) {
        log.info("refused \(address.map { "\($0)" } ?? "callers"): \(reason)")
    }

    // MARK: ReplicaSurroundings

    package var now: Now { Now(monotonic: loop.now, wall: World.wall()) }

    package func nonce() -> Bytes16 { World.nonce() }

    package func send(_ id: ConnectionID, _ bytes: [UInt8]) { transport?.send(id, bytes) }

    package func close(_ id: ConnectionID) { transport?.close(id, afterFlush: true) }

    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (Store) throws -> Value, in chain: JobChain?,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        node.submit(body, in: chain) { [loop] result in loop.submit { completion(result) } }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreView) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        reader.submit(body) { [loop] result in loop.submit { completion(result) } }
    }

    package func pauseReading(_ id: ConnectionID) { transport?.pauseReading(id) }

    package func resumeReading(_ id: ConnectionID) { transport?.resumeReading(id) }

    package func complain(_ message: String) { log.error(message) }

    package func failed(_ error: any Error) { tell(.failed(error)) }

    package func found(damaged log: LogID) {
        if !damagedLogs.contains(log) { damagedLogs.append(log) }
    }

    package func gaveUp(_ log: GivenUpLog) {
        node.forgetViews()
        self.log.warning(
            "log \(hexadecimal(log.log.value.bytes).prefix(8)) of space \(log.space.short) has another history with "
                + "peers, as after a folder was copied back: it is given up; \(log.reissued) changes are written anew"
        )
    }

    /// The store can be used no more: tells who waits for a meeting now, and who will; on the loop's thread.
    func failedForGood(_ error: any Error) {
        storeFailure = error
        failed(error)
    }

    package func report(_ event: Event) {
        switch event {
        case .fork(let log, let space, _):
            self.log.warning(
                "log \(hexadecimal(log.value.bytes).prefix(8)) of space \(space.short) has two histories")
        case .ownLogAhead(_, let space, _):
            log.warning(
                "a peer holds more of this node's own log of space \(space.short) than this node itself")
        case .upgradeNeeded(let space):
            alarm("space \(space.short) needs a newer plc; it is neither served nor changed here")
        case .closed(let id, let code, let isPeer):
            log.info("connection \(id.value): \(isPeer ? "the peer says" : "closing"): \(code.meaning)")
        case .opened, .inSync, .quiescent, .joined, .received:
            log.debug("\(event)")
        }
        tell(.replica(event))
    }

    /// Calls `observer` on the loop's thread with what happens, until `forget`; on the loop's thread.
    func observe(_ observer: @escaping (ServerEvent) -> Void) -> Int {
        nextObserver += 1
        observers[nextObserver] = observer
        return nextObserver
    }

    /// Ends an observation; on the loop's thread.
    func forget(_ observer: Int) { observers[observer] = nil }

    private func tell(_ event: ServerEvent) {
        for key in observers.keys.sorted() { observers[key]?(event) }
    }

    private func scheduleTick() {
        tickTimer = loop.schedule(after: 1_000) { [weak self] in
            guard let self else { return }
            host.tick()
            releaseMemory()
            scheduleTick()
        }
    }

    /// Gives the memory of streams that have ended back to the system; the allocator would keep it between what lives
    /// on: megabytes for each peer.
    private func releaseMemory() {
        guard host.hasFreedMemory, loop.now >= memoryReleased + Self.memoryInterval else { return }
        World.releaseMemory()
        (host.hasFreedMemory, memoryReleased) = (false, loop.now)
    }

    // MARK: For people

    /// What is known of each connection; on the loop's thread.
    package func peerStatuses() -> [PeerStatus] {
        host.channels.keys.sorted().compactMap { id in
            guard let info = transport?.connection(id), let channel = host.channels[id] else { return nil }
            return PeerStatus(
                connection: id, node: info.peer, address: "\(info.remoteAddress)",
                dialled: dials.first { $0.connection == id }?.endpoint.description,
                bytesSent: channel.bytesSent, bytesReceived: channel.bytesReceived,
                roundTrips: channel.trips.count, spaces: host.status(of: id))
        }
    }

    /// The addresses that are dialled again and again, and how that stands; on the loop's thread.
    func dialling() -> [(address: String, state: String)] {
        dials.filter(\.isPersistent).map { dial in
            let isOpen = dial.connection.map { host.channels[$0] != nil } ?? false
            let state = isOpen ? "connected" : dial.connection != nil ? "dialling" : "waiting"
            return (dial.endpoint.description, state)
        }
    }

    /// The name under which a key was admitted to some space; empty if it was to none.
    ///
    /// On the loop's thread.
    func name(of key: PublicKey) -> String { host.replica.name(of: key) }

    /// The logs that were found not to be on the disk as they were written; on the loop's thread.
    private(set) var damagedLogs: [LogID] = []

    /// What somebody should look at, in words; on the loop's thread.
    private(set) var alarms: [String] = []

    /// Notes something that somebody should look at.
    private func alarm(_ message: String) {
        log.warning(message)
        if !alarms.contains(message) { alarms.append(message) }
    }

    /// The largest difference of wall clocks that peers have shown, in milliseconds (peer − own); loop's thread.
    package func clockOffset() -> Int64 { host.replica.clockOffset }

    /// Ends one connection in good order; on the loop's thread.
    package func end(_ id: ConnectionID, _ code: CloseCode = .done) { host.step(.ended(id, code)) }
}
