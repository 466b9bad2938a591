/// The numbers of the standard for each version and level.
enum QRTables {
    /// The versions there are.
    static let versions = 1...40

    /// The number of modules that carry data, in bits, before they are divided into codewords.
    ///
    /// All modules, less finders and separators, timing, format and version information, and alignment patterns.
    static func rawBits(version: Int) -> Int {
        let size = 17 + 4 * version
        var bits = size * size - 3 * 64 - 31 - 2 * (size - 16)
        if version >= 2 {
            let patterns = version / 7 + 2
            // Those in the top row and the left column lie over five timing modules each.
            bits -= (patterns * patterns - 3) * 25 - 2 * (patterns - 2) * 5
        }
        if version >= 7 { bits -= 2 * 18 }
        return bits
    }

    /// The number of all codewords, of 8 bits each.
    static func codewords(version: Int) -> Int { rawBits(version: version) / 8 }

    /// The number of codewords that carry data.
    static func dataCodewords(version: Int, level: QRCode.Level) -> Int {
        codewords(version: version) - checkCodewords(version: version, level: level)
            * blocks(version: version, level: level)
    }

    /// The number of check codewords in each block (ISO/IEC 18004, table 9).
    static func checkCodewords(version: Int, level: QRCode.Level) -> Int {
        check[level.rawValue][version - 1]
    }

    /// The number of blocks (ISO/IEC 18004, table 9).
    static func blocks(version: Int, level: QRCode.Level) -> Int { block[level.rawValue][version - 1] }

    /// The coordinates of the centres of alignment patterns, the same for columns and rows.
    ///
    /// They are evenly spaced from the far side; only version 32 strays from the rule.
    static func alignment(version: Int) -> [Int] {
        if version == 1 { return [] }
        let count = version / 7 + 2
        let step = version == 32 ? 26 : (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2
        return [6] + (0..<count - 1).reversed().map { 4 * version + 10 - $0 * step }
    }

    private static let check: [[Int]] = [
        [
            7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26,
            28, 30,
            30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
        ],
        [
            10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28,
            28, 28, 28,
            28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        ],
        [
            13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30,
            30, 28, 30,
            30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
        ],
        [
            17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30,
            30, 30, 30,
            30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
        ],
    ]

    private static let block: [[Int]] = [
        [
            1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15,
            16, 17, 18,
            19, 19, 20, 21, 22, 24, 25,
        ],
        [
            1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26,
            28, 29,
            31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
        ],
        [
            1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34,
            35, 38, 40,
            43, 45, 48, 51, 53, 56, 59, 62, 65, 68,
        ],
        [
            1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40,
            42, 45, 48,
            51, 54, 57, 60, 63, 66, 70, 74, 77, 81,
        ],
    ]
}
