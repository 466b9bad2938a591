import PLCSync

/// What must fit together before the store is used: cheap, a few hashes a log.
extension Store {
    /// Holds the forest of every own log against its stored hashes and its last leaves, so that nothing false is signed;
    /// what is damaged is set aside.
    ///
    /// The rows of all logs were held against their checks when they were read; what other logs' forests stand over is
    /// held against them before it is sent.
    func checkOwnLogs() throws {
        let damaged = logs.sorted { $0.key < $1.key }.filter { index, log in
            log.isOwn && log.forest.count > 0 && !isStored(log.forest, index)
        }.map(\.value.id)
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
