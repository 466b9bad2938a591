import PLCOracle
import PLCSync

/// What was ever written, by log: against it every stored leaf is compared.
final class Truth: @unchecked Sendable {
    var logs: [LogID: [[UInt8]]] = [:]
    /// The durable history of every database, by key: what a cursor speaks of.
    var moves: [PublicKey: [UInt64: [SpaceID: [DiskSpace.Move]]]] = [:]

    /// The signatures of the heads that were served, by log and length.
    var heads: [LogID: [UInt64: [UInt8]]] = [:]

    init(logs: [LogID: [[UInt8]]] = [:]) { self.logs = logs }
}

/// A node: one replica, a disk in memory, and the shell between them.
///
/// A value: a copy goes its own way, but for the truth, which all nodes of a story share. What a frame says is checked
/// against the disk as it is sent, and what is stored against the truth; `faults` collects what was wrong.
struct MemoryNode: Sendable {
    let identity: SigningKey
    var truth: Truth
    let hasher = MerkleHasher()
    var disk: MemoryDisk
    var replica: Replica
    var clock = Clock()
    var now = Now(monotonic: 0, wall: WallTime(milliseconds: 1_700_000_000_000))
    var folds: [SpaceID: MemoryStore] = [:]
    /// Whether commits are refused.
    var isFull = false
    /// Whether sent frames are read and checked.
    var isChecking = true

    // What the replica has ordered and the shell has not done yet.
    var outbox: [(connection: ConnectionID, frame: [UInt8])] = []
    var closing: [ConnectionID] = []
    var commits: [Commit] = []
    var reads: [ReadRequest] = []
    var admissions: [Admission] = []
    var foundings: [(connection: ConnectionID, genesis: [UInt8])] = []
    var events: [Event] = []
    /// What was to be held against own logs.
    var disputes: [Stretch] = []
    /// How many commits and reads were ordered ever.
    var ordered = (commits: 0, reads: 0)

    /// What was sent, in words, if it is kept.
    var lines: [(connection: ConnectionID, line: String)] = []
    var keepsLines = false

    // What the oracles keep.
    var commitsCarriedOut: [UInt64] = []
    var faults: [String] = []
    var observers: [ConnectionID: FrameObserver] = [:]
    var peers: [ConnectionID: PublicKey] = [:]
    var handles: [ConnectionID: [UInt64: SpaceID]] = [:]
    var exporters: [ConnectionID: (bytes: [UInt8], isDialer: Bool)] = [:]
    var peerEpochs: [ConnectionID: UInt64] = [:]
    var checkedCursors: [SpaceID: [PublicKey: (cursor: Cursor, index: Int)]] = [:]
    /// Leaves in DATA that arrived, stored or not.
    var leavesCarried = 0
    var arrivals: [ConnectionID: FrameObserver] = [:]
    private var effects: [Effect] = []

    init(_ identity: SigningKey, epoch: UInt64, truth: Truth) {
        self.identity = identity
        self.truth = truth
        disk = MemoryDisk(epoch: epoch)
        replica = Replica(identity: identity, databaseEpoch: epoch)
    }

    var key: PublicKey { identity.publicKey }

    // MARK: The shell

    /// Tells the replica a fact and takes note of its orders.
    mutating func step(_ input: Input) {
        effects.removeAll(keepingCapacity: true)
        var looks: [Input] = []
        if case .connected(let id, let peer, let exporter, let isDialer, _, _) = input {
            observers[id] = FrameObserver()
            arrivals[id] = FrameObserver()
            peers[id] = peer
            exporters[id] = (exporter, isDialer)
        }
        if isChecking, case .received(let id, let type, let body) = input { noteArrival(type, body, id) }
        replica.step(input, at: now, into: &effects)
        for effect in effects {
            switch effect {
            case .send(let id, let frame):
                if isChecking { checkFrame(frame, id) }
                outbox.append((id, frame))
            case .close(let id): closing.append(id)
            case .commit(let commit):
                commits.append(commit)
                ordered.commits += 1
            case .read(let request):
                reads.append(request)
                ordered.reads += 1
            case .look(let id, let space, let log, let count):
                let root = disk.spaces[space]?.logs[log]?.root(at: count, hasher)
                looks.append(.looked(id, space, log, root: root))
            case .dispute(let stretch): disputes.append(stretch)
            case .admit(let admission): admissions.append(admission)
            case .found(let id, let genesis): foundings.append((id, genesis))
            case .report(let event): events.append(event)
            }
        }
        for look in looks { step(look) }
    }

    /// Does the first commit that was ordered, or refuses it and all behind it.
    mutating func carryOutCommit() {
        guard !commits.isEmpty else { return }
        if isFull {
            let refused = commits
            commits = []
            for commit in refused { step(.refused(commit.id)) }
            return
        }
        let commit = commits.removeFirst()
        guard let (lsns, leaves) = disk.apply(commit, hasher) else {
            return faults.append("a commit does not continue what is stored")
        }
        for (descriptor, leaf) in leaves { received(leaf, descriptor) }
        for (id, lsn) in lsns.sorted(by: { $0.value < $1.value }) {
            recordMove(commit.space, lsn, id, disk.spaces[commit.space]?.logs[id]?.count ?? 0)
        }
        for (peer, cursor) in commit.cursors { checkCursor(cursor, of: peer, in: commit.space) }
        commitsCarriedOut.append(commit.id)
        step(.committed(commit.id, lsns: lsns))
    }

    /// Answers the first read that was ordered.
    mutating func carryOutRead() {
        guard !reads.isEmpty else { return }
        let request = reads.removeFirst()
        step(.read(request.id, disk.answer(request)))
    }

    /// Writes the first grant that was ordered, if it still may be.
    mutating func carryOutAdmission() {
        guard !admissions.isEmpty else { return }
        let admission = admissions.removeFirst()
        guard !isFull else { return step(.judged(admission, .failed)) }
        let (outcome, grants) = disk.judge(admission)
        step(.judged(admission, outcome))
        if grants { write(admission.draft, admission.space, .control) }
    }

    /// Stores the beginning of the first space that was joined.
    mutating func carryOutFounding() {
        guard !foundings.isEmpty else { return }
        let (id, genesis) = foundings.removeFirst()
        if isFull { step(.ended(id, .busy)) } else { found(genesis) }
    }

    /// Whether something waits to be made durable.
    var hasUnstored: Bool { !commits.isEmpty || !admissions.isEmpty || !foundings.isEmpty }

    /// Makes durable all that was ordered to be.
    mutating func carryOutCommits() {
        while hasUnstored {
            carryOutCommit()
            carryOutAdmission()
            carryOutFounding()
        }
    }

    /// Holds the space that `genesis` founds.
    mutating func found(_ genesis: [UInt8]) {
        let id = SpaceID(genesis: genesis)
        let space = disk.spaces[id] ?? DiskSpace(genesis: genesis)
        disk.spaces[id] = space
        if folds[id] == nil { folds[id] = MemoryStore() }
        step(.opened(space.snapshot))
    }

    /// The node's own log.
    func ownLog(_ space: SpaceID, _ channel: Channel) -> LogDescriptor {
        LogDescriptor(space: space, key: key, channel: channel, epoch: disk.incarnation)
    }

    /// Writes a change of this node's own; durable before the replica hears of it.
    @discardableResult
    mutating func write(_ draft: Draft, _ space: SpaceID, _ channel: Channel = .core) -> Dot {
        let descriptor = ownLog(space, channel)
        guard let leaf = draft.encode(stamp: clock.stamp(at: now.wall), log: descriptor.id) else {
            preconditionFailure("a draft that cannot be encoded")
        }
        return append(leaf, to: descriptor)
    }

    /// Appends a leaf to an own log, whatever it holds.
    @discardableResult
    mutating func append(_ leaf: [UInt8], to descriptor: LogDescriptor) -> Dot {
        let (space, channel) = (descriptor.space, descriptor.channel)
        let lsn = disk.author(leaf, in: descriptor, hasher)
        truth.logs[descriptor.id, default: []].append(leaf)
        guard let log = disk.spaces[space]?.logs[descriptor.id] else {
            preconditionFailure("a write into a space that is not held")
        }
        recordMove(space, lsn, descriptor.id, log.count)
        fold(leaf, descriptor)
        step(
            .authored(
                space,
                [
                    AuthoredLog(
                        descriptor: descriptor, forest: log.forest, lsn: lsn,
                        control: channel == .control ? [leaf] : [])
                ]))
        return Dot(log: descriptor.id, sequence: log.count, op: 0)
    }

    /// Loses everything that is not durable, and starts again.
    mutating func restart() {
        replica = Replica(identity: identity, databaseEpoch: disk.epoch)
        outbox = []
        closing = []
        commits = []
        reads = []
        admissions = []
        foundings = []
        observers = [:]
        peers = [:]
        handles = [:]
        exporters = [:]
        for space in disk.spaces.keys.sorted() {
            guard let snapshot = disk.spaces[space]?.snapshot else { continue }
            step(.opened(snapshot))
        }
    }

    /// The state digest of a space.
    func digest(_ space: SpaceID) -> Bytes32? { folds[space]?.digest }

    private mutating func fold(_ leaf: [UInt8], _ descriptor: LogDescriptor) {
        guard descriptor.channel != .control else { return }
        folds[descriptor.space, default: MemoryStore()].register(descriptor.id, key: descriptor.key)
        folds[descriptor.space]?.append(leaf, to: descriptor.id)
    }

    private mutating func received(_ leaf: [UInt8], _ descriptor: LogDescriptor) {
        let place = disk.spaces[descriptor.space]?.logs[descriptor.id]?.leaves.count ?? 0
        if place > truth.logs[descriptor.id]?.count ?? 0 { faults.append("more than was written is stored") }
        fold(leaf, descriptor)
    }

    private func recordMove(_ space: SpaceID, _ lsn: UInt64, _ log: LogID, _ count: UInt64) {
        truth.moves[key, default: [:]][disk.epoch, default: [:]][space, default: []]
            .append(DiskSpace.Move(lsn: lsn, log: log, count: count))
    }
}

extension MemoryNode {
    /// Makes the state anew from what is on the disk, as a restored database has it.
    mutating func refold() {
        for (id, space) in disk.spaces {
            var store = MemoryStore()
            for log in space.logs.keys.sorted() where log.channel != .control {
                guard let stored = space.logs[log] else { continue }
                store.register(log, key: stored.descriptor.key)
                for leaf in stored.leaves { store.append(leaf, to: log) }
            }
            folds[id] = store
        }
    }
}
