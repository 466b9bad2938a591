import Glibc
import PLCNode
import PLCSync
import Testing

@Suite struct QRCodeTests {
    /// Text of this length that is not alphanumeric, the same each time.
    private static func payload(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/".utf8)
        var random = SplitMix64(seed: seed &* 1_000_003 &+ UInt64(count))
        return (0..<count).map { $0 == 0 ? 0x61 : letters.randomElement(using: &random) ?? 0x62 }
    }

    @Test func `Reed-Solomon vectors`() {
        // ISO/IEC 18004:2015, annex I: 01234567 in version 1-M; and HELLO WORLD in the same size.
        let vectors: [([UInt8], [UInt8])] = [
            (
                [
                    0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec,
                    0x11,
                ],
                [0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55]
            ),
            (
                [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17],
                [196, 35, 39, 119, 235, 215, 231, 226, 93, 23]
            ),
        ]
        for (data, check) in vectors {
            same(ReedSolomon.remainder(data, generator: ReedSolomon.generator(10)), check)
        }
        same(ReedSolomon.generator(7), [127, 122, 154, 164, 11, 68, 117])
        same(ReedSolomon.multiply(0x80, 2), 0x1d)
    }

    @Test func `format and version bits`() {
        let formats: [(QRCode.Level, Int, Int)] = [
            (.low, 0, 0x77c4), (.medium, 0, 0x5412), (.medium, 5, 0x40ce), (.quartile, 0, 0x355f),
            (.high, 7, 0x083b),
        ]
        for (level, mask, bits) in formats {
            same(QRBCH.format(level: level, mask: mask), bits, "\(level), \(mask)")
        }
        for (version, bits) in [(7, 0x07c94), (8, 0x085bc), (21, 0x15683), (40, 0x28c69)] {
            same(QRBCH.version(version), bits, "version \(version)")
        }
    }

    @Test func `the smallest version is taken`() {
        // ISO/IEC 18004, table 7: what the versions hold in bytes and in alphanumeric characters.
        let bytes: [(Int, [Int])] = [
            (1, [17, 14, 11, 7]), (7, [154, 122, 86, 64]), (10, [271, 213, 151, 119]),

            (27, [1465, 1125, 805, 625]), (40, [2953, 2331, 1663, 1273]),
        ]
        let letters: [(Int, [Int])] = [
            (1, [25, 20, 16, 10]), (9, [335, 262, 189, 143]), (26, [1990, 1542, 1094, 864]),
        ]
        for (table, isAlphanumeric) in [(bytes, false), (letters, true)] {
            for (version, capacities) in table {
                for (level, capacity) in zip(QRCode.Level.allCases, capacities) {
                    let full =
                        isAlphanumeric ? [UInt8](repeating: 0x41, count: capacity) : Self.payload(capacity)
                    same(QRCode(full, level: level)?.version, version, "\(capacity) at \(level)")
                    let over = QRCode(full + [0x41], level: level)?.version
                    same(over, version == 40 ? nil : version + 1, "\(capacity + 1) at \(level)")
                }
            }
        }
    }

    @Test func `a small symbol is drawn with half blocks and as a bitmap`() throws {
        let code = try #require(QRCode(Array("PLC".utf8), level: .low))
        same(code.size, 21)
        let lines = code.lines(colours: false, margin: 2)
        same(lines.count, 13)
        same(Set(lines.map(displayWidth)), [25])
        same(lines[0], String(repeating: " ", count: 25))
        same(lines[1].hasPrefix("  █▀▀▀▀▀█ "), true)
        same(code.lines(colours: true)[0].hasPrefix("\u{1b}[38;5;16;48;5;231m    "), true)
        let picture = String(decoding: code.portableBitmap(scale: 1, margin: 0), as: UTF8.self)
        same(picture.hasPrefix("P1\n21 21\n111111100"), true)
        same(picture.split(separator: "\n").dropFirst(2).joined().count, 441)
    }

    @Test func `the symbols are those that zbar has read`() {
        // Scripts/check-qr decodes the same symbols with a foreign reader; their digest keeps them.
        let digest = Digest(.sha256)
        for symbol in Self.symbols where symbol.payload.count < 100 {
            guard let code = QRCode(symbol.payload, level: symbol.level) else { continue }
            digest.update(code.portableBitmap(scale: 1, margin: 0))
        }
        same(
            hexadecimal(digest.finish().bytes),
            "f6f00be70aaf81b5c2ac8e30122a9c5ba8b1d2088e8d83444b943286b76b92ee")
    }

    /// What the foreign reader is shown: lengths of 1 to 600 at each level, each version full, Arabic, base 32.
    private static let symbols: [(name: String, payload: [UInt8], level: QRCode.Level)] = {
        var result: [(name: String, payload: [UInt8], level: QRCode.Level)] = []
        for level in QRCode.Level.allCases {
            for count in Array(1...40) + Array(stride(from: 41, through: 600, by: 13)) + [600] {
                result.append(("bytes-\(count)-\(level)", payload(count), level))
                let digits = Base32.encode(payload(count * 5 / 8 + 1, seed: 2))
                result.append(("digits-\(count)-\(level)", Array(digits.utf8), level))
            }
            result.append(("arabic-\(level)", Array("مجتمعات التعلّم المهنية: دعوة إلى الفضاء".utf8), level))
            let large =
                level == .medium ? Array(stride(from: 620, through: 2331, by: 57)) : [1000, 1270, 1660, 2950]
            for count in large {
                result.append(("bytes-\(count)-\(level)", payload(count), level))
            }
        }
        return result
    }()

    @Test(.enabled(if: getenv("PLC_QR_FOLDER") != nil))
    func `write the symbols for a foreign reader`() throws {
        let folder = String(cString: getenv("PLC_QR_FOLDER"))
        var versions: Set<Int> = []
        for symbol in Self.symbols {
            guard let code = QRCode(symbol.payload, level: symbol.level) else { continue }
            versions.insert(code.version)
            try write(code.portableBitmap(), to: "\(folder)/\(symbol.name).pbm")
            try write(symbol.payload, to: "\(folder)/\(symbol.name).txt")
        }
        same(versions, Set(1...40), "the versions shown")
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor)
    }
}
