internal import PLCOracle
import PLCSync

/// Dialling, sending, and the ends of connections.
extension SimulatedWorld {
    /// Whether nothing passes from `a` to `b` now.
    func isBlocked(_ a: Int, _ b: Int) -> Bool {
        cuts.values.contains {
            $0.from.contains(a) && $0.to.contains(b)
                || $0.bothWays && $0.from.contains(b) && $0.to.contains(a)
        }
    }

    // MARK: Dialling

    /// Dials over a line that is always used; `a` does, and now and then both at once.
    func dial(_ link: Int) {
        guard links[link].isOpen, links[link].connections.isEmpty else { return }
        let (a, b) = (links[link].a, links[link].b)
        open(link, dialer: a, purpose: .exchange)
        if random.once(in: 16) { open(link, dialer: b, purpose: .exchange) }
    }

    /// Dials for one exchange, and again after the interval.
    func meet(_ link: Int) {
        guard case .meet(let interval) = links[link].profile.manner else { return }
        if !links[link].isIdeal {
            schedule(
                .meet(link: link),
                after: interval - interval / 16 + UInt64(random.below(Int(interval / 8) + 1)))
        }
        guard links[link].isOpen, links[link].connections.isEmpty else { return }
        open(link, dialer: links[link].a, purpose: .exchange)
    }

    /// Begins a connection; it fails if nobody is there, or the line is cut.
    @discardableResult
    func open(_ link: Int, dialer: Int, purpose: Purpose) -> Bool {
        let listener = links[link].a == dialer ? links[link].b : links[link].a
        guard nodes[dialer].isRunning, !nodes[dialer].isFrozen else { return redial(link) }
        guard nodes[listener].isRunning, !isBlocked(dialer, listener), !isBlocked(listener, dialer) else {
            return redial(link)
        }
        let id = ConnectionID(nextConnection)
        nextConnection += 1
        connections[id] = SimulatedConnection(
            link: link, dialer: dialer, listener: listener, purpose: purpose, exporter: random.bytes(32),
            openedAt: time)
        links[link].connections.append(id)
        let latency = links[link].profile.latency
        // The dialer's handshake is over first, and the listener, who has looked at its key, speaks first.
        schedule(.connected(id, end: 0), after: 2 * latency)
        schedule(.connected(id, end: 1), after: 3 * latency + UInt64(random.below(3)))
        trace.note(time, dialer, "dials", UInt64(listener), id.value)
        return true
    }

    /// Sees to it that a line that is always used is dialled again; false.
    @discardableResult
    func redial(_ link: Int, afterConnectionOf lasted: UInt64 = 0) -> Bool {
        guard links[link].profile.manner == .stay, !links[link].isDialling, !links[link].isIdeal else {
            return false
        }
        links[link].isDialling = true
        let delay = links[link].policy.delay(afterConnectionOf: lasted, using: &random)
        schedule(.dial(link: link), after: delay)
        return false
    }

    /// The handshake is over for one end, which looks whether it knows the other.
    func connect(_ id: ConnectionID, _ end: Int) {
        guard let connection = connections[id], !connection.isCut else { return drop(id) }
        let (node, peer) = (nodes[connection.node(end)], nodes[connection.node(1 - end)])
        guard let host = node.host, !isBlocked(connection.dialer, connection.listener) else {
            return drop(id)
        }
        let admits =
            host.replica.knows(peer.key) || host.replica.admitsStrangers(at: node.now.wall)
            || end == 0 && connection.purpose != .exchange
        guard admits else { return drop(id) }
        connections[id]?.isOpen[end] = true
        trace.note(time, node.index, "connected", id.value)
        host.connected(
            id, peer: peer.key, exporter: connection.exporter, isDialer: end == 0,
            purpose: end == 0 ? connection.purpose : .exchange)
        keepTicking(node.index)
    }

    /// Both ends find that a connection is no more.
    func drop(_ id: ConnectionID) {
        guard connections[id] != nil else { return }
        connections[id]?.isCut = true
        for end in [0, 1] { schedule(.ended(id, end: end), after: UInt64(random.pick(1...200))) }
    }

    // MARK: Bytes

    /// Frames of so many bytes or fewer only say that somebody is there.
    private static let signOfLifeBytes = 16

    /// A node hands bytes to a connection.
    func sent(_ node: SimulatedNode, _ id: ConnectionID, _ bytes: [UInt8]) {
        guard let connection = connections[id] else { return }
        var hash = Trail()
        hash.note(bytes)
        trace.note(time, node.index, "sends", id.value, UInt64(bytes.count), hash.value)
        record.messages += 1
        if bytes.count > Self.signOfLifeBytes { node.lastActive = time }
        record.bytes += bytes.count
        guard !connection.isCut else { return }
        let end = 1 - connection.end(of: node.index)
        let direction = links[connection.link].direction(from: node.index)
        switch links[connection.link].send(bytes.count, direction, at: time, &random, &tally) {
        case .breaks(let delay):
            connections[id]?.isCut = true
            for end in [0, 1] { schedule(.ended(id, end: end), after: delay + UInt64(random.below(2_000))) }
        case .arrives(let delay):
            let arrival = max(time + delay, connection.lastArrival[end])
            connections[id]?.lastArrival[end] = arrival
            // Now and then a frame comes in two pieces.
            guard bytes.count > 1, random.once(in: 16) else {
                return queue.add(.arrived(id, end: end, bytes), at: arrival)
            }
            let split = random.pick(1...bytes.count - 1)
            queue.add(.arrived(id, end: end, Array(bytes[..<split])), at: arrival)
            queue.add(.arrived(id, end: end, Array(bytes[split...])), at: arrival)
        }
    }

    /// Bytes come in, unless they are stopped on the way.
    func arrive(_ id: ConnectionID, _ end: Int, _ bytes: [UInt8]) {
        guard let connection = connections[id], !connection.isCut else { return }
        let (from, to) = (connection.node(1 - end), connection.node(end))
        if isBlocked(from, to) || nodes[to].isFrozen || connection.isPaused[end]
            || !connection.stalled[end].isEmpty
        {
            connections[id]?.stalled[end].append(bytes)
            return
        }
        deliver(id, end, bytes)
    }

    private func deliver(_ id: ConnectionID, _ end: Int, _ bytes: [UInt8]) {
        guard let connection = connections[id], connection.isOpen[end] else { return }
        let to = connection.node(end)
        nodes[to].host?.received(id, bytes.span.bytes)
        keepTicking(to)
    }

    /// Lets pass what was stopped, where nothing stops it any more, within so many milliseconds.
    func releaseStalled(within limit: Int = 2_000) {
        for id in connections.keys.sorted() {
            for end in [0, 1] where isReleasable(id, end) && connections[id]?.isReleasing[end] == false {
                connections[id]?.isReleasing[end] = true
                schedule(.released(id, end: end), after: UInt64(random.pick(1...limit)))
            }
        }
    }

    private func isReleasable(_ id: ConnectionID, _ end: Int) -> Bool {
        guard let connection = connections[id], !connection.stalled[end].isEmpty, !connection.isCut else {
            return false
        }
        let (from, to) = (connection.node(1 - end), connection.node(end))
        return !isBlocked(from, to) && !nodes[to].isFrozen && !connection.isPaused[end]
    }

    /// What was stopped comes in, in order: what arrived in between has waited behind it.
    func release(_ id: ConnectionID, _ end: Int) {
        connections[id]?.isReleasing[end] = false
        while isReleasable(id, end), let bytes = connections[id]?.stalled[end].removeFirst() {
            deliver(id, end, bytes)
        }
    }

    /// A node takes no more from a connection for now.
    func pause(_ node: SimulatedNode, _ id: ConnectionID) {
        guard let connection = connections[id] else { return }
        connections[id]?.isPaused[connection.end(of: node.index)] = true
    }

    /// A node takes from a connection again.
    func resume(_ node: SimulatedNode, _ id: ConnectionID) {
        guard let connection = connections[id] else { return }
        connections[id]?.isPaused[connection.end(of: node.index)] = false
        releaseStalled(within: 1)
    }

    // MARK: Ends

    /// A node closes a connection after what it has sent.
    func closed(_ node: SimulatedNode, _ id: ConnectionID) {
        guard let connection = connections[id] else { return }
        let end = connection.end(of: node.index)
        let latency = links[connection.link].profile.latency
        if !connection.isCut {
            let arrival = max(time + latency, connection.lastArrival[1 - end])
            connections[id]?.lastArrival[1 - end] = arrival
            queue.add(.ended(id, end: 1 - end), at: arrival)
        }
        schedule(.ended(id, end: end), after: 1)
    }

    /// One end finds that the connection is no more.
    func disconnect(_ id: ConnectionID, _ end: Int) {
        guard let connection = connections[id] else { return }
        let node = connection.node(end)
        if connection.isOpen[end] {
            connections[id]?.isOpen[end] = false
            trace.note(time, node, "disconnected", id.value)
            nodes[node].host?.disconnected(id)
        }
        connections[id]?.closing[end] = true
        guard connections[id]?.closing == [true, true] else { return }
        connections[id] = nil
        links[connection.link].connections.removeAll { $0 == id }
        if links[connection.link].isOpen {
            redial(connection.link, afterConnectionOf: time - connection.openedAt)
        }
    }

    /// Ends what was dialled for one exchange and has nothing more to say.
    func endMeetings(of node: Int) {
        guard let host = nodes[node].host else { return }
        for id in host.channels.keys.sorted() {
            guard let connection = connections[id], connection.dialer == node,
                links[connection.link].profile.manner != .stay
            else { continue }
            let standing = host.status(of: id)
            let isDone =
                !standing.isEmpty && standing.allSatisfy(\.isInSync) && standing.allSatisfy(\.isQuiescent)
            let isLong = time - connection.openedAt > 30 * Milliseconds.minute
            let isStranger = standing.isEmpty && time - connection.openedAt > Milliseconds.minute
            if isDone || isLong || isStranger { host.step(.ended(id, .done)) }
        }
    }

    /// Opens or closes a line by its timetable, and notes when to do so next.
    func followTimetable(_ link: Int) {
        let timetable = links[link].profile.timetable
        let isOpen = timetable.isOpen(at: scenarioTime, start: plan.start)
        if let next = timetable.nextChange(after: scenarioTime, start: plan.start) {
            schedule(.timetable(link: link), at: next)
        }
        guard isOpen != links[link].isOpen || scenarioTime == 0 else { return }
        links[link].isOpen = isOpen
        trace.note(time, links[link].a, "line", UInt64(link), isOpen ? 1 : 0)
        record.lineChanged(link, isOpen: isOpen, at: scenarioTime)
        if isOpen {
            if links[link].profile.manner == .stay { redial(link, afterConnectionOf: .max) }
        } else {
            tally[.closures] += 1
            for id in links[link].connections { unplug(id) }
        }
    }

    /// Nothing passes any more; half of the time the ends are told, and else they have to find out.
    func unplug(_ id: ConnectionID) {
        connections[id]?.isCut = true
        for end in [0, 1] {
            // An end that is not told finds out after forty-five seconds without a word.
            let delay = random.once(in: 2) ? random.pick(1...2_000) : 120_000
            schedule(.ended(id, end: end), after: UInt64(delay))
        }
    }
}
