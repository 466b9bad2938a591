/// One message as it travels: a type, a length and a body.
///
/// Source: Specs/session.md.
public enum Frame {
    /// The types of messages.
    public enum Kind: UInt8, Sendable {
        case hello = 1
        case open, heads, ack, want, data, recon
        case join = 10
        case ping, close, pong
        case welcome = 15
        case credit
        /// A DATA frame whose body is compressed; made and undone by the shell.
        case compressed = 32
    }

    /// The largest body of any frame but DATA, in bytes.
    public static let maximumBodyBytes = 65_536
    /// The largest body of a DATA frame, in bytes after decompression.
    public static let maximumDataBytes = 262_144
    /// The largest body that a frame may declare, in bytes: DATA and some room for what cannot be compressed.
    public static let maximumDeclaredBytes = maximumDataBytes + 1_024
    /// Types below this must be known to whoever receives them; others are passed over.
    public static let firstOptionalType: UInt8 = 64

    /// The bytes of a frame of `kind` around `body`.
    public static func encode(_ kind: Kind, _ body: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: body.count + 6)
        writer.write(byte: kind.rawValue)
        writer.write(varint: body.count)
        writer.write(body)
        return writer.bytes
    }

    /// The number of bytes of a frame around a body of `count` bytes.
    static func encodedCount(_ count: Int) -> Int {
        1 + max(1, (Int.bitWidth - count.leadingZeroBitCount + 6) / 7) + count
    }

    /// The first frame in `bytes`: its type, its body's range and where the next begins; nil if more bytes must come.
    ///
    /// Throws `limit` as soon as the declared length is too large, before anything is kept for it.
    public static func first(
        in bytes: borrowing RawSpan, from start: Int
    ) throws(Malformed) -> (type: UInt8, body: Range<Int>)? {
        var reader = ByteReader(start..<bytes.byteCount)
        guard reader.remaining >= 2 else { return nil }
        let type = try reader.byte(bytes)
        let isData = type == Kind.data.rawValue || type == Kind.compressed.rawValue
        let limit = isData ? maximumDeclaredBytes : maximumBodyBytes
        let length: Int
        do throws(Malformed) {
            length = try reader.count(bytes, limit: limit)
        } catch {
            guard error.reason == .truncated else { throw error }
            return nil
        }
        guard reader.remaining >= length else { return nil }
        return (type, try reader.take(length))
    }
}
