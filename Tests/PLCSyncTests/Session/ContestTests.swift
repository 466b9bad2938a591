import PLCOracle
import PLCSync
import Testing

/// What a node does when a peer says that it holds more, or other changes, of the node's own open log.
@Suite struct ContestTests {
    /// A and B, where B has followed A to `lost` changes beyond what A's disk holds, and A has written `since` others.
    private static func copiedBack(lost: Int, since: Int) -> (Story, SpaceID, LogID) {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 3)
        let disk = story.nodes[0].disk
        story.write(0, space, lost)
        let id = story.connect(1, 0)
        story.carryAll()
        story.hangUp(id)
        story.nodes[0].disk = disk
        story.nodes[0].truth = Truth(logs: story.nodes[0].truth.logs)
        story.restart(0)
        // Not the same bytes as those that were lost.
        story.write(0, space, since, size: 9)
        story.nodes[0].events = []
        return (story, space, story.nodes[0].ownLog(space, .core).id)
    }

    private static func alarms(_ story: Story) -> (ahead: Int, fork: Int) {
        let events = story.nodes[0].events
        return (
            events.count { if case .ownLogAhead = $0 { true } else { false } },
            events.count { if case .fork = $0 { true } else { false } }
        )
    }

    @Test(
        "S-26 L-36: a peer that announces more, other, or less but other changes of an own log is asked for them",
        arguments: [(2, 0, 4), (4, 2, 1), (2, 2, 1), (2, 4, 1), (1, 9, 1)])
    func heard(lost: Int, since: Int, from: UInt64) {
        var (story, space, log) = Self.copiedBack(lost: lost, since: since)
        let held = story.nodes[0].disk.spaces[space]?.logs[log]?.leaves.count
        let id = story.connect(1, 0)
        story.carryAll()
        let disputes = story.nodes[0].disputes
        expect(
            [
                "what the peer has is held against the log": disputes.map(\.from) == [from],
                "all that the peer has": disputes.first?.forest.count == UInt64(3 + lost),
                "nothing is applied":
                    story.nodes[0].disk.spaces[space]?.logs[log]?.leaves.count == held,
                "an alarm is raised": Self.alarms(story).ahead + Self.alarms(story).fork >= 1,
                "the session stays": story.lines[id]?.isOpen == true,
            ], "lost \(lost), since \(since)")
    }

    @Test("S-26: of a peer that holds less of an own log, and the same, nothing is asked")
    func behind() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 3)
        story.hangUp(story.meet(1, 0))
        story.write(0, space, 2)
        // B's cursors are gone, so that all heads are compared.
        story.nodes[1].disk.spaces[space]?.cursors = [:]
        story.restart(1)
        story.nodes[0].events = []
        _ = story.meet(1, 0)
        let alarms = Self.alarms(story)
        expect(
            [
                "nothing is held against the log": story.nodes[0].disputes.isEmpty,
                "no alarm is raised": alarms == (0, 0),
            ], "behind")
    }

    @Test(
        "L-36: a peer that makes up more of an own log is caught, and the log stays open", arguments: [1, 3])
    func liar(more: Int) {
        var (story, space, log) = Self.copiedBack(lost: 0, since: 0)
        guard var forged = story.nodes[1].disk.spaces[space]?.logs[log] else {
            Issue.record("B holds A's log")
            return
        }
        let hasher = MerkleHasher()
        for number in 0..<more { forged.append([UInt8(number), 1, 2, 3], hasher) }
        forged.head = Head(
            signing: forged.forest, of: forged.descriptor, with: story.nodes[1].identity, hasher: hasher)
        forged.lsn = (story.nodes[1].disk.spaces[space]?.logs.values.map(\.lsn).max() ?? 0) + 1
        story.nodes[1].isChecking = false
        story.nodes[1].disk.spaces[space]?.logs[log] = forged
        story.nodes[1].disk.lsn = forged.lsn
        story.restart(1)
        let id = story.connect(1, 0)
        story.carryAll()
        let said = story.said()
        story.write(0, space)
        expect(
            [
                "nothing is held against the log": story.nodes[0].disputes.isEmpty,
                "the session is closed": story.lines[id]?.isOpen != true && said.contains("A>B CLOSE 1"),
                "the log is written on":
                    story.nodes[0].disk.spaces[space]?.logs[log]?.leaves.count == 4,
                "one alarm is raised": Self.alarms(story).ahead == 1,
            ], "a liar with \(more)")
    }
}

extension Story {
    /// Connects two nodes and carries all that they say.
    fileprivate mutating func meet(_ dialer: Int, _ listener: Int) -> ConnectionID {
        let id = connect(dialer, listener)
        carryAll()
        return id
    }
}
