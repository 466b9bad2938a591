import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// Bringing back a node from a backup.
extension NodeFolder {
    /// Puts the store of a backup in place, as a new incarnation: what it writes next goes to new logs, so that it never
    /// contradicts what the lost one wrote after the backup (D12).
    ///
    /// The backup is copied beside the store, checked and changed there, and takes its place by a rename. The key of a
    /// new node comes last: a folder with a key is a node, and no power cut must leave one without its store.
    package func restore(
        from path: String, key seed: [UInt8]?, progress: (_ done: Int, _ total: Int) -> Void
    ) throws {
        guard access(path, R_OK) == 0 else { throw FileError("cannot read \(path)") }
        let isNew = !isNode
        if isNew {
            guard seed != nil else { throw StoreError.notANode(self.path) }
            try makeFolders()
        } else if let seed {
            try FileSystem.write(seed, to: key, mode: 0o600)
        }
        let hold = try FolderLock(self, isNew: isNew)
        let copy = store + ".restoring"
        for name in [copy, copy + "-wal", copy + "-shm"] { unlink(name) }
        do {
            try copyBackup(path, to: copy, progress: progress)
            if access(store, F_OK) == 0 {
                // What waits in the old store's log must not be taken for a part of the new one.
                try? Store(path: store, random: RandomSource(World.randomNumber)).settle()
                for name in [store + "-wal", store + "-shm"] { unlink(name) }
            }
            guard rename(copy, store) == 0 else { throw FileError("cannot put \(store) in place") }
        } catch {
            for name in [copy, copy + "-wal", copy + "-shm"] { unlink(name) }
            throw StoreError.plain(error)
        }
        try FileSystem.syncFolder(of: store)
        if isNew, let seed { try create(seed: seed) }
        _ = hold
    }

    private func copyBackup(
        _ path: String, to copy: String, progress: (_ done: Int, _ total: Int) -> Void
    ) throws {
        do {
            try Database(path: path, mode: .readOnly).backup(to: copy, progress: progress)
        } catch {
            throw error.isDiskFull
                ? StoreError.diskFull : StoreError.damaged("\(path) is no backup of a node")
        }
        let restored: Store
        do {
            restored = try Store(path: copy, random: RandomSource(World.randomNumber))
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError.damaged("\(path) is no backup of a node")
        }
        guard try restored.text("name") != nil else {
            throw StoreError.damaged("\(path) is no backup of a node")
        }
        if let finding = try restored.checkDatabase().first {
            throw StoreError.damaged("\(path): \(finding)")
        }
        try restored.begin()
        try restored.beginNewIncarnation()
        _ = try restored.commit()
        try restored.settle()
    }
}
