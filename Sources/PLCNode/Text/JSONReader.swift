/// One step of a JSON text.
package enum JSONToken: Equatable, Sendable {
    case beginObject, endObject, beginArray, endArray
    case key(JSONText)
    case string(JSONText)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    case null
    /// The value is complete, and nothing but white space follows it.
    case end
}

/// Reads one JSON text as a row of tokens, without allocating.
///
///     var reader = JSONReader()
///     while case let token = try reader.next(bytes), token != .end { … }
///     reader.restart()                               // for the next line: its memory is used again
///
/// The bytes are passed to each call and must be the same until the end or an error. Strict (RFC 8259), total over any
/// bytes, and narrower where RFC 8259 leaves room: no duplicate keys, no half surrogate pairs, nesting of at most
/// `depthMax`, integers within 64 bits, no byte order mark. The keys of an object are compared when it closes, and later
/// bytes may be wrong: what was read counts for nothing before `end`.
///
/// - Complexity: O(n), plus O(k log k) for an object of k keys; memory grows with the keys of the open objects.
package struct JSONReader: Sendable {
    /// The deepest nesting of arrays and objects.
    package static let depthMax = 32

    /// The offset of the next byte to be read.
    package internal(set) var offset = 0
    private var expectation = Expectation.value
    private var keys = JSONKeys()

    private enum Expectation {
        /// A value must follow: at the start, after a colon.
        case value
        /// An object or an array was opened, and may close at once.
        case firstKey, firstElement
        /// A value inside a container is complete.
        case commaOrClose
        /// The outermost value is complete.
        case nothing
    }

    /// A reader at the start of a text.
    package init() {}

    /// Forgets the text before, and begins with the next one at `offset`.
    package mutating func restart(at offset: Int = 0) {
        self.offset = offset
        expectation = .value
        keys.removeAll()
    }

    /// The next token of `bytes`; after `end` it is `end` again.
    ///
    /// - Throws: the first error met. After that the reader must be restarted.
    package mutating func next(_ bytes: borrowing RawSpan) throws(JSONError) -> JSONToken {
        skipWhitespace(bytes)
        if offset >= bytes.byteCount {
            guard expectation == .nothing else { throw error(.truncated) }
            return .end
        }
        let byte = bytes.byte(offset)
        switch expectation {
        case .value:
            return try value(bytes, byte)
        case .firstKey:
            return byte == UInt8(ascii: "}") ? try close(bytes, byte) : try key(bytes)
        case .firstElement:
            return byte == UInt8(ascii: "]") ? try close(bytes, byte) : try value(bytes, byte)
        case .commaOrClose:
            guard byte == UInt8(ascii: ",") else { return try close(bytes, byte) }
            offset += 1
            skipWhitespace(bytes)
            guard offset < bytes.byteCount else { throw error(.truncated) }
            return keys.isInObject ? try key(bytes) : try value(bytes, bytes.byte(offset))
        case .nothing:
            throw error(.trailing)
        }
    }

    // MARK: - Steps

    private mutating func value(_ bytes: borrowing RawSpan, _ byte: UInt8) throws(JSONError) -> JSONToken {
        switch byte {
        case UInt8(ascii: "\""):
            let text = try string(bytes)
            finishValue()
            return .string(text)
        case UInt8(ascii: "{"):
            try open(object: true)
            return .beginObject
        case UInt8(ascii: "["):
            try open(object: false)
            return .beginArray
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let token = try number(bytes)
            finishValue()
            return token
        case UInt8(ascii: "t"): return try word(bytes, "true", .bool(true))
        case UInt8(ascii: "f"): return try word(bytes, "false", .bool(false))
        case UInt8(ascii: "n"): return try word(bytes, "null", .null)
        default: throw error(.unexpected)
        }
    }

    private mutating func key(_ bytes: borrowing RawSpan) throws(JSONError) -> JSONToken {
        guard bytes.byte(offset) == UInt8(ascii: "\"") else { throw error(.expectedKey) }
        let text = try string(bytes)
        keys.append(text, in: bytes)
        skipWhitespace(bytes)
        guard offset < bytes.byteCount else { throw error(.truncated) }
        guard bytes.byte(offset) == UInt8(ascii: ":") else { throw error(.expectedColon) }
        offset += 1
        expectation = .value
        return .key(text)
    }

    private mutating func open(object: Bool) throws(JSONError) {
        guard keys.depth < Self.depthMax else { throw error(.depth) }
        keys.open(object: object)
        expectation = object ? .firstKey : .firstElement
        offset += 1
    }

    private mutating func close(_ bytes: borrowing RawSpan, _ byte: UInt8) throws(JSONError) -> JSONToken {
        let isObject = keys.isInObject
        guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw error(.unexpected) }
        if let duplicate = keys.close(in: bytes) { throw JSONError(offset: duplicate, reason: .duplicateKey) }
        offset += 1
        finishValue()
        return isObject ? .endObject : .endArray
    }

    private mutating func word(
        _ bytes: borrowing RawSpan, _ word: StaticString, _ token: JSONToken
    ) throws(JSONError) -> JSONToken {
        for i in 0..<word.utf8CodeUnitCount {
            guard offset + i < bytes.byteCount else { throw error(.truncated, at: offset + i) }
            guard bytes.byte(offset + i) == word.utf8Start[i] else { throw error(.unexpected) }
        }
        offset += word.utf8CodeUnitCount
        finishValue()
        return token
    }

    @inline(__always)
    private mutating func finishValue() {
        expectation = keys.depth == 0 ? .nothing : .commaOrClose
    }

    @inline(__always)
    private mutating func skipWhitespace(_ bytes: borrowing RawSpan) {
        while offset < bytes.byteCount {
            switch bytes.byte(offset) {
            case 0x20, 0x0a, 0x0d, 0x09: offset += 1
            default: return
            }
        }
    }

    func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(offset: offset ?? self.offset, reason: reason)
    }
}
