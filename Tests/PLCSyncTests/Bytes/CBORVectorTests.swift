import PLCSync
import Testing

@Suite("The vectors of the encoding")
struct CBORVectorTests {
    private static func skip(_ bytes: [UInt8]) -> Malformed? {
        fault { () throws(Malformed) in
            let span = bytes.span.bytes
            var reader = ByteReader(span)
            try reader.skipItem(span, depth: Change.maximumDepth)
            try reader.finish()
        }
    }

    @Test(
        "E-4 E-5 E-6 E-7 E-8 E-9 E-10 E-11 E-12 E-14: deterministic items are accepted, and no part of one is an item"
    )
    func accepted() throws {
        for block in try Vectors("cbor-accept").blocks {
            let bytes = try block.bytes("hex")
            same(Self.skip(bytes), nil, block.name)
            for count in bytes.indices {
                same(Self.skip(Array(bytes[..<count]))?.reason, .truncated, "\(block.name) cut to \(count)")
            }
            let span = bytes.span.bytes
            var reader = ByteReader(span)
            let (major, argument) = try reader.head(span)
            var writer = ByteWriter()
            let type: String
            switch major {
            case .unsigned: type = "uint"
            case .negative: type = "nint"
            case .bytes: type = "bytes"
            case .text: type = "text"
            case .array: type = "array"
            case .map: type = "map"
            case .tag: type = "tag"
            case .simple: type = bytes[0] & 0x1f < 24 ? "simple" : "float"
            }
            if type == "float" {
                writer.write(float: Double(bitPattern: argument))
            } else {
                writer.write(major, argument)
            }
            same(type, try block.text("type"), block.name)
            same(writer.bytes, Array(bytes[..<reader.offset]), "\(block.name) written again")
        }
    }

    @Test(
        "E-4 E-5 E-6 E-7 E-8 E-9 E-10 E-12 E-13 E-15 E-16: other bytes are refused with the first fault and its place"
    )
    func rejected() throws {
        for block in try Vectors("cbor-reject").blocks {
            let reason = try #require(Malformed.Reason(rawValue: block.text("reason")), "\(block.name)")
            same(
                Self.skip(try block.bytes("hex")), Malformed(reason, at: Int(try block.number("offset"))),
                block.name)
        }
    }

    @Test("E-2 E-3: varints have one form")
    func varints() throws {
        for block in try Vectors("varint").blocks {
            let bytes = try block.bytes("hex")
            var value: UInt64?
            let found = fault { () throws(Malformed) in
                let span = bytes.span.bytes
                var reader = ByteReader(span)
                value = try reader.varint(span)
                try reader.finish()
            }
            same(found?.reason.rawValue, block.optional("reason"), block.name)
            guard let expected = block.optional("value") else { continue }
            same(value.map { String($0) }, expected, block.name)
            var writer = ByteWriter()
            writer.write(varint: try block.number("value"))
            same(writer.bytes, bytes, block.name)
        }
    }
}
