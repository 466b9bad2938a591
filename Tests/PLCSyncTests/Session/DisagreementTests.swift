import PLCOracle
import PLCSync
import Testing

/// Peers of other versions, stewards of other versions, and logs of two histories.
@Suite struct DisagreementTests {
    @Test("S-12 S-14: a peer without a common version is told so")
    func versions() {
        for (minimum, maximum, expected) in [(UInt8(2), UInt8(3), "A>B CLOSE 2"), (1, 9, "")] {
            var story = Story("A", "B")
            _ = story.found([0, 1])
            let id = story.connect(1, 0)
            var hello = Message.Hello(wallClock: 0, nonce: Bytes16(high: 1, low: 1), databaseEpoch: 1)
            hello.minimumVersion = minimum
            hello.maximumVersion = maximum
            _ = story.said()
            story.at(0) { $0.step(.received(id, type: 1, body: Array(hello.encode().dropFirst(2)))) }
            let said = story.said().filter { $0.hasPrefix("A>B") }
            expect(said, expected, "versions \(minimum) to \(maximum)")
        }
    }

    @Test(
        "S-43: a space in which a steward wrote what this version does not know is neither served nor applied"
    )
    func upgrade() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.connect(1, 0)
        story.carryAll()
        _ = story.said()
        story.at(0) { node in
            // The critical op 40, which nobody has specified yet.
            let log = node.ownLog(space, .control)
            node.append([0x83, 0x01, 0x80, 0x81, 0x81, 0x18, 0x28], to: log)
        }
        story.carryAll()
        let said = story.said()
        expect(["the session ends for that": said.contains("A>B CLOSE 11")], "upgrade")
        story.connect(1, 0)
        story.carryAll()
        expect(
            [
                "the space is not opened again": !story.said().contains { $0.hasPrefix("A>B OPEN") },
                "people hear of it": story.nodes[0].events.contains {
                    if case .upgradeNeeded = $0 { true } else { false }
                },
            ], "upgrade")
    }

    @Test(
        "L-32 S-26: of a log with two histories the held one stays, the alarm is raised, and the session goes on"
    )
    func fork() {
        for lengths in [(1, 3), (2, 2)] {
            var story = Story("A", "B", "C")
            for node in 0..<3 { story.nodes[node].isChecking = false }
            let space = story.found([0, 1, 2])
            story.write(0, space, 2)
            // A's disk is copied, and both copies go on: B hears of one, C of the other.
            var other = story
            story.write(0, space, lengths.0, size: 5)
            story.connect(1, 0)
            story.carryAll()
            other.write(0, space, lengths.1, size: 9)
            other.connect(2, 0)
            other.carryAll()
            story.nodes[2] = other.nodes[2]
            story.restart(2)
            story.write(2, space)
            let held = story.nodes[1].disk.spaces[space]?.logs.mapValues(\.leaves)
            let id = story.connect(1, 2)
            story.carryAll()
            story.wait(2)
            let now = story.nodes[1].disk.spaces[space]?.logs.mapValues(\.leaves)
            expect(
                [
                    "the alarm is raised": story.nodes[1].events.contains {
                        if case .fork = $0 { true } else { false }
                    },
                    "what is held stays": held?.allSatisfy { now?[$0.key] == $0.value } == true,
                    "other logs are exchanged": now?.count == (held?.count ?? 0) + 1,
                    "the session goes on": story.lines[id]?.isOpen == true,
                ], "fork \(lengths)")
        }
    }
}
