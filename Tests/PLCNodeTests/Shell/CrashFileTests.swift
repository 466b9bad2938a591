import CLinux
import PLCNode
import PLCSync
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Changes whose folding has ended the process.
@Suite struct CrashFileTests {
    private static let log = LogID(Bytes16(high: 1 << 56 | 5, low: 6))

    /// A record as the file has it.
    private static func record(
        of leaf: [UInt8], in log: LogID = log, _ sequence: UInt64 = 9, isWritten: Bool = false,
        version: String = Product.version
    ) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(Array("PLCcrsh1".utf8))
        writer.write(Array(Digest.sha256(Array(version.utf8)).bytes.prefix(16)))
        writer.write(log.value.bytes)
        writer.write(bigEndian: sequence)
        writer.write(bigEndian: UInt64(isWritten ? 1 : 0) << 32 | UInt64(leaf.count))
        writer.write(leaf)
        return writer.bytes
    }

    private static func bars(_ file: CrashFile, _ leaf: [UInt8], _ sequence: UInt64 = 9) -> Bool {
        file.bars(leaf.span.bytes, log, sequence, isWritten: false)
    }

    private static func size(_ path: String) -> Int? {
        access(path, F_OK) == 0 ? (try? FileSystem.read(path, limit: 1 << 24).count) ?? -1 : nil
    }

    @Test(
        "L-42: two crashes at one change bar it; what is torn, spoilt or another version's counts for nothing"
    )
    func content() throws {
        let root = TemporaryFolder()
        let path = root.path + "/crashes"
        let leaf = Array("a leaf".utf8)
        let one = Self.record(of: leaf)
        let other = Self.record(of: Array("another".utf8))
        let old = Self.record(of: leaf, version: "0.0.1")
        let garbage = [UInt8](repeating: 0xa5, count: 300)
        let table: [(what: String, content: [UInt8], isBarred: Bool, left: Int?)] = [
            ("nothing", [], false, nil),
            ("one crash", one, false, one.count),
            ("two crashes", one + one, true, 2 * one.count),
            ("two crashes, and another change between", one + other + one, true, 2 * one.count + other.count),
            ("the same place, and other changes", one + other, false, one.count + other.count),
            ("the second is torn", one + one.dropLast(), false, one.count),
            ("the head of the second is torn", one + one.prefix(30), false, one.count),
            ("garbage", garbage, false, nil),
            ("garbage after", one + one + garbage, true, 2 * one.count),
            ("garbage before", garbage + one + one, false, nil),
            ("another version", old + old, false, nil),
            ("more than is ever written", [UInt8](repeating: 0, count: 5 << 20), false, nil),
        ]
        for (what, content, isBarred, left) in table {
            try FileSystem.write(content, to: path, mode: 0o600)
            let file = CrashFile(path)
            same(Self.bars(file, leaf), isBarred, what)
            same(Self.bars(file, leaf, 10), false, "\(what): another place")
            same(Self.size(path), left, "\(what): what is left of the file")
        }
        file(that: "is nowhere", root.path + "/nowhere/crashes", leaf)
        file(that: "is a folder", root.path, leaf)
    }

    /// One that can be neither read nor written: nothing is remembered, and all goes on.
    private func file(that what: String, _ path: String, _ leaf: [UInt8]) {
        let file = CrashFile(path)
        file.begin(leaf.span.bytes, Self.log, 9, isWritten: false)
        file.end()
        same(Self.bars(file, leaf), false, "a file that \(what)")
        file.forget()
    }

    @Test("L-42: a change that is folded after all, or tried again, begins anew")
    func anew() throws {
        let root = TemporaryFolder()
        let path = root.path + "/crashes"
        let leaf = Array("a leaf".utf8)
        let other = Self.record(of: Array("another".utf8))
        try FileSystem.write(Self.record(of: leaf) + other, to: path, mode: 0o600)
        let file = CrashFile(path)
        same(Self.bars(file, leaf), false)
        file.begin(leaf.span.bytes, Self.log, 9, isWritten: false)
        file.end()
        same(Self.size(path), other.count, "that of the other is left")
        file.forget()
        same(Self.size(path), nil, "nothing is left")
    }

    /// How a process ends while it folds a change.
    enum Ending: Int32, CaseIterable {
        case trap, abort, segmentationFault, stackOverflow, killed, signalOfAnother, afterwards
    }

    @Test("L-42: a crash of the folding thread counts, and nothing else does", arguments: Ending.allCases)
    func endings(_ ending: Ending) async throws {
        let root = TemporaryFolder()
        let path = root.path + "/crashes"
        await #expect(processExitsWith: .failure) {
            [path = path as String, number = ending.rawValue as Int32] in
            CrashFileTests.end(Ending(rawValue: number), path)
        }
        let counts = [.trap, .abort, .segmentationFault, .stackOverflow].contains(ending)
        let record = Self.record(of: Array("a leaf".utf8))
        same(Self.size(path), counts ? record.count : nil, "\(ending)")
        guard counts else { return }
        same(try FileSystem.read(path, limit: 1 << 20), record, "\(ending)")
    }

    /// Ends this process while a change is folded, or just after.
    private static func end(_ ending: Ending?, _ path: String) {
        let file = CrashFile(path)
        file.begin(Array("a leaf".utf8).span.bytes, log, 9, isWritten: false)
        switch ending {
        case .trap: preconditionFailure("as wanted")
        case .abort: abort()
        case .segmentationFault: UnsafeMutableRawPointer(bitPattern: 64)?.storeBytes(of: 1, as: UInt8.self)
        case .stackOverflow:
            _ = plc_crash_stack()
            exit(Int32(truncatingIfNeeded: depth(0)))
        case .killed: kill(getpid(), SIGKILL)
        case .signalOfAnother:
            plc_name_thread("folding")
            let other = try? ChildProcess("/usr/bin/python3", ["-c", signaller, "\(getpid())"])
            while other != nil { pause() }
        default:
            file.end()
            abort()
        }
    }

    /// Sends a signal to a thread of another process: tgkill, which Python has no word for.
    private static let signaller = """
        import ctypes, glob, signal, sys
        for path in glob.glob(f"/proc/{sys.argv[1]}/task/*/comm"):
            if open(path).read().strip() == "folding":
                ctypes.CDLL(None).tgkill(int(sys.argv[1]), int(path.split("/")[4]), int(signal.SIGSEGV))
        """

    /// Uses up the stack: each level needs its room again when the next has returned, or an optimizer would make a loop of it.
    @inline(never)
    private static func depth(_ level: Int) -> Int {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 64) { room in
            room.initialize(repeating: level)
            let deeper = level < .max ? depth(level + 1) : 0
            return room[deeper & 63] &+ deeper
        }
    }

    // MARK: In a store

    /// Bars a change in a host's store.
    private static func bar(
        _ leaf: [UInt8], _ log: LogID, _ sequence: UInt64, of host: DiskHost, in path: String
    ) throws {
        let one = record(of: leaf, in: log, sequence)
        try FileSystem.write(one + one, to: path, mode: 0o600)
        host.store.watch = CrashFile(path)
    }

    private static func complete(_ store: Store) throws {
        try store.begin()
        try store.foldWhatWasLeftOut()
        _ = try store.commit()
    }

    @Test("L-42: a barred change is held and passed on, and the state lacks it until it may be folded")
    func leftOut() throws {
        let root = TemporaryFolder()
        var pair = try HostPair()
        pair.a.write(pair.space, changes: 3, size: 40)
        while !pair.a.jobs.isEmpty { pair.a.runJob() }
        _ = pair.a.work()
        let log = try #require(pair.a.store.snapshot(pair.space).logs.first { $0.forest.count == 3 })
        let request = ReadRequest.Part(
            log.descriptor, from: 1, to: 3, head: 3, bridge: [],
            root: log.forest.root(of: log.descriptor.fullID, hasher: MerkleHasher()))
        let leaves = try #require(
            pair.a.read { try $0.tail(of: request, through: 3, maximumBytes: 1 << 16) })
        var reader = ByteReader(leaves.span.bytes)
        _ = try reader.logItem(leaves.span.bytes)
        guard case .leaf(let second) = try reader.logItem(leaves.span.bytes) else { return }
        try Self.bar(Array(leaves[second]), log.descriptor.id, 2, of: pair.b, in: root.path + "/crashes")
        pair.meet(2)
        let lacking = try pair.b.digest(pair.space)
        same(pair.isInSync, true, "they hold the same: \(pair.b.complaints)")
        same(try pair.b.changes(pair.space), 3, "all is held")
        same(try pair.b.read { try $0.leftOut().map(\.sequence) }, [2], "one is left out")
        same(lacking == (try pair.a.digest(pair.space)), false, "the state lacks it")
        same(try pair.b.read { try $0.summary(pair.space).records }, 2, "what comes after it is folded")
        try Self.complete(pair.b.store)
        same(try pair.b.digest(pair.space), lacking, "it stays so while it is barred")
        try pair.b.store.begin()
        same(try pair.b.store.rebuild(), [], "folded anew, the state is the same")
        try pair.b.store.rollback()
        pair.b.store.watch?.forget()
        try Self.complete(pair.b.store)
        same(try pair.b.digest(pair.space), try pair.a.digest(pair.space), "then it is folded")
        same(try pair.b.read { try $0.leftOut().count }, 0, "nothing is left out")
    }

    @Test("L-42: what would be written and has ended the process twice is refused, and other writing goes on")
    func writing() throws {
        let root = TemporaryFolder()
        let folder = NodeFolder(root.path + "/node")
        try Node.create(in: folder, name: "node", language: "en")
        let space: SpaceID
        do {
            let node = try Node(folder)
            space = try node.found(level: .school, parent: nil)
            node.stop()
        }
        @Sendable func draft(_ text: String, at time: UInt64) -> Draft {
            var (value, created) = (ByteWriter(), ByteWriter())
            value.write(text: text)
            created.write(cbor: time)
            let fields = [(Field.number(2), created.bytes), (.number(9), value.bytes)]
            var draft = Draft()
            draft.append(.create(kind: 3, initial: fields, owned: false))
            return draft
        }
        var crashes: [UInt8] = []
        for stamp in UInt64(1)...2 {
            let log = LogID(Bytes16(high: stamp, low: 1))
            let leaf = try #require(draft("bad", at: stamp << 40).encode(stamp: stamp << 50, log: log))
            crashes += Self.record(of: leaf, in: log, stamp, isWritten: true)
        }
        try FileSystem.write(crashes, to: folder.path + "/crashes", mode: 0o600)
        let node = try Node(folder)
        defer { node.stop() }
        func write(_ text: String) -> StoreError? {
            do {
                _ = try node.author(space) { _, stamp in draft(text, at: stamp >> 16) }
                return nil
            } catch {
                return error as? StoreError
            }
        }
        same(write("bad"), .crashing, "it is refused")
        same(write("good"), nil, "other writing goes on")
        same(try node.read { try $0.summary(space).records }, 1, "one is written")
        _ = try node.write { $0.watch?.forget() }
        same(write("bad"), nil, "it is tried again")
    }
}
