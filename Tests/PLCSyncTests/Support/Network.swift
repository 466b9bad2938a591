import PLCOracle
import PLCSync

/// Nodes, the links between them, and virtual time; everything that happens follows from the seed.
///
/// Connections are streams of bytes: in order, without loss, until they are cut.
struct Network {
    /// Two nodes that may connect.
    struct Link {
        let a: Int
        let b: Int
        /// In milliseconds, one way.
        let latency: UInt64
        var isUp = true
        /// The node that may dial, if not both.
        var joiner: (node: Int, request: JoinRequest)?
    }

    /// One connection, as its two ends see it.
    struct Connection {
        let link: Int
        let dialer: Int
        let listener: Int
        /// Whether the end still counts it as open; index 0 is the dialer's.
        var isOpen = [true, true]
        /// Whether bytes still pass.
        var isCut = false
        /// When the last bytes for each end arrive.
        var lastArrival: [UInt64] = [0, 0]
        /// What each end has received of a frame that is not whole.
        var partial: [[UInt8]] = [[], []]

        func node(_ end: Int) -> Int { end == 0 ? dialer : listener }
    }

    enum Event {
        case connected(connection: Int, end: Int)
        case arrived(connection: Int, end: Int, bytes: [UInt8])
        case disconnected(connection: Int, end: Int)
        case committed(node: Int, incarnation: Int)
        case answered(node: Int, incarnation: Int)
        case admitted(node: Int, incarnation: Int)
        case founded(node: Int, incarnation: Int)
        case ticked
        case dialled(link: Int)
        case happened(Happening)
    }

    /// What the scenario does to the network.
    enum Happening {
        case write(node: Int)
        case cut(link: Int)
        case down(link: Int, for: UInt64)
        case crash(node: Int)
        case full(node: Int, for: UInt64)
        case empty(node: Int)
        case up(link: Int)
        case invite(link: Int, joiner: Int, space: SpaceID)
        case grant(space: SpaceID, node: Int)
    }

    var random: SplitMix64
    var time: UInt64 = 0
    var nodes: [MemoryNode] = []
    var incarnations: [Int] = []
    var links: [Link] = []
    var connections: [Connection] = []
    var queue = EventQueue<Event>()
    var spaces: [SpaceID] = []
    var founders: [SpaceID: Int] = [:]
    var records: [SpaceID: [Dot]] = [:]
    var isHealed = false
    private var hasFaults = false
    var chunks = false
    var trace: [String]?
    var frames = 0
    var signsOfLife = 0
    var bytes = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    // MARK: Running

    /// Runs until `end`, or until a fault shows.
    mutating func run(until end: UInt64) {
        while let due = queue.nextTime, due <= end, !hasFaults {
            guard let (at, event) = queue.next() else { return }
            time = at
            happen(event)
        }
        if !hasFaults { time = end }
    }

    var faults: [String] { nodes.flatMap(\.faults) }

    private mutating func happen(_ event: Event) {
        switch event {
        case .connected(let id, let end): connect(id, end)
        case .arrived(let id, let end, let bytes): arrive(id, end, bytes)
        case .disconnected(let id, let end): disconnect(id, end)
        case .committed(let node, let incarnation):
            guard incarnations[node] == incarnation else { return }
            onNode(node) { $0.carryOutCommit() }
        case .answered(let node, let incarnation):
            guard incarnations[node] == incarnation else { return }
            onNode(node) { $0.carryOutRead() }
        case .admitted(let node, let incarnation):
            guard incarnations[node] == incarnation else { return }
            onNode(node) { $0.carryOutAdmission() }
        case .founded(let node, let incarnation):
            guard incarnations[node] == incarnation else { return }
            onNode(node) { $0.carryOutFounding() }
        case .ticked:
            for node in nodes.indices { onNode(node) { $0.step(.ticked) } }
            queue.add(.ticked, at: time + 1_000)
        case .dialled(let link): dial(link)
        case .happened(let happening): happen(happening)
        }
    }

    /// Lets a node do something, and puts what follows from it into the future.
    mutating func onNode(_ node: Int, _ body: (inout MemoryNode) -> Void) {
        let wall = nodes[node].now.wall.milliseconds - nodes[node].now.monotonic + time
        nodes[node].now = Now(monotonic: time, wall: WallTime(milliseconds: Int64(wall)))
        let before = nodes[node].ordered
        body(&nodes[node])
        let incarnation = incarnations[node]
        for _ in before.commits..<nodes[node].ordered.commits {
            queue.add(.committed(node: node, incarnation: incarnation), at: time + delay(20))
        }
        for _ in before.reads..<nodes[node].ordered.reads {
            queue.add(.answered(node: node, incarnation: incarnation), at: time + delay(5))
        }
        if !nodes[node].admissions.isEmpty {
            queue.add(.admitted(node: node, incarnation: incarnation), at: time + delay(30))
        }
        if !nodes[node].foundings.isEmpty {
            queue.add(.founded(node: node, incarnation: incarnation), at: time + delay(30))
        }
        if !nodes[node].faults.isEmpty { hasFaults = true }
        flush(node)
    }

    private mutating func delay(_ limit: Int) -> UInt64 { UInt64(random.pick(1...limit)) }

    private mutating func flush(_ node: Int) {
        if trace != nil {
            trace? += nodes[node].lines.map { "\(time) \(node) sends on \($0.connection.value) \($0.line)" }
            nodes[node].lines = []
        }
        let outbox = nodes[node].outbox
        let closing = nodes[node].closing
        nodes[node].outbox = []
        nodes[node].closing = []
        for (id, frame) in outbox {
            let index = Int(id.value)
            frames += 1
            bytes += frame.count
            if frame[0] == Frame.Kind.ping.rawValue || frame[0] == Frame.Kind.pong.rawValue {
                signsOfLife += 1
            }
            let end = connections[index].dialer == node ? 1 : 0
            guard !connections[index].isCut else { continue }
            let arrival = max(
                time + links[connections[index].link].latency, connections[index].lastArrival[end])
            connections[index].lastArrival[end] = arrival
            guard chunks, frame.count > 1 else {
                queue.add(.arrived(connection: index, end: end, bytes: frame), at: arrival)
                continue
            }
            let split = random.pick(1...frame.count - 1)
            queue.add(.arrived(connection: index, end: end, bytes: Array(frame[..<split])), at: arrival)
            queue.add(.arrived(connection: index, end: end, bytes: Array(frame[split...])), at: arrival)
        }
        for id in closing {
            let index = Int(id.value)
            let end = connections[index].dialer == node ? 1 : 0
            let arrival = max(
                time + links[connections[index].link].latency, connections[index].lastArrival[end])
            if !connections[index].isCut {
                queue.add(.disconnected(connection: index, end: end), at: arrival)
            }
            queue.add(.disconnected(connection: index, end: 1 - end), at: time + delay(10))
        }
    }

    // MARK: Connections

    /// Whether an end of the link has a connection open on it.
    private func isConnected(_ link: Int) -> Bool {
        connections.contains { $0.link == link && ($0.isOpen[0] || $0.isOpen[1]) }
    }

    private mutating func dial(_ link: Int) {
        guard links[link].isUp, !isConnected(link) else { return }
        let (a, b) = (links[link].a, links[link].b)
        if let joiner = links[link].joiner {
            let isDone = nodes[joiner.node].disk.spaces[joiner.request.space] != nil
            if !isDone { return open(link, joiner.node, joiner.node == a ? b : a) }
            links[link].joiner = nil
        }
        let dialers = random.once(in: 4) ? [a, b] : random.once(in: 2) ? [a] : [b]
        for dialer in dialers { open(link, dialer, dialer == a ? b : a) }
    }

    private mutating func open(_ link: Int, _ dialer: Int, _ listener: Int) {
        connections.append(Connection(link: link, dialer: dialer, listener: listener))
        let index = connections.count - 1
        let latency = links[link].latency
        for end in [0, 1] {
            let at = time + latency + delay(3)
            connections[index].lastArrival[end] = at
            queue.add(.connected(connection: index, end: end), at: at)
        }
    }

    private mutating func connect(_ index: Int, _ end: Int) {
        let connection = connections[index]
        let (node, other) = (connection.node(end), connection.node(1 - end))
        var purpose = Purpose.exchange
        if end == 0, let joiner = links[connection.link].joiner, joiner.node == node {
            purpose = .join(joiner.request)
        }
        var exporter = SplitMix64(seed: UInt64(index) &* 0x1234_5677 &+ 5)
        let secret = exporter.bytes(32)
        let nonce = random.nonce()
        let peer = nodes[other].key
        let epoch = nodes[other].disk.epoch
        let id = ConnectionID(UInt64(index))
        if trace != nil { trace?.append("\(time) \(node) connects to \(other) on \(index), end \(end)") }
        guard connection.isOpen[end] else { return }
        onNode(node) { node in
            node.peerEpochs[id] = epoch
            node.step(
                .connected(
                    id, peer: peer, exporter: secret, isDialer: end == 0, nonce: nonce, purpose: purpose))
        }
    }

    private mutating func arrive(_ index: Int, _ end: Int, _ bytes: [UInt8]) {
        guard connections[index].isOpen[end], !connections[index].isCut else { return }
        connections[index].partial[end] += bytes
        guard let frames = try? takeFrames(&connections[index].partial[end]) else {
            return onNode(connections[index].node(end)) { $0.faults.append("a frame that no peer may send") }
        }
        let node = connections[index].node(end)
        for (type, body) in frames {
            onNode(node) { $0.step(.received(ConnectionID(UInt64(index)), type: type, body: body)) }
        }
    }

    private mutating func disconnect(_ index: Int, _ end: Int) {
        guard connections[index].isOpen[end] else { return }
        connections[index].isOpen[end] = false
        if trace != nil { trace?.append("\(time) end \(end) of \(index) is gone") }
        onNode(connections[index].node(end)) { $0.step(.disconnected(ConnectionID(UInt64(index)))) }
        redial(connections[index].link)
    }

    private mutating func redial(_ link: Int) {
        guard links[link].isUp else { return }
        queue.add(.dialled(link: link), at: time + UInt64(random.pick(200...2_000)))
    }

    private mutating func cut(_ link: Int) {
        for index in connections.indices where connections[index].link == link && !connections[index].isCut {
            connections[index].isCut = true
            // One end may take its time to notice; a very long one is for the other end's PING to find.
            for end in [0, 1] {
                let pause = random.once(in: 12) && !isHealed ? 50_000 : random.pick(1...2_000)
                queue.add(.disconnected(connection: index, end: end), at: time + UInt64(pause))
            }
        }
    }

    // MARK: What happens to it

    private mutating func happen(_ happening: Happening) {
        if trace != nil { trace?.append("\(time) \(happening)") }
        switch happening {
        case .write(let node): write(node)
        case .cut(let link): cut(link)
        case .down(let link, let pause):
            links[link].isUp = false
            cut(link)
            queue.add(.happened(.up(link: link)), at: time + pause)
        case .up(let link):
            links[link].isUp = true
            redial(link)
        case .crash(let node): crash(node)
        case .full(let node, let pause):
            nodes[node].isFull = true
            queue.add(.happened(.empty(node: node)), at: time + pause)
        case .empty(let node): nodes[node].isFull = false
        case .invite(let link, let joiner, let space): invite(link, joiner, space)
        case .grant(let space, let node): grant(space, node, .writer)
        }
    }

    private mutating func crash(_ node: Int) {
        incarnations[node] += 1
        for index in connections.indices {
            for end in [0, 1] where connections[index].node(end) == node && connections[index].isOpen[end] {
                connections[index].isOpen[end] = false
                connections[index].isCut = true
                queue.add(.disconnected(connection: index, end: 1 - end), at: time + delay(1_500))
                redial(connections[index].link)
            }
        }
        onNode(node) { $0.restart() }
    }

    /// Founds a space by the first of `members`, and lets all of them hold it; the others are granted or founders.
    mutating func found(by founder: Int, with members: [Int], areFounders: Bool) -> SpaceID {
        let founders = areFounders ? [founder] + members.filter { $0 != founder } : [founder]
        let genesis = Genesis(
            level: .team, founders: founders.map { nodes[$0].key }, nonce: random.nonce(), parent: nil
        ).encoded
        let id = SpaceID(genesis: genesis)
        spaces.append(id)
        self.founders[id] = founder
        for member in members { onNode(member) { $0.found(genesis) } }
        return id
    }

    mutating func grant(_ space: SpaceID, _ node: Int, _ role: Role) {
        guard let founder = founders[space] else { return }
        var draft = Draft()
        draft.append(.grant(nodes[node].key, role, name: "n\(node)", invitation: nil))
        onNode(founder) { $0.write(draft, space, .control) }
    }

    private mutating func invite(_ link: Int, _ joiner: Int, _ space: SpaceID) {
        let steward = links[link].a == joiner ? links[link].b : links[link].a
        guard nodes[steward].disk.spaces[space]?.membership.role(of: nodes[steward].key) == .steward else {
            // It has not heard yet that it may.
            let again = Happening.invite(link: link, joiner: joiner, space: space)
            return queue.add(.happened(again), at: time + 500)
        }
        let seed = random.bytes(32)
        guard let key = SigningKey(seed: seed) else { return }
        var draft = Draft()
        draft.append(.invite(key.publicKey, .writer, expiry: .max >> 1))
        onNode(steward) { $0.write(draft, space, .control) }
        links[link].joiner = (joiner, JoinRequest(space: space, seed: seed, name: "j\(joiner)"))
        // An invitation is taken up in a connection of its own.
        cut(link)
        redial(link)
    }

    /// Whether the node may write, by its own state.
    private func mayWrite(_ node: Int, _ space: SpaceID) -> Bool {
        guard let stored = nodes[node].disk.spaces[space] else { return false }
        return stored.membership.counts(nodes[node].key, in: .core)
    }

    private mutating func write(_ node: Int) {
        let space = random.pick(spaces)
        guard mayWrite(node, space) else { return }
        let known = records[space] ?? []
        var draft = Draft()
        let value = [UInt8(random.below(24))]
        let choice = known.isEmpty ? 0 : random.below(6)
        switch choice {
        case 0, 1:
            draft.append(.create(kind: 1, initial: [(.number(1), value)], owned: false))
            if random.once(in: 2) { draft.append(.add(.op(0), .number(2), value, seen: [])) }
        case 2, 3:
            draft.append(
                .set(.dot(random.pick(known)), [(.number(UInt64(random.below(3))), value)], over: nil))
        case 4:
            let large =
                random.once(in: 8) ? [0x59, 0x75, 0x30] + [UInt8](repeating: 7, count: 30_000) : value
            draft.append(.add(.dot(random.pick(known)), .number(2), large, seen: []))
        default:
            draft.append(.delete(.dot(random.pick(known))))
        }
        var dot: Dot?
        onNode(node) { dot = $0.write(draft, space) }
        if choice < 2, let dot { records[space, default: []].append(dot) }
    }
}
