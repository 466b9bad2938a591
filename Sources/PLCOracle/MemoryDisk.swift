package import PLCSync

/// One log as a store holds it: its leaves, and every node of its forest.
package struct DiskLog: ForestReader, Sendable {
    package let descriptor: LogDescriptor
    package let isOwn: Bool
    package var leaves: [[UInt8]] = []
    package var forest = Forest()
    package var nodes: [Block: Bytes32] = [:]
    package var head: Head?
    package var bridge: [Bytes32] = []
    package var lsn: UInt64 = 0

    package init(_ descriptor: LogDescriptor, isOwn: Bool) {
        self.descriptor = descriptor
        self.isOwn = isOwn
    }

    /// The length that is announced.
    package var count: UInt64 { isOwn || head != nil ? forest.count : 0 }

    /// The root at a lesser length.
    package func root(at count: UInt64, _ hasher: MerkleHasher) -> Bytes32 {
        var forest = Forest()
        for leaf in leaves.prefix(Int(count)) { forest.append(hasher.leaf(leaf.span.bytes), hasher: hasher) }
        return forest.root(of: descriptor.fullID, hasher: hasher)
    }

    package mutating func append(_ leaf: [UInt8], _ hasher: MerkleHasher) {
        leaves.append(leaf)
        let hash = hasher.leaf(leaf.span.bytes)
        var nodes = self.nodes
        self.nodes = [:]
        forest.append(hash, hasher: hasher) { block, hash in nodes[block] = hash }
        self.nodes = nodes
    }

    package func hash(of block: Block) throws -> Bytes32 {
        guard let hash = nodes[block] else { preconditionFailure("\(block) is not in the log") }
        return hash
    }

    package var snapshot: LogSnapshot {
        LogSnapshot(
            descriptor: descriptor, forest: forest, head: head, bridge: bridge, lsn: lsn, isOwn: isOwn)
    }
}

/// One space as a store holds it, and the history of its heads.
package struct DiskSpace: Sendable {
    /// That the head of a log came to be `count` long as number `lsn`.
    package struct Move: Sendable {
        package let lsn: UInt64
        package let log: LogID
        package let count: UInt64

        package init(lsn: UInt64, log: LogID, count: UInt64) {
            self.lsn = lsn
            self.log = log
            self.count = count
        }
    }

    package let genesis: [UInt8]
    package private(set) var membership: Membership
    package var logs: [LogID: DiskLog] = [:]
    package var cursors: [PublicKey: Cursor] = [:]
    package var moves: [Move] = []

    package init(genesis bytes: [UInt8]) {
        guard let decoded = try? Genesis(bytes) else { preconditionFailure("a bad genesis on disk") }
        genesis = bytes
        membership = Membership(decoded)
    }

    /// Takes note of leaves that were stored.
    package mutating func note(_ leaves: [[UInt8]], of descriptor: LogDescriptor) {
        guard descriptor.channel == .control else { return }
        membership.insert(leaves, by: descriptor.key)
    }

    package var snapshot: SpaceSnapshot {
        let sorted = logs.keys.sorted().compactMap { logs[$0] }
        let control = sorted.filter { $0.descriptor.channel == .control }
            .map { (author: $0.descriptor.key, leaves: $0.leaves) }
        return SpaceSnapshot(
            genesis: genesis, logs: sorted.map(\.snapshot), control: control, cursors: cursors)
    }
}

/// What survives a crash: a store in memory, which keeps `StoreContract` as the one on SQLite does.
package struct MemoryDisk: Sendable {
    package var epoch: UInt64
    /// The incarnation of the node's own logs.
    package var incarnation: UInt64 = 1
    package var lsn: UInt64 = 0
    package var spaces: [SpaceID: DiskSpace] = [:]

    /// An empty disk.
    package init(epoch: UInt64) { self.epoch = epoch }

    /// Appends a leaf to an own log and numbers the move.
    package mutating func author(_ leaf: [UInt8], in descriptor: LogDescriptor, _ hasher: MerkleHasher)
        -> UInt64
    {
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
    package mutating func apply(_ commit: Commit, _ hasher: MerkleHasher) -> (
        lsns: [LogID: UInt64], leaves: [(LogDescriptor, [UInt8])]
    )? {
        var lsns: [LogID: UInt64] = [:]
        var leaves: [(LogDescriptor, [UInt8])] = []
        guard var space = spaces[commit.space] else { return nil }
        var lsn = self.lsn
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
            var full = log.forest
            guard full.append(bridge: stretch.bridge, to: stretch.head.count, hasher: hasher),
                stretch.head.isValid(
                    root: full.root(of: log.descriptor.fullID, hasher: hasher), of: log.descriptor)
            else { return nil }
            log.head = stretch.head
            log.bridge = stretch.bridge
            lsn += 1
            log.lsn = lsn
            lsns[id] = lsn
            space.moves.append(DiskSpace.Move(lsn: lsn, log: id, count: log.forest.count))
            space.logs[id] = log
        }
        for (peer, cursor) in commit.cursors { space.cursors[peer] = cursor }
        self.lsn = lsn
        spaces[commit.space] = space
        return (lsns, leaves)
    }

    /// What an admission comes to by what is stored, and whether a grant is to be written for that.
    package func judge(_ admission: Admission) -> (outcome: Admission.Outcome, grants: Bool) {
        guard let membership = spaces[admission.space]?.membership else { return (.failed, false) }
        if membership.belongs(admission.key, by: admission.invitation) { return (.belongs, false) }
        guard membership.invitations[admission.invitation]?.admitted == nil else { return (.isUsed, false) }
        return (.belongs, true)
    }

    /// What the store answers to a request.
    package func answer(_ request: ReadRequest) -> [ReadPart] {
        var parts: [ReadPart] = []
        var total = 0
        for part in request.parts {
            guard let log = spaces[request.space]?.logs[part.log] else { break }
            var writer = ByteWriter()
            var next = part.from
            while next <= part.to {
                var item = ByteWriter()
                item.write(leaf: log.leaves[Int(next) - 1])
                let isFirst = parts.isEmpty && next == part.from
                guard isFirst || total + writer.count + item.count <= request.maximumBytes else { break }
                writer.write(item.bytes)
                next += 1
            }
            guard next > part.from else { break }
            let bridge = try? part.bridge(from: next, log, hasher: MerkleHasher())
            let bytes = writer.count + (bridge?.count ?? 0) * Bytes32.count
            guard parts.isEmpty || total + bytes <= request.maximumBytes else { break }
            total += bytes
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
package func itemLeaves(_ items: [UInt8]) -> [[UInt8]] {
    var leaves: [[UInt8]] = []
    let bytes = items.span.bytes
    var reader = ByteReader(bytes)
    while !reader.isAtEnd, let item = try? reader.logItem(bytes) {
        if case .leaf(let range) = item { leaves.append(Array(items[range])) }
    }
    return leaves
}
