import PLCSync
import Testing

/// Compares what was said with what a story tells, line by line; one place for all stories.
func expect(
    _ said: [String], _ told: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    let told = told.split(separator: "\n").map(String.init)
    guard said != told else { return }
    let first = zip(said, told).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    Issue.record(
        "\(name): differs at line \(first ?? min(said.count, told.count)); said:\n\(said.joined(separator: "\n"))",
        sourceLocation: sourceLocation)
}

/// Reports everything that does not hold.
func expect(
    _ facts: KeyValuePairs<String, Bool>, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    for (fact, holds) in facts where !holds {
        Issue.record("\(name): it is not so that \(fact)", sourceLocation: sourceLocation)
    }
}

/// Two nodes meet: how a session begins, what it says when there is nothing to do, and how it lives on.
@Suite struct MeetingTests {
    @Test("S-13 S-21: with nothing to do a session is one round trip of at most 256 bytes")
    func nothingToDo() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 2)
        story.connect(0, 1)
        story.carryAll()
        story.hangUp(ConnectionID(1))
        _ = story.said()
        story.bytes = 0
        let id = story.connect(0, 1)
        story.carryAll()
        expect(
            story.said(),
            """
            B>A HELLO
            B>A OPEN 1 logs 1 lsn 1 cursor 2
            A>B HELLO
            A>B OPEN 1 logs 1 lsn 2 cursor 1
            """, "nothing to do")
        print("nothing to do: \(story.bytes) bytes both ways, \(story.roundTrips(id)) round trips")
        expect(
            [
                "at most 256 bytes pass": story.bytes <= 256,
                "it takes one round trip": story.roundTrips(id) <= 1,
                "A is in sync": story.nodes[0].replica.isInSync(id, space),
                "B is in sync": story.nodes[1].replica.isInSync(id, space),
                "nothing is wrong": story.faults() == [],
            ], "nothing to do")
    }

    @Test("S-23 S-26 S-29 S-45: a change on each side is announced, pulled and acknowledged, then and live")
    func oneChangeEach() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space)
        story.write(1, space)
        story.connect(0, 1)
        story.carryAll()
        story.hangUp(ConnectionID(1))
        story.write(0, space)
        story.write(1, space)
        _ = story.said()
        let id = story.connect(0, 1)
        story.carryAll()
        expect(
            story.said(),
            """
            B>A HELLO
            B>A OPEN 1 logs 2 lsn 3 cursor 2
            A>B HELLO
            A>B OPEN 1 logs 2 lsn 3 cursor 2
            A>B HEADS 1 to 3 a:2
            B>A HEADS 1 to 3 b:2
            B>A WANT 1 #1 2...2
            A>B WANT 1 #1 2...2
            A>B DATA 1 a 2+1 head 2 last
            B>A DATA 1 b 2+1 head 2 last
            B>A ACK 1 to 3, own 4
            A>B ACK 1 to 3, own 4
            """, "one change each")
        story.write(0, space)
        story.carryAll()
        story.write(1, space, 2)
        story.carryAll()
        expect(
            story.said(),
            """
            A>B HEADS 1 to 5 a:3
            B>A WANT 1 #1 3...3
            A>B DATA 1 a 3+1 head 3 last
            B>A ACK 1 to 5, own 5
            A>B ACK 1 to 5, own 5
            B>A HEADS 1 to 6 b:3
            B>A HEADS 1 to 7 b:4
            A>B WANT 1 #1 3...3
            B>A DATA 1 b 3+2 head 4 last
            A>B ACK 1 to 7, own 6
            B>A ACK 1 to 6, own 7
            """, "live, both ways")
        expect(
            [
                "A is in sync": story.nodes[0].replica.isInSync(id, space),
                "B is in sync": story.nodes[1].replica.isInSync(id, space),
                "nothing is wrong": story.faults() == [],
            ], "one change each")
    }

    @Test("S-15: of two connections that two nodes open at once, both keep the same one")
    func simultaneousDial() {
        for order in 0..<2 {
            var story = Story("A", "B")
            _ = story.found([0, 1])
            story.connect(order, 1 - order)
            story.connect(1 - order, order)
            story.carryAll()
            story.wait(3)
            let open = story.lines.filter(\.value.isOpen)
            expect(
                [
                    "one connection is left": open.count == 1,
                    "the smaller key dialled it": open.first?.value.dialer == 0,
                    "nothing is wrong": story.faults() == [],
                ], "simultaneous dial \(order)")
        }
    }

    @Test("S-15: a newer connection replaces an older one of the same dialer")
    func redial() {
        var story = Story("A", "B")
        _ = story.found([0, 1])
        story.connect(1, 0)
        story.carryAll()
        let newer = story.connect(1, 0)
        story.carryAll()
        let open = story.lines.filter(\.value.isOpen).map(\.key)
        expect(["the newer one is left": open == [newer]], "redial")
    }

    @Test("S-15 S-40: strangers, oneself and the dead are let go of")
    func unwelcome() {
        var stranger = Story("A", "B")
        let genesis = Genesis(
            level: .team, founders: [stranger.nodes[0].key], nonce: Bytes16(high: 1, low: 1), parent: nil
        ).encoded
        stranger.at(0) { $0.found(genesis) }
        stranger.connect(1, 0)
        stranger.carryAll()
        stranger.wait(7)
        expect(
            stranger.said(),
            """
            A>B HELLO
            B>A HELLO
            A>B CLOSE 3
            """, "a stranger that says nothing")

        var loud = Story("A", "B")
        loud.at(0) { $0.found(genesis) }
        let id = loud.connect(1, 0)
        loud.carryAll()
        for _ in 0..<9 {
            loud.at(0) { $0.step(.received(id, type: 200, body: [UInt8](repeating: 0, count: 1_000))) }
        }
        expect(loud.said(), "A>B HELLO\nB>A HELLO\nA>B CLOSE 3", "a stranger that says too much")

        var own = Story("A")
        own.connect(0, 0)
        expect(own.said().prefix(1).map { $0 }, "A>A CLOSE 7", "oneself")

        var dead = Story("A", "B")
        _ = dead.found([0, 1])
        let line = dead.connect(0, 1)
        dead.carryAll()
        _ = dead.said()
        dead.wait(16)
        expect(dead.said().sorted(), "A>B PING\nA>B PONG\nB>A PING\nB>A PONG", "a sign of life")
        for _ in 0..<50 {
            dead.time += 1_000
            dead.at(0) { $0.step(.ticked) }
            dead.letters = []
        }
        expect(["the dead are left": dead.lines[line]?.isOpen == false], "dead")
        expect(["for no sign of life": dead.said().last == "A>B CLOSE 13"], "dead")
    }
}
