public import PLCSync

/// A live record as people read it: one shown value for every field, other versions beside it, elements in order.
///
/// The same on every node: what the shown version is hangs on stamps and full names of dots alone.
public struct RecordReading: Sendable {
    /// A field with one value.
    public struct Value: Sendable {
        /// The field.
        public let field: Field
        /// Its declaration, if this version knows it.
        public let spec: FieldSpec?
        /// What is shown.
        public let shown: Version
        /// Versions that were written at the same time, in no order that matters; empty for registers.
        public let others: [Version]
    }

    /// A field with elements.
    public struct Elements: Sendable {
        /// The field.
        public let field: Field
        /// Its declaration, if this version knows it.
        public let spec: FieldSpec?
        /// The elements, each value once, sorted by the bytes of the values.
        public let elements: [Version]
    }

    /// A value and the change that wrote it.
    public struct Version: Sendable {
        /// The value, an item of CBOR.
        public let value: [UInt8]
        /// The change.
        public let dot: LocalDot
    }

    /// The record.
    public let record: FoldRecord
    /// Its kind, if this version knows it.
    public let kind: Kind?
    /// The identity that it was imported under, as UTF-8.
    public let importedID: [UInt8]?
    /// The fields with one value, in the order of the wire.
    public let values: [Value]
    /// The fields with elements, in the order of the wire.
    public let sets: [Elements]

    /// Reads a record; `name` gives the full name of a dot, to decide between versions of equal stamps.
    public init(_ view: RecordView, name: (LocalDot) throws -> Dot) rethrows {
        record = view.record
        let kind = Kinds.numbered(view.record.kind)
        self.kind = kind
        var values: [Value] = []
        var sets: [Elements] = []
        var importedID: [UInt8]?
        for (field, register) in view.registers {
            if field == CommonField.importedID {
                importedID = Self.text(register.value)
                continue
            }
            if view.elements[field] != nil, kind?.spec(of: field)?.type == .multi { continue }
            values.append(
                Value(
                    field: field, spec: kind?.spec(of: field),
                    shown: Version(value: register.value, dot: register.stamp.dot), others: []))
        }
        for (field, elements) in view.elements {
            let spec = kind?.spec(of: field)
            if spec?.type == .multi {
                let shown = try Self.winner(elements, name: name)
                var versions = elements.map { Version(value: $0.value, dot: $0.dot) }
                let winner = versions.remove(at: shown)
                values.append(Value(field: field, spec: spec, shown: winner, others: versions))
            } else {
                sets.append(Elements(field: field, spec: spec, elements: Self.distinct(elements)))
            }
        }
        self.importedID = importedID
        self.values = values.sorted { $0.field < $1.field }
        self.sets = sets.sorted { $0.field < $1.field }
    }

    /// Elements as people see them: each value once, sorted by bytes.
    private static func distinct(_ elements: [RecordView.Element]) -> [Version] {
        var sorted = elements.map { Version(value: $0.value, dot: $0.dot) }
        if sorted.count > 1 {
            sorted.sort { a, b in
                a.value == b.value ? a.dot < b.dot : a.value.lexicographicallyPrecedes(b.value)
            }
            var last: [UInt8]?
            sorted.removeAll { element in
                defer { last = element.value }
                return last == element.value
            }
        }
        return sorted
    }

    /// The version with the greatest (stamp, log, change, op); there is at least one.
    private static func winner(
        _ elements: [RecordView.Element], name: (LocalDot) throws -> Dot
    ) rethrows -> Int {
        var best = 0
        for index in elements.indices.dropFirst() {
            if elements[index].stamp != elements[best].stamp {
                if elements[index].stamp > elements[best].stamp { best = index }
            } else if try name(elements[index].dot) > name(elements[best].dot) {
                best = index
            }
        }
        return best
    }

    /// A field with one value by its name: the one that its kind declares, or its own if it is undeclared.
    public func value(_ name: String) -> Value? {
        values.first { value in
            if let spec = value.spec { return spec.name.utf8.elementsEqual(name.utf8) }
            guard case .name(let own) = value.field else { return false }
            return own.elementsEqual(name.utf8)
        }
    }

    /// The shown text of a field by its name.
    public func text(_ name: String) -> String? {
        value(name).flatMap { Self.text($0.shown.value) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The content of an item of CBOR that is a text, or nil.
    public static func text(_ item: [UInt8]) -> [UInt8]? {
        let span = item.span.bytes
        var reader = ByteReader(span)
        guard let (major, count) = try? reader.head(span), major == .text,
            let range = try? reader.take(Int(exactly: count) ?? -1)
        else { return nil }
        return span.extracting(range).array
    }
}
