import PLCSync

/// Folding another node's changes: into a store, and in memory.
extension BenchmarkRun {
    private var copy: String { folder + "/copy.db" }

    /// Keeps the store of `node` as it is now for a merge later.
    func copyStore(of node: BenchNode) throws {
        try Database(path: node.node.folder.store, mode: .readOnly).backup(to: copy) { _, _ in }
    }

    /// One log as both sides have it, and how far the copy has it.
    private struct Source {
        let view: StoreView
        let index: Int
        let descriptor: LogDescriptor
        var done: UInt64
    }

    private func source(_ node: BenchNode, held: UInt64) throws -> Source {
        guard let log = try node.node.coreLog(of: node.node.identity.publicKey) else {
            throw BenchmarkError("a node has written nothing")
        }
        return Source(
            view: try StoreView(path: node.node.folder.store), index: log.index,
            descriptor: log.descriptor, done: held)
    }

    /// Applies what both nodes wrote in the exchanges to a store that has only what was there before, in batches as
    /// they arrive from peers: leaves hashed, folded, stored, synced.
    mutating func mergeIntoStore(_ a: BenchNode, _ b: BenchNode) throws {
        let store = try Store(path: copy, random: RandomSource(World.randomNumber))
        let hasher = MerkleHasher()
        var sources = [
            try source(a, held: UInt64(workload.records)), try source(b, held: 0),
        ]
        var forests = sources.map { source in
            store.logs.values.first { $0.id == source.descriptor.id }?.forest ?? Forest()
        }
        var changes: UInt64 = 0
        var cost = Cost()
        for mark in marks {
            for (index, end) in [mark.a, mark.b].enumerated() {
                while sources[index].done < end {
                    let (view, log) = (sources[index].view, sources[index].index)
                    let (items, count, next) = try view.logReader.items(
                        log: log, from: sources[index].done + 1, to: end, maximumBytes: Replica.batchBytes)
                    try Meter.add(to: &cost) {
                        let stretch = try Self.stretch(
                            items, sources[index].descriptor, sources[index].done, &forests[index], hasher)
                        try store.begin()
                        _ = try store.apply(Commit(id: 0, space: space, stretches: [stretch], cursors: [:]))
                        _ = try store.commit()
                    }
                    sources[index].done = next - 1
                    changes += UInt64(count)
                }
            }
        }
        let rate = Double(changes) / cost.cpu
        report.put("merge_store", .members(cost.members + [("changes_per_cpu_s", .measured(rate))]))
        report.row(
            "merge into the store", "\(fixed(rate, 0)) changes a CPU-second", "50,000",
            "\(grouped(Int(changes))) changes, hashed, folded and synced")
    }

    private static func stretch(
        _ items: [UInt8], _ descriptor: LogDescriptor, _ held: UInt64, _ forest: inout Forest,
        _ hasher: MerkleHasher
    ) throws -> Stretch {
        var nodes: [(block: Block, hash: Bytes32)] = []
        let bytes = items.span.bytes
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            guard case .leaf(let range) = try reader.logItem(bytes) else { continue }
            forest.append(hasher.leaf(bytes.extracting(range)), hasher: hasher) { block, hash in
                if block.height >= Replica.storedHeight { nodes.append((block, hash)) }
            }
        }
        return Stretch(
            descriptor: descriptor, from: held + 1, items: items, forest: forest, nodes: nodes,
            head: Head(count: forest.count, flags: 0, signature: [UInt8](repeating: 0, count: 64)),
            bridge: [])
    }

    /// The same in memory: all that was there before is folded first, what came in the exchanges is measured.
    mutating func mergeInMemory(_ a: BenchNode, _ b: BenchNode) throws {
        var memory = MemoryStore()
        var sources = [try source(a, held: 0), try source(b, held: 0)]
        for source in sources { memory.register(source.descriptor.id, key: source.descriptor.key) }
        var changes = 0
        var cost = Cost()
        for (round, mark) in ([(UInt64(workload.records), 0)] + marks).enumerated() {
            for (index, end) in [mark.0, mark.1].enumerated() {
                let leaves = try Self.leaves(&sources[index], to: end)
                let id = sources[index].descriptor.id
                Meter.add(to: &cost) {
                    for leaf in leaves { memory.append(leaf, to: id) }
                }
                changes += leaves.count
            }
            if round == 0 { (changes, cost) = (0, Cost()) }
        }
        let rate = Double(changes) / cost.cpu
        report.put("merge_memory", .members(cost.members + [("changes_per_cpu_s", .measured(rate))]))
        report.row(
            "merge in memory", "\(fixed(rate, 0)) changes a CPU-second", "500,000",
            "\(grouped(changes)) changes")
    }

    private static func leaves(_ source: inout Source, to end: UInt64) throws -> [[UInt8]] {
        var leaves: [[UInt8]] = []
        while source.done < end {
            let (items, _, next) = try source.view.logReader.items(
                log: source.index, from: source.done + 1, to: end, maximumBytes: 1 << 20)
            let bytes = items.span.bytes
            var reader = ByteReader(bytes)
            while !reader.isAtEnd {
                if case .leaf(let range) = try reader.logItem(bytes) {
                    leaves.append(bytes.extracting(range).array)
                }
            }
            source.done = next - 1
        }
        return leaves
    }
}
