import PLCOracle
import PLCSync

/// One random history: a network, what happens to it, and the judgement at its end.
struct Scenario {
    let seed: UInt64
    var network: Network
    /// Whether nothing breaks on the way.
    let isFailureFree: Bool
    let description: String
    var healedAt: UInt64 = 0

    static let keys: [SigningKey] = (1...8).compactMap { SigningKey(seed: [UInt8](repeating: $0, count: 32)) }

    init(seed: UInt64) {
        self.seed = seed
        var network = Network(seed: seed)
        let count = [2, 2, 3, 3, 4, 6][network.random.below(6)]
        isFailureFree = network.random.once(in: 3)
        network.chunks = network.random.once(in: 8)
        let truth = Truth()
        var keys = Array(0..<Self.keys.count)
        keys.shuffle(using: &network.random)
        for node in 0..<count {
            network.nodes.append(
                MemoryNode(Self.keys[keys[node]], epoch: network.random.next(), truth: truth))
            network.incarnations.append(0)
            let skew = network.random.pick(0...600_000)
            network.nodes[node].now = Now(
                monotonic: 0, wall: WallTime(milliseconds: 1_700_000_000_000 + Int64(skew)))
        }
        let shape = network.random.below(3)
        for b in 1..<count {
            let ends: [Int]
            switch shape {
            case 0: ends = [b - 1]
            case 1: ends = [0]
            default: ends = (0..<b).filter { $0 == b - 1 || network.random.once(in: 2) }
            }
            for a in ends {
                network.links.append(Network.Link(a: a, b: b, latency: UInt64(network.random.pick(1...80))))
            }
        }
        self.network = network
        description =
            "\(count) nodes, \(["chain", "star", "mesh"][shape])" + (isFailureFree ? ", failure-free" : "")
        populate()
        schedule()
    }

    private mutating func populate() {
        let count = network.nodes.count
        var hasJoiner = false
        for _ in 0..<network.random.pick(1...3) {
            let founder = network.random.below(count)
            // The last one, without whom the others are still connected.
            let joiner = !hasJoiner && network.random.once(in: 2) ? count - 1 : nil
            hasJoiner = hasJoiner || joiner != nil
            let members = (0..<count).filter { $0 != joiner || $0 == founder }
            let areFounders = network.random.once(in: 2)
            let space = network.found(by: founder, with: members, areFounders: areFounders)
            for member in members where member != founder && !areFounders {
                if network.random.once(in: 4) {
                    network.queue.add(
                        .happened(.grant(space: space, node: member)), at: UInt64(network.random.below(5_000))
                    )
                } else {
                    network.grant(space, member, network.random.once(in: 3) ? .steward : .writer)
                }
            }
            if let joiner, joiner != founder { invite(joiner, space, isGranted: !areFounders) }
        }
    }

    /// Lets a node join over one of its links, whose other end becomes a steward if it is not one.
    private mutating func invite(_ joiner: Int, _ space: SpaceID, isGranted: Bool) {
        let links = network.links.indices.filter {
            network.links[$0].a == joiner || network.links[$0].b == joiner
        }
        let link = network.random.pick(links)
        let steward = network.links[link].a == joiner ? network.links[link].b : network.links[link].a
        if isGranted, steward != network.founders[space] { network.grant(space, steward, .steward) }
        network.queue.add(
            .happened(.invite(link: link, joiner: joiner, space: space)),
            at: UInt64(network.random.below(4_000)))
    }

    private mutating func schedule() {
        for link in network.links.indices {
            network.queue.add(.dialled(link: link), at: UInt64(network.random.below(1_500)))
        }
        network.queue.add(.ticked, at: 1_000)
        let busy = 8_000
        for _ in 0..<network.random.pick(0...16) {
            let node = network.random.below(network.nodes.count)
            network.queue.add(.happened(.write(node: node)), at: UInt64(network.random.below(busy)))
        }
        if network.random.once(in: 4) { burst() }
        guard !isFailureFree else { return }
        for _ in 0..<network.random.pick(1...5) {
            let node = network.random.below(network.nodes.count)
            let link = network.random.below(network.links.count)
            let pause = UInt64(network.random.pick(100...6_000))
            let happening: Network.Happening =
                switch network.random.below(6) {
                case 0, 1: .cut(link: link)
                case 2: .down(link: link, for: pause)
                case 3, 4: .crash(node: node)
                default: .full(node: node, for: pause)
                }
            network.queue.add(.happened(happening), at: UInt64(network.random.below(busy)))
        }
    }

    /// Lets one or two nodes write as fast as they can, so that announcements must wait for answers.
    private mutating func burst() {
        let start = network.random.pick(2_000...7_000)
        let pause = network.random.pick(0...20)
        for number in 0..<network.random.pick(10...30) {
            let node = network.random.below(min(2, network.nodes.count))
            network.queue.add(.happened(.write(node: node)), at: UInt64(start + number * pause))
        }
    }

    /// Keeps a line for everything that happens.
    mutating func trace() {
        network.trace = []
        for node in network.nodes.indices { network.nodes[node].keepsLines = true }
    }

    /// Whether an end has yet to find out that its connection is dead.
    private var hasHalfOpen: Bool {
        network.connections.contains { $0.isCut && ($0.isOpen[0] || $0.isOpen[1]) }
    }

    /// Whether all nodes hold the same of every space.
    private var hasConverged: Bool {
        network.spaces.allSatisfy { space in
            network.nodes.allSatisfy { node in
                guard let stored = node.disk.spaces[space] else { return false }
                return network.nodes.allSatisfy { other in
                    other.disk.spaces[space]?.logs.allSatisfy {
                        stored.logs[$0.key]?.count == $0.value.count
                    } ?? false
                }
            }
        }
    }

    /// Runs to the end; what was wrong, if anything was.
    mutating func run() -> [String] {
        // After sixteen seconds all faults are over.
        network.run(until: 16_000)
        network.isHealed = true
        healedAt = network.time
        while network.faults.isEmpty, !hasConverged || hasHalfOpen {
            network.run(until: network.time + 1_000)
            guard network.time < healedAt + 150_000 else { return ["I6: has not converged"] }
        }
        let convergedAt = network.time
        network.run(until: network.time + 5_000)
        guard network.faults.isEmpty else { return network.faults }
        let frames = network.frames - network.signsOfLife
        network.run(until: network.time + 20_000)
        var faults = network.faults
        if frames != network.frames - network.signsOfLife { faults.append("is not quiet") }
        for node in network.nodes.indices { network.nodes[node].checkAtRest() }
        faults += network.faults
        faults += disagreements()
        if isFailureFree { faults += duplicates() + excess() }
        if convergedAt - healedAt > 90_000 { faults.append("I6: took \(convergedAt - healedAt) ms") }
        return faults
    }

    private mutating func disagreements() -> [String] {
        var faults: [String] = []
        for space in network.spaces {
            let digests = Set(network.nodes.map { $0.digest(space) })
            if digests.count != 1 { faults.append("I5: equal changes, and different states") }
        }
        for index in network.connections.indices where !network.connections[index].isCut {
            for end in [0, 1] where network.connections[index].isOpen[end] {
                let node = network.connections[index].node(end)
                for space in network.spaces
                where !network.nodes[node].replica.isInSync(ConnectionID(UInt64(index)), space) {
                    faults.append("\(node) does not know that it is in sync over \(index)")
                }
            }
        }
        return faults
    }

    /// Without failures what passes is what was missing, and something for each move of a head and each meeting (I21).
    private func excess() -> [String] {
        let spaces = network.nodes.flatMap { $0.disk.spaces.values }
        let missing = spaces.flatMap(\.logs.values).filter { !$0.isOwn }.flatMap(\.leaves)
            .reduce(0) { $0 + $1.count }
        let moves = spaces.reduce(0) { $0 + $1.moves.count }
        let degree =
            network.nodes.indices.map { node in
                network.links.count { $0.a == node || $0.b == node }
            }.max() ?? 0
        let meetings = network.connections.count * (1 + network.spaces.count)
        let bound = missing + 300 * moves * degree + 400 * meetings + 10 * network.signsOfLife
        return network.bytes <= bound ? [] : ["I21: \(network.bytes) bytes passed, \(bound) are allowed"]
    }

    /// Without failures every leaf comes to every node once (I14).
    private func duplicates() -> [String] {
        var faults: [String] = []
        for node in network.nodes.indices {
            let held = network.nodes[node].disk.spaces.values.reduce(0) { sum, space in
                sum + space.logs.values.filter { !$0.isOwn }.reduce(0) { $0 + $1.leaves.count }
            }
            let carried = network.nodes[node].leavesCarried
            if carried != held { faults.append("I14: \(node) holds \(held), and was sent \(carried)") }
        }
        return faults
    }
}
