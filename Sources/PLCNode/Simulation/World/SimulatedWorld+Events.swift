internal import PLCOracle
import PLCSync

/// What the plan lets happen.
extension SimulatedWorld {
    // MARK: The beginning

    /// Founds the spaces, introduces their members to each other, and puts everything that will happen in the queue.
    func setUp() {
        for node in nodes where plan.nodes[node.index].startsAt == 0 { power(node.index) }
        for space in plan.spaces { found(space) }
        introduce()
        for link in links.indices where !links[link].isIdeal {
            links[link].isOpen = false
            schedule(.timetable(link: link), at: 0)
            switch links[link].profile.manner {
            case .stay: break  // It is dialled as soon as it opens.
            case .meet(let interval): schedule(.meet(link: link), at: UInt64(random.below(Int(interval))))
            }
        }
        for index in plan.events.indices { schedule(.plan(index), at: plan.events[index].time) }
        for (index, expectation) in plan.expectations.enumerated() {
            if case .equal(_, let by) = expectation, by < plan.length { schedule(.expect(index), at: by) }
        }
        schedule(.midnight, at: 0)
        schedule(.sample, at: 0)
    }

    private func found(_ planned: ScenarioPlan.Space) {
        let founder = index(planned.founder)
        let parent = planned.parent.flatMap { name in spaces.first { $0.name == name }?.id }
        let genesis = Genesis(
            level: planned.level, founders: [nodes[founder].key], nonce: random.nonce(), parent: parent
        ).encoded
        var space = SimulatedSpace(
            name: planned.name, id: SpaceID(genesis: genesis), genesis: genesis, founder: founder,
            members: [:])
        for member in planned.members {
            space.members[index(member.node)] = (member.role, member.joinsAt)
        }
        spaces.append(space)
        truth.add(
            space.id, genesis: genesis, members: Set(space.members.filter { $0.value.joinsAt == 0 }.keys))
        hold(space.id, genesis, at: founder)
        for member in space.memberIndices where member != founder {
            guard let (role, joinsAt) = space.members[member], joinsAt == 0 else { continue }
            write(at: founder, space.id, .control, isSetUp: true) { _, _, _ in
                var draft = Draft()
                draft.append(
                    .grant(self.nodes[member].key, role, name: self.nodes[member].name, invitation: nil))
                return draft
            }
            hold(space.id, genesis, at: member)
        }
    }

    /// Lets a node hold a space from its beginning on.
    private func hold(_ space: SpaceID, _ genesis: [UInt8], at node: Int) {
        let machine = nodes[node]
        machine.submit({ try $0.snapshot(try $0.add(genesis: genesis)) }) { [unowned self] result in
            switch result {
            case .success(let snapshot): machine.host?.step(.opened(snapshot))
            case .failure(let error): complained(machine, "a space cannot be held: \(error)")
            }
        }
    }

    /// Lets every member meet the founder of its spaces once, over lines that are never used again.
    private func introduce() {
        var pairs: Set<[Int]> = []
        var at: UInt64 = 2_000
        let step = Milliseconds.minute * 50 / UInt64(max(1, spaces.reduce(1) { $0 + $1.members.count }))
        for space in spaces {
            for member in space.memberIndices
            where member != space.founder && space.members[member]?.joinsAt == 0 {
                guard pairs.insert([member, space.founder]).inserted else { continue }
                let link = addIdealLink(member, space.founder)
                queue.add(.meet(link: link), at: at)
                at += max(1, step)
            }
        }
    }

    private func addIdealLink(_ a: Int, _ b: Int) -> Int {
        var profile = LinkProfile()
        profile.latency = 1
        profile.manner = .meet(every: Milliseconds.hour)
        var link = SimulatedLink(a: a, b: b, profile: profile)
        link.isIdeal = true
        links.append(link)
        return links.count - 1
    }

    /// Somebody is invited, by the founder in person.
    func invite(_ node: Int, _ space: Int) {
        let (id, founder) = (spaces[space].id, spaces[space].founder)
        guard let role = spaces[space].members[node]?.role, !nodes[node].hasLeft else { return }
        if !nodes[node].isRunning { power(node) }
        // Whoever was welcomed and cut off before it had heard of its own grant comes again.
        guard nodes[node].host?.replica.role(of: nodes[node].key, in: id) == nil else { return }
        guard nodes[founder].isRunning, nodes[node].isRunning, !isBlocked(node, founder),
            !isBlocked(founder, node)
        else { return schedule(.invite(node: node, space: space), after: 10 * Milliseconds.minute) }
        schedule(.invite(node: node, space: space), after: 10 * Milliseconds.minute)
        if nodes[node].host?.replica.holds(id) == true {
            open(addIdealLink(node, founder), dialer: node, purpose: .exchange)
            return
        }
        tally[.lateJoiners] += 1
        let seed = random.bytes(32)
        guard let key = SigningKey(seed: seed) else {
            preconditionFailure("thirty-two bytes are a key's seed")
        }
        write(at: founder, id, .control, isSetUp: true) { _, _, _ in
            var draft = Draft()
            draft.append(.invite(key.publicKey, role, expiry: .max >> 1))
            return draft
        }
        truth.join(id, node)
        let link = addIdealLink(node, founder)
        let request = JoinRequest(space: id, seed: seed, name: nodes[node].name)
        // By the time it dials, the invitation is durable.
        schedule(.join(node: node, request, link: link), after: 5_000)
    }

    /// Asks to be admitted: over a connection that stands, since of two one is closed, or over a new one.
    func join(_ node: Int, _ request: JoinRequest, _ link: Int) {
        let pair = [links[link].a, links[link].b]
        let standing = connections.keys.sorted().first { id in
            guard let connection = connections[id] else { return false }
            return pair.contains(connection.dialer) && pair.contains(connection.listener)
                && connection.isOpen == [true, true] && !connection.isCut
        }
        guard let standing, let host = nodes[node].host else {
            open(link, dialer: node, purpose: .join(request))
            return
        }
        host.step(.join(standing, request))
    }

    // MARK: Events

    /// Carries out one step of the plan.
    func carryOut(_ step: ScenarioPlan.Step) {
        trace.note(time, -1, "event")
        switch step {
        case .cut(let id, let from, let to, let bothWays, let isPartition):
            cuts[id] = (Set(from.map(index)), Set(to.map(index)), bothWays)
            tally[isPartition ? .partitions : .cuts] += 1
        case .mend(let id):
            cuts[id] = nil
            releaseStalled()
        case .mendAll:
            cuts = [:]
            releaseStalled()
        case .kill(let name): kill(index(name), power: false)
        case .powerCut(let name): kill(index(name), power: true)
        case .start(let name): power(index(name))
        case .freeze(let name):
            nodes[index(name)].isFrozen = true
            tally[.freezes] += 1
        case .thaw(let name): thaw(index(name))
        case .backUp(let name, let id): backUp(index(name), id)
        case .restore(let name, let id, let manner): restore(index(name), id, manner)
        case .clock(let name, let offset, let drift):
            nodes[index(name)].clock.set(offset: offset, drift: drift, at: time)
            if offset != 0 || drift != 0 { tally[.wrongClocks] += 1 }
        case .disk(let name, let fault): spoil(index(name), fault)
        case .diskMended(let name, let fault): mend(index(name), fault)
        case .bitRot(let name, let bits): rot(index(name), bits)
        case .join(let name, let joined):
            for space in spaces.indices where joined.contains(spaces[space].name) {
                invite(index(name), space)
            }
        case .leave(let name): leave(index(name))
        case .write(let name, let count, let kind, let names):
            let allowed = spaces.indices.filter { names.contains(spaces[$0].name) }
            for _ in 0..<count { work(index(name), kind, allowed, false) }
        case .clone, .hostile, .honest, .equivocate, .oldVersion, .newVersion:
            preconditionFailure("the runner refuses scenarios that wait for \(step)")
        }
    }

    /// The process dies now, or inside one of its next operations.
    private func kill(_ node: Int, power: Bool) {
        guard nodes[node].isRunning else { return }
        tally[power ? .powerCuts : .kills] += 1
        nodes[node].isStopped = true
        // Half of the time it dies in the middle of a transaction, if it has one to do.
        if random.once(in: 2) {
            nodes[node].stopIsPowerCut = power
            nodes[node].disk.faults.stopAfter = random.below(12)
            work(node, .goal, spaces.indices.filter { spaces[$0].members[node] != nil }, false)
            return schedule(.stop(node: node, power: power, incarnation: nodes[node].incarnation), after: 200)
        }
        endProcess(node, power: power)
    }

    /// The process is over, however it came to that.
    func endProcess(_ node: Int, power: Bool) {
        guard nodes[node].isRunning else { return }
        for id in connections.keys.sorted() {
            guard let connection = connections[id],
                connection.dialer == node || connection.listener == node
            else { continue }
            let end = connection.end(of: node)
            connections[id]?.isOpen[end] = false
            connections[id]?.isCut = true
            schedule(.ended(id, end: end), after: 1)
            // Without power nobody says goodbye.
            schedule(.ended(id, end: 1 - end), after: UInt64(power ? 120_000 : random.pick(1...500)))
        }
        let before = nodes[node].disk.tally
        nodes[node].end(power: power)
        record.nodeChanged(node, isRunning: false, at: scenarioTime)
        tally[.lostWrites] += nodes[node].disk.tally.lostWrites - before.lostWrites
        tally[.tornWrites] += nodes[node].disk.tally.tornWrites - before.tornWrites
        held[node] = nil
    }

    /// The process is started, if it does not run, and looked at before it does anything.
    func power(_ node: Int) {
        nodes[node].isStopped = false
        restart(node)
    }

    func restart(_ node: Int) {
        let machine = nodes[node]
        guard !machine.isRunning, !machine.isStopped, !machine.hasLeft else { return }
        do {
            try machine.start()
        } catch {
            trace.note(time, node, "cannot start")
            record.complaints["cannot start: \(error)", default: 0] += 1
            return schedule(.restart(node: node), after: Milliseconds.minute)
        }
        trace.note(time, node, "starts", machine.store?.lsn ?? 0)
        record.nodeChanged(node, isRunning: true, at: scenarioTime)
        checkStarted(machine)
        for link in links.indices where links[link].a == node || links[link].b == node { redial(link) }
    }

    private func thaw(_ node: Int) {
        nodes[node].isFrozen = false
        for happening in held.removeValue(forKey: node) ?? [] {
            schedule(happening, after: UInt64(random.pick(1...50)))
        }
        releaseStalled()
    }

    private func leave(_ node: Int) {
        endProcess(node, power: true)
        nodes[node].hasLeft = true
        tally[.departures] += 1
        truth.leave(node)
    }

    // MARK: Disks

    private func backUp(_ node: Int, _ id: Int) {
        // A copy that the program itself makes, of one moment: the store has nothing in its write-ahead log then.
        guard let store = nodes[node].store else { return }
        try? store.settle()
        backups[id] = nodes[node].disk.copy()
    }

    private func restore(_ node: Int, _ id: Int, _ manner: Scenario.RestoreManner) {
        guard let copy = backups[id] else { return }
        endProcess(node, power: false)
        let before = nodes[node].disk.copy()
        nodes[node].disk.replace(with: copy)
        schedule(.restart(node: node), after: 60_000)
        do {
            try nodes[node].renewIncarnation()
        } catch {
            // The program puts a restored folder in its place when all else is done, and not otherwise.
            nodes[node].disk.replace(with: before)
            return complained(nodes[node], "cannot be restored: \(error)")
        }
        tally[.restores] += 1
        renewed(nodes[node])
    }

    /// A node begins anew with a store that may lack what it had.
    private func renewed(_ node: SimulatedNode) {
        truth.restored(node.index)
        node.wasRestored = true
    }

    /// A node's store was mended as it started.
    func mended(_ node: SimulatedNode) {
        trace.note(time, node.index, "is mended")
        record.complaints["the store is mended", default: 0] += 1
        renewed(node)
    }

    private func spoil(_ node: Int, _ fault: Scenario.DiskFault) {
        let disk = nodes[node].disk
        switch fault {
        case .full:
            // So much room that now and then what is small still fits.
            disk.faults.capacity = disk.usedBytes + random.pick(1...12) * 4_096
            tally[.fullDisks] += 1
        case .failing:
            disk.faults.failingSync = random.below(4)
            tally[.diskErrors] += 1
        case .torn: break  // Every power cut tears writes that are in doubt.
        }
    }

    private func mend(_ node: Int, _ fault: Scenario.DiskFault) {
        switch fault {
        case .full: nodes[node].disk.faults.capacity = nil
        case .failing: nodes[node].disk.faults.failingSync = nil
        case .torn: break
        }
    }

    private func rot(_ node: Int, _ bits: Int) {
        for _ in 0..<bits {
            let bytes = nodes[node].disk.bytes(of: SimulatedNode.storePath)
            guard bytes > 0 else { return }
            nodes[node].hasRotted = true
            nodes[node].disk.flipBit(of: SimulatedNode.storePath, at: random.below(bytes * 8))
            tally[.bitFlips] += 1
        }
    }
}
