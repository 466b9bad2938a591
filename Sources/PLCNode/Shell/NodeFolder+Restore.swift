import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// Bringing back a node from a backup.
extension NodeFolder {
    /// Puts the store of a backup in place, as a new incarnation: what it writes next goes to new logs, so that it never
    /// contradicts what the lost one wrote after the backup (L-7).
    ///
    /// The backup is copied beside the store, checked and changed there, and takes its place by a rename. A key comes
    /// last: a folder with a key is a node, and no store must write to logs that are another key's.
    package func restore(
        from path: String, key seed: [UInt8]?, progress: (_ done: Int, _ total: Int) -> Void
    ) throws {
        guard access(path, R_OK) == 0 else { throw FileError("cannot read \(path)") }
        let isNew = !isNode
        if isNew {
            guard seed != nil else { throw StoreError.notANode(self.path) }
            try makeFolders()
        }
        let hold = try FolderLock(self, isNew: isNew)
        guard let identity = try seed.map({ SigningKey(seed: $0) }) ?? signingKey() else {
            throw StoreError.damaged("the key is no key")
        }
        let copy = store + ".restoring"
        for name in [copy, copy + "-wal", copy + "-shm"] { unlink(name) }
        do {
            try copyBackup(path, to: copy, of: identity, progress: progress)
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
        Salvage.forget(store, files: SystemFiles())
        try FileSystem.syncFolder(of: store)
        if let seed { try FileSystem.write(seed, to: key, mode: 0o600) }
        _ = hold
    }

    private func copyBackup(
        _ path: String, to copy: String, of identity: SigningKey,
        progress: (_ done: Int, _ total: Int) -> Void
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
        // A copy that was made by hand has no heads of the logs that it will not write to any more.
        try restored.signOwnLogs(with: identity)
        try restored.beginNewIncarnation()
        _ = try restored.commit()
        try restored.settle()
    }
}
