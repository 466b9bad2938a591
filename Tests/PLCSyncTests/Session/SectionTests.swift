import PLCOracle
import PLCSync
import Testing

/// What a sink makes of the sections of DATA, one by one.
@Suite struct SectionTests {
    /// B has asked A for a log of two changes, and A has not answered.
    private static func asked(_ sources: Int = 1) -> (Story, SpaceID, DiskLog, [ConnectionID]) {
        var story = Story("A", "B", "C")
        let space = story.found([0, 1, 2])
        story.write(0, space, 2)
        if sources > 1 {
            story.connect(2, 0)
            story.carryAll()
            story.hangUp(ConnectionID(1))
        }
        story.slowReads = [0]
        var ids = [story.connect(1, 0)]
        story.carryAll()
        if sources > 1 {
            ids.append(story.connect(1, 2))
            story.carryAll()
        }
        _ = story.said()
        guard let log = story.nodes[0].disk.spaces[space]?.logs.values.first else {
            preconditionFailure("A has written")
        }
        return (story, space, log, ids)
    }

    private static func head(_ log: DiskLog, _ count: Int, _ story: Story) -> Head {
        var short = DiskLog(log.descriptor, isOwn: true)
        for leaf in log.leaves.prefix(count) { short.append(leaf, MerkleHasher()) }
        return Head(
            signing: short.forest, of: log.descriptor, with: story.nodes[0].identity, hasher: MerkleHasher())
    }

    private static func section(
        _ log: DiskLog, from: Int, count: Int, head: Head?, bridge: [Bytes32]? = nil, isLast: Bool = false,
        epoch: UInt64? = nil
    ) -> Message.Data.Section {
        var items = ByteWriter()
        for leaf in log.leaves[(from - 1)..<(from - 1 + count)] { items.write(leaf: leaf) }
        return Message.Data.Section(
            log: log.descriptor.id,
            description: (log.descriptor.key.value, epoch ?? log.descriptor.epoch), head: head,
            from: UInt64(from), count: count, items: items.bytes, bridge: bridge, isLast: isLast)
    }

    /// The body as A sends it, which has named the log before.
    private static func body(_ sections: [Message.Data.Section], naming log: LogID) -> [UInt8] {
        var names = LogNames()
        let entry = Message.HeadEntry(log: log, count: 1, tag: 0)
        _ = Message.Heads(handle: 1, lsn: 1, more: false, entries: [entry]).encode(&names)
        return Message.Data(handle: 1, sections: sections).encode(&names)
    }

    @Test("S-32 S-33: each section is applied, passed over, or ends the session")
    func sections() throws {
        let (story, space, log, ids) = Self.asked()
        let (one, two) = (Self.head(log, 1, story), Self.head(log, 2, story))
        let bridge = try log.bridge(from: 1, to: 2)
        var foreign = Self.section(log, from: 1, count: 2, head: two)
        foreign.log = LogID(Bytes16(high: 1 << 56, low: 5))
        func section(
            _ from: Int, _ count: Int, _ head: Head?, _ bridge: [Bytes32]? = nil, isLast: Bool = false,
            epoch: UInt64? = nil
        ) -> [Message.Data.Section] {
            [
                Self.section(
                    log, from: from, count: count, head: head, bridge: bridge, isLast: isLast, epoch: epoch)
            ]
        }
        let cases: [(name: String, sections: [Message.Data.Section], leaves: Int, last: String)] = [
            ("all", section(1, 2, two), 2, "B>A ACK 1 to 2, own 1"),
            ("a part, with its bridge", section(1, 1, two, bridge), 1, ""),
            ("two parts", section(1, 1, two, bridge) + section(2, 1, nil), 2, "B>A ACK 1 to 2, own 2"),
            ("what is held once more", section(1, 2, two) + section(1, 1, nil), 2, "B>A ACK 1 to 2, own 1"),
            (
                "what is held and more", section(1, 1, two, bridge) + section(1, 2, nil), 2,
                "B>A ACK 1 to 2, own 2"
            ),
            (
                "less than was announced, and no more", section(1, 1, one, isLast: true), 1,
                "B>A ACK 1 to 2, own 1"
            ),
            ("less than was announced", section(1, 1, one), 1, ""),
            ("another log", [foreign], 0, ""),
            ("a gap", section(2, 1, two), 0, "B>A CLOSE 1"),
            ("no head", section(1, 2, nil), 0, "B>A CLOSE 1"),
            ("no bridge", section(1, 1, two), 0, "B>A CLOSE 1"),
            ("a bridge too long", section(1, 1, two, bridge + bridge), 0, "B>A CLOSE 1"),
            ("a bridge beyond the head", section(1, 2, two, bridge), 0, "B>A CLOSE 1"),
            ("another epoch", section(1, 2, two, epoch: 99), 0, "B>A CLOSE 1"),
            (
                "a head of another length",
                section(1, 2, Head(count: 3, flags: 0, signature: two.signature), bridge), 0, "B>A CLOSE 1"
            ),
        ]
        for (name, sections, leaves, last) in cases {
            var told = story
            told.nodes[1].truth = Truth(logs: story.nodes[1].truth.logs)
            let body = Self.body(sections, naming: log.descriptor.id)
            told.at(1) { $0.step(.received(ids[0], type: Frame.Kind.data.rawValue, body: body)) }
            let stored = told.nodes[1].disk.spaces[space]?.logs[log.descriptor.id]?.leaves.count ?? 0
            same("\(stored) \(told.said().last ?? "")", "\(leaves) \(last)", name)
        }
    }

    /// A relay that holds a part of a log passes it on under the head of more; what it gets later comes without a head.
    @Test("S-31: a head of more than has come holds for what follows in the session")
    func partOfARelay() throws {
        var (story, space, log, ids) = Self.asked()
        let two = Self.head(log, 2, story)
        var names = LogNames()
        func heads(lsn: UInt64) -> [UInt8] {
            let entry = Message.HeadEntry(log: log.descriptor.id, count: 2, tag: 0)
            return Message.Heads(handle: 1, lsn: lsn, more: false, entries: [entry]).encode(&names)
        }
        func data(_ section: Message.Data.Section) -> [UInt8] {
            Frame.encode(.data, Message.Data(handle: 1, sections: [section]).encode(&names))
        }
        _ = heads(lsn: 1)
        let bridge = try log.bridge(from: 1, to: 2)
        story.nodes[1].truth = Truth(logs: story.nodes[1].truth.logs)
        for frame in [
            data(Self.section(log, from: 1, count: 1, head: two, bridge: bridge, isLast: true)),
            heads(lsn: 2),
            data(Self.section(log, from: 2, count: 1, head: nil, isLast: true)),
        ] {
            var bytes = frame
            let taken = try takeFrames(&bytes)
            story.at(1) { node in
                for (type, body) in taken { node.step(.received(ids[0], type: type, body: body)) }
            }
        }
        same(story.nodes[1].disk.spaces[space]?.logs[log.descriptor.id]?.leaves.count, 2, "both are stored")
        same(story.said().contains { $0.contains("CLOSE") }, false, "the session goes on")
    }

    @Test("L-22 S-33: a section with a hole is discarded, another peer is asked, and the session stays")
    func hole() {
        var (story, space, log, ids) = Self.asked(2)
        var section = Self.section(log, from: 1, count: 2, head: Self.head(log, 2, story))
        var items = ByteWriter()
        let first = log.leaves[0]
        let hash = MerkleHasher().leaf(first.span.bytes)
        items.write(holeOfHeight: 0, hash: hash)
        items.write(leaf: log.leaves[1])
        section.items = items.bytes
        let body = Self.body([section], naming: log.descriptor.id)
        func stored() -> Int { story.nodes[1].disk.spaces[space]?.logs[log.descriptor.id]?.leaves.count ?? 0 }
        let before = stored()
        story.at(1) { $0.step(.received(ids[0], type: Frame.Kind.data.rawValue, body: body)) }
        let applied = stored()
        let said = story.said()
        story.carryAll()
        let fromOther = stored()
        // A's own answer comes late; and then A has more.
        story.slowReads = []
        story.at(0) { _ in }
        story.carryAll()
        let carried = story.nodes[1].leavesCarried
        story.write(0, space)
        story.carryAll()
        let cursor = story.nodes[1].disk.spaces[space]?.cursors[story.nodes[0].key]
        expect(
            [
                "nothing of it is applied": before == 0 && applied == 0,
                "the other peer is asked": said.contains("B>C WANT 1 #1 1...2 describe"),
                "it has the log": fromOther == 2,
                "the late answer came": carried >= 4,
                "the session stays": story.lines[ids[0]]?.isOpen == true,
                "the log is not asked of the peer again": stored() == 2,
                "the peer is not followed beyond it": cursor == nil,
            ], "hole")
        story.hangUp(ids[0])
        story.connect(1, 0)
        story.carryAll()
        expect(
            ["it comes in another session": stored() == 3, "nothing is wrong": story.faults() == []], "hole")
    }
}
