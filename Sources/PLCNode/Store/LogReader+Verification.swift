import PLCSync

/// Holding what is read against what heads sign.
extension LogReader {
    /// So many places in logs are remembered up to which all was verified, so that who reads on reads nothing twice.
    private static let verifiedLimit = 1_024

    /// How many leaves a block has whose hash is stored.
    static let blockLeaves: UInt64 = 1 << UInt64(Replica.storedHeight)

    /// The hashes of the leaves of one block, which begins after leaf `start`, and whether they lead to what is stored: the
    /// hash of the block, or of one that is not full yet, the last peaks of the log's forest.
    func survey(
        _ log: Int, from start: UInt64, of forest: Forest
    ) throws -> (hashes: [Bytes32], isSound: Bool) {
        let end = min(start + Self.blockLeaves, forest.count)
        let hashes = try leafHashes(log: log, from: start + 1, to: end)
        var block = Forest()
        for hash in hashes { block.append(hash, hasher: hasher) }
        let isSound =
            end - start == Self.blockLeaves
            ? try storedBlock(log: log, end: end) == block.peaks[0]
            : block.peaks[...] == forest.peaks.suffix(block.peaks.count)
        return (hashes, isSound)
    }

    /// Whether the items from leaf `part.from` on, and the hashes after them, lead to the root that the log's head signs.
    ///
    /// What a receiver will check, with the same bytes: so that no change that the disk has spoilt leaves the node. Costs
    /// one hash a leaf, and where nobody has read on, those of at most 255 leaves before the first.
    func leadsToRoot(
        _ part: ReadRequest.Part, log: Int, items: [UInt8], next: UInt64, bridge: [Bytes32]
    ) throws -> Bool {
        var forest = try forest(log: log, length: part.from - 1)
        let bytes = items.span.bytes
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            guard let item = try? reader.logItem(bytes), case .leaf(let range) = item else { return false }
            forest.append(hasher.leaf(bytes.extracting(range)), hasher: hasher)
        }
        guard forest.count + 1 == next else { return false }
        var whole = forest
        guard whole.append(bridge: bridge, to: part.head, hasher: hasher),
            whole.root(of: part.fullID, hasher: hasher) == part.root
        else { return false }
        if verified.count >= Self.verifiedLimit { verified.removeAll(keepingCapacity: true) }
        verified[LocalDot(log: log, sequence: part.from - 1, op: 0)] = nil
        verified[LocalDot(log: log, sequence: forest.count, op: 0)] = forest
        return true
    }

    /// The forest over the first `length` leaves of log number `log`, as the store's hashes have it.
    func forest(log: Int, length: UInt64) throws -> Forest {
        if length == 0 { return Forest() }
        if let known = verified[LocalDot(log: log, sequence: length, op: 0)] { return known }
        guard let forest = Forest(count: length, peaks: try forest(log: log).bridge(from: 0, to: length))
        else { throw StoreError.damaged("the hashes of log \(log) cannot be read") }
        return forest
    }
}
