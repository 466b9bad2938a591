import PLCOracle
import PLCSync
import Testing

/// How a key comes to belong: by an invitation, or by a grant that reaches its peers later.
@Suite struct JoiningTests {
    private static let seed = [UInt8](repeating: 9, count: 32)

    /// A is the founder of a space and has invited whoever holds the seed, until an hour of the story has passed.
    private static func invited(_ names: [String] = ["A", "B", "C"]) -> (Story, SpaceID) {
        var story = Story(names[0], names[1], names[2])
        let genesis = Genesis(
            level: .team, founders: [story.nodes[0].key], nonce: Bytes16(high: 5, low: 5), parent: nil
        ).encoded
        story.at(0) { node in
            node.found(genesis)
            var draft = Draft()
            draft.append(
                .invite(
                    SigningKey(seed: Self.seed)?.publicKey ?? node.key, .writer, expiry: 1_700_003_600_000))
            node.write(draft, SpaceID(genesis: genesis), .control)
        }
        story.write(0, SpaceID(genesis: genesis))
        _ = story.said()
        return (story, SpaceID(genesis: genesis))
    }

    private static func request(_ space: SpaceID, _ seed: [UInt8] = seed) -> Purpose {
        .join(JoinRequest(space: space, seed: seed, name: "B"))
    }

    @Test("S-38 S-39: an invitation admits one key, which pulls control and then the rest")
    func join() {
        var (story, space) = Self.invited()
        let id = story.connect(1, 0, Self.request(space))
        story.carryAll()
        expect(
            story.said(),
            """
            A>B HELLO
            B>A HELLO
            B>A JOIN
            A>B WELCOME
            A>B OPEN 1 logs 2 lsn 3
            B>A OPEN 1 logs 0 lsn 0
            B>A HEADS 1 to 0
            A>B HEADS 1 to 3 a*:2 a:1
            A>B ACK 1 to 0, own 3
            B>A WANT 1 #1 1...2 describe
            A>B DATA 1 a* 1+2 described head 2 last
            B>A WANT 1 #2 1...1 describe
            A>B DATA 1 a 1+1 described head 1 last
            B>A ACK 1 to 3, own 2
            """, "join")
        story.write(1, space)
        story.carryAll()
        expect(
            [
                "A takes B's changes": story.nodes[0].disk.spaces[space]?.logs.count == 3,
                "they are in sync": story.nodes[0].replica.isInSync(id, space),
                "nothing is wrong": story.faults() == [],
            ], "join")
    }

    @Test("S-38: an unknown, an expired and a used invitation are refused, each for its reason")
    func refusals() {
        var (unknown, space) = Self.invited()
        unknown.connect(1, 0, Self.request(space, [UInt8](repeating: 4, count: 32)))
        unknown.carryAll()
        expect(["unknown": unknown.said().last == "A>B CLOSE 8"], "refusals")

        var (expired, _) = Self.invited()
        expired.time = 3_600_001
        expired.connect(1, 0, Self.request(space))
        expired.carryAll()
        expect(["expired": expired.said().last == "A>B CLOSE 9"], "refusals")

        var (used, _) = Self.invited()
        used.connect(1, 0, Self.request(space))
        used.carryAll()
        _ = used.said()
        used.connect(2, 0, Self.request(space))
        used.carryAll()
        expect(["used": used.said().last == "A>C CLOSE 10"], "refusals")

        // Two keys at once: the second is refused as soon as the first is admitted.
        var (both, _) = Self.invited()
        both.slowDisks = [0]
        both.connect(1, 0, Self.request(space))
        both.connect(2, 0, Self.request(space))
        both.carryAll()
        both.slowDisks = []
        both.at(0) { _ in }
        both.carryAll()
        let said = both.said()
        expect(
            [
                "one is welcome": said.filter { $0.hasSuffix("WELCOME") }.count == 1,
                "the other is not": said.contains("A>C CLOSE 10") != said.contains("A>B CLOSE 10"),
            ], "two at once")
    }

    @Test(
        "S-38: an invitation whose grant is being written is used, for all but the key that it is written for"
    )
    func grantUnderWay() {
        for comesBack in [true, false] {
            var (story, space) = Self.invited()
            story.slowDisks = [0]
            let first = story.connect(1, 0, Self.request(space))
            story.carryAll()
            story.hangUp(first)
            _ = story.said()
            story.connect(comesBack ? 1 : 2, 0, Self.request(space))
            story.carryAll()
            let before = story.said()
            story.slowDisks = []
            story.at(0) { _ in }
            story.carryAll()
            let after = story.said()
            let members = story.nodes[0].disk.spaces[space]?.membership.members.count
            expect(
                [
                    "another is told that it is used": before.contains("A>C CLOSE 10") == !comesBack,
                    "the same one waits": comesBack == !before.contains { $0.contains("CLOSE") },
                    "and is welcome once": after.filter { $0 == "A>B WELCOME" }.count == (comesBack ? 1 : 0),
                    "one key is admitted": members == 2,
                    "nothing is wrong": story.faults() == [],
                ], "grant under way, \(comesBack)")
        }
    }

    @Test("S-15: a joiner whom the steward has dialled is admitted in the session that is kept")
    func whileConnected() {
        for steward in [0, 1] {
            let joiner = 1 - steward
            var story = Story("A", "B")
            let both = story.found([0, 1])
            let genesis = Genesis(
                level: .team, founders: [story.nodes[steward].key], nonce: Bytes16(high: 6, low: 6),
                parent: nil
            ).encoded
            let space = SpaceID(genesis: genesis)
            story.at(steward) { node in
                node.found(genesis)
                var draft = Draft()
                draft.append(
                    .invite(SigningKey(seed: Self.seed)?.publicKey ?? node.key, .writer, expiry: .max >> 1))
                node.write(draft, space, .control)
            }
            let standing = story.connect(steward, joiner)
            story.carryAll()
            let new = story.connect(joiner, steward, Self.request(space))
            story.carryAll()
            // The smaller key's connection is kept: with 0 as the steward not the one that was made for the JOIN.
            let kept = story.lines[standing]?.isOpen == true ? standing : new
            if case .join(let request) = Self.request(space), kept == standing {
                story.at(joiner) { $0.step(.join(standing, request)) }
            }
            story.carryAll()
            let open = [standing, new].filter { story.lines[$0]?.isOpen == true }
            expect(
                [
                    "one is kept": open == [kept],
                    "it is the smaller key's": kept == (steward == 0 ? standing : new),
                    "it is admitted": story.nodes[joiner].replica.isInSync(kept, space),
                    "the other space goes on": story.nodes[joiner].replica.isInSync(kept, both),
                    "nothing is wrong": story.faults() == [],
                ], "steward \(steward)")
        }
    }

    @Test("S-38 S-39: what cannot be stored ends a JOIN at once, and it may be tried again")
    func fullDisk() {
        for full in [0, 1] {
            var (story, space) = Self.invited()
            story.nodes[full].isFull = true
            story.connect(1, 0, Self.request(space))
            story.carryAll()
            let said = story.said()
            story.nodes[full].isFull = false
            let again = story.connect(1, 0, Self.request(space))
            story.carryAll()
            expect(
                [
                    "it is said": said.contains(full == 0 ? "A>B CLOSE 12" : "B>A CLOSE 12"),
                    "it is admitted the next time": story.nodes[1].replica.isInSync(again, space),
                    "nothing is wrong": story.faults() == [],
                ], "full disk of \(full)")
        }
    }

    @Test("S-38: a key that was admitted and never heard of it is welcome again")
    func lostAnswer() {
        var (story, space) = Self.invited()
        var id = story.connect(1, 0, Self.request(space))
        story.carry { $0.frame[0] == Frame.Kind.welcome.rawValue }
        story.hangUp(id)
        _ = story.said()
        id = story.connect(1, 0, Self.request(space))
        story.carryAll()
        expect(
            story.said(),
            """
            A>B HELLO
            A>B OPEN 1 logs 2 lsn 3
            B>A HELLO
            B>A JOIN
            A>B WELCOME
            B>A OPEN 1 logs 0 lsn 0
            B>A HEADS 1 to 0
            A>B HEADS 1 to 3 a*:2 a:1
            A>B ACK 1 to 0, own 3
            B>A WANT 1 #1 1...2 describe
            A>B DATA 1 a* 1+2 described head 2 last
            B>A WANT 1 #2 1...1 describe
            A>B DATA 1 a 1+1 described head 1 last
            B>A ACK 1 to 3, own 2
            """, "lost answer")
        expect(["nothing is wrong": story.faults() == []], "lost answer")
    }

    @Test("S-16 S-22: from a peer that was granted elsewhere control is pulled first; then it is served")
    func grantedElsewhere() {
        var (story, space) = Self.invited()
        // C holds the space and nothing of it but its founding; B has joined.
        let genesis = story.nodes[0].disk.spaces[space]?.genesis ?? []
        story.at(2) { $0.found(genesis) }
        let keys = story.nodes.map(\.key)
        story.at(0) { node in
            for key in keys.dropFirst() {
                var draft = Draft()
                draft.append(.grant(key, .writer, name: "n", invitation: nil))
                node.write(draft, space, .control)
            }
        }
        let first = story.connect(1, 0, Self.request(space))
        story.carryAll()
        story.hangUp(first)
        story.write(1, space)
        _ = story.said()
        let id = story.connect(1, 2)
        story.carryAll()
        expect(
            story.said(),
            """
            C>B HELLO
            B>C HELLO
            B>C OPEN 1 logs 3 lsn 3
            C>B OPEN 1 logs 0 lsn 0 control only
            B>C HEADS 1 to 3 a*:3 a:1 b:1
            C>B WANT 1 #1 1...3 describe
            B>C DATA 1 a* 1+3 described head 3 last
            C>B HEADS 1 to 1
            C>B WANT 1 #2 1...1 describe #3 1...1 describe
            B>C ACK 1 to 1, own 3
            B>C DATA 1 a 1+1 described head 1 last, b 1+1 described head 1 last
            C>B ACK 1 to 3, own 3
            """, "granted elsewhere")
        expect(
            [
                "they are in sync": story.nodes[2].replica.isInSync(id, space)
                    && story.nodes[1].replica.isInSync(id, space),
                "nothing is wrong": story.faults() == [],
            ], "granted elsewhere")
    }

    @Test("S-22: a guest is served nothing, whatever it asks for")
    func guest() {
        var (story, space) = Self.invited()
        let genesis = story.nodes[0].disk.spaces[space]?.genesis ?? []
        // B has found out the space's founding bytes, and believes itself a member.
        story.at(1) { $0.found(genesis) }
        let id = story.connect(1, 0)
        story.carryAll()
        expect(
            story.said(),
            """
            A>B HELLO
            B>A HELLO
            B>A OPEN 1 logs 0 lsn 0
            A>B OPEN 1 logs 0 lsn 0 control only
            B>A HEADS 1 to 0
            A>B ACK 1 to 0, own 0
            """, "guest")
        let want = Message.Want(
            handle: 1, entries: [Message.Want.Entry(reference: 1, from: 1, to: 1, describe: true)])
        story.at(0) { $0.step(.received(id, type: 5, body: Array(want.encode().dropFirst(2)))) }
        expect(["it is closed": story.said() == ["A>B CLOSE 1"]], "guest")
    }
}
