/// A text as the data codewords of a symbol: mode, length, contents, padding.
enum QRSegment {
    private static let alphanumeric = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".utf8)

    /// The smallest version that holds the bytes at this level, and its data codewords; nil if none does.
    static func encode(_ bytes: [UInt8], level: QRCode.Level) -> (version: Int, data: [UInt8])? {
        let values = bytes.compactMap { alphanumeric.firstIndex(of: $0) }
        let isAlphanumeric = values.count == bytes.count && !bytes.isEmpty
        for version in QRTables.versions {
            let capacity = 8 * QRTables.dataCodewords(version: version, level: level)
            let lengthBits = isAlphanumeric ? [9, 11, 13][group(version)] : [8, 16, 16][group(version)]
            let contents = isAlphanumeric ? bytes.count / 2 * 11 + bytes.count % 2 * 6 : bytes.count * 8
            guard bytes.count < 1 << lengthBits, 4 + lengthBits + contents <= capacity else { continue }

            var bits = QRBits()
            bits.append(isAlphanumeric ? 0b0010 : 0b0100, count: 4)
            bits.append(bytes.count, count: lengthBits)
            if isAlphanumeric {
                for pair in stride(from: 0, to: values.count - 1, by: 2) {
                    bits.append(values[pair] * 45 + values[pair + 1], count: 11)
                }
                if let last = values.last, values.count % 2 == 1 { bits.append(last, count: 6) }
            } else {
                for byte in bytes { bits.append(Int(byte), count: 8) }
            }
            return (version, bits.padded(to: capacity))
        }
        return nil
    }

    /// Which of the three ranges of versions, that differ in the width of lengths, this one is in.
    private static func group(_ version: Int) -> Int { version < 10 ? 0 : version < 27 ? 1 : 2 }
}

/// A row of bits, the most significant of each number first.
private struct QRBits {
    var bits: [Bool] = []

    mutating func append(_ number: Int, count: Int) {
        for i in (0..<count).reversed() { bits.append(number >> i & 1 == 1) }
    }

    /// The bits as bytes: up to four zeros end the text, more fill the byte, then two bytes alternate.
    func padded(to capacity: Int) -> [UInt8] {
        var bits = bits
        bits += Array(repeating: false, count: min(4, capacity - bits.count))
        bits += Array(repeating: false, count: (8 - bits.count % 8) % 8)
        var bytes = stride(from: 0, to: bits.count, by: 8).map { at in
            bits[at..<at + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        var filler: UInt8 = 0xec
        while bytes.count < capacity / 8 {
            bytes.append(filler)
            filler ^= 0xec ^ 0x11
        }
        return bytes
    }
}
