package import PLCSync

/// A node's durable replica: its logs as they came, and the state that they fold to, in one SQLite database.
///
/// The only writer of the database, and the only one that checkpoints it (Debian's SQLite loses data otherwise). All
/// writing happens between `begin` and `commit`; a commit is durable when it returns. One thread at a time.
package final class Store {
    let database: Database
    let statements: StoreStatements
    let logReader: LogReader
    let states: StateTables
    let hasher = MerkleHasher()
    let rowHasher = RowHasher()
    let codec = StretchCodec()
    var fold = Fold()

    var spaces: [Int: SpaceEntry] = [:]
    var spaceIndices: [SpaceID: Int] = [:]
    private(set) var logs: [Int: LogEntry] = [:]
    /// The same by their numbers, for what looks one up for every op.
    private var numberedLogs: [LogEntry?] = []
    private(set) var logIndices: [LogID: Int] = [:]
    /// The highest number that a log was given.
    private var lastLog = 0
    var touched: [Int] = []
    var heldCount: Int64 = 0
    /// How many removals are noted of what has not arrived.
    var pendingMarks: Int64 = 0
    /// The space whose changes are being folded.
    var foldingSpace: Int?
    /// The space whose digest was changed last.
    var touchedSpace: (index: Int, entry: SpaceEntry)?
    /// What a fold has met that cannot be as it was written.
    var foundDamage: String?
    /// The record that the fold looked up last.
    var foundRecord: FoldRecord?
    /// The winner that the fold looked up last; it is used up by the write that follows.
    var foundWinner: (key: FieldKey, winner: (stamp: WriteStamp, value: [UInt8])?)?
    package internal(set) var clock: Clock
    private var storedClock: UInt64
    private var storedLSN: UInt64
    /// The newest log sequence number.
    package internal(set) var lsn: UInt64
    /// The identity of this database; a restored one gets a new one.
    package let epoch: UInt64
    private var random: RandomSource
    private(set) var inTransaction = false
    /// Whether a transaction could not be undone in memory, so that what the store would do next is unknown.
    package private(set) var isLost = false
    /// Logs that were written anew, sound, after somebody had read them damaged.
    var mendedLogs: Set<LogID> = []
    /// Who knows of changes that must not be folded; nil: nobody.
    package var watch: (any FoldWatch)?
    /// The changes that the state lacks, because folding them has ended the process.
    var leftOut: [LocalDot] = []
    /// Leaves that were appended in memory, whose rows may not be written yet.
    private var appendedLeaves: Int64 = 0

    /// Opens the database at `path`, creating or migrating it; `random` gives the identities of logs.
    package init(path: String, files: String = SealedFiles.system.name, random: RandomSource) throws {
        var random = random
        database = try Database(path: path, mode: .readWrite, files: files)
        try database.execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
            PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864
            """)
        if planted(.synchronousNormal) { try database.execute("PRAGMA synchronous = NORMAL") }
        try Schema.migrate(database)
        try database.syncLog()
        statements = try StoreStatements(database)
        logReader = try LogReader(database)
        states = try StateTables(database, logReader)
        if let epoch = try statements.meta("epoch") {
            self.epoch = epoch
        } else {
            epoch = random.next()
            try statements.setMeta("epoch", epoch)
        }
        storedClock = try statements.meta("clock") ?? 0
        clock = Clock(last: storedClock)
        storedLSN = try statements.meta("lsn") ?? 0
        lsn = storedLSN
        self.random = random
        try load()
        try checkOwnLogs()
        logReader.unwritten = { [unowned self] dot in logs[dot.log]?.buffered(dot.sequence) }
    }

    /// Reads what is kept in memory.
    private func load() throws {
        spaces = [:]
        spaceIndices = [:]
        touchedSpace = nil
        logs = [:]
        numberedLogs = []
        logIndices = [:]
        touched = []
        ownLogs = [:]
        foundRecord = nil
        foundWinner = nil
        for (index, space) in try statements.loadSpaces() {
            spaces[index] = space
            spaceIndices[space.id] = index
        }
        lastLog = Int(clamping: try statements.meta("logs") ?? 0)
        for (index, log) in try statements.loadLogs(spaces) {
            guard index >= 1, index <= lastLog else {
                throw StoreError.damaged("logs are not numbered as they were")
            }
            enter(log, index)
        }
        for (index, repair) in try statements.loadRepairs() {
            logs[index]?.repair = repair
            logs[index]?.folded = max(repair.folded, logs[index]?.folded ?? 0)
        }
        // A number that was given must not be given again: peers ask for what moved after the last that they saw.
        guard lsn >= logs.values.lazy.map(\.lsn).max() ?? 0, lsn <= Self.maximumLSN else {
            throw StoreError.damaged("the number of the newest move of a head is not the newest")
        }
        leftOut = LeftOutChange.dots(try statements.text(LeftOutChange.fact) ?? "")
        heldCount = try database.integer("SELECT count(*) FROM held") ?? 0
        pendingMarks =
            try database.integer("SELECT count(*) FROM mark WHERE dot >> 10 <> record >> 10") ?? 0
        if planted(.waitingForgottenAtStart) {
            heldCount = 0
            try database.execute("DELETE FROM held; DELETE FROM held_by_name")
        }
        if planted(.removalsForgottenAtStart) {
            pendingMarks = 0
            try database.execute(
                "DELETE FROM mark WHERE dot >> 10 <> record >> 10; DELETE FROM mark_by_name")
        }
    }

    /// Numbers of moves stay below this.
    static let maximumLSN: UInt64 = 1 << 62

    /// Enters a log under its number.
    private func enter(_ log: LogEntry, _ index: Int) {
        logs[index] = log
        logIndices[log.id] = index
        while numberedLogs.count <= index { numberedLogs.append(nil) }
        numberedLogs[index] = log
    }

    /// Log number `index`, if there is one.
    func log(_ index: Int) -> LogEntry? { index < numberedLogs.count ? numberedLogs[index] : nil }

    // MARK: Transactions

    /// Begins a transaction.
    package func begin() throws {
        try database.execute("BEGIN IMMEDIATE")
        inTransaction = true
    }

    /// Makes the transaction durable and says which of this node's logs have grown.
    package func commit() throws -> [SpaceID: [AuthoredLog]] {
        do {
            return try finishCommit()
        } catch {
            try rollback()
            if planted(.fullDiskSwallowed), (error as? DatabaseError)?.isDiskFull == true { return [:] }
            throw error
        }
    }

    private func finishCommit() throws -> [SpaceID: [AuthoredLog]] {
        var authored: [SpaceID: [AuthoredLog]] = [:]
        for index in touched {
            try flush(index, isFinal: true)
            guard let log = logs[index] else { continue }
            if log.isOwn {
                lsn += 1
                if !planted(.ownMoveNotStored) { log.lsn = lsn }
                authored[log.descriptor.space, default: []].append(
                    AuthoredLog(
                        descriptor: log.descriptor, forest: log.forest, lsn: lsn, control: log.newControl)
                )
                log.newControl = []
            }
            try statements.update(index, log)
            log.isDirty = false
        }
        touched = []
        for (index, space) in spaces.sorted(by: { $0.key < $1.key }) where space.isDirty {
            try statements.update(index, space)
            space.isDirty = false
        }
        // A transaction that only read writes nothing: it needs no sync, and no room on a full disk.
        if lsn != storedLSN { try statements.setMeta("lsn", lsn) }
        if clock.last != storedClock, !planted(.clockNotStored) {
            try statements.setMeta("clock", clock.last)
        }
        try database.execute("COMMIT")
        storedClock = clock.last
        storedLSN = lsn
        inTransaction = false
        return authored
    }

    /// Undoes the transaction, in the tables and in memory.
    package func rollback() throws {
        guard inTransaction else { return }
        inTransaction = false
        // After some errors SQLite has rolled back already, and says so; either way nothing of it is left.
        try? database.execute("ROLLBACK")
        logReader.forget()
        isLost = true
        storedLSN = try statements.meta("lsn") ?? 0
        lsn = storedLSN
        if !planted(.memoryKeptAfterRollback) { try load() }
        clock = Clock(last: storedClock)
        isLost = false
    }

    /// Gives memory that only caches back to the system, and the log of the database back to the disk.
    package func settle() throws {
        try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        logReader.forget()
        database.releaseMemory()
    }

    // MARK: Spaces

    /// Stores the beginning of a space; one that is there already stays as it is.
    package func add(genesis: [UInt8]) throws -> SpaceID {
        let id = SpaceID(genesis: genesis)
        guard spaceIndices[id] == nil else { return id }
        let space = SpaceEntry(id: id, genesis: genesis, digest: StateDigest(), records: 0)
        let index = try statements.insert(space)
        spaces[index] = space
        spaceIndices[id] = index
        return id
    }

    /// What the replica needs to know of a space.
    package func snapshot(_ id: SpaceID) throws -> SpaceSnapshot {
        guard let index = spaceIndices[id], let space = spaces[index] else {
            throw StoreError.unknownSpace(id.short)
        }
        let here = logs.filter { $0.value.space == index }.sorted { $0.key < $1.key }
        return SpaceSnapshot(
            genesis: space.genesis, logs: here.map(\.value.snapshot), control: try control(index),
            cursors: try statements.cursors(space: index))
    }

    /// The leaves of the control logs of a space, those of this transaction included.
    private func control(_ space: Int) throws -> [(author: PublicKey, leaves: [[UInt8]])] {
        var control: [(author: PublicKey, leaves: [[UInt8]])] = []
        let here = logs.filter { $0.value.space == space && $0.value.id.channel == .control }
        for (number, log) in here.sorted(by: { $0.key < $1.key }) {
            let leaves = try logReader.controlLeaves(
                log: number, count: log.forest.count, held: log.repair?.held ?? 0)
            guard !leaves.isEmpty else { continue }
            control.append((log.descriptor.key, leaves))
        }
        return control
    }

    /// Who belongs to a space by what is stored, in this transaction too.
    package func membership(of id: SpaceID) throws -> Membership {
        guard let index = spaceIndices[id], let space = spaces[index] else {
            throw StoreError.unknownSpace(id.short)
        }
        var membership = Membership(try Genesis(space.genesis))
        for part in try control(index) { membership.insert(part.leaves, by: part.author) }
        return membership
    }

    /// Writes the grant that an invitation promises, if by now nobody else was admitted on it and it adds anything.
    package func admit(
        _ admission: Admission, by key: PublicKey, at wall: WallTime
    ) throws -> Admission.Outcome {
        let membership = try membership(of: admission.space)
        if membership.belongs(admission.key, by: admission.invitation) { return .belongs }
        guard membership.invitations[admission.invitation]?.admitted == nil else { return .isUsed }
        _ = try write(admission.space, .control, by: key, .now(wall)) { _ in admission.draft }
        return .belongs
    }

    /// The spaces of the store, in the order in which they came.
    package var spaceIDs: [SpaceID] { spaces.sorted { $0.key < $1.key }.map(\.value.id) }

    // MARK: Writing

    /// How a change is stamped.
    package enum Stamp {
        /// By this node's clock at the time given.
        case now(WallTime)
        /// As an import says.
        case exactly(UInt64)
    }

    /// Writes one change to this node's log of a channel; returns the dot of its first op.
    ///
    /// `draft` gets the stamp, because what a change says may depend on it (`over`).
    package func write(
        _ space: SpaceID, _ channel: Channel, by key: PublicKey, _ stamp: Stamp,
        _ draft: (UInt64) throws -> Draft
    ) throws -> Dot {
        try write(space, channel, by: key, stamp) { value, log in
            try draft(value).encode(stamp: value, log: log)
        }
    }

    /// Writes one change whose leaf `encode` makes from the stamp and the log; nil means that it is too large.
    package func write(
        _ space: SpaceID, _ channel: Channel, by key: PublicKey, _ stamp: Stamp,
        encode: (UInt64, LogID) throws -> [UInt8]?
    ) throws -> Dot {
        precondition(inTransaction, "a change is written inside a transaction")
        guard let spaceIndex = spaceIndices[space] else { throw StoreError.unknownSpace(space.short) }
        let value: UInt64
        switch stamp {
        case .now(let wall): value = clock.stamp(at: wall)
        case .exactly(let exact):
            value = exact
            clock.observe(exact)
        }
        let index = try ownLog(spaceIndex, channel, key)
        guard let id = logs[index]?.id, let leaf = try encode(value, id) else { throw StoreError.tooLarge }
        try append(leaf, to: index, isControl: channel == .control)
        guard let sequence = logs[index]?.forest.count else { preconditionFailure("the log is there") }
        return Dot(log: id, sequence: sequence, op: 0)
    }

    /// The number of the log that this node writes of a channel, opened now if there is none.
    func ownLog(_ space: Int, _ channel: Channel, _ key: PublicKey) throws -> Int {
        if let index = ownLogs[OwnLog(space: space, channel: channel)] { return index }
        let found = logs.first { $0.value.space == space && $0.value.isOwn && $0.value.id.channel == channel }
        if let found, found.value.forest.count < Dot.maximumSequence {
            ownLogs[OwnLog(space: space, channel: channel)] = found.key
            return found.key
        }
        guard let id = spaces[space]?.id else { preconditionFailure("the space is there") }
        let descriptor = LogDescriptor(space: id, key: key, channel: channel, epoch: random.next())
        let index = try number(descriptor, space: space)
        logs[index]?.isOwn = true
        logs[index]?.isDirty = true
        ownLogs[OwnLog(space: space, channel: channel)] = index
        return index
    }

    private struct OwnLog: Hashable {
        let space: Int
        let channel: Channel
    }
    private var ownLogs: [OwnLog: Int] = [:]

    /// The next write to every channel opens a log.
    func forgetOwnLogs() { ownLogs = [:] }

    /// An identity for a database.
    func drawEpoch() -> UInt64 { random.next() }

    private func append(_ leaf: [UInt8], to index: Int, isControl: Bool) throws {
        guard let log = logs[index] else { preconditionFailure("log \(index) is there") }
        touch(index)
        appendedLeaves += 1
        var nodes: [(block: Block, hash: Bytes32)] = []
        log.append(leaf, hash: hasher.leaf(leaf.span.bytes), hasher: hasher, into: &nodes)
        if isControl { log.newControl.append(leaf) }
        try statements.insert(nodes, log: index)
        if !isControl { try foldLeaf(leaf.span.bytes, log, index, log.forest.count, isWritten: true) }
        if log.buffer.count >= StretchCodec.blockBytes { try flush(index, isFinal: false) }
    }

    /// Stores what the replica has verified, inside a transaction; returns the numbers of the heads that moved.
    package func apply(_ commit: Commit) throws -> [LogID: UInt64] {
        precondition(inTransaction, "a commit is applied inside a transaction")
        guard let space = spaceIndices[commit.space] else {
            throw StoreError.unknownSpace(commit.space.short)
        }
        var lsns: [LogID: UInt64] = [:]
        for stretch in commit.stretches {
            let index = try number(stretch.descriptor, space: space)
            touch(index)
            try append(stretch, to: index)
            guard let log = logs[index] else { preconditionFailure("log \(index) is there") }
            lsn += 1
            lsns[stretch.descriptor.id] = lsn
            log.head = stretch.head
            log.bridge = stretch.bridge
            log.lsn = lsn
        }
        let followed = planted(.cursorOfAnotherSpace) ? 1 : space
        for (peer, cursor) in commit.cursors.sorted(by: { $0.key < $1.key }) {
            try statements.set(cursor, of: peer, space: followed)
        }
        return lsns
    }

    /// Appends what was verified to a log of another's.
    func append(_ stretch: Stretch, to index: Int) throws {
        guard let log = logs[index], !log.isOwn, log.forest.count == stretch.from - 1 else {
            throw StoreError.doesNotFollow("change \(stretch.from) of log \(index)")
        }
        let isControl = stretch.descriptor.channel == .control
        let bytes = stretch.items.span.bytes
        var reader = ByteReader(bytes)
        var sequence = stretch.from
        while !reader.isAtEnd {
            let start = reader.offset
            guard case .leaf(let leaf) = try reader.logItem(bytes) else {
                preconditionFailure("the replica lets no holes through yet")
            }
            appendedLeaves += 1
            log.append(bytes.extracting(start..<reader.offset), sequence: sequence)
            // What is given again after damage is in the state already.
            if !isControl, sequence > log.folded {
                try foldLeaf(bytes.extracting(leaf), log, index, sequence, isWritten: false)
            }
            if log.buffer.count >= StretchCodec.blockBytes { try flush(index, isFinal: false) }
            sequence += 1
        }
        let before = log.forest
        log.forest = stretch.forest
        if !planted(.receivedHashesNotStored) { try statements.insert(stretch.nodes, log: index) }
        if log.repair != nil { try settleRepair(index, log, after: before, stretch.items) }
    }

    private func foldLeaf(
        _ leaf: borrowing RawSpan, _ log: LogEntry, _ index: Int, _ sequence: UInt64, isWritten: Bool
    ) throws {
        guard try begins(leaf, log, index, sequence, isWritten: isWritten) else { return }
        defer { watch?.end() }
        foldingSpace = log.space
        foundDamage = nil
        var target = self
        do {
            let stamp = try fold.apply(leaf, log: index, sequence: sequence, to: &target)
            if let stamp { clock.observe(stamp) }
        } catch is Malformed {
            foundDamage = "an op waits that its change does not have"
        }
        if let foundDamage { throw StoreError.damaged(foundDamage) }
    }

    func touch(_ index: Int) {
        guard let log = logs[index] else { preconditionFailure("log \(index) is there") }
        if !log.isDirty || !touched.contains(index) { touched.append(index) }
        log.isDirty = true
    }

    /// The number of a log of which something comes, given now if it has none: then what waited for the log waits for
    /// its changes.
    private func number(_ descriptor: LogDescriptor, space: Int) throws -> Int {
        if let index = logIndices[descriptor.id] { return index }
        guard lastLog + 1 < LocalDot.maximumLogs else { throw StoreError.tooManyLogs }
        lastLog += 1
        let log = LogEntry(descriptor, space: space)
        try statements.setMeta("logs", UInt64(lastLog))
        try statements.insert(lastLog, log)
        enter(log, lastLog)
        try releaseNamed(log.id, as: lastLog)
        return lastLog
    }

    // MARK: Stretches

    /// Moves buffered items to the table: whole blocks compressed, what is left at the end of a transaction as it is.
    func flush(_ index: Int, isFinal: Bool) throws {
        guard let log = logs[index], log.offsets.count > 1 else { return }
        var tail = try log.tail ?? statements.tail(log: index)
        let key = LocalDot(log: index, sequence: log.bufferFirst, op: 0).value
        let count = log.offsets.count - 1
        let tailBytes = tail.reduce(0) { $0 + $1.bytes }
        let isBlock = tailBytes + log.buffer.count >= StretchCodec.blockBytes
        if isBlock || tail.count + 1 >= Self.tailLimit {
            let first = tail.first?.key ?? key
            let merged = planted(.tailMergeLosesAStretch) ? Array(tail.dropLast()) : tail
            let all = try takeOut(merged) + log.buffer
            let items = tail.reduce(count) { $0 + $1.count }
            try statements.insertStretch(
                first, count: items, rawBytes: isBlock ? all.count : nil, isBlock ? codec.compress(all) : all)
            tail = isBlock ? [] : [LogEntry.Tail(key: first, count: items, bytes: all.count)]
        } else {
            tail.append(LogEntry.Tail(key: key, count: count, bytes: log.buffer.count))
            try statements.insertStretch(key, count: count, rawBytes: nil, log.buffer)
        }
        log.tail = tail
        log.buffer.removeAll(keepingCapacity: !isFinal)
        log.offsets = [0]
    }

    /// So many small stretches at the end of a log are merged into one.
    private static let tailLimit = limit(16, tight: 4)

    /// The bytes of the small stretches, which are no more in the table.
    private func takeOut(_ tail: [LogEntry.Tail]) throws -> [UInt8] {
        guard !tail.isEmpty else { return [] }
        var bytes: [UInt8] = []
        for part in tail { bytes += try statements.takeStretch(part.key) }
        logReader.forget()
        return bytes
    }
}

extension Store {
    /// A fact about the node, such as its name.
    package func text(_ key: String) throws -> String? { try statements.text(key) }

    /// Stores a fact about the node.
    package func setText(_ key: String, _ value: String) throws { try statements.setText(key, value) }

    /// Forgets up to where peers were followed: the next meeting with each compares all heads.
    package func forgetCursors() throws { try statements.deleteCursors() }

    /// A number that moves with every row that is written, and every leaf that waits to be.
    package var writes: Int64 { database.changes + appendedLeaves }
}
