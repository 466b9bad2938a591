/// One item of a log as it travels and as it is stored: a leaf's bytes, or a hole that stands for dead leaves.
public enum LogItem: Hashable, Sendable {
    /// The range of a leaf's bytes.
    case leaf(Range<Int>)
    /// An aligned block of which only the hash is left.
    case hole(height: Int, hash: Bytes32)

    /// The largest leaf, in bytes.
    public static let maximumLeafBytes = 65_536
    /// The greatest height of a hole.
    public static let maximumHoleHeight = 40
}

extension ByteReader {
    /// The next item of a log: a varint that is twice a leaf's size, or one more than twice a hole's height.
    public mutating func logItem(_ bytes: borrowing RawSpan) throws(Malformed) -> LogItem {
        let start = offset
        let tag = try varint(bytes)
        guard tag & 1 == 0 else {
            guard tag >> 1 <= UInt64(LogItem.maximumHoleHeight) else { throw Malformed(.shape, at: start) }
            return .hole(height: Int(tag >> 1), hash: try bytes32(bytes))
        }
        guard tag >> 1 >= 1, tag >> 1 <= UInt64(LogItem.maximumLeafBytes) else {
            throw Malformed(.shape, at: start)
        }
        return .leaf(try take(Int(tag >> 1)))
    }
}

extension ByteWriter {
    /// Appends a leaf as an item of a log.
    public mutating func write(leaf: [UInt8]) {
        precondition(!leaf.isEmpty && leaf.count <= LogItem.maximumLeafBytes, "a leaf of \(leaf.count) bytes")
        write(varint: leaf.count << 1)
        write(leaf)
    }

    /// Appends a hole as an item of a log.
    public mutating func write(holeOfHeight height: Int, hash: Bytes32) {
        write(varint: height << 1 | 1)
        write(hash)
    }
}
