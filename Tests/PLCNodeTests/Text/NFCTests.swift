import PLCNode
import Testing

@Suite struct NFCTests {
    /// The scan may say "unknown" of anything, but "normal" only of what the full algorithm leaves as it is.
    private func check(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let bytes = Array(text.utf8)
        let full = nfcInFull(text)
        same(nfc(bytes), full, "nfc of \(bytes)", sourceLocation: sourceLocation)
        switch TextForm.of(bytes.span.bytes, in: 0..<bytes.count) {
        case .normal: same(full, bytes, "the form of \(bytes)", sourceLocation: sourceLocation)
        case .unknown: break
        case .malformed(let at):
            Issue.record("\(bytes) is malformed at \(at)?", sourceLocation: sourceLocation)
        }
    }

    @Test func `what the scan calls normal is normal, for every scalar and around a base`() {
        for number in UInt32(0)...0x10ffff {
            guard let scalar = Unicode.Scalar(number) else { continue }
            let bytes = Array(String(scalar).utf8)
            guard TextForm.of(bytes.span.bytes, in: 0..<bytes.count) == .normal, number >= 0x80 else {
                continue
            }
            if nfcInFull(String(scalar)) != bytes { Issue.record("U+\(String(number, radix: 16))") }
            for base in ["a", "ا", "و"] { check(base + String(scalar)) }
        }
    }

    @Test func `common texts are proved normal by the scan alone`() {
        let texts = [
            "", "plain", "Müller, ÿ", "مُجْتَمَعُ التَّعلم"[...].filter { $0 != "\u{651}" }, "أحمد، إلى آخره؟ ٣٫١٤",
            "“quoted” – and … so", "Привет", "教師", "👩🏽‍🏫"[...].filter { $0 != "\u{fe0f}" }, "ṭāʾ", "هٰذا",
        ]
        for text in texts {
            same(TextForm.of(Array(text.utf8).span.bytes, in: 0..<text.utf8.count), .normal, text)
        }
    }

    @Test func `known answers`() {
        let cases: [(String, String)] = [
            ("e\u{301}", "\u{e9}"), ("\u{627}\u{654}", "\u{623}"), ("\u{627}\u{653}", "\u{622}"),
            ("\u{627}\u{655}", "\u{625}"), ("\u{64a}\u{654}", "\u{626}"), ("\u{648}\u{654}", "\u{624}"),
            ("\u{62f}\u{651}\u{64e}", "\u{62f}\u{64e}\u{651}"), ("\u{1100}\u{1161}\u{11a8}", "\u{ac01}"),
            ("\u{212b}", "\u{c5}"), ("\u{2126}", "\u{3a9}"), ("\u{2000}", "\u{2002}"), ("\u{37e}", ";"),
            ("q\u{307}\u{323}", "q\u{323}\u{307}"), ("\u{958}", "\u{915}\u{93c}"), ("\u{1f71}", "\u{3ac}"),
        ]
        for (text, normal) in cases {
            same(nfc(text), Array(normal.utf8), "nfc of \(Array(text.unicodeScalars))")
            same(nfc(Array(text.utf8)), Array(normal.utf8), "nfc of \(Array(text.unicodeScalars))")
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `random strings agree with the full algorithm`(seed: UInt64) {
        let blocks: [ClosedRange<UInt32>] = [
            0x20...0x7e, 0xa0...0x17f, 0x300...0x345, 0x370...0x3ff, 0x591...0x5c7, 0x600...0x6ff,
            0x621...0x655,
            0x64b...0x656, 0x64b...0x656, 0x900...0x95f, 0x1100...0x1112, 0x1161...0x1175, 0x11a7...0x11c2,
            0x1e00...0x1fff, 0x2000...0x206f, 0x2126...0x2130, 0x3041...0x309a, 0xac00...0xac40,
            0xf900...0xf910,
            0xfb1d...0xfb4e, 0xfe00...0xfe0f, 0x1f300...0x1f64f, 0x1d15e...0x1d165,
        ]
        var random = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            var text = ""
            let block = blocks.randomElement(using: &random) ?? 0x20...0x7e
            for _ in 0..<Int.random(in: 1...10, using: &random) {
                let from = Bool.random(using: &random) ? block : blocks.randomElement(using: &random) ?? block
                if let scalar = Unicode.Scalar(UInt32.random(in: from, using: &random)) {
                    text.unicodeScalars.append(scalar)
                }
            }
            check(text)
        }
    }

    @Test func `malformed bytes are found where they begin`() {
        let cases: [([UInt8], Int)] = [
            ([0x80], 0), ([0x61, 0xff], 1), ([0xc0, 0x80], 0), ([0xc1, 0xbf], 0), ([0xc3], 0), ([0xd8], 0),
            ([0xd8, 0x41], 0), ([0xe0, 0x9f, 0xbf], 0), ([0xed, 0xa0, 0x80], 0), ([0xe2, 0x82], 0),
            ([0xf0, 0x8f, 0xbf, 0xbf], 0), ([0xf4, 0x90, 0x80, 0x80], 0), ([0xf5, 0x80, 0x80, 0x80], 0),
            ([0xf0, 0x9f, 0x98], 0), (Array("abcdefghijklmno".utf8) + [0xd8, 0xa7, 0xbf], 17),
        ]
        for (bytes, at) in cases {
            same(TextForm.of(bytes.span.bytes, in: 0..<bytes.count), .malformed(at: at), "\(bytes)")
            same(nfc(bytes), nil, "\(bytes)")
        }
    }

    @Test func `random bytes are judged like the standard library judges them`() {
        var random = SplitMix64(seed: 7)
        let pool: [UInt8] = [
            0x00, 0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xd8, 0xd9, 0xe0, 0xe1, 0xed, 0xf0, 0xf4, 0xff,
        ]
        for _ in 0..<50_000 {
            let bytes = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? pool.randomElement(using: &random) ?? 0 : UInt8.random(in: 0x80...0xbf, using: &random)
            }
            same(nfc(bytes) == nil, String(validating: bytes, as: UTF8.self) == nil, "\(bytes)")
        }
    }
}
