import PLCNode
import Testing

@Suite struct Base32Tests {
    @Test func `known answers`() {
        let cases: [(String, String)] = [
            ("", ""), ("f", "CR"), ("fo", "CSQG"), ("foo", "CSQPY"), ("foob", "CSQPYRG"),
            ("fooba", "CSQPYRK1"),
            ("foobar", "CSQPYRK1E8"), ("\u{0}", "00"), ("\u{7f}", "FW"),
        ]
        for (text, digits) in cases {
            same(Base32.encode(Array(text.utf8)), digits, text)
            same(Base32.decode(digits), Array(text.utf8), digits)
            same(Base32.decode(digits.lowercased()), Array(text.utf8), digits)
        }
    }

    @Test func `digits as people write them`() {
        same(Base32.decode("csqp-yrki-e8"), Array("foobar".utf8))
        same(Base32.decode("CSQPYRKLE8"), Array("foobar".utf8))
        same(Base32.decode("oO"), [0])
        for wrong in ["U", "CU", "C", "CSQ", "CSQPYR", "CS", "CSQH", "C!", "é", "CR=", "C R"] {
            same(Base32.decode(wrong), nil, wrong)
        }
    }

    @Test func `every length returns, and random digits are one spelling or none`() {
        var random = SplitMix64(seed: 3)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            same(Base32.decode(Base32.encode(bytes)), bytes)
        }
        let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        for _ in 0..<5_000 {
            let text = String(
                (0..<Int.random(in: 0...9, using: &random)).map { _ in
                    digits.randomElement(using: &random) ?? "0"
                })
            if let bytes = Base32.decode(text) { same(Base32.encode(bytes), text) }
        }
    }
}
