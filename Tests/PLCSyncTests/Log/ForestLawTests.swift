import PLCOracle
import PLCSync
import Testing

@Suite("The laws of the forest")
struct ForestLawTests {
    // One for each test: a hasher has one owner at a time.
    private let hasher = MerkleHasher()
    private static let id = Bytes32(words: (1, 2, 3, 4))

    /// A log of hashes, whose blocks are hashed the dumb way: recursively, over all leaves.
    private struct Leaves: ForestReader {
        let hashes: [Bytes32]
        let hasher: MerkleHasher

        init(_ count: Int, _ hasher: MerkleHasher) {
            self.hasher = hasher
            hashes = (0..<UInt64(count)).map { Bytes32(words: ($0, 5, 6, 7)) }
        }

        func hash(of block: Block) -> Bytes32 {
            guard block.height > 0 else { return hashes[Int(block.start)] }
            let half = UInt64(1) << UInt64(block.height - 1)
            return hasher.node(
                hash(of: Block(start: block.start, height: block.height - 1)),
                hash(of: Block(start: block.start + half, height: block.height - 1)))
        }

        /// The forest of the first `count`.
        func forest(_ count: Int) -> Forest {
            var forest = Forest()
            for hash in hashes.prefix(count) { forest.append(hash, hasher: hasher) }
            return forest
        }

        /// The root of the first `count`, from one recursive tree for each bit.
        func root(_ count: Int) -> Bytes32 {
            var peaks: [Bytes32] = []
            var start = 0
            for height in (0..<20).reversed() where count >> height & 1 == 1 {
                peaks.append(hash(of: Block(start: UInt64(start), height: height)))
                start += 1 << height
            }
            return hasher.root(of: ForestLawTests.id, count: UInt64(count), peaks: peaks)
        }
    }

    private func root(_ forest: Forest) -> Bytes32 { forest.root(of: Self.id, hasher: hasher) }

    @Test("L-13 L-14 L-15 L-16 L-17 L-18: roots, bridges and proofs of consistency, for all lengths up to 64")
    func smallBridges() throws {
        let leaves = Leaves(64, hasher)
        let roots = (0...64).map(leaves.root)
        for end in 0...64 {
            same(root(leaves.forest(end)), roots[end], "the root of \(end)")
            for start in 0...end {
                same(try bridge(leaves, roots, start, end), nil, "from \(start) to \(end)")
            }
        }
    }

    /// What is wrong between two lengths.
    private func bridge(_ leaves: Leaves, _ roots: [Bytes32], _ start: Int, _ end: Int) throws -> String? {
        let span = Block.span(from: UInt64(start), to: UInt64(end))
        var place = UInt64(start)
        for block in span {
            if block.start != place || block.start & (1 << UInt64(block.height) - 1) != 0 {
                return "crooked \(block)"
            }
            place = block.end
        }
        if place != end || span.count > 2 * 20 { return "the span ends at \(place)" }
        var grown = leaves.forest(start)
        let hashes = try leaves.bridge(from: UInt64(start), to: UInt64(end))
        if !grown.append(bridge: hashes, to: UInt64(end), hasher: hasher) || root(grown) != roots[end] {
            return "the bridge leads elsewhere"
        }
        let proof = try leaves.consistency(from: UInt64(start), to: UInt64(end))
        guard let found = proof.roots(of: Self.id, hasher: hasher) else {
            return "the proof has no shape"
        }
        if found.before != roots[start] || found.after != roots[end] {
            return "the proof proves another thing"
        }
        guard !hashes.isEmpty else { return nil }
        let short = ConsistencyProof(
            before: proof.before, bridge: Array(hashes.dropLast()), count: UInt64(end))
        return short.roots(of: Self.id, hasher: hasher) == nil ? nil : "a hash too few is enough"
    }

    /// What is wrong with the proof of one leaf.
    private func inclusion(_ leaves: Leaves, _ sequence: Int, _ count: Int, _ expected: Bytes32) throws
        -> String?
    {
        let proof = try leaves.inclusion(of: UInt64(sequence), count: UInt64(count))
        let leaf = leaves.hashes[sequence - 1]
        if proof.root(of: Self.id, leaf: leaf, hasher: hasher) != expected { return "the proof fails" }
        let other = Bytes32(words: (9, 9, 9, 9))
        if proof.root(of: Self.id, leaf: other, hasher: hasher) == expected { return "any leaf will do" }
        let moved = InclusionProof(
            sequence: UInt64(sequence % count + 1), count: UInt64(count), path: proof.path, peaks: proof.peaks
        )
        if count > 1, moved.root(of: Self.id, leaf: leaf, hasher: hasher) == expected {
            return "any place will do"
        }
        let long = InclusionProof(
            sequence: UInt64(sequence), count: UInt64(count), path: proof.path + [other], peaks: proof.peaks)
        return long.root(of: Self.id, leaf: leaf, hasher: hasher) == nil
            ? nil : "a hash too many will do"
    }

    @Test("L-19: proofs of inclusion, for all leaves of all lengths up to 64")
    func smallProofs() throws {
        let leaves = Leaves(64, hasher)
        for count in 1...64 {
            let root = leaves.root(count)
            for sequence in 1...count {
                same(try inclusion(leaves, sequence, count, root), nil, "\(sequence) of \(count)")
            }
        }
    }

    @Test(
        "L-16 L-17 L-18 L-19 L-20: the same holds for great lengths, and for holes in place of any aligned blocks"
    )
    func greatLengths() throws {
        let leaves = Leaves(1 << 12, hasher)
        try withSeeds(100) { random in
            let end = 1 + random.below(leaves.hashes.count)
            let start = random.below(end + 1)
            var roots = [Bytes32](repeating: Bytes32(words: (0, 0, 0, 0)), count: end + 1)
            roots[start] = leaves.root(start)
            roots[end] = leaves.root(end)
            if let wrong = try bridge(leaves, roots, start, end) {
                return "from \(start) to \(end): \(wrong)"
            }
            let sequence = 1 + random.below(end)
            if let wrong = try inclusion(leaves, sequence, end, roots[end]) {
                return "\(sequence) of \(end): \(wrong)"
            }
            // Leaves and holes of any height that fits, in place of leaves alone.
            var forest = Forest()
            while forest.count < end {
                let fits = (0..<13).filter {
                    forest.count & (1 << UInt64($0) - 1) == 0 && Int(forest.count) + 1 << $0 <= end
                }
                let block = Block(start: forest.count, height: random.pick(fits))
                let hash = leaves.hash(of: block)
                guard forest.append(block, hash, hasher: hasher) else { return "\(block) was refused" }
            }
            return root(forest) == roots[end] ? nil : "holes give another root of \(end)"
        }
    }

    @Test("L-21: a hole that does not begin at the end, is not aligned there or is too high changes nothing")
    func crookedHoles() {
        let leaves = Leaves(64, hasher)
        let hash = leaves.hashes[0]
        for count in 0..<64 {
            let forest = leaves.forest(count)
            for height in 0...42 {
                for start in [count, count + 1, 0] {
                    var next = forest
                    let isAligned = height <= 40 && UInt64(count) & (1 << UInt64(height) - 1) == 0
                    let block = Block(start: UInt64(start), height: height)
                    let isTaken = next.append(block, hash, hasher: hasher)
                    let isRight = isTaken == (start == count && isAligned) && (isTaken || next == forest)
                    if !isRight { Issue.record("height \(height) from \(start) on \(count): \(isTaken)") }
                }
            }
        }
    }

    @Test("L-2 L-3 L-23: items are leaves of 1 to 65,536 bytes or holes, and lengths stay below the limit")
    func limits() {
        for (tag, reason) in [
            (0, .shape), (2 * 65_536, .truncated), (2 * 65_537, .shape), (2 * 40 + 1, .truncated),
            (2 * 41 + 1, .shape), (UInt64.max, .shape), (UInt64.max - 1, .shape),
        ] as [(UInt64, Malformed.Reason)] {
            var writer = ByteWriter()
            writer.write(varint: tag)
            let bytes = writer.bytes
            let found = fault { () throws(Malformed) in
                let span = bytes.span.bytes
                var reader = ByteReader(span)
                _ = try reader.logItem(span)
            }
            same(found?.reason, reason, "item \(tag)")
        }
        var forest = Forest()
        same(
            forest.append(bridge: [], to: Dot.maximumSequence + 1, hasher: hasher), false,
            "a log too long")
        let proof = InclusionProof(sequence: 1, count: .max, path: [], peaks: [])
        same(proof.root(of: Self.id, leaf: Self.id, hasher: hasher), nil, "a proof of a log too long")
    }

    @Test(
        "L-24 L-27 L-31: a head covers all leaves before it, and two heads of one length that differ are no one log"
    )
    func heads() throws {
        let key = try #require(SigningKey(seed: [UInt8](repeating: 7, count: 32)))
        let space = SpaceID(Self.id)
        let log = LogDescriptor(space: space, key: key.publicKey, channel: .core, epoch: 1)
        let leaves = Leaves(20, hasher)
        let forest = leaves.forest(20)
        let head = Head(signing: forest, of: log, with: key, hasher: hasher)
        let root = forest.root(of: log.fullID, hasher: hasher)
        same(head.isValid(root: root, of: log), true, "the head")
        for epoch: UInt64 in [1, 2] {
            for channel in [Channel.core, .evidence] where epoch != 1 || channel != .core {
                let other = LogDescriptor(space: space, key: key.publicKey, channel: channel, epoch: epoch)
                same(head.isValid(root: root, of: other), false, "the head in another log")
                same(
                    head.isValid(root: forest.root(of: other.fullID, hasher: hasher), of: other), false,
                    "moved")
            }
        }
        // The same length over other leaves: both signed, and no proof between them.
        var fork = leaves.forest(19)
        fork.append(leaves.hashes[0], hasher: hasher)
        let second = Head(signing: fork, of: log, with: key, hasher: hasher)
        let other = fork.root(of: log.fullID, hasher: hasher)
        same(second.isValid(root: other, of: log), true, "the other head")
        let proof = try leaves.consistency(from: 20, to: 20).roots(of: log.fullID, hasher: hasher)
        same(proof?.before == root && proof?.after == other, false, "a proof of the fork")
    }
}
