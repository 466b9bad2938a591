import PLCSync

/// One log as a store holds it: its leaves, and every node of its forest.
struct DiskLog: ForestReader, Sendable {
    let descriptor: LogDescriptor
    let isOwn: Bool
    var leaves: [[UInt8]] = []
    var forest = Forest()
    var nodes: [Block: Bytes32] = [:]
    var head: Head?
    var headRoot: Bytes32?
    var lsn: UInt64 = 0

    init(_ descriptor: LogDescriptor, isOwn: Bool) {
        self.descriptor = descriptor
        self.isOwn = isOwn
    }

    /// The length that is announced.
    var count: UInt64 { isOwn ? forest.count : head?.count ?? 0 }

    mutating func append(_ leaf: [UInt8], _ hasher: MerkleHasher) {
        leaves.append(leaf)
        let hash = hasher.leaf(leaf.span.bytes)
        var nodes = self.nodes
        self.nodes = [:]
        forest.append(hash, hasher: hasher) { block, hash in nodes[block] = hash }
        self.nodes = nodes
    }

    func hash(of block: Block) throws -> Bytes32 {
        guard let hash = nodes[block] else { preconditionFailure("\(block) is not in the log") }
        return hash
    }

    var snapshot: LogSnapshot {
        LogSnapshot(
            descriptor: descriptor, forest: forest, head: head, headRoot: headRoot, lsn: lsn, isOwn: isOwn)
    }
}

/// One space as a store holds it, and the history of its heads.
struct DiskSpace: Sendable {
    /// That the head of a log came to be `count` long as number `lsn`.
    struct Move: Sendable {
        let lsn: UInt64
        let log: LogID
        let count: UInt64
    }

    let genesis: [UInt8]
    private(set) var membership: Membership
    var logs: [LogID: DiskLog] = [:]
    var cursors: [PublicKey: Cursor] = [:]
    var moves: [Move] = []

    init(genesis bytes: [UInt8]) {
        guard let decoded = try? Genesis(bytes) else { preconditionFailure("a bad genesis on disk") }
        genesis = bytes
        membership = Membership(decoded)
    }

    /// Takes note of leaves that were stored.
    mutating func note(_ leaves: [[UInt8]], of descriptor: LogDescriptor) {
        guard descriptor.channel == .control else { return }
        membership.insert(leaves, by: descriptor.key)
    }

    var snapshot: SpaceSnapshot {
        let sorted = logs.keys.sorted().compactMap { logs[$0] }
        let control = sorted.filter { $0.descriptor.channel == .control }
            .map { (author: $0.descriptor.key, leaves: $0.leaves) }
        return SpaceSnapshot(
            genesis: genesis, logs: sorted.map(\.snapshot), control: control, cursors: cursors)
    }
}

/// What survives a crash.
struct MemoryDisk: Sendable {
    var epoch: UInt64
    /// The incarnation of the node's own logs.
    var incarnation: UInt64 = 1
    var lsn: UInt64 = 0
    var spaces: [SpaceID: DiskSpace] = [:]

    /// Appends a leaf to an own log and numbers the move.
    mutating func author(_ leaf: [UInt8], in descriptor: LogDescriptor, _ hasher: MerkleHasher) -> UInt64 {
        lsn += 1
        let lsn = lsn
        let id = descriptor.id
        spaces[descriptor.space]?.logs[id, default: DiskLog(descriptor, isOwn: true)].append(leaf, hasher)
        spaces[descriptor.space]?.logs[id]?.lsn = lsn
        spaces[descriptor.space]?.note([leaf], of: descriptor)
        let count = spaces[descriptor.space]?.logs[id]?.count ?? 0
        spaces[descriptor.space]?.moves.append(DiskSpace.Move(lsn: lsn, log: id, count: count))
        return lsn
    }

    /// Makes a commit durable and numbers the heads that it moves; nil, and nothing stored, if a stretch does not
    /// continue what is stored.
    mutating func apply(_ commit: Commit, _ hasher: MerkleHasher) -> (
        lsns: [LogID: UInt64], leaves: [(LogDescriptor, [UInt8])]
    )? {
        var lsns: [LogID: UInt64] = [:]
        var leaves: [(LogDescriptor, [UInt8])] = []
        guard var space = spaces[commit.space] else { return nil }
        for stretch in commit.stretches {
            let id = stretch.descriptor.id
            var log = space.logs.removeValue(forKey: id) ?? DiskLog(stretch.descriptor, isOwn: false)
            guard !log.isOwn, stretch.from == log.forest.count + 1 else { return nil }
            let stretchLeaves = itemLeaves(stretch.items)
            for leaf in stretchLeaves {
                log.append(leaf, hasher)
                leaves.append((stretch.descriptor, leaf))
            }
            space.note(stretchLeaves, of: stretch.descriptor)
            guard log.forest == stretch.forest else { return nil }
            for (block, hash) in stretch.nodes where log.nodes[block] != hash { return nil }
            if let head = stretch.head {
                guard head.count == log.forest.count, head.isValid(root: stretch.root, of: log.descriptor),
                    stretch.root == log.forest.root(of: log.descriptor.fullID, hasher: hasher)
                else { return nil }
                log.head = head
                log.headRoot = stretch.root
                lsn += 1
                log.lsn = lsn
                lsns[id] = lsn
                space.moves.append(DiskSpace.Move(lsn: lsn, log: id, count: head.count))
            }
            space.logs[id] = log
        }
        for (peer, cursor) in commit.cursors { space.cursors[peer] = cursor }
        spaces[commit.space] = space
        return (lsns, leaves)
    }

    /// What the store answers to a request.
    func answer(_ request: ReadRequest) -> [ReadPart] {
        var parts: [ReadPart] = []
        var total = 0
        for part in request.parts {
            guard let log = spaces[request.space]?.logs[part.log] else { break }
            var writer = ByteWriter()
            var next = part.from
            while next <= part.to {
                let leaf = log.leaves[Int(next) - 1]
                guard total == 0 || total + leaf.count + 3 <= request.maximumBytes else { break }
                writer.write(leaf: leaf)
                total += leaf.count + 3
                next += 1
            }
            guard next > part.from else { break }
            let bridge = next > part.to ? nil : try? log.bridge(from: next - 1, to: part.to)
            parts.append(
                ReadPart(
                    log: part.log, from: part.from, count: Int(next - part.from), items: writer.bytes,
                    next: next, bridge: bridge))
            if next <= part.to { break }
        }
        return parts
    }
}

/// The leaves of items that were verified.
func itemLeaves(_ items: [UInt8]) -> [[UInt8]] {
    var leaves: [[UInt8]] = []
    let bytes = items.span.bytes
    var reader = ByteReader(bytes)
    while !reader.isAtEnd, let item = try? reader.logItem(bytes) {
        if case .leaf(let range) = item { leaves.append(Array(items[range])) }
    }
    return leaves
}

extension DiskSpace {
    /// Lets the node's own logs count as any other's, as after a restore.
    mutating func disown() {
        let hasher = MerkleHasher()
        for (id, log) in logs where log.isOwn {
            var closed = DiskLog(log.descriptor, isOwn: false)
            for leaf in log.leaves { closed.append(leaf, hasher) }
            closed.lsn = log.lsn
            closed.head = Scenario.keys.first { $0.publicKey == log.descriptor.key }.map {
                Head(signing: closed.forest, of: log.descriptor, with: $0, hasher: hasher)
            }
            closed.headRoot = closed.forest.root(of: log.descriptor.fullID, hasher: hasher)
            logs[id] = closed
        }
    }
}
