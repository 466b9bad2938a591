/// The major types of CBOR (RFC 8949, 3.1).
public enum CBORMajor: UInt8, Sendable {
    case unsigned = 0
    case negative, bytes, text, array, map, tag, simple
}

extension ByteWriter {
    /// Appends the head of an item in its shortest form.
    ///
    /// Source: RFC 8949, 4.2.1.
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
        write(utf8: utf8)
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

/// The IEEE 754 half-precision bits of `value`, or nil if half precision would change it.
///
/// Works without `Float16`, which some processors lack.
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
    ///
    /// The argument of a floating-point number is the bits of its value in double precision. The order in which faults
    /// are seen is that of E-16.
    @inlinable
    public mutating func head(_ bytes: borrowing RawSpan) throws(Malformed) -> (
        major: CBORMajor, argument: UInt64
    ) {
        let start = offset
        let initial = try byte(bytes)
        let information = initial & 0x1f
        // Every three-bit number is a major type.
        guard let major = CBORMajor(rawValue: initial >> 5) else { throw Malformed(.reserved, at: start) }
        guard information >= 24 else {
            guard major != .simple || (20...22).contains(information) else {
                throw Malformed(.simple, at: start)
            }
            return (major, UInt64(information))
        }
        guard information < 28 else {
            throw Malformed(information == 31 ? .indefinite : .reserved, at: start)
        }
        let size = 1 << Int(information - 24)
        guard size <= end - offset else { throw Malformed(.truncated, at: start) }
        let at = offset
        offset += size
        let argument: UInt64
        let shorter: UInt64
        switch size {
        case 1:
            argument = UInt64(bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self))
            shorter = 23
        case 2:
            argument = UInt64(
                UInt16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt16.self)))
            shorter = 0xff
        case 4:
            argument = UInt64(
                UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt32.self)))
            shorter = 0xffff
        default:
            argument = loadBigEndian(bytes, at: at)
            shorter = 0xffff_ffff
        }
        if major == .simple { return (major, try float(argument, size, start)) }
        guard argument > shorter else { throw Malformed(.nonShortest, at: start) }
        return (major, argument)
    }

    /// The bits in double precision of a floating-point number of `size` bytes, which must be its shortest form.
    @usableFromInline
    func float(_ bits: UInt64, _ size: Int, _ start: Int) throws(Malformed) -> UInt64 {
        let value: Double
        let isShortest: Bool
        switch size {
        case 1:
            throw Malformed(.simple, at: start)
        case 2:
            value = halfValue(UInt16(truncatingIfNeeded: bits))
            isShortest = true
            if value.isNaN, bits == 0x7e00 { return value.bitPattern }
        case 4:
            value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            isShortest = halfBits(value) == nil
        default:
            value = Double(bitPattern: bits)
            isShortest = Double(Float(value)) != value
        }
        if value.isNaN { throw Malformed(.nan, at: start) }
        guard isShortest else { throw Malformed(.nonShortest, at: start) }
        return value.bitPattern
    }

    /// Passes over the next item, checking that it is deterministic CBOR nested at most `depth` levels more.
    ///
    /// Recursion is bounded by `depth`; nothing is allocated.
    public mutating func skipItem(_ bytes: borrowing RawSpan, depth: Int) throws(Malformed) {
        let start = offset
        let (major, argument) = try head(bytes)
        switch major {
        case .unsigned, .negative, .simple:
            return
        case .bytes:
            offset += try length(argument, start)
        case .text:
            let first = offset
            offset += try length(argument, start)
            guard isUTF8(bytes, first..<offset) else { throw Malformed(.utf8, at: start) }
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
