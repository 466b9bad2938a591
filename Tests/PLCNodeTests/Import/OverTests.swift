import PLCNode
import PLCSync
import Testing

/// Which writes name the stamp that they are to win over.
@Suite struct OverTests {
    /// The sets of a change: their fields in order, and whether each names a stamp.
    private static func sets(_ change: Change) -> [String] {
        change.ops.compactMap {
            guard case .set(_, let entries, let over) = $0 else { return nil }
            return "\(entries.count) \(over == nil ? "plain" : "over")"
        }
    }

    private static func run(_ node: Node, _ space: SpaceID, stamps: Bool, _ line: String) throws {
        var importer = Importer(node, space: space, stamps: stamps, owned: false, strict: true)
        var left = Array(line.utf8)
        let summary = try importer.run { _ in
            defer { left = [] }
            return left
        }
        #expect(summary.records + summary.changes == 1, "\(line)")
    }

    @Test(
        "C-10 C-11: a field that must win over a later stamp is set by an op of its own, an import with stamps names none"
    )
    func over() throws {
        let root = TemporaryFolder()
        let folder = NodeFolder(root.path + "/node")
        try Node.create(in: folder, name: "node", language: "en")
        let node = try Node(folder)
        defer { node.stop() }
        let space = try node.found(level: .school, parent: nil)
        // In the year 4000, by a clock that is wrong; then by this node's, and again with a stamp of its own.
        try Self.run(
            node, space, stamps: true,
            #"{"id":"p","t":"post","new":true,"at":64060588800000,"f":{"stance":"a","kind":"a"}}"#)
        try Self.run(
            node, space, stamps: false,
            #"{"id":"p","t":"post","at":1,"f":{"stance":"b","kind":"b","nameMode":"b"}}"#)
        try Self.run(
            node, space, stamps: true,
            #"{"id":"p","t":"post","at":1000000,"f":{"stance":"c","nameMode":"c"}}"#)
        let dot = try node.read { view in
            try view.dot(try #require(try view.imported(Array("p".utf8), space: space).first).id)
        }
        let logs = try node.write { try $0.snapshot(space).logs }
        let log = try #require(logs.first { $0.descriptor.id == dot.log })
        let signed = log.forest.root(of: log.descriptor.fullID, hasher: MerkleHasher())
        let request = ReadRequest(
            id: 1, connection: ConnectionID(1), space: space,
            parts: [ReadRequest.Part(log.descriptor, from: 1, to: 3, head: 3, bridge: [], root: signed)],
            maximumBytes: 65_536)
        let parts = try node.read { try $0.answer(request) }
        let items = try #require(parts.first).items
        let bytes = items.span.bytes
        var reader = ByteReader(bytes)
        var found: [[String]] = []
        while !reader.isAtEnd {
            guard case .leaf(let range) = try reader.logItem(bytes) else { continue }
            var change = Change()
            try change.decode(bytes.extracting(range))
            found.append(Self.sets(change))
        }
        #expect(found == [[], ["1 over", "1 over", "1 plain"], ["2 plain"]])
    }
}
