package import PLCSync

/// What is wrong with a store.
package enum StoreFinding: Sendable, Equatable {
    /// SQLite's own check found this.
    case database(String)
    /// One bit of a page of the file is not what was written.
    case page(UInt64)
    /// The hashes of a log are not those of its changes, or changes cannot be read.
    case log(LogID, String)
    /// The signature under a log does not fit it.
    case head(LogID)
    /// The state of a space is not what its changes fold to.
    case state(SpaceID)
    /// One identity was imported apart under several records.
    case duplicate(SpaceID, id: [UInt8], count: Int)

    /// Whether something is damaged, as opposed to worth a look.
    package var isDamage: Bool {
        if case .duplicate = self { return false }
        return true
    }
}

extension Database {
    /// What SQLite's quick check says about the file.
    func check() throws -> [StoreFinding] {
        let rows = try prepare("PRAGMA quick_check(20)")
        var findings: [StoreFinding] = []
        while try rows.step() {
            let text = rows.text(0)
            if !text.utf8.elementsEqual("ok".utf8) { findings.append(.database(text)) }
        }
        return findings
    }
}

/// Checking and rebuilding.
extension Store {
    /// What is to be said about the database's file: by its pages' seals, and by SQLite.
    ///
    /// - Throws: `DatabaseError` of the first page of which more is wrong than a bit.
    package func checkDatabase() throws -> [StoreFinding] {
        var findings: [StoreFinding] = []
        var page: UInt64 = 1
        walk: while true {
            switch try database.checkPage(page) {
            case .none: break walk
            case .sound: break
            case .oneBitWrong: findings.append(.page(page))
            case .damaged: throw DatabaseError.damaged(page: page)
            }
            page += 1
        }
        return try findings + database.check()
    }

    /// Recomputes every log's hashes from its changes, and compares peaks, stored hashes and signatures.
    package func checkLogs() throws -> [StoreFinding] {
        var findings: [StoreFinding] = []
        for (index, log) in logs.sorted(by: { $0.key < $1.key }) {
            do {
                let (forest, nodesAgree) = try recompute(index, log)
                if forest != log.forest {
                    findings.append(.log(log.id, "its hashes are not those of its changes"))
                } else if !nodesAgree {
                    findings.append(.log(log.id, "a stored hash is wrong"))
                }
                if let head = log.head, head.count > 0 {
                    var full = forest
                    let isWhole = full.append(bridge: log.bridge, to: head.count, hasher: hasher)
                    let root = full.root(of: log.descriptor.fullID, hasher: hasher)
                    if !isWhole || !head.isValid(root: root, of: log.descriptor) {
                        findings.append(.head(log.id))
                    }
                }
            } catch let error as StoreError {
                findings.append(.log(log.id, "\(error)"))
            }
        }
        return findings
    }

    /// The forest over a log's changes, and whether stored interior hashes agree.
    private func recompute(_ index: Int, _ log: LogEntry) throws -> (forest: Forest, nodesAgree: Bool) {
        var forest = Forest()
        var agree = true
        let get = try database.prepare("SELECT hashes FROM node WHERE id = ?1")
        try forEachLeaf(index, log) { leaf, sequence in
            var nodes: [UInt8] = []
            forest.append(hasher.leaf(leaf), hasher: hasher) { block, hash in
                if block.height >= Replica.storedHeight { nodes += hash.bytes }
            }
            guard !nodes.isEmpty else { return }
            get.bind(1, LocalDot(log: index, sequence: sequence, op: 0).value)
            if try !get.step() || get.bytes(0) != nodes { agree = false }
            get.reset()
        }
        return (forest, agree)
    }

    private func forEachLeaf(
        _ index: Int, _ log: LogEntry, _ body: (borrowing RawSpan, UInt64) throws -> Void
    ) throws {
        var next: UInt64 = 1
        while next <= log.forest.count {
            let stretch = try logReader.stretch(at: LocalDot(log: index, sequence: next, op: 0))
            let span = stretch.bytes.span.bytes
            for item in Int(next - stretch.first)..<stretch.count where next <= log.forest.count {
                var reader = ByteReader(stretch.offsets[item]..<stretch.offsets[item + 1])
                guard case .leaf(let range) = try reader.logItem(span) else {
                    throw StoreError.damaged("a hole stands where change \(next) should be")
                }
                try body(span.extracting(range), next)
                next += 1
            }
        }
    }

    // MARK: The state

    /// What the tables of the state amount to, whatever is kept beside them.
    private struct Extract: Equatable {
        var digest = StateDigest()
        var records: Int64 = 0
        var imported: Int64 = 0
    }

    /// Adds up the rows of every space as they stand in the tables.
    private func extract() throws -> [Int: Extract] {
        var extracts = spaces.mapValues { _ in Extract() }
        let rows = try database.prepare("SELECT id FROM record ORDER BY id")
        var change = Change()
        while try rows.step() {
            guard let record = try states.record(LocalDot(value: rows.number(0))),
                let space = logs[record.id.log]?.space
            else { continue }
            var extract = extracts[space] ?? Extract()
            try add(record, to: &extract, &change)
            extracts[space] = extract
        }
        let imported = try database.prepare("SELECT space, count(*) FROM imported GROUP BY space")
        while try imported.step() { extracts[Int(imported.integer(0))]?.imported = imported.integer(1) }
        return extracts
    }

    private func add(_ record: FoldRecord, to extract: inout Extract, _ change: inout Change) throws {
        extract.records += 1
        let name = try rowName(record.id, isKeyed: record.isKeyed)
        if case .keyed(let id) = name {
            let key = try states.key(of: record.id) ?? []
            extract.digest.add(rowHasher.keyed(id, kind: record.kind, key: key.span.bytes))
        } else {
            let leaf = try logReader.leaf(record.id)
            let bytes = leaf.span.bytes
            guard (try? change.decode(bytes)) != nil, Int(record.id.op) < change.ops.count else { return }
            let births = change.births(of: Int(record.id.op))
            extract.digest.add(
                rowHasher.record(self.name(record.id), stamp: record.stamp, leaf: bytes, births: births))
        }
        try states.registers(record.id) { field, stamp, value in
            extract.digest.add(
                rowHasher.register(
                    name, field, effective: stamp.effective, writer: self.name(stamp.dot),
                    value: value.span.bytes))
        }
        try states.elements(record.id) { field, dot, stamp, value in
            extract.digest.add(
                rowHasher.element(name, field, self.name(dot), stamp: stamp, value: value.span.bytes))
        }
        try states.marks(record.id) { field, dot in
            if !record.isKeyed, dot.change == record.id.change {
                extract.digest.add(rowHasher.removal(name, field, self.name(dot)))
            }
        }
    }

    /// Folds all changes anew in place of the state that is stored, and says where the two differ.
    ///
    /// Runs inside a transaction; whoever only wants to know undoes it.
    package func rebuild() throws -> [StoreFinding] {
        // Entries are classes: their values are noted, because the entries get those of the new state.
        let kept = spaces.mapValues { (digest: $0.digest, records: $0.records) }
        let before = try extract()
        try refold()
        let after = try extract()
        return spaces.sorted { $0.key < $1.key }.compactMap { index, space in
            let agrees =
                before[index] == after[index] && after[index]?.digest == space.digest
                && kept[index]?.digest == space.digest && kept[index]?.records == space.records
            return agrees ? nil : .state(space.id)
        }
    }

    /// Folds all changes anew, in place of the state that is stored.
    func refold() throws {
        for table in [
            "record", "keyed", "alias", "register", "element", "mark", "held", "imported", "mark_by_name",
            "held_by_name",
        ] {
            try database.execute("DELETE FROM \(table)")
        }
        try setLeftOut([])
        heldCount = 0
        pendingMarks = 0
        foundRecord = nil
        foundWinner = nil
        for index in spaces.keys {
            spaces[index]?.digest = StateDigest()
            spaces[index]?.records = 0
            spaces[index]?.isDirty = true
        }
        for index in logs.keys { logs[index]?.folded = 0 }
        for (index, log) in logs.sorted(by: { $0.key < $1.key }) where log.id.channel != .control {
            foldingSpace = log.space
            var target = self
            try forEachLeaf(index, log) { leaf, sequence in
                guard try begins(leaf, log, index, sequence, isWritten: false) else { return }
                defer { watch?.end() }
                let stamp = try fold.apply(leaf, log: index, sequence: sequence, to: &target)
                if let stamp { clock.observe(stamp) }
            }
        }
    }

    /// Folds all changes anew, and what is sound of those that were set aside.
    ///
    /// Those are folded once more when they come again, which changes nothing.
    func refoldAll() throws {
        try refold()
        for (index, log) in logs.sorted(by: { $0.key < $1.key }) {
            guard let repair = log.repair else { continue }
            foldingSpace = log.space
            var target = self
            for (key, _) in try statements.asideStretches(log: index) where log.id.channel != .control {
                let first = LocalDot(value: key)
                // What is not sound is not found there.
                guard let stretch = try? logReader.stretch(at: first) else { continue }
                for item in 0..<stretch.count {
                    let dot = LocalDot(log: index, sequence: stretch.first + UInt64(item), op: 0)
                    let leaf = try logReader.leaf(dot)
                    guard try begins(leaf.span.bytes, log, index, dot.sequence, isWritten: false) else {
                        continue
                    }
                    defer { watch?.end() }
                    _ = try fold.apply(leaf.span.bytes, log: index, sequence: dot.sequence, to: &target)
                }
            }
            log.folded = log.forest.count
            log.repair = LogEntry.Repair(held: repair.held, root: repair.root, folded: log.folded)
            if let repair = log.repair { try statements.set(repair, log: index) }
        }
    }

    /// Identities that were imported apart under several records.
    package func duplicates() throws -> [StoreFinding] {
        let rows = try database.prepare(
            "SELECT space, id, count(*) FROM imported GROUP BY space, id HAVING count(*) > 1 ORDER BY space, id"
        )
        var findings: [StoreFinding] = []
        while try rows.step() {
            guard let space = spaces[Int(rows.integer(0))]?.id else { continue }
            findings.append(.duplicate(space, id: rows.bytes(1), count: Int(rows.integer(2))))
        }
        return findings
    }

    /// How many logs and changes there are.
    package var extent: (logs: Int, changes: Int, records: Int) {
        let begun = logs.values.filter { $0.forest.count > 0 }
        return (
            begun.count, begun.reduce(0) { $0 + Int($1.forest.count) },
            spaces.values.reduce(0) { $0 + Int($1.records) }
        )
    }
}

/// Leaving and coming back.
extension Store {
    /// Signs this node's logs in a copy of its store, since a backup publishes them.
    ///
    /// The store itself goes on writing to them, and a head that it kept would soon be too short.
    package static func sign(copy path: String, with key: SigningKey) throws {
        let copy = try Store(path: path, random: RandomSource(World.randomNumber))
        try copy.begin()
        try copy.signOwnLogs(with: key)
        _ = try copy.commit()
        try copy.settle()
    }

    /// Signs this node's logs at the lengths that they have: only for a store that will write to them no more.
    package func signOwnLogs(with key: SigningKey) throws {
        for (index, log) in logs.sorted(by: { $0.key < $1.key }) where log.isOwn && log.forest.count > 0 {
            guard log.descriptor.key == key.publicKey, log.head?.count != log.forest.count else { continue }
            log.head = Head(signing: log.forest, of: log.descriptor, with: key, hasher: hasher)
            log.bridge = []
            try statements.update(index, log)
        }
    }

    /// Makes this copy of a database another incarnation, before its first write: a new identity of the database, and
    /// new logs for what the node will write (L-7).
    package func beginNewIncarnation() throws {
        precondition(inTransaction, "a store becomes another inside a transaction")
        if !planted(.epochKeptAfterRestore) { try statements.setMeta("epoch", drawEpoch()) }
        if planted(.ownLogReusedAfterRestore) { return }
        for (index, log) in logs.sorted(by: { $0.key < $1.key }) where log.isOwn {
            log.isOwn = false
            try statements.update(index, log)
        }
        forgetOwnLogs()
    }
}
