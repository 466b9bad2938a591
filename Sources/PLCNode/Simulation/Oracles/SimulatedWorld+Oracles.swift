internal import PLCOracle
import PLCSync

/// What must hold at every step, whatever goes wrong with machines and lines.
extension SimulatedWorld {
    // MARK: After every transaction

    /// Compares what a node's store holds now with the truth, as far as its last transaction moved it.
    func checkStored(_ node: SimulatedNode) {
        guard let store = node.store else { return }
        let seen = node.checkedLSN
        node.checkedLSN = store.lsn
        var moved: Set<SpaceID> = []
        let news = store.logs.values.filter { $0.lsn > seen || node.counts[$0.id] ?? 0 != $0.forest.count }
            .sorted { ($0.lsn, $0.id) < ($1.lsn, $1.id) }
        for log in news {
            let descriptor = log.descriptor
            moved.insert(descriptor.space)
            if log.isOwn || descriptor.key == node.key { noteOwn(log, descriptor, node) }
            checkLog(log, descriptor, node)
            if log.lsn <= seen, log.forest.count > node.counts[log.id] ?? 0 {
                violate(
                    "numbered moves", node, "holds more of log \(log.id.short) under no new number")
            }
            node.counts[log.id] = log.forest.count
            if log.lsn > seen {
                // A head may be that of more changes than are held: what is announced is what is held under it (L-30).
                let count = log.isOwn || log.head != nil ? log.forest.count : 0
                truth.moves[store.epoch, default: [:]][descriptor.space, default: []]
                    .append(Truth.Move(lsn: log.lsn, log: log.id, count: count))
            }
        }
        for (space, entry) in store.spaces.sorted(by: { $0.key < $1.key }) {
            checkCursors(node, entry.id, space)
            if moved.contains(entry.id) { checkState(node, entry) }
        }
    }

    /// Adds to the truth what the node itself has written, durably now.
    private func noteOwn(_ log: LogEntry, _ descriptor: LogDescriptor, _ node: SimulatedNode) {
        let known = UInt64(truth.logs[log.id]?.leaves.count ?? 0)
        guard log.forest.count > known, let store = node.store,
            let index = store.logIndices[log.id]
        else { return }
        guard log.isOwn else {
            return violate("own log", node, "holds more of its former log than it ever wrote")
        }
        for sequence in known + 1...log.forest.count {
            do {
                let leaf = try store.logReader.leaf(LocalDot(log: index, sequence: sequence, op: 0))
                truth.append(leaf, to: descriptor, by: node.index, at: time)
                if node.refused.contains(leaf) {
                    violate("refused writes", node, "has stored what it refused to write")
                }
                record.changes += 1
            } catch {
                violate("own log", node, "cannot read what it has just written: \(error)")
            }
        }
    }

    /// What is held of a log is what its author wrote: the same leaves, none left out, none beyond (I1, I2).
    private func checkLog(_ log: LogEntry, _ descriptor: LogDescriptor, _ node: SimulatedNode) {
        let count = log.forest.count
        guard let written = truth.logs[log.id] else {
            if count > 0 { violate("verified changes", node, "holds a log that nobody wrote") }
            return
        }
        guard count < UInt64(written.roots.count) else {
            return violate(
                "verified changes", node, "holds \(count) changes of a log of \(written.leaves.count)")
        }
        if log.forest.root(of: descriptor.fullID, hasher: MerkleHasher()) != written.roots[Int(count)] {
            violate(
                "own log never forks", node, "holds other changes than \(nodes[written.author].name) wrote")
        }
        checkHead(log, descriptor, written, node)
        if count < node.counts[log.id] ?? 0 {
            violate("monotonic reads", node, "held \(node.counts[log.id] ?? 0) changes, and now \(count)")
        }
        for delay in truth.hold(log.id, count, at: node.index, time: time) {
            record.delays[descriptor.space.short, default: []].append(delay)
        }
    }

    /// A head of more changes than are held is stored with what leads to it, or nobody could be shown what is held.
    private func checkHead(
        _ log: LogEntry, _ descriptor: LogDescriptor, _ written: Truth.Log, _ node: SimulatedNode
    ) {
        guard let head = log.head, head.count > log.forest.count, log.repair == nil,
            head.count < UInt64(written.roots.count)
        else { return }
        var whole = log.forest
        let leads = whole.append(bridge: log.bridge, to: head.count, hasher: MerkleHasher())
        if !leads
            || whole.root(of: descriptor.fullID, hasher: MerkleHasher()) != written.roots[Int(head.count)]
        {
            violate("provable changes", node, "holds changes of \(log.id.short) that it cannot prove")
        }
    }

    /// A cursor at lsn l of a peer means that every head which the peer had at l is held (I4).
    private func checkCursors(_ node: SimulatedNode, _ space: SpaceID, _ index: Int) {
        guard let cursors = try? node.store?.statements.cursors(space: index) else { return }
        for (peer, cursor) in cursors {
            guard let moves = truth.moves[cursor.epoch]?[space] else { continue }
            let key = SimulatedNode.FollowedPeer(space: space, epoch: cursor.epoch)
            var next = node.followed[key] ?? 0
            while next < moves.count, moves[next].lsn <= cursor.lsn {
                let move = moves[next]
                if node.counts[move.log] ?? 0 < move.count {
                    violate(
                        "cursors", node,
                        "follows \(name(of: peer)) to \(cursor.lsn) without change \(move.count) of \(author(of: move.log)), which came at \(move.lsn)"
                    )
                }
                next += 1
            }
            node.followed[key] = next
        }
    }

    /// Equal changes give equal states, and the state is that of the naive fold (I5).
    private func checkState(_ node: SimulatedNode, _ entry: SpaceEntry) {
        var fingerprint = Trail()
        var leaves: UInt64 = 0
        for log in truth.spaces[entry.id]?.logs ?? [] where log.channel != .control {
            let count = node.counts[log] ?? 0
            // Logs of which nothing is held leave no mark, so that later ones change nothing.
            guard count > 0 else { continue }
            fingerprint.note(log.value.bytes)
            fingerprint.note(count)
            leaves += count
        }
        let digest = entry.digest.value
        if let (other, name) = truth.digest(of: entry.id, fingerprint) {
            if other != digest {
                violate("convergence", node, "has the changes of \(name), and another state")
            }
            return
        }
        truth.note(digest, of: entry.id, fingerprint, at: node.name)
        // Folding from scratch costs what there is; the more there is, the more rarely it is done.
        guard leaves <= 48 || truth.drawsCheck(outOf: leaves / 24) else { return }
        record.foldsChecked += 1
        if NaiveFold(truth.history(of: entry.id, node.counts)).digest != digest {
            violate("the naive fold", node, "has another state than its \(leaves) changes give")
        }
    }

    private func name(of key: PublicKey) -> String { nodes.first { $0.key == key }?.name ?? key.short }

    private func author(of log: LogID) -> String {
        truth.logs[log].map { "\(nodes[$0.author].name)'s log \(log.short)" } ?? log.short
    }

    // MARK: Before anybody is told

    /// A write is about to be acknowledged: it must be in the store as it was encoded, and on the disk for good.
    func acknowledge(
        _ node: SimulatedNode, _ space: SpaceID, _ dot: Dot, _ leaf: [UInt8], at wall: WallTime,
        beganAt began: UInt64
    ) {
        trace.note(time, node.index, "acknowledged", dot.sequence)
        record.writes += 1
        record.acknowledgeTimes.append(time - began)
        guard let store = node.store, let index = store.logIndices[dot.log] else {
            return violate("acknowledged writes", node, "acknowledges what it does not hold")
        }
        do {
            if try store.logReader.leaf(LocalDot(log: index, sequence: dot.sequence, op: 0)) != leaf {
                violate("acknowledged writes", node, "holds other bytes than were written")
            }
        } catch {
            violate("acknowledged writes", node, "cannot read what it acknowledges: \(error)")
        }
        node.unnoted.append((dot.log, dot.sequence))
        if dot.log.channel != .control { checkStamp(node, leaf, at: wall) }
    }

    func newestStamp(of node: SimulatedNode) -> UInt64 { truth.newestStamp(node.counts) }

    /// A stamp comes after all that the node had seen, unless those are too far ahead of its clock, and never goes too
    /// far ahead itself (I13, C-4).
    private func checkStamp(_ node: SimulatedNode, _ leaf: [UInt8], at wall: WallTime) {
        var change = Change()
        guard (try? change.decode(leaf.span.bytes)) != nil else { return }
        let farthest = (wall.milliseconds + Clock.maximumLead) << 16
        if change.stamp <= min(node.newestStamp, farthest) {
            violate("stamps go forward", node, "stamps a change no later than one that it had seen")
        }
        if change.stamp > farthest + 1 {
            violate("stamps go forward", node, "lets its clock be led too far ahead")
        }
    }

    /// Whoever writes reads it at once, whatever the clocks say (C-9).
    func checkRead(
        _ node: SimulatedNode, _ incarnation: Int, _ dot: Dot, _ field: Field, _ value: [UInt8],
        isRegister: Bool
    ) {
        guard node.incarnation == incarnation, let view = node.view else { return }
        guard let record = try? view.record(dot), let shown = try? view.view(record) else { return }
        let isThere =
            isRegister
            ? shown.registers[field]?.value == value
            : shown.elements[field]?.contains { $0.value == value } ?? false
        // In one transaction with it another edit or a delete may have followed.
        if !isThere, node.jobsInLastCommit == 1 {
            violate("read your writes", node, "does not show what was just written to it")
        }
        self.record.readsChecked += 1
    }

    // MARK: After a process has started

    /// Nothing that was acknowledged is missing, and what is there is what was written.
    func checkStarted(_ node: SimulatedNode) {
        guard let store = node.store else { return }
        node.checkedLSN = 0
        node.followed = [:]
        let before = node.counts
        node.counts = [:]
        for log in store.logs.values.sorted(by: { $0.id < $1.id }) {
            // What was durable without having been acknowledged is as good as the rest.
            if log.isOwn { noteOwn(log, log.descriptor, node) }
        }
        truth.forgetMoves(of: store.epoch, above: store.lsn)
        // Numbers that are given anew speak of other moves.
        for other in nodes {
            for (peer, count) in other.followed where peer.epoch == store.epoch {
                other.followed[peer] = min(count, truth.moves[peer.epoch]?[peer.space]?.count ?? 0)
            }
        }
        checkStored(node)
        node.checkedLSN = store.lsn
        guard !node.wasRestored else {
            node.wasRestored = false
            return
        }
        for id in truth.logs.keys.sorted() {
            guard let log = truth.logs[id], log.author == node.index, !log.isCutShort else { continue }
            let held = node.counts[id] ?? 0
            if held < log.acknowledged {
                violate(
                    "acknowledged writes", node,
                    "acknowledged \(log.acknowledged) changes of its log and holds \(held) after a start")
            }
            if held < UInt64(log.leaves.count) {
                violate("durable before told", node, "lost what it had reported to be durable")
            }
        }
        for (id, count) in before where node.counts[id] ?? 0 < count {
            violate(
                "received changes", node,
                "held \(count) changes of \(id.short) before it stopped, and \(node.counts[id] ?? 0) after")
        }
    }

    // MARK: At rest

    /// Every node's state is the naive fold of its changes, and its reader shows what its writer wrote.
    func checkAtRest() {
        var judged: Set<Trail> = []
        for node in nodes {
            guard let store = node.store else { continue }
            for entry in store.spaces.values.sorted(by: { $0.id < $1.id }) {
                var fingerprint = Trail()
                fingerprint.note(entry.id.value.bytes)
                for log in truth.spaces[entry.id]?.logs ?? [] { fingerprint.note(node.counts[log] ?? 0) }
                guard judged.insert(fingerprint).inserted else { continue }
                record.foldsChecked += 1
                if NaiveFold(truth.history(of: entry.id, node.counts)).digest != entry.digest.value {
                    violate("the naive fold", node, "ends with another state than its changes give")
                }
            }
            do {
                for finding in try store.checkDatabase() {
                    // A bit that the scenario has turned is read as it was.
                    if case .page = finding { continue }
                    violate("a sound store", node, "\(finding)")
                }
                guard !node.hasRotted else { continue }
                for finding in try store.checkLogs() { violate("a sound log", node, "\(finding)") }
            } catch let error as DatabaseError where error.isDamage && node.hasRotted {
                // Of what the scenario has spoilt nobody has read this page yet; who does has the store mended.
                trace.note(time, node.index, "is to be mended")
            } catch {
                violate("a sound store", node, "cannot be read: \(error)")
            }
        }
    }
}
