/// Sixteen bytes held as two machine words, ordered bytewise: the shape of log and record identifiers.
///
/// Hashing and comparing words is two to three times as fast as doing so over a byte array.
public struct Bytes16: Hashable, Comparable, Sendable {
    /// The number of bytes.
    public static let count = 16
    /// Bytes 0–7, big-endian.
    public let high: UInt64
    /// Bytes 8–15, big-endian.
    public let low: UInt64

    /// The value whose big-endian halves are `high` and `low`.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads sixteen bytes at `offset`, or nil if `bytes` ends before them.
    @inlinable
    public init?(_ bytes: borrowing RawSpan, at offset: Int = 0) {
        guard offset >= 0, offset <= bytes.byteCount, bytes.byteCount - offset >= Self.count else {
            return nil
        }
        high = loadBigEndian(bytes, at: offset)
        low = loadBigEndian(bytes, at: offset + 8)
    }

    /// Reads exactly sixteen bytes, or nil for any other length.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        self.init(bytes.span.bytes)
    }

    /// Bytewise order, which is the order of the big-endian words.
    @inlinable
    public static func < (a: Self, b: Self) -> Bool {
        a.high != b.high ? a.high < b.high : a.low < b.low
    }

    /// The sixteen bytes.
    public var bytes: [UInt8] { bigEndianBytes([high, low]) }
}

/// Thirty-two bytes held as four machine words, ordered bytewise: the shape of hashes and public keys.
public struct Bytes32: Hashable, Comparable, Sendable {
    /// The number of bytes.
    public static let count = 32
    /// The four big-endian words, most significant first.
    public let words: (UInt64, UInt64, UInt64, UInt64)

    /// The value with these big-endian words.
    @inlinable
    public init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// Reads thirty-two bytes at `offset`, or nil if `bytes` ends before them.
    @inlinable
    public init?(_ bytes: borrowing RawSpan, at offset: Int = 0) {
        guard offset >= 0, offset <= bytes.byteCount, bytes.byteCount - offset >= Self.count else {
            return nil
        }
        words = (
            loadBigEndian(bytes, at: offset), loadBigEndian(bytes, at: offset + 8),
            loadBigEndian(bytes, at: offset + 16), loadBigEndian(bytes, at: offset + 24)
        )
    }

    /// Reads exactly thirty-two bytes, or nil for any other length.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        self.init(bytes.span.bytes)
    }

    /// Whether the words are equal; tuples are not Equatable, so it is written out.
    @inlinable
    public static func == (a: Self, b: Self) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2 && a.words.3 == b.words.3
    }

    /// Bytewise order, which is the order of the big-endian words.
    @inlinable
    public static func < (a: Self, b: Self) -> Bool { a.words < b.words }

    /// Feeds the four words to `hasher`.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }

    /// The thirty-two bytes.
    public var bytes: [UInt8] { bigEndianBytes([words.0, words.1, words.2, words.3]) }
}

/// Loads eight bytes as a big-endian number; the caller has checked the bounds.
@inlinable
func loadBigEndian(_ bytes: borrowing RawSpan, at offset: Int) -> UInt64 {
    UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

private func bigEndianBytes(_ words: [UInt64]) -> [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(words.count * 8)
    for word in words {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }
    return bytes
}
