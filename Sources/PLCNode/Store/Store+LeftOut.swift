package import PLCSync

/// Remembers beyond the end of the process which change is being folded, if that ends it.
///
/// On the thread that uses the store.
package protocol FoldWatch: AnyObject {
    /// Whether folding this change has ended the process too often; one that is written here is known by what it says,
    /// as it has another stamp and perhaps another place each time.
    func bars(_ leaf: borrowing RawSpan, _ log: LogID, _ sequence: UInt64, isWritten: Bool) -> Bool
    /// The change is folded now.
    func begin(_ leaf: borrowing RawSpan, _ log: LogID, _ sequence: UInt64, isWritten: Bool)
    /// What began is over, well or with an error.
    func end()
    /// Has all changes tried again.
    func forget()
}

/// A change that is in its log and not in the state, because folding it has ended the process (L-42).
package struct LeftOutChange: Hashable, Sendable {
    /// The log.
    package let log: LogID
    /// Its number there.
    package let sequence: UInt64

    /// The fact under which a store keeps their places.
    static let fact = "leftOut"

    /// The places that such a fact names.
    static func dots(_ text: String) -> [LocalDot] {
        text.split(separator: " ").compactMap { UInt64($0).map(LocalDot.init(value:)) }
    }
}

/// Leaving out what must not be folded.
extension Store {
    /// Notes that a change is folded now; false if it is to be left out, which is done then.
    func begins(
        _ leaf: borrowing RawSpan, _ log: LogEntry, _ index: Int, _ sequence: UInt64, isWritten: Bool
    ) throws -> Bool {
        guard let watch else { return true }
        guard watch.bars(leaf, log.id, sequence, isWritten: isWritten) else {
            watch.begin(leaf, log.id, sequence, isWritten: isWritten)
            return true
        }
        // Of a change that is only being written, nothing is anywhere.
        if isWritten { throw StoreError.crashing }
        // What waits for it goes on waiting, as that may be what ended the process.
        advance(log: index, to: sequence)
        let dot = LocalDot(log: index, sequence: sequence, op: 0)
        if !leftOut.contains(dot) { try setLeftOut(leftOut + [dot]) }
        return false
    }

    /// Notes which changes the state lacks.
    func setLeftOut(_ dots: [LocalDot]) throws {
        guard dots != leftOut else { return }
        leftOut = dots
        try statements.setText(LeftOutChange.fact, dots.map { "\($0.value)" }.joined(separator: " "))
    }

    /// How many changes the state lacks.
    package var leftOutCount: Int { leftOut.count }

    /// Folds the state anew if it lacks a change that may be folded again, as by another version of the program.
    ///
    /// Inside a transaction. Not while changes wait to come again, because the state has more than the logs then.
    package func foldWhatWasLeftOut() throws {
        precondition(inTransaction, "the state is folded anew inside a transaction")
        guard !leftOut.isEmpty, logs.values.allSatisfy({ $0.repair == nil }) else { return }
        let isFree = leftOut.contains { dot in
            // One that cannot be read is damaged, and comes again first.
            guard let log = log(dot.log), let leaf = try? logReader.leaf(dot) else { return false }
            return watch?.bars(leaf.span.bytes, log.id, dot.sequence, isWritten: false) != true
        }
        guard isFree else { return }
        try refold()
    }
}

extension StoreView {
    /// The changes that the state lacks.
    package func leftOut() throws -> [LeftOutChange] {
        try LeftOutChange.dots(text(LeftOutChange.fact) ?? "").map {
            LeftOutChange(log: try logID($0.log), sequence: $0.sequence)
        }
    }
}
