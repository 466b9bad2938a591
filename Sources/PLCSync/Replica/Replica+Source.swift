/// What this node tells and gives.
extension Replica {
    /// How many bytes of items one DATA message carries, so that it stays within its limit with what proves them.
    public static let batchBytes = 192 * 1_024
    /// The most logs of one read.
    static let batchLogs = 256
    /// Room in a DATA message for all but its items, in bytes: names, descriptions and heads of `batchLogs` sections,
    /// of which the last has a bridge.
    static let batchOverhead = 49_152

    /// Tells one peer which heads have moved since it was last told; if `always`, also that none have.
    ///
    /// At most four messages go without an answer; the rest waits in the session.
    mutating func announce(
        _ id: ConnectionID, _ space: SpaceID, always: Bool = false, _ now: Now, _ effects: inout [Effect]
    ) {
        guard var session = sessions[id], session.phase == .open, let state = spaces[space],
            var shared = session.spaces[space], shared.started, !shared.isRestricted,
            !shared.reconciling, let mine = shared.sent
        else { return }
        if shared.toAnnounce.isEmpty {
            shared.toAnnounce = state.moved(since: shared.announced)[...]
            shared.toAnnounce.removeAll { log in
                (shared.peerCounts[log] ?? 0) >= (state.logs[log]?.count ?? 0)
            }
            shared.announced = state.lsn
        }
        var isOwed = always
        let salt = session.salt
        while isOwed || !shared.toAnnounce.isEmpty, shared.unanswered < SpaceSession.maximumUnanswered {
            let chunk = shared.toAnnounce.prefix(Message.Heads.maximumEntries)
            shared.toAnnounce = shared.toAnnounce.dropFirst(chunk.count)
            if planted(.headsBeyondLimitDropped) { shared.toAnnounce = [] }
            let entries = chunk.compactMap { log in state.logs[log].map { entry($0, salt: salt) } }
            let message = Message.Heads(
                handle: mine.handle, lsn: shared.announced, more: !shared.toAnnounce.isEmpty, entries: entries
            )
            effects.append(.send(id, message.encode(&session.names)))
            shared.lastHeads = shared.announced
            shared.unanswered += 1
            shared.reportedInSync = false
            session.lastSent = now.monotonic
            isOwed = false
        }
        session.spaces[space] = shared
        sessions[id] = session
    }

    /// Tells every peer of a space what has moved.
    mutating func announceAll(_ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        for id in sessions.keys.sorted() where sessions[id]?.spaces[space] != nil {
            announce(id, space, now, &effects)
        }
    }

    /// A head as it is announced in a session with this salt.
    func entry(_ log: LogState, salt: [UInt8]) -> Message.HeadEntry {
        if planted(.announcedBeforeDurable), !log.isOwn {
            let (id, forest) = (log.descriptor, log.verified)
            let root = forest.root(of: id.fullID, hasher: hasher)
            let tag = tag(id.id, count: forest.count, root: root, salt: salt)
            return Message.HeadEntry(log: id.id, count: forest.count, tag: tag)
        }
        let tag = tag(log.descriptor.id, count: log.count, root: log.root, salt: salt)
        return Message.HeadEntry(log: log.descriptor.id, count: log.count, tag: tag)
    }

    /// Four bytes that stand for a head within one session.
    func tag(_ log: LogID, count: UInt64, root: Bytes32, salt: [UInt8]) -> UInt32 {
        SessionHash.tag(of: log, count: count, root: root, salt: salt)
    }

    mutating func wanted(
        _ id: ConnectionID, _ message: Message.Want, _ now: Now, _ effects: inout [Effect]
    ) throws(Malformed) {
        let space = try startedSpace(id, message.handle)
        guard let state = spaces[space], let shared = sessions[id]?.spaces[space] else { return }
        guard !shared.isRestricted else { throw Malformed(.shape, at: 0) }
        for entry in message.entries {
            // A want names a log that this side has announced, by this side's number.
            guard let log = sessions[id]?.names.log(entry.reference), let known = state.logs[log],
                state.counts(known.descriptor)
            else { throw Malformed(.shape, at: 0) }
            guard sessions[id]?.wants.count ?? 0 < LogNames.limit else { throw Malformed(.limit, at: 0) }
            guard entry.from <= known.count else { throw Malformed(.shape, at: 0) }
            if entry.describe { sessions[id]?.describe.insert(log) }
            let want = Session.Want(space: space, log: log, from: entry.from, held: entry.from - 1)
            sessions[id]?.wants.append(want)
        }
        serve(id, now, &effects)
    }

    /// Reads what the peer wants next, if it allows more bytes and no read is on its way.
    mutating func serve(_ id: ConnectionID, _ now: Now, _ effects: inout [Effect]) {
        guard var session = sessions[id], session.phase == .open, session.reading == nil,
            let first = session.wants.first
        else { return }
        // Any one item must fit what the peer allows, since less than one cannot be sent.
        guard session.sentData < session.sendCredit else { return }
        let allowed = min(session.sendCredit - session.sentData, UInt64(Self.batchBytes + Self.batchOverhead))
        guard allowed >= UInt64(Self.batchOverhead + LogItem.maximumLeafBytes + 3) else { return }
        var parts: [ReadRequest.Part] = []
        var heads: [Head] = []
        for want in session.wants.prefix(Self.batchLogs) {
            guard want.space == first.space, let (head, log) = signedHead(want.space, want.log) else { break }
            parts.append(
                ReadRequest.Part(
                    log.descriptor, from: want.from, to: log.count, head: head.count, bridge: log.bridge,
                    root: log.signedRoot(hasher)))
            heads.append(head)
        }
        guard !parts.isEmpty else {
            preconditionFailure("a want was queued for a log without a head")
        }
        let common = commonRun(session, session.wants.prefix(parts.count))
        let request = ReadRequest(
            id: nextRead, connection: id, space: first.space, parts: parts,
            maximumBytes: min(Int(allowed) - Self.batchOverhead, limit(.max, tight: 2_048)), common: common)
        if common != nil { session.hasOfferedPrefix = true }
        nextRead += 1
        session.reading = Session.Reading(
            id: request.id, space: first.space, parts: parts, heads: heads, allowed: allowed)
        sessions[id] = session
        effects.append(.read(request))
    }

    /// The head under which a log is held, signed now if it is this node's own and has grown since; and the log.
    private mutating func signedHead(_ space: SpaceID, _ log: LogID) -> (head: Head, log: LogState)? {
        guard let state = spaces[space]?.logs[log], state.count > 0 else { return nil }
        if let head = state.head { return (head, state) }
        precondition(state.isOwn, "what is announced stands under a head: \(state)")
        let head = Head(signing: state.durable, of: state.descriptor, with: identity, hasher: hasher)
        spaces[space]?.logs[log]?.head = head
        return (head, state)
    }

    /// Sends what was read, and reads on.
    mutating func answered(_ read: UInt64, _ parts: [ReadPart]?, _ now: Now, _ effects: inout [Effect]) {
        guard let id = sessions.keys.first(where: { sessions[$0]?.reading?.id == read }),
            var session = sessions[id], let reading = session.reading
        else { return }
        session.reading = nil
        guard session.phase == .open, let mine = session.spaces[reading.space]?.sent else {
            sessions[id] = session
            return
        }
        // Nothing at all would be asked for again and again.
        guard let parts, !parts.isEmpty else {
            sessions[id] = session
            return close(id, .busy, &effects)
        }
        var sections: [Message.Data.Section] = []
        var left: [Session.Want] = []
        for (index, want) in session.wants.prefix(reading.parts.count).enumerated() {
            guard index < parts.count else {
                left.append(want)
                continue
            }
            let part = parts[index]
            let head = reading.heads[index]
            // More may have been announced while this was read; "no more" is said of what is announced by now.
            let isLast = part.next > spaces[reading.space]?.logs[part.log]?.count ?? 0
            session.spaces[reading.space]?.changesSent += UInt64(part.count)
            sections.append(section(part, head, isLast: isLast, &session, reading.space))
            if isLast {
                session.spaces[reading.space]?.peerCounts[part.log] = part.next - 1
            } else {
                left.append(
                    Session.Want(space: want.space, log: want.log, from: part.next, held: want.held))
            }
        }
        session.wants = left + session.wants.dropFirst(reading.parts.count)
        let body = Message.Data(handle: mine.handle, sections: sections).encode(&session.names)
        // A store that gave more than it was asked for must not make this node exceed what the peer allows (S-35).
        guard UInt64(body.count) <= reading.allowed else {
            sessions[id] = session
            return close(id, .busy, &effects)
        }
        session.sentData += UInt64(body.count)
        sessions[id] = session
        send(id, Frame.encode(.data, body), now, &effects)
        serve(id, now, &effects)
    }

    private func section(
        _ part: ReadPart, _ head: Head, isLast: Bool, _ session: inout Session, _ space: SpaceID
    ) -> Message.Data.Section {
        var description: (key: Bytes32, epoch: UInt64)?
        if session.describe.remove(part.log) != nil, let log = spaces[space]?.logs[part.log] {
            description = (log.descriptor.key.value, log.descriptor.epoch)
        }
        let isNew = session.sentHeads[part.log] != head.count
        session.sentHeads[part.log] = head.count
        return Message.Data.Section(
            log: part.log, description: description, head: isNew ? head : nil, from: part.from,
            count: part.count, items: part.items, bridge: part.bridge, isLast: isLast)
    }
}
