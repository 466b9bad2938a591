internal import CZstd

/// What nothing durable can fall below: the same lines as rows of plain SQLite, and through zstd.
extension BenchmarkRun {
    mutating func floors() throws {
        let path = folder + "/floor.db"
        let database = try Database(path: path, mode: .readWrite)
        try database.execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE rec (rid INTEGER PRIMARY KEY, id TEXT UNIQUE, t TEXT, j TEXT)
            """)
        let insert = try database.prepare("INSERT OR REPLACE INTO rec (id, t, j) VALUES (?1, ?2, ?3)")
        var lines = try workload.lines("records")
        var left = workload.records
        var cost = Cost()
        while left > 0 {
            let batch = try lines.take(min(left, Importer.batchLines))
            guard !batch.isEmpty else { break }
            left -= batch.count
            let rows = try batch.map { line in
                let value = try JSON(parsing: line)
                return (
                    value["id"]?.text ?? "", value["t"]?.text ?? "", String(decoding: line, as: UTF8.self)
                )
            }
            try Meter.add(to: &cost) {
                try database.execute("BEGIN IMMEDIATE")
                for (id, kind, line) in rows {
                    try insert.bind(1, text: id).bind(2, text: kind).bind(3, text: line).run()
                }
                try database.execute("COMMIT")
            }
        }
        try Meter.add(to: &cost) { try database.execute("PRAGMA wal_checkpoint(TRUNCATE)") }
        floorLoad = cost
        let size = Meter.size(path)
        let (packed, packing) = try compressed(level: 3)
        report.put(
            "floors",
            .members([
                ("sqlite_json", .members(cost.members + [("bytes", .count(size))])),
                ("zstd3", .members([("bytes", .count(packed))] + packing.members)),
            ]))
        report.row(
            "floor: SQLite, a row of JSON a record", "\(fixed(cost.cpu / count * 1e6, 1)) µs CPU a record",
            "",
            "\(fixed(Double(size) / raw)) × raw")
        report.row(
            "floor: zstd -3 of the raw JSON", "\(fixed(Double(packed) / raw, 3)) × raw", "",
            humanSeconds(packing.cpu) + " CPU")
    }

    /// The bytes of all lines as one stream through zstd.
    private func compressed(level: Int32) throws -> (Int, Cost) {
        guard let context = ZSTD_createCCtx() else { throw BenchmarkError("zstd has no memory") }
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        var lines = try workload.lines("records")
        var left = workload.records
        var total = 0
        var cost = Cost()
        var out = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
        while left > 0 {
            let batch = try lines.take(min(left, Importer.batchLines))
            left = batch.isEmpty ? 0 : left - batch.count
            let bytes = batch.flatMap { $0 + [UInt8(ascii: "\n")] }
            Meter.add(to: &cost) {
                bytes.withUnsafeBytes { raw in
                    var input = ZSTD_inBuffer(src: raw.baseAddress, size: raw.count, pos: 0)
                    var rest = 1
                    while input.pos < input.size || left == 0 && rest > 0 {
                        out.withUnsafeMutableBytes { buffer in
                            var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
                            rest = ZSTD_compressStream2(
                                context, &output, &input, left == 0 ? ZSTD_e_end : ZSTD_e_continue)
                            total += output.pos
                        }
                    }
                }
            }
        }
        return (total, cost)
    }
}
