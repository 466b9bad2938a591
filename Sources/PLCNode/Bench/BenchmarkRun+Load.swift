import PLCSync

/// One node alone: loading, its size on the disk, single durable writes, opening again.
extension BenchmarkRun {
    /// So many records are written one at a time.
    private static let singleCount = 500

    mutating func load() throws {
        let folder = NodeFolder(self.folder + "/a")
        try Node.create(in: folder, name: "a", language: "en")
        let node = try Node(folder)
        space = try node.found(level: .school, parent: nil)
        Meter.resetPeak()
        let (parsing, summary, cost) = try load(node)
        guard summary.badCount == 0, summary.records == workload.records else {
            throw BenchmarkError(
                "\(summary.records) records were loaded, \(summary.badCount) lines were bad")
        }
        let peak = Meter.residentMiB(peak: true)
        node.stop()
        let size = Meter.size(folder.store)
        report.put(
            "load",
            .members(
                cost.members + [
                    ("parse_cpu_s", .measured(parsing)), ("records_per_s", .measured(count / cost.wall)),
                    ("cpu_us_each", .measured(cost.cpu / count * 1e6)),
                    ("ops_per_cpu_s", .measured(Double(workload.fieldOps) / cost.cpu)),
                ]))
        report.put(
            "size", .members([("bytes", .count(size)), ("ratio", .measured(Double(size) / raw))]))
        report.put("rss_load_mb", .measured(peak))
        let times = floorLoad.map { "\(fixed(cost.cpu / $0.cpu)) × SQLite; " } ?? ""
        report.row(
            "load, JSON lines to durable", "\(fixed(cost.cpu / count * 1e6, 1)) µs CPU a record", "24 µs",
            times + "\(fixed(parsing / count * 1e6, 1)) µs of it are the JSON")
        report.row("", "\(fixed(count / cost.wall, 0)) records/s", "40,000", "\(fixed(peak, 0)) MiB peak")
        report.row("store", "\(fixed(Double(size) / raw, 3)) × raw", "0.85", humanBytes(size))
    }

    private func load(_ node: Node) throws -> (parsing: Double, ImportSummary, Cost) {
        let file = try InputFile(workload.path + "/records.jsonl")
        var left = workload.rawBytes
        var importer = Importer(node, space: space, stamps: true, owned: false, strict: false)
        let before = Meter.threadCPU()
        let (summary, cost) = try Meter.measure {
            try importer.run { limit in
                let bytes = try file.read(min(limit, left))
                left -= bytes.count
                return bytes
            }
        }
        return (Meter.threadCPU() - before, summary, cost)
    }

    /// Records written one durable transaction at a time.
    mutating func single() throws {
        let folder = NodeFolder(self.folder + "/single")
        try Node.create(in: folder, name: "single", language: "en")
        let node = try Node(folder)
        let space = try node.found(level: .school, parent: nil)
        let key = node.identity.publicKey
        var lines = try workload.lines("records")
        var parser = ImportParser(ImportParser.Settings(stamps: true), space: space)
        let parsed = try lines.take(Self.singleCount).enumerated().map { index, line in
            try parser.parse(line.span.bytes, number: index + 1)
        }
        let (_, cost) = try Meter.measure {
            for line in parsed {
                let applier = ImportApplier(space: space, key: key, wall: World.wall(), isStrict: true)
                _ = try node.write { try applier.apply([line], to: $0) }
            }
        }
        node.stop()
        let each = Double(parsed.count)
        report.put(
            "single_durable",
            .members(
                cost.members + [
                    ("records_per_s", .measured(each / cost.wall)),
                    ("cpu_ms_each", .measured(cost.cpu / each * 1e3)),
                ]))
        report.row(
            "one durable write at a time", "\(fixed(each / cost.wall, 0)) records/s", "",
            "\(fixed(cost.cpu / each * 1e6, 0)) µs CPU each")
    }

    /// What opening a node again took, and reading from it.
    private struct Reopening {
        var opening = Cost()
        var first = Cost()
        var all = Cost()
        var records = 0
    }

    /// Opens the node again, asks for one record and then for all.
    private func openAgain(_ id: [UInt8]) throws -> Reopening {
        var result = Reopening()
        let node = try Meter.add(to: &result.opening) { try Node(NodeFolder(folder + "/a")) }
        defer { node.stop() }
        let registers = try Meter.add(to: &result.first) {
            try node.read { view in
                try view.imported(id, space: space).first.map { try view.view($0).registers.count } ?? 0
            }
        }
        guard registers > 0 else { throw BenchmarkError("the reopened store does not know its records") }
        result.records = try Meter.add(to: &result.all) {
            try node.read { view in
                var read = 0
                try view.forEachRecord(of: space) { record in
                    if try view.view(record).registers.count > 0 { read += 1 }
                }
                return read
            }
        }
        return result
    }

    /// Opening the node again, the first answer, and reading everything.
    mutating func reopen() throws {
        var lines = try workload.lines("records")
        let line = try lines.take(min(workload.records, 500)).last ?? []
        let id = Array((try JSON(parsing: line)["id"]?.text ?? "").utf8)
        Meter.resetPeak()
        let base = Meter.residentMiB(peak: false)
        let again = try openAgain(id)
        let idle = try idleMemory(id)
        report.put(
            "reopen",
            .members([
                ("import", .members(again.opening.members)), ("read_one", .members(again.first.members)),
                ("read_all", .members(again.all.members)), ("records", .count(again.records)),
                ("rss_base_mb", .measured(base)),
            ]))
        report.put("rss_idle_mb", .measured(idle.resident))
        report.put("serve", .members(idle.cost.members))
        report.row(
            "open again, first record read", humanSeconds(again.opening.wall + again.first.wall), "50 ms",
            "then \(humanSeconds(idle.cost.wall)) to serve")
        report.row(
            "read all records", humanSeconds(again.all.cpu) + " CPU", "", "\(grouped(again.records)) records")
        report.row("idle node, resident", "\(fixed(idle.resident, 1)) MiB", "64 MiB", "all of this process")
    }

    /// What the process holds while one node serves and has answered a reader.
    private func idleMemory(_ id: [UInt8]) throws -> (resident: Double, cost: Cost) {
        let (node, cost) = try Meter.measure { try BenchNode(folder + "/a") }
        _ = try node.node.read { try $0.imported(id, space: space).count }
        Meter.resetPeak()
        let resident = Meter.residentMiB(peak: false)
        node.stop()
        return (resident, cost)
    }
}
