/// What this node hears of, asks for and takes in.
extension Replica {
    /// How long a fetch may make no progress before another peer is asked, in milliseconds.
    static let fetchTimeout: UInt64 = 15_000

    mutating func announced(
        _ id: ConnectionID, _ body: borrowing RawSpan, _ now: Now, _ effects: inout [Effect]
    ) throws(Malformed) {
        guard var names = sessions[id]?.peerNames else { return }
        let message = try Message.Heads(body, &names)
        sessions[id]?.peerNames = names
        guard let space = sessions[id]?.handles[message.handle], sessions[id]?.spaces[space]?.started == true
        else { return }
        take(message.entries, id, space, &effects)
        if message.more {
            sessions[id]?.spaces[space]?.awaitsMore = true
            sendAck(id, space, now, &effects)
        } else {
            sessions[id]?.spaces[space]?.awaitsMore = false
            sessions[id]?.spaces[space]?.owesAck = true
            sessions[id]?.spaces[space]?.raise(upTo: message.lsn)
        }
        sessions[id]?.spaces[space]?.reportedInSync = false
        schedule(id, space, now, &effects)
        finish(id, space, now, &effects)
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
            if let known, entry.count <= known.count {
                if entry.count == known.count,
                    entry.tag != tag(entry.log, count: known.count, root: known.root, salt: salt)
                {
                    effects.append(.report(.fork(entry.log, space)))
                }
            } else if known?.isOwn == true {
                effects.append(.report(.ownLogAhead(entry.log, space)))
            } else if shared.isRestricted, entry.log.channel != .control {
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
            let shared = session.spaces[space], let mine = shared.sent, !shared.pending.isEmpty
        else { return }
        let hasControl = shared.pending.keys.contains { $0.channel == .control }
        var entries: [Message.Want.Entry] = []
        for log in shared.pending.keys.sorted() where !hasControl || log.channel == .control {
            guard state.fetching[log] == nil, let target = shared.pending[log],
                let reference = session.peerNames.number(of: log)
            else { continue }
            let held = state.logs[log]?.verified.count ?? 0
            guard held < target else { continue }
            entries.append(
                Message.Want.Entry(
                    reference: reference, from: held + 1, to: target, describe: state.logs[log] == nil))
            state.fetching[log] = Fetch(connection: id, target: target, since: now.monotonic)
        }
        spaces[space] = state
        for start in stride(from: 0, to: entries.count, by: Message.Want.maximumEntries) {
            let chunk = Array(entries[start..<min(start + Message.Want.maximumEntries, entries.count)])
            send(id, Message.Want(handle: mine.handle, entries: chunk).encode(), now, &effects)
        }
    }

    /// Asks all peers for what nobody is asked for.
    mutating func scheduleAll(_ now: Now, _ effects: inout [Effect]) {
        for id in sessions.keys.sorted() {
            for space in (sessions[id]?.spaces.keys.sorted() ?? []) { schedule(id, space, now, &effects) }
        }
    }

    /// Asks others for what a peer does not deliver.
    mutating func reassign(_ now: Now, _ effects: inout [Effect]) {
        for space in spaces.keys.sorted() {
            guard let state = spaces[space] else { continue }
            for log in state.fetching.keys.sorted() {
                guard let fetch = state.fetching[log], now.monotonic &- fetch.since > Self.fetchTimeout else {
                    continue
                }
                let others = sessions.values.contains {
                    $0.connection != fetch.connection && $0.spaces[space]?.pending[log] != nil
                }
                guard others else { continue }
                spaces[space]?.fetching[log] = nil
                // The slow peer goes to the end: it has announced the log, and is asked again if it is the only one.
                sessions[fetch.connection]?.spaces[space]?.pending[log] = nil
            }
        }
        scheduleAll(now, &effects)
    }

    mutating func data(
        _ id: ConnectionID, _ body: borrowing RawSpan, _ now: Now, _ effects: inout [Effect]
    ) throws(Malformed) {
        guard var names = sessions[id]?.peerNames else { return }
        let message = try Message.Data(body, &names)
        sessions[id]?.peerNames = names
        sessions[id]?.receivedData += UInt64(body.byteCount)
        guard let session = sessions[id], session.receivedData <= session.grantedCredit else {
            throw Malformed(.limit, at: 0)
        }
        guard let space = session.handles[message.handle] else { return }
        var stretches: [Stretch] = []
        for section in message.sections {
            if let stretch = try ingest(section, id, space, now, &effects) { stretches.append(stretch) }
        }
        if stretches.isEmpty {
            processed(UInt64(body.byteCount), id, now, &effects)
        } else {
            let commit = Commit(
                id: nextCommit, space: space, stretches: stretches, cursors: completedCursors(space))
            nextCommit += 1
            commits[commit.id] = commit
            sources[commit.id] = (id, UInt64(body.byteCount))
            effects.append(.commit(commit))
        }
        schedule(id, space, now, &effects)
        finish(id, space, now, &effects)
    }

    /// Verifies one section against its log's signed head; nil if there is nothing to store of it.
    private mutating func ingest(
        _ section: Message.Data.Section, _ id: ConnectionID, _ space: SpaceID, _ now: Now,
        _ effects: inout [Effect]
    ) throws(Malformed) -> Stretch? {
        // What was not asked of this peer, or is not any more, is passed over.
        guard spaces[space]?.fetching[section.log]?.connection == id else { return nil }
        guard var log = try describedLog(section, space) else {
            // Its key is not admitted, as far as this node knows.
            let target = sessions[id]?.spaces[space]?.pending.removeValue(forKey: section.log)
            sessions[id]?.spaces[space]?.unadmitted[section.log] = target
            spaces[space]?.fetching[section.log] = nil
            return nil
        }
        if section.isLast { spaces[space]?.fetching[section.log] = nil }
        guard section.from == log.verified.count + 1 else {
            guard section.from <= log.verified.count else { throw Malformed(.shape, at: 0) }
            return nil
        }
        guard let head = section.head ?? log.target?.head else { throw Malformed(.shape, at: 0) }
        var forest = log.verified
        var nodes: [(block: Block, hash: Bytes32)] = []
        let items = section.items.span.bytes
        var reader = ByteReader(items)
        for _ in 0..<section.count {
            let item = try reader.logItem(items)
            let block: Block
            let hash: Bytes32
            switch item {
            case .leaf(let range):
                block = Block(start: forest.count, height: 0)
                hash = hasher.leaf(items.extracting(range))
            case .hole(let height, let held):
                block = Block(start: forest.count, height: height)
                hash = held
            }
            let fits = forest.append(block, hash, hasher: hasher) { block, hash in
                if block.height >= Self.storedHeight { nodes.append((block, hash)) }
            }
            // Holes are verified but legal only below a checkpoint, and there are none yet.
            guard fits, block.height == 0, forest.count <= head.count else { throw Malformed(.shape, at: 0) }
        }
        var full = forest
        guard full.append(bridge: section.bridge ?? [], to: head.count, hasher: hasher) else {
            throw Malformed(.shape, at: 0)
        }
        let root = full.root(of: log.descriptor.fullID, hasher: hasher)
        if let target = log.target, target.head == head {
            guard target.root == root else { throw Malformed(.shape, at: 0) }
        } else if !head.isValid(root: root, of: log.descriptor) {
            return try refuse(section, log, id, space, &effects)
        }
        log.verified = forest
        log.target = forest.count < head.count ? (head, root) : nil
        if forest.count == head.count { log.reached = head.count }
        spaces[space]?.logs[section.log] = log
        spaces[space]?.fetching[section.log]?.since = now.monotonic
        if section.isLast, let target = sessions[id]?.spaces[space]?.pending[section.log],
            log.reached < target
        {
            // The peer has no more than this, whatever it announced.
            sessions[id]?.spaces[space]?.pending[section.log] = nil
        }
        guard section.count > 0 else { return nil }
        sessions[id]?.spaces[space]?.changesReceived += UInt64(section.count)
        return Stretch(
            descriptor: log.descriptor, from: section.from, items: section.items, forest: forest,
            nodes: nodes,
            head: forest.count == head.count ? head : nil, root: root)
    }

    /// Interior nodes of this height and more are stored; lower ones are computed again when needed.
    public static let storedHeight = 8

    /// The log of a section as this node knows it, or as the section describes it; nil if its changes do not count.
    private func describedLog(_ section: Message.Data.Section, _ space: SpaceID) throws(Malformed)
        -> LogState?
    {
        guard let state = spaces[space] else { return nil }
        if let known = state.logs[section.log] { return known }
        guard let description = section.description,
            let key = PublicKey(checking: description.key.bytes)
        else { throw Malformed(.shape, at: 0) }
        let descriptor = LogDescriptor(
            space: space, key: key, channel: section.log.channel, epoch: description.epoch)
        guard descriptor.id == section.log else { throw Malformed(.shape, at: 0) }
        return state.counts(descriptor) ? LogState(descriptor) : nil
    }

    /// What to do about a head that does not fit: with nothing held before, the peer has made it up; with a verified
    /// prefix, its origin may have signed two histories, which is no fault of the peer's.
    private mutating func refuse(
        _ section: Message.Data.Section, _ log: LogState, _ id: ConnectionID, _ space: SpaceID,
        _ effects: inout [Effect]
    ) throws(Malformed) -> Stretch? {
        guard log.verified.count > 0 else { throw Malformed(.shape, at: 0) }
        effects.append(.report(.fork(section.log, space)))
        sessions[id]?.spaces[space]?.pending[section.log] = nil
        spaces[space]?.fetching[section.log] = nil
        return nil
    }

    /// The cursors that move once everything verified so far is durable: those of peers of whom nothing older is
    /// missing (the low-water rule).
    private func completedCursors(_ space: SpaceID) -> [PublicKey: Cursor] {
        guard let state = spaces[space] else { return [:] }
        var cursors: [PublicKey: Cursor] = [:]
        for session in sessions.values {
            guard let shared = session.spaces[space], let hello = session.hello, shared.started,
                !shared.awaitsMore,
                !shared.reconciling, !shared.isRestricted, shared.upTo > shared.followed,
                shared.unadmitted.isEmpty,
                shared.pending.allSatisfy({ state.logs[$0.key]?.reached ?? 0 >= $0.value })
            else { continue }
            cursors[session.peer] = Cursor(epoch: hello.databaseEpoch, lsn: shared.upTo)
        }
        return cursors
    }

    // MARK: Completions

    mutating func committed(
        _ commit: UInt64, _ lsns: [LogID: UInt64], _ now: Now, _ effects: inout [Effect]
    ) {
        guard let done = commits.removeValue(forKey: commit), spaces[done.space] != nil else { return }
        var changes: UInt64 = 0
        var rolesChanged = false
        for stretch in done.stretches {
            let id = stretch.descriptor.id
            spaces[done.space]?.logs[id]?.durable = stretch.forest
            changes += stretch.forest.count + 1 - stretch.from
            if let head = stretch.head {
                spaces[done.space]?.logs[id]?.count = head.count
                spaces[done.space]?.logs[id]?.root = stretch.root
                spaces[done.space]?.logs[id]?.signature = head.signature
                spaces[done.space]?.logs[id]?.flags = head.flags
                if let lsn = lsns[id] { spaces[done.space]?.moved(id, lsn: lsn) }
            }
            if id.channel == .control {
                let leaves = leaves(stretch.items)
                if spaces[done.space]?.insertControl(leaves, by: stretch.descriptor.key) == true {
                    rolesChanged = true
                }
            }
        }
        for (peer, cursor) in done.cursors {
            spaces[done.space]?.cursors[peer] = cursor
            for id in sessions.keys where sessions[id]?.peer == peer {
                sessions[id]?.spaces[done.space]?.followed = cursor.lsn
            }
        }
        if let (id, bytes) = sources.removeValue(forKey: commit) { processed(bytes, id, now, &effects) }
        if changes > 0 { effects.append(.report(.received(done.space, changes: changes))) }
        if rolesChanged { admitted(done.space, now, &effects) }
        settlePending(done.space, now, &effects)
    }

    mutating func refused(_ commit: UInt64, _ now: Now, _ effects: inout [Effect]) {
        guard let lost = commits.removeValue(forKey: commit) else { return }
        // What follows in these logs cannot be stored either: start again from what is durable.
        for stretch in lost.stretches {
            let id = stretch.descriptor.id
            guard let log = spaces[lost.space]?.logs[id] else { continue }
            spaces[lost.space]?.logs[id]?.verified = log.durable
            spaces[lost.space]?.logs[id]?.reached = log.count
            spaces[lost.space]?.logs[id]?.target = nil
        }
        sources[commit] = nil
        for id in sessions.keys.sorted() where sessions[id]?.spaces[lost.space]?.pending.isEmpty == false {
            close(id, .busy, &effects)
        }
    }

    mutating func authored(
        _ space: SpaceID, _ logs: [AuthoredLog], _ now: Now, _ effects: inout [Effect]
    ) {
        guard spaces[space] != nil else { return }
        var rolesChanged = false
        for log in logs {
            let id = log.descriptor.id
            var state = spaces[space]?.logs[id] ?? LogState(log.descriptor, isOwn: true)
            state.verified = log.forest
            state.durable = log.forest
            state.count = log.forest.count
            state.reached = log.forest.count
            state.root = log.forest.root(of: log.descriptor.fullID, hasher: hasher)
            state.signature = []
            spaces[space]?.logs[id] = state
            spaces[space]?.moved(id, lsn: log.lsn)
            if !log.control.isEmpty, spaces[space]?.insertControl(log.control, by: log.descriptor.key) == true
            {
                rolesChanged = true
            }
        }
        if rolesChanged { admitted(space, now, &effects) }
        announceAll(space, now, &effects)
    }

    /// After a change of roles: counts again, serves whom it had refused, and asks for what it had passed over.
    private mutating func admitted(_ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        guard let state = spaces[space] else { return }
        if state.membership.needsUpgrade { effects.append(.report(.upgradeNeeded(space))) }
        for id in sessions.keys.sorted() {
            guard let session = sessions[id] else { continue }
            if var shared = session.spaces[space] {
                for (log, count) in shared.unadmitted where state.logs[log]?.count ?? 0 < count {
                    shared.pending[log] = max(shared.pending[log] ?? 0, count)
                }
                shared.unadmitted = [:]
                if shared.isRestricted, state.membership.role(of: session.peer) != nil {
                    shared.isRestricted = false
                    shared.announced = 0
                    sessions[id]?.spaces[space] = shared
                    announce(id, space, always: true, now, &effects)
                } else {
                    sessions[id]?.spaces[space] = shared
                }
            }
            if session.admitting?.space == space, state.membership.role(of: session.peer) != nil {
                sessions[id]?.admitting = nil
                send(id, Message.welcome(genesis: state.genesis), now, &effects)
            }
        }
    }

    /// Crosses off what has become durable, answers those who wait for that, tells others, and asks on.
    private mutating func settlePending(_ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        for id in sessions.keys.sorted() {
            guard var shared = sessions[id]?.spaces[space], let logs = spaces[space]?.logs else { continue }
            shared.pending = shared.pending.filter { logs[$0.key]?.count ?? 0 < $0.value }
            sessions[id]?.spaces[space] = shared
        }
        scheduleAll(now, &effects)
        for id in sessions.keys.sorted() { finish(id, space, now, &effects) }
        announceAll(space, now, &effects)
    }

    /// Renews the peer's credit as what it sent is stored.
    private mutating func processed(
        _ bytes: UInt64, _ id: ConnectionID, _ now: Now, _ effects: inout [Effect]
    ) {
        guard var session = sessions[id] else { return }
        session.processedData += bytes
        let total = session.processedData + Session.initialCredit
        let renews = total - session.grantedCredit >= Session.creditStep
        if renews { session.grantedCredit = total }
        sessions[id] = session
        if renews { send(id, Message.credit(total: total), now, &effects) }
    }

    /// Answers once nothing that the peer announced is missing: moves the cursor and says what is held.
    mutating func finish(_ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        guard let shared = sessions[id]?.spaces[space], shared.started, shared.pending.isEmpty,
            !shared.awaitsMore,
            !shared.reconciling, shared.owesAck
        else { return }
        sessions[id]?.spaces[space]?.owesAck = false
        follow(id, space, now, &effects)
        sendAck(id, space, now, &effects)
        reportIfInSync(id, space, &effects)
    }

    private mutating func sendAck(_ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect])
    {
        guard let shared = sessions[id]?.spaces[space], let mine = shared.sent, !shared.isRestricted,
            let fingerprint = spaces[space]?.fingerprint(), let lsn = spaces[space]?.lsn
        else { return }
        let upTo = shared.pending.isEmpty && !shared.awaitsMore ? shared.upTo : shared.followed
        let message = Message.Ack(handle: mine.handle, upTo: upTo, fingerprint: fingerprint, lsn: lsn)
        send(id, message.encode(), now, &effects)
    }

    mutating func acknowledged(
        _ id: ConnectionID, _ message: Message.Ack, _ now: Now, _ effects: inout [Effect]
    ) throws(Malformed) {
        guard let space = sessions[id]?.handles[message.handle],
            var shared = sessions[id]?.spaces[space], shared.started
        else { return }
        shared.peerFingerprint = message.fingerprint
        shared.peerAcked = max(shared.peerAcked, message.upTo)
        shared.unanswered = message.upTo >= shared.lastHeads ? 0 : max(0, shared.unanswered - 1)
        let isEqual =
            shared.pending.isEmpty && !shared.awaitsMore && !shared.reconciling
            && spaces[space]?.fingerprint() == message.fingerprint
        if isEqual { shared.upTo = max(shared.upTo, message.lsn) }
        sessions[id]?.spaces[space] = shared
        if isEqual { follow(id, space, now, &effects) }
        reportIfInSync(id, space, &effects)
        announce(id, space, now, &effects)
        reconcileIfStuck(id, space, now, &effects)
    }

    /// Stores how far the peer is followed, if that has moved and nothing older is missing.
    mutating func follow(_ id: ConnectionID, _ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        guard let session = sessions[id], let hello = session.hello, let shared = session.spaces[space],
            shared.pending.isEmpty, shared.unadmitted.isEmpty, !shared.isRestricted
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
    mutating func isInSync(_ id: ConnectionID, _ space: SpaceID) -> Bool {
        guard let shared = sessions[id]?.spaces[space], shared.started, shared.pending.isEmpty,
            !shared.awaitsMore,
            !shared.reconciling, let theirs = shared.peerFingerprint
        else { return false }
        return spaces[space]?.fingerprint() == theirs
    }

    /// The leaves among items that were verified.
    private func leaves(_ items: [UInt8]) -> [[UInt8]] {
        var leaves: [[UInt8]] = []
        let bytes = items.span.bytes
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            guard let item = try? reader.logItem(bytes) else { preconditionFailure("items were verified") }
            if case .leaf(let range) = item { leaves.append(bytes.extracting(range).array) }
        }
        return leaves
    }
}
