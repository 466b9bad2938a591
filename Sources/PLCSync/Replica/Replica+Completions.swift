/// What follows when something has become durable, or has not.
extension Replica {
    mutating func committed(
        _ commit: UInt64, _ lsns: [LogID: UInt64], _ now: Now, _ effects: inout [Effect]
    ) {
        guard let done = commits.removeValue(forKey: commit), spaces[done.space] != nil else { return }
        var changes: UInt64 = 0
        var change: RoleChange?
        for stretch in done.stretches {
            let id = stretch.descriptor.id
            // A space that was reopened while this was under way does not know the log yet.
            spaces[done.space]?.logs[id, default: LogState(stretch.descriptor)].store(
                stretch.forest, under: stretch.head, bridge: stretch.bridge, hasher: hasher)
            changes += stretch.forest.count + 1 - stretch.from
        }
        for (id, lsn) in lsns.sorted(by: { $0.value < $1.value }) { spaces[done.space]?.moved(id, lsn: lsn) }
        for stretch in done.stretches where stretch.descriptor.channel == .control {
            let leaves = leaves(stretch.items)
            let made = spaces[done.space]?.insertControl(leaves, by: stretch.descriptor.key)
            change = change.merged(with: made)
        }
        for (peer, cursor) in done.cursors {
            spaces[done.space]?.cursors[peer] = cursor
            for id in sessions.keys where sessions[id]?.peer == peer {
                sessions[id]?.spaces[done.space]?.followed = cursor.lsn
            }
        }
        if let (id, bytes) = sources.removeValue(forKey: commit) { processed(bytes, id, now, &effects) }
        effects.append(.report(.received(done.space, changes: changes)))
        if let change { admitted(done.space, change, now, &effects) }
        settlePending(done.space, now, &effects)
    }

    mutating func refused(_ commit: UInt64, _ now: Now, _ effects: inout [Effect]) {
        guard let lost = commits.removeValue(forKey: commit), let space = spaces[lost.space] else { return }
        sources[commit] = nil
        for stretch in lost.stretches where !planted(.refusedStaysVerified) {
            spaces[lost.space]?.logs[stretch.descriptor.id]?.fallBack()
        }
        spaces[lost.space]?.verifiedMembership = space.membership
        // What peers send next would not continue what is stored: they are asked again in sessions to come.
        for id in sessions.keys.sorted() where sessions[id]?.spaces[lost.space]?.pending.isEmpty == false {
            close(id, .busy, &effects)
        }
    }

    mutating func authored(
        _ space: SpaceID, _ logs: [AuthoredLog], _ now: Now, _ effects: inout [Effect]
    ) {
        guard spaces[space] != nil else { return }
        var change: RoleChange?
        for log in logs.sorted(by: { $0.lsn < $1.lsn }) {
            let id = log.descriptor.id
            var state = spaces[space]?.logs[id] ?? LogState(log.descriptor, isOwn: true)
            state.grow(to: log.forest, hasher: hasher)
            spaces[space]?.logs[id] = state
            spaces[space]?.moved(id, lsn: log.lsn)
            guard !log.control.isEmpty else { continue }
            spaces[space]?.verifiedMembership.insert(log.control, by: log.descriptor.key)
            let made = spaces[space]?.insertControl(log.control, by: log.descriptor.key)
            change = change.merged(with: made)
        }
        if let change { admitted(space, change, now, &effects) }
        settlePending(space, now, &effects)
    }

    /// After a change of roles: serves whom it had refused, and takes up what it had passed over.
    private mutating func admitted(
        _ space: SpaceID, _ change: RoleChange, _ now: Now, _ effects: inout [Effect]
    ) {
        guard let state = spaces[space] else { return }
        for id in sessions.keys.sorted() {
            guard let session = sessions[id], session.phase != .closed else { continue }
            let isMember = state.membership.role(of: session.peer) != nil
            if let shared = session.spaces[space] {
                sessions[id]?.spaces[space]?.reconsider(state, isMember, change, databaseEpoch)
                if shared.started, shared.isRestricted, isMember {
                    announce(id, space, always: true, now, &effects)
                }
            }
            if let admitting = session.admitting, admitting.space == space {
                if state.membership.belongs(session.peer, by: admitting.key) {
                    sessions[id]?.admitting = nil
                    send(id, Message.welcome(genesis: state.genesis), now, &effects)
                }
            }
            offerAll(to: id, now, &effects)
        }
    }

    /// Stops exchanging a space in which a steward has written something that this version does not know (D-9).
    private mutating func stopIfUpgradeNeeded(_ space: SpaceID, _ effects: inout [Effect]) {
        guard spaces[space]?.membership.needsUpgrade == true else { return }
        let sharing = sessions.keys.sorted().filter {
            sessions[$0]?.spaces[space] != nil && sessions[$0]?.phase != .closed
        }
        guard !sharing.isEmpty else { return }
        effects.append(.report(.upgradeNeeded(space)))
        for id in sharing { close(id, .upgradeNeeded, &effects) }
    }

    /// Crosses off what has become durable, answers those who wait for that, tells others, and asks on.
    private mutating func settlePending(_ space: SpaceID, _ now: Now, _ effects: inout [Effect]) {
        stopIfUpgradeNeeded(space, &effects)
        for id in sessions.keys.sorted() {
            guard let logs = spaces[space]?.logs else { continue }
            sessions[id]?.spaces[space]?.crossOff(logs)
        }
        scheduleAll(now, &effects)
        for id in sessions.keys.sorted() { finish(id, space, now, &effects) }
        announceAll(space, now, &effects)
    }
}

extension RoleChange? {
    /// Both changes as one.
    fileprivate func merged(with other: RoleChange?) -> RoleChange? {
        guard let self, let other else { return self ?? other }
        return RoleChange(countedSince: [self.countedSince, other.countedSince].compactMap { $0 }.min())
    }
}
