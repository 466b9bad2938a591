import PLCEntities
package import PLCSync

/// What came of an import.
package struct ImportSummary: Sendable, Equatable {
    /// A line that was not applied, and why.
    package struct Bad: Sendable, Equatable {
        /// Its number, from 1.
        package let line: Int
        /// What is wrong with it.
        package let reason: String
    }

    /// How many lines were read, empty ones apart.
    package var lines = 0
    /// How many records were created.
    package var records = 0
    /// How many other changes were made.
    package var changes = 0
    /// How many lines had been imported before, or said nothing that is not so.
    package var unchanged = 0
    /// How many lines were bad.
    package var badCount = 0
    /// The first of them.
    package var bad: [Bad] = []

    /// So many bad lines are kept; the others are only counted.
    static let badLimit = 1_000

    mutating func add(bad line: Int, _ reason: String) {
        badCount += 1
        if bad.count < Self.badLimit { bad.append(Bad(line: line, reason: reason)) }
    }

    mutating func add(_ other: ImportSummary) {
        records += other.records
        changes += other.changes
        unchanged += other.unchanged
        badCount += other.badCount
        bad += other.bad.prefix(max(0, Self.badLimit - bad.count))
    }
}

/// Brings lines of JSON into a space: one line, one change, in transactions of about a thousand.
///
/// Lines are understood on the caller's thread while the writer's thread applies those before them.
package struct Importer {
    /// So many lines become durable together.
    package static let batchLines = 1_000
    /// So many batches may wait for the disk: while one is being synced, the next ones are understood.
    private static let batchesInFlight = 3

    private let node: Node
    private let space: SpaceID
    private let isStrict: Bool
    private var parser: ImportParser

    /// An importer into `space`, to which the node must be allowed to write.
    ///
    /// - Parameter stamps: whether changes are stamped with the times that lines give.
    /// - Parameter owned: whether created records belong to this node.
    /// - Parameter strict: whether the first bad line ends the import.
    package init(_ node: Node, space: SpaceID, stamps: Bool, owned: Bool, strict: Bool) {
        self.node = node
        self.space = space
        isStrict = strict
        parser = ImportParser(ImportParser.Settings(stamps: stamps, owned: owned), space: space)
    }

    /// Imports all that `read` gives; `progress` gets the bytes that are read so far, once a batch.
    package mutating func run(
        _ read: @escaping (Int) throws -> [UInt8], progress: (Int) -> Void = { _ in }
    ) throws -> ImportSummary {
        var source = LineSource(read)
        var summary = ImportSummary()
        var number = 0
        // Batches that are on their way to the disk; the writer's thread makes those that wait durable together.
        var waiting: [Promise<ImportSummary>] = []
        var isDone = false
        while !isDone {
            var batch: [ImportLine] = []
            batch.reserveCapacity(Self.batchLines)
            while batch.count < Self.batchLines, !isDone {
                var isBad = false
                isDone = try !source.next { line, isTooLong in
                    number += 1
                    do {
                        guard !isTooLong else {
                            throw BadLine("longer than \(humanBytes(LineSource.maximumLineBytes))")
                        }
                        if Self.isBlank(line) { return }
                        summary.lines += 1
                        batch.append(try parser.parse(line, number: number))
                    } catch {
                        summary.add(bad: number, "\(error)")
                        isBad = true
                    }
                }
                if isBad, isStrict { isDone = true }
            }
            while waiting.count >= (isStrict ? 1 : Self.batchesInFlight) {
                summary.add(try waiting.removeFirst().wait())
            }
            // A strict import ends at its first bad line: what was found after it is not applied.
            if isStrict, let first = summary.bad.first, batch.contains(where: { $0.number > first.line }) {
                return summary
            }
            let promise = Promise<ImportSummary>()
            let applier = ImportApplier(
                space: space, key: node.identity.publicKey, wall: World.wall(), isStrict: isStrict)
            let lines = batch
            node.submit({ try applier.apply(lines, to: $0) }, completion: { promise.fulfil($0) })
            waiting.append(promise)
            progress(source.consumed)
        }
        for promise in waiting { summary.add(try promise.wait()) }
        summary.bad.sort { $0.line < $1.line }
        return summary
    }

    private static func isBlank(_ line: borrowing RawSpan) -> Bool {
        for i in 0..<line.byteCount {
            switch line.byte(i) {
            case 0x20, 0x09, 0x0d: continue
            default: return false
            }
        }
        return true
    }
}
