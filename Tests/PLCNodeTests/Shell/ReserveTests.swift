import PLCNode
import PLCSync
import Testing

/// What happens when a disk is full.
@Suite struct ReserveTests {
    /// Room on a simulated disk, beyond what its files may have.
    private final class Spare: Reserve {
        static let bytes = 1 << 18
        let disk: SimulatedDisk
        var isGivenUp = false
        /// Whether somebody has made room.
        var hasRoom = false

        init(_ disk: SimulatedDisk) { self.disk = disk }

        func giveUp() {
            disk.faults.capacity = disk.faults.capacity.map { $0 + Self.bytes }
            isGivenUp = true
        }

        func take() -> Bool {
            if hasRoom { isGivenUp = false }
            return hasRoom
        }
    }

    /// A job that writes a change of `size` bytes, and what became of it.
    private static func write(
        _ size: Int, _ space: SpaceID, _ key: PublicKey, into outcomes: Outcomes
    ) -> CommitGroup.Job {
        var value = ByteWriter()
        value.write(byteString: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 0x9E37) })
        var draft = Draft()
        draft.append(.create(kind: 1, initial: [(.number(1), value.bytes)], owned: false))
        let change = draft
        let wall = WallTime(milliseconds: 1)
        return CommitGroup.Job({ _ = try $0.write(space, .core, by: key, .now(wall)) { _ in change } }) {
            outcomes.add($0.map { _ in () })
        }
    }

    /// What became of jobs: nil is done.
    private final class Outcomes {
        private(set) var last: StoreError?
        private(set) var count = 0

        func add(_ result: Result<Void, any Error>) {
            count += 1
            if case .failure(let error) = result { last = error as? StoreError } else { last = nil }
        }
    }

    @Test("on a full disk writes are refused, reads go on, and writes too once there is room")
    func full() throws {
        let host = try DiskHost(1)
        let genesis = Genesis(
            level: .team, founders: [host.identity.publicKey], nonce: Bytes16(high: 1, low: 1), parent: nil)
        try host.hold(genesis.encoded)
        let space = SpaceID(genesis: genesis.encoded)
        let key = host.identity.publicKey
        let spare = Spare(host.disk)
        let group = CommitGroup(host.store, reserve: spare) { _, _ in }
        let outcomes = Outcomes()
        func write(_ size: Int) -> StoreError? {
            _ = group.run([Self.write(size, space, key, into: outcomes)])
            return outcomes.last
        }
        same(write(100), nil, "there is room")
        host.disk.faults.capacity = 1 << 18
        var written = 1
        while write(20_000) == nil { written += 1 }
        same(outcomes.last, .diskFull, "it is full after \(written) writes")
        same(spare.isGivenUp, true, "the reserve is given up")
        same(write(1), .diskFull, "what the reserve has left is not for changes")
        var seen: Int?
        let reading = CommitGroup.Job({ try $0.membership(of: space).members.count }) {
            seen = try? $0.get()
        }
        _ = group.run([Self.write(1, space, key, into: outcomes), reading])
        same(seen, 1, "what only reads goes on, beside what is refused")
        same(outcomes.last, .diskFull, "beside what reads")
        same(try host.changes(space), written, "what was acknowledged is there")
        // Another process finds the reserve as it was left.
        let next = CommitGroup(host.store, reserve: spare) { _, _ in }
        _ = next.run([Self.write(1, space, key, into: outcomes)])
        same(outcomes.last, .diskFull, "also from the beginning")
        host.disk.faults.capacity = nil
        spare.hasRoom = true
        same(write(1), nil, "there is room again")
        same(spare.isGivenUp, false, "the reserve is taken again")
        same(try host.changes(space), written + 1, "the write is there")
    }

    @Test("the ballast is a file that says whether it was given up")
    func file() throws {
        let root = TemporaryFolder()
        let path = root.path + "/ballast"
        let ballast = Ballast(path)
        same(ballast.isGivenUp, false, "it is kept")
        same((try FileSystem.read(path, limit: 1 << 25).count) > 0, true, "it has a size")
        ballast.giveUp()
        same(ballast.isGivenUp, true, "it is given up")
        same(try FileSystem.read(path, limit: 1 << 25).count, 0, "it has no size")
        same(Ballast(path).isGivenUp, false, "there is room: another process takes it again")
        same((try FileSystem.read(path, limit: 1 << 25).count) > 0, true, "it has a size again")
        let nowhere = Ballast(root.path + "/nowhere/ballast")
        nowhere.giveUp()
        same(nowhere.isGivenUp, false, "where there is none, none is given up")
    }
}
