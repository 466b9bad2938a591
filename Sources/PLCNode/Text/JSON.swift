/// A JSON value: what the web API and the command line read and write.
///
/// Integers and other numbers are different things, members keep their order, and text is UTF-8 in normalisation
/// form C, so that equal values are equal bytes. Long files are read with `JSONReader`, which builds no values.
package enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    /// UTF-8 in normalisation form C.
    case string([UInt8])
    case array([JSON])
    case object([Member])

    /// A key and its value.
    package struct Member: Equatable, Sendable {
        /// UTF-8 in normalisation form C.
        package var key: [UInt8]
        /// What the key names.
        package var value: JSON

        /// The member `key: value`.
        package init(key: [UInt8], value: JSON) {
            self.key = key
            self.value = value
        }
    }
}

// MARK: - Parsing

extension JSON {
    /// The value that `bytes` spell, with nothing but white space around it.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader()
        try self.init(parsing: bytes.span.bytes, with: &reader)
    }

    /// The value that `bytes` spell; a reader that is used for many texts keeps its memory.
    package init(parsing bytes: borrowing RawSpan, with reader: inout JSONReader) throws(JSONError) {
        reader.restart()
        self = try Self.value(try reader.next(bytes), bytes, &reader)
        _ = try reader.next(bytes)
    }

    /// The value that begins with `token`.
    ///
    /// The recursion is as deep as the reader lets values nest.
    private static func value(
        _ token: JSONToken, _ bytes: borrowing RawSpan, _ reader: inout JSONReader
    ) throws(JSONError) -> JSON {
        switch token {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .number(value)
        case .string(let text): return .string(text.utf8(in: bytes))
        case .beginArray:
            var elements: [JSON] = []
            while true {
                let token = try reader.next(bytes)
                if token == .endArray { return .array(elements) }
                elements.append(try value(token, bytes, &reader))
            }
        case .beginObject:
            var members: [Member] = []
            while case .key(let key) = try reader.next(bytes) {
                let value = try value(try reader.next(bytes), bytes, &reader)
                members.append(Member(key: key.utf8(in: bytes), value: value))
            }
            return .object(members)
        case .key, .endArray, .endObject, .end:
            preconditionFailure("the reader gave \(token) where a value begins")
        }
    }
}

// MARK: - Looking inside

extension JSON {
    /// The value of the first member named `key`, or nil if there is none or this is no object.
    ///
    /// - Complexity: O(number of members).
    package subscript(_ key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.elementsEqual(key.utf8) }?.value
    }

    /// The text of a string, or nil for anything else.
    package var text: String? {
        guard case .string(let utf8) = self else { return nil }
        return String(decoding: utf8, as: UTF8.self)
    }

    /// The value of an integer, or nil for anything else.
    package var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// The elements of an array, or nil for anything else.
    package var elements: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}

// MARK: - Making values

extension JSON {
    /// The string `text`, normalised.
    package static func text(_ text: some StringProtocol) -> JSON { .string(nfc(String(text))) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// The object with these members, in this order.
    package init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(members.map { Member(key: nfc($0), value: $1) })
    }
}

extension JSON {
    /// The value that `make` makes of what is there, or null.
    package static func maybe<Value>(_ value: Value?, _ make: (Value) -> JSON) -> JSON {
        value.map(make) ?? .null
    }
}
