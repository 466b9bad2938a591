/// A position in bytes from outside; every read is bounded and total.
///
/// The bytes are passed to each call instead of being held, because a type that stores a span would need an
/// experimental feature of the compiler.
public struct ByteReader: Sendable {
    /// The offset of the next byte.
    public var offset: Int
    /// Reading stops here.
    public let end: Int

    /// A reader of all of `bytes`.
    @inlinable
    public init(_ bytes: borrowing RawSpan) {
        offset = 0
        end = bytes.byteCount
    }

    /// A reader of the bytes in `range`, which must lie within the bytes that are passed to the calls.
    @inlinable
    public init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// Whether all bytes are read.
    @inlinable
    public var isAtEnd: Bool { offset >= end }

    /// How many bytes are left.
    @inlinable
    public var remaining: Int { end - offset }

    /// The next byte.
    @inlinable
    public mutating func byte(_ bytes: borrowing RawSpan) throws(Malformed) -> UInt8 {
        guard offset < end else { throw Malformed(.truncated, at: offset) }
        defer { offset += 1 }
        return bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The range of the next `count` bytes, which are passed over.
    @inlinable
    public mutating func take(_ count: Int) throws(Malformed) -> Range<Int> {
        guard count >= 0, count <= end - offset else { throw Malformed(.truncated, at: offset) }
        defer { offset += count }
        return offset..<offset + count
    }

    /// The next `count` bytes, copied.
    public mutating func array(_ bytes: borrowing RawSpan, _ count: Int) throws(Malformed) -> [UInt8] {
        let range = try take(count)
        return bytes.extracting(range).array
    }

    /// The next eight bytes as a big-endian number.
    @inlinable
    public mutating func bigEndian64(_ bytes: borrowing RawSpan) throws(Malformed) -> UInt64 {
        loadBigEndian(bytes, at: try take(8).lowerBound)
    }

    /// The next four bytes as a big-endian number.
    public mutating func bigEndian32(_ bytes: borrowing RawSpan) throws(Malformed) -> UInt32 {
        let at = try take(4).lowerBound
        return UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt32.self))
    }

    /// The next sixteen bytes.
    @inlinable
    public mutating func bytes16(_ bytes: borrowing RawSpan) throws(Malformed) -> Bytes16 {
        let at = try take(16).lowerBound
        return Bytes16(high: loadBigEndian(bytes, at: at), low: loadBigEndian(bytes, at: at + 8))
    }

    /// The next thirty-two bytes.
    public mutating func bytes32(_ bytes: borrowing RawSpan) throws(Malformed) -> Bytes32 {
        let at = try take(32).lowerBound
        return Bytes32(
            words: (
                loadBigEndian(bytes, at: at), loadBigEndian(bytes, at: at + 8),
                loadBigEndian(bytes, at: at + 16),
                loadBigEndian(bytes, at: at + 24)
            ))
    }

    /// The next varint: unsigned LEB128 in its shortest form, at most ten bytes.
    @inlinable
    public mutating func varint(_ bytes: borrowing RawSpan) throws(Malformed) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte(bytes)
            if shift == 63, next > 1 { throw Malformed(.overflow, at: start) }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 {
                if next == 0, shift > 0 { throw Malformed(.nonShortest, at: start) }
                return value
            }
            shift += 7
        }
    }

    /// The next varint as a count or a size of at most `limit`.
    @inlinable
    public mutating func count(_ bytes: borrowing RawSpan, limit: Int) throws(Malformed) -> Int {
        let start = offset
        let value = try varint(bytes)
        guard let count = Int(exactly: value), count <= limit else { throw Malformed(.limit, at: start) }
        return count
    }

    /// Throws unless all bytes are read.
    public func finish() throws(Malformed) {
        guard isAtEnd else { throw Malformed(.trailing, at: offset) }
    }
}

extension RawSpan {
    /// The bytes, copied.
    @inlinable
    public var array: [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
