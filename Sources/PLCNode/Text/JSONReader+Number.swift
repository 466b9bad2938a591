extension JSONReader {
    /// Reads the number at `offset`: an integer if it has neither fraction nor exponent, and `-0` is the integer 0.
    ///
    /// An integer beyond 64 bits is an error and not a nearby double: two nodes, or two runs, must not differ by how
    /// they round an identifier.
    mutating func number(_ bytes: borrowing RawSpan) throws(JSONError) -> JSONToken {
        let start = offset
        var digits = JSONDigits()
        var at = start
        let isNegative = bytes.byte(at) == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let first = at
        at = digits.read(bytes, from: at)
        guard at > first else { throw error(at < bytes.byteCount ? .number : .truncated, at: at) }
        guard at == first + 1 || bytes.byte(first) != UInt8(ascii: "0") else {
            throw error(.number, at: first)
        }

        var isInteger = true
        var exponent = 0
        if at < bytes.byteCount, bytes.byte(at) == UInt8(ascii: ".") {
            isInteger = false
            let point = at + 1
            at = digits.read(bytes, from: point)
            guard at > point else { throw error(at < bytes.byteCount ? .number : .truncated, at: at) }
            exponent = point - at
        }
        if at < bytes.byteCount, bytes.byte(at) | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            exponent += try self.exponent(bytes, &at)
        }
        offset = at
        if isInteger {
            guard let value = digits.integer(isNegative: isNegative) else { throw error(.range, at: start) }
            return .integer(value)
        }
        if let value = digits.double(isNegative: isNegative, exponent: exponent) { return .number(value) }
        let text = String(decoding: bytes.array(start..<at), as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw error(.range, at: start) }
        return .number(value)
    }

    /// Reads the exponent whose `e` is at `at`, capped far outside the range of doubles.
    private func exponent(_ bytes: borrowing RawSpan, _ at: inout Int) throws(JSONError) -> Int {
        at += 1
        var isNegative = false
        if at < bytes.byteCount, bytes.byte(at) == UInt8(ascii: "+") || bytes.byte(at) == UInt8(ascii: "-") {
            isNegative = bytes.byte(at) == UInt8(ascii: "-")
            at += 1
        }
        var digits = JSONDigits()
        let first = at
        at = digits.read(bytes, from: first)
        guard at > first else { throw error(at < bytes.byteCount ? .number : .truncated, at: at) }
        let magnitude = digits.overflowed ? 1_000_000 : Int(min(digits.magnitude, 1_000_000))
        return isNegative ? -magnitude : magnitude
    }
}

/// A row of decimal digits as a number.
private struct JSONDigits {
    var magnitude: UInt64 = 0
    /// Whether the digits say more than `magnitude` holds.
    var overflowed = false

    /// Reads digits from `at` on, and returns the offset after the last one.
    @inline(__always)
    mutating func read(_ bytes: borrowing RawSpan, from at: Int) -> Int {
        var at = at
        while at < bytes.byteCount {
            let digit = bytes.byte(at) &- UInt8(ascii: "0")
            if digit > 9 { break }
            let (tens, tooMany) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tens.addingReportingOverflow(UInt64(digit))
            magnitude = sum
            if tooMany || carried { overflowed = true }
            at += 1
        }
        return at
    }

    func integer(isNegative: Bool) -> Int64? {
        if overflowed { return nil }
        if isNegative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    /// The double nearest to magnitude · 10^exponent when one rounding gives it, otherwise nil.
    ///
    /// Both factors are exact up to 2^53 and 10^22, so a single division or multiplication rounds once.
    /// Source: Clinger, How to read floating point numbers accurately, 1990.
    func double(isNegative: Bool, exponent: Int) -> Double? {
        guard !overflowed, magnitude <= 1 << 53, abs(exponent) <= 22 else { return nil }
        var power = 1.0
        for _ in 0..<abs(exponent) { power *= 10 }
        let value = exponent < 0 ? Double(magnitude) / power : Double(magnitude) * power
        return isNegative ? -value : value
    }
}
