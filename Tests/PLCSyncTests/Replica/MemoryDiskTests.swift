import PLCOracle
import PLCSync
import Testing

/// The store of the tests keeps what the program's store must keep.
@Suite struct MemoryDiskTests {
    @Test(arguments: StoreContract.cases.map(\.name))
    func contract(name: String) throws {
        let test = try #require(StoreContract.cases.first { $0.name == name })
        let (own, other) = (Scenario.keys[0], Scenario.keys[1])
        let store = DiskInMemory(key: own.publicKey)
        let faults = try StoreContract.faults(in: test, of: store, own: own, other: other)
        expect(faults, "", name)
    }
}

/// A disk in memory as the contract sees it.
private struct DiskInMemory: ReplicaStore {
    struct Refused: Error {}

    let key: PublicKey
    var disk = MemoryDisk(epoch: 1)
    private let hasher = MerkleHasher()
    private var clock: UInt64 = 1

    init(key: PublicKey) { self.key = key }

    mutating func hold(_ genesis: [UInt8]) -> SpaceID {
        let id = SpaceID(genesis: genesis)
        disk.spaces[id] = DiskSpace(genesis: genesis)
        return id
    }

    mutating func write(_ draft: Draft, _ space: SpaceID, _ channel: Channel) throws -> AuthoredLog {
        let descriptor = LogDescriptor(space: space, key: key, channel: channel, epoch: disk.incarnation)
        clock += 1
        guard let leaf = draft.encode(stamp: clock, log: descriptor.id) else { throw Refused() }
        let lsn = disk.author(leaf, in: descriptor, hasher)
        let log = try #require(disk.spaces[space]?.logs[descriptor.id])
        return AuthoredLog(
            descriptor: descriptor, forest: log.forest, lsn: lsn, control: channel == .control ? [leaf] : [])
    }

    mutating func apply(_ commit: Commit) throws -> [LogID: UInt64] {
        guard let (lsns, _) = disk.apply(commit, hasher) else { throw Refused() }
        return lsns
    }

    mutating func admit(_ admission: Admission) throws -> Admission.Outcome {
        let (outcome, grants) = disk.judge(admission)
        if grants { _ = try write(admission.draft, admission.space, .control) }
        return outcome
    }

    func answer(_ request: ReadRequest) -> [ReadPart] { disk.answer(request) }

    func snapshot(_ space: SpaceID) throws -> SpaceSnapshot {
        guard let space = disk.spaces[space] else { throw Refused() }
        return space.snapshot
    }

    mutating func publish() {}
    mutating func reopen() {}
}
