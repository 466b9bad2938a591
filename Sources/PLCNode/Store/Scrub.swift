import PLCSync

/// How far a walk over all logs has come, that looks for what the disk has spoilt since it was written.
package struct ScrubProgress: Hashable, Sendable {
    /// The number of the log that is looked at next.
    var log = 0
    /// How many of its leaves were looked at.
    var leaf: UInt64 = 0
    /// How many pages of the file were looked at, after all logs.
    var page: UInt64 = 0
    /// How many changes the present walk has looked at.
    package internal(set) var checked: UInt64 = 0
    /// When the last walk was at its end, in milliseconds since 1970; nil: none was.
    package internal(set) var ended: UInt64?

    /// The beginning of the first walk.
    package init() {}

    /// The beginning of the next walk, after one that ended at `wall`.
    init(ended wall: WallTime) { ended = wall.milliseconds }

    /// Whether the walk has not begun.
    var isAtBeginning: Bool { log == 0 && page == 0 }
}

/// What one step of the walk has found.
package struct ScrubStep: Sendable {
    /// Where the next step begins; nil: this was the end.
    package let next: ScrubProgress?
    /// How many bytes were read.
    let bytes: Int
    /// The log in which changes are not what was written.
    let damaged: LogID?
    /// Its space.
    let space: SpaceID?
    /// Pages of the file of which one bit is not what was written.
    package var wrongPages: [UInt64] = []
}

extension StoreView {
    private static let keys = (
        log: "scrubLog", leaf: "scrubLeaf", page: "scrubPage", checked: "scrubChecked", ended: "scrubEnded"
    )

    /// How far the walk over all logs has come, as it was noted last.
    package func scrubProgress() throws -> ScrubProgress {
        var progress = ScrubProgress()
        let rows = try database.prepare("SELECT key, value FROM meta WHERE key LIKE 'scrub%'")
        while try rows.step() {
            let value = rows.number(1)
            switch rows.text(0) {
            case Self.keys.log: progress.log = Int(clamping: value)
            case Self.keys.leaf: progress.leaf = value
            case Self.keys.page: progress.page = value
            case Self.keys.checked: progress.checked = value
            case Self.keys.ended: progress.ended = value
            default: break
            }
        }
        return progress
    }

    /// Writes down how far the walk has come.
    static func note(_ progress: ScrubProgress, _ statements: StoreStatements) throws {
        try statements.setMeta(keys.log, UInt64(clamping: progress.log))
        try statements.setMeta(keys.leaf, progress.leaf)
        try statements.setMeta(keys.page, progress.page)
        try statements.setMeta(keys.checked, progress.checked)
        if let ended = progress.ended { try statements.setMeta(keys.ended, ended) }
    }

    /// How many changes a walk has to look at.
    package func changes() throws -> UInt64 {
        UInt64(clamping: try database.integer("SELECT coalesce(sum(count), 0) FROM log") ?? 0)
    }

    /// Holds one block of at most 256 changes against what is stored of their hashes.
    ///
    /// What a walk meets in memory is not what is on the disk: its first step gives memory back.
    package func scrub(_ progress: ScrubProgress) throws -> ScrubStep {
        if progress.isAtBeginning { releaseMemory() }
        return try snapshot {
            let rows = try database.prepare(
                """
                SELECT l.idx, l.id, l.count, l.peaks, s.id FROM log AS l JOIN space AS s ON s.idx = l.space
                WHERE l.count > ?2 AND l.idx = ?1 OR l.count > 0 AND l.idx > ?1 ORDER BY l.idx LIMIT 1
                """)
            rows.bind(1, progress.log).bind(2, progress.leaf)
            defer { rows.reset() }
            guard try rows.step() else { return try scrubPages(progress) }
            guard let id = Bytes16(rows.bytes(1)), let space = Bytes32(rows.bytes(4)) else {
                throw StoreError.damaged("a log cannot be read")
            }
            let index = Int(rows.integer(0))
            let count = rows.number(2)
            let start = index == progress.log ? progress.leaf : 0
            let before = logReader.loadedBytes
            let end = try survey(index, from: start, count: count, peaks: rows.bytes(3))
            var next = progress
            // What comes after damage in a log is looked at when the log is set aside.
            let isLast = end.map { $0 == count } ?? true
            (next.log, next.leaf) = isLast ? (index + 1, 0) : (index, end ?? 0)
            next.checked += (end ?? count) - start
            return ScrubStep(
                next: next, bytes: logReader.loadedBytes - before, damaged: end == nil ? LogID(id) : nil,
                space: SpaceID(space))
        }
    }

    /// So many pages of the file are looked at in one step.
    private static let pagesAStep: UInt64 = 16

    /// Holds some pages of the file against their seals.
    private func scrubPages(_ progress: ScrubProgress) throws -> ScrubStep {
        var next = progress
        var wrong: [UInt64] = []
        let first = progress.page + 1
        for page in first..<first + Self.pagesAStep {
            switch try database.checkPage(page) {
            case .none:
                let bytes = Int(page - first) * PageSeal.pageBytes
                return ScrubStep(next: nil, bytes: bytes, damaged: nil, space: nil, wrongPages: wrong)
            case .sound: break
            case .oneBitWrong: wrong.append(page)
            case .damaged: throw DatabaseError.damaged(page: page)
            }
            next.page = page
        }
        let bytes = Int(Self.pagesAStep) * PageSeal.pageBytes
        return ScrubStep(next: next, bytes: bytes, damaged: nil, space: nil, wrongPages: wrong)
    }

    /// The last leaf of the block that begins after leaf `start`; nil if the block is damaged.
    private func survey(_ log: Int, from start: UInt64, count: UInt64, peaks: [UInt8]) throws -> UInt64? {
        guard let forest = Forest(count: count, peaks: StoreStatements.hashes(peaks)) else { return nil }
        do {
            let block = try logReader.survey(log, from: start, of: forest)
            guard block.isSound else { return nil }
            let end = start + UInt64(block.hashes.count)
            guard end == count else { return end }
            return try logReader.forest(log: log, length: count) == forest ? end : nil
        } catch StoreError.damaged {
            logReader.forget()
            return nil
        }
    }
}

extension Store {
    /// Writes down how far the walk over all logs has come, inside a transaction.
    package func note(_ progress: ScrubProgress) throws { try StoreView.note(progress, statements) }

    /// Writes a page of which one bit is not what was written as it was.
    package func rewritePage(_ number: UInt64) throws { try database.rewritePage(number) }
}
