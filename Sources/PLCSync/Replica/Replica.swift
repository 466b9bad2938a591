/// A node's replication as a value: facts in, orders out, and nothing of the world in between.
///
/// One `step` takes one input and appends the effects that follow, in the order in which they are to be carried out.
/// Nothing is announced, served or acknowledged before the shell has said that it is durable. Not thread-safe: one
/// owner. Source: Specs/session.md.
public struct Replica: Sendable {
    let identity: SigningKey
    let databaseEpoch: UInt64
    let hasher = MerkleHasher()
    var spaces: [SpaceID: Space] = [:]
    var sessions: [ConnectionID: Session] = [:]
    var commits: [UInt64: Commit] = [:]
    var nextCommit: UInt64 = 1
    var nextRead: UInt64 = 1
    /// The connection and the DATA bytes that a commit came from.
    var sources: [UInt64: (ConnectionID, UInt64)] = [:]
    /// Peers that hold other leaves than this node of some log, as the bytes showed from which a stream took.
    var unlikePeers: Set<PublicKey> = []

    /// A replica without spaces, of the node `identity`, over the database `databaseEpoch`.
    public init(identity: SigningKey, databaseEpoch: UInt64) {
        self.identity = identity
        self.databaseEpoch = databaseEpoch
    }

    /// Takes in one fact, and appends what is to be done about it.
    public mutating func step(_ input: Input, at now: Now, into effects: inout [Effect]) {
        switch input {
        case .opened(let snapshot):
            hold(snapshot, now, &effects)
        case .reopened(let snapshot):
            holdAgain(snapshot, &effects)
        case .connected(let id, let peer, let exporter, let isDialer, let nonce, let purpose):
            begin(
                Session(
                    connection: id, peer: peer, exporter: exporter, isDialer: isDialer, purpose: purpose,
                    nonce: nonce, lastReceived: now.monotonic, lastSent: now.monotonic,
                    openedAt: now.monotonic),
                now, &effects)
        case .received(let id, let type, let body):
            receive(id, type, body, now, &effects)
        case .disconnected(let id):
            disconnect(id, now, &effects)
        case .committed(let id, let lsns):
            committed(id, lsns, now, &effects)
        case .refused(let id):
            refused(id, now, &effects)
        case .authored(let space, let logs):
            authored(space, logs, now, &effects)
        case .judged(let admission, let outcome):
            judged(admission, outcome, &effects)
        case .read(let id, let parts):
            answered(id, parts, now, &effects)
        case .looked(let id, let space, let log, let root):
            looked(id, space, log, root, now, &effects)
        case .join(let id, let request):
            join(id, request, now, &effects)
        case .ticked:
            tick(now, &effects)
        case .ended(let id, let code):
            close(id, code, &effects)
        }
        #if InvariantChecks
            checkInvariants()
        #endif
    }

    // MARK: Sessions begin and end

    private mutating func hold(_ snapshot: SpaceSnapshot, _ now: Now, _ effects: inout [Effect]) {
        guard let genesis = try? Genesis(snapshot.genesis) else {
            preconditionFailure("a space is stored with a genesis that does not decode")
        }
        let space = Space(snapshot, genesis: genesis, hasher: hasher)
        // Two stewards may have welcomed this node at once: what is held already stays.
        if spaces[space.id] == nil {
            spaces[space.id] = space
            if space.membership.needsUpgrade { effects.append(.report(.upgradeNeeded(space.id))) }
        }
        for id in sessions.keys.sorted() {
            guard let session = sessions[id] else { continue }
            if session.joining?.space == space.id {
                sessions[id]?.joining = nil
                effects.append(.report(.joined(id, space.id)))
                offer(space.id, to: id, now, &effects)
            }
            for opened in session.unmatched { match(id, opened, now, &effects) }
            offerAll(to: id, now, &effects)
        }
    }

    /// Holds what is left of a space after damage or a dispute; what its peers were told of it is not so any more, so
    /// that they are met again.
    private mutating func holdAgain(_ snapshot: SpaceSnapshot, _ effects: inout [Effect]) {
        guard let genesis = try? Genesis(snapshot.genesis) else {
            preconditionFailure("a space is stored with a genesis that does not decode")
        }
        let space = Space(snapshot, genesis: genesis, hasher: hasher)
        for id in sessions.keys.sorted() where sessions[id]?.spaces[space.id] != nil {
            close(id, .busy, &effects)
        }
        spaces[space.id] = space
    }

    private mutating func begin(_ session: Session, _ now: Now, _ effects: inout [Effect]) {
        let id = session.connection
        sessions[id] = session
        if session.peer == identity.publicKey { return close(id, .ownIdentity, &effects) }
        // The listener, who has verified the dialer, speaks first; the dialer knows only then that it is in.
        guard !session.isDialer else { return }
        settle(id, &effects)
        guard sessions[id]?.phase == .greeting else { return }
        sendHello(id, now, &effects)
        offerAll(to: id, now, &effects)
    }

    private mutating func sendHello(_ id: ConnectionID, _ now: Now, _ effects: inout [Effect]) {
        guard let session = sessions[id] else { return }
        var hello = Message.Hello(
            wallClock: now.wall.milliseconds, nonce: session.nonce, databaseEpoch: databaseEpoch)
        if unlikePeers.contains(session.peer) { hello.features = Message.Hello.plainStreams }
        send(id, hello.encode(), now, &effects)
    }

    /// Of two sessions with one peer keeps one: the one that the smaller key dialled, or else the newer.
    ///
    /// The listener cannot see what a session is for. A dialer that wants to be admitted in one leaves the choice to it,
    /// and asks in the one that is kept.
    private mutating func settle(_ id: ConnectionID, _ effects: inout [Effect]) {
        guard let new = sessions[id] else { return }
        for other in sessions.keys.sorted() where other != id {
            guard let old = sessions[other], old.peer == new.peer, old.phase != .closed,
                old.purpose == .exchange, new.purpose == .exchange
            else { continue }
            let newByMe = new.isDialer
            let oldByMe = old.isDialer
            let keepsMine = identity.publicKey < new.peer
            let keepsNew = newByMe == oldByMe || newByMe == keepsMine
            close(keepsNew ? other : id, .replaced, &effects)
            if !keepsNew { return }
        }
    }

    /// Offers every space that the peer belongs to and that was not offered yet.
    mutating func offerAll(to id: ConnectionID, _ now: Now, _ effects: inout [Effect]) {
        guard let session = sessions[id],
            session.phase == .open || !session.isDialer && session.phase != .closed
        else { return }
        for space in spaces.keys.sorted() {
            guard let state = spaces[space], !state.membership.needsUpgrade,
                state.membership.role(of: session.peer) != nil, session.spaces[space]?.sent == nil
            else { continue }
            offer(space, to: id, now, &effects)
        }
    }

    /// Offers a space; to a peer that is not known to belong, without a word on what is held.
    private mutating func offer(
        _ space: SpaceID, to id: ConnectionID, _ now: Now, _ effects: inout [Effect]
    ) {
        guard var session = sessions[id], var state = spaces[space],
            session.spaces.count < Session.maximumSpaces || session.spaces[space] != nil
        else { return }
        let isRestricted = state.membership.role(of: session.peer) == nil && !planted(.guestServed)
        var shared = session.spaces[space] ?? SpaceSession(isRestricted: isRestricted)
        guard shared.sent == nil else { return }
        shared.isRestricted = isRestricted
        let message = Message.Open(
            handle: session.nextHandle, token: token(space, session, mine: true), flags: 1,
            channelMask: shared.isRestricted ? 1 : 0xff,
            logs: shared.isRestricted ? 0 : UInt64(state.items.count),
            fingerprint: shared.isRestricted ? .zero : state.fingerprint(),
            lsn: shared.isRestricted ? 0 : state.lsn,
            cursor: shared.isRestricted ? nil : state.cursors[session.peer])
        shared.sent = message
        shared.told = message.fingerprint
        shared.announced = message.lsn
        session.nextHandle += 1
        session.spaces[space] = shared
        sessions[id] = session
        spaces[space] = state
        send(id, message.encode(), now, &effects)
        start(id, space, now, &effects)
    }

    /// The name of a space in a session, in one direction.
    func token(_ space: SpaceID, _ session: Session, mine: Bool) -> UInt64 {
        SessionHash.token(of: space, exporter: session.exporter, fromListener: session.isDialer != mine)
    }

    mutating func send(_ id: ConnectionID, _ frame: [UInt8], _ now: Now, _ effects: inout [Effect]) {
        guard let session = sessions[id], session.phase != .closed else { return }
        sessions[id]?.lastSent = now.monotonic
        effects.append(.send(id, frame))
    }

    mutating func close(_ id: ConnectionID, _ code: CloseCode, _ effects: inout [Effect]) {
        guard let session = sessions[id], session.phase != .closed else { return }
        effects.append(.send(id, Message.Close(code: code).encode()))
        effects.append(.close(id))
        effects.append(.report(.closed(id, code, isPeer: false)))
        sessions[id]?.phase = .closed
        release(id)
    }

    private mutating func disconnect(_ id: ConnectionID, _ now: Now, _ effects: inout [Effect]) {
        release(id)
        sessions[id] = nil
        scheduleAll(now, &effects)
    }

    /// Lets others ask for what this connection was asked for.
    private mutating func release(_ id: ConnectionID) {
        for space in spaces.keys where !planted(.wantNeverReleased) {
            let others = spaces[space]?.fetching.filter { $0.value.connection != id } ?? [:]
            spaces[space]?.fetching = others
        }
    }

    // MARK: Frames

    private mutating func receive(
        _ id: ConnectionID, _ type: UInt8, _ body: [UInt8], _ now: Now, _ effects: inout [Effect]
    ) {
        guard let session = sessions[id], session.phase != .closed else { return }
        sessions[id]?.lastReceived = now.monotonic
        if isStranger(session) {
            let bytes = session.strangerBytes + Frame.encodedCount(body.count)
            guard bytes <= Session.maximumStrangerBytes else { return close(id, .notAdmitted, &effects) }
            sessions[id]?.strangerBytes = bytes
        }
        guard let kind = Frame.Kind(rawValue: type) else {
            if type < Frame.firstOptionalType { close(id, .unsupportedVersion, &effects) }
            return
        }
        do throws(Malformed) {
            try receive(id, kind, body.span.bytes, now, &effects)
        } catch {
            close(id, error.closeCode, &effects)
        }
    }

    private mutating func receive(
        _ id: ConnectionID, _ kind: Frame.Kind, _ body: borrowing RawSpan, _ now: Now,
        _ effects: inout [Effect]
    ) throws(Malformed) {
        guard let phase = sessions[id]?.phase else { return }
        switch (kind, phase) {
        case (.hello, .greeting):
            try greeted(id, Message.Hello(body), now, &effects)
        case (.close, _):
            let message = try Message.Close(body)
            noteClose(id, message.code)
            effects.append(.close(id))
            effects.append(.report(.closed(id, message.code, isPeer: true)))
            sessions[id]?.phase = .closed
            release(id)
        case (.ping, .open), (.pong, .open):
            _ = try Message.wallClock(ping: body)
            guard kind == .ping else { return }
            send(id, Message.ping(.pong, wallClock: now.wall.milliseconds), now, &effects)
        case (.join, .open):
            try asked(id, Message.Join(body), now, &effects)
        case (.welcome, .open):
            try welcomed(id, body.array, &effects)
        case (.open, .open):
            try offered(id, Message.Open(body), now, &effects)
        case (.heads, .open):
            try announced(id, body, now, &effects)
        case (.ack, .open):
            try acknowledged(id, Message.Ack(body), now, &effects)
        case (.want, .open):
            try wanted(id, Message.Want(body), now, &effects)
        case (.data, .open):
            try data(id, body, now, &effects)
        case (.recon, .open):
            try reconcile(id, body, now, &effects)
        case (.credit, .open):
            let total = try Message.total(credit: body)
            let known = sessions[id]?.sendCredit ?? 0
            sessions[id]?.sendCredit = max(known, total)
            serve(id, now, &effects)
        default:
            throw Malformed(.shape, at: 0)
        }
    }

    private mutating func greeted(
        _ id: ConnectionID, _ hello: Message.Hello, _ now: Now, _ effects: inout [Effect]
    ) {
        guard hello.minimumVersion <= 1, hello.maximumVersion >= 1 else {
            return close(id, .unsupportedVersion, &effects)
        }
        guard let session = sessions[id] else { return }
        sessions[id]?.hello = hello
        sessions[id]?.clockOffset = Int64(clamping: hello.wallClock) - Int64(now.wall.milliseconds)
        guard session.isDialer else {
            sessions[id]?.phase = .open
            effects.append(.report(.opened(id, session.peer)))
            return joinIfWanted(id, now, &effects)
        }
        settle(id, &effects)
        guard sessions[id]?.phase == .greeting else { return }
        sendHello(id, now, &effects)
        sessions[id]?.phase = .open
        effects.append(.report(.opened(id, session.peer)))
        joinIfWanted(id, now, &effects)
        offerAll(to: id, now, &effects)
    }

    private mutating func offered(
        _ id: ConnectionID, _ message: Message.Open, _ now: Now, _ effects: inout [Effect]
    ) throws(Malformed) {
        guard let session = sessions[id] else { return }
        let opened = session.handles.count + session.unmatched.count
        guard opened < Session.maximumSpaces else { throw Malformed(.limit, at: 0) }
        let isNew =
            session.handles[message.handle] == nil
            && !session.unmatched.contains { $0.handle == message.handle || $0.token == message.token }
            && !session.spaces.values.contains { $0.received?.token == message.token }
        guard isNew else { throw Malformed(.shape, at: 0) }
        sessions[id]?.unmatched.append(message)
        match(id, message, now, &effects)
    }

    /// Finds the space that the peer has opened; until this node holds it, the two have not met in it.
    private mutating func match(
        _ id: ConnectionID, _ message: Message.Open, _ now: Now, _ effects: inout [Effect]
    ) {
        guard let session = sessions[id], session.phase == .open else { return }
        let found = spaces.keys.sorted().first { token($0, session, mine: false) == message.token }
        guard let space = found, let state = spaces[space], !state.membership.needsUpgrade else { return }
        sessions[id]?.unmatched.removeAll { $0.handle == message.handle }
        sessions[id]?.handles[message.handle] = space
        let isMember = state.membership.role(of: session.peer) != nil
        sessions[id]?.spaces[space, default: SpaceSession(isRestricted: !isMember)].received = message
        if session.spaces[space]?.sent == nil {
            offer(space, to: id, now, &effects)
        } else {
            start(id, space, now, &effects)
        }
    }

    /// Compares both sides' OPEN, once both are there, and begins what follows from them.
    private mutating func start(_ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        guard let session = sessions[id], let hello = session.hello, var shared = session.spaces[space],
            let mine = shared.sent, let theirs = shared.received, let state = spaces[space],
            !shared.started
        else { return }
        shared.started = true
        shared.hear(theirs.fingerprint, lsn: theirs.lsn)
        let opening = Opening(
            mine: mine, epoch: databaseEpoch, theirs: theirs, theirEpoch: hello.databaseEpoch)
        switch opening {
        case .inSync:
            shared.raise(upTo: theirs.lsn)
            shared.followed = shared.upTo
            shared.lastHeads = mine.lsn
            shared.peerAcked = mine.lsn
            sessions[id]?.spaces[space] = shared
            follow(id, space, now, &effects)
            reportIfInSync(id, space, &effects)
            announce(id, space, now, &effects)
        case .reconcile:
            shared.reconciling = true
            sessions[id]?.spaces[space] = shared
            if identity.publicKey < session.peer { beginReconciliation(id, space, now, &effects) }
        case .announce(let since, let from):
            if !planted(.onlyNewsAnnounced) { shared.announced = since }
            for (log, count) in state.unmoved(since: since) { shared.note(common: log, count) }
            if let from {
                shared.upTo = from
                shared.followed = from
            }
            // Both sides differ, so both will say what moved, if only that nothing did.
            shared.awaitsMore = true
            sessions[id]?.spaces[space] = shared
            announce(id, space, always: true, now, &effects)
        }
    }

    /// Whether the peer belongs to no space of this node's, and shares none with it otherwise.
    private func isStranger(_ session: Session) -> Bool {
        session.spaces.isEmpty && session.joining == nil
            && !spaces.values.contains { $0.membership.role(of: session.peer) != nil }
    }

    // MARK: Time

    private mutating func tick(_ now: Now, _ effects: inout [Effect]) {
        for id in sessions.keys.sorted() {
            guard let session = sessions[id], session.phase != .closed else { continue }
            let silence = now.monotonic &- session.lastReceived
            if session.phase == .greeting, now.monotonic &- session.openedAt > Session.greetingTimeout {
                close(id, .idle, &effects)
            } else if now.monotonic &- session.openedAt > Session.greetingTimeout, isStranger(session),
                session.admitting == nil
            {
                close(id, .notAdmitted, &effects)
            } else if silence > Session.deadInterval {
                close(id, .idle, &effects)
            } else if session.phase == .open, now.monotonic &- session.lastSent > Session.pingInterval {
                send(id, Message.ping(.ping, wallClock: now.wall.milliseconds), now, &effects)
            }
        }
        reassign(now, &effects)
    }
}
