import PLCEntities
package import PLCSync

/// What is to become of a record: values to write, elements to add and to remove.
package struct RecordEdit: Sendable {
    /// One value for one field.
    package struct Entry: Sendable {
        /// The field.
        package let field: Field
        /// Whether versions of it may stand beside each other.
        package let isMulti: Bool
        /// The value, an item of CBOR.
        package let value: [UInt8]

        /// A value for a field.
        package init(field: Field, isMulti: Bool, value: [UInt8]) {
            self.field = field
            self.isMulti = isMulti
            self.value = value
        }
    }

    /// Values of registers and multi-value registers.
    package var writes: [Entry] = []
    /// Elements that sets gain.
    package var adds: [Entry] = []
    /// Elements that sets lose; those that are not there do not matter.
    package var removes: [Entry] = []
    /// The version that the writer had seen; nil for all that is there.
    package var basedOn: RecordVersion?

    /// An edit that changes nothing.
    package init() {}
}

/// Which versions of its multi-value fields a reader of a record has seen: a token of this store, opaque to people.
package struct RecordVersion: Hashable, Sendable {
    /// The live dots, sorted.
    let dots: [LocalDot]

    /// The version that `view` shows: `isMulti` tells fields with versions from sets.
    package init(_ view: RecordView) {
        let kind = Kinds.numbered(view.record.kind)
        var dots: [LocalDot] = []
        for (field, elements) in view.elements where kind?.spec(of: field)?.type == .multi {
            dots += elements.map(\.dot)
        }
        self.dots = dots.sorted()
    }

    /// The token: digits and letters.
    package var text: String {
        var writer = ByteWriter()
        var last: UInt64 = 0
        for dot in dots {
            writer.write(varint: dot.value - last)
            last = dot.value
        }
        return dots.isEmpty ? "0" : Base32.encode(writer.bytes)
    }

    /// The version that a token spells, or nil.
    package init?(_ text: String) {
        var dots: [LocalDot] = []
        if !text.utf8.elementsEqual("0".utf8) {
            guard let bytes = Base32.decode(text) else { return nil }
            let span = bytes.span.bytes
            var reader = ByteReader(span)
            var last: UInt64 = 0
            while !reader.isAtEnd {
                guard let step = try? reader.varint(span) else { return nil }
                let (next, overflow) = last.addingReportingOverflow(step)
                guard !overflow, next < 1 << 63 else { return nil }
                last = next
                dots.append(LocalDot(value: last))
            }
        }
        self.dots = dots
    }
}

/// Why a record is not changed.
package enum EditError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The record belongs to another node, and what is to be changed is its alone.
    case notTheOwner

    package var description: String { "the record belongs to another node, which alone may change it" }
}

extension Store {
    /// The ops that carry out an edit of a live record by `key` in a change stamped `stamp`.
    ///
    /// - Parameter statesOver: whether writes name the value that they are meant to win over; imports with stamps do not.
    func draft(
        _ edit: RecordEdit, of record: FoldRecord, by key: PublicKey, stamp: UInt64, statesOver: Bool
    ) throws -> Draft {
        for entries in [edit.writes, edit.adds, edit.removes] where record.isOwned {
            if entries.contains(where: { $0.field.isOwned }), creator(of: record) != key {
                throw EditError.notTheOwner
            }
        }
        var ops: [(Draft.Target) -> Draft.Op] = []
        // Where the record stands as it was born is read from its leaf, which most writes have no need of.
        var found: RecordView?
        func view() throws -> RecordView {
            if let found { return found }
            let view = try self.view(record)
            found = view
            return view
        }
        var plain: [(Field, [UInt8])] = []
        for entry in edit.writes where !entry.isMulti {
            var over: UInt64?
            // What is shown can only be at or above the stamp if the record or a later write is.
            if statesOver, let shown = try shownStamp(record, entry.field, from: stamp) {
                over = Clock.over(shown: shown, stamp: stamp)
            }
            if let over {
                ops.append { .set($0, [(entry.field, entry.value)], over: over) }
            } else {
                plain.append((entry.field, entry.value))
            }
        }
        if !plain.isEmpty {
            let plain = plain
            ops.append { .set($0, plain, over: nil) }
        }
        for entry in edit.writes where entry.isMulti {
            var seen = try view().elements[entry.field, default: []].map(\.dot)
            if let version = edit.basedOn { seen.removeAll { !version.dots.contains($0) } }
            let dots = seen.map { dot($0) }
            ops.append { .add($0, entry.field, entry.value, seen: dots) }
        }
        for entry in edit.removes {
            let dots = try view().elements[entry.field, default: []].filter { $0.value == entry.value }
                .map { dot($0.dot) }
            if !dots.isEmpty { ops.append { .remove($0, entry.field, dots) } }
        }
        for entry in edit.adds { ops.append { .add($0, entry.field, entry.value, seen: []) } }
        var draft = Draft()
        guard !ops.isEmpty else { return draft }
        let target = try begin(&draft, record)
        for op in ops { draft.append(op(target)) }
        return draft
    }

    /// How `draft` names the record: a log speaks of a keyed record by its own create, which is written anew.
    private func begin(_ draft: inout Draft, _ record: FoldRecord) throws -> Draft.Target {
        guard record.isKeyed, let key = try states.key(of: record.id) else { return .dot(dot(record.id)) }
        return .op(draft.append(.keyed(kind: record.kind, key: key)))
    }

    /// The effective stamp of what a register shows, if it may be `stamp` or more.
    private func shownStamp(_ record: FoldRecord, _ field: Field, from stamp: UInt64) throws -> UInt64? {
        if let winner = try states.winner(FieldKey(record.id, field)) { return winner.stamp.effective }
        guard record.stamp >= stamp, !record.isKeyed else { return nil }
        return try hasInitialValue(FieldKey(record.id, field)) ? record.stamp : nil
    }
}
