import PLCSync

/// One log as the store has it in memory: what the tables say of it, and what a transaction has added.
///
/// A class, so that what a change adds is added in place; a transaction that is undone makes all entries anew.
final class LogEntry {
    /// A stretch at the end of the log that is small enough to be merged with what follows.
    struct Tail {
        let key: UInt64
        let count: Int
        let bytes: Int
    }

    /// What a log was before damage was found in it.
    struct Repair {
        /// How many leaves were held.
        let held: UInt64
        /// The root of them; nil of an own log.
        let root: Bytes32?
        /// How many of them the state has.
        let folded: UInt64
    }

    let id: LogID
    let descriptor: LogDescriptor
    /// The space's index.
    let space: Int
    var isOwn = false
    var forest = Forest()
    /// The head under which the leaves are verified, and the hashes from the last of them to it.
    var head: Head?
    var bridge: [Bytes32] = []
    var lsn: UInt64 = 0
    /// How many changes are folded; more than there are leaves while a damaged log is being repaired.
    var folded: UInt64 = 0
    /// What was held before damage was found, until a peer has given it again.
    var repair: Repair?

    /// Items that are not in the table yet, and where each begins; the end last.
    var buffer: [UInt8] = []
    var offsets: [Int] = [0]
    /// The sequence number of the first of them.
    var bufferFirst: UInt64 = 1
    /// The small stretches at the end of the log; nil until they were looked up.
    var tail: [Tail]?
    /// Whether the row has to be written.
    var isDirty = false
    /// The leaves that this transaction added to an own control log.
    var newControl: [[UInt8]] = []

    init(_ descriptor: LogDescriptor, space: Int) {
        id = descriptor.id
        self.descriptor = descriptor
        self.space = space
    }

    /// The buffered items as a stretch, if `sequence` is among them.
    func buffered(_ sequence: UInt64) -> LogReader.Loaded? {
        guard offsets.count > 1, sequence >= bufferFirst, sequence < bufferFirst + UInt64(offsets.count - 1)
        else {
            return nil
        }
        return LogReader.Loaded(first: bufferFirst, count: offsets.count - 1, bytes: buffer, offsets: offsets)
    }

    /// Appends one item to the buffer.
    func append(_ item: borrowing RawSpan, sequence: UInt64) {
        if offsets.count == 1 { bufferFirst = sequence }
        item.withUnsafeBytes { buffer.append(contentsOf: $0) }
        offsets.append(buffer.count)
        isDirty = true
    }

    /// Appends one leaf; interior nodes that are stored and become complete go into `nodes`.
    func append(
        _ leaf: [UInt8], hash: Bytes32, hasher: MerkleHasher,
        into nodes: inout [(block: Block, hash: Bytes32)]
    ) {
        forest.append(hash, hasher: hasher) { block, hash in
            if block.height >= Replica.storedHeight { nodes.append((block, hash)) }
        }
        if offsets.count == 1 { bufferFirst = forest.count }
        var item = ByteWriter(capacity: leaf.count + 3)
        item.write(leaf: leaf)
        buffer.append(contentsOf: item.bytes)
        offsets.append(buffer.count)
        isDirty = true
    }

    /// The snapshot that the replica starts from.
    var snapshot: LogSnapshot {
        LogSnapshot(
            descriptor: descriptor, forest: forest, head: isOwn ? nil : head,
            bridge: isOwn ? [] : bridge, lsn: lsn, isOwn: isOwn)
    }
}

/// One space as the store has it in memory.
final class SpaceEntry {
    let id: SpaceID
    let genesis: [UInt8]
    var digest: StateDigest
    var records: Int64
    var isDirty = false

    init(id: SpaceID, genesis: [UInt8], digest: StateDigest, records: Int64) {
        self.id = id
        self.genesis = genesis
        self.digest = digest
        self.records = records
    }
}
