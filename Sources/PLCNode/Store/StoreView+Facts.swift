package import PLCSync

/// What a store says of its node, to who only reads.
extension StoreView {
    /// A text among the facts.
    package func text(_ key: String) throws -> String? { try fact(key) { $0.text(0) } }

    /// A number among the facts.
    package func number(_ key: String) throws -> UInt64? { try fact(key) { $0.number(0) } }

    private func fact<Value>(_ key: String, _ value: (Statement) -> Value) throws -> Value? {
        let row = try database.prepare("SELECT value FROM meta WHERE key = ?1")
        row.bind(1, text: key)
        return try row.step() ? value(row) : nil
    }

    /// Who belongs to a space by what is stored.
    package func membership(of space: SpaceID) throws -> Membership {
        try snapshot {
            let index = try index(of: space)
            guard let genesis = try spaces().first(where: { $0.id == space })?.genesis else {
                throw StoreError.unknownSpace(space.short)
            }
            var membership = Membership(try Genesis(genesis))
            let rows = try database.prepare(
                """
                SELECT l.idx, l.id, l.key, l.count, coalesce(r.held, 0) FROM log AS l
                LEFT JOIN repair AS r ON r.log = l.idx WHERE l.space = ?1 ORDER BY l.idx
                """)
            rows.bind(1, index)
            while try rows.step() {
                guard let id = Bytes16(rows.bytes(1)), let key = Bytes32(rows.bytes(2)) else {
                    throw StoreError.damaged("a log cannot be read")
                }
                guard LogID(id).channel == .control else { continue }
                let leaves = try logReader.controlLeaves(
                    log: Int(rows.integer(0)), count: rows.number(3), held: rows.number(4))
                if !leaves.isEmpty { membership.insert(leaves, by: PublicKey(key)) }
            }
            return membership
        }
    }

    /// What SQLite says about the file.
    package func checkDatabase() throws -> [StoreFinding] { try database.check() }
}
