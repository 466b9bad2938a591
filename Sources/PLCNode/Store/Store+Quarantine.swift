package import PLCSync

/// What a log lacks after damage on the disk, until a peer has given it again.
package struct LogRepair: Hashable, Sendable {
    /// The log.
    package let log: LogID
    /// The last change before the damage: up to here all is sound.
    package let sound: UInt64
    /// The last change that was held before the damage was found.
    package let held: UInt64
}

/// Setting aside what the disk has spoilt.
extension Store {
    /// What a walk over a log has found.
    private struct Survey {
        /// The log's forest by its leaves; nil if some of them cannot be read.
        var whole: Forest? = Forest()
        /// The forest before the first block that is damaged.
        var sound = Forest()
        /// Blocks of 256 leaves that are damaged, by number.
        var damaged: Set<UInt64> = []
    }

    private static let blockLeaves = LogReader.blockLeaves

    /// Sets aside a log from the first block of 256 changes on that is not what its stored hash says; false if none is.
    ///
    /// Inside a transaction. Nothing is thrown away: what was held from there on is kept apart, and of it people still read what is sound. The
    /// state keeps what it has folded, which was true; so what a peer gives again is not folded again. An own log is
    /// not written to any more, because a change that others may hold must not be followed by another (L-29). What is
    /// sound as this connection sees it is written anew: wrong hashes over sound changes, a row that is not what it was,
    /// and a page that the disk has spoilt since it was read are mended so. O(log).
    package func quarantine(_ id: LogID) throws -> Bool {
        precondition(inTransaction, "a log is set aside inside a transaction")
        guard let index = logIndices[id], let log = logs[index] else { return false }
        try flush(index, isFinal: true)
        logReader.forget()
        var survey = try survey(index, log)
        // What is sound here need not be so on the disk: this connection remembers pages that it has read, and who found
        // the damage has read them again. Written anew, they are sound there too; if they have been, and damage was
        // found again, the disk is believed.
        if survey.whole == log.forest, !mendedLogs.insert(id).inserted {
            database.releaseMemory()
            logReader.forget()
            survey = try self.survey(index, log)
        }
        if survey.whole == log.forest, log.forest.count > 0 {
            try restoreNodes(index, log)
            try statements.rewriteStretches(log: index)
            touch(index)
            return false
        }
        let held = log.forest.count
        let sound = survey.sound
        try cut(index, log, to: sound.count)
        try markSound(index, survey.damaged, held: held)
        let known = log.repair
        // Of an own log nobody has signed where it ended: what a peer gives is believed for its signature alone.
        let root = known.map(\.root) ?? (log.isOwn ? nil : root(of: log))
        let repair = LogEntry.Repair(
            held: max(held, known?.held ?? 0), root: root, folded: max(log.folded, known?.folded ?? 0))
        try statements.set(repair, log: index)
        log.repair = repair
        log.folded = repair.folded
        log.forest = sound
        log.head = nil
        log.bridge = []
        // Without a head there is nothing to announce.
        log.lsn = 0
        log.tail = nil
        if log.isOwn {
            log.isOwn = false
            forgetOwnLogs()
        }
        touch(index)
        // Peers have told of this log before: they are heard again from the beginning.
        try statements.deleteCursors()
        logReader.forget()
        return true
    }

    private func root(of log: LogEntry) -> Bytes32 {
        log.forest.root(of: log.descriptor.fullID, hasher: hasher)
    }

    /// Walks over a log, block by block.
    private func survey(_ index: Int, _ log: LogEntry) throws -> Survey {
        var survey = Survey()
        var start: UInt64 = 0
        while start < log.forest.count {
            let end = min(start + Self.blockLeaves, log.forest.count)
            do {
                let block = try logReader.survey(index, from: start, of: log.forest)
                for hash in block.hashes { survey.whole?.append(hash, hasher: hasher) }
                if !block.isSound {
                    survey.damaged.insert(start / Self.blockLeaves)
                } else if block.hashes.count == Self.blockLeaves, survey.damaged.isEmpty {
                    for hash in block.hashes { survey.sound.append(hash, hasher: hasher) }
                }
            } catch StoreError.damaged {
                survey.whole = nil
                survey.damaged.insert(start / Self.blockLeaves)
            }
            start = end
        }
        return survey
    }

    /// Writes a log's interior nodes anew from its changes.
    private func restoreNodes(_ index: Int, _ log: LogEntry) throws {
        var forest = Forest()
        var nodes: [(block: Block, hash: Bytes32)] = []
        for hash in try logReader.leafHashes(log: index, from: 1, to: log.forest.count) {
            forest.append(hash, hasher: hasher) { block, hash in
                if block.height >= Replica.storedHeight { nodes.append((block, hash)) }
            }
        }
        try statements.insert(nodes, log: index)
    }

    /// Moves all stretches after change `sound` out of the log.
    func cut(_ index: Int, _ log: LogEntry, to sound: UInt64) throws {
        let after = LocalDot(log: index, sequence: sound + 1, op: 0)
        var prefix: (key: UInt64, count: Int, bytes: [UInt8])?
        if sound > 0 {
            let last = try logReader.stretch(at: LocalDot(log: index, sequence: sound, op: 0))
            let count = Int(sound + 1 - last.first)
            if count < last.count {
                let key = LocalDot(log: index, sequence: last.first, op: 0).value
                prefix = (key, count, Array(last.bytes[..<last.offsets[count]]))
            }
        }
        try statements.setAside(from: prefix?.key ?? after.value, nodesFrom: after.value, log: index)
        if let prefix {
            try statements.insertStretch(prefix.key, count: prefix.count, rawBytes: nil, prefix.bytes)
        }
    }

    /// Notes which of the stretches that were set aside lie in sound blocks alone.
    private func markSound(_ index: Int, _ damaged: Set<UInt64>, held: UInt64) throws {
        for (key, count) in try statements.asideStretches(log: index) {
            let first = LocalDot(value: key).sequence
            let last = min(first + UInt64(max(count, 1)) - 1, held)
            guard count > 0, first >= 1, first <= last else { continue }
            let blocks = (first - 1) / Self.blockLeaves...(last - 1) / Self.blockLeaves
            if !blocks.contains(where: damaged.contains) { try statements.markSound(key) }
        }
    }

    /// Holds what a peer gave again against what was held before, and ends the repair when all is back.
    func settleRepair(_ index: Int, _ log: LogEntry, after before: Forest, _ items: [UInt8]) throws {
        guard let repair = log.repair, log.forest.count >= repair.held else { return }
        if let root = repair.root {
            var forest = before
            let bytes = items.span.bytes
            var reader = ByteReader(bytes)
            while forest.count < repair.held, case .leaf(let leaf) = try reader.logItem(bytes) {
                forest.append(hasher.leaf(bytes.extracting(leaf)), hasher: hasher)
            }
            guard forest.root(of: log.descriptor.fullID, hasher: hasher) == root else {
                throw StoreError.damagedLog(
                    log.id, "what a peer gives is not what was held before the damage")
            }
        }
        log.repair = nil
        try statements.endRepair(log: index)
        logReader.forget()
    }

    /// The logs of which something waits to come again.
    package var repairs: [LogRepair] {
        logs.sorted { $0.key < $1.key }.compactMap { _, log in
            log.repair.map { LogRepair(log: log.id, sound: log.forest.count, held: $0.held) }
        }
    }

    /// The space of a log.
    package func space(of log: LogID) -> SpaceID? {
        logIndices[log].flatMap { logs[$0]?.descriptor.space }
    }
}

extension StoreView {
    /// The logs of which something waits to come again.
    package func repairs() throws -> [LogRepair] {
        let rows = try database.prepare(
            "SELECT l.id, l.count, r.held FROM repair AS r JOIN log AS l ON l.idx = r.log ORDER BY l.idx")
        var repairs: [LogRepair] = []
        while try rows.step() {
            guard let id = Bytes16(rows.bytes(0)) else { throw StoreError.damaged("a log cannot be read") }
            repairs.append(LogRepair(log: LogID(id), sound: rows.number(1), held: rows.number(2)))
        }
        return repairs
    }
}
