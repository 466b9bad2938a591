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

/// The shell around a replica: carries out its effects with sockets, the store and clocks, on one loop's thread.
///
/// Everything here runs on the thread inside `run`, except what says otherwise.
package final class Server: TransportHandler, @unchecked Sendable {
    package let node: Node
    package let loop: EventLoop
    private var replica: Replica
    private var transport: Transport?
    private var channels: [ConnectionID: FrameChannel] = [:]
    private var effects: [Effect] = []
    private let reader: SyncReader
    /// Connections whose next frame takes from leaves that are verified, but not on the disk yet.
    private var awaitingLeaves: Set<ConnectionID> = []
    private var dials: [Dial] = []
    private var nextDial = 0
    /// Commits that were ordered since the last one that was refused, and the newest of which one was: what is
    /// ordered builds on what was ordered before, so a refusal takes all that is under way with it.
    private var commitGeneration = 1
    private let failedGeneration = Locked(0)
    private var opening: Set<SpaceID> = []
    /// Whether streams have ended since memory was last given back to the system, and when that was.
    private var (hasFreedMemory, memoryReleased) = (false, UInt64(0))
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
    package var dropsBatch = false
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

    /// A server of `node`; nothing happens before `start` and `run`.
    package init(_ node: Node, log: Log = Log(level: .warning)) throws {
        self.node = node
        self.log = log
        loop = try EventLoop()
        replica = Replica(identity: node.identity, databaseEpoch: node.databaseEpoch)
        reader = try SyncReader(path: node.folder.store)
    }

    /// Loads the spaces and makes the transport.
    package func start(limits: TransportLimits = TransportLimits()) throws {
        transport = Transport(
            loop: loop, identity: node.identity, limits: limits,
            admits: { [unowned self] key in replica.knows(key) || replica.admitsStrangers(at: World.wall()) },
            handler: self)
        loop.afterTurn = { [unowned self] in transport?.flush() }
        node.onAuthored { [weak self] space, logs in
            guard let self else { return }
            self.loop.submit { self.step(.authored(space, logs)) }
        }
        let snapshots = try node.write { store in try store.spaceIDs.map { try store.snapshot($0) } }
        for snapshot in snapshots { step(.opened(snapshot)) }
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
            for id in channels.keys.sorted() { step(.ended(id, .shuttingDown)) }
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
        if !replica.holds(space), opening.insert(space).inserted { opened(space) }
    }

    /// A space was founded here: takes it in.
    ///
    /// From any thread.
    package func opened(_ space: SpaceID) {
        node.submit({ try $0.snapshot(space) }) { [weak self] result in
            guard let self, case .success(let snapshot) = result else { return }
            self.loop.submit { self.step(.opened(snapshot)) }
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
        channels[info.id] = FrameChannel()
        let index = dials.firstIndex { $0.connection == info.id }
        if let index { dials[index].connectedAt = loop.now }
        log.info("connected to \(info.peer.short) at \(info.remoteAddress)")
        step(
            .connected(
                info.id, peer: info.peer, exporter: info.exporter, isDialer: info.isDialer,
                nonce: World.nonce(),
                purpose: index.map { dials[$0].purpose } ?? .exchange))
    }

    package func received(_ id: ConnectionID, _ bytes: RawSpan) {
        guard let channel = channels[id] else { return }
        let wasHeldUp = channel.needs != nil
        guarded(id) { () throws(Malformed) in
            try channel.incoming(bytes) { type, body in take(id, type, body) }
            if !wasHeldUp { try fetchLeaves(id, channel) }
        }
        if let budget, channels.values.reduce(0, { $0 + $1.bytesSent + $1.bytesReceived }) > budget {
            log.warning("the budget of \(budget) bytes is spent")
            for id in channels.keys.sorted() { step(.ended(id, .done)) }
        }
    }

    private func take(_ id: ConnectionID, _ type: UInt8, _ body: [UInt8]) {
        if dropsBatch, type == Frame.Kind.data.rawValue {
            dropsBatch = false
            return
        }
        step(.received(id, type: type, body: body))
    }

    /// Ends the connection if `body` finds that the peer sends what it must not.
    private func guarded(_ id: ConnectionID, _ body: () throws(Malformed) -> Void) {
        do throws(Malformed) {
            try body()
        } catch {
            log.warning("\(id.value): \(error); the connection is closed")
            step(.ended(id, error.closeCode))
        }
    }

    package func writable(_ id: ConnectionID) {}

    package func closed(_ id: ConnectionID, _ reason: CloseReason) {
        let wasConnected = channels.removeValue(forKey: id) != nil
        awaitingLeaves.remove(id)
        log.info("connection \(id.value) closed: \(reason)")
        if wasConnected { step(.disconnected(id)) }
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

    // MARK: Steps

    /// Gives the replica one fact, and carries out what follows, in order.
    private func step(_ input: Input) {
        replica.step(input, at: Now(monotonic: loop.now, wall: World.wall()), into: &effects)
        let batch = effects
        effects.removeAll(keepingCapacity: true)
        for effect in batch { carryOut(effect) }
    }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .send(let id, let frame):
            guard let channel = channels[id] else { return }
            transport?.send(id, channel.outgoing(frame, at: loop.now))
        case .close(let id):
            transport?.close(id, afterFlush: true)
        case .commit(let commit):
            commitDurably(commit)
        case .read(let request):
            read(request)
        case .admit(let space, let key, let role, let name, let invitation):
            admit(space, key, role, name, invitation)
        case .found(let genesis):
            found(genesis)
        case .report(let event):
            report(event)
        }
    }

    /// Reads what a peer wants, and what the stream that brings it is to begin with, if it begins one.
    private func read(_ request: ReadRequest) {
        let sizeLog = channels[request.connection]?.expect(request)
        reader.submit(request, tailBytes: sizeLog.map { 1 << Int($0) }) { [weak self] parts, tail in
            guard let self else { return }
            self.loop.submit {
                if let sizeLog, let run = request.common, let tail {
                    self.channels[request.connection]?.offer(run, sizeLog: sizeLog, tail)
                }
                self.step(.read(request.id, parts))
            }
        }
    }

    // MARK: Streams that take from leaves

    /// Reads the leaves that a connection's next frame takes from; nothing more is taken of the peer until they are
    /// there, so that no more waits than was read from the socket at once.
    private func fetchLeaves(_ id: ConnectionID, _ channel: FrameChannel) throws(Malformed) {
        guard let name = channel.needs else { return }
        switch try replica.run(named: name, on: id) {
        case .arriving:
            awaitingLeaves.insert(id)
            transport?.pauseReading(id)
        case .held(let log):
            transport?.pauseReading(id)
            reader.submit(tail: log, through: name.through, bytes: name.maximumBytes) { [weak self] bytes in
                guard let self else { return }
                self.loop.submit { self.provide(id, name, bytes) }
            }
        }
    }

    private func provide(_ id: ConnectionID, _ name: StreamPrefix, _ bytes: [UInt8]?) {
        guard let channel = channels[id] else { return }
        guard let bytes else { return step(.ended(id, .busy)) }
        if StreamPrefix.check(bytes) != name.check { replica.noteUnlike(id) }
        guarded(id) { () throws(Malformed) in
            try channel.provide(name, bytes) { type, body in take(id, type, body) }
            try fetchLeaves(id, channel)
        }
        if channel.needs == nil { transport?.resumeReading(id) }
    }

    /// Looks again at connections that wait for leaves to become durable; some have, or never will.
    private func lookForLeaves() {
        for id in awaitingLeaves.sorted() {
            awaitingLeaves.remove(id)
            guard let channel = channels[id] else { continue }
            do throws(Malformed) {
                try fetchLeaves(id, channel)
            } catch {
                // The peer was right: what it named was verified here, and could not be stored.
                step(.ended(id, .busy))
            }
        }
    }

    private func commitDurably(_ commit: Commit) {
        let generation = commitGeneration
        let failed = failedGeneration
        node.submit({ store in
            // What follows a commit that was refused builds on it, and is refused too.
            guard failed.withLock({ $0 < generation }) else { throw StoreError.superseded }
            do {
                return try store.apply(commit)
            } catch {
                failed.withLock { $0 = generation }
                throw error
            }
        }) { [weak self] result in
            guard let self else { return }
            self.loop.submit {
                switch result {
                case .success(let lsns):
                    self.step(.committed(commit.id, lsns: lsns))
                    self.lookForLeaves()
                case .failure(let error):
                    if error as? StoreError != .superseded {
                        self.log.error("what was received cannot be stored: \(error)")
                    }
                    failed.withLock { $0 = max($0, generation) }
                    self.commitGeneration = max(self.commitGeneration, generation + 1)
                    self.step(.refused(commit.id))
                    self.lookForLeaves()
                }
            }
        }
    }

    private func admit(
        _ space: SpaceID, _ key: PublicKey, _ role: Role, _ name: String, _ invitation: PublicKey
    ) {
        let own = node.identity.publicKey
        node.submit({ store in
            var draft = Draft()
            draft.append(.grant(key, role, name: name, invitation: invitation))
            _ = try store.write(space, .control, by: own, .now(World.wall())) { _ in draft }
        }) { [weak self] result in
            if case .failure(let error) = result { self?.log.error("a grant cannot be stored: \(error)") }
        }
    }

    private func found(_ genesis: [UInt8]) {
        node.submit({ try $0.snapshot(try $0.add(genesis: genesis)) }) { [weak self] result in
            guard let self else { return }
            self.loop.submit {
                switch result {
                case .success(let snapshot): self.step(.opened(snapshot))
                case .failure(let error):
                    self.log.error("the space cannot be stored: \(error)")
                    self.failed(error)
                }
            }
        }
    }

    /// Tells who waits for a meeting, now or if `isForGood` later, that the store has failed it; on the loop's thread.
    func failed(_ error: any Error, isForGood: Bool = false) {
        if isForGood { storeFailure = error }
        tell(.failed(error))
    }

    private func report(_ event: Event) {
        switch event {
        case .fork(let log, let space):
            self.log.warning(
                "log \(hexadecimal(log.value.bytes).prefix(8)) of space \(space.short) has two histories")
        case .ownLogAhead(_, let space):
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
            step(.ticked)
            restStreams()
            scheduleTick()
        }
    }

    /// Ends streams that have been silent, and gives the memory of those that have ended back to the system.
    private func restStreams() {
        for (id, channel) in channels {
            if let frame = channel.restIfSilent(at: loop.now) { transport?.send(id, frame) }
            guard channel.hasFreed else { continue }
            channel.hasFreed = false
            hasFreedMemory = true
        }
        // The allocator would keep it between what lives on: megabytes for each peer.
        guard hasFreedMemory, loop.now >= memoryReleased + Self.memoryInterval else { return }
        World.releaseMemory()
        (hasFreedMemory, memoryReleased) = (false, loop.now)
    }

    // MARK: For people

    /// What is known of each connection; on the loop's thread.
    package func peerStatuses() -> [PeerStatus] {
        channels.keys.sorted().compactMap { id in
            guard let info = transport?.connection(id), let channel = channels[id] else { return nil }
            return PeerStatus(
                connection: id, node: info.peer, address: "\(info.remoteAddress)",
                dialled: dials.first { $0.connection == id }?.endpoint.description,
                bytesSent: channel.bytesSent, bytesReceived: channel.bytesReceived,
                roundTrips: channel.trips.count, spaces: replica.status(of: id))
        }
    }

    /// The addresses that are dialled again and again, and how that stands; on the loop's thread.
    func dialling() -> [(address: String, state: String)] {
        dials.filter(\.isPersistent).map { dial in
            let isOpen = dial.connection.map { channels[$0] != nil } ?? false
            let state = isOpen ? "connected" : dial.connection != nil ? "dialling" : "waiting"
            return (dial.endpoint.description, state)
        }
    }

    /// The name under which a key was admitted to some space; empty if it was to none.
    ///
    /// On the loop's thread.
    func name(of key: PublicKey) -> String { replica.name(of: key) }

    /// What somebody should look at, in words; on the loop's thread.
    private(set) var alarms: [String] = []

    /// Notes something that somebody should look at.
    private func alarm(_ message: String) {
        log.warning(message)
        if !alarms.contains(message) { alarms.append(message) }
    }

    /// The largest difference of wall clocks that peers have shown, in milliseconds (peer − own); loop's thread.
    package func clockOffset() -> Int64 { replica.clockOffset }

    /// Ends one connection in good order; on the loop's thread.
    package func end(_ id: ConnectionID, _ code: CloseCode = .done) { step(.ended(id, code)) }
}
