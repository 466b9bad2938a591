/// Where a key or a string stands in the bytes that were read: a range, so that reading it costs no copy.
package struct JSONText: Equatable, Sendable {
    /// The offset of the first byte after the opening quotation mark.
    package let start: Int
    /// The number of bytes as written, escapes included.
    package let count: Int
    /// Whether the bytes as written are the text: no escapes, and in normalisation form C.
    package let isPlain: Bool
    /// Whether there is a backslash in it.
    let hasEscapes: Bool

    /// The bytes between the quotation marks.
    package var range: Range<Int> { start..<start + count }

    /// The text as UTF-8 in normalisation form C, escapes resolved.
    ///
    /// - Parameter bytes: those that the text was read from.
    /// - Complexity: O(n), one allocation when `isPlain`.
    package func utf8(in bytes: borrowing RawSpan) -> [UInt8] {
        if isPlain { return bytes.array(range) }
        let text = hasEscapes ? unescaped(in: bytes) : bytes.array(range)
        // The reader has checked the encoding, and what escapes spell is well-formed: there is no nil.
        return nfc(text) ?? text
    }

    /// The text as a string; `bytes` are those it was read from.
    package func string(in bytes: borrowing RawSpan) -> String {
        String(decoding: utf8(in: bytes), as: UTF8.self)
    }

    /// Whether the text is `word`, which must be ASCII; without allocating when `isPlain`.
    package func equals(_ word: StaticString, in bytes: borrowing RawSpan) -> Bool {
        guard isPlain else {
            return utf8(in: bytes)
                == Array(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        }
        guard count == word.utf8CodeUnitCount else { return false }
        for i in 0..<count where bytes.byte(start + i) != word.utf8Start[i] { return false }
        return true
    }

    private func unescaped(in bytes: borrowing RawSpan) -> [UInt8] {
        var text = [UInt8]()
        text.reserveCapacity(count)
        var at = start
        while at < start + count {
            let byte = bytes.byte(at)
            if byte != UInt8(ascii: "\\") {
                text.append(byte)
                at += 1
            } else if case .scalar(let scalar, let length) = JSONEscape.read(bytes, at: at) {
                text.append(
                    contentsOf: Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter)
                at += length
            } else {
                preconditionFailure("an escape changed after it was checked")
            }
        }
        return text
    }
}

/// What a backslash in a string begins.
enum JSONEscape {
    /// The scalar it stands for, and the number of bytes it takes.
    case scalar(Unicode.Scalar, length: Int)
    case wrong(JSONError.Reason)

    /// Reads the escape whose backslash is at `at`.
    static func read(_ bytes: borrowing RawSpan, at: Int) -> JSONEscape {
        guard at + 1 < bytes.byteCount else { return .wrong(.truncated) }
        switch bytes.byte(at + 1) {
        case UInt8(ascii: "\""): return .scalar("\"", length: 2)
        case UInt8(ascii: "\\"): return .scalar("\\", length: 2)
        case UInt8(ascii: "/"): return .scalar("/", length: 2)
        case UInt8(ascii: "b"): return .scalar("\u{8}", length: 2)
        case UInt8(ascii: "f"): return .scalar("\u{c}", length: 2)
        case UInt8(ascii: "n"): return .scalar("\n", length: 2)
        case UInt8(ascii: "r"): return .scalar("\r", length: 2)
        case UInt8(ascii: "t"): return .scalar("\t", length: 2)
        case UInt8(ascii: "u"): return unicode(bytes, at: at)
        default: return .wrong(.escape)
        }
    }

    private static func unicode(_ bytes: borrowing RawSpan, at: Int) -> JSONEscape {
        guard let first = unit(bytes, at: at) else { return .wrong(.escape) }
        if let scalar = Unicode.Scalar(first) { return .scalar(scalar, length: 6) }
        guard first < 0xdc00, let second = unit(bytes, at: at + 6), second >= 0xdc00, second <= 0xdfff,
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00)))
        else { return .wrong(.surrogate) }
        return .scalar(scalar, length: 12)
    }

    /// The number in `\uXXXX` at `at`, or nil if that is not what stands there.
    private static func unit(_ bytes: borrowing RawSpan, at: Int) -> UInt32? {
        guard at + 6 <= bytes.byteCount, bytes.byte(at) == UInt8(ascii: "\\"),
            bytes.byte(at + 1) == UInt8(ascii: "u")
        else { return nil }
        var number: UInt32 = 0
        for i in 2..<6 {
            let byte = bytes.byte(at + i)
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            number = number << 4 | UInt32(digit)
        }
        return number
    }
}

extension JSONReader {
    /// Reads the string whose opening quotation mark is at `offset`.
    mutating func string(_ bytes: borrowing RawSpan) throws(JSONError) -> JSONText {
        let start = offset + 1
        var at = start
        var seen: UInt64 = 0
        var hasEscapes = false
        while true {
            at = JSONSpecial.next(bytes, from: at, seen: &seen)
            guard at < bytes.byteCount else { throw error(.truncated, at: at) }
            let byte = bytes.byte(at)
            if byte == UInt8(ascii: "\"") { break }
            guard byte == UInt8(ascii: "\\") else { throw error(.control, at: at) }
            hasEscapes = true
            switch JSONEscape.read(bytes, at: at) {
            case .scalar(_, let length): at += length
            case .wrong(let reason): throw error(reason, at: at)
            }
        }
        var isNormal = true
        if seen & 0x8080_8080_8080_8080 != 0 {
            switch TextForm.of(bytes, in: start..<at) {
            case .normal: break
            case .unknown: isNormal = false
            case .malformed(let bad): throw error(.utf8, at: bad)
            }
        }
        offset = at + 1
        return JSONText(
            start: start, count: at - start, isPlain: isNormal && !hasEscapes, hasEscapes: hasEscapes)
    }
}

/// The bytes that mean something inside a string: the quotation mark, the backslash, and what is below U+0020.
enum JSONSpecial {
    /// The offset of the first special byte from `at` on, or the end; the bytes passed over are or-ed into `seen`.
    ///
    /// Eight bytes a step: subtracting borrows into a byte's top bit exactly when it was small enough, and the lowest
    /// such bit is always a true one, as borrows only travel upward.
    @inline(__always)
    static func next(_ bytes: borrowing RawSpan, from at: Int, seen: inout UInt64) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = at
        while at + 8 <= bytes.byteCount {
            let word = bytes.word(at)
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5c)
            let hits =
                ((word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash)
                & (ones &* 0x80)
            if hits != 0 {
                let skipped = hits.trailingZeroBitCount & ~7
                seen |= word & ((1 << UInt64(skipped)) - 1)
                return at + skipped / 8
            }
            seen |= word
            at += 8
        }
        while at < bytes.byteCount {
            let byte = bytes.byte(at)
            if byte < 0x20 || byte == 0x22 || byte == 0x5c { break }
            seen |= UInt64(byte)
            at += 1
        }
        return at
    }
}
