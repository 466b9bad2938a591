/// Bytes under construction: fixed-width numbers, varints and deterministic CBOR.
///
/// One allocation that grows; call `removeAll` to reuse it.
public struct ByteWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty writer.
    public init() {}

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int) { bytes.reserveCapacity(capacity) }

    /// The number of bytes written.
    public var count: Int { bytes.count }

    /// Forgets what was written and keeps the memory.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends one byte.
    public mutating func write(byte: UInt8) { bytes.append(byte) }

    /// Appends bytes as they are.
    public mutating func write(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    /// Appends bytes as they are.
    public mutating func write(_ more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }

    /// Appends bytes as they are.
    public mutating func write(_ more: borrowing RawSpan) {
        unsafe more.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends the bytes of a text.
    public mutating func write(utf8: String.UTF8View) { bytes.append(contentsOf: utf8) }

    /// Appends the sixteen bytes of an identifier.
    public mutating func write(_ value: Bytes16) {
        write(bigEndian: value.high)
        write(bigEndian: value.low)
    }

    /// Appends the thirty-two bytes of a hash or key.
    public mutating func write(_ value: Bytes32) {
        write(bigEndian: value.words.0)
        write(bigEndian: value.words.1)
        write(bigEndian: value.words.2)
        write(bigEndian: value.words.3)
    }

    /// Appends an eight-byte big-endian number.
    public mutating func write(bigEndian value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends a four-byte big-endian number.
    public mutating func write(bigEndian value: UInt32) {
        withUnsafeBytes(of: value.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends a two-byte big-endian number.
    public mutating func write(bigEndian value: UInt16) {
        withUnsafeBytes(of: value.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends a varint: unsigned LEB128 in its shortest form.
    public mutating func write(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Appends a varint that is a count or a size, and so not negative.
    public mutating func write(varint value: Int) { write(varint: UInt64(value)) }
}
