/// What this node hears of and asks for.
extension Replica {
    /// How long a fetch may make no progress before another peer is asked, in milliseconds.
    static let fetchTimeout: UInt64 = 15_000

    mutating func announced(
        _ id: ConnectionID, _ body: borrowing RawSpan, _ now: Now, _ effects: inout [Effect]
    ) throws(Malformed) {
        guard var names = sessions[id]?.peerNames else { return }
        let message = try Message.Heads(body, &names)
        sessions[id]?.peerNames = names
        let space = try startedSpace(id, message.handle)
        take(message.entries, id, space, &effects)
        let goesOn = message.more && !planted(.moreIgnored)
        sessions[id]?.spaces[space]?.awaitsMore = goesOn
        sessions[id]?.spaces[space]?.reportedInSync = false
        if goesOn {
            sendAck(id, space, now, &effects)
        } else {
            sessions[id]?.spaces[space]?.owesAck = true
            sessions[id]?.spaces[space]?.raise(upTo: message.lsn)
            if planted(.cursorAtAnnouncement) { follow(id, space, now, &effects) }
        }
        schedule(id, space, now, &effects)
        finish(id, space, now, &effects)
    }

    /// The space that the peer's handle means, in which both sides have opened.
    func startedSpace(_ id: ConnectionID, _ handle: UInt64) throws(Malformed) -> SpaceID {
        guard let session = sessions[id], let space = session.handles[handle],
            session.spaces[space]?.started == true
        else { throw Malformed(.shape, at: 0) }
        return space
    }

    /// Notes which of the announced heads go beyond what is held.
    mutating func take(
        _ entries: [Message.HeadEntry], _ id: ConnectionID, _ space: SpaceID, _ effects: inout [Effect]
    ) {
        guard let session = sessions[id], let state = spaces[space], var shared = session.spaces[space] else {
            return
        }
        let salt = session.salt
        for entry in entries {
            shared.peerCounts[entry.log] = max(shared.peerCounts[entry.log] ?? 0, entry.count)
            let known = state.logs[entry.log]
            if let known, known.isOwn, contest(entry, known, id, &shared, &effects) { continue }
            if let known, entry.count == known.count,
                entry.tag != tag(entry.log, count: known.count, root: known.root, salt: salt)
            {
                effects.append(.report(.fork(entry.log, space, peer: session.peer)))
                continue
            }
            if let known { shared.note(common: entry.log, min(entry.count, known.durable.count)) }
            if let known, entry.count <= known.durable.count {
                continue
            } else if shared.holed.contains(entry.log) || shared.isRestricted && entry.log.channel != .control
            {
                shared.unadmitted[entry.log] = entry.count
            } else {
                shared.pending[entry.log] = max(shared.pending[entry.log] ?? 0, entry.count)
            }
        }
        sessions[id]?.spaces[space] = shared
    }

    /// Asks a peer for what it announced and nobody is asked for: control first, and alone.
    mutating func schedule(_ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        guard let session = sessions[id], session.phase == .open, var state = spaces[space],
            let shared = session.spaces[space], let mine = shared.sent,
            !shared.pending.isEmpty || !shared.contests.isEmpty
        else { return }
        let hasControl = shared.pending.keys.contains { $0.channel == .control }
        var entries: [(log: LogID, entry: Message.Want.Entry)] = shared.pending.compactMap { log, target in
            let held = state.logs[log]?.verified.count ?? 0
            guard !hasControl || log.channel == .control, state.fetching[log] == nil, held < target,
                let reference = session.peerNames.number(of: log)
            else { return nil }
            let isNew = state.logs[log] == nil
            return (
                log, Message.Want.Entry(reference: reference, from: held + 1, to: target, describe: isNew)
            )
        }
        entries += shared.contests.compactMap { log, contest in
            guard state.fetching[log] == nil, let reference = session.peerNames.number(of: log) else {
                return nil
            }
            let from = contest.rival.verified.count + 1
            return (
                log,
                Message.Want.Entry(reference: reference, from: from, to: contest.target, describe: false)
            )
        }
        entries.sort { $0.log < $1.log }
        for start in stride(from: 0, to: entries.count, by: Message.Want.maximumEntries) {
            let chunk = entries[start..<min(start + Message.Want.maximumEntries, entries.count)]
            let order = (sessions[id]?.wantsSent ?? 0) + 1
            sessions[id]?.wantsSent = order
            for (log, _) in chunk {
                state.fetching[log] = Fetch(
                    connection: id, order: order, since: now.monotonic,
                    mayLag: shared.abandoned.contains(log) || shared.contests[log]?.isAnew == true)
            }
            send(id, Message.Want(handle: mine.handle, entries: chunk.map(\.entry)).encode(), now, &effects)
        }
        spaces[space] = state
    }

    /// Asks all peers for what nobody is asked for.
    mutating func scheduleAll(_ now: Now, _ effects: inout [Effect]) {
        for id in sessions.keys.sorted() {
            for space in (sessions[id]?.spaces.keys.sorted() ?? []) { schedule(id, space, now, &effects) }
        }
    }

    /// Asks others for what a peer does not deliver: of those that announced it, the next in order.
    mutating func reassign(_ now: Now, _ effects: inout [Effect]) {
        for space in spaces.keys.sorted() {
            guard let state = spaces[space] else { continue }
            for log in state.fetching.keys.sorted() {
                guard let fetch = state.fetching[log], hasTimedOut(fetch, now), !planted(.wantNeverReleased)
                else { continue }
                let others = sessions.keys.sorted().filter {
                    $0 != fetch.connection && sessions[$0]?.phase == .open
                        && sessions[$0]?.spaces[space]?.pending[log] != nil
                }
                guard let next = others.first(where: { $0 > fetch.connection }) ?? others.first else {
                    continue
                }
                // The slow peer's announcement stands: until the log has come, nothing of it is crossed off.
                sessions[fetch.connection]?.spaces[space]?.abandoned.insert(log)
                spaces[space]?.fetching[log] = nil
                schedule(next, space, now, &effects)
            }
        }
    }

    /// Whether neither the log nor, since wants are answered in order, one asked for later or with it has come on.
    private func hasTimedOut(_ fetch: Fetch, _ now: Now) -> Bool {
        var since = fetch.since
        if let progress = sessions[fetch.connection]?.progress, progress.order <= fetch.order {
            since = max(since, progress.at)
        }
        return now.monotonic &- since > Self.fetchTimeout
    }

    /// The cursors that move once everything verified so far is durable: those of peers of whom nothing older is
    /// missing (the low-water rule).
    func completedCursors(_ space: SpaceID) -> [PublicKey: Cursor] {
        guard let state = spaces[space] else { return [:] }
        var cursors: [PublicKey: Cursor] = [:]
        for id in sessions.keys.sorted() {
            guard let session = sessions[id], let shared = session.spaces[space], let hello = session.hello,
                shared.started, !shared.awaitsMore, !shared.reconciling, !shared.isRestricted,
                !shared.isContesting, shared.unadmitted.isEmpty, shared.upTo > shared.followed,
                planted(.lowWaterIgnored)
                    || shared.pending.allSatisfy({ state.logs[$0.key]?.verified.count ?? 0 >= $0.value })
            else { continue }
            let lsn = planted(.cursorInOwnNumbers) ? state.lsn : shared.upTo
            cursors[session.peer] = Cursor(epoch: hello.databaseEpoch, lsn: lsn)
        }
        return cursors
    }

    /// Answers once nothing that the peer announced is missing: moves the cursor and says what is held.
    mutating func finish(_ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        guard let shared = sessions[id]?.spaces[space], shared.started, shared.isSettled, shared.owesAck
        else {
            return
        }
        sessions[id]?.spaces[space]?.owesAck = false
        follow(id, space, now, &effects)
        sendAck(id, space, now, &effects)
        reportIfInSync(id, space, &effects)
        reconcileIfStuck(id, space, now, &effects)
    }

    /// Says up to where the peer is followed, and what is held; to one that is not known to belong, nothing of that.
    private mutating func sendAck(_ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect])
    {
        guard let shared = sessions[id]?.spaces[space], let mine = shared.sent,
            let fingerprint = spaces[space]?.fingerprint(), let lsn = spaces[space]?.lsn
        else { return }
        let message = Message.Ack(
            handle: mine.handle, upTo: shared.holdsAll ? shared.upTo : shared.followed,
            fingerprint: shared.isRestricted ? .zero : fingerprint, lsn: shared.isRestricted ? 0 : lsn)
        sessions[id]?.spaces[space]?.told = message.fingerprint
        send(id, message.encode(), now, &effects)
    }

    mutating func acknowledged(
        _ id: ConnectionID, _ message: Message.Ack, _ now: Now, _ effects: inout [Effect]
    ) throws(Malformed) {
        let space = try startedSpace(id, message.handle)
        guard var shared = sessions[id]?.spaces[space], let held = spaces[space]?.fingerprint() else {
            return
        }
        shared.hear(message.fingerprint, lsn: message.lsn)
        shared.peerAcked = max(shared.peerAcked, message.upTo)
        shared.unanswered = message.upTo >= shared.lastHeads ? 0 : max(0, shared.unanswered - 1)
        let isEqual = shared.isSettled && (held == message.fingerprint || planted(.cursorAtUnequalAck))
        if isEqual { shared.raise(upTo: message.lsn) }
        // What this node last told is what the peer compares with.
        let hasMoved = shared.isSettled && !shared.isRestricted && shared.told != held
        sessions[id]?.spaces[space] = shared
        if isEqual { follow(id, space, now, &effects) }
        if hasMoved { sendAck(id, space, now, &effects) }
        reportIfInSync(id, space, &effects)
        announce(id, space, now, &effects)
        reconcileIfStuck(id, space, now, &effects)
    }

    /// Stores how far the peer is followed, if that has moved and nothing older is missing.
    mutating func follow(_ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        guard let session = sessions[id], let hello = session.hello, let shared = session.spaces[space],
            shared.holdsAll || planted(.cursorAtAnnouncement)
        else { return }
        let cursor = Cursor(epoch: hello.databaseEpoch, lsn: shared.upTo)
        guard spaces[space]?.cursors[session.peer] != cursor else { return }
        spaces[space]?.cursors[session.peer] = cursor
        sessions[id]?.spaces[space]?.followed = shared.upTo
        let commit = Commit(id: nextCommit, space: space, stretches: [], cursors: [session.peer: cursor])
        nextCommit += 1
        effects.append(.commit(commit))
    }

    mutating func reportIfInSync(_ id: ConnectionID, _ space: SpaceID, _ effects: inout [Effect]) {
        guard isInSync(id, space), sessions[id]?.spaces[space]?.reportedInSync == false else { return }
        sessions[id]?.spaces[space]?.reportedInSync = true
        effects.append(.report(.inSync(id, space)))
    }

    /// Whether this node and the peer hold the same of a space, by the peer's last word.
    public mutating func isInSync(_ id: ConnectionID, _ space: SpaceID) -> Bool {
        guard let shared = sessions[id]?.spaces[space], shared.started, shared.isSettled,
            let theirs = shared.peerFingerprint
        else { return false }
        return spaces[space]?.fingerprint() == theirs
    }
}
