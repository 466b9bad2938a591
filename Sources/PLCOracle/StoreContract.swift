package import PLCSync

/// What a replica needs of a store, whatever it is made of.
package protocol ReplicaStore {
    /// Begins to hold a space.
    mutating func hold(_ genesis: [UInt8]) throws -> SpaceID
    /// Writes a change of this node's own to its open log of a channel.
    mutating func write(_ draft: Draft, _ space: SpaceID, _ channel: Channel) throws -> AuthoredLog
    /// Makes a commit durable; throws, and stores nothing, if it cannot be.
    mutating func apply(_ commit: Commit) throws -> [LogID: UInt64]
    /// Admits a key, if it still may be.
    mutating func admit(_ admission: Admission) throws -> Admission.Outcome
    /// Reads what a peer wants.
    func answer(_ request: ReadRequest) throws -> [ReadPart]
    /// What the replica starts from.
    func snapshot(_ space: SpaceID) throws -> SpaceSnapshot
    /// Makes a copy that is published, as a backup does.
    mutating func publish() throws
    /// Lets the process end, and begins anew.
    mutating func reopen() throws
}

/// A case that is wrong itself.
private enum StoreContractError: Error { case tooLarge }

/// What every store owes the replica: cases to which the store of the tests and that of the program are both put.
package struct StoreContract {
    /// One case: what it is about, and what it does.
    package struct Case: Sendable {
        package let name: String
        let run: @Sendable (inout StoreContract) throws -> Void
    }

    private var store: any ReplicaStore
    private let space: SpaceID
    private let other: SigningKey
    let hasher = MerkleHasher()
    private var faults: [String] = []
    private var commits: UInt64 = 0

    private init(_ store: any ReplicaStore, own: SigningKey, other: SigningKey) throws {
        self.store = store
        self.other = other
        let genesis = Genesis(
            level: .team, founders: [own.publicKey, other.publicKey], nonce: Bytes16(high: 1, low: 2),
            parent: nil)
        space = try self.store.hold(genesis.encoded)
    }

    /// What `store`, which is empty and belongs to `own`, does otherwise than the case says.
    package static func faults(
        in test: Case, of store: any ReplicaStore, own: SigningKey, other: SigningKey
    ) throws -> [String] {
        var contract = try StoreContract(store, own: own, other: other)
        try test.run(&contract)
        return contract.faults
    }

    /// All cases.
    package static let cases: [Case] = [
        Case(name: "L-27: the node's own open log has no head but the one that it signs when asked") {
            contract in
            _ = try contract.write(1)
            try contract.store.publish()
            for restarts in [false, true] {
                if restarts { try contract.store.reopen() }
                let length = try contract.write(1).forest.count
                let log = try contract.store.snapshot(contract.space).logs.first { $0.isOwn }
                contract.claim("all is there", log?.forest.count == length)
                contract.claim("without a head", log != nil && log?.head == nil)
            }
        },
        Case(name: "D-7 S-38: an invitation admits one key, whoever asks how often") { contract in
            let seeds: [UInt8] = [11, 12, 13]
            let keys = seeds.compactMap { SigningKey(seed: [UInt8](repeating: $0, count: 32))?.publicKey }
            var draft = Draft()
            draft.append(.invite(keys[0], .writer, expiry: .max >> 1))
            _ = try contract.store.write(draft, contract.space, .control)
            for (key, outcome, length) in [
                (keys[1], Admission.Outcome.belongs, UInt64(2)), (keys[2], .isUsed, 2),
                (keys[1], .belongs, 2),
            ] {
                let admission = Admission(
                    space: contract.space, key: key, role: .writer, name: "n", invitation: keys[0])
                let found = try contract.store.admit(admission)
                contract.claim("\(found) is \(outcome)", found == outcome)
                let log = try contract.store.snapshot(contract.space).logs.first { $0.isOwn }
                contract.claim("\(length) changes stand in the log", log?.forest.count == length)
            }
        },
        Case(name: "L-28 S-31 S-46: what is held of a log stands under a head, and can be proved to others") {
            contract in
            let log = try contract.makeLog(epoch: 9, (1...700).map { $0 % 50 })
            var held: UInt64 = 0
            for to: UInt64 in [1, 2, 255, 256, 300, 513, 699, 700] {
                let moved = try contract.store.apply(
                    contract.commit([try contract.stretch(of: log, from: held + 1, to: to)]))
                held = to
                contract.claim("the head moves", moved.count == 1)
                for restarts in [false, true] {
                    if restarts { try contract.store.reopen() }
                    let found = try contract.store.snapshot(contract.space).logs.first {
                        $0.descriptor.id == log.descriptor.id
                    }
                    guard let found, let head = found.head else {
                        contract.claim("\(to) stand under a head", false)
                        continue
                    }
                    var full = found.forest
                    let reaches = full.append(bridge: found.bridge, to: head.count, hasher: contract.hasher)
                    contract.claim("the bridge leads to the head", reaches && full == log.forest)
                    contract.claim("the move is numbered", found.lsn == moved[log.descriptor.id])
                    var left = [
                        ReadRequest.Part(
                            log.descriptor, from: 1, to: to, head: head.count, bridge: found.bridge,
                            root: log.forest.root(of: log.descriptor.fullID, hasher: contract.hasher))
                    ]
                    while !left.isEmpty { left = try contract.read(left, maximumBytes: 5_000, [log]) }
                }
            }
            let again = try contract.stretch(of: log, from: 5, to: 9)
            contract.claim(
                "what does not follow is refused",
                (try? contract.store.apply(contract.commit([again]))) == nil)
            let length = try contract.store.snapshot(contract.space).logs.first?.forest.count
            contract.claim("and not stored", length == 700)
        },
        Case(name: "S-31 S-35: an answer has no more bytes than it may have, but for one item") { contract in
            let sizes: [[Int]] = [
                [65_400], [65_400, 20], [65_400, 10, 30_000], [5, 5, 5], [60_000, 60_000],
            ]
            let logs = try contract.receive(sizes)
            for limit in [1, 40, 65_600, 100_000, 147_456, 1_000_000] {
                var left = logs.map { log in
                    let root = log.forest.root(of: log.descriptor.fullID, hasher: contract.hasher)
                    let count = log.forest.count
                    return ReadRequest.Part(
                        log.descriptor, from: 1, to: count, head: count, bridge: [], root: root)
                }
                var answers = 0
                while !left.isEmpty, answers < 100 {
                    left = try contract.read(left, maximumBytes: limit, logs)
                    answers += 1
                }
                contract.claim("all is read by \(limit)", left.isEmpty)
            }
        },
    ]

    private mutating func claim(_ what: String, _ holds: Bool) {
        if !holds { faults.append("\(what): it is not so") }
    }

    // MARK: What happens

    /// Makes logs of another node, with leaves of about these sizes, durable.
    private mutating func receive(_ sizes: [[Int]]) throws -> [DiskLog] {
        var logs: [DiskLog] = []
        for (epoch, sizes) in sizes.enumerated() {
            let log = try makeLog(epoch: UInt64(epoch), sizes)
            _ = try store.apply(commit([try stretch(of: log, from: 1, to: log.forest.count)]))
            logs.append(log)
        }
        return logs
    }

    private func makeLog(epoch: UInt64, _ sizes: [Int]) throws -> DiskLog {
        let descriptor = LogDescriptor(space: space, key: other.publicKey, channel: .core, epoch: epoch)
        var log = DiskLog(descriptor, isOwn: false)
        for (number, size) in sizes.enumerated() {
            guard let leaf = Self.draft(size).encode(stamp: UInt64(number + 1) << 16, log: descriptor.id)
            else {
                throw StoreContractError.tooLarge
            }
            log.append(leaf, hasher)
        }
        return log
    }

    /// What came of a log from one leaf to another, under the head of the log as it is.
    private func stretch(of log: DiskLog, from: UInt64, to: UInt64) throws -> Stretch {
        var forest = Forest()
        var nodes: [(block: Block, hash: Bytes32)] = []
        var items = ByteWriter()
        for (index, leaf) in log.leaves.prefix(Int(to)).enumerated() {
            forest.append(hasher.leaf(leaf.span.bytes), hasher: hasher) { block, hash in
                if index + 1 >= from, block.height >= Replica.storedHeight { nodes.append((block, hash)) }
            }
            if index + 1 >= from { items.write(leaf: leaf) }
        }
        let head = Head(signing: log.forest, of: log.descriptor, with: other, hasher: hasher)
        return Stretch(
            descriptor: log.descriptor, from: from, items: items.bytes, forest: forest, nodes: nodes,
            head: head,
            bridge: try log.bridge(from: to, to: log.forest.count))
    }

    private mutating func commit(_ stretches: [Stretch]) -> Commit {
        commits += 1
        return Commit(id: commits, space: space, stretches: stretches, cursors: [:])
    }

    /// Reads once, holds the answer against what was written, and says what is left.
    private mutating func read(
        _ parts: [ReadRequest.Part], maximumBytes: Int, _ logs: [DiskLog]
    ) throws -> [ReadRequest.Part] {
        let request = ReadRequest(
            id: 1, connection: ConnectionID(1), space: space, parts: parts, maximumBytes: maximumBytes)
        let answer = try store.answer(request)
        let items = answer.reduce(0) { $0 + $1.count }
        let bytes =
            answer.reduce(0) { $0 + $1.items.count }
            + answer.dropFirst().reduce(0) { $0 + ($1.bridge?.count ?? 0) * Bytes32.count }
        claim("something is read", items > 0)
        claim("\(bytes) bytes are within \(maximumBytes)", bytes <= maximumBytes || items == 1)
        var left: [ReadRequest.Part] = []
        for (index, part) in parts.enumerated() {
            guard index < answer.count else {
                left.append(part)
                continue
            }
            guard let log = logs.first(where: { $0.descriptor.id == part.log }) else { continue }
            let read = answer[index]
            claim("it is the part", read.log == part.log && read.from == part.from)
            claim("it goes on", read.next == part.from + UInt64(read.count))
            let leaves = log.leaves[Int(part.from) - 1..<Int(read.next) - 1]
            claim("the leaves are those", itemLeaves(read.items) == Array(leaves))
            check(read, of: log, to: part)
            if read.next <= part.to {
                left.append(ReadRequest.Part(part, from: read.next))
            }
        }
        return left
    }

    /// Whether the bridge of a part leads to the head that was asked for.
    private mutating func check(_ read: ReadPart, of log: DiskLog, to part: ReadRequest.Part) {
        var forest = Forest()
        for leaf in log.leaves.prefix(Int(read.next) - 1) {
            forest.append(hasher.leaf(leaf.span.bytes), hasher: hasher)
        }
        claim("it is bridged if it ends early", (read.bridge != nil) == (read.next <= part.head))
        let isProved = forest.append(bridge: read.bridge ?? [], to: log.forest.count, hasher: hasher)
        claim("the bridge leads to the root", isProved && forest == log.forest)
    }

    /// Writes a change with a value of about `size` bytes.
    private mutating func write(_ size: Int) throws -> AuthoredLog {
        try store.write(Self.draft(size), space, .core)
    }

    private static func draft(_ size: Int) -> Draft {
        var value = ByteWriter()
        value.write(byteString: [UInt8](repeating: 7, count: size))
        var draft = Draft()
        draft.append(.create(kind: 1, initial: [(.number(1), value.bytes)], owned: false))
        return draft
    }
}
