import PLCOracle
import PLCSync

/// What must hold at every step.
extension MemoryNode {
    /// Reads a frame as it goes out: nothing is announced, served or acknowledged that is not durable (I3).
    mutating func checkFrame(_ frame: [UInt8], _ id: ConnectionID) {
        do {
            guard let (type, range) = try Frame.first(in: frame.span.bytes, from: 0),
                range.upperBound == frame.count, var observer = observers[id]
            else { return faults.append("a frame that is not one") }
            observers[id] = nil
            let read = try observer.read(type, Array(frame[range]))
            observers[id] = observer
            if keepsLines { lines.append((id, read.line())) }
            switch read {
            case .open(let open): noteHandle(open, id)
            case .heads(let heads): checkHeads(heads.entries, heads.handle, id)
            case .recon(let recon):
                for range in recon.ranges {
                    switch range.mode {
                    case .items(let entries), .answer(let entries): checkHeads(entries, recon.handle, id)
                    case .skip, .fingerprint: break
                    }
                }
            case .data(let data): checkData(data, id)
            case .ack(let ack): checkAck(ack, id)
            case .hello, .want, .join, .welcome, .ping, .pong, .credit, .close, .other: break
            }
        } catch {
            faults.append("sends what it would refuse: \(error)")
        }
    }

    /// Counts the leaves that arrive.
    mutating func noteArrival(_ type: UInt8, _ body: [UInt8], _ id: ConnectionID) {
        guard var observer = arrivals[id] else { return }
        arrivals[id] = nil
        if case .data(let data) = try? observer.read(type, body) {
            leavesCarried += data.sections.reduce(0) { $0 + $1.count }
        }
        arrivals[id] = observer
    }

    private mutating func noteHandle(_ open: Message.Open, _ id: ConnectionID) {
        guard let exporter = exporters[id] else { return }
        let direction: UInt8 = exporter.isDialer ? 0 : 1
        for space in disk.spaces.keys {
            let mac = Digest.hmac(key: exporter.bytes, [direction] + space.value.bytes)
            let token = mac.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            if token == open.token { handles[id, default: [:]][open.handle] = space }
        }
    }

    private mutating func checkHeads(_ entries: [Message.HeadEntry], _ handle: UInt64, _ id: ConnectionID) {
        guard let space = handles[id]?[handle] else { return faults.append("heads of no space") }
        for entry in entries where disk.spaces[space]?.logs[entry.log]?.count ?? 0 < entry.count {
            faults.append("I3: announces \(entry.count) of \(entry.log) before they are durable")
        }
    }

    private mutating func checkData(_ data: Message.Data, _ id: ConnectionID) {
        guard let space = handles[id]?[data.handle] else { return faults.append("data of no space") }
        for section in data.sections {
            let durable = disk.spaces[space]?.logs[section.log]?.forest.count ?? 0
            if section.from + UInt64(section.count) - 1 > durable {
                faults.append("I3: serves what it lacks")
            }
            // Signatures are deterministic: two of one length are of two roots.
            guard let head = section.head else { continue }
            if truth.heads[section.log, default: [:]].updateValue(head.signature, forKey: head.count)
                ?? head.signature
                != head.signature
            {
                faults.append("L-29: \(section.log.short) has two heads of length \(head.count)")
            }
        }
    }

    private mutating func checkAck(_ ack: Message.Ack, _ id: ConnectionID) {
        guard let space = handles[id]?[ack.handle], let peer = peers[id], let epoch = peerEpochs[id] else {
            return
        }
        checkHeld(Cursor(epoch: epoch, lsn: ack.upTo), of: peer, in: space, "I3: acknowledges")
    }

    /// A cursor of a peer at lsn l means that every head which the peer had at l is held (I4).
    mutating func checkCursor(_ cursor: Cursor, of peer: PublicKey, in space: SpaceID) {
        checkHeld(cursor, of: peer, in: space, "I4: follows")
    }

    private mutating func checkHeld(
        _ cursor: Cursor, of peer: PublicKey, in space: SpaceID, _ what: String
    ) {
        guard let moves = truth.moves[peer]?[cursor.epoch]?[space] else { return }
        var start = 0
        if let checked = checkedCursors[space]?[peer], checked.cursor.epoch == cursor.epoch {
            guard checked.cursor.lsn < cursor.lsn else { return }
            start = checked.index
        }
        var index = start
        while index < moves.count, moves[index].lsn <= cursor.lsn {
            let move = moves[index]
            if disk.spaces[space]?.logs[move.log]?.forest.count ?? 0 < move.count {
                faults.append(
                    "\(key.short) \(what) \(peer.short) to \(cursor.lsn) without \(move.log.short):\(move.count)"
                )
            }
            index += 1
        }
        checkedCursors[space, default: [:]][peer] = (cursor, index)
    }

    /// What must hold when nothing is under way: what is stored is what was written, and the state is its fold (I5).
    mutating func checkAtRest() {
        for space in disk.spaces.keys.sorted() {
            guard let stored = disk.spaces[space] else { continue }
            var scratch = MemoryStore()
            for id in stored.logs.keys.sorted(by: >) {
                guard let log = stored.logs[id] else { continue }
                if !(truth.logs[id] ?? []).starts(with: log.leaves) {
                    faults.append("stores leaves that were not written")
                }
                guard id.channel != .control else { continue }
                scratch.register(id, key: log.descriptor.key)
                for leaf in log.leaves { scratch.append(leaf, to: id) }
            }
            if scratch.digest != digest(space) {
                faults.append("I5: the state is not the fold of the leaves")
            }
        }
    }
}
