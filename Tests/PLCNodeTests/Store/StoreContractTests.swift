import PLCNode
import PLCOracle
import PLCSync
import Testing

/// The store on SQLite keeps what a replica needs of a store.
@Suite struct StoreContractTests {
    @Test(arguments: StoreContract.cases.map(\.name))
    func contract(name: String) throws {
        let test = try #require(StoreContract.cases.first { $0.name == name })
        let own = try #require(SigningKey(seed: [UInt8](repeating: 1, count: 32)))
        let other = try #require(SigningKey(seed: [UInt8](repeating: 2, count: 32)))
        try withTemporaryFolder { root in
            let store = try StoreInFolder(root.path, own)
            let faults = try StoreContract.faults(in: test, of: store, own: own, other: other)
            #expect(faults == [])
        }
    }
}

/// A store and its reader as the contract sees them.
private final class StoreInFolder: ReplicaStore {
    private let folder: String
    private let key: SigningKey
    private var store: Store
    private var view: StoreView
    private var copies = 0

    init(_ folder: String, _ key: SigningKey) throws {
        self.folder = folder
        self.key = key
        (store, view) = try Self.open(folder)
    }

    private static func open(_ folder: String) throws -> (Store, StoreView) {
        let path = folder + "/store.db"
        let store = try Store(path: path, random: RandomSource { UInt64.random(in: .min ... .max) })
        return (store, try StoreView(path: path))
    }

    func hold(_ genesis: [UInt8]) throws -> SpaceID { try inTransaction { try $0.add(genesis: genesis) }.0 }

    func write(_ draft: Draft, _ space: SpaceID, _ channel: Channel) throws -> AuthoredLog {
        let wall = WallTime(milliseconds: 1_700_000_000_000)
        let authored = try inTransaction {
            try $0.write(space, channel, by: key.publicKey, .now(wall)) { _ in draft }
        }.1
        return try #require(authored[space]?.first)
    }

    func apply(_ commit: Commit) throws -> [LogID: UInt64] { try inTransaction { try $0.apply(commit) }.0 }

    private func inTransaction<Value>(
        _ body: (Store) throws -> Value
    ) throws -> (Value, [SpaceID: [AuthoredLog]]) {
        try store.begin()
        do {
            let value = try body(store)
            return (value, try store.commit())
        } catch {
            try store.rollback()
            throw error
        }
    }

    func admit(_ admission: Admission) throws -> Admission.Outcome {
        let wall = WallTime(milliseconds: 1_700_000_000_000)
        return try inTransaction { try $0.admit(admission, by: key.publicKey, at: wall) }.0
    }

    func answer(_ request: ReadRequest) throws -> [ReadPart] { try view.answer(request) }

    func snapshot(_ space: SpaceID) throws -> SpaceSnapshot { try store.snapshot(space) }

    func publish() throws {
        copies += 1
        let copy = folder + "/copy\(copies)"
        try view.backup(to: copy) { _, _ in }
        try Store.sign(copy: copy, with: key)
    }

    func reopen() throws { (store, view) = try Self.open(folder) }
}
