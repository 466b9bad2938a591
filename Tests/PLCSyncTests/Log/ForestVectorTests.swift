import PLCSync
import Testing

@Suite("The vectors of forests, identifiers and heads")
struct ForestVectorTests {
    private let hasher = MerkleHasher()

    private func forest(_ count: UInt64) -> Forest {
        var forest = Forest()
        for index in 0..<count { forest.append(Self.leaf(index, hasher), hasher: hasher) }
        return forest
    }

    private static func leaf(_ index: UInt64, _ hasher: MerkleHasher) -> Bytes32 {
        var writer = ByteWriter()
        writer.write(bigEndian: UInt32(index))
        return hasher.leaf(writer.bytes.span.bytes)
    }

    @Test("L-11 L-12 L-13 L-14 L-15 L-16 L-17: hashes, roots, spans and bridges")
    func roots() throws {
        let vectors = try Vectors("forest")
        let id = try vectors.named("log")[0].hash("logid32")
        for block in try vectors.named("leaf-") {
            let leaf = try block.bytes("leaf")
            same(hasher.leaf(leaf.span.bytes), try block.hash("hash"), block.name)
        }
        for block in try vectors.named("node") {
            same(
                hasher.node(try block.hash("left"), try block.hash("right")), try block.hash("hash"),
                block.name)
        }
        for block in try vectors.named("root-") {
            let forest = forest(try block.number("n"))
            same(forest.peaks, try block.hashes("peak"), block.name)
            same(forest.root(of: id, hasher: hasher), try block.hash("root"), block.name)
        }
        for block in try vectors.named("bridge-") {
            let (start, end) = (try block.number("k"), try block.number("n"))
            let span = Block.span(from: start, to: end).map { "\($0.start)+\($0.height)" }.joined(
                separator: " ")
            same(span, try block.text("span"), block.name)
            var grown = forest(start)
            let bridge = try block.hashes("hash")
            same(grown.append(bridge: bridge, to: end, hasher: hasher), true, block.name)
            same(grown, forest(end), block.name)
        }
    }

    @Test("L-18 L-19: proofs of consistency and inclusion hold or fail")
    func proofs() throws {
        let vectors = try Vectors("forest")
        let id = try vectors.named("log")[0].hash("logid32")
        for block in try vectors.named("consistency-") {
            let (start, end) = (try block.number("m"), try block.number("n"))
            let hashes = try block.hashes("hash")
            let peaks = Array(hashes.prefix(start.nonzeroBitCount))
            let proof = Forest(count: start, peaks: peaks).map {
                ConsistencyProof(before: $0, bridge: Array(hashes.dropFirst(peaks.count)), count: end)
            }
            let roots = proof?.roots(of: id, hasher: hasher)
            let (before, after) = (try block.hash("rootM"), try block.hash("rootN"))
            let holds = roots?.before == before && roots?.after == after
            same(holds ? "yes" : "no", try block.text("valid"), block.name)
        }
        for block in try vectors.named("inclusion-") {
            let (sequence, count) = (try block.number("seq"), try block.number("n"))
            let hashes = try block.hashes("hash")
            let others = max(0, hashes.count - (count.nonzeroBitCount - 1))
            let proof = InclusionProof(
                sequence: sequence, count: count, path: Array(hashes.prefix(others)),
                peaks: Array(hashes.dropFirst(others)))
            let root = proof.root(of: id, leaf: try block.hash("leafHash"), hasher: hasher)
            same(root == (try block.hash("root")) ? "yes" : "no", try block.text("valid"), block.name)
        }
    }

    @Test("L-20 L-21 L-23: leaves and holes are read and appended, or refused")
    func items() throws {
        let vectors = try Vectors("forest")
        let id = try vectors.named("log")[0].hash("logid32")
        for block in try vectors.named("items-") {
            var grown = forest(try block.number("k"))
            let bytes = try block.bytes("items")
            let span = bytes.span.bytes
            let isValid = try read(bytes, try block.number("count"), into: &grown)
            same(isValid ? "yes" : "no", try block.text("valid"), block.name)
            guard isValid else { continue }
            same(grown.count, try block.number("n"), block.name)
            same(grown.root(of: id, hasher: hasher), try block.hash("root"), block.name)
            for count in 0..<span.byteCount {
                var part = forest(try block.number("k"))
                let isWhole = try read(Array(bytes[..<count]), try block.number("count"), into: &part)
                same(isWhole, false, "\(block.name) cut to \(count)")
            }
        }
    }

    /// Appends the items of `bytes`; false if one is malformed or does not fit.
    private func read(_ bytes: [UInt8], _ count: UInt64, into forest: inout Forest) throws -> Bool {
        let span = bytes.span.bytes
        var reader = ByteReader(span)
        for _ in 0..<count {
            guard let item = try? reader.logItem(span) else { return false }
            var writer = ByteWriter()
            switch item {
            case .leaf(let range):
                forest.append(hasher.leaf(span.extracting(range)), hasher: hasher)
                writer.write(leaf: Array(bytes[range]))
            case .hole(let height, let hash):
                guard forest.append(Block(start: forest.count, height: height), hash, hasher: hasher) else {
                    return false
                }
                writer.write(holeOfHeight: height, hash: hash)
            }
            same(Array(bytes[..<reader.offset].suffix(writer.count)), writer.bytes, "the item written again")
        }
        return reader.isAtEnd
    }

    @Test("L-5 L-6 L-7 L-8 L-10 E-35: identifiers come from bytes, and crooked founders and keys are refused")
    func identifiers() throws {
        let vectors = try Vectors("ids")
        for block in try vectors.named("genesis-") {
            let bytes = try block.bytes("genesis")
            let genesis = decode(bytes).genesis
            same(genesis == nil ? "no" : "yes", block.optional("accept") ?? "yes", block.name)
            guard let genesis else { continue }
            same(genesis.level.rawValue, try block.number("level"), block.name)
            same(genesis.founders.map(\.bytes), try block.allBytes("founder"), block.name)
            same(genesis.parent?.value.bytes, try block.allBytes("parent").first, block.name)
            same(SpaceID(genesis: bytes).value, try block.hash("space"), block.name)
            same(genesis.encoded, bytes, "\(block.name) written again")
            for count in bytes.indices {
                same(
                    decode(Array(bytes[..<count])).fault?.reason, .truncated, "\(block.name) cut to \(count)")
            }
        }
        for block in try vectors.named("log-") {
            let log = LogDescriptor(
                space: SpaceID(try block.hash("space")), key: PublicKey(try block.hash("key")),
                channel: Channel(rawValue: UInt8(try block.number("channel"))),
                epoch: try block.number("epoch"))
            same(log.fullID, try block.hash("logid32"), block.name)
            same(log.id.value.bytes, try block.bytes("logid"), block.name)
            same(log.id.channel, log.channel, block.name)
        }
        for block in try vectors.named("keyed-") {
            let id = keyedID(
                channel: Channel(rawValue: UInt8(try block.number("channel"))),
                kind: try block.number("kind"),
                key: try block.bytes("key"))
            same(id.bytes, try block.bytes("id"), block.name)
        }
        for block in try vectors.named("key-") {
            let isAcceptable = PublicKey(checking: try block.bytes("key")) != nil
            same(isAcceptable ? "yes" : "no", try block.text("acceptable"), block.name)
        }
    }

    private func decode(_ bytes: [UInt8]) -> (genesis: Genesis?, fault: Malformed?) {
        do throws(Malformed) {
            return (try Genesis(bytes), nil)
        } catch {
            return (nil, error)
        }
    }

    @Test("L-5 L-24 L-25 L-26: a head holds under the one rule for signatures, and under no other")
    func heads() throws {
        for block in try Vectors("heads").blocks {
            let (id, root) = (try block.hash("logid32"), try block.hash("root"))
            let flags = UInt8(try block.number("flags"))
            let message = Head.message(log: id, count: try block.number("n"), root: root, flags: flags)
            same(message, try block.bytes("message"), block.name)
            let signature = try block.bytes("signature")
            let head = Head(count: try block.number("n"), flags: flags, signature: signature)
            let holds = head.isValid(root: root, ofLog: id, key: PublicKey(try block.hash("key")))
            same(holds ? "yes" : "no", try block.text("valid"), block.name)
            guard let seed = try block.allBytes("seed").first else { continue }
            let key = try #require(SigningKey(seed: seed))
            same(key.publicKey.bytes, try block.bytes("key"), block.name)
            same(key.sign(message), signature, block.name)
        }
    }
}
