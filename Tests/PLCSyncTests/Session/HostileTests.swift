import PLCOracle
import PLCSync
import Testing

/// What a peer may send that is not what this program would: it is refused, or does no harm.
@Suite struct HostileTests {
    /// A letter of a recorded session, and its receiver as it was before.
    struct Recorded: Sendable {
        let receiver: MemoryNode
        let connection: ConnectionID
        let frame: [UInt8]
        /// What the receiver got after it.
        let next: [UInt8]?
    }

    private static func recordings() -> [Recorded] {
        var recorded: [Recorded] = []
        _ = Story.threeMeetings { recorded += record(&$0) }
        return recorded
    }

    private static func record(_ story: inout Story) -> [Recorded] {
        var recorded: [(to: Int, Recorded)] = []
        while let letter = story.letters.first {
            var receiver = story.nodes[letter.to]
            receiver.keepsLines = false
            recorded.append(
                (
                    letter.to,
                    Recorded(
                        receiver: receiver, connection: letter.connection, frame: letter.frame, next: nil)
                ))
            story.carryOne()
        }
        return recorded.indices.map { index in
            let (to, one) = recorded[index]
            let next = recorded[(index + 1)...].first { $0.to == to }?.1.frame
            return Recorded(
                receiver: one.receiver, connection: one.connection, frame: one.frame, next: next)
        }
    }

    /// Gives damaged bytes to the receiver, and what it got next; says what went wrong.
    private static func give(_ bytes: [UInt8], _ recorded: Recorded) -> String? {
        var node = recorded.receiver
        // What a liar says of itself holds of nobody, so nothing is known of its moves.
        node.truth = Truth(logs: recorded.receiver.truth.logs)
        var stream = bytes + (recorded.next ?? [])
        let frames: [(type: UInt8, body: [UInt8])]
        do throws(Malformed) {
            frames = try takeFrames(&stream)
        } catch {
            return nil
        }
        for (type, body) in frames {
            node.step(.received(recorded.connection, type: type, body: body))
            while node.hasUnstored || !node.reads.isEmpty {
                node.carryOutCommits()
                node.carryOutRead()
            }
        }
        guard !node.commitsCarriedOut.isEmpty || !node.faults.isEmpty else { return nil }
        node.checkAtRest()
        return node.faults.first
    }

    @Test(
        "S-5 S-32: any bit of a session may be flipped, and any frame cut: nothing traps, nothing wrong is stored"
    )
    func damage() {
        let start = ContinuousClock.now
        let recorded = Self.recordings()
        var cases = 0
        for (index, one) in recorded.enumerated() {
            for bit in 0..<one.frame.count * 8 {
                var frame = one.frame
                frame[bit / 8] ^= 1 << UInt8(bit % 8)
                cases += 1
                if let fault = Self.give(frame, one) {
                    Issue.record("bit \(bit) of frame \(index) (type \(one.frame[0])): \(fault)")
                }
            }
            // A body cut short, with a length that says so.
            var whole = one.frame
            guard let (type, body) = (try? takeFrames(&whole))?.first, let kind = Frame.Kind(rawValue: type)
            else { continue }
            for count in body.indices {
                cases += 1
                if let fault = Self.give(Frame.encode(kind, Array(body[..<count])), one) {
                    Issue.record("frame \(index) (type \(type)) cut to \(count): \(fault)")
                }
            }
        }
        let seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1_000
        let bytes = recorded.reduce(0) { $0 + $1.frame.count }
        print("\(cases) kinds of damage to \(recorded.count) frames of \(bytes) bytes in \(seconds) s")
    }

    @Test("S-6 S-8 S-9 S-16: limits end the session, each with its code")
    func limits() {
        var story = Story("A", "B")
        let space = story.found([0, 1])
        story.write(0, space, 2)
        let id = story.connect(1, 0)
        story.carryAll()
        _ = story.said()
        let before = story.nodes[0]

        func verdict(_ frames: [[UInt8]]) -> String {
            var node = before
            node.lines = []
            for var frame in frames {
                for (type, body) in (try? takeFrames(&frame)) ?? [] {
                    node.step(.received(id, type: type, body: body))
                }
            }
            return node.lines.last { $0.line.hasPrefix("CLOSE") }?.line ?? "open"
        }
        func open(_ handle: UInt64, token: UInt64) -> [UInt8] {
            Message.Open(
                handle: handle, token: token, flags: 1, channelMask: 7, logs: 0,
                fingerprint: .init(high: 0, low: 1),
                lsn: 0, cursor: nil
            ).encode()
        }
        func want(_ entry: Message.Want.Entry) -> [UInt8] {
            Message.Want(handle: 1, entries: [entry]).encode()
        }
        var names = LogNames()
        let manyNames = (0..<200).map { part in
            Message.Heads(
                handle: 1, lsn: 1, more: true,
                entries: (0..<502).map {
                    Message.HeadEntry(
                        log: LogID(Bytes16(high: 1 << 56, low: UInt64(part * 502 + $0))), count: 1, tag: 0)
                }
            ).encode(&names)
        }
        let skip = Reconciliation.Range(end: nil, mode: .skip)
        var noNames = LogNames()
        let cases: [(name: String, frames: [[UInt8]], verdict: String)] = [
            ("a handle twice", [open(2, token: 5), open(2, token: 6)], "CLOSE 1"),
            ("a token twice", [open(2, token: 5), open(3, token: 5)], "CLOSE 1"),
            ("63 more spaces", (2...64).map { open($0, token: $0) }, "open"),
            ("65 spaces", (2...64).map { open($0, token: $0) } + [open(1, token: 99)], "CLOSE 4"),
            (
                "HEADS of an unknown handle",
                [Message.Heads(handle: 9, lsn: 1, more: false, entries: []).encode(&noNames)], "CLOSE 1"
            ),
            (
                "WANT of an unknown handle",
                [
                    Message.Want(handle: 9, entries: [.init(reference: 1, from: 1, to: 1, describe: false)])
                        .encode()
                ],
                "CLOSE 1"
            ),
            (
                "HEADS of a space that the receiver does not know",
                [
                    open(2, token: 5),
                    Message.Heads(handle: 2, lsn: 1, more: false, entries: []).encode(&noNames),
                ],
                "CLOSE 1"
            ),
            ("handles in another order", [open(7, token: 5), open(3, token: 6)], "open"),
            (
                "ACK of an unknown handle",
                [Message.Ack(handle: 9, upTo: 0, fingerprint: .init(high: 0, low: 0), lsn: 0).encode()],
                "CLOSE 1"
            ),
            (
                "a log that was not announced", [want(.init(reference: 7, from: 1, to: 1, describe: false))],
                "CLOSE 1"
            ),
            (
                "more than was announced", [want(.init(reference: 1, from: 3, to: 9, describe: false))],
                "CLOSE 1"
            ),
            ("100,400 names", manyNames, "CLOSE 4"),
            (
                "40 messages of reconciliation",
                (0..<42).map { _ in
                    Message.Recon(
                        handle: 1,
                        ranges: [
                            Reconciliation.Range(end: nil, mode: .fingerprint(.init(high: 1, low: UInt64(1))))
                        ]
                    ).encode(&noNames).flatMap { $0 }
                }, "CLOSE 4"
            ),
            (
                "a small question with a large answer, over and over",
                (0..<81).map { _ in
                    Message.Recon(handle: 1, ranges: [Reconciliation.Range(end: nil, mode: .items([]))])
                        .encode(&noNames).flatMap { $0 }
                }, "CLOSE 4"
            ),
            (
                "a message whose frames go back",
                [0x20, 0x10].map { byte in
                    [7, 7, 1, 0x80, 1, 1, UInt8(byte), 2, 0]
                }, "CLOSE 1"
            ),
            (
                "reconciliation that asks nothing",
                [Message.Recon(handle: 1, ranges: [skip]).encode(&noNames).flatMap { $0 }], "open"
            ),
            (
                "a second HELLO",
                [Message.Hello(wallClock: 0, nonce: .init(high: 0, low: 0), databaseEpoch: 1).encode()],
                "CLOSE 1"
            ),
            ("a WELCOME that was not asked for", [Message.welcome(genesis: [1])], "CLOSE 1"),
            ("a type to be ignored", [[200, 1, 0]], "open"),
            ("a type to be known", [[40, 1, 0]], "CLOSE 2"),
            ("all credit there is", [Message.credit(total: .max)], "open"),
        ]
        for (name, frames, expected) in cases { same(verdict(frames), expected, name) }
    }
}
