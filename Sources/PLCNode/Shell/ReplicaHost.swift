package import PLCSync

/// What a host's surroundings do for it: real ones with threads, sockets and clocks, simulated ones with events.
///
/// Completions are called on the host's own thread, later, in the order of the calls.
package protocol ReplicaSurroundings: AnyObject {
    /// The clocks.
    var now: Now { get }
    /// Fresh randomness for a session.
    func nonce() -> Bytes16
    /// Hears what a connection is about to be sent, before it is compressed.
    func says(_ id: ConnectionID, _ frame: [UInt8])
    /// Hands bytes to a connection.
    func send(_ id: ConnectionID, _ bytes: [UInt8])
    /// Closes a connection after what was handed to it is out.
    func close(_ id: ConnectionID)
    /// Runs `body` inside the store's next transaction, unless a job before it in its chain has failed.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Store) throws -> Value, in chain: JobChain?,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void)
    /// Runs `body` with the reader of what peers want, which waits for no writer.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreView) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void)
    /// Takes no more from a connection than was taken already.
    func pauseReading(_ id: ConnectionID)
    /// Takes from a connection again.
    func resumeReading(_ id: ConnectionID)
    /// Something happened that people or programs may want to know.
    func report(_ event: Event)
    /// Something went wrong that an operator should read of.
    func complain(_ message: String)
    /// The store has failed what somebody waits for.
    func failed(_ error: any Error)
    /// A log is not on the disk as it was written.
    func found(damaged log: LogID)
    /// An own log was given up, because peers hold another history of it.
    func gaveUp(_ log: GivenUpLog)
}

extension ReplicaSurroundings {
    /// Nobody listens, unless somebody does.
    package func says(_ id: ConnectionID, _ frame: [UInt8]) {}
    /// Nobody keeps a list, unless somebody does.
    package func found(damaged log: LogID) {}
    /// Nobody listens, unless somebody does.
    package func gaveUp(_ log: GivenUpLog) {}

    /// Runs `body` inside the store's next transaction.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Store) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        write(body, in: nil, completion: completion)
    }
}

/// The heart of a node that exchanges: one replica, a channel for each connection, and the order in which effects are
/// carried out.
///
/// The same in a server and in a simulation. On one thread.
package final class ReplicaHost: @unchecked Sendable {
    package private(set) var replica: Replica
    private(set) var channels: [ConnectionID: FrameChannel] = [:]
    private let key: PublicKey
    private var effects: [Effect] = []
    /// The commits that were ordered since the last one that was refused: each builds on those before it, so that a
    /// refusal takes all that are under way with it.
    private var chain = JobChain()
    /// Those of them of which the store has not said what became of them, in order.
    private var underWay: [UInt64] = []
    unowned let surroundings: any ReplicaSurroundings
    /// Connections whose next frame takes from leaves that are verified, but not on the disk yet.
    private var awaitingLeaves: Set<ConnectionID> = []
    /// Who is at the other end of a connection.
    private var peers: [ConnectionID: PublicKey] = [:]
    /// With whom this node was in sync since an alarm was last raised.
    private var withoutAlarm: Set<Meeting> = []
    /// Whether streams have ended since the surroundings last gave memory back to the system.
    var hasFreedMemory = false
    /// Whether anything was read, received or written since the last tick.
    private var hasWorked = false
    /// The walk over all logs; nil: nobody walks.
    package var scrubber: Scrubber?
    /// For tests: the next batch that is received is lost.
    var dropsBatch = false

    /// A host of the replica of `identity`.
    package init(_ identity: SigningKey, databaseEpoch: UInt64, surroundings: any ReplicaSurroundings) {
        key = identity.publicKey
        replica = Replica(identity: identity, databaseEpoch: databaseEpoch)
        self.surroundings = surroundings
    }

    // MARK: Connections

    /// A connection's handshake is complete.
    package func connected(
        _ id: ConnectionID, peer: PublicKey, exporter: [UInt8], isDialer: Bool, purpose: Purpose
    ) {
        channels[id] = FrameChannel()
        peers[id] = peer
        step(
            .connected(
                id, peer: peer, exporter: exporter, isDialer: isDialer, nonce: surroundings.nonce(),
                purpose: purpose))
    }

    /// Bytes came.
    package func received(_ id: ConnectionID, _ bytes: borrowing RawSpan) {
        guard let channel = channels[id] else { return }
        let wasHeldUp = channel.needs != nil
        guarded(id) { () throws(Malformed) in
            try channel.incoming(bytes) { type, body in take(id, type, body) }
            if !wasHeldUp { try fetchLeaves(id, channel) }
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
            surroundings.complain("\(id.value): \(error); the connection is closed")
            step(.ended(id, error.closeCode))
        }
    }

    /// A connection is gone; false if it never was one.
    @discardableResult
    package func disconnected(_ id: ConnectionID) -> Bool {
        guard channels.removeValue(forKey: id) != nil else { return false }
        awaitingLeaves.remove(id)
        peers[id] = nil
        step(.disconnected(id))
        return true
    }

    /// A second or so has passed.
    package func tick() {
        step(.ticked)
        let now = surroundings.now.monotonic
        for id in channels.keys.sorted() {
            guard let channel = channels[id] else { continue }
            if let frame = channel.restIfSilent(at: now) { surroundings.send(id, frame) }
            guard channel.hasFreed else { continue }
            channel.hasFreed = false
            hasFreedMemory = true
        }
        if !hasWorked, underWay.isEmpty { scrub() }
        hasWorked = false
    }

    // MARK: Looking after the store

    /// Looks at one more block of a log, if it is time.
    private func scrub() {
        switch scrubber?.begin(at: surroundings.now) {
        case nil: return
        case .load:
            surroundings.read({ try $0.scrubProgress() }) { [weak self] result in
                self?.scrubbed(result) { self?.scrubber?.loaded($0) }
            }
        case .look(let progress):
            surroundings.read({ try $0.scrub(progress) }) { [weak self] result in
                self?.scrubbed(result) { self?.looked($0) }
            }
        }
    }

    private func scrubbed<Value>(_ result: Result<Value, any Error>, _ body: (Value) -> Void) {
        switch result {
        case .success(let value): body(value)
        case .failure(let error):
            surroundings.complain("the store cannot be checked: \(error)")
            tellOfDamage(error)
            scrubber?.fail(at: surroundings.now)
        }
    }

    /// Tells whoever writes of a page that cannot be read, so that the store is mended.
    private func tellOfDamage(_ error: any Error) {
        guard let error = error as? DatabaseError, error.isDamage else { return }
        surroundings.write({ _ in throw error }) { (_: Result<Void, any Error>) in }
    }

    private func looked(_ step: ScrubStep) {
        let noted = scrubber?.end(step, at: surroundings.now)
        if let log = step.damaged, let space = step.space {
            surroundings.complain("log \(hexadecimal(log.value.bytes).prefix(8)) is damaged on the disk")
            setAside(log, of: space)
        }
        for page in step.wrongPages {
            surroundings.complain("a bit on page \(page) of the store had turned; it is turned back")
            surroundings.write({ try $0.rewritePage(page) }) { _ in }
        }
        // What cannot be noted is only walked again.
        if let noted { surroundings.write({ try $0.note(noted) }) { _ in } }
    }

    /// How this node and the peer of a connection stand, space by space.
    package func status(of id: ConnectionID) -> [Replica.SpaceStatus] { replica.status(of: id) }

    // MARK: Steps

    /// Gives the replica one fact, and carries out what follows, in order.
    package func step(_ input: Input) {
        if case .authored = input { hasWorked = true }
        replica.step(input, at: surroundings.now, into: &effects)
        let batch = effects
        effects.removeAll(keepingCapacity: true)
        for effect in batch { carryOut(effect) }
    }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .send(let id, let frame):
            guard let channel = channels[id] else { return }
            surroundings.says(id, frame)
            surroundings.send(id, channel.outgoing(frame, at: surroundings.now.monotonic))
        case .close(let id):
            surroundings.close(id)
        case .commit(let commit):
            commitDurably(commit)
        case .read(let request):
            read(request)
        case .look(let id, let space, let log, let count):
            surroundings.read({ try $0.root(of: log, count: count) }) { [weak self] result in
                self?.step(.looked(id, space, log, root: try? result.get()))
            }
        case .dispute(let stretch):
            dispute(stretch)
        case .admit(let admission):
            admit(admission)
        case .found(let id, let genesis):
            found(id, genesis)
        case .report(let event):
            note(event)
            surroundings.report(event)
        }
    }

    /// Keeps the alarms that the store has of logs.
    private func note(_ event: Event) {
        let wall = surroundings.now.wall
        switch event {
        case .fork(let log, let space, let peer):
            raise(Meeting(peer: peer, space: space)) { try $0.raise(.fork, log, space, peer: peer, at: wall) }
        case .ownLogAhead(let log, let space, let peer):
            raise(Meeting(peer: peer, space: space)) {
                try $0.raise(.ahead, log, space, peer: peer, at: wall)
            }
        case .inSync(let id, let space):
            // Of one that was raised before the process began nothing is known here.
            guard let peer = peers[id],
                withoutAlarm.insert(Meeting(peer: peer, space: space)).inserted
            else { return }
            surroundings.write({ try $0.settleAlarms(space, peer: peer) }) { _ in }
        case .opened, .quiescent, .closed, .joined, .received, .upgradeNeeded: break
        }
    }

    private func raise(_ meeting: Meeting, _ body: @escaping @Sendable (Store) throws -> Void) {
        withoutAlarm.remove(meeting)
        surroundings.write(body) { [weak self] result in
            if case .failure(let error) = result {
                self?.surroundings.complain("an alarm cannot be stored: \(error)")
            }
        }
    }

    private struct Meeting: Hashable {
        let peer: PublicKey
        let space: SpaceID
    }

    /// Reads what a peer wants, and what the stream that brings it is to begin with, if it begins one.
    private func read(_ request: ReadRequest) {
        hasWorked = true
        let sizeLog = channels[request.connection]?.expect(request)
        surroundings.read({ view in
            var tail: [UInt8]?
            var damaged: LogID?
            if let sizeLog, let run = request.common {
                do {
                    tail = try view.tail(of: run.held, through: run.through, maximumBytes: 1 << Int(sizeLog))
                } catch StoreError.damagedLog(let log, _) {
                    // A stream does without what cannot be read.
                    damaged = log
                }
            }
            return (parts: try view.answer(request), tail: tail, damaged: damaged)
        }) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let answer):
                if let sizeLog, let run = request.common, let tail = answer.tail {
                    channels[request.connection]?.offer(run, sizeLog: sizeLog, tail)
                }
                if let log = answer.damaged { setAside(log, of: request.space) }
                step(.read(request.id, answer.parts))
            case .failure(let error):
                surroundings.complain("what a peer wants cannot be read: \(error)")
                tellOfDamage(error)
                if case StoreError.damagedLog(let log, _) = error { setAside(log, of: request.space) }
                step(.read(request.id, nil))
            }
        }
    }

    /// Sets aside what is damaged of a log, so that the rest of its space goes on, and what is missing is asked for.
    private func setAside(_ log: LogID, of space: SpaceID) {
        surroundings.found(damaged: log)
        surroundings.write({ store in
            _ = try store.quarantine(log)
            return try store.snapshot(space)
        }) { [weak self] result in
            switch result {
            case .success(let snapshot): self?.step(.reopened(snapshot))
            case .failure(let error):
                self?.surroundings.complain("what is damaged cannot be set aside: \(error)")
            }
        }
    }

    /// Holds what a peer has of this node's own log against what is stored.
    private func dispute(_ stretch: Stretch) {
        let (key, space, wall) = (self.key, stretch.descriptor.space, surroundings.now.wall)
        surroundings.write({ store in
            try store.dispute(stretch, by: key, at: wall).map { ($0, try store.snapshot(space)) }
        }) { [weak self] result in
            switch result {
            case .success(let found?):
                // What the reader remembers of the log is not so any more.
                self?.surroundings.read({ $0.forget() }) { _ in }
                self?.surroundings.gaveUp(found.0)
                self?.step(.reopened(found.1))
            case .success(nil): break
            case .failure(let error):
                self?.surroundings.complain("what was written since a copy cannot be kept: \(error)")
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
            surroundings.pauseReading(id)
        case .held(let part, let space):
            surroundings.pauseReading(id)
            surroundings.read({
                try $0.tail(of: part, through: name.through, maximumBytes: name.maximumBytes)
            }) { [weak self] result in
                if case .failure(StoreError.damagedLog(let log, _)) = result {
                    self?.setAside(log, of: space)
                }
                self?.provide(id, name, try? result.get())
            }
        }
    }

    private func provide(_ id: ConnectionID, _ name: StreamPrefix, _ bytes: [UInt8]?) {
        guard let channel = channels[id] else { return }
        guard let bytes else { return step(.ended(id, .busy)) }
        if StreamPrefix.check(bytes) != name.check {
            surroundings.complain("\(id.value): the peer's stream takes from other leaves than are held here")
            replica.noteUnlike(id)
        }
        guarded(id) { () throws(Malformed) in
            try channel.provide(name, bytes) { type, body in take(id, type, body) }
            try fetchLeaves(id, channel)
        }
        if channel.needs == nil { surroundings.resumeReading(id) }
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

    // MARK: Storing

    private func commitDurably(_ commit: Commit) {
        guard planted(.cursorBeforeData), !commit.cursors.isEmpty else { return store(commit) }
        let cursors = Commit(id: commit.id, space: commit.space, stretches: [], cursors: commit.cursors)
        surroundings.write({ try $0.apply(cursors) }) { [weak self] _ in self?.store(commit) }
    }

    private func store(_ commit: Commit) {
        let chain = chain
        hasWorked = true
        underWay.append(commit.id)
        let link = planted(.refusalsDoNotFollow) ? nil : chain
        surroundings.write({ try $0.apply(commit) }, in: link) { [weak self] result in
            // What became of one that was refused with another before it is known already.
            guard let self, self.chain === chain else { return }
            switch result {
            case .success(let lsns):
                underWay.removeFirst()
                step(.committed(commit.id, lsns: lsns))
                lookForLeaves()
            case .failure(let error):
                surroundings.complain("what was received cannot be stored: \(error)")
                if planted(.refusalsDoNotFollow) {
                    underWay.removeFirst()
                    return step(.refused(commit.id))
                }
                refuseAll()
            }
        }
    }

    /// Tells the replica that nothing of what is under way will be stored, before it is told anything else.
    private func refuseAll() {
        let refused = underWay
        underWay = []
        chain = JobChain()
        for id in refused { step(.refused(id)) }
        lookForLeaves()
    }

    private func admit(_ admission: Admission) {
        let (key, wall) = (self.key, surroundings.now.wall)
        surroundings.write({ try $0.admit(admission, by: key, at: wall) }) { [weak self] result in
            switch result {
            case .success(let outcome):
                self?.step(.judged(admission, outcome))
            case .failure(let error):
                self?.surroundings.complain("a grant cannot be stored: \(error)")
                self?.surroundings.failed(error)
                self?.step(.judged(admission, .failed))
            }
        }
    }

    private func found(_ id: ConnectionID, _ genesis: [UInt8]) {
        surroundings.write({ try $0.snapshot(try $0.add(genesis: genesis)) }) { [weak self] result in
            switch result {
            case .success(let snapshot):
                self?.step(.opened(snapshot))
            case .failure(let error):
                self?.surroundings.complain("the space cannot be stored: \(error)")
                self?.surroundings.failed(error)
                self?.step(.ended(id, .busy))
            }
        }
    }
}
