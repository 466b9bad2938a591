import PLCOracle
import PLCSync
import Testing

/// A node whose disk was cloned signs two histories of one log; its peers keep the one that they hold.
@Suite struct ForkTests {
    /// A, its clone in the place of B, and C, which has followed A; the clone has `more` changes of its own since.
    private static func cloned(more: Int) -> (Story, SpaceID, LogID) {
        var story = Story("A", "B", "C")
        let space = story.found([0, 1, 2])
        story.write(0, space, 3)
        story.connect(2, 0)
        story.carryAll()
        story.hangUp(ConnectionID(1))
        var clone = MemoryNode(
            story.nodes[0].identity, epoch: story.nodes[0].disk.epoch, truth: story.nodes[0].truth)
        clone.disk = story.nodes[0].disk
        clone.refold()
        story.nodes[1] = clone
        story.restart(1)
        story.write(0, space)
        let id = story.connect(2, 0)
        story.carryAll()
        story.hangUp(id)
        // Not the same bytes as A's.
        story.write(1, space, more, size: 9)
        story.nodes[2].events = []
        return (story, space, story.nodes[0].ownLog(space, .core).id)
    }

    private static func leaves(_ story: Story, _ node: Int, _ space: SpaceID, _ log: LogID) -> [[UInt8]] {
        story.nodes[node].disk.spaces[space]?.logs[log]?.leaves ?? []
    }

    private static func forks(_ story: Story) -> Int {
        story.nodes[2].events.count { if case .fork = $0 { true } else { false } }
    }

    @Test(
        "S-34 L-32: of a log that signs two histories the first is kept, with an alarm, and the session stays",
        arguments: [1, 2])
    func clone(more: Int) {
        // With one change each the lengths are equal, and the tags differ; with two the clone's is longer.
        var (story, space, log) = Self.cloned(more: more)
        let held = Self.leaves(story, 2, space, log)
        let id = story.connect(2, 1)
        story.carryAll()
        let alarms = Self.forks(story)
        story.write(2, space)
        story.carryAll()
        story.nodes[2].checkAtRest()
        let own = story.nodes[2].ownLog(space, .core).id
        expect(
            [
                "the alarm is raised": alarms > 0,
                "it is not raised over and over": alarms <= 2,
                "A's history is kept": held.count == 4 && Self.leaves(story, 2, space, log) == held,
                "the log is not pending": story.nodes[2].replica.status(of: id).first?.behind == 0,
                "the session stays": story.lines[id]?.isOpen == true,
                "other logs pass": Self.leaves(story, 1, space, own).count == 1,
                // C follows the clone beyond what it refused.
                "nothing else is wrong with C": story.nodes[2].faults.allSatisfy {
                    $0.contains("without \(log.short):5")
                },
            ], "clone with \(more)")
    }

    @Test("S-34: a head that does not fit ends the session of a peer from which nothing was held")
    func invented() {
        for held in [0, 1] {
            var story = Story("A", "B")
            let space = story.found([0, 1])
            story.write(0, space, 1)
            if held > 0 {
                story.connect(1, 0)
                story.carryAll()
                story.hangUp(ConnectionID(1))
                story.write(0, space, 1)
            }
            let id = story.connect(1, 0)
            story.carry { $0.frame[0] == Frame.Kind.data.rawValue }
            let letter = story.letters.removeFirst()
            // The last byte of the last leaf.
            let frame = letter.frame.dropLast() + [letter.frame.last.map { $0 ^ 1 } ?? 0]
            _ = story.said()
            story.letters.insert(
                Story.Letter(connection: id, from: letter.from, to: letter.to, frame: Array(frame)), at: 0)
            story.carryOne()
            let said = story.said()
            let log = story.nodes[0].ownLog(space, .core).id
            let forked = story.nodes[1].events.contains { if case .fork = $0 { true } else { false } }
            expect(
                [
                    "it is closed if nothing is held": said.contains("B>A CLOSE 1") == (held == 0),
                    "it is open otherwise": (story.lines[id]?.isOpen == true) == (held == 1),
                    "with an alarm": forked == (held == 1),
                    "nothing is applied": Self.leaves(story, 1, space, log).count == held,
                ], "invented after \(held)")
        }
    }
}
