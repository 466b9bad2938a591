internal import PLCOracle
import PLCSync

/// One simulated machine: a disk, a clock, and the process that runs on it, if one does.
///
/// The process is the production one below the sockets and above the disk: the host with its replica, the channels
/// with their compression, the store on SQLite. What threads do in a server happens here in events of the world.
final class SimulatedNode: ReplicaSurroundings {
    /// What a process is made of.
    private struct Process {
        let store: Store
        let view: StoreView
        let host: ReplicaHost
        let group: CommitGroup
    }

    let index: Int
    let name: String
    let identity: SigningKey
    let disk: SimulatedDisk
    var clock = SimulatedClock()
    /// Whether the process stands still: nothing that comes is looked at.
    var isFrozen = false
    /// Whether the machine is gone for good.
    var hasLeft = false
    /// Whether the machine has no power, or nobody starts the process.
    var isStopped = true
    /// When it last sent more than a sign of life.
    var lastActive: UInt64 = 0
    /// Counts the processes that have run here.
    private(set) var incarnation = 0
    private var process: Process?
    private unowned let world: SimulatedWorld
    private var random: SplitMix64
    /// What the store's thread is to do, and since when.
    private var jobs: [(at: UInt64, job: CommitGroup.Job)] = []
    /// When the transaction that is under way began: what was submitted later waits for the next.
    private var begunAt: UInt64 = 0
    private var reads: [(StoreView) -> Void] = []
    /// What the store's thread has to tell the host's.
    private var completions: [() -> Void] = []
    /// Whether the next end of the process takes the power with it.
    var stopIsPowerCut = false
    /// Whether the store is that of a backup, at the next start.
    var wasRestored = false
    /// Whether bits of the disk have ever turned by themselves.
    var hasRotted = false

    // What the oracles keep.

    /// How many changes of each log were in the store when it was looked at last.
    var counts: [LogID: UInt64] = [:]
    /// The newest move of a head that was looked at.
    var checkedLSN: UInt64 = 0
    /// How many of a peer's moves are known to be covered.
    var followed: [FollowedPeer: Int] = [:]
    /// What was acknowledged since the truth was told last.
    var unnoted: [(log: LogID, sequence: UInt64)] = []
    private(set) var jobsInLastCommit = 0
    /// The greatest stamp that the clock had followed when the last transaction began.
    private(set) var newestStamp: UInt64 = 0
    /// Whether what is completed now was told before the process was stopped.
    private(set) var isTold = false
    /// What this process has refused to write, and so must never be seen.
    var refused: Set<[UInt8]> = []

    /// A space in a peer's database.
    struct FollowedPeer: Hashable {
        let space: SpaceID
        let epoch: UInt64
    }

    init(_ index: Int, _ name: String, in world: SimulatedWorld, random: inout SplitMix64) {
        self.index = index
        self.name = name
        self.world = world
        guard let identity = SigningKey(seed: random.bytes(32)) else {
            preconditionFailure("thirty-two bytes are a key's seed")
        }
        self.identity = identity
        disk = SimulatedDisk(seed: random.next())
        self.random = random.fork()
    }

    var key: PublicKey { identity.publicKey }
    var isRunning: Bool { process != nil }
    var host: ReplicaHost? { process?.host }
    var store: Store? { process?.store }
    var view: StoreView? { process?.view }
    var databaseEpoch: UInt64? { process?.store.epoch }

    static let storePath = "store.db"

    // MARK: The process

    /// Starts the process; says why it cannot.
    func start() throws {
        precondition(process == nil, "\(name) runs already")
        let (store, isMended) = try Salvage.open(
            Self.storePath, files: disk, random: RandomSource { [unowned self] in random.next() },
            identity: identity, at: now.wall)
        if isMended { world.mended(self) }
        let view = try StoreView(path: Self.storePath, files: disk.name)
        let host = ReplicaHost(identity, databaseEpoch: store.epoch, surroundings: self)
        let group = CommitGroup(
            store, spoilt: { [unowned self] in try? Salvage.order(Self.storePath, files: disk) }
        ) { [unowned self] space, logs in
            completions.append { [unowned self] in
                world.authored(self, space, logs)
                self.host?.step(.authored(space, logs))
            }
        }
        incarnation += 1
        process = Process(store: store, view: view, host: host, group: group)
        for space in store.spaceIDs { host.step(.opened(try store.snapshot(space))) }
    }

    /// The process ends without a word; with `power`, what was not synced is in doubt.
    func end(power: Bool) {
        if power { disk.cutPower() } else { disk.endProcess() }
        process = nil
        jobs = []
        reads = []
        completions = []
        refused = []
        incarnation += 1
    }

    /// Makes the files that were put back another incarnation, as the program's own backup and restore do.
    func renewIncarnation() throws {
        let store = try Store(
            path: Self.storePath, files: disk.name,
            random: RandomSource { [unowned self] in random.next() })
        try store.begin()
        try store.signOwnLogs(with: identity)
        _ = try store.commit()
        try store.begin()
        try store.beginNewIncarnation()
        _ = try store.commit()
        try store.settle()
    }

    // MARK: ReplicaSurroundings

    var now: Now {
        Now(monotonic: world.time, wall: clock.wall(at: world.time, origin: world.origin))
    }

    func nonce() -> Bytes16 { random.nonce() }

    func says(_ id: ConnectionID, _ frame: [UInt8]) {
        if !disk.isStopped { world.overhear(self, id, frame) }
    }

    func send(_ id: ConnectionID, _ bytes: [UInt8]) {
        // Between the operation at which the process was stopped and its end nothing leaves it.
        guard !disk.isStopped else { return }
        world.sent(self, id, bytes)
    }

    func close(_ id: ConnectionID) { world.closed(self, id) }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Store) throws -> Value, in chain: JobChain?,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        submit(body, in: chain, completion: completion)
    }

    /// Runs `body` inside the next transaction.
    func submit<Value>(
        _ body: @escaping (Store) throws -> Value, in chain: JobChain? = nil,
        completion: @escaping (Result<Value, any Error>) -> Void
    ) {
        if jobs.isEmpty { beginTransaction() }
        // As from the store's thread to the host's: told after the transaction, before anything else. What is called
        // before the process is stopped is told, whatever becomes of the transaction.
        let job = CommitGroup.Job(body, in: chain) { [unowned self] result in
            let isTold = !disk.isStopped
            completions.append { [unowned self] in
                self.isTold = isTold
                completion(result)
            }
        }
        jobs.append((world.time, job))
    }

    /// The store's thread takes all that waits; what comes while it is busy with that waits for the next transaction.
    private func beginTransaction() {
        begunAt = world.time
        world.schedule(.commit(node: index, incarnation: incarnation), after: syncTime())
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreView) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        reads.append { view in completion(Result { try body(view) }) }
        world.schedule(
            .answer(node: index, incarnation: incarnation), after: UInt64(random.pick(1...5)))
    }

    func pauseReading(_ id: ConnectionID) { world.pause(self, id) }

    func resumeReading(_ id: ConnectionID) { world.resume(self, id) }

    func failed(_ error: any Error) {}

    func found(damaged log: LogID) { world.foundDamage(self, log) }

    func report(_ event: Event) { world.reported(self, event) }
    func gaveUp(_ log: GivenUpLog) { world.gaveUp(self, log) }

    func complain(_ message: String) { world.complained(self, message) }

    /// How long the disk takes to make something durable: a school's, not a data centre's.
    private func syncTime() -> UInt64 { UInt64(random.pick(2...40)) }

    // MARK: What the threads do

    /// Carries out the jobs that waited when the transaction began.
    func commit() {
        guard let process else { return }
        let waiting = jobs.prefix { $0.at <= begunAt }.map(\.job)
        jobs.removeFirst(waiting.count)
        if !jobs.isEmpty { beginTransaction() }
        jobsInLastCommit = waiting.count
        newestStamp = world.newestStamp(of: self)
        let fatal = process.group.run(waiting)
        world.committed(self)
        let told = completions
        completions = []
        for completion in told { completion() }
        world.acknowledged(self)
        if disk.isStopped { return world.died(self, "is stopped in the middle of an operation") }
        if let fatal { world.died(self, "\(fatal)") }
    }

    /// Answers the oldest read.
    func answer() {
        guard let process, !reads.isEmpty else { return }
        reads.removeFirst()(process.view)
    }

    /// A second or so has passed.
    func tick() { host?.tick() }
}
