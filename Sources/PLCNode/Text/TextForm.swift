/// What one pass over bytes can say about them as text.
package enum TextForm: Equatable, Sendable {
    /// Well-formed UTF-8, and certainly in normalisation form C.
    case normal
    /// Well-formed UTF-8; only the full algorithm can tell whether it is in normalisation form C.
    case unknown
    /// Not UTF-8, from the byte at this offset on.
    case malformed(at: Int)

    /// The form of the bytes in `range`, which must lie within `bytes`.
    ///
    /// UTF-8 is checked in full (Unicode 16, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
    /// The normal form is checked by the quick check of UAX #15 over the scripts that schools here write, and is
    /// conservative: `normal` is a proof, `unknown` is not an accusation. A scalar counts as harmless when it is a
    /// starter that no other scalar composes with; of combining marks only the Arabic vowel signs do, and only when
    /// their combining classes do not decrease, since out of order they would be sorted.
    ///
    /// - Complexity: O(n), without allocation; about a nanosecond for an Arabic letter.
    package static func of(_ bytes: borrowing RawSpan, in range: Range<Int>) -> TextForm {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= bytes.byteCount, "text lies outside its bytes")
        let end = range.upperBound
        var at = range.lowerBound
        var form = TextForm.normal
        var lastClass: UInt8 = 0
        while at < end {
            let lead = bytes.byte(at)
            if lead < 0x80 {
                at = skipASCII(bytes, from: at + 1, to: end)
                lastClass = 0
            } else if lead & 0xfc == 0xd8 {
                guard at + 1 < end, bytes.byte(at + 1) & 0xc0 == 0x80 else { return .malformed(at: at) }
                let markClass = arabicClass(lead << 6 | bytes.byte(at + 1) & 0x3f)
                if markClass == Self.unsafeClass || (markClass != 0 && markClass < lastClass) {
                    form = .unknown
                }
                lastClass = markClass
                at += 2
            } else {
                let length = scalarLength(bytes, at: at, to: end)
                if length == 0 { return .malformed(at: at) }
                if !isHarmless(lead, bytes.byte(at + 1), bytes.byte(at + length - 1)) { form = .unknown }
                lastClass = 0
                at += length
            }
        }
        return form
    }

    private static let unsafeClass: UInt8 = 255

    /// The combining class of U+0600 + `low` when it is harmless, otherwise 255.
    ///
    /// U+0653–0655 compose with the letter before them; the other marks are too rare to earn a line each.
    @inline(__always)
    private static func arabicClass(_ low: UInt8) -> UInt8 {
        switch low {
        case 0x10...0x1a, 0x53...0x5f, 0xd6...0xed: unsafeClass
        case 0x4b...0x52: low - 0x4b + 27
        case 0x70: 35
        default: 0
        }
    }

    /// Whether the scalar with these first two bytes and this last one is a starter that stays as it is.
    @inline(__always)
    private static func isHarmless(_ lead: UInt8, _ second: UInt8, _ last: UInt8) -> Bool {
        switch lead {
        case 0xc2...0xcb: true  // U+0080–02FF Latin
        case 0xd0, 0xd1, 0xd3: true  // U+0400–047F, U+04C0–04FF Cyrillic
        case 0xe1: second >= 0xb8 && second <= 0xbb  // U+1E00–1EFF Latin
        case 0xe2 where second == 0x80: last >= 0x82  // U+2002–203F quotation marks, dashes; not the quads
        case 0xe2: second == 0x81 || second >= 0x94 && second <= 0x9d  // U+2040–207F, U+2500–277F signs
        case 0xe4...0xe9: true  // U+4000–9FFF ideographs
        case 0xf0: second == 0x9f  // U+1F000–1FFFF pictures
        default: false
        }
    }

    /// The length of the well-formed multi-byte scalar at `at`, or 0 if there is none before `end`.
    @inline(__always)
    private static func scalarLength(_ bytes: borrowing RawSpan, at: Int, to end: Int) -> Int {
        let lead = bytes.byte(at)
        guard at + 1 < end, lead >= 0xc2, lead <= 0xf4 else { return 0 }
        let second = bytes.byte(at + 1)
        if lead < 0xe0 { return second & 0xc0 == 0x80 ? 2 : 0 }
        let allowed: ClosedRange<UInt8> =
            switch lead {
            case 0xe0: 0xa0...0xbf
            case 0xed: 0x80...0x9f
            case 0xf0: 0x90...0xbf
            case 0xf4: 0x80...0x8f
            default: 0x80...0xbf
            }
        guard allowed.contains(second), at + 2 < end, bytes.byte(at + 2) & 0xc0 == 0x80 else { return 0 }
        if lead < 0xf0 { return 3 }
        return at + 3 < end && bytes.byte(at + 3) & 0xc0 == 0x80 ? 4 : 0
    }

    /// The offset of the first byte from `at` on that is not ASCII, or `end`.
    @inline(__always)
    private static func skipASCII(_ bytes: borrowing RawSpan, from at: Int, to end: Int) -> Int {
        var at = at
        while at + 8 <= end {
            let high = bytes.word(at) & 0x8080_8080_8080_8080
            if high != 0 { return at + high.trailingZeroBitCount / 8 }
            at += 8
        }
        while at < end, bytes.byte(at) < 0x80 { at += 1 }
        return at
    }
}

extension RawSpan {
    /// The byte at `offset`; traps outside the span.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    /// The eight bytes from `offset` on, the first one lowest; traps outside the span.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// A copy of the bytes in `range`; traps outside the span.
    func array(_ range: Range<Int>) -> [UInt8] {
        let part = extracting(range)
        return [UInt8](unsafeUninitializedCapacity: part.byteCount) { buffer, count in
            part.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            count = part.byteCount
        }
    }
}
