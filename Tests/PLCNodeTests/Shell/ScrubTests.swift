import PLCNode
import PLCSync
import Testing

/// The walk over all logs of a served node, with its clock in the test's hand.
@Suite struct ScrubTests {
    private static let second: UInt64 = 1_000

    /// Lets `seconds` pass for the host, second by second.
    private static func pass(_ seconds: Int, _ host: DiskHost) {
        for _ in 0..<seconds {
            host.time += Self.second
            host.host.tick()
            _ = host.work()
        }
    }

    /// Two in sync, with 700 changes of the first one, of which b walks over its logs.
    private static func makePair() throws -> HostPair {
        var pair = try HostPair()
        pair.a.write(pair.space, changes: 700, size: 100)
        while !pair.a.jobs.isEmpty { pair.a.runJob() }
        _ = pair.a.work()
        pair.connect()
        pair.carry()
        pair.b.host.scrubber = Scrubber()
        return pair
    }

    @Test("L-39: all is looked at, slowly, and again a day later")
    func pace() throws {
        let pair = try Self.makePair()
        let host = pair.b
        same(try host.progress(), ScrubProgress(), "nothing was looked at")
        // The tick after work looks at nothing, the next asks the store, and a block has less than two seconds' worth.
        Self.pass(2, host)
        same(host.host.scrubber?.isAtEnd, false, "it has begun")
        Self.pass(20, host)
        let first = try host.progress().ended
        same(first == nil, false, "it came to its end")
        Self.pass(20, host)
        same(try host.progress().ended, first, "it rests")
        host.time += Scrubber.interval
        Self.pass(20, host)
        same((try host.progress().ended ?? 0) > (first ?? 0), true, "it begins again")
        same(host.damagedLogs, [], "all is sound: \(host.complaints)")
    }

    @Test("L-39: nothing is looked at while the node writes")
    func work() throws {
        let pair = try Self.makePair()
        let host = pair.b
        for _ in 0..<20 {
            host.write(pair.space, changes: 1, size: 10)
            _ = host.work()
            Self.pass(1, host)
        }
        same(try host.progress().ended, nil, "it waits")
        Self.pass(20, host)
        same(try host.progress().ended == nil, false, "it came to its end")
    }

    @Test("L-39: how far it came outlives the process")
    func durable() throws {
        let pair = try Self.makePair()
        let host = pair.b
        Self.pass(3, host)
        host.time += 600_000
        Self.pass(1, host)
        let noted = try host.progress()
        same(noted.checked > 0, true, "it is noted: \(noted)")
        same(noted.ended, nil, "it is not at its end")
        // Another walker asks where, sees the last block, and is at the end.
        host.host.scrubber = Scrubber()
        Self.pass(3, host)
        same(try host.progress().ended == nil, false, "it went on")
    }

    @Test(
        "L-39: what is damaged comes again from a peer, leaf, hash or row",
        arguments: [
            "UPDATE stretch SET bytes = zeroblob(length(bytes)) WHERE id > (300 << 10)",
            "UPDATE stretch SET count = -1",
            "UPDATE node SET hashes = zeroblob(length(hashes))",
            "UPDATE log SET peaks = zeroblob(length(peaks))",
        ])
    func damage(sql: String) throws {
        var pair = try Self.makePair()
        let host = pair.b
        let digest = try host.digest(pair.space)
        spoil("store.db", files: host.disk.name, sql)
        Self.pass(20, host)
        same(host.damagedLogs.count, 1, "\(sql): \(host.complaints)")
        pair.connect()
        pair.carry()
        same(host.store.repairs, [], "\(sql): all is back: \(host.complaints)")
        same(try host.digest(pair.space), digest, "\(sql): the state is as it was")
        same(pair.isInSync, true, "\(sql): they are in sync")
        try host.store.begin()
        same(try host.store.checkLogs(), [], "\(sql): the logs are sound")
        _ = try host.store.commit()
        host.time += Scrubber.interval
        Self.pass(20, host)
        same(host.damagedLogs.count, 1, "\(sql): the next walk finds nothing")
    }
}
