/// The hashes of a log: leaves, interior nodes, and the root that a head signs.
///
/// Source: Specs/log.md.
///
/// Reuses one digest context; one owner at a time.
public struct MerkleHasher: Sendable {
    private let digest = Digest(.sha256)

    /// A hasher with a context of its own.
    public init() {}

    /// The hash of one leaf's bytes.
    public func leaf(_ bytes: borrowing RawSpan) -> Bytes32 {
        if !planted(.leafHashUnmarked) { digest.update(byte: 0) }
        digest.update(bytes)
        return digest.finish()
    }

    /// The hash of an interior node.
    public func node(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
        digest.update(byte: 1)
        digest.update(left)
        digest.update(right)
        return digest.finish()
    }

    /// The root of the log `id` at length `count`, whose peaks are given largest first.
    public func root(of id: Bytes32, count: UInt64, peaks: [Bytes32]) -> Bytes32 {
        digest.update(byte: 2)
        digest.update(id)
        digest.update(bigEndian: planted(.lengthNotInRoot) ? 0 : count)
        for peak in planted(.peaksReversed) ? peaks.reversed() : peaks { digest.update(peak) }
        return digest.finish()
    }
}

/// One aligned block of 2^height leaves that begins after `start` leaves.
public struct Block: Hashable, Sendable {
    /// The number of leaves before the block; a multiple of 2^height.
    public let start: UInt64
    /// The height of the tree over the block; 0 for a leaf.
    public let height: Int

    /// The block of 2^`height` leaves after the first `start`.
    public init(start: UInt64, height: Int) {
        self.start = start
        self.height = height
    }

    /// The number of leaves up to and including the block.
    public var end: UInt64 { start + 1 << UInt64(height) }

    /// The blocks that cover leaves `start` + 1 … `end`, each as large as alignment and the end allow; at most
    /// two for each bit of `end`.
    public static func span(from start: UInt64, to end: UInt64) -> [Block] {
        var blocks: [Block] = []
        var position = start
        while position < end {
            var height = position == 0 ? 62 : position.trailingZeroBitCount
            height = min(height, 63 - (end - position).leadingZeroBitCount)
            blocks.append(Block(start: position, height: height))
            position += 1 << UInt64(height)
        }
        return blocks
    }
}

/// An append-only Merkle forest: one perfect tree for each bit of its length, largest first.
///
/// Holds the peaks alone, at most 40 hashes; appending costs two hashes on average.
public struct Forest: Hashable, Sendable {
    /// The number of leaves.
    public private(set) var count: UInt64
    /// The roots of the perfect trees, largest first: as many as `count` has bits set.
    public private(set) var peaks: [Bytes32]

    /// The forest without leaves.
    public init() {
        count = 0
        peaks = []
    }

    /// The forest of `count` leaves with these peaks, or nil if their number does not fit.
    public init?(count: UInt64, peaks: [Bytes32]) {
        guard peaks.count == count.nonzeroBitCount else { return nil }
        self.count = count
        self.peaks = peaks
    }

    /// Appends one leaf's hash; `emit` gets each interior node that becomes complete.
    public mutating func append(
        _ hash: Bytes32, hasher: MerkleHasher, emit: (Block, Bytes32) -> Void = { _, _ in }
    ) {
        let appended = append(Block(start: count, height: 0), hash, hasher: hasher, emit: emit)
        precondition(appended, "a single leaf is always aligned")
    }

    /// Appends a block by its hash alone; false, and nothing appended, if it does not begin at the end or would not
    /// be aligned there.
    public mutating func append(
        _ block: Block, _ hash: Bytes32, hasher: MerkleHasher, emit: (Block, Bytes32) -> Void = { _, _ in }
    ) -> Bool {
        guard block.start == count, (0...40).contains(block.height),
            count & (1 << UInt64(block.height) - 1) == 0
        else { return false }
        var height = block.height
        var start = block.start
        var carried = hash
        emit(block, hash)
        while count >> UInt64(height) & 1 == 1 {
            carried = hasher.node(peaks.removeLast(), carried)
            start -= 1 << UInt64(height)
            height += 1
            emit(Block(start: start, height: height), carried)
        }
        peaks.append(carried)
        count += 1 << UInt64(block.height)
        return true
    }

    /// Appends the hashes of the blocks that cover (count, end]; false if their number does not fit.
    public mutating func append(bridge: [Bytes32], to end: UInt64, hasher: MerkleHasher) -> Bool {
        guard end >= count, end <= Dot.maximumSequence else { return false }
        let blocks = Block.span(from: count, to: end)
        guard blocks.count == bridge.count else { return false }
        for (block, hash) in zip(blocks, bridge) {
            guard append(block, hash, hasher: hasher) else { return false }
        }
        return true
    }

    /// The root that a head of the log `id` signs at this length.
    public func root(of id: Bytes32, hasher: MerkleHasher) -> Bytes32 {
        hasher.root(of: id, count: count, peaks: peaks)
    }
}

/// A proof that a leaf stands in a log of a known root.
public struct InclusionProof: Hashable, Sendable {
    /// The leaf's sequence number, from 1.
    public let sequence: UInt64
    /// The log's length.
    public let count: UInt64
    /// The siblings upward inside the leaf's tree.
    public let path: [Bytes32]
    /// The other peaks, largest first.
    public let peaks: [Bytes32]

    /// A proof from its parts, which come from anywhere.
    public init(sequence: UInt64, count: UInt64, path: [Bytes32], peaks: [Bytes32]) {
        self.sequence = sequence
        self.count = count
        self.path = path
        self.peaks = peaks
    }

    /// The root that the proof leads to from `leaf`, or nil if its shape does not fit.
    public func root(of id: Bytes32, leaf: Bytes32, hasher: MerkleHasher) -> Bytes32? {
        guard sequence >= 1, sequence <= count, count <= Dot.maximumSequence else { return nil }
        let blocks = Block.span(from: 0, to: count)
        guard let place = blocks.firstIndex(where: { $0.end >= sequence }),
            path.count == blocks[place].height,
            peaks.count == blocks.count - 1
        else { return nil }
        var index = sequence - 1 - blocks[place].start
        var hash = leaf
        for sibling in path {
            hash = index & 1 == 0 ? hasher.node(hash, sibling) : hasher.node(sibling, hash)
            index >>= 1
        }
        var all = peaks
        all.insert(hash, at: place)
        return hasher.root(of: id, count: count, peaks: all)
    }
}

/// A proof that a log of one length is the beginning of the same log at a greater one.
public struct ConsistencyProof: Hashable, Sendable {
    /// The peaks at the lesser length.
    public let before: Forest
    /// The hashes of the blocks between the lengths.
    public let bridge: [Bytes32]
    /// The greater length.
    public let count: UInt64

    /// A proof from its parts, which come from anywhere.
    public init(before: Forest, bridge: [Bytes32], count: UInt64) {
        self.before = before
        self.bridge = bridge
        self.count = count
    }

    /// The roots at both lengths, or nil if the proof's shape does not fit.
    public func roots(of id: Bytes32, hasher: MerkleHasher) -> (before: Bytes32, after: Bytes32)? {
        var after = before
        guard after.append(bridge: bridge, to: count, hasher: hasher) else { return nil }
        return (before.root(of: id, hasher: hasher), after.root(of: id, hasher: hasher))
    }
}

/// A source of the hashes of complete blocks, from which proofs are made.
public protocol ForestReader {
    /// The hash of `block`, which lies within the log.
    func hash(of block: Block) throws -> Bytes32
}

/// A log of which only the first leaves are here, and of the rest the hashes of the blocks that bridge them to a head.
public struct BridgedForest<Held: ForestReader>: ForestReader {
    private let held: Held
    private let count: UInt64
    private let bridge: [Block: Bytes32]
    private let hasher: MerkleHasher

    /// The log whose first `count` leaves `held` reads, and whose leaves from there to `end` are in `bridge`.
    public init(
        _ held: Held, count: UInt64, bridge hashes: [Bytes32], to end: UInt64, hasher: MerkleHasher
    ) {
        let blocks = Block.span(from: count, to: max(count, end))
        precondition(blocks.count == hashes.count, "\(hashes.count) hashes do not bridge \(count) to \(end)")
        self.held = held
        self.count = count
        bridge = Dictionary(uniqueKeysWithValues: zip(blocks, hashes))
        self.hasher = hasher
    }

    /// The hash of a block: one that begins among the leaves that are here and ends behind them is made up of both.
    public func hash(of block: Block) throws -> Bytes32 {
        if block.end <= count { return try held.hash(of: block) }
        if let hash = bridge[block] { return hash }
        precondition(block.height > 0, "\(block) is neither held nor bridged")
        let half = UInt64(1) << UInt64(block.height - 1)
        let left = Block(start: block.start, height: block.height - 1)
        let right = Block(start: block.start + half, height: block.height - 1)
        return hasher.node(try hash(of: left), try hash(of: right))
    }
}

extension ForestReader {
    /// The hashes of the blocks that cover (start, end].
    public func bridge(from start: UInt64, to end: UInt64) throws -> [Bytes32] {
        try Block.span(from: start, to: end).map { try hash(of: $0) }
    }

    /// The proof that the log at length `start` is the beginning of itself at length `end`.
    public func consistency(from start: UInt64, to end: UInt64) throws -> ConsistencyProof {
        let peaks = try Block.span(from: 0, to: start).map { try hash(of: $0) }
        guard let before = Forest(count: start, peaks: peaks) else {
            preconditionFailure("a span from 0 has a block for each bit of its length")
        }
        return ConsistencyProof(before: before, bridge: try bridge(from: start, to: end), count: end)
    }

    /// The proof that leaf `sequence` stands in the log at length `count`.
    public func inclusion(of sequence: UInt64, count: UInt64) throws -> InclusionProof {
        precondition(sequence >= 1 && sequence <= count, "leaf \(sequence) is not among \(count)")
        var path: [Bytes32] = []
        var peaks: [Bytes32] = []
        for block in Block.span(from: 0, to: count) {
            guard sequence > block.start, sequence <= block.end else {
                peaks.append(try hash(of: block))
                continue
            }
            for height in 0..<block.height {
                let start = (sequence - 1) & ~(1 << UInt64(height) - 1)
                path.append(try hash(of: Block(start: start ^ 1 << UInt64(height), height: height)))
            }
        }
        return InclusionProof(sequence: sequence, count: count, path: path, peaks: peaks)
    }
}
