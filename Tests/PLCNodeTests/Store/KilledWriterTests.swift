import PLCNode
import PLCOracle
import PLCSync
import Testing

@Suite struct KilledWriterTests {
    private func open(_ disk: SimulatedDisk) throws -> Store {
        var numbers = SplitMix64(seed: 7)
        return try Store(path: "store.db", files: disk.name, random: RandomSource { numbers.next() })
    }

    // Swarm seed 164 of 23 November 2026: a sync failed, the process ended, the next one read the commit from the
    // write-ahead log and told of it, and the power was cut.
    @Test("what a process finds of one that was killed before its sync outlives a power cut")
    func foundCommitsAreDurable() throws {
        let key = try #require(SigningKey(seed: [UInt8](repeating: 1, count: 32))).publicKey
        let genesis = Genesis(level: .team, founders: [key], nonce: Bytes16(high: 1, low: 2), parent: nil)
        var found = 0
        for seed in 0..<32 {
            let disk = SimulatedDisk(seed: UInt64(seed))
            do {
                let killed = try open(disk)
                try killed.begin()
                _ = try killed.add(genesis: genesis.encoded)
                disk.faults.failingSync = 0
                #expect(throws: DatabaseError.self) { try killed.commit() }
                disk.endProcess()
            }
            disk.faults.failingSync = nil
            do {
                let next = try open(disk)
                found += next.spaceIDs.count
                disk.cutPower()
            }
            same(try open(disk).spaceIDs.count, 1, "what seed \(seed) keeps")
        }
        same(found, 32, "what the next process reads")
    }
}
