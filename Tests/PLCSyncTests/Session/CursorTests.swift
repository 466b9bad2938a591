import PLCOracle
import PLCSync
import Testing

/// The stories of Specs/models/cursor.pml, over the replica: what is announced next time is what is missing.
@Suite struct CursorTests {
    private static func cursor(_ story: Story, _ node: Int, of peer: Int, _ space: SpaceID) -> UInt64? {
        story.nodes[node].disk.spaces[space]?.cursors[story.nodes[peer].key]?.lsn
    }

    private static func isWant(_ letter: Story.Letter) -> Bool { letter.frame[0] == Frame.Kind.want.rawValue }
    private static func isData(_ letter: Story.Letter) -> Bool { letter.frame[0] == Frame.Kind.data.rawValue }

    /// A and B, who have followed each other, and a change of A's that B lacks.
    private static func behind() -> (Story, SpaceID) {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space)
        story.connect(1, 0)
        story.carryAll()
        story.hangUp(ConnectionID(1))
        story.writeLogs(0, space, 1)
        _ = story.said()
        return (story, space)
    }

    @Test("S-28: an announcement moves no cursor (ADV=0)")
    func announcement() {
        var (story, space) = Self.behind()
        let before = Self.cursor(story, 1, of: 0, space)
        let id = story.connect(1, 0)
        story.carry(until: Self.isWant)
        story.hangUp(id)
        expect(["the cursor stays": Self.cursor(story, 1, of: 0, space) == before], "announcement")
        story.restart(1)
        let again = story.connect(1, 0)
        story.carryAll()
        expect(
            [
                "it comes the next time": story.nodes[1].replica.isInSync(again, space),
                "nothing is wrong": story.faults() == [],
            ], "announcement")
    }

    @Test("S-28: a later batch moves no cursor while an earlier one is owed (ADV=1)")
    func laterBatch() {
        var (story, space) = Self.behind()
        let before = Self.cursor(story, 1, of: 0, space)
        let id = story.connect(1, 0)
        story.carry(until: Self.isData)
        // The data of the first announcement are lost; those of a second one come.
        let lost = story.letters.firstIndex(where: Self.isData).map { story.letters.remove(at: $0) }
        story.writeLogs(0, space, 1)
        story.carryAll()
        expect(
            [
                "data were lost": lost != nil,
                "those of the second came": story.nodes[1].disk.spaces[space]?.logs.count == 2,
                "the cursor stays": Self.cursor(story, 1, of: 0, space) == before,
            ], "later batch")
        story.hangUp(id)
        let again = story.connect(1, 0)
        story.carryAll()
        expect(
            [
                "all comes the next time": story.nodes[1].replica.isInSync(again, space),
                "nothing is wrong": story.faults() == [],
            ], "later batch")
    }

    @Test("S-26 S-28: data of an old announcement do not satisfy a newer one (CLRBUG)")
    func newerHead() {
        var (story, space) = Self.behind()
        let before = Self.cursor(story, 1, of: 0, space)
        let id = story.connect(1, 0)
        // While the data are being read the log grows, and that is announced first.
        story.slowReads = [0]
        story.carryAll()
        story.write(0, space)
        story.carryAll()
        story.slowReads = []
        story.at(0) { _ in }
        let first = story.letters.removeFirst()
        story.letters = []
        story.letters.append(first)
        story.carryAll()
        expect(
            [
                "the old data came": story.nodes[1].disk.spaces[space]?.logs.count == 2,
                "the cursor stays": Self.cursor(story, 1, of: 0, space) == before,
            ], "newer head")
        story.hangUp(id)
        let again = story.connect(1, 0)
        story.carryAll()
        expect(
            [
                "the rest comes the next time": story.nodes[1].replica.isInSync(again, space),
                "nothing is wrong": story.faults() == [],
            ], "newer head")
    }

    @Test(
        "S-20 S-21: a source that comes back from an old backup, with a new epoch, is followed anew (REST=1)")
    func restore() {
        var (story, space) = Self.behind()
        let backup = story.nodes[0].disk
        story.write(0, space, 3)
        let id = story.connect(1, 0)
        story.carryAll()
        story.hangUp(id)
        let held = story.nodes[1].disk.spaces[space]?.logs.values.reduce(0) { $0 + $1.leaves.count }
        // The backup's own logs are closed to it: it writes in a new incarnation, under numbers that it had used.
        story.nodes[0].disk = backup
        story.nodes[0].disk.epoch = 4_242
        story.nodes[0].disk.spaces[space]?.disown()
        story.nodes[0].disk.incarnation += 100
        story.nodes[0].refold()
        story.restart(0)
        story.write(0, space, 2)
        _ = story.said()
        let again = story.connect(1, 0)
        story.carryAll()
        let said = story.said()
        expect(
            [
                "they reconcile": said.contains { $0.contains("RECON") },
                "what was restored away comes back": story.nodes[0].disk.spaces[space]?.logs.values
                    .reduce(0) { $0 + $1.leaves.count } == (held ?? 0) + 2,
                "they are in sync": story.nodes[0].replica.isInSync(again, space)
                    && story.nodes[1].replica.isInSync(again, space),
                "the new epoch is followed": story.nodes[1].disk.spaces[space]?
                    .cursors[story.nodes[0].key]?.epoch == 4_242,
                "nothing is wrong": story.faults() == [],
            ], "restore")
    }

    @Test("S-44: what no cursor tells is found by reconciliation, once both are quiet")
    func fingerprints() {
        var (story, space) = Self.behind()
        // A's cursor for B has run ahead, as if a store had lied.
        let key = story.nodes[0].key
        let ahead = Cursor(epoch: story.nodes[0].disk.epoch, lsn: story.nodes[0].disk.lsn)
        story.nodes[1].disk.spaces[space]?.cursors[key] = ahead
        story.nodes[1].checkedCursors = [:]
        story.restart(1)
        _ = story.said()
        let id = story.connect(1, 0)
        story.carryAll()
        expect(
            [
                "they reconcile": story.said().contains { $0.contains("RECON") },
                "they are in sync": story.nodes[1].replica.isInSync(id, space),
            ], "fingerprints")
    }
}
