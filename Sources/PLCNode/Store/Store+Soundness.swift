import PLCSync

/// What must fit together before the store is used: cheap, a few hashes a log.
extension Store {
    /// Holds the hashes of every log against what names them, so that nothing false is announced, signed or sent.
    ///
    /// A head that covers the whole log is held against its forest, any other against its signature; an own log, of which
    /// nobody may have a head, against its stored hashes and its last leaves. Of these, what is damaged is set aside.
    func checkHeads() throws {
        var damaged: [LogID] = []
        for (index, log) in logs.sorted(by: { $0.key < $1.key }) {
            guard let descriptor = log.descriptor else { continue }
            if log.isOwn, log.forest.count > 0, !isStored(log.forest, index) { damaged.append(log.id) }
            guard let head = log.head, let root = log.headRoot else { continue }
            let isSound =
                head.count == log.forest.count
                ? root == log.forest.root(of: descriptor.fullID, hasher: hasher)
                : head.isValid(root: root, of: descriptor)
            guard isSound else { throw StoreError.damagedLog(log.id, "its head is not that of its hashes") }
        }
        guard !damaged.isEmpty else { return }
        try begin()
        do {
            for log in damaged { _ = try quarantine(log) }
        } catch {
            try rollback()
            throw error
        }
        _ = try commit()
    }

    /// Whether the changes and hashes of log number `index` give this forest.
    private func isStored(_ forest: Forest, _ index: Int) -> Bool {
        let stored = try? logReader.forest(log: index, length: forest.count)
        return stored == forest
    }
}
