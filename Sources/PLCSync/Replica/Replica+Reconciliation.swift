/// Finding out, without a cursor, which heads differ.
extension Replica {
    /// How long after a reconciliation with a peer another may follow because the two still differ, in milliseconds.
    static let reconciliationInterval: UInt64 = 3_600_000

    mutating func beginReconciliation(
        _ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect]
    ) {
        guard let state = spaces[space], sessions[id]?.spaces[space] != nil else { return }
        sessions[id]?.spaces[space]?.reconciling = true
        sessions[id]?.spaces[space]?.rounds = 0
        sessions[id]?.spaces[space]?.reconciledAt = now.monotonic
        sendRanges(Reconciliation.begin(state.items), id, space, now, &effects)
    }

    mutating func reconcile(
        _ id: ConnectionID, _ body: borrowing RawSpan, _ now: Now, _ effects: inout [Effect]
    ) throws(Malformed) {
        guard var names = sessions[id]?.peerNames else { return }
        let message = try Message.Recon(body, &names)
        sessions[id]?.peerNames = names
        let space = try startedSpace(id, message.handle)
        guard let state = spaces[space], var shared = sessions[id]?.spaces[space] else { return }
        guard !shared.isRestricted else { throw Malformed(.shape, at: 0) }
        guard shared.rounds < Reconciliation.maximumRounds else { throw Malformed(.limit, at: 0) }
        shared.reconciling = true
        try shared.collect(message.ranges)
        guard !message.more else {
            sessions[id]?.spaces[space] = shared
            return
        }
        let ranges = shared.collected
        shared.collected = []
        shared.collectedEntries = 0
        shared.rounds += 1
        sessions[id]?.spaces[space] = shared
        let salt = sessions[id]?.salt ?? []
        let (told, answer) = Reconciliation.respond(to: ranges, items: state.items) {
            tag($0.log, count: $0.count, root: $0.root, salt: salt)
        }
        guard shared.mayTell(answer, now.monotonic) else { throw Malformed(.limit, at: 0) }
        sessions[id]?.spaces[space] = shared
        take(told, id, space, &effects)
        if ranges.contains(where: \.asks) { sendRanges(answer, id, space, now, &effects) }
        guard !answer.contains(where: \.asks) else { return }
        sessions[id]?.spaces[space]?.reconciling = false
        sessions[id]?.spaces[space]?.rounds = 0
        // A peer may end as many as `mayTell` lets it: they count as one more than there may be HEADS.
        sessions[id]?.spaces[space]?.unanswered = min(shared.unanswered, SpaceSession.maximumUnanswered) + 1
        sessions[id]?.spaces[space]?.owesAck = true
        sessions[id]?.spaces[space]?.raise(upTo: shared.received?.lsn ?? 0)
        schedule(id, space, now, &effects)
        finish(id, space, now, &effects)
        announce(id, space, now, &effects)
    }

    /// Reconciles if both sides are done, and yet differ.
    mutating func reconcileIfStuck(
        _ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect]
    ) {
        guard let session = sessions[id], let shared = session.spaces[space], shared.isSettled,
            !shared.isRestricted, shared.toAnnounce.isEmpty, shared.peerAcked >= shared.lastHeads,
            shared.unanswered == 0, let theirs = shared.peerFingerprint, shared.peerToldLsn >= shared.upTo,
            let mine = spaces[space]?.fingerprint(), shared.told == mine, mine != theirs
        else { return }
        if let last = shared.reconciledAt, now.monotonic &- last < Self.reconciliationInterval {
            effects.append(.report(.quiescent(id, space)))
            return
        }
        if identity.publicKey < session.peer { beginReconciliation(id, space, now, &effects) }
    }

    private mutating func sendRanges(
        _ ranges: [Reconciliation.Range], _ id: ConnectionID, _ space: SpaceID, _ now: Now,
        _ effects: inout [Effect]
    ) {
        guard var names = sessions[id]?.names, let handle = sessions[id]?.spaces[space]?.sent?.handle else {
            return
        }
        let frames = Message.Recon(handle: handle, ranges: ranges).encode(&names)
        sessions[id]?.names = names
        for frame in frames { send(id, frame, now, &effects) }
    }

}

extension SpaceSession {
    /// The most messages that are taken of one peer in one space within `Replica.reconciliationInterval`, and the most
    /// heads that it is told in answer.
    static let maximumReconciliations = 2 * Reconciliation.maximumRounds
    static let maximumTold = 2 * LogNames.limit

    /// Adds the ranges of a frame to those of the frames before it, with which they make one message.
    fileprivate mutating func collect(_ ranges: [Reconciliation.Range]) throws(Malformed) {
        var ranges = ranges[...]
        if let last = collected.last {
            // A frame that goes on begins where the one before it ended.
            guard let end = last.end, ranges.popFirst() == Reconciliation.Range(end: end, mode: .skip) else {
                throw Malformed(.shape, at: 0)
            }
        }
        collectedEntries += ranges.reduce(0) { $0 + $1.entryCount }
        collected += ranges
        guard collected.count <= LogNames.limit, collectedEntries <= LogNames.limit else {
            throw Malformed(.limit, at: 0)
        }
    }

    /// Counts one more message and its answer; false if there were too many of late, since few bytes can ask for many,
    /// and need not be followed by taking them.
    fileprivate mutating func mayTell(_ answer: [Reconciliation.Range], _ now: UInt64) -> Bool {
        if now &- reconciliations.since >= Replica.reconciliationInterval { reconciliations = (now, 0, 0) }
        reconciliations.messages += 1
        reconciliations.told += answer.reduce(0) { $0 + $1.entryCount }
        return reconciliations.messages <= Self.maximumReconciliations
            && reconciliations.told <= Self.maximumTold
    }
}

extension Reconciliation.Range {
    /// Whether the peer has to answer this range.
    var asks: Bool {
        switch mode {
        case .fingerprint, .items: true
        case .skip, .answer: false
        }
    }

    /// How many heads it lists.
    fileprivate var entryCount: Int {
        switch mode {
        case .skip, .fingerprint: 0
        case .items(let entries), .answer(let entries): entries.count
        }
    }
}
