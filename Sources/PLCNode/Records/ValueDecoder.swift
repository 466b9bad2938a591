package import PLCSync

extension JSONWriter {
    /// Writes the item of CBOR that `item` is as JSON; `name` spells a reference, and `log` resolves a short one.
    ///
    /// Total: what JSON has no form for becomes a text of hexadecimal digits, a nearby number, or null.
    package mutating func value(
        item: [UInt8], log: (UInt64) throws -> LogID? = { _ in nil }, name: (Reference) throws -> String
    ) throws {
        let bytes = item.span.bytes
        var reader = ByteReader(bytes)
        try value(bytes, &reader, log, name)
    }

    private mutating func value(
        _ bytes: borrowing RawSpan, _ reader: inout ByteReader, _ log: (UInt64) throws -> LogID?,
        _ name: (Reference) throws -> String
    ) throws {
        let start = reader.offset
        let (major, argument) = try reader.head(bytes)
        switch major {
        case .unsigned: integer(argument)
        case .negative:
            if argument <= UInt64(Int64.max) {
                integer(-1 - Int64(argument))
            } else {
                number(-1 - Double(argument))
            }
        case .text: string(bytes.extracting(try reader.take(Int(clamping: argument))))
        case .bytes: string(hexadecimal(bytes.extracting(try reader.take(Int(clamping: argument))).array))
        case .array:
            beginArray()
            for _ in 0..<argument { try value(bytes, &reader, log, name) }
            endArray()
        case .map:
            beginObject()
            for _ in 0..<argument {
                let start = reader.offset
                let (major, count) = try reader.head(bytes)
                if major == .text {
                    key(bytes.extracting(try reader.take(Int(clamping: count))).array)
                } else {
                    reader.offset = start
                    try reader.skipItem(bytes, depth: Change.maximumDepth)
                    key(hexadecimal(bytes.extracting(start..<reader.offset).array))
                }
                try value(bytes, &reader, log, name)
            }
            endObject()
        case .tag:
            let content = reader.offset
            try reader.skipItem(bytes, depth: Change.maximumDepth)
            if let reference = try Reference(tag: argument, bytes, at: content, end: reader.offset, log: log)
            {
                string(try name(reference))
            } else {
                reader.offset = content
                try value(bytes, &reader, log, name)
            }
        case .simple:
            let initial = bytes.byte(start) & 0x1f
            switch (initial, argument) {
            case (25..., _): number(Double(bitPattern: argument))
            case (_, 20): bool(false)
            case (_, 21): bool(true)
            default: null()
            }
        }
    }
}

extension JSON {
    /// The JSON that shows an item of CBOR.
    package init(
        item: [UInt8], log: (UInt64) throws -> LogID? = { _ in nil }, name: (Reference) throws -> String
    ) throws {
        var writer = JSONWriter()
        try writer.value(item: item, log: log, name: name)
        // Numbers beyond 64 bits and keys that become equal have no JSON of ours; they are shown as what they are.
        self = (try? JSON(parsing: writer.bytes)) ?? .text(hexadecimal(item))
    }
}
