package import PLCEntities
package import PLCSync

/// Records by the names that people see, and the order in which exports go.
extension StoreView {
    /// The spaces of the store, in the order in which they came, with what they were founded with.
    package func spaces() throws -> [(id: SpaceID, genesis: [UInt8])] {
        let rows = try database.prepare("SELECT id, genesis FROM space ORDER BY idx")
        var spaces: [(id: SpaceID, genesis: [UInt8])] = []
        while try rows.step() {
            guard let id = Bytes32(rows.bytes(0)) else { throw StoreError.damaged("a space cannot be read") }
            spaces.append((SpaceID(id), rows.bytes(1)))
        }
        return spaces
    }

    /// The space that a record lives in, and the key that created it.
    package func origin(of record: FoldRecord) throws -> (space: SpaceID, key: PublicKey) {
        let rows = try database.prepare(
            "SELECT s.id, l.key FROM log AS l JOIN space AS s ON s.idx = l.space WHERE l.idx = ?1")
        rows.bind(1, record.id.log)
        guard try rows.step(), let space = Bytes32(rows.bytes(0)), let key = Bytes32(rows.bytes(1)) else {
            throw StoreError.damaged("log \(record.id.log) is missing")
        }
        return (SpaceID(space), PublicKey(key))
    }

    /// The live record of a space that a name names, or nil.
    package func record(_ name: RecordName, space: SpaceID) throws -> FoldRecord? {
        switch name {
        case .keyed(let id): return try states.record(keyed: id, space: index(of: space))
        case .born(let dot):
            guard let record = try record(dot), try origin(of: record).space == space else { return nil }
            return record
        }
    }

    /// The name of a live record.
    package func name(of record: FoldRecord) throws -> RecordName {
        if record.isKeyed, let id = try states.keyedID(of: record.id) { return .keyed(id) }
        return .born(try dot(record.id))
    }

    /// The identity of a live record as people see it: the one that it was imported under, otherwise its name.
    package func identity(of record: FoldRecord, importedID: [UInt8]?) throws -> [UInt8] {
        if let importedID { return importedID }
        let kind = Kinds.numbered(record.kind)?.name ?? "record"
        return Array(try name(of: record).text(kind: kind).utf8)
    }

    /// A record as people read it.
    package func reading(_ record: FoldRecord) throws -> RecordReading {
        try RecordReading(states.view(record)) { try dot($0) }
    }

    /// A reference as people see it: the identity of the record if it lives here, otherwise a name without a kind.
    package func text(of reference: Reference) throws -> String {
        if let record = try record(reference.dot) {
            let id = try reading(record).importedID
            return String(decoding: try identity(of: record, importedID: id), as: UTF8.self)
        }
        return RecordName.born(reference.dot).text(kind: "record")
    }

    /// The log that log reference `number` means in the change of `dot`.
    package func log(_ number: UInt64, in dot: LocalDot) throws -> LogID? {
        if number == 0 { return try self.dot(dot).log }
        var change = Change()
        let leaf = try logReader.leaf(dot)
        guard (try? change.decode(leaf.span.bytes)) != nil, number <= UInt64(change.logs.count) else {
            return nil
        }
        return change.logs[Int(number) - 1]
    }

    // MARK: In the order of identities

    /// The live records of a space that were imported, sorted by the bytes of their identities: of several records
    /// under one identity, all in a row.
    package func forEachImported(
        _ space: SpaceID, _ body: (_ id: [UInt8], _ record: LocalDot) throws -> Void
    ) throws {
        let rows = try database.prepare(
            "SELECT id, record FROM imported WHERE space = ?1 ORDER BY id, record")
        rows.bind(1, try index(of: space))
        while try rows.step() { try body(rows.bytes(0), LocalDot(value: rows.number(1))) }
    }

    /// The live records of a space that were written here or elsewhere, not imported.
    package func forEachNative(_ space: SpaceID, _ body: (FoldRecord) throws -> Void) throws {
        let rows = try database.prepare(
            """
            SELECT r.id FROM record AS r JOIN log AS l ON l.idx = r.id >> 40
            WHERE l.space = ?1 AND r.id NOT IN (SELECT record FROM imported WHERE space = ?1) ORDER BY r.id
            """)
        rows.bind(1, try index(of: space))
        while try rows.step() {
            if let record = try states.record(LocalDot(value: rows.number(0))) { try body(record) }
        }
    }
}

/// A peer that this node dials.
package struct KnownPeer: Hashable, Sendable {
    /// Where it listens.
    package let address: String
    /// Who it is, once it was reached.
    package let node: PublicKey?
    /// When it was last reached, in milliseconds since 1970; nil for never.
    package let lastContact: UInt64?
}

extension StoreView {
    /// The peers that this node dials, by address.
    package func peers() throws -> [KnownPeer] {
        let rows = try database.prepare("SELECT address, node, last_contact FROM peer ORDER BY address")
        var peers: [KnownPeer] = []
        while try rows.step() {
            let node = rows.isNull(1) ? nil : Bytes32(rows.bytes(1)).map { PublicKey($0) }
            let contact = rows.number(2)
            peers.append(
                KnownPeer(address: rows.text(0), node: node, lastContact: contact == 0 ? nil : contact))
        }
        return peers
    }

    /// What people call a space; nil before anybody said.
    package func name(of space: SpaceID) throws -> String? {
        let id = keyedID(channel: .core, kind: Kinds.community.number, key: Kinds.communityKey)
        guard let record = try record(.keyed(id), space: space) else { return nil }
        return try reading(record).text("name")
    }
}
