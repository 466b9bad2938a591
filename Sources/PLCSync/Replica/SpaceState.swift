/// One log as the replica knows it: what is verified, what is durable, what is announced.
struct LogState: Sendable {
    let descriptor: LogDescriptor
    /// Verified leaves; some may still be on their way to the disk.
    var verified: Forest
    /// Durable leaves.
    var durable: Forest
    /// The effective head: the newest one whose leaves are all durable. Zero before there is one.
    var count: UInt64
    var root: Bytes32
    /// The signature of the effective head; empty for an own log that has grown and was not asked for since.
    var signature: [UInt8]
    var flags: UInt8
    /// The number of the effective head's newest move.
    var lsn: UInt64
    let isOwn: Bool
    /// A signed head beyond what is verified, and its root, against which stretches are checked.
    var target: (head: Head, root: Bytes32)?
    /// The newest head that the verified leaves reach.
    var reached: UInt64

    init(_ snapshot: LogSnapshot, hasher: MerkleHasher) {
        descriptor = snapshot.descriptor
        verified = snapshot.forest
        durable = snapshot.forest
        isOwn = snapshot.isOwn
        lsn = snapshot.lsn
        signature = snapshot.head?.signature ?? []
        flags = snapshot.head?.flags ?? 0
        count = snapshot.isOwn ? snapshot.forest.count : snapshot.head?.count ?? 0
        reached = count
        root = snapshot.headRoot ?? Bytes32(words: (0, 0, 0, 0))
        if isOwn, count > 0 { root = durable.root(of: descriptor.fullID, hasher: hasher) }
    }

    init(_ descriptor: LogDescriptor, isOwn own: Bool = false) {
        self.descriptor = descriptor
        verified = Forest()
        durable = Forest()
        count = 0
        root = Bytes32(words: (0, 0, 0, 0))
        signature = []
        flags = 0
        lsn = 0
        isOwn = own
        reached = 0
    }
}

/// Who is asked for a log.
struct Fetch: Sendable {
    let connection: ConnectionID
    /// The length that was asked for.
    let target: UInt64
    /// When progress was last made, in monotonic milliseconds.
    var since: UInt64
}

/// One space as the replica knows it.
struct Space: Sendable {
    let id: SpaceID
    let genesis: [UInt8]
    var membership: Membership
    var logs: [LogID: LogState] = [:]
    var cursors: [PublicKey: Cursor]
    /// Which log is being asked for, and of whom: no log is asked of two peers at once.
    var fetching: [LogID: Fetch] = [:]
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
        cursors = snapshot.cursors
        for part in snapshot.control { membership.insert(part.leaves, by: part.author) }
        for log in snapshot.logs { logs[log.descriptor.id] = LogState(log, hasher: hasher) }
        lsn = snapshot.logs.map(\.lsn).max() ?? 0
        moves = snapshot.logs.filter { $0.lsn > 0 }.map { ($0.lsn, $0.descriptor.id) }.sorted { $0.0 < $1.0 }
        recount()
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

    /// Takes in control leaves; returns whether somebody's role changed.
    mutating func insertControl(_ leaves: [[UInt8]], by author: PublicKey) -> Bool {
        let before = membership.members
        membership.insert(leaves, by: author)
        guard membership.members != before else { return false }
        recount()
        return true
    }

    /// Notes that the effective head of `log` moved, as number `lsn`.
    mutating func moved(_ log: LogID, lsn: UInt64) {
        logs[log]?.lsn = lsn
        self.lsn = max(self.lsn, lsn)
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
        var low = 0
        var high = moves.count
        while low < high {
            let middle = (low + high) / 2
            if moves[middle].lsn <= lsn { low = middle + 1 } else { high = middle }
        }
        var control: [LogID] = []
        var others: [LogID] = []
        for move in moves[low...] {
            guard let state = logs[move.log], state.lsn == move.lsn, counts(state.descriptor) else {
                continue
            }
            if move.log.channel == .control { control.append(move.log) } else { others.append(move.log) }
        }
        return control + others
    }

    private mutating func recount() {
        items = logs.values.filter { $0.count > 0 && counts($0.descriptor) }
            .map { ReconciliationItem(log: $0.descriptor.id, count: $0.count, root: $0.root) }
            .sorted { $0.log < $1.log }
        fingerprintCache = nil
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
