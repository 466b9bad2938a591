import PLCSync

/// Reads logs from the disk: items, single leaves, and the hashes that prove them.
///
/// Keeps the block that it read last few times, since readers go through logs in order. One thread at a time.
final class LogReader {
    /// One stretch of a log in memory.
    struct Loaded {
        /// The first leaf's sequence number.
        let first: UInt64
        /// How many items.
        let count: Int
        /// The items.
        let bytes: [UInt8]
        /// Where each item begins; its end last.
        let offsets: [Int]
    }

    private let find: Statement
    /// The same of what was set aside and is sound.
    private let findAside: Statement
    private let node: Statement
    private let codec = StretchCodec()
    let hasher = MerkleHasher()
    private var cache: [(key: UInt64, stretch: Loaded)] = []
    private static let cacheLimit = 8
    /// The forests up to where logs were found to be what their heads sign, by log and length.
    var verified: [LocalDot: Forest] = [:]

    /// How many bytes of stretches were taken from the disk.
    private(set) var loadedBytes = 0

    /// Items that are not on the disk yet, asked before the disk.
    var unwritten: (LocalDot) -> Loaded? = { _ in nil }

    init(_ database: Database) throws {
        find = try database.prepare(
            "SELECT id, count, raw_bytes, bytes FROM stretch WHERE id <= ?1 ORDER BY id DESC LIMIT 1")
        findAside = try database.prepare(
            "SELECT id, count, raw_bytes, bytes FROM aside WHERE id <= ?1 AND sound ORDER BY id DESC LIMIT 1")
        node = try database.prepare("SELECT hashes FROM node WHERE id = ?1")
    }

    /// Forgets what was read, after the tables have changed under it.
    func forget() {
        cache.removeAll(keepingCapacity: true)
        verified.removeAll(keepingCapacity: true)
    }

    /// The bytes of the leaf that `dot` lies in.
    func leaf(_ dot: LocalDot) throws -> [UInt8] {
        let stretch = try stretch(at: dot)
        let index = Int(dot.sequence - stretch.first)
        let span = stretch.bytes.span.bytes
        var reader = ByteReader(stretch.offsets[index]..<stretch.offsets[index + 1])
        guard case .leaf(let range) = try reader.logItem(span) else {
            throw StoreError.damaged("a hole stands where change \(dot.sequence) should be")
        }
        return span.extracting(range).array
    }

    /// The first `count` leaves of a control log, and what can be read up to leaf `held` of what was set aside.
    func controlLeaves(log: Int, count: UInt64, held: UInt64) throws -> [[UInt8]] {
        guard max(count, held) > 0 else { return [] }
        return try (1...max(count, held)).compactMap { sequence in
            do {
                return try leaf(LocalDot(log: log, sequence: sequence, op: 0))
            } catch StoreError.damaged where sequence > count {
                // It was set aside: who was admitted in it belongs again when it has come again.
                return nil
            }
        }
    }

    /// The stretch that holds the leaf of `dot`.
    func stretch(at dot: LocalDot) throws -> Loaded {
        if let found = unwritten(dot) { return found }
        if let index = cache.lastIndex(where: {
            $0.key >> 40 == UInt64(dot.log) && $0.stretch.first <= dot.sequence
                && dot.sequence < $0.stretch.first + UInt64($0.stretch.count)
        }) {
            if index < cache.count - 1 { cache.append(cache.remove(at: index)) }
            return cache[cache.count - 1].stretch
        }
        guard let (key, loaded) = try load(dot, with: find) ?? load(dot, with: findAside) else {
            throw StoreError.damaged("change \(dot.sequence) of log \(dot.log) is missing")
        }
        loadedBytes += loaded.bytes.count
        if cache.count >= Self.cacheLimit { cache.removeFirst() }
        cache.append((key, loaded))
        return loaded
    }

    /// The stretch with the leaf of `dot` that a query gives; nil if it gives none with it.
    private func load(_ dot: LocalDot, with find: Statement) throws -> (UInt64, Loaded)? {
        find.bind(1, dot.change.value)
        defer { find.reset() }
        guard try find.step(), find.number(0) >> 40 == UInt64(dot.log) else { return nil }
        let key = find.number(0)
        let first = LocalDot(value: key).sequence
        let unreadable = StoreError.damaged("changes from \(first) of log \(dot.log) cannot be read")
        guard let count = Int(exactly: find.integer(1)), count >= 1, count <= StretchCodec.maximumRawBytes,
            let rawBytes = Int(exactly: find.integer(2)),
            (0...StretchCodec.maximumRawBytes).contains(rawBytes)
        else { throw unreadable }
        // Rows that are not in their order answer to what was not asked for.
        guard key <= dot.change.value else { throw unreadable }
        guard dot.sequence < first + UInt64(count) else { return nil }
        let isPlain = find.isNull(2)
        let raw: [UInt8]? = find.withBytes(3) {
            isPlain ? [UInt8]($0) : codec.decompress($0, rawBytes: rawBytes)
        }
        guard let raw, let offsets = Self.offsets(raw, count: count) else { throw unreadable }
        return (key, Loaded(first: first, count: count, bytes: raw, offsets: offsets))
    }

    /// Where each of `count` items begins in `bytes`, and where the last ends; nil if they are not that many.
    static func offsets(_ bytes: [UInt8], count: Int) -> [Int]? {
        let span = bytes.span.bytes
        var reader = ByteReader(span)
        var offsets = [0]
        offsets.reserveCapacity(count + 1)
        while !reader.isAtEnd {
            guard (try? reader.logItem(span)) != nil else { return nil }
            offsets.append(reader.offset)
        }
        return offsets.count == count + 1 ? offsets : nil
    }

    /// Items of log number `log` from change `from` to `to`, as many as have at most `maximumBytes`; if `takesFirst`, the
    /// first whatever it has.
    func items(
        log: Int, from: UInt64, to: UInt64, maximumBytes: Int, takesFirst: Bool = true
    ) throws -> (items: [UInt8], count: Int, next: UInt64) {
        var items: [UInt8] = []
        var next = from
        while next <= to {
            let stretch = try stretch(at: LocalDot(log: log, sequence: next, op: 0))
            let first = Int(next - stretch.first)
            var last = min(stretch.count, Int(to - stretch.first) + 1)
            let room = maximumBytes - items.count
            let least = items.isEmpty && takesFirst ? first + 1 : first
            while last > least, stretch.offsets[last] - stretch.offsets[first] > room { last -= 1 }
            guard last > first else { break }
            items += stretch.bytes[stretch.offsets[first]..<stretch.offsets[last]]
            next += UInt64(last - first)
        }
        return (items, Int(next - from), next)
    }

    /// A source of block hashes for proofs about log number `log`.
    func forest(log: Int) -> Hashes { Hashes(reader: self, log: log) }

    /// The hashes of one log's blocks.
    struct Hashes: ForestReader {
        fileprivate let reader: LogReader
        fileprivate let log: Int

        func hash(of block: Block) throws -> Bytes32 { try reader.hash(log: log, of: block) }
    }

    /// The hash of a block: stored if it is high, computed from its leaves if it is low.
    private func hash(log: Int, of block: Block) throws -> Bytes32 {
        guard block.height < Replica.storedHeight else { return try stored(log: log, block) }
        var forest = Forest()
        for hash in try leafHashes(log: log, from: block.start + 1, to: block.end) {
            forest.append(hash, hasher: hasher)
        }
        return forest.peaks[0]
    }

    /// The stored hash of a high block.
    private func stored(log: Int, _ block: Block) throws -> Bytes32 {
        node.bind(1, LocalDot(log: log, sequence: block.end, op: 0).value)
        defer { node.reset() }
        guard try node.step() else { throw StoreError.damaged("a hash of log \(log) is missing") }
        let offset = (block.height - Replica.storedHeight) * Bytes32.count
        guard let hash = Bytes32(node.bytes(0).span.bytes, at: offset) else {
            throw StoreError.damaged("a hash of log \(log) is cut short")
        }
        return hash
    }

    /// The stored hash of the lowest block that is stored and ends with leaf `end`; nil if it cannot be read.
    func storedBlock(log: Int, end: UInt64) throws -> Bytes32? {
        let start = end - 1 << UInt64(Replica.storedHeight)
        do {
            return try stored(log: log, Block(start: start, height: Replica.storedHeight))
        } catch StoreError.damaged {
            return nil
        }
    }

    /// The hashes of the leaves from `from` to `to`, from their bytes.
    func leafHashes(log: Int, from: UInt64, to: UInt64) throws -> [Bytes32] {
        var hashes: [Bytes32] = []
        var next = from
        while next <= to {
            let stretch = try stretch(at: LocalDot(log: log, sequence: next, op: 0))
            let span = stretch.bytes.span.bytes
            let last = min(stretch.first + UInt64(stretch.count) - 1, to)
            for sequence in next...last {
                let index = Int(sequence - stretch.first)
                var reader = ByteReader(stretch.offsets[index]..<stretch.offsets[index + 1])
                guard case .leaf(let range) = try reader.logItem(span) else {
                    throw StoreError.damaged("a hole stands where change \(sequence) should be")
                }
                hashes.append(hasher.leaf(span.extracting(range)))
            }
            next = last + 1
        }
        return hashes
    }
}
