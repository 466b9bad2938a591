import PLCOracle
import PLCSync
import Testing

@Suite("The laws of bytes")
struct BytesLawTests {
    /// Writes an item drawn at random, `depth` levels deep at most.
    private func write(_ random: inout SplitMix64, _ depth: Int, _ writer: inout ByteWriter) {
        switch random.below(depth > 0 ? 10 : 7) {
        case 0: writer.write(cbor: UInt64.random(in: 0...(.max), using: &random) >> UInt64(random.below(64)))
        case 1: writer.write(cbor: Int64.random(in: .min...(.max), using: &random) >> Int64(random.below(64)))
        case 2: writer.write(byteString: random.bytes(random.below(300)))
        case 3:
            let scalars = (0..<random.below(60)).compactMap { _ in
                Unicode.Scalar(
                    UInt32.random(in: 0...random.pick([0x7f, 0x7ff, 0xffff, 0x10_ffff]), using: &random))
            }
            writer.write(text: String(String.UnicodeScalarView(scalars)))
        case 4: writer.write(float: Double(bitPattern: random.next()))
        case 5: writer.write(float: Double(Int8.random(in: .min...(.max), using: &random)) / 8)
        case 6: if random.once(in: 2) { writer.writeNull() } else { writer.write(bool: random.once(in: 2)) }
        case 7:
            let count = random.below(4)
            writer.write(arrayOf: count)
            for _ in 0..<count { write(&random, depth - 1, &writer) }
        case 8:
            var pairs: [[UInt8]: [UInt8]] = [:]
            for _ in 0..<random.below(4) {
                var (key, value) = (ByteWriter(), ByteWriter())
                write(&random, depth - 1, &key)
                write(&random, depth - 1, &value)
                pairs[key.bytes] = value.bytes
            }
            writer.write(mapOf: pairs.count)
            for (key, value) in pairs.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                writer.write(key)
                writer.write(value)
            }
        default:
            writer.write(.tag, random.next() >> UInt64(random.below(64)))
            write(&random, depth - 1, &writer)
        }
    }

    private func skip(_ bytes: [UInt8], depth: Int = 8) -> Malformed? {
        fault { () throws(Malformed) in
            let span = bytes.span.bytes
            var reader = ByteReader(span)
            try reader.skipItem(span, depth: depth)
            try reader.finish()
        }
    }

    @Test(
        "E-4 E-5 E-10 E-12 E-15: what the writer writes the reader reads, and any other bytes give an answer")
    func items() {
        withSeeds(2_000) { random in
            var writer = ByteWriter()
            write(&random, 8, &writer)
            var bytes = writer.bytes
            if let fault = skip(bytes) { return "\(hexadecimal(bytes)): \(fault)" }
            let cut = random.below(bytes.count)
            let part = skip(Array(bytes[..<cut]))
            if part?.reason != .truncated {
                return "\(hexadecimal(bytes)) cut to \(cut): \(String(describing: part))"
            }
            // Whatever a flipped bit makes of it, it must not trap.
            bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
            _ = skip(bytes)
            var change = Change()
            _ = fault { () throws(Malformed) in try change.decode(bytes.span.bytes) }
            return nil
        }
    }

    @Test("E-5 E-15: heads are read as written, and never in more bytes than they need")
    func heads() {
        for major: UInt8 in 0...6 {
            for shift: UInt64 in 0..<64 {
                for argument in [1 << shift - 1, 1 << shift, 1 << shift + 1] as [UInt64] {
                    var writer = ByteWriter()
                    writer.write(CBORMajor(rawValue: major) ?? .unsigned, argument)
                    let bytes = writer.bytes
                    same(readHead(bytes)?.argument, argument, hexadecimal(bytes))
                    for size in 0..<4 where 1 << size > bytes.count - 1 {
                        let big = [major << 5 | UInt8(24 + size)] + bigEndian(argument).suffix(1 << size)
                        same(readHead(big)?.argument, nil, hexadecimal(big))
                    }
                }
            }
        }
    }

    private func bigEndian(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(bigEndian: value)
        return writer.bytes
    }

    private func readHead(_ bytes: [UInt8]) -> (major: CBORMajor, argument: UInt64)? {
        let span = bytes.span.bytes
        var reader = ByteReader(span)
        return try? reader.head(span)
    }

    @Test("E-2 E-3: every varint is read as written, and the greatest byte more is too much")
    func varints() {
        for shift: UInt64 in 0..<64 {
            for value in [1 << shift - 1, 1 << shift, UInt64.max >> shift] as [UInt64] {
                var writer = ByteWriter()
                writer.write(varint: value)
                let bytes = writer.bytes
                same(readVarint(bytes), value, hexadecimal(bytes))
                same(
                    readVarint(bytes.dropLast() + [bytes[bytes.count - 1] | 0x80, 0]), nil,
                    "\(value) with a zero more")
            }
        }
    }

    private func readVarint(_ bytes: [UInt8]) -> UInt64? {
        let span = bytes.span.bytes
        var reader = ByteReader(span)
        guard let value = try? reader.varint(span), reader.isAtEnd else { return nil }
        return value
    }

    @Test(
        "E-6 E-7: all 65,536 half-precision numbers keep their value, and no longer form of one is accepted")
    func halves() {
        for bits in UInt16.min...UInt16.max {
            let bytes = [0xf9, UInt8(bits >> 8), UInt8(truncatingIfNeeded: bits)]
            let exponent = Int(bits >> 10 & 31)
            let fraction = Double(bits & 1023)
            let isNaN = exponent == 31 && fraction != 0
            // RFC 8949, appendix D: (1024 + fraction) · 2^(exponent − 25), and fraction · 2^−24 below.
            var value = exponent == 0 ? fraction : fraction + 1024
            for _ in 0..<max(exponent - 1, 0) { value *= 2 }
            value = exponent == 31 ? .infinity : value / 16_777_216
            if bits >> 15 == 1 { value.negate() }
            if isNaN {
                if skip(bytes)?.reason != (bits == 0x7e00 ? nil : .nan) {
                    Issue.record("\(hexadecimal(bytes))")
                }
                continue
            }
            var writer = ByteWriter()
            writer.write(float: value)
            let isRead = readHead(bytes)?.argument == value.bitPattern
            let single = [0xfa] + withUnsafeBytes(of: Float(value).bitPattern.bigEndian) { Array($0) }
            let double = [0xfb] + withUnsafeBytes(of: value.bitPattern.bigEndian) { Array($0) }
            if writer.bytes != bytes || !isRead || skip(single)?.reason != .nonShortest
                || skip(double)?.reason != .nonShortest
            {
                Issue.record("\(hexadecimal(bytes)) for \(value) is written \(hexadecimal(writer.bytes))")
                return
            }
        }
    }

    @Test("E-9: bytes are text exactly if Swift says so")
    func text() {
        let pieces: [[UInt8]] = [
            Array("ascii of eight".utf8), Array("العربية".utf8), Array("éüñ".utf8), Array("中文字".utf8),
            Array("🌍".utf8),
            [0xc0, 0x80], [0xc1, 0xbf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
            [0x80], [0xd8],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xdf, 0xbf], [0xc2, 0x80], [0xff], [0xf5, 0x80, 0x80, 0x80],
        ]
        withSeeds(20_000) { random in
            var bytes: [UInt8] = []
            for _ in 0..<1 + random.below(5) {
                bytes += random.pick(pieces.prefix(random.once(in: 3) ? 17 : 5) + [])
            }
            if random.once(in: 2) {
                bytes[random.below(bytes.count)] = UInt8.random(in: 0...255, using: &random)
            }
            if random.once(in: 3) { bytes.removeLast(random.below(bytes.count)) }
            var writer = ByteWriter()
            writer.write(text: bytes)
            let isText = String(validating: bytes, as: UTF8.self) != nil
            return (skip(writer.bytes) == nil) == isText ? nil : "\(hexadecimal(bytes)) is text: \(isText)"
        }
    }

    @Test("E-1: orders of identifiers are bytewise")
    func orders() {
        withSeeds(500) { random in
            var a = random.bytes(32)
            var b = a
            b[random.below(32)] = UInt8.random(in: 0...255, using: &random)
            guard let x = Bytes32(a), let y = Bytes32(b), x.bytes == a, y.bytes == b else {
                return "32 bytes"
            }
            if (x < y) != a.lexicographicallyPrecedes(b) { return hexadecimal(a) + hexadecimal(b) }
            (a, b) = (Array(a.prefix(16)), Array(b.prefix(16)))
            guard let x = Bytes16(a), let y = Bytes16(b), x.bytes == a, y.bytes == b else {
                return "16 bytes"
            }
            return (x < y) == a.lexicographicallyPrecedes(b) ? nil : hexadecimal(a) + hexadecimal(b)
        }
    }
}
