package import PLCSync

/// Why a JSON value cannot be the value of a field.
package enum ValueError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Arrays and objects inside one another.
    case depth

    package var description: String {
        "values are nested deeper than \(ByteWriter.valueDepth)"
    }
}

extension ByteWriter {
    /// How deeply the arrays and objects of one value may nest: what a change leaves of its eight levels.
    static let valueDepth = 4

    /// Appends the JSON value that begins with `token` as one item of CBOR.
    package mutating func write(
        value token: JSONToken, _ bytes: borrowing RawSpan, _ reader: inout JSONReader
    ) throws {
        try write(value: token, bytes, &reader, depth: Self.valueDepth)
    }

    /// The recursion is as deep as `depth`.
    private mutating func write(
        value token: JSONToken, _ bytes: borrowing RawSpan, _ reader: inout JSONReader, depth: Int
    ) throws {
        switch token {
        case .null: writeNull()
        case .bool(let value): write(bool: value)
        case .integer(let value): write(cbor: value)
        case .number(let value): write(float: value)
        case .string(let text): write(text, bytes)
        case .beginArray:
            guard depth > 0 else { throw ValueError.depth }
            var elements = ByteWriter()
            var count = 0
            while true {
                let token = try reader.next(bytes)
                if token == .endArray { break }
                try elements.write(value: token, bytes, &reader, depth: depth - 1)
                count += 1
            }
            write(arrayOf: count)
            write(elements.bytes)
        case .beginObject:
            guard depth > 0 else { throw ValueError.depth }
            var pairs: [(key: [UInt8], value: [UInt8])] = []
            while case .key(let text) = try reader.next(bytes) {
                var key = ByteWriter()
                key.write(text, bytes)
                var value = ByteWriter()
                try value.write(value: try reader.next(bytes), bytes, &reader, depth: depth - 1)
                pairs.append((key.bytes, value.bytes))
            }
            pairs.sort { $0.key.lexicographicallyPrecedes($1.key) }
            write(mapOf: pairs.count)
            for (key, value) in pairs {
                write(key)
                write(value)
            }
        case .key, .endArray, .endObject, .end:
            preconditionFailure("the reader gave \(token) where a value begins")
        }
    }

    /// Appends a string of JSON as a text item.
    mutating func write(_ text: JSONText, _ bytes: borrowing RawSpan) {
        if text.isPlain {
            write(.text, UInt64(text.count))
            write(bytes.extracting(text.range))
        } else {
            write(text: text.utf8(in: bytes))
        }
    }
}

/// Values of fields that programs make, as items of CBOR.
package enum Item {
    /// A text, normalised.
    package static func text(_ text: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(text: nfc(text))
        return writer.bytes
    }

    /// A whole number.
    package static func integer(_ value: Int64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(cbor: value)
        return writer.bytes
    }

    /// A number that need not be whole.
    package static func number(_ value: Double) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(float: value)
        return writer.bytes
    }

    /// True or false.
    package static func bool(_ value: Bool) -> [UInt8] { [value ? 0xf5 : 0xf4] }

    /// A record, by the dot of a create of it, in whatever space (tag 40003).
    ///
    /// It spells space and log in full also for a record of the same space: the short form, tag 40002, leans on the change
    /// that it stands in, so that one record would be two different elements of a set. Source: Specs/encoding.md, E-24.
    package static func reference(_ dot: Dot, in space: SpaceID) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(.tag, foreignTag)
        writer.write(arrayOf: 4)
        writer.write(byteString: space.value.bytes)
        writer.write(byteString: dot.log.value.bytes)
        writer.write(cbor: dot.sequence)
        writer.write(cbor: UInt64(dot.op))
        return writer.bytes
    }

    /// The tag of a reference to a record of the same space.
    static let localTag: UInt64 = 40_002
    /// The tag of a reference to a record of any space.
    static let foreignTag: UInt64 = 40_003
}
