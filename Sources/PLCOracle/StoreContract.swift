package import PLCSync

/// What a replica needs of a store, whatever it is made of.
package protocol ReplicaStore {
    /// Begins to hold a space.
    mutating func hold(_ genesis: [UInt8]) throws -> SpaceID
    /// Writes a change of this node's own to its open log of a channel.
    mutating func write(_ draft: Draft, _ space: SpaceID, _ channel: Channel) throws -> AuthoredLog
    /// Makes a commit durable; throws, and stores nothing, if it cannot be.
    mutating func apply(_ commit: Commit) throws -> [LogID: UInt64]
    /// Reads what a peer wants.
    func answer(_ request: ReadRequest) throws -> [ReadPart]
    /// What the replica starts from.
    func snapshot(_ space: SpaceID) throws -> SpaceSnapshot
    /// Makes a copy that is published, as a backup does.
    mutating func publish() throws
    /// Lets the process end, and begins anew.
    mutating func reopen() throws
}

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
    private let hasher = MerkleHasher()
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
        }
    ]

    private mutating func claim(_ what: String, _ holds: Bool) {
        if !holds { faults.append("\(what): it is not so") }
    }

    // MARK: What happens

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
