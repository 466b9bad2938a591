import PLCNode
import PLCOracle
import PLCSync
import Testing

/// A host whose store stands on a simulated disk; what its threads would do happens when the test says so.
final class DiskHost: ReplicaSurroundings {
    let identity: SigningKey
    let disk: SimulatedDisk
    let store: Store
    private let view: StoreView
    private var group: CommitGroup?
    private var running: ReplicaHost?
    /// Jobs for the store's thread, and what waits for the host's.
    var jobs: [CommitGroup.Job] = []
    var completions: [() -> Void] = []
    private var reads: [(StoreView) -> Void] = []
    /// What is to be sent.
    var outbox: [(id: ConnectionID, bytes: [UInt8])] = []
    var closing: [ConnectionID] = []
    private(set) var events: [Event] = []
    private(set) var complaints: [String] = []
    private(set) var damagedLogs: [LogID] = []
    private(set) var givenUp: [GivenUpLog] = []
    /// Why the process would have to end.
    private(set) var endings: [any Error] = []
    var time: UInt64 = 0
    private var random: SplitMix64

    /// A host with an empty disk, or with one that files were copied to: for the `life`th time then.
    init(_ seed: UInt8, copied: [(path: String, content: [UInt8])] = [], life: UInt64 = 0) throws {
        guard let identity = SigningKey(seed: [UInt8](repeating: seed, count: 32)) else {
            preconditionFailure("thirty-two bytes are a key's seed")
        }
        self.identity = identity
        disk = SimulatedDisk(seed: UInt64(seed))
        disk.replace(with: copied)
        var numbers = SplitMix64(seed: UInt64(seed) + 100 + 1_000 * life)
        random = SplitMix64(seed: UInt64(seed) + 200 + 1_000 * life)
        store = try Store(path: "store.db", files: disk.name, random: RandomSource { numbers.next() })
        view = try StoreView(path: "store.db", files: disk.name)
        let group = CommitGroup(store) { [unowned self] space, logs in
            completions.append { [unowned self] in host.step(.authored(space, logs)) }
        }
        self.group = group
        running = ReplicaHost(identity, databaseEpoch: store.epoch, surroundings: self)
    }

    var host: ReplicaHost {
        guard let running else { preconditionFailure("the host is made with the node") }
        return running
    }

    // MARK: ReplicaSurroundings

    var now: Now { Now(monotonic: time, wall: WallTime(milliseconds: 1_700_000_000_000 + Int64(time))) }
    func nonce() -> Bytes16 { Bytes16(high: random.next(), low: random.next()) }
    func send(_ id: ConnectionID, _ bytes: [UInt8]) { outbox.append((id, bytes)) }
    func close(_ id: ConnectionID) { closing.append(id) }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Store) throws -> Value, in chain: JobChain?,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        jobs.append(
            CommitGroup.Job(body, in: chain) { [unowned self] result in
                completions.append { completion(result) }
            })
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreView) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        reads.append { view in completion(Result { try body(view) }) }
    }

    // What was read at once is all in the outbox of the other: there is no socket to leave more in.
    func pauseReading(_ id: ConnectionID) {}
    func resumeReading(_ id: ConnectionID) {}

    func report(_ event: Event) { events.append(event) }
    func complain(_ message: String) { complaints.append(message) }
    func failed(_ error: any Error) {}
    func found(damaged log: LogID) { damagedLogs.append(log) }
    func gaveUp(_ log: GivenUpLog) { givenUp.append(log) }

    // MARK: What the threads do

    /// Runs the first job that waits in a transaction of its own.
    func runJob() { run([jobs.removeFirst()]) }

    /// Runs these jobs in one transaction.
    func run(_ jobs: [CommitGroup.Job]) {
        if let ending = group?.run(jobs) { endings.append(ending) }
    }

    /// Tells the host the first thing that it was not told.
    func complete() { completions.removeFirst()() }

    /// Does all that waits, but for jobs if `storing` is false; returns whether there was anything.
    func work(storing: Bool = true) -> Bool {
        var hasWorked = false
        while true {
            if !completions.isEmpty {
                complete()
            } else if storing, !jobs.isEmpty {
                runJob()
            } else if !reads.isEmpty {
                reads.removeFirst()(view)
            } else {
                return hasWorked
            }
            hasWorked = true
        }
    }

    // MARK: What people do

    /// Begins to hold a space.
    func hold(_ genesis: [UInt8]) throws {
        try store.begin()
        let id = try store.add(genesis: genesis)
        _ = try store.commit()
        host.step(.opened(try store.snapshot(id)))
    }

    /// Writes changes, each with so many bytes that no compression makes fewer.
    func write(_ space: SpaceID, changes: Int, size: Int) {
        for _ in 0..<changes {
            var value = ByteWriter()
            value.write(byteString: (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            var draft = Draft()
            draft.append(.create(kind: 1, initial: [(.number(1), value.bytes)], owned: false))
            let (change, key, wall) = (draft, identity.publicKey, now.wall)
            jobs.append(
                CommitGroup.Job({ _ = try $0.write(space, .core, by: key, .now(wall)) { _ in change } }) {
                    _ in
                })
        }
    }

    /// Writes a change now; returns its first dot.
    func write(_ space: SpaceID, in channel: Channel = .core, _ ops: [Draft.Op]) throws -> Dot {
        var draft = Draft()
        for op in ops { draft.append(op) }
        let (change, key, wall) = (draft, identity.publicKey, now.wall)
        var written: Dot?
        let job = CommitGroup.Job({ try $0.write(space, channel, by: key, .now(wall)) { _ in change } }) {
            written = try? $0.get()
        }
        run([job])
        _ = work()
        return try #require(written)
    }

    /// What is read of the store now.
    func read<Value>(_ body: (StoreView) throws -> Value) rethrows -> Value { try body(view) }

    /// The state digest of a space.
    func digest(_ space: SpaceID) throws -> Bytes32 { try view.summary(space).digest }

    /// Sets aside what is damaged of a log, as a read or doctor would.
    func quarantine(_ log: LogID, of space: SpaceID) throws -> Bool {
        try store.begin()
        let isSet = try store.quarantine(log)
        _ = try store.commit()
        host.step(.reopened(try store.snapshot(space)))
        return isSet
    }

    /// How far the walk over the logs has come, as it was noted last.
    func progress() throws -> ScrubProgress { try view.scrubProgress() }

    /// How many changes of a space are stored.
    func changes(_ space: SpaceID) throws -> Int { try view.summary(space).changes }
}

/// Two hosts and the connection between them.
struct HostPair {
    private(set) var a: DiskHost
    let b: DiskHost
    /// A space that both founded.
    let space: SpaceID
    private let genesis: [UInt8]
    private var connection: UInt64 = 0

    init() throws {
        a = try DiskHost(1)
        b = try DiskHost(2)
        genesis =
            Genesis(
                level: .team, founders: [a.identity.publicKey, b.identity.publicKey],
                nonce: Bytes16(high: 1, low: 1), parent: nil
            ).encoded
        space = SpaceID(genesis: genesis)
        try a.hold(genesis)
        try b.hold(genesis)
    }

    /// Ends a's process and puts files of its own, from earlier on, in the place of its folder.
    mutating func copyBack(_ files: [(path: String, content: [UInt8])]) throws {
        b.host.disconnected(ConnectionID(connection))
        a = try DiskHost(1, copied: files, life: connection)
        try a.hold(genesis)
        connect()
    }

    /// Meets again and again, as often as a node that dials would do in a while.
    mutating func meet(_ times: Int) {
        for _ in 0..<times {
            connect()
            carry()
        }
    }

    /// Connects b to a; an earlier connection is gone.
    mutating func connect() {
        for node in [a, b] {
            if connection > 0 { node.host.disconnected(ConnectionID(connection)) }
            node.outbox = []
            node.closing = []
        }
        connection += 1
        for (node, other) in [(a, b), (b, a)] {
            node.host.connected(
                ConnectionID(connection), peer: other.identity.publicKey,
                exporter: [UInt8](repeating: UInt8(connection), count: 32), isDialer: node === b,
                purpose: .exchange)
        }
    }

    /// Carries frames and does what follows, until nothing is left; b stores nothing if `storing` is false.
    func carry(storing: Bool = true) {
        var goesOn = true
        while goesOn {
            goesOn = a.work()
            if b.work(storing: storing) { goesOn = true }
            for (node, other) in [(a, b), (b, a)] {
                let letters = node.outbox
                node.outbox = []
                for letter in letters where letter.id.value == connection {
                    other.host.received(letter.id, letter.bytes.span.bytes)
                    goesOn = true
                }
                for id in node.closing where id.value == connection {
                    for end in [a, b] { end.host.disconnected(id) }
                }
                node.closing = []
            }
        }
    }

    /// Whether both say that they hold the same.
    var isInSync: Bool {
        let id = ConnectionID(connection)
        return [a, b].allSatisfy { $0.host.status(of: id).first?.isInSync == true }
    }
}
