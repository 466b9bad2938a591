import PLCOracle
import PLCSync

/// A story told by hand: nodes in a fixed order, and connections over which frames pass one at a time.
///
/// Time stands still unless the story moves it; disks answer at once unless the story holds them back.
struct Story {
    /// A frame on its way.
    struct Letter {
        let connection: ConnectionID
        let from: Int
        let to: Int
        let frame: [UInt8]
    }

    /// Two ends and what was cut.
    struct Line {
        let dialer: Int
        let listener: Int
        var isOpen = true
    }

    var nodes: [MemoryNode] = []
    var lines: [ConnectionID: Line] = [:]
    var letters: [Letter] = []
    var time: UInt64 = 0
    /// Nodes whose commits wait for the story.
    var slowDisks: Set<Int> = []
    /// Nodes whose reads wait for the story.
    var slowReads: Set<Int> = []
    /// What was sent, in words, in the order of sending.
    var script: [String] = []
    var bytes = 0
    /// The letters carried, for recordings.
    var carried: [Letter] = []
    private var nextConnection: UInt64 = 1
    private var random = SplitMix64(seed: 77)
    private let names: [String]

    /// Nodes named `names`, in ascending order of their keys.
    init(_ names: String...) {
        self.names = names
        let truth = Truth()
        let keys = Scenario.keys.sorted { $0.publicKey < $1.publicKey }
        for index in names.indices {
            var node = MemoryNode(keys[index], epoch: UInt64(100 + index), truth: truth)
            node.keepsLines = true
            nodes.append(node)
        }
    }

    // MARK: Steps

    /// Lets a node do something, and takes what it sends.
    mutating func at(_ node: Int, _ body: (inout MemoryNode) -> Void) {
        nodes[node].now = Now(
            monotonic: time, wall: WallTime(milliseconds: 1_700_000_000_000 + Int64(time)))
        body(&nodes[node])
        settle(node)
    }

    private mutating func settle(_ node: Int) {
        while true {
            if !slowDisks.contains(node), nodes[node].hasUnstored {
                nodes[node].carryOutCommits()
            } else if !slowReads.contains(node), !nodes[node].reads.isEmpty {
                nodes[node].carryOutRead()
            } else {
                break
            }
        }
        for (id, line) in nodes[node].lines {
            let other = lines[id].map { $0.dialer == node ? $0.listener : $0.dialer } ?? node
            script.append("\(names[node])>\(names[other]) \(line)")
        }
        nodes[node].lines = []
        for (id, frame) in nodes[node].outbox {
            guard let line = lines[id], line.isOpen else { continue }
            let other = line.dialer == node ? line.listener : line.dialer
            bytes += frame.count
            letters.append(Letter(connection: id, from: node, to: other, frame: frame))
        }
        nodes[node].outbox = []
        let closing = nodes[node].closing
        nodes[node].closing = []
        for id in closing { hangUp(id, afterLetters: true) }
    }

    /// Connects `dialer` to `listener`; the listener speaks first.
    @discardableResult
    mutating func connect(_ dialer: Int, _ listener: Int, _ purpose: Purpose = .exchange) -> ConnectionID {
        let id = ConnectionID(nextConnection)
        nextConnection += 1
        lines[id] = Line(dialer: dialer, listener: listener)
        let exporter = random.bytes(32)
        for (node, other) in [(listener, dialer), (dialer, listener)] {
            let nonce = random.nonce()
            let (peer, epoch) = (nodes[other].key, nodes[other].disk.epoch)
            at(node) {
                $0.peerEpochs[id] = epoch
                $0.step(
                    .connected(
                        id, peer: peer, exporter: exporter, isDialer: node == dialer, nonce: nonce,
                        purpose: node == dialer ? purpose : .exchange))
            }
        }
        return id
    }

    /// Carries the oldest letter.
    mutating func carryOne() {
        guard !letters.isEmpty else { return }
        let letter = letters.removeFirst()
        guard lines[letter.connection]?.isOpen == true else { return }
        carried.append(letter)
        var bytes = letter.frame
        guard let frames = try? takeFrames(&bytes) else { return }
        at(letter.to) { node in
            for (type, body) in frames {
                node.step(.received(letter.connection, type: type, body: body))
            }
        }
    }

    /// Carries letters until there are none.
    mutating func carryAll() {
        while !letters.isEmpty { carryOne() }
    }

    /// Carries letters until the last of them is the answer to `condition`.
    mutating func carry(until condition: (Letter) -> Bool) {
        while let first = letters.first, !condition(first) { carryOne() }
    }

    /// Ends a connection at both ends; letters under way are lost, or come first.
    mutating func hangUp(_ id: ConnectionID, afterLetters: Bool = false) {
        guard let line = lines[id], line.isOpen else { return }
        if afterLetters {
            let last = letters.filter { $0.connection == id }
            letters.removeAll { $0.connection == id }
            for letter in last {
                var bytes = letter.frame
                for (type, body) in (try? takeFrames(&bytes)) ?? [] {
                    nodes[letter.to].step(.received(id, type: type, body: body))
                }
            }
        }
        lines[id]?.isOpen = false
        letters.removeAll { $0.connection == id }
        for node in [line.dialer, line.listener] { at(node) { $0.step(.disconnected(id)) } }
    }

    /// Moves time on by `seconds`, a tick a second, and carries what follows.
    mutating func wait(_ seconds: Int) {
        for _ in 0..<seconds {
            time += 1_000
            for node in nodes.indices { at(node) { $0.step(.ticked) } }
            carryAll()
        }
    }

    /// A node that was restarted.
    mutating func restart(_ node: Int) {
        for (id, line) in lines.sorted(by: { $0.key < $1.key })
        where line.dialer == node || line.listener == node { hangUp(id) }
        at(node) { $0.restart() }
    }

    /// Founds a space by the first of `members`, all of whom are founders.
    mutating func found(_ members: [Int]) -> SpaceID {
        let genesis = Genesis(
            level: .team, founders: members.map { nodes[$0].key }, nonce: random.nonce(), parent: nil
        ).encoded
        for member in members { at(member) { $0.found(genesis) } }
        return SpaceID(genesis: genesis)
    }

    /// Writes `count` changes at a node, each of about `size` bytes.
    mutating func write(_ node: Int, _ space: SpaceID, _ count: Int = 1, size: Int = 8) {
        at(node) { node in
            for number in 0..<count {
                var value = ByteWriter()
                value.write(byteString: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size))
                var draft = Draft()
                draft.append(.create(kind: 1, initial: [(.number(1), value.bytes)], owned: false))
                node.write(draft, space)
            }
        }
    }

    /// Writes one change to each of `count` new logs of a node, as if it had begun anew each time.
    mutating func writeLogs(_ node: Int, _ space: SpaceID, _ count: Int, changes: Int = 1, size: Int = 8) {
        for _ in 0..<count {
            nodes[node].disk.incarnation += 1
            write(node, space, changes, size: size)
        }
    }

    /// What was said since the last time, with the short names of logs replaced by their writers'.
    mutating func said() -> [String] {
        defer { script = [] }
        return script.map(renamed)
    }

    private func renamed(_ line: String) -> String {
        var line = line
        for (index, name) in names.enumerated() {
            for space in nodes[index].disk.spaces.keys {
                for (channel, mark) in [(Channel.control, "*"), (.core, "")] {
                    let short = nodes[index].ownLog(space, channel).id.short
                    line = line.replacing(short, with: name.lowercased() + mark)
                }
            }
        }
        return line
    }

    /// What is wrong with any node, as far as it shows.
    mutating func faults() -> [String] {
        for node in nodes.indices { nodes[node].checkAtRest() }
        return nodes.flatMap(\.faults)
    }

    /// How many round trips a session took: how often the direction of what was carried changed, halved.
    func roundTrips(_ id: ConnectionID) -> Double {
        let senders = carried.filter { $0.connection == id }.map(\.from)
        return Double(zip(senders, senders.dropFirst()).filter { $0 != $1 }.count) / 2
    }
}
