/// A peer's claim to hold changes of this node's own open log that this node does not hold.
struct Contest: Sendable {
    /// The log as the peer gives it: from what is held on, or anew.
    var rival: LogState
    /// The length that it announced.
    let target: UInt64
    /// Whether it is asked for the second time, from the first change on.
    var isAnew = false
}

/// What this node does when a peer holds another history of this node's own open log (L-36).
extension Replica {
    /// Hears what a peer announces of this node's own log; false if there is nothing about it.
    ///
    /// An announcement proves nothing. The peer is asked for the changes, and only they, under a head that this node's key
    /// has signed, can show that its folder was copied back.
    func contest(
        _ entry: Message.HeadEntry, _ known: LogState, _ id: ConnectionID, _ shared: inout SpaceSession,
        _ effects: inout [Effect]
    ) -> Bool {
        guard let session = sessions[id], !shared.isRestricted || entry.log.channel == .control else {
            return entry.count > known.count
        }
        let space = known.descriptor.space
        let isSame =
            entry.count == known.count
            && entry.tag == tag(entry.log, count: known.count, root: known.root, salt: session.salt)
        guard !isSame, !counts(entry, shared) else { return entry.count > known.count }
        if entry.count < known.count {
            shared.lookedAt[entry.log] = entry
            effects.append(.look(id, space, entry.log, count: entry.count))
            return false
        }
        shared.contested[entry.log] = entry.count
        var rival = LogState(known.descriptor)
        if entry.count > known.count {
            rival.verified = known.durable
            effects.append(.report(.ownLogAhead(entry.log, space, peer: session.peer)))
        } else {
            effects.append(.report(.fork(entry.log, space, peer: session.peer)))
        }
        shared.contests[entry.log] = Contest(rival: rival, target: entry.count)
        return true
    }

    /// Whether the peer was heard on this or a greater length, or is being heard.
    private func counts(_ entry: Message.HeadEntry, _ shared: SpaceSession) -> Bool {
        shared.contests[entry.log] != nil || shared.lookedAt[entry.log] != nil
            || shared.contested[entry.log] ?? 0 >= entry.count
    }

    /// Compares what a peer announced of an own log with the root that the log had at that length.
    mutating func looked(
        _ id: ConnectionID, _ space: SpaceID, _ log: LogID, _ root: Bytes32?, _ now: Now,
        _ effects: inout [Effect]
    ) {
        guard let session = sessions[id], session.phase == .open, let known = spaces[space]?.logs[log],
            let entry = sessions[id]?.spaces[space]?.lookedAt.removeValue(forKey: log)
        else { return }
        sessions[id]?.spaces[space]?.contested[log] = entry.count
        if let root, known.isOwn, tag(log, count: entry.count, root: root, salt: session.salt) != entry.tag {
            effects.append(.report(.fork(log, space, peer: session.peer)))
            sessions[id]?.spaces[space]?.contests[log] = Contest(
                rival: LogState(known.descriptor), target: entry.count)
            schedule(id, space, now, &effects)
        }
        finish(id, space, now, &effects)
    }

    /// Verifies a section of this node's own log that a peer was asked for, and has it held against what is stored.
    mutating func hear(
        _ section: Message.Data.Section, in contest: Contest, _ fetch: Fetch, _ id: ConnectionID,
        _ space: SpaceID, _ intake: inout Intake, _ effects: inout [Effect]
    ) throws(Malformed) {
        let log = section.log
        var contest = contest
        let held = contest.rival.verified.count
        guard section.from <= held + 1, let head = sessions[id]?.spaces[space]?.heads[log] else {
            guard fetch.mayLag else { throw Malformed(.shape, at: 0) }
            return
        }
        let isCovered = section.from + UInt64(section.count) <= held + 1
        guard !section.hasHole, !isCovered else {
            if section.hasHole || section.isLast && !fetch.mayLag { end(log, id, space, &intake) }
            return
        }
        let (stretch, root) = try verify(section, after: contest.rival, head)
        if let target = contest.rival.target, target.head == head {
            guard target.root == root else { throw Malformed(.shape, at: 0) }
        } else if !head.isValid(root: root, of: contest.rival.descriptor) {
            // It does not continue what is held here: perhaps it continues an earlier change.
            guard held > 0, !contest.isAnew else { throw Malformed(.shape, at: 0) }
            sessions[id]?.spaces[space]?.contests[log] = Contest(
                rival: LogState(contest.rival.descriptor), target: contest.target, isAnew: true)
            spaces[space]?.fetching[log] = nil
            return
        }
        contest.rival.verified = stretch.forest
        contest.rival.target = stretch.forest.count < head.count ? (head, root) : nil
        sessions[id]?.spaces[space]?.contests[log] = contest
        spaces[space]?.fetching[log]?.mayLag = false
        effects.append(.dispute(stretch))
        if section.isLast { end(log, id, space, &intake) }
    }

    private mutating func end(
        _ log: LogID, _ id: ConnectionID, _ space: SpaceID, _ intake: inout Intake
    ) {
        sessions[id]?.spaces[space]?.contests[log] = nil
        intake.ended.append(log)
        intake.asksOthers = true
    }
}
