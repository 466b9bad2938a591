/// Crockford's base 32: bytes as digits that can be read aloud, and typed on any keyboard.
///
/// Five bits a digit, the most significant first; the last digit is filled with zeros. Letters mean the same in either
/// case, and those that look like digits are those digits: O is 0, I and L are 1. U is no digit. Hyphens may stand
/// anywhere between digits. Source: Crockford, Base 32, crockford.com/base32.html, without its check digit.
package enum Base32 {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// The digits for `bytes`, upper-case: 8 for each 5 bytes, rounded up.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text = [UInt8]()
        text.reserveCapacity((bytes.count * 8 + 4) / 5)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(digits[Int(bits >> UInt32(count) & 31)])
            }
            bits &= (1 << UInt32(count)) - 1
        }
        if count > 0 { text.append(digits[Int(bits << UInt32(5 - count) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes that the digits spell, or nil if it is not exactly what `encode` writes, give or take case and hyphens.
    ///
    /// So no two spellings differ in their bits: a digit too many, or a last digit with bits beyond the last byte, is nil.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes = [UInt8]()
        bytes.reserveCapacity(text.utf8.count * 5 / 8)
        let values = values
        var bits: UInt32 = 0
        var count = 0
        for character in text.utf8 where character != UInt8(ascii: "-") {
            let digit = values[Int(character)]
            guard digit < 32 else { return nil }
            bits = bits << 5 | UInt32(digit)
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        return count < 5 && bits == 0 ? bytes : nil
    }

    /// The value of each byte as a digit; none is 255.
    private static let values: [UInt8] = (0...255).map { (byte: UInt8) in
        let upper = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte - 32 : byte
        switch upper {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return digits.firstIndex(of: upper).map(UInt8.init) ?? .max
        }
    }
}
