import PLCOracle
import PLCSync
import Testing

/// S-47: which leaves a stream may begin with, and what a receiver makes of their name.
@Suite struct PrefixTests {
    /// Two nodes, a space, and twenty changes of the first, which both hold.
    private func met(changes: Int = 20) -> (story: Story, space: SpaceID) {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, changes)
        let id = story.connect(1, 0)
        story.carryAll()
        story.hangUp(id)
        return (story, space)
    }

    /// What a HELLO says of its sender; nil if it is none.
    private func features(_ frame: [UInt8]) -> UInt32? {
        let body = Array(frame[2...])
        return try? Message.Hello(body.span.bytes).features
    }

    /// What the reads of a session were offered, as the session goes on to its end: node, log's writer, last leaf.
    private func offers(_ story: inout Story) -> [String] {
        var found: [String] = []
        story.slowReads = [0, 1]
        while !story.letters.isEmpty || story.nodes.contains(where: { !$0.reads.isEmpty }) {
            story.carryAll()
            for node in story.nodes.indices {
                guard let request = story.nodes[node].reads.first else { continue }
                found.append(
                    "\("AB".dropFirst(node).prefix(1)): " + text(request.common, story, request.space))
                story.at(node) { $0.carryOutRead() }
            }
        }
        story.slowReads = []
        return found
    }

    private func text(_ run: CommonRun?, _ story: Story, _ space: SpaceID) -> String {
        guard let run else { return "nothing" }
        let owner = story.nodes.indices.first { story.nodes[$0].ownLog(space, .core).id == run.held.log }
        let name =
            switch run.name {
            case .full: "in full"
            case .sender(let number): "mine \(number)"
            case .receiver(let number): "yours \(number)"
            }
        return "\(owner.map { "AB".dropFirst($0).prefix(1) } ?? "?") to \(run.through), \(name)"
    }

    @Test("S-47: a first join is offered nothing")
    func firstJoin() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 20)
        _ = story.connect(1, 0)
        let found = offers(&story)
        #expect(found == ["A: nothing"])
    }

    @Test("S-47: a source offers what the peer wants from, what it announced, or what its cursor covers")
    func knowledge() {
        typealias Case = (what: String, write: (inout Story, SpaceID) -> Void, offered: [String])
        let cases: [Case] = [
            ("the log goes on", { $0.write(0, $1, 2) }, ["A: A to 20, mine 1"]),
            ("a new log of who follows", { $0.write(1, $1) }, ["B: A to 20, in full"]),
            (
                "both write",
                {
                    $0.write(0, $1); $0.write(1, $1)
                },
                ["A: A to 20, mine 1", "B: A to 20, yours 1"]
            ),
        ]
        for (what, write, offered) in cases {
            var (story, space) = met()
            write(&story, space)
            _ = story.connect(1, 0)
            let found = offers(&story)
            #expect(found.sorted() == offered, "\(what)")
        }
    }

    @Test("S-47: a peer that found fault after an offer is offered nothing more")
    func fault() {
        var (story, space) = met()
        story.write(0, space)
        let id = story.connect(1, 0)
        story.slowReads = [0]
        story.carryAll()
        let offered = story.nodes[0].reads.first?.common
        #expect(offered != nil)
        story.at(0) {
            let frame = Message.Close(code: .protocolError).encode()
            $0.step(.received(id, type: Frame.Kind.close.rawValue, body: Array(frame[2...])))
        }
        story.slowReads = []
        story.hangUp(id)
        _ = story.connect(1, 0)
        let found = offers(&story)
        #expect(found == ["A: nothing"])
    }

    @Test("S-12, S-47: who found other leaves says so in its next HELLO, and is offered nothing more")
    func plain() {
        var (story, space) = met()
        story.write(0, space)
        let id = story.connect(1, 0)
        story.nodes[1].replica.noteUnlike(id)
        story.hangUp(id)
        story.carried = []
        _ = story.connect(1, 0)
        let found = offers(&story)
        let told = story.carried.filter { $0.frame[0] == Frame.Kind.hello.rawValue }.map {
            features($0.frame)
        }
        #expect(found == ["A: nothing"] && told == [0, 1])
    }

    @Test("S-47: a name is understood if its leaves are held in that space, and refused otherwise")
    func names() throws {
        var (story, space) = met()
        let other = story.found([0, 1])
        story.write(0, other, 5)
        story.write(0, space)
        let id = story.connect(1, 0)
        story.carryAll()
        let mine = story.nodes[1].ownLog(space, .core).id
        let log = story.nodes[0].ownLog(space, .core).id
        let otherLog = story.nodes[0].ownLog(other, .core).id
        let table:
            [(what: String, name: StreamPrefix.Name, through: UInt64, handles: [UInt64], held: LogID?)] = [
                ("all of it", .full(log), 21, [1, 2], log), ("the first leaf", .full(log), 1, [1, 2], log),
                ("a leaf too many", .full(log), 22, [1, 2], nil),
                ("a log of nobody", .full(LogID(Bytes16(high: 1 << 56, low: 1))), 1, [1, 2], nil),
                ("a log without leaves", .full(mine), 1, [1, 2], nil),
                ("a log in the other space", .full(otherLog), 1, [1, 2], otherLog),
                ("a number that was not given", .sender(99), 1, [1, 2], nil),
                ("a number of mine that was not given", .receiver(99), 1, [1, 2], nil),
                ("a handle that was not given", .full(log), 1, [9], nil),
            ]
        for (what, name, through, handles, held) in table {
            let found = handles.compactMap { handle in
                let prefix = StreamPrefix(handle: handle, log: name, through: through, sizeLog: 10, check: 0)
                return try? story.nodes[1].replica.run(named: prefix, on: id)
            }
            // Under the handle of the log's own space, and under no other.
            #expect(found.map(heldLog) == (held.map { [$0] } ?? []), "\(what)")
        }
        let gone = StreamPrefix(handle: 1, log: .full(log), through: 1, sizeLog: 10, check: 0)
        story.hangUp(id)
        #expect(throws: Malformed.self) { try story.nodes[1].replica.run(named: gone, on: id) }
    }

    @Test("S-47: leaves that are verified and not durable yet are waited for")
    func arriving() throws {
        var (story, space) = met()
        story.write(0, space)
        let id = story.connect(1, 0)
        story.slowDisks = [1]
        story.carryAll()
        let log = story.nodes[0].ownLog(space, .core).id
        let prefix = StreamPrefix(handle: 1, log: .full(log), through: 21, sizeLog: 10, check: 0)
        let early = try story.nodes[1].replica.run(named: prefix, on: id)
        story.at(1) { $0.carryOutCommits() }
        let late = try story.nodes[1].replica.run(named: prefix, on: id)
        #expect(early == .arriving && heldLog(late) == log)
    }

    private func heldLog(_ run: Replica.NamedRun) -> LogID? {
        if case .held(let part, _) = run { part.log } else { nil }
    }
}
