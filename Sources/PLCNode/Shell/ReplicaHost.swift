import PLCSync

/// What a host's surroundings do for it: real ones with threads, sockets and clocks, simulated ones with events.
///
/// Completions are called on the host's own thread, later, in the order of the calls.
protocol ReplicaSurroundings: AnyObject {
    /// The clocks.
    var now: Now { get }
    /// Fresh randomness for a session.
    func nonce() -> Bytes16
    /// Hands bytes to a connection.
    func send(_ id: ConnectionID, _ bytes: [UInt8])
    /// Closes a connection after what was handed to it is out.
    func close(_ id: ConnectionID)
    /// Runs `body` inside the store's next transaction.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Store) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void)
    /// Reads what a peer wants; nil if the store failed.
    func read(_ request: ReadRequest, completion: @escaping @Sendable ([ReadPart]?) -> Void)
    /// Something happened that people or programs may want to know.
    func report(_ event: Event)
    /// Something went wrong that an operator should read of.
    func complain(_ message: String)
}

/// The heart of a node that exchanges: one replica, a channel for each connection, and the order in which effects are
/// carried out.
///
/// The same in a server and in a simulation. On one thread.
final class ReplicaHost: @unchecked Sendable {
    private(set) var replica: Replica
    private(set) var channels: [ConnectionID: FrameChannel] = [:]
    private let key: PublicKey
    private var effects: [Effect] = []
    /// Commits that were ordered since the last one that was refused, and the newest of which one was: what is
    /// ordered builds on what was ordered before, so a refusal takes all that is under way with it.
    private var commitGeneration = 1
    private let failedGeneration = Locked(0)
    unowned let surroundings: any ReplicaSurroundings
    /// For tests: the next batch that is received is lost.
    var dropsBatch = false

    /// A host of the replica of `identity`.
    init(_ identity: SigningKey, databaseEpoch: UInt64, surroundings: any ReplicaSurroundings) {
        key = identity.publicKey
        replica = Replica(identity: identity, databaseEpoch: databaseEpoch)
        self.surroundings = surroundings
    }

    // MARK: Connections

    /// A connection's handshake is complete.
    func connected(
        _ id: ConnectionID, peer: PublicKey, exporter: [UInt8], isDialer: Bool, purpose: Purpose
    ) {
        channels[id] = FrameChannel()
        step(
            .connected(
                id, peer: peer, exporter: exporter, isDialer: isDialer, nonce: surroundings.nonce(),
                purpose: purpose))
    }

    /// Bytes came.
    func received(_ id: ConnectionID, _ bytes: borrowing RawSpan) {
        guard let channel = channels[id] else { return }
        do throws(Malformed) {
            try channel.incoming(bytes, at: surroundings.now.monotonic) { type, body in
                if dropsBatch, type == Frame.Kind.data.rawValue {
                    dropsBatch = false
                    return
                }
                step(.received(id, type: type, body: body))
            }
        } catch {
            surroundings.complain("\(id.value): \(error); the connection is closed")
            step(.ended(id, error.reason == .limit ? .limitExceeded : .protocolError))
        }
    }

    /// A connection is gone; false if it never was one.
    @discardableResult
    func disconnected(_ id: ConnectionID) -> Bool {
        guard channels.removeValue(forKey: id) != nil else { return false }
        step(.disconnected(id))
        return true
    }

    /// A second or so has passed.
    func tick() {
        step(.ticked)
        let now = surroundings.now.monotonic
        for channel in channels.values where now > 5_000 { channel.restIfSilent(since: now - 5_000) }
    }

    /// How this node and the peer of a connection stand, space by space.
    func status(of id: ConnectionID) -> [Replica.SpaceStatus] { replica.status(of: id) }

    // MARK: Steps

    /// Gives the replica one fact, and carries out what follows, in order.
    func step(_ input: Input) {
        replica.step(input, at: surroundings.now, into: &effects)
        let batch = effects
        effects.removeAll(keepingCapacity: true)
        for effect in batch { carryOut(effect) }
    }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .send(let id, let frame):
            guard let channel = channels[id] else { return }
            surroundings.send(id, channel.outgoing(frame, at: surroundings.now.monotonic))
        case .close(let id):
            surroundings.close(id)
        case .commit(let commit):
            commitDurably(commit)
        case .read(let request):
            channels[request.connection]?.expect(changes: request.changes)
            surroundings.read(request) { [weak self] parts in self?.step(.read(request.id, parts)) }
        case .admit(let space, let key, let role, let name, let invitation):
            admit(space, key, role, name, invitation)
        case .found(let genesis):
            surroundings.write({ try $0.snapshot(try $0.add(genesis: genesis)) }) { [weak self] in
                self?.opened($0)
            }
        case .report(let event):
            surroundings.report(event)
        }
    }

    private func commitDurably(_ commit: Commit) {
        let generation = commitGeneration
        let failed = failedGeneration
        surroundings.write({ store in
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
            switch result {
            case .success(let lsns):
                step(.committed(commit.id, lsns: lsns))
            case .failure(let error):
                if error as? StoreError != .superseded {
                    surroundings.complain("what was received cannot be stored: \(error)")
                }
                failed.withLock { $0 = max($0, generation) }
                commitGeneration = max(commitGeneration, generation + 1)
                step(.refused(commit.id))
            }
        }
    }

    private func admit(
        _ space: SpaceID, _ key: PublicKey, _ role: Role, _ name: String, _ invitation: PublicKey
    ) {
        let own = self.key
        let wall = surroundings.now.wall
        surroundings.write({ store in
            var draft = Draft()
            draft.append(.grant(key, role, name: name, invitation: invitation))
            _ = try store.write(space, .control, by: own, .now(wall)) { _ in draft }
        }) { [weak self] result in
            if case .failure(let error) = result {
                self?.surroundings.complain("a grant cannot be stored: \(error)")
            }
        }
    }

    private func opened(_ result: Result<SpaceSnapshot, any Error>) {
        switch result {
        case .success(let snapshot): step(.opened(snapshot))
        case .failure(let error): surroundings.complain("the space cannot be stored: \(error)")
        }
    }
}
