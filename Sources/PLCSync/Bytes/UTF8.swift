/// Whether the bytes in `range` are valid UTF-8.
///
/// Passes over eight bytes at a time as long as they are ASCII and letters of two bytes each, as in Arabic.
@usableFromInline
func isUTF8(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
    var at = range.lowerBound
    let end = range.upperBound
    while at < end {
        while end - at >= 8 {
            let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
            let run = shortLetters(word)
            at += run
            if run < 7 { break }
        }
        guard at < end else { return true }
        guard let length = letter(bytes, at, end) else { return false }
        at += length
    }
    return true
}

/// The length of the letter at `at`, or nil if there is none.
private func letter(_ bytes: borrowing RawSpan, _ at: Int, _ end: Int) -> Int? {
    let first = bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self)
    // The second byte's range excludes overlong forms, surrogates and numbers above U+10FFFF
    // (Unicode 16, table 3-7).
    let length: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xbf
    switch first {
    case ..<0x80: return 1
    case 0xc2...0xdf: length = 2
    case 0xe0...0xef:
        length = 3
        if first == 0xe0 { low = 0xa0 }
        if first == 0xed { high = 0x9f }
    case 0xf0...0xf4:
        length = 4
        if first == 0xf0 { low = 0x90 }
        if first == 0xf4 { high = 0x8f }
    default: return nil
    }
    guard end - at >= length else { return nil }
    let second = bytes.unsafeLoad(fromByteOffset: at + 1, as: UInt8.self)
    guard second >= low, second <= high else { return nil }
    for i in 2..<max(length, 2) {
        guard bytes.unsafeLoad(fromByteOffset: at + i, as: UInt8.self) & 0xc0 == 0x80 else { return nil }
    }
    return length
}

/// How many bytes at the beginning of a little-endian word are whole letters of one or two bytes each.
///
/// Looks at all eight bytes at once, whichever of them are ASCII: in bit 7 of each byte stands what the byte is.
@inline(__always)
private func shortLetters(_ word: UInt64) -> Int {
    let high: UInt64 = 0x8080_8080_8080_8080
    let second = word << 1
    // 10…, 110…, 111…
    let continuation = word & ~second & high
    let leading = word & second & ~(word << 2) & high
    let longer = word & second & (word << 2) & high
    // C0 and C1 lead overlong forms: four zero bits below the prefix. The sum stays inside the byte.
    let overlong = leading & ~((word & 0x1e1e_1e1e_1e1e_1e1e) + 0x7e7e_7e7e_7e7e_7e7e)
    // Every leading byte is followed by a continuation, and no other byte is.
    let wrong = (leading << 8 ^ continuation) | overlong | longer
    if wrong == 0 { return leading >> 63 == 1 ? 7 : 8 }
    // What comes before the first byte that is wrong holds, but for a leading byte that it should have followed.
    let good = wrong.trailingZeroBitCount / 8
    guard good > 0, leading >> UInt64(good * 8 - 1) & 1 == 1 else { return good }
    return good - 1
}
