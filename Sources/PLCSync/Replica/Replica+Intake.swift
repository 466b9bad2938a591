/// What one DATA message brings, until all of it is found to be in order.
struct Intake {
    /// The logs that it moves.
    var logs: [LogID: LogState] = [:]
    var stretches: [Stretch] = []
    /// The logs of which the peer has no more than this.
    var ended: [LogID] = []
    /// Whether a log is not asked of the peer any more that others may have.
    var asksOthers = false
    /// The membership with the control changes that were verified, durable or not.
    var membership: Membership
}

/// What this node takes in.
extension Replica {
    /// Interior nodes of this height and more are stored; lower ones are computed again when needed.
    public static let storedHeight = limit(8, tight: 2)

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
        let space = try startedSpace(id, message.handle)
        guard let verified = spaces[space]?.verifiedMembership else { return }
        var intake = Intake(membership: verified)
        // A control log may stand on a grant that another one in the same message brings.
        var sections = message.sections
        while !sections.isEmpty {
            var unadmitted: [Message.Data.Section] = []
            for section in sections where try !ingest(section, id, space, &intake, &effects) {
                unadmitted.append(section)
            }
            guard unadmitted.count < sections.count else {
                for section in unadmitted { setAside(section.log, id, space) }
                break
            }
            sections = unadmitted
        }
        apply(intake, id, space, UInt64(body.byteCount), now, &effects)
        if intake.asksOthers { scheduleAll(now, &effects) } else { schedule(id, space, now, &effects) }
        finish(id, space, now, &effects)
    }

    /// Takes a message's changes as verified, and orders them to be stored.
    private mutating func apply(
        _ intake: Intake, _ id: ConnectionID, _ space: SpaceID, _ bytes: UInt64, _ now: Now,
        _ effects: inout [Effect]
    ) {
        for (log, state) in intake.logs {
            spaces[space]?.logs[log] = state
            guard let order = spaces[space]?.fetching[log]?.order else { continue }
            spaces[space]?.fetching[log]?.since = now.monotonic
            spaces[space]?.fetching[log]?.mayLag = false
            if order >= sessions[id]?.progress.order ?? 0 { sessions[id]?.progress = (order, now.monotonic) }
        }
        for log in intake.ended {
            spaces[space]?.fetching[log] = nil
            let held = spaces[space]?.logs[log]?.verified.count ?? 0
            // A head of more than has come is not sent again with what follows (S-31).
            if sessions[id]?.spaces[space]?.heads[log].map({ $0.count <= held }) ?? false {
                sessions[id]?.spaces[space]?.heads[log] = nil
            }
            // The peer has no more than this, whatever it announced.
            // What came of it is not acknowledged before it is durable.
            let durable = spaces[space]?.logs[log]?.durable.count ?? 0
            if let target = sessions[id]?.spaces[space]?.pending[log], held < target {
                sessions[id]?.spaces[space]?.pending[log] = durable < held ? held : nil
            }
        }
        guard !intake.stretches.isEmpty else { return processed(bytes, id, now, &effects) }
        spaces[space]?.verifiedMembership = intake.membership
        let changes = intake.stretches.reduce(0) { $0 + $1.forest.count + 1 - $1.from }
        sessions[id]?.spaces[space]?.changesReceived += changes
        let commit = Commit(
            id: nextCommit, space: space, stretches: intake.stretches, cursors: completedCursors(space))
        nextCommit += 1
        commits[commit.id] = commit
        sources[commit.id] = (id, bytes)
        effects.append(.commit(commit))
    }

    /// Remembers a log that this peer is not asked for any more: its key is not admitted, as far as this node knows, or
    /// it has a hole.
    private mutating func setAside(_ log: LogID, _ id: ConnectionID, _ space: SpaceID) {
        let target = sessions[id]?.spaces[space]?.pending.removeValue(forKey: log)
        if !planted(.notAdmittedForgotten) { sessions[id]?.spaces[space]?.unadmitted[log] = target }
        spaces[space]?.fetching[log] = nil
    }

    /// Verifies one section against its log's signed head; false if the log's key is not admitted.
    private mutating func ingest(
        _ section: Message.Data.Section, _ id: ConnectionID, _ space: SpaceID, _ intake: inout Intake,
        _ effects: inout [Effect]
    ) throws(Malformed) -> Bool {
        // What was not asked of this peer, or is not any more, is passed over; but the head that it names holds for
        // the sections to come.
        let asked = spaces[space]?.fetching[section.log].flatMap { $0.connection == id ? $0 : nil }
        if let head = section.head,
            asked != nil || sessions[id]?.spaces[space]?.abandoned.contains(section.log) == true
        {
            sessions[id]?.spaces[space]?.heads[section.log] = head
        }
        guard let fetch = asked else { return true }
        if let contest = sessions[id]?.spaces[space]?.contests[section.log] {
            try hear(section, in: contest, fetch, id, space, &intake, &effects)
            return true
        }
        guard var log = try log(of: section, space, intake) else {
            guard fetch.mayLag else { throw Malformed(.shape, at: 0) }
            return true
        }
        guard intake.membership.counts(log.descriptor.key, in: log.descriptor.channel) else { return false }
        guard !section.hasHole else {
            sessions[id]?.spaces[space]?.holed.insert(section.log)
            setAside(section.log, id, space)
            intake.asksOthers = true
            return true
        }
        let held = log.verified.count
        guard section.from <= held + 1, let head = sessions[id]?.spaces[space]?.heads[section.log] else {
            guard fetch.mayLag else { throw Malformed(.shape, at: 0) }
            return true
        }
        let isCovered = section.count > 0 && section.from + UInt64(section.count) <= held + 1
        guard !isCovered else {
            if section.isLast, !fetch.mayLag { intake.ended.append(section.log) }
            return true
        }
        let (stretch, root) = try verify(section, after: log, head)
        if let target = log.target, target.head == head {
            guard target.root == root else { throw Malformed(.shape, at: 0) }
        } else if !head.isValid(root: root, of: log.descriptor) {
            try refuse(section, log, id, space, &effects)
            intake.asksOthers = true
            return true
        }
        log.verified = stretch.forest
        log.target = stretch.forest.count < head.count ? (head, root) : nil
        intake.logs[section.log] = log
        if section.isLast { intake.ended.append(section.log) }
        guard !stretch.items.isEmpty else { return true }
        intake.stretches.append(stretch)
        if section.log.channel == .control {
            intake.membership.insert(leaves(stretch.items), by: log.descriptor.key)
        }
        return true
    }

    /// The part of a section that is not held yet, and the root that it leads to at the length of `head`.
    func verify(
        _ section: Message.Data.Section, after log: LogState, _ head: Head
    ) throws(Malformed) -> (stretch: Stretch, root: Bytes32) {
        var forest = log.verified
        var nodes: [(block: Block, hash: Bytes32)] = []
        let items = section.items.span.bytes
        var reader = ByteReader(items)
        var start = 0
        var sequence = section.from
        for _ in 0..<section.count {
            guard case .leaf(let range) = try reader.logItem(items) else {
                preconditionFailure("a section with a hole is not verified")
            }
            if sequence <= log.verified.count {
                start = reader.offset
            } else {
                forest.append(hasher.leaf(items.extracting(range)), hasher: hasher) { block, hash in
                    if block.height >= Self.storedHeight { nodes.append((block, hash)) }
                }
            }
            sequence += 1
        }
        var full = forest
        guard forest.count <= head.count,
            full.append(bridge: section.bridge ?? [], to: head.count, hasher: hasher)
        else { throw Malformed(.shape, at: 0) }
        let root = full.root(of: log.descriptor.fullID, hasher: hasher)
        let stretch = Stretch(
            descriptor: log.descriptor, from: log.verified.count + 1, items: Array(section.items[start...]),
            forest: forest, nodes: nodes, head: head,
            bridge: planted(.bridgeForgotten) ? [] : section.bridge ?? [])
        return (stretch, root)
    }

    /// The log of a section as this node knows it, or as the section describes it; nil if neither.
    private func log(
        of section: Message.Data.Section, _ space: SpaceID, _ intake: Intake
    ) throws(Malformed) -> LogState? {
        if let known = intake.logs[section.log] ?? spaces[space]?.logs[section.log] { return known }
        guard let description = section.description else { return nil }
        guard let key = PublicKey(checking: description.key.bytes) else { throw Malformed(.shape, at: 0) }
        let descriptor = LogDescriptor(
            space: space, key: key, channel: section.log.channel, epoch: description.epoch)
        guard descriptor.id == section.log else { throw Malformed(.shape, at: 0) }
        return LogState(descriptor)
    }

    /// What to do about a head that does not fit: with nothing held before, the peer has made it up; with a verified
    /// prefix, its origin may have signed two histories, which is no fault of the peer's.
    private mutating func refuse(
        _ section: Message.Data.Section, _ log: LogState, _ id: ConnectionID, _ space: SpaceID,
        _ effects: inout [Effect]
    ) throws(Malformed) {
        guard log.verified.count > 0, let peer = sessions[id]?.peer else { throw Malformed(.shape, at: 0) }
        effects.append(.report(.fork(section.log, space, peer: peer)))
        sessions[id]?.spaces[space]?.pending[section.log] = nil
        spaces[space]?.fetching[section.log] = nil
    }

    /// Renews the peer's credit as what it sent is stored.
    mutating func processed(
        _ bytes: UInt64, _ id: ConnectionID, _ now: Now, _ effects: inout [Effect]
    ) {
        guard var session = sessions[id] else { return }
        session.processedData += bytes
        let total = session.processedData + Session.initialCredit
        let renews =
            total - session.grantedCredit >= Session.creditStep && !planted(.creditNeverReturned)
        if renews { session.grantedCredit = total }
        sessions[id] = session
        if renews { send(id, Message.credit(total: total), now, &effects) }
    }

    /// The leaves among items that were verified.
    func leaves(_ items: [UInt8]) -> [[UInt8]] {
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
