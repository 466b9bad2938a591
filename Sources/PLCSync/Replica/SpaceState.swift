/// One log as the replica knows it: what is verified, what is durable, what is announced.
struct LogState: Sendable {
    let descriptor: LogDescriptor
    /// Verified leaves; some may still be on their way to the disk.
    var verified: Forest
    /// Durable leaves.
    var durable: Forest
    /// The effective head: the length and the root of what is durable under a valid head; zero without one.
    private(set) var count: UInt64
    private(set) var root: Bytes32
    /// The head under which that is verified, which may be that of more leaves; nil for an own log that has grown and
    /// was not asked for since.
    var head: Head?
    /// The hashes from what is durable to that head.
    private(set) var bridge: [Bytes32]
    /// The number of the effective head's newest move.
    var lsn: UInt64
    let isOwn: Bool
    /// A signed head beyond what is verified, and its root, against which stretches are checked.
    var target: (head: Head, root: Bytes32)?

    init(_ snapshot: LogSnapshot, hasher: MerkleHasher) {
        descriptor = snapshot.descriptor
        verified = snapshot.forest
        durable = snapshot.forest
        isOwn = snapshot.isOwn
        lsn = snapshot.lsn
        // A head that a store signed, for a backup say, is not that of what was written since.
        head = snapshot.isOwn ? nil : snapshot.head
        bridge = snapshot.isOwn ? [] : snapshot.bridge
        count = isOwn || head != nil ? durable.count : 0
        root = durable.root(of: descriptor.fullID, hasher: hasher)
    }

    init(_ descriptor: LogDescriptor, isOwn own: Bool = false) {
        self.descriptor = descriptor
        verified = Forest()
        durable = Forest()
        count = 0
        root = Bytes32(words: (0, 0, 0, 0))
        bridge = []
        lsn = 0
        isOwn = own
    }

    /// The root that the head signs: of what is durable and what its bridge stands for.
    func signedRoot(_ hasher: MerkleHasher) -> Bytes32 {
        guard let head, !bridge.isEmpty else { return root }
        var whole = durable
        guard whole.append(bridge: bridge, to: head.count, hasher: hasher) else {
            preconditionFailure("a head is bridged (S-31): \(self)")
        }
        return whole.root(of: descriptor.fullID, hasher: hasher)
    }

    /// All that is held, for reading: it leads to the root of what is durable.
    var held: ReadRequest.Part {
        ReadRequest.Part(descriptor, from: 1, to: durable.count, head: durable.count, bridge: [], root: root)
    }

    /// Notes that an own log has grown, durably; its head is signed when somebody asks for it.
    mutating func grow(to forest: Forest, hasher: MerkleHasher) {
        verified = forest
        durable = forest
        count = forest.count
        root = forest.root(of: descriptor.fullID, hasher: hasher)
        head = nil
        bridge = []
    }

    /// Notes that the leaves of `forest` are durable, and so verified, whatever was refused since they were ordered.
    mutating func store(_ forest: Forest, under head: Head, bridge: [Bytes32], hasher: MerkleHasher) {
        durable = forest
        if verified.count < forest.count { verified = forest }
        count = forest.count
        root = forest.root(of: descriptor.fullID, hasher: hasher)
        self.head = head
        self.bridge = bridge
    }

    /// Forgets what was verified and could not be stored.
    mutating func fallBack() {
        verified = durable
        target = nil
    }
}

/// Who is asked for a log.
struct Fetch: Sendable {
    let connection: ConnectionID
    /// The WANT in which it was asked for, counted in its session.
    let order: UInt64
    /// When it was asked for or last came on, in monotonic milliseconds.
    var since: UInt64
    /// Whether answers to an earlier want may come before those to this one.
    var mayLag: Bool
}

/// That the roles in a space have changed.
struct RoleChange: Sendable {
    /// The least lsn of the logs that count only since: they moved when nobody was told of it.
    var countedSince: UInt64?
}

/// One space as the replica knows it.
struct Space: Sendable {
    let id: SpaceID
    let genesis: [UInt8]
    /// Who belongs, by the control changes that are durable.
    private(set) var membership: Membership
    /// Who will belong once all that is verified is durable: by this it is judged what may be taken in.
    var verifiedMembership: Membership
    var logs: [LogID: LogState] = [:]
    var cursors: [PublicKey: Cursor]
    /// Which log is being asked for, and of whom: no log is asked of two peers at once.
    var fetching: [LogID: Fetch] = [:]
    /// The keys for which grants are on their way to the disk, by the invitations that they use.
    var admissions: [PublicKey: PublicKey] = [:]
    /// The newest lsn among the logs.
    private(set) var lsn: UInt64 = 0
    /// The counted heads, sorted by log.
    private(set) var items: [ReconciliationItem] = []
    private var fingerprintCache: Bytes16?
    /// (lsn, log) in order of lsn; an entry is stale if the log has moved since.
    private var moves: [(lsn: UInt64, log: LogID)] = []

    init(_ snapshot: SpaceSnapshot, genesis: Genesis, hasher: MerkleHasher) {
        self.genesis = snapshot.genesis
        id = SpaceID(genesis: snapshot.genesis)
        membership = Membership(genesis)
        for part in snapshot.control { membership.insert(part.leaves, by: part.author) }
        verifiedMembership = membership
        cursors = snapshot.cursors
        for log in snapshot.logs { logs[log.descriptor.id] = LogState(log, hasher: hasher) }
        lsn = snapshot.logs.map(\.lsn).max() ?? 0
        moves = snapshot.logs.filter { $0.lsn > 0 }.map { ($0.lsn, $0.descriptor.id) }.sorted { $0.0 < $1.0 }
        _ = recount()
    }

    /// Whether the changes of a log count by the membership as it is.
    func counts(_ descriptor: LogDescriptor) -> Bool {
        membership.counts(descriptor.key, in: descriptor.channel)
    }

    /// The hash of all counted heads.
    mutating func fingerprint() -> Bytes16 {
        if let fingerprintCache { return fingerprintCache }
        let value = Reconciliation.fingerprint(items[...])
        fingerprintCache = value
        return value
    }

    /// Takes in durable control leaves; returns whether somebody's role changed, and the least lsn of the logs that
    /// count only since.
    mutating func insertControl(_ leaves: [[UInt8]], by author: PublicKey) -> RoleChange? {
        let before = membership.members
        membership.insert(leaves, by: author)
        guard membership.members != before else { return nil }
        return RoleChange(countedSince: recount())
    }

    /// Notes that the effective head of `log` moved, as number `lsn`.
    mutating func moved(_ log: LogID, lsn: UInt64) {
        precondition(lsn > self.lsn, "the store numbers moves upward: \(lsn) after \(self.lsn)")
        logs[log]?.lsn = lsn
        self.lsn = lsn
        moves.append((lsn, log))
        if moves.count > 2 * logs.count + 64 {
            moves = moves.filter { logs[$0.log]?.lsn == $0.lsn }
        }
        guard let state = logs[log], counts(state.descriptor) else { return }
        let item = ReconciliationItem(log: log, count: state.count, root: state.root)
        let place = lowerBound(log)
        if place < items.count, items[place].log == log {
            items[place] = item
        } else {
            items.insert(item, at: place)
        }
        fingerprintCache = nil
    }

    /// The counted logs whose heads moved after `lsn`: control first, then in order of their moves.
    func moved(since lsn: UInt64) -> [LogID] {
        var control: [LogID] = []
        var others: [LogID] = []
        for move in moves[firstMove(after: lsn)...] {
            guard let state = logs[move.log], state.lsn == move.lsn, counts(state.descriptor) else {
                continue
            }
            if move.log.channel == .control { control.append(move.log) } else { others.append(move.log) }
        }
        return control + others
    }

    /// Counted logs that have not moved after `lsn`, with their lengths: the newest of them, at most `limit`.
    func unmoved(since lsn: UInt64, limit: Int = 64) -> [(log: LogID, count: UInt64)] {
        var found: [(log: LogID, count: UInt64)] = []
        for move in moves[..<firstMove(after: lsn)].reversed() where found.count < limit {
            guard let state = logs[move.log], state.lsn == move.lsn, counts(state.descriptor) else {
                continue
            }
            found.append((move.log, state.count))
        }
        return found
    }

    /// Where in `moves` those after `lsn` begin.
    private func firstMove(after lsn: UInt64) -> Int {
        var low = 0
        var high = moves.count
        while low < high {
            let middle = (low + high) / 2
            if moves[middle].lsn <= lsn { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Finds the heads that count; returns the least lsn of those that did not before.
    private mutating func recount() -> UInt64? {
        let before = Set(items.map(\.log))
        items = logs.values.filter { $0.count > 0 && counts($0.descriptor) }
            .map { ReconciliationItem(log: $0.descriptor.id, count: $0.count, root: $0.root) }
            .sorted { $0.log < $1.log }
        fingerprintCache = nil
        return items.filter { !before.contains($0.log) }.compactMap { logs[$0.log]?.lsn }.min()
    }

    private func lowerBound(_ log: LogID) -> Int {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if items[middle].log < log { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
