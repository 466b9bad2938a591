import PLCEntities
import PLCSync

/// Applies lines that were understood, inside one transaction.
struct ImportApplier: Sendable {
    let space: SpaceID
    let key: PublicKey
    let wall: WallTime
    let isStrict: Bool

    /// Applies the lines in order.
    ///
    /// A bad line has no effect; anything else that fails undoes the transaction.
    func apply(_ lines: [ImportLine], to store: Store) throws -> ImportSummary {
        var summary = ImportSummary()
        for line in lines {
            guard try store.takeLine(line.ledgerID) else {
                summary.unchanged += 1
                continue
            }
            do {
                try apply(line, to: store, &summary)
            } catch {
                guard error is BadLine || error is EditError || error as? StoreError == .tooLarge else {
                    throw error
                }
                try store.forgetLine(line.ledgerID)
                summary.add(bad: line.number, "\(error)")
                if isStrict { break }
            }
        }
        return summary
    }

    private func apply(_ line: ImportLine, to store: Store, _ summary: inout ImportSummary) throws {
        let stamp: Store.Stamp = line.stamp.map { .exactly($0) } ?? .now(wall)
        var record = try store.record(imported: line.id, space: space)
        if record == nil, line.id.contains(UInt8(ascii: "_")),
            let name = RecordName(String(decoding: line.id, as: UTF8.self))
        {
            record = try store.record(name, space: space)
        }
        switch line.action {
        case .create(let ops, let count):
            guard record == nil else {
                summary.unchanged += 1
                return
            }
            _ = try store.write(space, .core, by: key, stamp) { stamp, _ in
                Draft.leaf(stamp: stamp, count: count, ops: ops)
            }
            summary.records += 1
        case .delete:
            guard let record = try found(record, line, in: store) else {
                summary.unchanged += 1
                return
            }
            guard !record.isOwned || store.creator(of: record) == key else { throw EditError.notTheOwner }
            let dot = store.dot(record.id)
            _ = try store.write(space, dot.log.channel, by: key, stamp) { _ in
                var draft = Draft()
                draft.append(.delete(.dot(dot)))
                return draft
            }
            summary.changes += 1
        case .change(let edit):
            guard let record = try found(record, line, in: store) else {
                throw BadLine("no record '\(printable(String(decoding: line.id, as: UTF8.self)))' is here")
            }
            do {
                let channel = store.dot(record.id).log.channel
                _ = try store.write(space, channel, by: key, stamp) { value in
                    let draft = try store.draft(
                        edit, of: record, by: key, stamp: value, statesOver: line.stamp == nil)
                    if draft.isEmpty { throw NothingToWrite() }
                    return draft
                }
                summary.changes += 1
            } catch is NothingToWrite {
                summary.unchanged += 1
            }
        }
    }

    /// The line removes only what is not there.
    private struct NothingToWrite: Error {}

    private func found(_ record: FoldRecord?, _ line: ImportLine, in store: Store) throws -> FoldRecord? {
        guard let record else { return nil }
        guard record.kind == line.kind else {
            let kinds = [record.kind, line.kind].map { Kinds.numbered($0)?.name ?? "#\($0)" }
            throw BadLine("the record is of kind '\(kinds[0])', not '\(kinds[1])'")
        }
        return record
    }
}
