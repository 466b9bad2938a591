/// The major types of CBOR (RFC 8949, 3.1).
public enum CBORMajor: UInt8, Sendable {
    case unsigned = 0
    case negative, bytes, text, array, map, tag, simple
}

extension ByteWriter {
    /// Appends the head of an item in its shortest form. Source: RFC 8949, 4.2.1.
    public mutating func write(_ major: CBORMajor, _ argument: UInt64) {
        let type = major.rawValue << 5
        switch argument {
        case 0..<24:
            write(byte: type | UInt8(argument))
        case 24...0xff:
            write(byte: type | 24)
            write(byte: UInt8(argument))
        case 0x100...0xffff:
            write(byte: type | 25)
            write(bigEndian: UInt16(argument))
        case 0x1_0000...0xffff_ffff:
            write(byte: type | 26)
            write(bigEndian: UInt32(argument))
        default:
            write(byte: type | 27)
            write(bigEndian: argument)
        }
    }

    /// Appends an integer.
    public mutating func write(cbor value: Int64) {
        if value >= 0 { write(.unsigned, UInt64(value)) } else { write(.negative, UInt64(-1 - value)) }
    }

    /// Appends an unsigned integer.
    public mutating func write(cbor value: UInt64) { write(.unsigned, value) }

    /// Appends the head of an array of `count` items.
    public mutating func write(arrayOf count: Int) { write(.array, UInt64(count)) }

    /// Appends the head of a map of `count` pairs; the caller writes them in bytewise order of their keys.
    public mutating func write(mapOf count: Int) { write(.map, UInt64(count)) }

    /// Appends a byte string.
    public mutating func write(byteString value: [UInt8]) {
        write(.bytes, UInt64(value.count))
        write(value)
    }

    /// Appends a text string from UTF-8 that the caller knows to be valid.
    public mutating func write(text value: [UInt8]) {
        write(.text, UInt64(value.count))
        write(value)
    }

    /// Appends a text string.
    public mutating func write(text value: String) {
        let utf8 = value.utf8
        write(.text, UInt64(utf8.count))
        write(Array(utf8))
    }

    /// Appends a truth value.
    public mutating func write(bool value: Bool) { write(byte: value ? 0xf5 : 0xf4) }

    /// Appends null.
    public mutating func writeNull() { write(byte: 0xf6) }

    /// Appends a floating-point number in the shortest form that keeps its value; every NaN becomes one NaN.
    public mutating func write(float value: Double) {
        if value.isNaN {
            write(byte: 0xf9)
            write(bigEndian: UInt16(0x7e00))
        } else if let half = halfBits(value) {
            write(byte: 0xf9)
            write(bigEndian: half)
        } else if Double(Float(value)) == value {
            write(byte: 0xfa)
            write(bigEndian: Float(value).bitPattern)
        } else {
            write(byte: 0xfb)
            write(bigEndian: value.bitPattern)
        }
    }
}

/// The IEEE 754 half-precision bits of `value`, or nil if half precision would change it. Works without `Float16`,
/// which some processors lack.
func halfBits(_ value: Double) -> UInt16? {
    let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
    let size = value.magnitude
    if size == 0 { return sign }
    if size.isInfinite { return sign | 0x7c00 }
    let exponent = Int(size.exponent)
    guard exponent <= 15, exponent >= -24 else { return nil }
    // Normal numbers have ten fraction bits; below 2^-14 the unit stays 2^-24.
    let unit = exponent >= -14 ? exponent - 10 : -24
    let scaled = size / Double(sign: .plus, exponent: unit, significand: 1)
    guard scaled == scaled.rounded(.towardZero) else { return nil }
    let bits = UInt16(scaled)
    if exponent < -14 { return sign | bits }
    return sign | UInt16(exponent + 15) << 10 | (bits & 0x3ff)
}

/// The value of IEEE 754 half-precision `bits`.
func halfValue(_ bits: UInt16) -> Double {
    let fraction = Double(bits & 0x3ff)
    let exponent = Int(bits >> 10 & 0x1f)
    let size: Double =
        switch exponent {
        case 0: fraction * 0x1p-24
        case 31: fraction == 0 ? .infinity : .nan
        default: (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
        }
    return bits & 0x8000 == 0 ? size : -size
}

extension ByteReader {
    /// The next item's head, which must be in its shortest form.
    @inlinable
    public mutating func head(_ bytes: borrowing RawSpan) throws(Malformed) -> (
        major: CBORMajor, argument: UInt64
    ) {
        let start = offset
        let initial = try byte(bytes)
        // Every three-bit number is a major type.
        guard let major = CBORMajor(rawValue: initial >> 5) else { throw Malformed(.reserved, at: start) }
        let information = initial & 0x1f
        if information < 24 { return (major, UInt64(information)) }
        if major == .simple { return (major, try simple(bytes, information, start)) }
        switch information {
        case 24:
            let value = UInt64(try byte(bytes))
            guard value >= 24 else { throw Malformed(.nonShortest, at: start) }
            return (major, value)
        case 25:
            let at = try take(2).lowerBound
            let value = UInt64(
                UInt16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt16.self)))
            guard value > 0xff else { throw Malformed(.nonShortest, at: start) }
            return (major, value)
        case 26:
            let at = try take(4).lowerBound
            let value = UInt64(
                UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt32.self)))
            guard value > 0xffff else { throw Malformed(.nonShortest, at: start) }
            return (major, value)
        case 27:
            let value = try bigEndian64(bytes)
            guard value > 0xffff_ffff else { throw Malformed(.nonShortest, at: start) }
            return (major, value)
        case 31:
            throw Malformed(.indefinite, at: start)
        default:
            throw Malformed(.reserved, at: start)
        }
    }

    /// The argument of a simple value that does not fit the initial byte: the bits of a floating-point number,
    /// checked to be its shortest form.
    @usableFromInline
    mutating func simple(_ bytes: borrowing RawSpan, _ information: UInt8, _ start: Int) throws(Malformed)
        -> UInt64
    {
        switch information {
        case 25:
            let at = try take(2).lowerBound
            let bits = UInt16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt16.self))
            if bits & 0x7c00 == 0x7c00, bits & 0x3ff != 0, bits != 0x7e00 { throw Malformed(.nan, at: start) }
            return halfValue(bits).bitPattern
        case 26:
            let bits = try bigEndian32(bytes)
            let value = Double(Float(bitPattern: bits))
            if value.isNaN { throw Malformed(.nan, at: start) }
            if halfBits(value) != nil { throw Malformed(.nonShortest, at: start) }
            return value.bitPattern
        case 27:
            let value = Double(bitPattern: try bigEndian64(bytes))
            if value.isNaN { throw Malformed(.nan, at: start) }
            if Double(Float(value)) == value { throw Malformed(.nonShortest, at: start) }
            return value.bitPattern
        case 31:
            throw Malformed(.indefinite, at: start)
        default:
            throw Malformed(.reserved, at: start)
        }
    }

    /// Passes over the next item, checking that it is deterministic CBOR nested at most `depth` levels more.
    ///
    /// Recursion is bounded by `depth`; nothing is allocated.
    @inlinable
    public mutating func skipItem(_ bytes: borrowing RawSpan, depth: Int) throws(Malformed) {
        let start = offset
        let (major, argument) = try head(bytes)
        switch major {
        case .unsigned, .negative:
            return
        case .bytes:
            _ = try take(length(argument, start))
        case .text:
            let range = try take(length(argument, start))
            guard isUTF8(bytes, range) else { throw Malformed(.utf8, at: start) }
        case .array:
            guard depth > 0 else { throw Malformed(.depth, at: start) }
            var left = argument
            while left > 0 {
                try skipItem(bytes, depth: depth - 1)
                left -= 1
            }
        case .map:
            guard depth > 0 else { throw Malformed(.depth, at: start) }
            var previous: Range<Int>?
            var left = argument
            while left > 0 {
                let keyStart = offset
                try skipItem(bytes, depth: depth - 1)
                try checkOrder(bytes, previous, keyStart..<offset)
                previous = keyStart..<offset
                try skipItem(bytes, depth: depth - 1)
                left -= 1
            }
        case .tag:
            guard depth > 0 else { throw Malformed(.depth, at: start) }
            try skipItem(bytes, depth: depth - 1)
        case .simple:
            let initial = bytes.unsafeLoad(fromByteOffset: start, as: UInt8.self) & 0x1f
            guard initial >= 25 || (20...22).contains(argument) else { throw Malformed(.reserved, at: start) }
        }
    }

    /// A length from the wire as an `Int`; more than the bytes that are left is a truncation.
    @usableFromInline
    func length(_ argument: UInt64, _ start: Int) throws(Malformed) -> Int {
        guard argument <= UInt64(end - offset) else { throw Malformed(.truncated, at: start) }
        return Int(argument)
    }

    /// Throws unless the key in `next` follows the one in `previous` bytewise.
    @usableFromInline
    func checkOrder(_ bytes: borrowing RawSpan, _ previous: Range<Int>?, _ next: Range<Int>) throws(Malformed)
    {
        guard let previous else { return }
        switch compareBytes(bytes, previous, next) {
        case ..<0: return
        case 0: throw Malformed(.duplicateKey, at: next.lowerBound)
        default: throw Malformed(.unsortedKeys, at: next.lowerBound)
        }
    }

    /// The next item as an unsigned integer.
    @inlinable
    public mutating func unsigned(_ bytes: borrowing RawSpan) throws(Malformed) -> UInt64 {
        let start = offset
        let (major, argument) = try head(bytes)
        guard major == .unsigned else { throw Malformed(.shape, at: start) }
        return argument
    }

    /// The number of items of the array whose head is next.
    @inlinable
    public mutating func arrayHead(_ bytes: borrowing RawSpan) throws(Malformed) -> UInt64 {
        let start = offset
        let (major, argument) = try head(bytes)
        guard major == .array else { throw Malformed(.shape, at: start) }
        return argument
    }

    /// The range of the content of the byte string that is next.
    public mutating func byteString(_ bytes: borrowing RawSpan) throws(Malformed) -> Range<Int> {
        let start = offset
        let (major, argument) = try head(bytes)
        guard major == .bytes else { throw Malformed(.shape, at: start) }
        return try take(length(argument, start))
    }
}

/// Bytewise comparison of two ranges of the same bytes: negative, zero or positive.
@usableFromInline
func compareBytes(_ bytes: borrowing RawSpan, _ a: Range<Int>, _ b: Range<Int>) -> Int {
    let common = min(a.count, b.count)
    for i in 0..<common {
        let x = bytes.unsafeLoad(fromByteOffset: a.lowerBound + i, as: UInt8.self)
        let y = bytes.unsafeLoad(fromByteOffset: b.lowerBound + i, as: UInt8.self)
        if x != y { return Int(x) - Int(y) }
    }
    return a.count - b.count
}

/// Whether the bytes in `range` are valid UTF-8; ASCII is checked eight bytes at a time.
@usableFromInline
func isUTF8(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
    var at = range.lowerBound
    let end = range.upperBound
    while at < end {
        if end - at >= 8,
            bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
            at += 8
            continue
        }
        let first = bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self)
        if first < 0x80 {
            at += 1
            continue
        }
        // The second byte's range excludes overlong forms, surrogates and numbers above U+10FFFF
        // (Unicode 16, table 3-7).
        let length: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xbf
        switch first {
        case 0xc2...0xdf: length = 2
        case 0xe0...0xef:
            length = 3
            if first == 0xe0 { low = 0xa0 }
            if first == 0xed { high = 0x9f }
        case 0xf0...0xf4:
            length = 4
            if first == 0xf0 { low = 0x90 }
            if first == 0xf4 { high = 0x8f }
        default: return false
        }
        guard end - at >= length else { return false }
        let second = bytes.unsafeLoad(fromByteOffset: at + 1, as: UInt8.self)
        guard second >= low, second <= high else { return false }
        for i in 2..<max(length, 2) {
            guard bytes.unsafeLoad(fromByteOffset: at + i, as: UInt8.self) & 0xc0 == 0x80 else {
                return false
            }
        }
        at += length
    }
    return true
}
