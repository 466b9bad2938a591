package import PLCSync

/// What whoever writes changes has to know of the records that they are about: read inside the transaction, so that
/// changes written just before are seen.
extension Store {
    private func space(_ id: SpaceID) throws -> Int {
        guard let index = spaceIndices[id] else { throw StoreError.unknownSpace(id.short) }
        return index
    }

    /// The live record that was imported under `id`; of several, the one with the smallest full dot.
    package func record(imported id: [UInt8], space: SpaceID) throws -> FoldRecord? {
        let records = try states.imported(id, space: self.space(space))
        let smallest = records.count > 1 ? records.min { dot($0) < dot($1) } : records.first
        return try smallest.flatMap { try record($0) }
    }

    /// The live record of a space that a name names, or nil.
    package func record(_ name: RecordName, space: SpaceID) throws -> FoldRecord? {
        switch name {
        case .keyed(let id): return try states.record(keyed: id, space: self.space(space))
        case .born(let dot):
            guard let log = logIndices[dot.log], logs[log]?.space == (try self.space(space)) else {
                return nil
            }
            return try states.record(LocalDot(log: log, sequence: dot.sequence, op: dot.op))
        }
    }

    /// A record as it is.
    package func view(_ record: FoldRecord) throws -> RecordView { try states.view(record) }

    /// The full name of a dot.
    package func dot(_ local: LocalDot) -> Dot {
        Dot(log: logID(local.log), sequence: local.sequence, op: local.op)
    }

    /// The key that created a record.
    package func creator(of record: FoldRecord) -> PublicKey? { key(ofLog: record.id.log) }

    /// Notes that a line was imported; false if it was noted before.
    package func takeLine(_ line: LineID) throws -> Bool { try states.insertLine(line) }

    /// Takes back that a line was imported.
    package func forgetLine(_ line: LineID) throws { try states.deleteLine(line) }
}

/// What a line that was imported is known by.
package struct LineID: Hashable, Sendable {
    /// The time that the line gives, in milliseconds, or 0: lines of one time are near each other on the disk.
    let time: Int64
    /// The first eight bytes of the hash of the space and the line.
    let hash: Int64
}

/// The peers that this node dials.
extension Store {
    /// Adds a peer, by its address; false if it is there already.
    package func addPeer(_ address: String) throws -> Bool {
        let rows = try database.prepare("INSERT OR IGNORE INTO peer (address) VALUES (?1)")
        let before = database.changes
        try rows.bind(1, text: address).run()
        return database.changes > before
    }

    /// Forgets a peer; false if it was not there.
    package func removePeer(_ address: String) throws -> Bool {
        let rows = try database.prepare("DELETE FROM peer WHERE address = ?1")
        let before = database.changes
        try rows.bind(1, text: address).run()
        return database.changes > before
    }

    /// Notes when a peer was last reached, in milliseconds since 1970, and who it is.
    package func notePeer(_ address: String, node: PublicKey, at time: UInt64) throws {
        let rows = try database.prepare("UPDATE peer SET node = ?2, last_contact = ?3 WHERE address = ?1")
        try rows.bind(1, text: address).bind(2, node.bytes).bind(3, time).run()
    }
}

extension Store {
    /// The live record that a dot of this store names, or nil.
    package func liveRecord(_ dot: LocalDot) throws -> FoldRecord? { try states.record(dot) }
}
