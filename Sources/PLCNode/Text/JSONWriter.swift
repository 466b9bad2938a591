/// Appends JSON to a buffer: compact, deterministic, one line.
///
/// The bytes are those of Python's `json.dumps(value, ensure_ascii=False, separators=(",", ":"))`, so that exports can be
/// compared with other tools. Doubles are the shortest digits that read back as the same value, always with a point
/// or an exponent; those that are not finite have no JSON and become `null`.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.key("id")
///     writer.string("…")
///     writer.endObject()
package struct JSONWriter: Sendable {
    /// What was written.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// A writer with an empty buffer.
    package init() {}

    /// Forgets what was written and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// Ends a line: what follows is a new value.
    package mutating func newline() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a key; its value must follow.
    package mutating func key(_ utf8: [UInt8]) {
        string(utf8)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a key; its value must follow.
    package mutating func key(_ text: String) { key(Array(text.utf8)) }

    /// Writes a string that is UTF-8 already.
    package mutating func string(_ utf8: [UInt8]) {
        separate()
        quote(utf8.span.bytes)
    }

    /// Writes a string.
    package mutating func string(_ text: String) { string(Array(text.utf8)) }

    /// Writes a string that is UTF-8 already.
    package mutating func string(_ utf8: borrowing RawSpan) {
        separate()
        quote(utf8)
    }

    package mutating func integer(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    package mutating func number(_ value: Double) {
        separate()
        // From 2^53 to 10^16, where doubles are whole, Swift writes an exponent and Python does not.
        let isWhole = value.magnitude >= 0x1p53 && value.magnitude < 1e16
        let text = isWhole ? "\(Int64(value)).0" : value.isFinite ? value.description : "null"
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes a whole value.
    package mutating func value(_ value: JSON) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let value): number(value)
        case .string(let utf8): string(utf8)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                key(member.key)
                self.value(member.value)
            }
            endObject()
        }
    }

    // MARK: - Pieces

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    /// Appends the quoted text: whole runs between the bytes that must be escaped.
    private mutating func quote(_ text: borrowing RawSpan) {
        bytes.append(UInt8(ascii: "\""))
        var at = 0
        var seen: UInt64 = 0
        while true {
            let special = JSONSpecial.next(text, from: at, seen: &seen)
            text.extracting(at..<special).withUnsafeBytes { bytes.append(contentsOf: $0) }
            if special == text.byteCount { break }
            escape(text.byte(special))
            at = special + 1
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        case 0x22, 0x5c: bytes.append(byte)
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes += [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")]
            bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
}

extension JSON {
    /// The value as compact JSON.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}
