import PLCOracle
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

    @Test("S-14: the version is 1 if the peer speaks it; else the session ends")
    func versions() {
        for (minimum, maximum, last) in [(1, 1, "B>A HELLO"), (1, 255, "B>A HELLO"), (2, 3, "B>A CLOSE 2")] {
            var story = Story("A", "B")
            let id = story.connect(1, 0)
            var hello = Message.Hello(wallClock: 0, nonce: Bytes16(high: 1, low: 2), databaseEpoch: 3)
            hello.minimumVersion = UInt8(minimum)
            hello.maximumVersion = UInt8(maximum)
            let body = Array(hello.encode().dropFirst(2))
            story.at(1) { $0.step(.received(id, type: 1, body: body)) }
            same(story.said().last, last, "\(minimum) to \(maximum)")
        }
    }

    @Test("S-17: the mask is 255, to a guest 1, and nothing depends on the peer's")
    func masks() throws {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space)
        story.connect(1, 0)
        story.carryAll()
        story.hangUp(ConnectionID(1))
        func mask(_ frame: [UInt8]) throws -> UInt8? {
            guard let (type, body) = try Frame.first(in: frame.span.bytes, from: 0), type == 2 else {
                return nil
            }
            return try Message.Open(Array(frame[body]).span.bytes).channelMask
        }
        story.carried = []
        let id = story.connect(1, 0)
        story.carry { $0.from == 1 && $0.frame[0] == 2 }
        let letter = story.letters.removeFirst()
        var open = try Message.Open(Array(letter.frame.dropFirst(2)).span.bytes)
        open.channelMask = 3
        let body = Array(open.encode().dropFirst(2))
        story.at(0) { $0.step(.received(id, type: 2, body: body)) }
        let masks = try (story.carried.map(\.frame) + [letter.frame]).compactMap(mask)
        expect(
            [
                "both say 255": masks == [255, 255],
                "A is in sync": story.nodes[0].replica.isInSync(id, space),
            ],
            "masks")

        var guest = Story("A", "B")
        let genesis = Genesis(
            level: .team, founders: [guest.nodes[0].key], nonce: Bytes16(high: 1, low: 1), parent: nil
        ).encoded
        for node in 0..<2 { guest.at(node) { $0.found(genesis) } }
        guest.connect(1, 0)
        guest.carryAll()
        same(try guest.carried.map(\.frame).compactMap(mask), [255, 1], "a guest")
    }

    @Test("S-43: CLOSE is the last word, whatever its code")
    func lastWord() {
        for code in (0...13).map({ UInt8($0) }) + [200] {
            var story = Story("A", "B")
            let space = story.found([0, 1])
            let id = story.connect(1, 0)
            story.carryAll()
            _ = story.said()
            let close = Message.Close(code: CloseCode(rawValue: code), retryAfter: 5).encode()
            story.at(0) { node in
                node.step(.received(id, type: 12, body: Array(close.dropFirst(2))))
                node.step(.received(id, type: 11, body: [UInt8](repeating: 0, count: 8)))
                node.step(.received(id, type: 0, body: []))
            }
            story.write(0, space)
            let isTold = story.nodes[0].events.contains {
                if case .closed(id, CloseCode(rawValue: code), isPeer: true) = $0 { true } else { false }
            }
            expect(
                [
                    "nothing is said after it": story.said() == [],
                    "the connection is closed": story.lines[id]?.isOpen == false,
                    "the code is told": isTold,
                    "it means something to people": !CloseCode(rawValue: code).meaning.isEmpty,
                ], "code \(code)")
        }
        let codes: [CloseCode] = [
            .done, .protocolError, .unsupportedVersion, .notAdmitted, .limitExceeded, .shuttingDown,
            .replaced,
            .ownIdentity, .unknownInvitation, .invitationExpired, .invitationUsed, .upgradeNeeded, .busy,
            .idle,
        ]
        same(codes.map(\.rawValue), Array(0...13), "codes")
    }

    @Test("C-12: a peer's clock sets an offset that can be asked for, and changes nothing that is stored")
    func clocks() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 2)
        let before = (
            story.nodes[0].disk.spaces[space]?.logs.mapValues(\.leaves), story.nodes[0].digest(space)
        )
        let id = story.connect(1, 0)
        let wall = UInt64(1_700_000_000_000 + 3_600_000)
        let hello = Message.Hello(wallClock: wall, nonce: Bytes16(high: 1, low: 2), databaseEpoch: 101)
        let body = Array(hello.encode().dropFirst(2))
        story.letters = []
        story.at(0) { $0.step(.received(id, type: 1, body: body)) }
        let after = (
            story.nodes[0].disk.spaces[space]?.logs.mapValues(\.leaves), story.nodes[0].digest(space)
        )
        expect(
            [
                "the peer is an hour ahead": story.nodes[0].replica.clockOffset == 3_600_000,
                "no leaf has changed": before.0 == after.0,
                "nor has the state": before.1 == after.1,
            ], "clocks")
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

        var silent = Story("A", "B")
        _ = silent.found([0, 1])
        silent.connect(1, 0)
        silent.letters = []
        for _ in 0..<6 {
            silent.time += 1_000
            silent.at(0) { $0.step(.ticked) }
        }
        same(silent.said().last, "A>B CLOSE 13", "a member that says no HELLO")

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
