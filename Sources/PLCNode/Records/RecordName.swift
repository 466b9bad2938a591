package import PLCSync

/// The identity of a record as people see and type it: the kind, then digits that spell its dot, or its key's hash.
///
///     post_6YQ3…     the log (16 bytes), the change and the op (varints), in Crockford's base 32
///     member_4T0K…   the sixteen bytes of a keyed record's identity
package enum RecordName: Hashable, Sendable {
    /// A record named by the dot of its create.
    case born(Dot)
    /// A keyed record.
    case keyed(Bytes16)

    /// The digits, without a kind.
    package var digits: String {
        var writer = ByteWriter(capacity: 24)
        switch self {
        case .born(let dot):
            writer.write(dot.log.value)
            writer.write(varint: dot.sequence)
            writer.write(varint: UInt64(dot.op))
        case .keyed(let id):
            writer.write(id)
        }
        return Base32.encode(writer.bytes)
    }

    /// The whole identity of a record of the kind named `kind`.
    package func text(kind: String) -> String { kind + "_" + digits }

    /// The record that `text` names, with or without a kind before the digits; nil if it is no such name.
    package init?(_ text: String) {
        let digits = text.utf8.lastIndex(of: UInt8(ascii: "_")).map { text[text.utf8.index(after: $0)...] }
        guard let bytes = Base32.decode(digits ?? text[...]) else { return nil }
        if let id = Bytes16(bytes) {
            self = .keyed(id)
            return
        }
        let span = bytes.span.bytes
        var reader = ByteReader(span)
        guard let log = try? reader.bytes16(span), let sequence = try? reader.varint(span),
            let op = try? reader.varint(span), reader.isAtEnd,
            (1...Dot.maximumSequence).contains(sequence), op < UInt64(Change.maximumOps)
        else { return nil }
        self = .born(Dot(log: LogID(log), sequence: sequence, op: UInt32(op)))
    }
}
