import PLCSync

/// A folder of JSON lines as `Scripts/reference/generate_workload.py` makes it.
struct Workload {
    /// How many changes each side makes before each incremental exchange.
    static let slices = [1, 100, 1_000, 5_000]

    let path: String
    /// How many records there are, and those that are used.
    let records: Int
    /// Bytes of their lines.
    let rawBytes: Int
    /// Field values and set elements of all records; 0 if only some are used.
    let fieldOps: Int

    /// The workload in the folder `path`, or its first `limit` records.
    init(_ path: String, limit: Int?) throws {
        self.path = path
        let meta = try JSON(parsing: FileSystem.read(path + "/meta.json", limit: 1 << 20))
        guard let count = meta["n"]?.integer, let bytes = meta["records_bytes"]?.integer else {
            throw BenchmarkError("\(path)/meta.json does not say how many records there are")
        }
        if let limit, limit < Int(count) {
            records = limit
            var lines = Lines(try InputFile(path + "/records.jsonl"))
            rawBytes = try lines.take(limit).reduce(0) { $0 + $1.count + 1 }
            fieldOps = 0
        } else {
            records = Int(count)
            rawBytes = Int(bytes)
            fieldOps = Int(meta["lww_fields"]?.integer ?? 0) + Int(meta["set_elements"]?.integer ?? 0)
        }
    }

    /// The lines of one of its files.
    func lines(_ name: String) throws -> Lines { Lines(try InputFile(path + "/\(name).jsonl")) }

    /// The files of short changes of many origins.
    var origins: [String] {
        (1...99).map { $0 < 10 ? "origin-0\($0)" : "origin-\($0)" }
            .filter { Meter.size(path + "/\($0).jsonl") > 0 }
    }

    /// Lines in order.
    struct Lines {
        private var source: LineSource

        init(_ file: InputFile) { source = LineSource { try file.read($0) } }

        /// The next lines, at most `count`, without their newlines.
        mutating func take(_ count: Int) throws -> [[UInt8]] {
            var lines: [[UInt8]] = []
            while lines.count < count, try source.next({ line, _ in lines.append(line.array) }) {}
            return lines
        }
    }
}

/// Why a benchmark cannot go on.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
