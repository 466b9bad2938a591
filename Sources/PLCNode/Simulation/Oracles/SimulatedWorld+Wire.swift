internal import PLCOracle
import PLCSync

/// What one end of a connection has said so far, as whoever overhears it understands it.
struct OverheardEnd {
    var names = PeerLogNames()
    /// The spaces that its handles mean.
    var spaces: [UInt64: SpaceID] = [:]
    var hello: Message.Hello?
    /// How many of the peer's moves it is known to hold, by space.
    var covered: [SpaceID: Int] = [:]
    /// Whether something was said that could not be understood, after which nothing can.
    var isLost = false
}

/// What is said on the lines must be true, whether or not anybody comes to harm by it.
extension SimulatedWorld {
    /// A node is about to send a frame.
    func overhear(_ node: SimulatedNode, _ id: ConnectionID, _ frame: [UInt8]) {
        guard let connection = connections[id] else { return }
        let end = connection.end(of: node.index)
        var heard = connection.overheard[end]
        guard !heard.isLost, let (type, range) = try? Frame.first(in: frame.span.bytes, from: 0),
            let kind = Frame.Kind(rawValue: type)
        else { return }
        let body = Array(frame[range])
        do throws(Malformed) {
            try overhear(kind, body, from: node, connection, &heard)
        } catch {
            heard.isLost = true
        }
        connections[id]?.overheard[end] = heard
    }

    private func overhear(
        _ kind: Frame.Kind, _ body: [UInt8], from node: SimulatedNode, _ connection: SimulatedConnection,
        _ heard: inout OverheardEnd
    ) throws(Malformed) {
        let bytes = body.span.bytes
        let end = connection.end(of: node.index)
        let peer = nodes[connection.node(1 - end)]
        switch kind {
        case .hello: heard.hello = try Message.Hello(bytes)
        case .open:
            let message = try Message.Open(bytes)
            let space = spaces.first {
                SessionHash.token(of: $0.id, exporter: connection.exporter, fromListener: end == 1)
                    == message.token
            }
            heard.spaces[message.handle] = space?.id
        case .heads:
            let message = try Message.Heads(bytes, &heard.names)
            guard let space = heard.spaces[message.handle] else { return }
            checkGuest(node, peer, space)
            let theirs = connection.overheard[1 - end].hello
            let nonces = (end == 0 ? [heard.hello, theirs] : [theirs, heard.hello]).compactMap { $0?.nonce }
            for entry in message.entries { check(entry, said: node, salt: nonces.flatMap(\.bytes)) }
        case .recon: _ = try Message.Recon(bytes, &heard.names)
        case .data:
            let message = try Message.Data(bytes, &heard.names)
            guard let space = heard.spaces[message.handle] else { return }
            checkGuest(node, peer, space)
            for section in message.sections where !section.hasHole {
                checkDurable(node, section.log, section.from + UInt64(section.count) - 1, "sends")
            }
        case .ack:
            let message = try Message.Ack(bytes)
            guard let space = heard.spaces[message.handle] else { return }
            checkAck(message, of: node, to: peer, space, connection.overheard[1 - end].hello, &heard)
        case .want, .join, .ping, .close, .pong, .welcome, .credit, .compressed: return
        }
    }

    /// Changes are told to members alone, as far as the teller knows.
    private func checkGuest(_ node: SimulatedNode, _ peer: SimulatedNode, _ space: SpaceID) {
        if node.host?.replica.role(of: peer.key, in: space) == nil {
            violate("nothing for guests", node, "tells \(peer.name), who does not belong, what it holds")
        }
    }

    /// What is announced is durable, and the tag is that of the head, salted for this session (I3, S-24).
    private func check(_ entry: Message.HeadEntry, said node: SimulatedNode, salt: [UInt8]) {
        checkDurable(node, entry.log, entry.count, "announces")
        guard let log = truth.logs[entry.log], entry.count < UInt64(log.roots.count), salt.count == 32 else {
            return
        }
        var head = ByteWriter()
        head.write(entry.log.value)
        head.write(bigEndian: entry.count)
        head.write(log.roots[Int(entry.count)])
        let tag = UInt32(truncatingIfNeeded: Digest.sha256(salt, head.bytes).words.0 >> 32)
        if tag != entry.tag { violate("salted tags", node, "announces a head by a tag that is not its own") }
    }

    /// Nothing is announced or sent before it is durable (I3).
    private func checkDurable(_ node: SimulatedNode, _ log: LogID, _ count: UInt64, _ does: String) {
        let durable = node.counts[log] ?? 0
        guard count > durable else { return }
        violate(
            "durable before told", node, "\(does) change \(count) of \(log.short), and has stored \(durable)")
    }

    /// Whoever acknowledges an lsn of a peer holds, durably, every head that the peer had by then (I4).
    private func checkAck(
        _ message: Message.Ack, of node: SimulatedNode, to peer: SimulatedNode, _ space: SpaceID,
        _ hello: Message.Hello?, _ heard: inout OverheardEnd
    ) {
        guard let epoch = hello?.databaseEpoch, let moves = truth.moves[epoch]?[space] else { return }
        var next = min(heard.covered[space] ?? 0, moves.count)
        while next < moves.count, moves[next].lsn <= message.upTo {
            let move = moves[next]
            if node.counts[move.log] ?? 0 < move.count {
                violate(
                    "acknowledged heads", node,
                    "acknowledges \(peer.name)'s \(message.upTo) without change \(move.count) of \(move.log.short)"
                )
            }
            next += 1
        }
        heard.covered[space] = next
    }
}
