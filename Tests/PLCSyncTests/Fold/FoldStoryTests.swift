import PLCOracle
import PLCSync
import Testing

/// Stories of two or three nodes, told as people would: each line is one change.
@Suite("Stories of the fold")
struct FoldStoryTests {
    /// Nodes with a log each, which write what they know and hear each other's changes.
    private struct Nodes {
        private var history = History(logs: [])
        private var stores: [MemoryStore] = []
        private var heard: [[Int]] = []

        init(_ count: Int) {
            for number in 1...UInt64(count) {
                let key = PublicKey(Bytes32(words: (number, 0, 0, 0)))
                let space = SpaceID(Bytes32(words: (0, 0, 0, 0)))
                let id = LogDescriptor(space: space, key: key, channel: .core, epoch: number).id
                history.logs.append(History.Log(id: id, key: key))
            }
            stores = history.logs.map { _ in MemoryStore() }
            heard = history.logs.map { _ in [Int](repeating: 0, count: count) }
            for node in stores.indices {
                for log in history.logs { stores[node].register(log.id, key: log.key) }
            }
        }

        /// Node `node` writes one change; the dot of its first op.
        @discardableResult
        mutating func write(_ node: Int, at stamp: UInt64, _ ops: Draft.Op...) throws -> Dot {
            var draft = Draft()
            for op in ops { draft.append(op) }
            let id = history.logs[node].id
            history.logs[node].leaves.append(try #require(draft.encode(stamp: stamp, log: id)))
            hear(node, from: node)
            return Dot(log: id, sequence: UInt64(history.logs[node].leaves.count), op: 0)
        }

        /// Node `node` takes in what log `log` has.
        mutating func hear(_ node: Int, from log: Int) {
            for leaf in history.logs[log].leaves.dropFirst(heard[node][log]) {
                stores[node].append(leaf, to: history.logs[log].id)
            }
            heard[node][log] = history.logs[log].leaves.count
        }

        /// All hear all, twice, and must hold the same; the text of what they hold: values and elements alone.
        mutating func exchange(_ name: String) -> [String] {
            for _ in 0..<2 {
                for node in stores.indices { for log in stores.indices { hear(node, from: log) } }
            }
            for store in stores {
                same(store.listing(), stores[0].listing(), name)
                same(store.digest, stores[0].digest, name)
            }
            return stores[0].listing().filter { $0.hasPrefix("dot") || $0.hasPrefix("register") }.map {
                String($0.split(separator: " ").last ?? "")
            }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        }
    }

    private func number(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(cbor: value)
        return writer.bytes
    }

    private let field = Field.number(1)

    @Test(
        "D-17 D-18 D-19: an addition and a removal meet: both nodes keep the addition and lose what was removed (T1)"
    )
    func additionAndRemovalMeet() throws {
        var nodes = Nodes(2)
        let record = try nodes.write(0, at: 1, .create(kind: 1, initial: [], owned: false))
        let fifty = try nodes.write(0, at: 2, .add(.dot(record), field, number(50), seen: []))
        nodes.hear(1, from: 0)
        try nodes.write(0, at: 3, .add(.dot(record), field, number(100), seen: []))
        nodes.hear(1, from: 0)
        try nodes.write(1, at: 3, .remove(.dot(record), field, [fifty]))
        same(nodes.exchange("T1"), [hexadecimal(number(100))], "T1")
    }

    @Test("D-10 D-17: a node that has merged another's changes still writes under its own name (T2)")
    func namesStayApart() throws {
        var nodes = Nodes(2)
        let record = try nodes.write(0, at: 1, .create(kind: 1, initial: [], owned: false))
        nodes.hear(1, from: 0)
        // Both write their next change at the same stamp, without having heard of the other's.
        try nodes.write(1, at: 9, .add(.dot(record), field, number(1), seen: []))
        try nodes.write(0, at: 9, .add(.dot(record), field, number(2), seen: []))
        same(nodes.exchange("T2"), ["01", "02"], "T2")
    }

    @Test("D-18 D-19: an addition concurrent with a removal survives it, whichever clock is ahead (T3)")
    func additionsSurvive() throws {
        for (adds, removes) in [(1, 9), (9, 1), (5, 5)] as [(UInt64, UInt64)] {
            var nodes = Nodes(2)
            let record = try nodes.write(0, at: 1, .create(kind: 1, initial: [], owned: false))
            let first = try nodes.write(0, at: 2, .add(.dot(record), field, number(7), seen: []))
            nodes.hear(1, from: 0)
            try nodes.write(0, at: adds, .add(.dot(record), field, number(7), seen: []))
            try nodes.write(1, at: removes, .remove(.dot(record), field, [first]))
            same(nodes.exchange("T3"), ["07"], "T3 at \(adds) and \(removes)")
        }
    }

    @Test("D-14: what was deleted does not return with a late edit, an old clock or a second delete")
    func deletesStay() throws {
        var nodes = Nodes(3)
        let record = try nodes.write(
            0, at: 100, .create(kind: 1, initial: [(field, number(1))], owned: false))
        nodes.hear(1, from: 0)
        nodes.hear(2, from: 0)
        try nodes.write(1, at: 1, .delete(.dot(record)))
        try nodes.write(2, at: 1 << 62, .set(.dot(record), [(field, number(2))], over: nil))
        try nodes.write(0, at: 101, .add(.dot(record), field, number(3), seen: []))
        try nodes.write(0, at: 102, .delete(.dot(record)))
        nodes.hear(2, from: 1)
        try nodes.write(2, at: 1 << 62, .set(.dot(record), [(field, number(4))], over: 1 << 62))
        same(nodes.exchange("deletes"), [], "deletes")
    }

    @Test(
        "D-20 D-21: two who replace a version without knowing of each other leave both, and a third replaces both"
    )
    func versions() throws {
        var nodes = Nodes(3)
        let record = try nodes.write(0, at: 1, .create(kind: 1, initial: [], owned: false))
        let first = try nodes.write(0, at: 2, .add(.dot(record), field, number(1), seen: []))
        nodes.hear(1, from: 0)
        let left = try nodes.write(0, at: 3, .add(.dot(record), field, number(2), seen: [first]))
        let right = try nodes.write(1, at: 4, .add(.dot(record), field, number(3), seen: [first]))
        same(nodes.exchange("versions"), ["02", "03"], "two versions")
        try nodes.write(2, at: 1, .add(.dot(record), field, number(4), seen: [left, right]))
        same(nodes.exchange("versions"), ["04"], "one version")
    }

    @Test("D-16 D-25 D-30: what nobody wrote does not exist, and what nobody knows is kept as it came")
    func unknown() throws {
        var draft = Draft()
        let deep: [UInt8] = [0xd9, 0x9c, 0x42, 0x82, 0xa1, 0x01, 0xf9, 0x7e, 0x00, 0x80]
        let unknown: [(Field, [UInt8])] = [(.number(65_535), deep), (.name(Array("é".utf8)), [0xf6])]
        draft.append(.create(kind: .max, initial: unknown, owned: false))
        let log = History.Log(
            id: LogID(Bytes16(high: 1 << 56, low: 1)), key: PublicKey(Bytes32(words: (1, 0, 0, 0))))
        var store = MemoryStore()
        store.register(log.id, key: log.key)
        store.append(try #require(draft.encode(stamp: 7, log: log.id)), to: log.id)
        let record = try #require(store.liveRecords.first)
        let view = store.view(record)
        same(record.kind, .max, "the kind")
        same(view.registers.keys.sorted(), unknown.map(\.0).sorted(), "the fields")
        for (field, value) in unknown { same(view.registers[field]?.value, value, describe(field)) }
        same(view.registers[.number(0)]?.value, nil, "a field without value")
        // A digest says its level, so that those of another are not compared with it.
        var sum = StateDigest()
        same(sum.value, Digest.sha256([1], [UInt8](repeating: 0, count: 64)), "the empty digest")
        let row: [8 of UInt64] = [1, .max, .max, .max, .max, .max, .max, .max]
        sum.add(row)
        sum.add(row)
        sum.subtract(row)
        sum.subtract(row)
        same(sum, StateDigest(), "a row added and taken away")
    }
}
