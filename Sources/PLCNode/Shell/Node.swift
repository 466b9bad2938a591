package import PLCSync

/// A node: its key, its replica on disk, and the two ways to use it.
///
/// Another program can embed one.
///
/// Holds the folder's lock while it lives. `write` and `read` may be called from any thread; they block.
package final class Node: @unchecked Sendable {
    /// The node's folder.
    package let folder: NodeFolder
    /// What makes the node this node.
    package let identity: SigningKey
    /// The name that the node goes by.
    package let name: String
    /// The language that its people read: `ar` or `en`.
    package let language: String
    /// The identity of its database.
    package let databaseEpoch: UInt64

    private let lock: FolderLock
    /// Nil where nothing may be written.
    private let writer: StoreWriter?
    /// Why nothing is written, and no peer is met; nil if all is as it should be.
    package let refusal: StoreError?
    private let views = Locked<(idle: [StoreView], age: Int)>(([], 0))
    private let listener: Locked<(@Sendable (SpaceID, [AuthoredLog]) -> Void)?>

    /// Makes a new node in a folder.
    ///
    /// The key comes last: a folder with a key is a node, and no power cut must leave one without a name.
    package static func create(in folder: NodeFolder, name: String, language: String) throws {
        guard !folder.isNode else { throw StoreError.alreadyANode(folder.path) }
        try folder.makeFolders()
        let store = try Store(path: folder.store, random: RandomSource(World.randomNumber))
        try store.begin()
        try store.setText("name", name)
        try store.setText("language", language)
        _ = try store.commit()
        try FileSystem.syncFolder(of: folder.store)
        try folder.create(seed: World.randomBytes(32))
    }

    /// Opens the node in a folder, of which it takes hold; where its store cannot be opened for writing, or says what
    /// cannot be, only for reading.
    package init(_ folder: NodeFolder) throws {
        self.folder = folder
        lock = try FolderLock(folder)
        identity = try folder.signingKey()
        let listener = Locked<(@Sendable (SpaceID, [AuthoredLog]) -> Void)?>(nil)
        self.listener = listener
        let reason: StoreError
        do {
            if lock.isReadOnly { throw StoreError.readOnly(folder.path) }
            let (store, _) = try Salvage.open(
                folder.store, files: SystemFiles(), random: RandomSource(World.randomNumber),
                identity: identity, watch: CrashFile(folder.crashes), at: World.wall())
            let (name, language) = (try store.text("name"), try store.text("language"))
            let (epoch, isLacking) = (store.epoch, store.leftOutCount > 0)
            let writer = StoreWriter(store, in: folder) { space, logs in
                listener.withLock { $0 }?(space, logs)
            }
            if isLacking { try Self.complete(writer) }
            (self.writer, databaseEpoch) = (writer, epoch)
            (self.name, self.language, refusal) = (name ?? "", language ?? "en", nil)
            return
        } catch {
            let plain = StoreError.plain(error)
            guard let found = plain as? StoreError, found.leavesReading else { throw plain }
            reason = found
        }
        guard let view = try? Self.still(folder), let name = try? view.text("name") else { throw reason }
        (self.name, language) = (name, (try? view.text("language")) ?? "en")
        databaseEpoch = (try? view.number("epoch")) ?? 0
        writer = nil
        refusal = reason
    }

    /// Has the state folded anew if it lacks a change that may be folded again; if that cannot be now, it is tried at the
    /// next start.
    private static func complete(_ writer: StoreWriter) throws {
        do {
            try writer.perform { try $0.foldWhatWasLeftOut() }
        } catch let error as DatabaseError {
            // The store may be usable no more.
            writer.stop()
            throw error
        } catch {}
    }

    private static func still(_ folder: NodeFolder) throws -> StoreView {
        try StoreView(path: folder.store, mode: .still(hasLog: folder.hasLog))
    }

    /// Whether the store was mended after the disk had spoilt it, and still lacks a part.
    func lacksWhatWasSpoilt() throws -> Bool {
        guard SystemFiles().exists(Salvage.kept(folder.store)) else { return false }
        return try read { try !$0.repairs().isEmpty }
    }

    /// Finishes what was submitted, and lets go of the folder when the last reference does.
    package func stop() { writer?.stop() }

    /// Whether nothing is written, because the disk is full.
    package var isDiskFull: Bool { Ballast.isFull(folder.ballast) }

    // MARK: Using the store

    /// Runs `body` inside a transaction, with others that wait; returns once it is durable.
    package func write<Value>(_ body: @escaping @Sendable (Store) throws -> Value) throws -> Value {
        guard let writer else { throw refusal ?? StoreError.readOnly(folder.path) }
        return try writer.perform(body)
    }

    /// Runs `body` inside a transaction, and calls `completion` on the writer's thread once it is durable.
    package func submit<Value>(
        _ body: @escaping @Sendable (Store) throws -> Value, in chain: JobChain? = nil,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        guard let writer else { return completion(.failure(refusal ?? StoreError.readOnly(folder.path))) }
        writer.submit(body, in: chain, completion: completion)
    }

    /// Runs `body` with a reader of the store, which blocks no writer and is blocked by none.
    package func read<Value>(_ body: (StoreView) throws -> Value) throws -> Value {
        let (idle, age) = views.withLock { ($0.idle.popLast(), $0.age) }
        let view = try idle ?? makeView()
        defer { views.withLock { if $0.age == age { $0.idle.append(view) } } }
        do {
            return try body(view)
        } catch let error as DatabaseError where error.isDamage {
            // Whoever writes must know, and ends.
            writer?.submit({ _ in throw error }) { (_: Result<Void, any Error>) in }
            throw StoreError.plain(error)
        }
    }

    private func makeView() throws -> StoreView {
        refusal == nil ? try StoreView(path: folder.store) : try Self.still(folder)
    }

    /// Lets go of all readers, after changes of a log were replaced that they may remember.
    func forgetViews() { views.withLock { $0 = ([], $0.age + 1) } }

    /// Calls `listener` on the writer's thread whenever changes of this node's are durable.
    func onAuthored(_ listener: @escaping @Sendable (SpaceID, [AuthoredLog]) -> Void) {
        self.listener.withLock { $0 = listener }
    }

    /// Calls `listener` on the writer's thread when the store can be used no more, and the process must end.
    func onFatal(_ listener: @escaping @Sendable (any Error) -> Void) {
        writer?.fatal.withLock { $0 = listener }
    }

    // MARK: Spaces

    /// Founds a space with this node as its only founder; `first` writes what it begins with, in the same transaction,
    /// so that no space is ever left without its name.
    package func found(
        level: Genesis.Level, parent: SpaceID?,
        first: @escaping @Sendable (Store, SpaceID) throws -> Void = { _, _ in }
    ) throws -> SpaceID {
        let genesis = Genesis(
            level: level, founders: [identity.publicKey], nonce: World.nonce(), parent: parent)
        return try write { store in
            let space = try store.add(genesis: genesis.encoded)
            try first(store, space)
            return space
        }
    }

    /// The membership of a space as this node knows it.
    package func membership(of space: SpaceID) throws -> Membership {
        try read { try $0.membership(of: space) }
    }

    /// Writes one change to this node's log of a channel of a space, stamped by the clock; returns its first dot.
    ///
    /// `draft` gets the store, as it is within the transaction, and the stamp.
    package func author(
        _ space: SpaceID, _ channel: Channel = .core,
        _ draft: @escaping @Sendable (Store, UInt64) throws -> Draft
    ) throws -> Dot {
        let key = identity.publicKey
        return try write { store in
            try store.write(space, channel, by: key, .now(World.wall())) { try draft(store, $0) }
        }
    }
}
