import Foundation
import PLCNode
import PLCOracle
import PLCSync
import Testing

/// Seals of pages: what is not what was written is never given to SQLite, and a single bit is turned back.
@Suite struct SealTests {
    private static let store = "store.db"

    /// A disk with a store in which `count` records stand.
    private static func makeDisk(seed: UInt64, records count: Int) throws -> (SimulatedDisk, SpaceID) {
        let disk = SimulatedDisk(seed: seed)
        var numbers = SplitMix64(seed: seed)
        let store = try Store(path: store, files: disk.name, random: RandomSource { numbers.next() })
        let identity = try #require(SigningKey(seed: [UInt8](repeating: 7, count: 32)))
        try store.begin()
        try store.setText("name", "school")
        let genesis = Genesis(
            level: .school, founders: [identity.publicKey], nonce: Bytes16(high: 1, low: 2), parent: nil)
        let space = try store.add(genesis: genesis.encoded)
        for number in 0..<count {
            try write(String(repeating: "record \(number) ", count: 20), to: store, space, identity)
        }
        _ = try store.commit()
        try store.settle()
        return (disk, space)
    }

    private static func write(_ text: String, to store: Store, _ space: SpaceID, _ key: SigningKey) throws {
        var value = ByteWriter()
        value.write(text: text)
        let bytes = value.bytes
        _ = try store.write(space, .core, by: key.publicKey, .now(WallTime(milliseconds: 1_000))) { _ in
            var draft = Draft()
            draft.append(.create(kind: 3, initial: [(.number(9), bytes)], owned: false))
            return draft
        }
    }

    /// The digest of the state, from a fold of all changes, if the store is what was written.
    private static func examine(_ disk: SimulatedDisk, _ space: SpaceID) throws -> Bytes32 {
        let store = try Store(path: store, files: disk.name, random: RandomSource { 1 })
        try store.begin()
        defer { try? store.rollback() }
        let pages = try store.checkDatabase()
        let isReadable = pages.allSatisfy { if case .page = $0 { true } else { false } }
        guard isReadable else { throw StoreError.damagedPage("\(pages)") }
        same(try store.checkLogs() + store.rebuild(), [], "what doctor finds")
        return try StoreView(path: Self.store, files: disk.name).summary(space).digest
    }

    @Test("L-40: a bit that has turned, wherever it is, is turned back and changes nothing")
    func oneBit() throws {
        let chosen = ProcessInfo.processInfo.environment["PLC_SEED"].flatMap { UInt64($0) }
        let seed = chosen ?? UInt64.random(in: 0..<1_000_000)
        var random = SplitMix64(seed: seed)
        let (disk, space) = try Self.makeDisk(seed: seed, records: 300)
        let sound = disk.copy()
        let bytes = try #require(sound.first { $0.path == Self.store }).content.count
        let truth = try Self.examine(disk, space)
        // Every kind of place in the header, and some everywhere.
        let bits =
            [0, 16 * 8 + 3, 18 * 8, 20 * 8 + 3, 28 * 8 + 1, 60 * 8 + 7, 63 * 8, 100 * 8, 4_095 * 8]
            + (0..<16).map { _ in Int(random.next() % UInt64(bytes * 8)) }
        for bit in bits {
            disk.replace(with: sound)
            disk.flipBit(of: Self.store, at: bit)
            same(try Self.examine(disk, space), truth, "seed \(seed), bit \(bit)")
        }
    }

    @Test("L-40: a page that is not what was written, or not where it was written, is not read")
    func wholePages() throws {
        let (disk, space) = try Self.makeDisk(seed: 5, records: 300)
        let sound = disk.copy()
        let content = try #require(sound.first { $0.path == Self.store }).content
        let page = PageSeal.pageBytes
        var refused = 0
        for number in 0..<content.count / page {
            let range = number * page..<(number + 1) * page
            let other = (number + 1) % (content.count / page) * page
            var zeroed = content, halved = content, swapped = content
            zeroed.replaceSubrange(range, with: [UInt8](repeating: 0, count: page))
            halved.replaceSubrange(
                range.lowerBound..<range.lowerBound + page / 2, with: content[other..<other + page / 2])
            swapped.replaceSubrange(range, with: content[other..<other + page])
            for (name, bytes) in [("zeroed", zeroed), ("halved", halved), ("swapped", swapped)]
            where bytes[range] != content[range] {
                disk.replace(with: sound.map { ($0.path, $0.path == Self.store ? bytes : $0.content) })
                do {
                    _ = try Self.examine(disk, space)
                    // A free page is read by nobody.
                } catch {
                    refused += 1
                    same(
                        (StoreError.plain(error) as? StoreError)?.isDamage, true,
                        "page \(number + 1) \(name): \(error)")
                }
            }
        }
        same(refused > content.count / page * 2, true, "\(refused) pages refused")
    }

    @Test("L-40: a page that a checkpoint has torn is not damaged while the write-ahead log has it")
    func torn() throws {
        let (disk, space) = try Self.makeDisk(seed: 9, records: 30)
        let identity = try #require(SigningKey(seed: [UInt8](repeating: 7, count: 32)))
        let store = try Store(path: Self.store, files: disk.name, random: RandomSource { 1 })
        try store.begin()
        try Self.write("waits in the log", to: store, space, identity)
        _ = try store.commit()
        // The page with the facts about the store, which every transaction writes.
        let marker = Array("lsn".utf8)
        let content = try #require(disk.copy().first { $0.path == Self.store }).content
        let page = PageSeal.pageBytes
        let facts = try #require(
            (1..<content.count / page).first { number in
                let bytes = Array(content[number * page..<(number + 1) * page])
                return (0..<bytes.count - 3).contains { Array(bytes[$0..<$0 + 3]) == marker }
                    && bytes[0] == 10
            })
        for bit in [3_000, 3_001, 9_000] { disk.flipBit(of: Self.store, at: facts * page * 8 + bit) }
        same(try store.checkDatabase(), [], "while the log has it")
        try store.settle()
        same(try store.checkDatabase(), [], "when it was written")
        for bit in [3_000, 3_001, 9_000] { disk.flipBit(of: Self.store, at: facts * page * 8 + bit) }
        #expect(throws: DatabaseError.self, "when nothing else has it") { try store.checkDatabase() }
    }

    @Test("L-40: the walk over the store finds a wrong bit on any page and has the page written anew")
    func walk() throws {
        let (disk, _) = try Self.makeDisk(seed: 7, records: 300)
        let content = try #require(disk.copy().first { $0.path == Self.store }).content
        for number in [1, 2, content.count / PageSeal.pageBytes] {
            disk.flipBit(of: Self.store, at: (number - 1) * PageSeal.pageBytes * 8 + 8_191)
        }
        let store = try Store(path: Self.store, files: disk.name, random: RandomSource { 1 })
        let view = try StoreView(path: Self.store, files: disk.name)
        var progress = ScrubProgress()
        while true {
            let step = try view.scrub(progress)
            for page in step.wrongPages { try store.rewritePage(page) }
            guard let next = step.next else { break }
            progress = next
        }
        same(
            try #require(disk.copy().first { $0.path == Self.store }).content == content, true,
            "the file is as it was")
    }

    @Test("L-40: seals are those of the second implementation")
    func vectors() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Specs/vectors/pages.txt")
        let blocks = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n\n")
        var count = 0
        for block in blocks {
            var values: [String: String] = [:]
            for line in block.split(separator: "\n") where !line.hasPrefix("#") {
                let parts = line.split(separator: ":", maxSplits: 1)
                values[String(parts[0])] = String(parts[1].dropFirst())
            }
            guard let name = values["name"] else { continue }
            let number = try #require(values["number"].flatMap { UInt64($0) })
            let isZero = values["pattern"] == "no"
            let page = (0..<PageSeal.pageBytes).map {
                isZero ? 0 : UInt8(truncatingIfNeeded: $0 * $0 + $0 / 8)
            }
            let seal = try page.withUnsafeBytes {
                PageSeal.seal(try #require($0.baseAddress), number: number)
            }
            same(
                hexadecimal((0..<8).map { UInt8(truncatingIfNeeded: seal >> ($0 * 8)) }), values["seal"], name
            )
            count += 1
        }
        same(count, 3, "vectors")
    }

    // MARK: Mending

    /// Overwrites a part of page `number`, from 0, of a disk's store.
    private static func spoilPage(_ disk: SimulatedDisk, _ number: Int) {
        let page = PageSeal.pageBytes
        let spoilt = disk.copy().map { path, content in
            var content = content
            if path == store {
                content.replaceSubrange(
                    number * page + 100..<number * page + 300, with: [UInt8](repeating: 0x5A, count: 200))
            }
            return (path, content)
        }
        disk.replace(with: spoilt)
    }

    @Test("L-41: whichever page is spoilt, the store is mended with what is sound, or only read")
    func mending() throws {
        let (disk, space) = try Self.makeDisk(seed: 11, records: 300)
        let sound = disk.copy()
        let identity = try #require(SigningKey(seed: [UInt8](repeating: 7, count: 32)))
        let truth = try Self.examine(disk, space)
        let pages = try #require(sound.first { $0.path == Self.store }).content.count / PageSeal.pageBytes
        var outcomes: [String: Int] = [:]
        for number in 0..<pages {
            disk.replace(with: sound)
            Self.spoilPage(disk, number)
            let spoilt = try #require(disk.copy().first { $0.path == Self.store }).content
            disk.mark(Self.store + ".damaged")
            do {
                let (store, isMended) = try Salvage.open(
                    Self.store, files: disk, random: RandomSource { 99 }, identity: identity,
                    at: WallTime(milliseconds: 5_000))
                same(isMended, true, "page \(number + 1)")
                same(disk.exists(Self.store + ".damaged"), false, "page \(number + 1): the mark")
                same(disk.exists(Salvage.kept(Self.store)), true, "page \(number + 1): the spoilt file")
                let digest = try StoreView(path: Self.store, files: disk.name).summary(space).digest
                try store.begin()
                same(try store.checkDatabase() + store.checkLogs(), [], "page \(number + 1)")
                try Self.write("more", to: store, space, identity)
                _ = try store.commit()
                if let repair = store.repairs.first {
                    same(repair.held, 300, "page \(number + 1): how much there was")
                    outcomes["a part waits", default: 0] += 1
                } else {
                    same(digest, truth, "page \(number + 1): the state")
                    outcomes["whole", default: 0] += 1
                }
            } catch let error as StoreError {
                same(error.isDamage, true, "page \(number + 1): \(error)")
                same(
                    try #require(disk.copy().first { $0.path == Self.store }).content.count, spoilt.count,
                    "nothing is lost")
                outcomes["only read", default: 0] += 1
            }
        }
        same(outcomes["whole", default: 0] > pages / 3, true, "\(outcomes)")
        same(outcomes["only read", default: 0] < 4, true, "\(outcomes)")
    }
}
