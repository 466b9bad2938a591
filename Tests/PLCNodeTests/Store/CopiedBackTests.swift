import PLCNode
import PLCSync
import Testing

/// A node's folder that was copied back by hand: what was lost comes again, what was written since is kept.
@Suite struct CopiedBackTests {
    private static let title = Field.number(9)
    private static let link = Field.number(20)

    private static func text(_ value: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(text: value)
        return writer.bytes
    }

    private static func create(_ name: String) -> Draft.Op {
        .create(kind: 3, initial: [(title, text(name))], owned: false)
    }

    /// The titles of all records, sorted.
    private static func titles(_ host: DiskHost, _ space: SpaceID) throws -> [[UInt8]] {
        try host.read { view in
            var titles: [[UInt8]] = []
            try view.forEachRecord(of: space) { record in
                if let value = try view.view(record).registers[title]?.value { titles.append(value) }
            }
            return titles.sorted { $0.lexicographicallyPrecedes($1) }
        }
    }

    /// Where the links of all records lead, as titles, sorted.
    private static func linked(_ host: DiskHost, _ space: SpaceID) throws -> [[UInt8]] {
        try host.read { view in
            var titles: [[UInt8]] = []
            try view.forEachRecord(of: space) { record in
                for element in try view.view(record).elements[link] ?? [] {
                    let reference = Reference(item: element.value) { _ in nil }
                    let target = try reference.flatMap { try view.record($0.dot) }
                    titles.append(try target.flatMap { try view.view($0).registers[title]?.value } ?? [])
                }
            }
            return titles.sorted { $0.lexicographicallyPrecedes($1) }
        }
    }

    private static func alarms(_ host: DiskHost) throws -> [LogAlarm] {
        try host.read { try $0.alarms(at: host.now.wall) }
    }

    /// A pair that has met, of which a wrote `lost` changes after its folder was copied, and `since` after it was copied
    /// back; and what a's log was.
    private static func makePair(_ base: Int, lost: Int, since: Int) throws -> (
        pair: HostPair, log: LogID, titles: [[UInt8]], linked: [[UInt8]]
    ) {
        var pair = try HostPair()
        var expected: [String] = []
        var links: [String] = []
        let space = pair.space
        var first: Dot?
        for number in 0..<base {
            let dot = try pair.a.write(space, [create("base \(number)")])
            first = first ?? dot
            expected.append("base \(number)")
        }
        let old = try #require(first)
        pair.connect()
        pair.carry()
        let files = pair.a.disk.copy()
        for number in 0..<lost {
            _ = try pair.a.write(space, [create("lost \(number)")])
            expected.append("lost \(number)")
        }
        pair.carry()
        same(try pair.b.changes(space), base + lost, "b has what a will lose")
        try pair.copyBack(files)
        var last: Dot?
        for number in 0..<since {
            // What was written since speaks of itself, and of what was before.
            if let record = last, number % 3 == 1 {
                let item = Item.reference(record, in: space)
                _ = try pair.a.write(
                    space,
                    [
                        .set(.dot(record), [(title, text("since \(number) was set"))], over: nil),
                        .add(.dot(old), link, item, seen: []),
                    ])
                expected[expected.count - 1] = "since \(number) was set"
                links.append("since \(number) was set")
            } else {
                last = try pair.a.write(space, [create("since \(number)")])
                expected.append("since \(number)")
            }
        }
        let titles = expected.map(text).sorted { $0.lexicographicallyPrecedes($1) }
        let linked = links.map(text).sorted { $0.lexicographicallyPrecedes($1) }
        return (pair, old.log, titles, linked)
    }

    @Test(
        "L-36 L-37 L-38: a folder that was copied back loses nothing, whatever was written since",
        arguments: [
            (10, 5, 0), (10, 5, 3), (10, 3, 3), (10, 3, 8), (1, 1, 2), (250, 10, 12), (260, 5, 0),

        ])
    func copiedBack(base: Int, lost: Int, since: Int) throws {
        var (pair, log, titles, linked) = try Self.makePair(base, lost: lost, since: since)
        let (name, space) = ("\(base), \(lost) lost, \(since) since", pair.space)
        pair.meet(4)
        let given = pair.a.givenUp
        same(given.map(\.log), [log], "\(name): a gives up its log, once")
        same(given.first?.common, UInt64(base), "\(name): the last common change")
        same(given.first?.reissued, UInt64(since), "\(name): changes are written anew")
        same(pair.isInSync, true, "\(name): in sync: \(pair.a.complaints) \(pair.b.complaints)")
        let new = try pair.a.write(space, [Self.create("zz a goes on")])
        _ = try pair.b.write(space, [Self.create("zz b goes on")])
        pair.carry()
        same(new.log == log, false, "\(name): a does not write to the log any more")
        same(try pair.a.digest(space), try pair.b.digest(space), "\(name): the states")
        let more = ["zz a goes on", "zz b goes on"].map(Self.text)
        let expected = (titles + more).sorted { $0.lexicographicallyPrecedes($1) }
        for host in [pair.a, pair.b] {
            same(try Self.titles(host, space), expected, "\(name): the titles")
            same(try Self.linked(host, space), linked, "\(name): the links")
            let held = try host.store.snapshot(space).logs.first { $0.descriptor.id == log }
            same(held?.forest.count, UInt64(base + lost), "\(name): the log that was given up")
            try host.store.begin()
            same(try host.store.checkLogs(), [], "\(name): doctor finds the logs sound")
            same(try host.store.rebuild(), [], "\(name): doctor finds the state sound")
            _ = try host.store.commit()
        }
        pair.meet(2)
        same(try Self.alarms(pair.a).map(\.kind), [.copied], "\(name): a's alarms")
        same(try Self.alarms(pair.a).map(\.reissued), [UInt64(since)], "\(name): what a says of them")
        same(try Self.alarms(pair.b), [], "\(name): b's alarms")
        same(pair.a.givenUp.count, 1, "\(name): nothing is given up again")
        same(pair.a.damagedLogs + pair.b.damagedLogs, [], "\(name): nothing is damaged")
    }

    @Test(
        "L-37: who was admitted since a folder was copied still belongs, and a steward learns of its grants")
    func control() throws {
        var pair = try HostPair()
        let space = pair.space
        func grant(_ seed: UInt8) throws -> Draft.Op {
            let key = try #require(SigningKey(seed: [UInt8](repeating: seed, count: 32))).publicKey
            return .grant(key, .writer, name: "\(seed)", invitation: nil)
        }
        _ = try pair.a.write(space, in: .control, [grant(11)])
        pair.connect()
        pair.carry()
        let files = pair.a.disk.copy()
        for seed in UInt8(12)...13 { _ = try pair.a.write(space, in: .control, [grant(seed)]) }
        pair.carry()
        try pair.copyBack(files)
        _ = try pair.a.write(space, in: .control, [grant(14)])
        pair.meet(3)
        same(pair.isInSync, true, "in sync: \(pair.a.complaints) \(pair.b.complaints)")
        same(pair.a.givenUp.map(\.reissued), [1], "the grant is written anew")
        for host in [pair.a, pair.b] {
            try host.store.begin()
            let members = try host.store.membership(of: space).members.count
            _ = try host.store.commit()
            same(members, 6, "all belong")
        }
    }

    @Test(
        "L-32: an alarm is shown once, to people and to programs, until it is settled",
        arguments: [
            ("en", "has another history on node", "of this node's own log"),
            ("ar", "تاريخ آخر على العقدة", "من دفتر هذه العقدة"),
        ])
    func shown(language: String, fork: String, ahead: String) throws {
        let root = TemporaryFolder()
        let desk = Desk(root)
        _ = desk.run("init --name desk --lang \(language)")
        _ = desk.run("space create --level school --name S")
        _ = desk.run("status")
        let node = try #require(desk.node)
        let (space, log) = try node.read { view in
            let space = try #require(view.spaces().first?.id)
            return (space, LogID(Bytes16(high: 1 << 56, low: 9)))
        }
        let peer = try #require(SigningKey(seed: [UInt8](repeating: 9, count: 32))).publicKey
        let wall = World.wall()
        for kind in [LogAlarm.Kind.fork, .ahead, .fork] {
            try node.write { try $0.raise(kind, log, space, peer: peer, at: wall) }
        }
        let alarms = desk.run("status --json").json["logAlarms"]?.elements ?? []
        same(alarms.map { $0["kind"]?.text }, ["ahead", "fork"])
        same(
            alarms.map { $0["log"]?.text }, [String](repeating: "01000000000000000000000000000009", count: 2))
        let people = desk.run("status").output
        same(people.contains(fork), true, people)
        same(people.contains(ahead), true, people)
        same(desk.run("doctor").code, .attention)
        try node.write { try $0.settleAlarms(space, peer: peer) }
        same(desk.run("status --json").json["logAlarms"]?.elements?.count, 0)
        same(desk.run("doctor").code, .done)
    }
}
