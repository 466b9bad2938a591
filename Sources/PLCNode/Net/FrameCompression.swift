internal import CZstd
package import PLCSync

/// Compresses the DATA frames of one direction of a connection as one stream, so that what was said before helps with
/// what follows; what one space said never helps with another's (S: COMPRESSED).
///
/// Holds no memory while nothing is sent.
package struct FrameCompressor: ~Copyable {
    /// The widest window: both sides hold so much of what went before, in powers of two.
    static let windowLog: Int32 = 20
    /// Bodies below this are not worth a header.
    static let minimumBytes = 64
    /// A change is taken to have so many bytes, in advance.
    private static let changeBytes = 256

    /// How a stream is compressed, by how much it is to carry: what is short is worth the time that makes it
    /// shorter, and what is long takes the time that there is.
    ///
    /// A stream that has to carry more than it was begun for gives way to a new one.
    private enum Effort: Int, Comparable {
        case brief, middle, long, bulk

        init(bytes: Int) {
            switch bytes {
            case ...16_384: self = .brief
            case ...262_144: self = .middle
            case ...2_097_152: self = .long
            default: self = .bulk
            }
        }

        static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

        /// Zstd's parameters.
        ///
        /// Its levels leave the tables large for streams of unknown length, and clearing them takes longer
        /// than a short stream itself. Found by trying on exchanges of 1, 100, 1,000 and 5,000 changes.
        var parameters: [(ZSTD_cParameter, Int32)] {
            let values: [Int32] =
                switch self {
                case .brief: [17, 15, 15, 5, 3, 48, 9]
                case .middle: [FrameCompressor.windowLog, 17, 18, 6, 3, 128, 8]
                case .long: [FrameCompressor.windowLog, 19, 18, 6, 5, 32, 5]
                case .bulk: [FrameCompressor.windowLog, 17, 16, 1, 5, 0, 2]
                }
            let names = [
                ZSTD_c_windowLog, ZSTD_c_hashLog, ZSTD_c_chainLog, ZSTD_c_searchLog, ZSTD_c_minMatch,
                ZSTD_c_targetLength, ZSTD_c_strategy,
            ]
            return Array(zip(names, values))
        }
    }

    private var effort = Effort.brief
    private var expected = 0
    private var context: OpaquePointer?
    private var space: [UInt8] = []

    package init() {}

    deinit { ZSTD_freeCCtx(context) }

    /// Tells how many changes are on their way, with the next body and those after it.
    mutating func expect(changes: UInt64) {
        expected =
            Int(clamping: changes) < Int.max / Self.changeBytes ? Int(changes) * Self.changeBytes : .max
    }

    /// The COMPRESSED frame for a DATA body, or nil if it is to be sent as it is.
    package mutating func compress(_ body: ArraySlice<UInt8>) -> [UInt8]? {
        guard body.count >= Self.minimumBytes else { return nil }
        let space = Self.handle(body)
        let effort = Effort(bytes: max(expected, body.count))
        let isFresh = context == nil || space != self.space || effort > self.effort
        if context == nil { context = ZSTD_createCCtx() }
        guard let context else { return nil }
        if isFresh {
            ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
            for (name, value) in effort.parameters { ZSTD_CCtx_setParameter(context, name, value) }
            ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        }
        if isFresh { self.effort = effort }
        self.space = space
        let bound = ZSTD_compressBound(body.count) + 64
        let packed = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            body.withUnsafeBytes { raw in
                var input = ZSTD_inBuffer(src: raw.baseAddress, size: raw.count, pos: 0)
                var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: bound, pos: 0)
                let left = ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush)
                precondition(left == 0 && input.pos == input.size, "zstd did not flush into its own bound")
                count = output.pos
            }
        }
        guard body.count <= FrameDecompressor.freeBytes + packed.count * FrameDecompressor.maximumRatio else {
            // The peer would take it for a bomb. The stream has moved on without the peer, so it begins anew.
            rest()
            return nil
        }
        var w = ByteWriter(capacity: packed.count + 16)
        w.write(byte: isFresh ? 1 : 0)
        w.write(byte: Frame.Kind.data.rawValue)
        w.write(varint: body.count)
        w.write(packed)
        return Frame.encode(.compressed, w.bytes)
    }

    /// Lets the memory go; the next body begins a new stream.
    mutating func rest() {
        ZSTD_freeCCtx(context)
        context = nil
        space = []
    }

    /// The bytes of the varint that a DATA body begins with: which space it is about.
    static func handle(_ body: ArraySlice<UInt8>) -> [UInt8] {
        let end = body.firstIndex { $0 < 0x80 } ?? body.endIndex - 1
        return Array(body[...end])
    }
}

/// Undoes what a `FrameCompressor` did at the other end.
package struct FrameDecompressor: ~Copyable {
    /// How many bytes one byte may become, beyond the first `freeBytes`.
    static let maximumRatio = 64
    static let freeBytes = 4_096

    private var context: OpaquePointer?

    package init() {}

    deinit { ZSTD_freeDCtx(context) }

    /// The body and its type; throws if the bytes are not such a stream, or would become too many.
    package mutating func decompress(_ body: borrowing RawSpan) throws(Malformed) -> (
        type: UInt8, body: [UInt8]
    ) {
        var reader = ByteReader(body)
        let flags = try reader.byte(body)
        let type = try reader.byte(body)
        guard flags <= 1, type == Frame.Kind.data.rawValue else { throw Malformed(.shape, at: 0) }
        let count = try reader.count(body, limit: Frame.maximumDataBytes)
        let packed = body.extracting(reader.offset..<body.byteCount)
        guard count <= Self.freeBytes + packed.byteCount * Self.maximumRatio else {
            throw Malformed(.limit, at: 2)
        }
        if flags == 1 {
            if context == nil { context = ZSTD_createDCtx() }
            ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters)
            ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, FrameCompressor.windowLog)
        }
        guard let context else { throw Malformed(.shape, at: 0) }
        var isWhole = false
        let raw = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            packed.withUnsafeBytes { bytes in
                var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
                var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: count, pos: 0)
                while true {
                    let before = (input.pos, output.pos)
                    let hint = ZSTD_decompressStream(context, &output, &input)
                    if ZSTD_isError(hint) != 0 { break }
                    if input.pos == input.size, output.pos == count {
                        isWhole = !Self.holdsMore(context)
                        break
                    }
                    if before == (input.pos, output.pos) { break }
                }
                done = output.pos
            }
        }
        guard isWhole else { throw Malformed(.shape, at: reader.offset) }
        return (type, raw)
    }

    /// Whether zstd has more bytes than it was given room for: they would come out as the beginning of the next body.
    private static func holdsMore(_ context: OpaquePointer) -> Bool {
        var extra: UInt8 = 0
        return withUnsafeMutableBytes(of: &extra) { room in
            var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
            var output = ZSTD_outBuffer(dst: room.baseAddress, size: 1, pos: 0)
            return ZSTD_isError(ZSTD_decompressStream(context, &output, &input)) != 0 || output.pos > 0
        }
    }
}
