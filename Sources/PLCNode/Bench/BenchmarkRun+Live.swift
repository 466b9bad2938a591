import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// Nodes that stay connected, and changes that travel by way of others.
extension BenchmarkRun {
    /// So many writes are followed to the peer.
    private static let liveCount = 300

    mutating func live(_ a: BenchNode, _ b: BenchNode) throws {
        _ = try Meeting.hold(b, a, space, stays: true)
        let key = a.node.identity.publicKey
        let queue = BlockingQueue<Double>()
        let observer = try b.onLoop { server in
            server.observe { event in
                if case .replica(.received) = event { queue.append(Meter.wall()) }
            }
        }
        var latencies: [Double] = []
        var cost = Cost()
        let before = try b.status(of: key)
        for number in 0..<Self.liveCount {
            try Meter.add(to: &cost) {
                try post(a, "a live edit that is about as long as people write: \(number)")
                let acknowledged = Meter.wall()
                let arrived = queue.takeAll()?.last ?? acknowledged
                latencies.append(max(0, arrived - acknowledged))
            }
            Meter.pause(milliseconds: 2)
        }
        try b.onLoop { $0.forget(observer) }
        let after = try b.status(of: key)
        let each = (Self.bytes(after) - Self.bytes(before)) / Self.liveCount
        let both = try bothSides(a, b)
        latencies.sort()
        let (p50, p99) = (latencies[Self.liveCount / 2], latencies[Self.liveCount * 99 / 100])
        report.put(
            "live",
            .members(
                cost.members + [
                    ("writes", .count(Self.liveCount)), ("p50_ms", .measured(p50 * 1e3)),
                    ("p99_ms", .measured(p99 * 1e3)), ("bytes_each", .count(each)),
                    ("bytes_both_sides", .count(both)),
                ]))
        report.row(
            "live edit, acknowledged to durable at the peer", humanSeconds(p99) + " p99", "20 ms",
            "\(humanSeconds(p50)) p50; \(humanSeconds(cost.cpu / Double(Self.liveCount))) CPU, \(each) B each"
        )
        report.row("1 change on each side, open session", humanBytes(both), "600 B")
        let connection = after?.connection
        try b.onLoop { server in if let connection { server.end(connection) } }
        for node in [a, b] {
            while try node.onLoop({ !$0.peerStatuses().isEmpty }) { Meter.pause(milliseconds: 1) }
        }
    }

    private static func bytes(_ status: Server.PeerStatus?) -> Int {
        status.map { $0.bytesSent + $0.bytesReceived } ?? 0
    }

    private func post(_ node: BenchNode, _ text: String) throws {
        var value = ByteWriter()
        value.write(text: text)
        let bytes = value.bytes
        _ = try node.node.author(space) { _, _ in
            var draft = Draft()
            draft.append(.create(kind: 3, initial: [(.number(9), bytes)], owned: false))
            return draft
        }
    }

    /// The bytes that one change on each side at the same time costs while the two are connected.
    private func bothSides(_ a: BenchNode, _ b: BenchNode) throws -> Int {
        let all = try (0..<11).map { number in
            try settle(a, b)
            let before = Self.bytes(try b.status(of: a.node.identity.publicKey))
            let (space, done) = (space, Promise<Void>())
            let thread = NamedThread("bench") { [self] in
                done.fulfil(Result { try post(a, "a change of one side, numbered \(number), for \(space)") })
            }
            try post(b, "a change of the other side, numbered \(number)")
            try done.wait()
            thread.join()
            try settle(a, b)
            return Self.bytes(try b.status(of: a.node.identity.publicKey)) - before
        }
        return median(all, by: <)
    }

    /// Waits until nothing has moved for a while.
    private func settle(_ a: BenchNode, _ b: BenchNode) throws {
        let (keyA, keyB) = (a.node.identity.publicKey, b.node.identity.publicKey)
        for _ in 0..<2 {
            Meter.pause(milliseconds: 10)
            while try !Meeting.isSettled(a.status(of: keyB), b.status(of: keyA), space) {
                Meter.pause(milliseconds: 5)
            }
        }
    }

    // MARK: Many origins

    /// Short changes of many origins, brought to `a`, carried on by a node in the middle, and fetched there by `b`.
    mutating func origins(_ a: BenchNode, _ b: BenchNode) throws {
        let middle = try BenchNode(folder + "/middle")
        defer { middle.stop() }
        _ = try joinSpace(middle, at: a)
        _ = try Meeting.hold(b, a, space)
        _ = try Meeting.hold(b, middle, space)
        var changes = 0
        for name in workload.origins {
            let origin = try BenchNode(folder + "/" + name)
            _ = try joinSpace(origin, at: a)
            var file = try workload.lines(name)
            let lines = try file.all()
            let summary = try origin.load(lines, into: space)
            changes += summary.records + summary.changes
            _ = try Meeting.hold(origin, a, space)
            origin.stop()
            FileSystem.removeFolder(folder + "/" + name)
        }
        // The grants of the origins are known before, as they would be.
        _ = try Meeting.hold(middle, a, space)
        let meeting = try Meeting.hold(b, middle, space)
        report.put(
            "origins",
            .members(
                meeting.members + [
                    ("origins", .count(workload.origins.count)), ("changes", .count(changes)),
                ]))
        report.row(
            "\(grouped(changes)) short changes of \(workload.origins.count) origins, last hop",
            humanBytes(meeting.bytes), "40 kB",
            "\(meeting.roundTrips) round trips, \(humanSeconds(meeting.cost.cpu)) CPU")
    }
}
