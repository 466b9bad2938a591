import PLCOracle
import PLCSync
import Testing

/// How much is asked for, of whom, and in what order.
@Suite struct PullingTests {
    @Test("S-25 S-30 S-31: a thousand changes of twenty origins cross three hops, in two round trips each")
    func threeHops() {
        var story = Story("A", "B", "C", "D")
        let space = story.found([0, 1, 2, 3])
        story.writeLogs(0, space, 20, changes: 50, size: 60)
        for hop in 0..<3 {
            story.bytes = 0
            let id = story.connect(hop + 1, hop)
            story.carryAll()
            story.time += 1
            // The listener's first flight is the beginning of the count.
            let trips = story.roundTrips(id) - 0.5
            print("1,000 changes of 20 origins, hop \(hop + 1): \(story.bytes) bytes, \(trips) round trips")
            expect(
                [
                    "two round trips bring all": trips <= 2,
                    "every leaf comes once": story.nodes[hop + 1].leavesCarried == 1_000,
                    "they are in sync": story.nodes[hop + 1].replica.isInSync(id, space),
                    "payload is most of what passes": story.bytes < 1_000 * 100 + 20 * 400,
                ], "hop \(hop + 1)")
            story.hangUp(id)
        }
        expect(["nothing is wrong": story.faults() == []], "three hops")
    }

    @Test("S-31 S-46: after a cut a first join goes on where it was, with at most one batch sent again")
    func resume() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 100, size: 20_000)
        var id = story.connect(1, 0)
        for _ in 0..<9 { story.carryOne() }
        story.hangUp(id)
        let held = story.nodes[1].disk.spaces[space]?.logs.values.first?.leaves.count ?? 0
        story.restart(1)
        id = story.connect(1, 0)
        story.carryAll()
        let again = story.nodes[1].leavesCarried - 100
        print("first join of 2 MB, cut at \(held) of 100 changes: \(again) changes sent again")
        expect(
            [
                "something had come": held > 0 && held < 100,
                "at most a batch is sent again": again <= 10,
                "they are in sync": story.nodes[1].replica.isInSync(id, space),
                "nothing is wrong": story.faults() == [],
            ], "resume")
    }

    @Test(
        "L-30 S-26 S-31: what came of a log before its writer was lost is passed on, and continued by whoever has more"
    )
    func partly() {
        var story = Story("A", "B", "C", "D")
        let space = story.found([0, 1, 2, 3])
        story.write(0, space, 3)
        let first = story.connect(2, 0)
        story.carryAll()
        story.hangUp(first)
        story.write(0, space, 37, size: 20_000)
        // B gets a part, and then A is gone. C has less, under an older head.
        let second = story.connect(1, 0)
        for _ in 0..<9 { story.carryOne() }
        story.hangUp(second)
        func held(_ node: Int) -> Int {
            story.nodes[node].disk.spaces[space]?.logs.values.first?.leaves.count ?? 0
        }
        let part = held(1)
        story.restart(1)
        let third = story.connect(2, 1)
        story.carryAll()
        let fourth = story.connect(3, 2)
        story.carryAll()
        expect(
            [
                "B holds a part": part > 3 && part < 40,
                "C holds the same": held(2) == part,
                "they are in sync": story.nodes[1].replica.isInSync(third, space)
                    && story.nodes[2].replica.isInSync(third, space),
                "C passes it on": held(3) == part && story.nodes[3].replica.isInSync(fourth, space),
                "nothing is wrong": story.faults() == [],
            ], "partly, \(part)")
        // A comes back.
        let last = story.connect(3, 0)
        story.carryAll()
        expect(
            [
                "all comes": (0..<4).allSatisfy { held($0) == 40 },
                "every leaf came once": story.nodes[3].leavesCarried == 40,
                "they are in sync": story.nodes[3].replica.isInSync(last, space),
                "nothing is wrong": story.faults() == [],
            ], "partly, and the rest")
    }

    @Test(
        "S-21 S-41 S-42: without a cursor, reconciliation finds the heads that differ",
        arguments: [10, 100, 2_000])
    func reconciliation(logs: Int) {
        var story = Story("A", "B")
        for node in 0..<2 { story.nodes[node].keepsLines = false }
        let space = story.found([0, 1])
        story.writeLogs(0, space, logs)
        story.connect(1, 0)
        story.carryAll()
        story.hangUp(ConnectionID(1))
        // Both come back with new databases, so that no cursor counts, and each has written more.
        for node in 0..<2 { story.nodes[node].disk.epoch += 1_000 }
        story.restart(0)
        story.restart(1)
        story.writeLogs(0, space, 3)
        story.writeLogs(1, space, 2)
        story.bytes = 0
        story.carried = []
        let id = story.connect(1, 0)
        story.carryAll()
        let recon = story.carried.filter { $0.frame[0] == Frame.Kind.recon.rawValue }
        let size = recon.reduce(0) { $0 + $1.frame.count }
        print(
            "reconciliation of \(logs) logs of which 5 differ: \(recon.count) messages, \(size) bytes;"
                + " \(story.bytes) bytes and \(story.roundTrips(id)) round trips in all")
        expect(
            [
                "few messages pass": recon.count <= 8,
                "its cost follows the difference": size <= 5 * 900,
                "they are in sync": story.nodes[0].replica.isInSync(id, space)
                    && story.nodes[1].replica.isInSync(id, space),
                "nothing is wrong": story.faults() == [],
            ], "reconciliation of \(logs)")
    }

    @Test("S-30 S-33 S-37: two sources are never asked for the same, and one takes over from the other")
    func twoSources() {
        var story = Story("A", "B", "C")
        let space = story.found([0, 1, 2])
        story.writeLogs(0, space, 6, changes: 4)
        story.connect(1, 0)
        story.carryAll()
        let first = story.connect(2, 0)
        let second = story.connect(2, 1)
        story.carryAll()
        expect(
            [
                "every leaf comes once": story.nodes[2].leavesCarried == 24,
                "C is in sync with A": story.nodes[2].replica.isInSync(first, space),
                "C is in sync with B": story.nodes[2].replica.isInSync(second, space),
            ], "two sources")

        // B falls silent when it is asked; A, which announced the same, is asked instead.
        story.hangUp(first)
        story.hangUp(second)
        story.writeLogs(0, space, 3, changes: 2)
        story.carryAll()
        let silent = story.connect(2, 1)
        story.carry { $0.from == 2 && $0.frame[0] == Frame.Kind.want.rawValue }
        let other = story.connect(2, 0)
        story.letters.removeAll { $0.connection == silent }
        story.carryAll()
        expect(["C waits": !story.nodes[2].replica.isInSync(other, space)], "a silent source")
        for _ in 0..<17 {
            story.time += 1_000
            story.at(2) { $0.step(.ticked) }
            story.letters.removeAll { $0.connection == silent }
            story.carryAll()
        }
        expect(
            [
                "A has taken over": story.nodes[2].replica.isInSync(other, space),
                "nothing is wrong": story.faults() == [],
            ], "a silent source")

        // One that dies is replaced at once.
        story.hangUp(silent)
        story.writeLogs(0, space, 3, changes: 2)
        story.letters = story.letters.filter { $0.to != 2 }
        story.carryAll()
        let dying = story.connect(2, 1)
        story.carry { $0.from == 2 && $0.frame[0] == Frame.Kind.want.rawValue }
        story.hangUp(other)
        let fresh = story.connect(2, 0)
        story.hangUp(dying)
        story.carryAll()
        expect(
            [
                "A has taken over": story.nodes[2].replica.isInSync(fresh, space),
                "nothing is wrong": story.faults() == [],
            ], "a source that dies")
    }

    @Test("S-27: control comes first, alone")
    func controlFirst() {
        var story = Story("A", "B", "C")
        let genesis = Genesis(
            level: .team, founders: [story.nodes[0].key], nonce: Bytes16(high: 3, low: 3), parent: nil
        ).encoded
        let space = SpaceID(genesis: genesis)
        for node in 0..<3 { story.at(node) { $0.found(genesis) } }
        story.write(0, space, 2)
        for node in 1...2 {
            let key = story.nodes[node].key
            story.at(0) { founder in
                var draft = Draft()
                draft.append(.grant(key, .writer, name: "n", invitation: nil))
                founder.write(draft, space, .control)
            }
        }
        story.connect(2, 0)
        story.carryAll()
        expect(
            story.said(),
            """
            A>C HELLO
            A>C OPEN 1 logs 2 lsn 4
            C>A HELLO
            C>A OPEN 1 logs 0 lsn 0
            C>A HEADS 1 to 0
            A>C HEADS 1 to 4 a*:2 a:2
            A>C ACK 1 to 0, own 4
            C>A WANT 1 #1 1...2 describe
            A>C DATA 1 a* 1+2 described head 2 last
            C>A WANT 1 #2 1...2 describe
            A>C DATA 1 a 1+2 described head 2 last
            C>A ACK 1 to 4, own 2
            """, "control first")
        expect(["nothing is wrong": story.faults() == []], "control first")
    }

    @Test("S-25: at most four announcements go without an answer")
    func window() {
        var story = Story("A", "B")
        for node in 0..<2 { story.nodes[node].isChecking = false }
        let space = story.found([0, 1])
        story.writeLogs(0, space, 3_000)
        story.connect(1, 0)
        var outstanding = 0
        var most = 0
        while let next = story.letters.first {
            if next.frame[0] == Frame.Kind.heads.rawValue, next.from == 0 { outstanding += 1 }
            if next.frame[0] == Frame.Kind.ack.rawValue, next.to == 0 { outstanding -= 1 }
            most = max(
                most,
                outstanding
                    + story.letters.dropFirst().filter {
                        $0.frame[0] == Frame.Kind.heads.rawValue && $0.from == 0
                    }.count)
            story.carryOne()
        }
        expect(
            [
                "never more than four": most <= 4,
                "all four are used": most == 4,
                "all has come": story.nodes[1].disk.spaces[space]?.logs.count == 3_000,
            ], "window of \(most)")
    }

    @Test("S-35: credit is never exceeded, runs out, and is renewed as changes are stored")
    func credit() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 120, size: 30_000)
        story.slowDisks = [1]
        story.connect(1, 0)
        story.carryAll()
        func sent() -> Int {
            story.carried.filter { $0.frame[0] == Frame.Kind.data.rawValue }.reduce(0) { $0 + $1.frame.count }
        }
        let before = sent()
        var greedy = story
        if let data = story.carried.last(where: { $0.frame[0] == Frame.Kind.data.rawValue }) {
            greedy.letters.append(data)
        }
        greedy.carryAll()
        story.slowDisks = []
        story.at(1) { _ in }
        story.carryAll()
        print("credit: \(before) bytes of \(sent()) before the first batch was stored")
        expect(
            [
                "it runs out": before <= 1_048_576 + 64,
                "most of it is used": before > 700_000,
                "who exceeds it is closed": greedy.said().contains("B>A CLOSE 4"),
                "all has come": story.nodes[1].disk.spaces[space]?.logs.values.first?.leaves.count == 120,
                "nothing is wrong": story.faults() == [],
            ], "credit")
    }

    @Test("S-46: a full disk ends the session, and what it lacked comes once there is room")
    func fullDisk() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 40, size: 20_000)
        story.writeLogs(0, space, 2)
        story.nodes[1].isFull = true
        story.connect(1, 0)
        story.carryAll()
        expect(
            [
                "it says that it is busy": story.said().contains("B>A CLOSE 12"),
                "nothing is stored": story.nodes[1].disk.spaces[space]?.logs.isEmpty == true,
                "no cursor has moved": story.nodes[1].disk.spaces[space]?.cursors.isEmpty == true,
            ], "full disk")
        story.nodes[1].isFull = false
        let id = story.connect(1, 0)
        story.carryAll()
        expect(
            [
                "they are in sync": story.nodes[1].replica.isInSync(id, space),
                "nothing is wrong": story.faults() == [],
            ], "full disk")
    }
}
