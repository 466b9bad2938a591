import PLCSync

/// Two nodes: the first join, exchanges of changes, exchanges of nothing.
extension BenchmarkRun {
    /// Has `node` join the space at `host`, which invites it.
    func joinSpace(_ node: BenchNode, at host: BenchNode) throws -> Meeting {
        let seed = World.randomBytes(32)
        guard let key = SigningKey(seed: seed)?.publicKey else { preconditionFailure("a seed has 32 bytes") }
        _ = try host.node.author(space, .control) { _, _ in
            var draft = Draft()
            draft.append(.invite(key, .writer, expiry: 1 << 46))
            return draft
        }
        // The host's replica hears of the invitation after the transaction: after one more, it has.
        try host.node.write { _ in }
        try host.onLoop { _ in }
        let request = JoinRequest(space: space, seed: seed, name: "bench")
        return try Meeting.hold(node, host, space, purpose: .join(request))
    }

    mutating func join(_ a: BenchNode, _ b: BenchNode) throws {
        Meter.resetPeak()
        let base = Meter.residentMiB(peak: false)
        let meeting = try joinSpace(b, at: a)
        let peak = Meter.residentMiB(peak: true)
        guard parts.contains(.join) else { return }
        report.put(
            "initial",
            .members(
                meeting.members + [
                    ("ratio", .measured(Double(meeting.bytes) / raw)),
                    ("records_per_s", .measured(count / meeting.cost.wall)),
                    ("merge_ops_per_cpu_s", .measured(Double(workload.fieldOps) / meeting.cost.cpu)),
                    ("rss_peak_mb", .measured(peak)), ("rss_base_mb", .measured(base)),
                ]))
        report.row(
            "first join, bytes", "\(fixed(Double(meeting.bytes) / raw, 3)) × raw", "0.26",
            humanBytes(meeting.bytes))
        report.row(
            "first join, both ends", humanSeconds(meeting.cost.cpu) + " CPU", "4 s at 100,000",
            humanSeconds(meeting.cost.wall) + " on the wall")
        report.row(
            "first join, resident at most", "\(fixed(peak, 0)) MiB", "256 MiB",
            "both ends in one process; \(fixed(base, 0)) MiB before")
    }

    mutating func sync(_ a: BenchNode, _ b: BenchNode) throws {
        try nothing(a, b, "nochange", "nothing changed")
        var (linesA, linesB) = (try workload.lines("inc-a"), try workload.lines("inc-b"))
        for size in Workload.slices {
            let (sliceA, sliceB) = (try linesA.take(size), try linesB.take(size))
            try a.load(sliceA, into: space)
            try b.load(sliceB, into: space)
            try mark(a, b)
            let meeting = try Meeting.hold(b, a, space)
            report.put("inc", .members([("\(size)", .members(meeting.members))]))
            let targets = [1: "800 B", 100: "14 kB", 1_000: "115 kB", 5_000: "560 kB"]
            report.row(
                "\(grouped(size)) changes on each side", humanBytes(meeting.bytes), targets[size] ?? "",
                "\(meeting.roundTrips) round trips, \(humanSeconds(meeting.cost.cpu)) CPU")
        }
        (linesA, linesB) = (try workload.lines("edit-a"), try workload.lines("edit-b"))
        let (editA, editB) = (try linesA.all(), try linesB.all())
        try a.load(editA, into: space)
        try b.load(editB, into: space)
        try mark(a, b)
        let meeting = try Meeting.hold(b, a, space)
        let changes = editA.count + editB.count
        report.put("edit", .members([("changes", .count(changes))] + meeting.members))
        report.row(
            "edit trace of \(grouped(changes)) changes", humanBytes(meeting.bytes), "",
            "\(fixed(Double(changes) / meeting.cost.cpu, 0)) changes a CPU-second, both ends and TLS")
        try nothing(a, b, "nochange_after_edits", "nothing changed, after edits")
        if parts.contains(.scattered) { try scattered(a, b) }
    }

    /// Notes how long both cores' logs are.
    private mutating func mark(_ a: BenchNode, _ b: BenchNode) throws {
        let counts = try [a, b].map { try $0.node.coreLog(of: $0.node.identity.publicKey)?.count ?? 0 }
        marks.append((counts[0], counts[1]))
    }

    private mutating func nothing(_ a: BenchNode, _ b: BenchNode, _ key: String, _ name: String) throws {
        let all = try (0..<5).map { _ in try Meeting.hold(b, a, space) }
        let meeting = median(all) { $0.cost.cpu < $1.cost.cpu }
        report.put(key, .members(meeting.members))
        report.row(
            name, humanBytes(meeting.bytes), "256 B",
            "\(meeting.roundTrips) round trips, \(humanSeconds(meeting.cost.cpu)) CPU")
    }

    /// Changes all over the records, between nodes that have forgotten how far they followed each other.
    private mutating func scattered(_ a: BenchNode, _ b: BenchNode) throws {
        var lines = try workload.lines("records")
        var chosen: [FoldRecord] = []
        while chosen.count < 100, let line = try lines.take(workload.records / 101).first {
            let id = Array((try JSON(parsing: line)["id"]?.text ?? "").utf8)
            chosen += try a.node.read { try $0.imported(id, space: self.space) }
        }
        let key = a.node.identity.publicKey
        guard let before = try a.node.coreLog(of: key) else { preconditionFailure("a has loaded") }
        let (records, space) = (chosen, self.space)
        try a.node.write { store in
            for (number, record) in records.enumerated() {
                _ = try store.write(space, .core, by: key, .now(World.wall())) { _ in
                    var value = ByteWriter()
                    value.write(text: "scattered \(number)")
                    var draft = Draft()
                    draft.append(
                        .set(
                            .dot(store.dot(record.id)), [(.name(Array("note".utf8)), value.bytes)], over: nil)
                    )
                    return draft
                }
            }
        }
        let items = try a.node.read { view in
            try view.logReader.items(
                log: before.index, from: before.count + 1, to: before.count + UInt64(records.count),
                maximumBytes: 1 << 20
            ).items
        }
        for node in [a, b] { try node.forgetCursors() }
        let meeting = try Meeting.hold(b, a, space)
        var compressor = FrameCompressor()
        let besides = meeting.bytes - (compressor.compress(items[...])?.count ?? items.count)
        report.put(
            "scattered",
            .members(
                meeting.members + [("changes", .count(records.count)), ("besides_bytes", .count(besides))]))
        report.row(
            "\(records.count) scattered changes, no cursor", humanBytes(besides) + " besides them", "10 kB",
            "\(humanBytes(meeting.bytes)) in all, \(meeting.roundTrips) round trips")
    }
}

extension Workload.Lines {
    /// All that is left.
    mutating func all() throws -> [[UInt8]] { try take(.max) }
}
