/// Check bytes over GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1, as QR codes have them.
///
/// Source: ISO/IEC 18004, annex A.
package enum ReedSolomon {
    /// Powers of the generator 2, twice over so that sums of two logarithms need no reduction; and logarithms.
    private static let tables: (exp: [UInt8], log: [Int]) = {
        var exp = [UInt8](repeating: 0, count: 510)
        var log = [Int](repeating: 0, count: 256)
        var power = 1
        for i in 0..<255 {
            exp[i] = UInt8(power)
            exp[i + 255] = UInt8(power)
            log[power] = i
            power <<= 1
            if power > 255 { power ^= 0x11d }
        }
        return (exp, log)
    }()

    /// The product in the field.
    package static func multiply(_ a: UInt8, _ b: UInt8) -> UInt8 {
        a == 0 || b == 0 ? 0 : tables.exp[tables.log[Int(a)] + tables.log[Int(b)]]
    }

    /// The coefficients of (x − 2^0)(x − 2^1)…(x − 2^(count − 1)) after the leading 1, the highest power first.
    package static func generator(_ count: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        guard count > 0 else { return [] }
        result[count - 1] = 1
        for i in 0..<count {
            // Multiplies by x − 2^i; a difference is a sum here.
            for j in 0..<count {
                result[j] = multiply(result[j], tables.exp[i])
                if j + 1 < count { result[j] ^= result[j + 1] }
            }
        }
        return result
    }

    /// The remainder of data · x^count by the generator: the check bytes.
    ///
    /// - Complexity: O(data · count).
    package static func remainder(_ data: some Sequence<UInt8>, generator: [UInt8]) -> [UInt8] {
        var result = generator.map { _ in UInt8(0) }
        for byte in data {
            let factor = byte ^ (result.first ?? 0)
            for i in result.indices {
                result[i] = (i + 1 < result.count ? result[i + 1] : 0) ^ multiply(generator[i], factor)
            }
        }
        return result
    }
}

/// The data codewords of a symbol with their check codewords, in the order in which they are drawn.
enum QRCodewords {
    /// Cuts the data into blocks, the shorter ones first, and takes the first codeword of each, then the second….
    ///
    /// So a blot on the paper is spread over all blocks.
    static func protect(_ data: [UInt8], version: Int, level: QRCode.Level) -> [UInt8] {
        let count = QRTables.blocks(version: version, level: level)
        let generator = ReedSolomon.generator(QRTables.checkCodewords(version: version, level: level))
        let shortLength = data.count / count
        let shortCount = count - data.count % count
        var blocks: [ArraySlice<UInt8>] = []
        var start = 0
        for i in 0..<count {
            let end = start + shortLength + (i < shortCount ? 0 : 1)
            blocks.append(data[start..<end])
            start = end
        }
        let checks = blocks.map { ReedSolomon.remainder($0, generator: generator) }
        var result: [UInt8] = []
        for i in 0...shortLength {
            for block in blocks where i < block.count { result.append(block[block.startIndex + i]) }
        }
        for i in generator.indices { result += checks.map { $0[i] } }
        return result
    }
}
