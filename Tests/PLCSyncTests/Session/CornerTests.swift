import PLCOracle
import PLCSync
import Testing

/// What seldom happens in a session: a store that fails, a space that was closed before, limits that take many messages.
@Suite struct CornerTests {
    private func meeting() -> (story: Story, space: SpaceID, id: ConnectionID) {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 2)
        let id = story.connect(1, 0)
        return (story, space, id)
    }

    @Test("S-43: a node whose store cannot be read says that it is busy, and goes on")
    func readFails() {
        var (story, space, id) = meeting()
        story.slowReads = [0]
        story.carryAll()
        let request = story.nodes[0].reads.removeFirst()
        story.at(0) { $0.step(.read(request.id, nil)) }
        same(story.script.last, "A>B CLOSE 12", "what is said")
        story.carryAll()
        story.slowReads = []
        story.hangUp(id)
        story.connect(1, 0)
        story.carryAll()
        same(story.nodes[1].disk.spaces[space]?.logs.count, 1, "what came the second time")
        same(story.faults(), [], "faults")
    }

    @Test("D-9 S-43: a space that needs an upgrade is not opened, after a restart either")
    func upgrade() {
        var (story, space, id) = meeting()
        story.carryAll()
        // An op of a critical number that this version does not know, by a steward.
        let critical: [UInt8] = [0x83, 0x01, 0x80, 0x81, 0x82, 0x18, 0x23, 0x00]
        story.at(0) { $0.append(critical, to: $0.ownLog(space, .control)) }
        story.carryAll()
        same(story.lines[id]?.isOpen, false, "the session")
        // The other has not heard of it: the session ended before.
        story.nodes[0].events = []
        story.restart(0)
        let isTold = story.nodes[0].events.contains { event in
            if case .upgradeNeeded(space) = event { true } else { false }
        }
        same(isTold, true, "what is told")
        same(story.nodes[0].replica.holds(space), true, "what is held")
        _ = story.said()
        story.connect(1, 0)
        story.carryAll()
        let said = story.said()
        same(said.contains { $0.hasPrefix("B>A OPEN") }, true, "the other's OPEN")
        same(said.contains { $0.hasPrefix("A>B OPEN") }, false, "an OPEN in answer")
    }

    @Test("S-30 S-41: more wants and more ranges than a side keeps end the session")
    func floods() {
        var (story, _, id) = meeting()
        story.carryAll()
        story.slowReads = [0]
        let before = story.nodes[0]
        func verdict(_ frames: [[UInt8]]) -> String {
            var node = before
            node.isChecking = true
            node.keepsLines = true
            node.lines = []
            for frame in frames {
                guard let next = try? Frame.first(in: frame.span.bytes, from: 0) else { return "no frame" }
                node.step(.received(id, type: next.type, body: Array(frame[next.body])))
            }
            return node.lines.last { $0.line.hasPrefix("CLOSE") }?.line ?? "open"
        }
        let entries = [Message.Want.Entry](
            repeating: .init(reference: 1, from: 1, to: 1, describe: false), count: 512)
        let want = Message.Want(handle: 1, entries: entries).encode()
        same(verdict(Array(repeating: want, count: 195)), "open", "99,840 wants")
        same(verdict(Array(repeating: want, count: 196)), "CLOSE 4", "100,352 wants")
        // 4,096 ranges a frame that skip; each frame goes on with the one where the last has ended, and more are to come.
        func ranges(_ number: Int) -> [UInt8] {
            var recon = ByteWriter()
            recon.write(varint: 1)
            recon.write(byte: 0x80)
            let first = number * 4_095 + 1
            let last = first + 4_095
            recon.write(varint: 4_096)
            for bound in first...last {
                recon.write(byte: 3)
                recon.write(byte: UInt8(bound >> 16))
                recon.write(bigEndian: UInt16(bound & 0xffff))
                recon.write(byte: 0)
            }
            return Frame.encode(.recon, recon.bytes)
        }
        same(verdict((0..<24).map(ranges)), "open", "98,281 ranges")
        same(verdict((0..<25).map(ranges)), "CLOSE 4", "102,376 ranges")
    }

    @Test("S-30 S-32: what a source may not describe, and what a sink may not ask")
    func crookedMessages() {
        var (story, space, id) = meeting()
        story.carry { $0.frame[0] == Frame.Kind.data.rawValue }
        let before = story.nodes[1]
        guard let letter = story.letters.first else { return same(true, false, "no DATA") }
        var observer = FrameObserver()
        let log = before.disk.spaces[space]?.logs.keys.first ?? story.nodes[0].ownLog(space, .core).id
        guard let next = try? Frame.first(in: letter.frame.span.bytes, from: 0),
            case .heads? = try? observer.read(
                Frame.Kind.heads.rawValue, story.headsBody(of: log)),
            case .data(let data)? = try? observer.read(next.type, Array(letter.frame[next.body]))
        else { return same(true, false, "no DATA of this log") }
        func verdict(_ change: (inout Message.Data) -> Void) -> String {
            var node = before
            node.lines = []
            var data = data
            change(&data)
            // The log has number 1 since HEADS.
            var names = LogNames()
            var heads = Message.Heads(
                handle: 1, lsn: 1, more: false, entries: [.init(log: log, count: 1, tag: 0)])
            heads.more = false
            _ = heads.encode(&names)
            node.step(.received(id, type: Frame.Kind.data.rawValue, body: data.encode(&names)))
            node.carryOutCommits()
            return node.lines.last { $0.line.hasPrefix("CLOSE") }?.line ?? "open"
        }
        same(verdict { _ in }, "open", "as it was")
        same(
            verdict { $0.sections[0].description?.key = Bytes32(words: (0, 0, 0, 0)) }, "CLOSE 1",
            "a weak key")
        same(verdict { $0.sections[0].description?.epoch += 1 }, "CLOSE 1", "another epoch")
        same(verdict { $0.sections[0].description = nil }, "CLOSE 1", "no description")
        same(verdict { $0.sections[0].head = nil }, "CLOSE 1", "no head")
        same(verdict { $0.sections[0].isLast = false }, "open", "not the last")
    }

    @Test("D-7: a member is known by the name that it was admitted under")
    func names() {
        var (story, space, _) = meeting()
        story.carryAll()
        guard let key = SigningKey(seed: [UInt8](repeating: 77, count: 32))?.publicKey else { return }
        same(story.nodes[0].replica.name(of: key), "", "a stranger's name")
        var draft = Draft()
        draft.append(.grant(key, .writer, name: "Cedar", invitation: nil))
        story.at(0) { $0.write(draft, space, .control) }
        story.carryAll()
        same(story.nodes[1].replica.name(of: key), "Cedar", "a member's name")
        let difference = story.nodes[1].replica.clockOffset
        same(difference, 0, "the clocks")
    }
}

extension Story {
    /// A HEADS body by which a reader learns the name of one log.
    fileprivate func headsBody(of log: LogID) -> [UInt8] {
        var names = LogNames()
        let frame = Message.Heads(
            handle: 1, lsn: 1, more: false, entries: [.init(log: log, count: 1, tag: 0)]
        ).encode(&names)
        guard let next = try? Frame.first(in: frame.span.bytes, from: 0) else { return [] }
        return Array(frame[next.body])
    }
}
