import PLCOracle
import PLCSync

/// A script of what happens to three nodes, one of which speaks as the bytes of the try say: whatever comes, only what
/// its origin signed is stored, and afterwards the two honest ones still come to hold the same.
///
/// The first byte chooses the stage: who the liar is in the space, and in what order the three keys are. Then come
/// steps, each a byte and what it takes. Most let an honest replica of the liar's speak, because bytes from nowhere
/// seldom come past HELLO; what it says passes as it is, or damaged, late, twice, never, or exchanged.
func fuzzSession(_ input: [UInt8]) {
    var feed = Feed(input)
    var play = Play(Stage.all[feed.below(Stage.all.count)])
    var steps = 0
    while !feed.isAtEnd, steps < 200 {
        play.step(&feed)
        steps += 1
    }
    play.judge()
}

/// Three nodes that have met before, as they are when a script begins.
private struct Stage {
    /// What the liar is to the space.
    enum Standing: CaseIterable {
        case steward, writer, reader, invited, stranger
    }

    var story = Story("A", "B", "C")
    let victim: Int
    let friend: Int
    let liar: Int
    let space: SpaceID
    let join: JoinRequest

    static let all: [Stage] = Standing.allCases.flatMap { standing in
        [(0, 1, 2), (1, 0, 2), (2, 1, 0)].map { Stage(standing, victim: $0, friend: $1, liar: $2) }
    }

    private init(_ standing: Standing, victim: Int, friend: Int, liar: Int) {
        (self.victim, self.friend, self.liar) = (victim, friend, liar)
        for node in story.nodes.indices { story.nodes[node].keepsLines = false }
        // Its own checks are of no interest: what it hears follows from what it is made to say.
        story.nodes[liar].isChecking = false
        let founders = standing == .steward ? [victim, friend, liar] : [victim, friend]
        space = story.found(founders)
        let seed = [UInt8](repeating: 9, count: 32)
        join = JoinRequest(space: space, seed: seed, name: "C")
        var draft = Draft()
        switch standing {
        case .steward, .stranger: break
        case .writer: draft.append(.grant(story.nodes[liar].key, .writer, name: "C", invitation: nil))
        case .reader: draft.append(.grant(story.nodes[liar].key, .reader, name: "C", invitation: nil))
        case .invited:
            if let key = SigningKey(seed: seed) {
                draft.append(.invite(key.publicKey, .writer, expiry: .max >> 1))
            }
        }
        let space = space
        if !draft.isEmpty { story.at(victim) { $0.write(draft, space, .control) } }
        if standing == .writer || standing == .reader {
            let genesis = story.nodes[victim].disk.spaces[space]?.genesis ?? []
            story.at(liar) { $0.found(genesis) }
        }
        let pair = story.connect(victim, friend)
        story.carryAll()
        if standing == .steward || standing == .writer {
            let meeting = story.connect(liar, victim)
            story.carryAll()
            story.write(liar, space, 3)
            story.hangUp(meeting)
        }
        story.hangUp(pair)
        story.write(victim, space, 3)
        story.write(friend, space, 2)
        story.carried = []
    }
}

/// A script under way.
private struct Play {
    private var story: Story
    private let stage: Stage
    /// What came of a frame that is not whole.
    private var partial: [ConnectionID: [UInt8]] = [:]
    private var connections: [ConnectionID] = []
    private var bytesSaid = 0
    /// Frames that the liar said before.
    private var recorded: [[UInt8]] = []

    init(_ stage: Stage) {
        self.stage = stage
        story = stage.story
        // The stages are shared by all tries, and so would be the truth.
        let old = story.nodes[stage.victim].truth
        let truth = Truth(logs: old.logs)
        truth.moves = old.moves
        truth.heads = old.heads
        for node in story.nodes.indices { story.nodes[node].truth = truth }
    }

    // MARK: Steps

    mutating func step(_ feed: inout Feed) {
        // What a liar says of itself holds of nobody, and who may not write may well have written.
        story.nodes[stage.liar].truth.moves[story.nodes[stage.liar].key] = nil
        switch feed.byte() % 32 {
        case 0...7: carry { [$0] }
        case 8...10: flip(&feed)
        case 11: shorten(&feed)
        case 12: carry { [$0, $0] }
        case 13: carry { _ in [] }
        case 14:
            let (at, piece) = (feed.short(), feed.piece())
            damage { $0.insert(contentsOf: piece, at: at % ($0.count + 1)) }
        case 15:
            let (at, piece) = (feed.short(), feed.piece())
            damage { body in
                for (index, byte) in piece.enumerated() where !body.isEmpty {
                    body[(at + index) % body.count] = byte
                }
            }
        case 16: if story.letters.count > 1 { story.letters.swapAt(0, 1) }
        case 17: if let frame = recorded.isEmpty ? nil : recorded[feed.below(recorded.count)] { say(frame) }
        case 18: say([feed.byte()] + feed.piece())
        case 19: say(Frame.encode(kinds[feed.below(kinds.count)], feed.piece()))
        case 20, 21: say(message(&feed))
        case 22: wait([1, 3, 16, 50][feed.below(4)])
        case 23: write(&feed)
        case 24, 25: connect(feed.byte())
        case 26:
            if !connections.isEmpty { story.hangUp(connections[feed.below(connections.count)]) }
        case 27: disk(feed.byte())
        case 28: story.restart([stage.victim, stage.friend, stage.liar][feed.below(3)])
        case 29: carryAll()
        case 30: leaf(&feed)
        default: if !story.letters.isEmpty { story.letters.append(story.letters.removeFirst()) }
        }
    }

    private var kinds: [Frame.Kind] {
        [
            .hello, .open, .heads, .ack, .want, .data, .recon, .join, .ping, .close, .pong, .welcome, .credit,
            .compressed,
        ]
    }

    private mutating func connect(_ choice: UInt8) {
        let (victim, friend, liar) = (stage.victim, stage.friend, stage.liar)
        let id: ConnectionID
        switch choice % 8 {
        case 0, 1, 2: id = story.connect(liar, victim)
        case 3, 4: id = story.connect(victim, liar)
        case 5: id = story.connect(liar, victim, .join(stage.join))
        case 6: id = story.connect(friend, victim)
        default: id = story.connect(liar, friend)
        }
        connections.append(id)
    }

    private mutating func wait(_ seconds: Int) {
        for _ in 0..<seconds {
            story.time += 1_000
            for node in story.nodes.indices { story.at(node) { $0.step(.ticked) } }
        }
    }

    private mutating func write(_ feed: inout Feed) {
        let node = [stage.victim, stage.friend, stage.liar][feed.below(3)]
        guard let space = story.nodes[node].disk.spaces[stage.space],
            space.membership.counts(story.nodes[node].key, in: .core)
        else { return }
        let size = feed.byte() == 255 ? 20_000 : 8
        story.write(node, stage.space, 1 + feed.below(4), size: size)
    }

    /// The liar's own log may hold any bytes; they are signed, and so they travel.
    private mutating func leaf(_ feed: inout Feed) {
        let channel = feed.byte() & 1 == 0 ? Channel.core : .control
        let bytes = feed.piece()
        guard !bytes.isEmpty, story.nodes[stage.liar].disk.spaces[stage.space] != nil else { return }
        let space = stage.space
        story.at(stage.liar) { $0.append(bytes, to: $0.ownLog(space, channel)) }
    }

    private mutating func disk(_ choice: UInt8) {
        let victim = stage.victim
        switch choice % 4 {
        case 0: story.slowDisks = story.slowDisks.isEmpty ? [victim] : []
        case 1: story.slowReads = story.slowReads.isEmpty ? [victim] : []
        case 2: story.at(victim) { $0.carryOutCommit() }
        default: story.nodes[victim].isFull.toggle()
        }
    }

    /// A message that is well-formed, whatever it means.
    private func message(_ feed: inout Feed) -> [UInt8] {
        let handle = UInt64(feed.below(4))
        // Logs by number: a fresh table would name them in full.
        var w = ByteWriter()
        w.write(varint: handle)
        func log() {
            let number = feed.below(8)
            if number == 0 {
                let owner = story.nodes[feed.below(3)]
                w.write(byte: 0)
                w.write(owner.ownLog(stage.space, Channel(rawValue: feed.byte() & 1)).id.value)
            } else {
                w.write(varint: number)
            }
        }
        switch feed.below(7) {
        case 0:
            return Message.Ack(
                handle: handle, upTo: feed.number(), fingerprint: Bytes16(high: feed.number(), low: 1),
                lsn: feed.number()
            ).encode()
        case 1: return Message.credit(total: feed.number())
        case 2:
            w.write(varint: feed.number())
            w.write(byte: feed.byte() & 1)
            let count = feed.below(4)
            w.write(varint: count)
            for _ in 0..<count {
                log()
                w.write(varint: feed.number() % (1 << 30))
                w.write(bigEndian: UInt32(truncatingIfNeeded: feed.number()))
            }
            return Frame.encode(.heads, w.bytes)
        case 3:
            let count = 1 + feed.below(3)
            w.write(varint: count)
            for _ in 0..<count {
                w.write(varint: feed.below(6))
                let from = 1 + feed.number() % 8
                w.write(varint: from)
                w.write(varint: from + feed.number() % (1 << 30))
                w.write(byte: feed.byte() & 1)
            }
            return Frame.encode(.want, w.bytes)
        case 4:
            w.write(byte: feed.byte() & 0x80)
            let count = feed.below(4)
            w.write(varint: count)
            for index in 0..<count {
                if index == count - 1, feed.byte() & 1 == 0 {
                    w.write(byte: 255)
                } else {
                    w.write(byte: 2)
                    w.write(bigEndian: UInt16(index << 8) | UInt16(feed.byte()))
                }
                let mode = [0, 1, 1, 2, 2, 4][feed.below(6)]
                w.write(byte: UInt8(mode))
                switch mode {
                case 1: w.write(Bytes16(high: feed.number(), low: 0))
                case 2, 4:
                    let entries = feed.below(3)
                    w.write(varint: entries)
                    for _ in 0..<entries {
                        log()
                        w.write(varint: 1 + feed.number() % 8)
                        w.write(bigEndian: UInt32(truncatingIfNeeded: feed.number()))
                    }
                default: break
                }
            }
            return Frame.encode(.recon, w.bytes)
        case 5:
            // Leaves that nobody signed.
            let sections = 1 + feed.below(2)
            w.write(varint: sections)
            for _ in 0..<sections {
                log()
                let flags = feed.byte() & 15
                w.write(byte: flags)
                if flags & 1 != 0 {
                    w.write(story.nodes[feed.below(3)].key.value)
                    w.write(bigEndian: UInt64(feed.byte()))
                }
                if flags & 2 != 0 {
                    w.write(varint: 1 + feed.number() % 9)
                    w.write(byte: feed.byte() & 1)
                    w.write([UInt8](repeating: feed.byte(), count: 64))
                }
                w.write(varint: 1 + feed.number() % 9)
                let items = feed.below(4)
                w.write(varint: items)
                for _ in 0..<items {
                    if feed.byte() % 8 == 0 {
                        w.write(holeOfHeight: feed.below(41), hash: Bytes32(words: (1, 1, 1, 1)))
                    } else {
                        w.write(leaf: [0x83] + feed.piece())
                    }
                }
                if flags & 4 != 0 {
                    let hashes = 1 + feed.below(3)
                    w.write(varint: hashes)
                    for _ in 0..<hashes { w.write(Bytes32(words: (feed.number(), 0, 0, 0))) }
                }
            }
            return Frame.encode(.data, w.bytes)
        default:
            return Message.Open(
                handle: handle, token: feed.number(), flags: feed.byte() & 1, channelMask: feed.byte(),
                logs: feed.number(), fingerprint: Bytes16(high: feed.number(), low: 0), lsn: feed.number(),
                cursor: feed.byte() & 1 == 0
                    ? nil : Cursor(epoch: UInt64(100 + stage.victim), lsn: feed.number())
            ).encode()
        }
    }

    // MARK: Saying

    private mutating func flip(_ feed: inout Feed) {
        let (at, bits) = (feed.short(), feed.byte())
        carry { frame in
            var frame = frame
            frame[at % frame.count] ^= bits
            return [frame]
        }
    }

    private mutating func shorten(_ feed: inout Feed) {
        let count = feed.short()
        damage { $0.removeLast(count % ($0.count + 1)) }
    }

    /// Carries the next letter with its body changed, in a frame that is true to its length.
    private mutating func damage(_ change: (inout [UInt8]) -> Void) {
        carry { frame in
            guard let (type, range) = try? Frame.first(in: frame.span.bytes, from: 0),
                let kind = Frame.Kind(rawValue: type)
            else { return [frame] }
            var body = Array(frame[range])
            change(&body)
            return [Frame.encode(kind, body)]
        }
    }

    private mutating func carryAll() {
        var count = 0
        while !story.letters.isEmpty, count < 1_000 {
            carry { [$0] }
            count += 1
        }
    }

    /// Carries the next letter: the liar's as `change` makes it, others as they are.
    private mutating func carry(_ change: ([UInt8]) -> [[UInt8]]) {
        guard let letter = story.letters.first else { return }
        guard letter.from == stage.liar else { return story.carryOne() }
        story.letters.removeFirst()
        if recorded.count < 64 { recorded.append(letter.frame) }
        for frame in change(letter.frame) { deliver(frame, letter.connection, to: letter.to) }
    }

    /// Says something on the liar's newest connection.
    private mutating func say(_ frame: [UInt8]) {
        for id in connections.reversed() {
            guard let line = story.lines[id], line.isOpen,
                line.dialer == stage.liar || line.listener == stage.liar
            else { continue }
            return deliver(frame, id, to: line.dialer == stage.liar ? line.listener : line.dialer)
        }
    }

    private mutating func deliver(_ bytes: [UInt8], _ id: ConnectionID, to node: Int) {
        guard story.lines[id]?.isOpen == true else { return }
        bytesSaid += bytes.count
        var stream = partial.removeValue(forKey: id) ?? []
        stream += bytes
        do throws(Malformed) {
            let frames = try takeFrames(&stream)
            partial[id] = stream
            story.at(node) { node in
                for (type, body) in frames { node.step(.received(id, type: type, body: body)) }
            }
        } catch {
            // The shell of the node ends the connection.
            story.hangUp(id)
        }
    }

    // MARK: The end

    /// Ends all that is under way, lets the two honest nodes meet alone, and says what is wrong.
    mutating func judge() {
        story.nodes[stage.liar].truth.moves[story.nodes[stage.liar].key] = nil
        for id in connections { story.hangUp(id) }
        story.slowDisks = []
        story.slowReads = []
        for node in story.nodes.indices {
            story.nodes[node].isFull = false
            story.at(node) { $0.carryOutCommits() }
        }
        story.letters = []
        let (victim, friend) = (stage.victim, stage.friend)
        let isHeld = [victim, friend].allSatisfy { node in
            story.nodes[node].disk.spaces[stage.space]?.membership.needsUpgrade == false
        }
        // What asks for an upgrade closes the space (S-43); a steward may do so.
        guard isHeld else { return check("after the liar has gone") }
        let id = story.connect(friend, victim)
        var seconds = 0
        while !hasConverged, seconds < 120 {
            var count = 0
            while !story.letters.isEmpty, count < 10_000 {
                story.carryOne()
                count += 1
            }
            wait(1)
            seconds += 1
        }
        check("after the honest have met")
        // A log of theirs may close the space while they pull it.
        let isClosed = [victim, friend].contains { node in
            story.nodes[node].disk.spaces[stage.space]?.membership.needsUpgrade == true
        }
        law(
            hasConverged || isClosed,
            "the honest nodes hold different logs after \(seconds) s; open: \(story.lines[id]?.isOpen == true)"
        )
        law(
            isClosed || story.nodes[victim].digest(stage.space) == story.nodes[friend].digest(stage.space),
            "the honest nodes hold the same logs, and different states")
    }

    private mutating func check(_ when: String) {
        for node in [stage.victim, stage.friend] {
            story.nodes[node].checkAtRest()
            law(
                story.nodes[node].faults.isEmpty,
                "\(when): \(story.nodes[node].faults.joined(separator: "; "))")
        }
    }

    /// Whether both hold the same of every log whose writer counts.
    private var hasConverged: Bool {
        guard let a = story.nodes[stage.victim].disk.spaces[stage.space],
            let b = story.nodes[stage.friend].disk.spaces[stage.space]
        else { return false }
        return [(a, b), (b, a)].allSatisfy { one, other in
            one.logs.allSatisfy { id, log in
                !one.membership.counts(log.descriptor.key, in: id.channel)
                    || other.logs[id]?.count == log.count
            }
        }
    }
}
