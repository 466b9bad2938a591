import PLCSync

/// Measures this program on a workload, beside floors that nothing durable can fall below, and prints.
///
/// Two nodes in this process meet over TLS on the loopback interface, with servers on threads of their own; processor
/// time is that of both ends. Figures are printed and never asserted. Source: the design's "Numbers to reach".
package enum Benchmark {
    /// The parts that can be asked for by name; each does what it needs of those before.
    enum Part: String, CaseIterable {
        case floors, load, reopen, join, sync, live, scattered, origins, merge
    }

    /// Runs the part called `name`, or all, on the workload in a folder, or on its first records.
    package static func run(
        name: String?, workload: String, records: Int?, output: Output, isJSON: Bool
    ) throws -> ExitCode {
        var parts = Set(Part.allCases)
        if let name {
            guard let part = Part(rawValue: name) else {
                let names = Part.allCases.map(\.rawValue).joined(separator: ", ")
                throw BenchmarkError("no benchmark '\(name)'; there are \(names)")
            }
            parts = [part]
        }
        let folder = try FileSystem.temporaryFolder("plc-bench")
        defer { FileSystem.removeFolder(folder) }
        var run = BenchmarkRun(try Workload(workload, limit: records), in: folder, parts)
        try run.all { text in if output.stderr.isTerminal { output.note(text) } }
        if isJSON {
            try output.line(run.report.json)
        } else {
            try output.lines(run.report.lines(for: output.stdout))
        }
        return .done
    }
}

/// One run: the nodes, what they hold, and what was measured so far.
struct BenchmarkRun {
    let workload: Workload
    let folder: String
    let parts: Set<Benchmark.Part>
    var report = BenchmarkReport()
    var space = SpaceID(genesis: [])
    /// What the floors took, if they were measured.
    var floorLoad: Cost?
    /// The slices of changes that the store's merge is fed, as lengths of both logs.
    var marks: [(a: UInt64, b: UInt64)] = []

    init(_ workload: Workload, in folder: String, _ parts: Set<Benchmark.Part>) {
        self.workload = workload
        self.folder = folder
        self.parts = parts
    }

    var raw: Double { Double(workload.rawBytes) }
    var count: Double { Double(workload.records) }

    mutating func all(_ note: (String) -> Void) throws {
        report.put("peer", "plc")
        report.put("n", .count(workload.records))
        report.put("raw_bytes", .count(workload.rawBytes))
        report.row("records", grouped(workload.records), "", "raw JSON " + humanBytes(workload.rawBytes))
        if parts.contains(.floors) {
            note("floors")
            try floors()
        }
        guard parts != [.floors] else { return }
        note("load")
        try load()
        if parts.contains(.load) { try single() }
        if parts.contains(.reopen) {
            note("reopen")
            try reopen()
        }
        guard !parts.isSubset(of: [.floors, .load, .reopen]) else { return }
        note("join")
        let a = try BenchNode(folder + "/a")
        let b = try BenchNode(folder + "/b")
        defer {
            a.stop()
            b.stop()
        }
        try join(a, b)
        if parts.contains(.merge) { try copyStore(of: b) }
        if !parts.isDisjoint(with: [.sync, .merge]) {
            note("sync")
            try sync(a, b)
        }
        if parts.contains(.live) {
            note("live")
            try live(a, b)
        }
        if parts.contains(.origins), !workload.origins.isEmpty {
            note("origins")
            try origins(a, b)
        }
        if parts.contains(.merge) {
            note("merge")
            try mergeIntoStore(a, b)
            if workload.records <= Self.memoryRecords { try mergeInMemory(a, b) }
        }
        let digests = try [a, b].map { node in try node.node.read { try $0.summary(space).digest } }
        report.put("converged", .bool(digests[0] == digests[1]))
        guard digests[0] == digests[1] else { throw BenchmarkError("the two nodes hold different state") }
    }

    /// Merging in memory holds every change in memory, which larger workloads are spared.
    private static let memoryRecords = 200_000
}
