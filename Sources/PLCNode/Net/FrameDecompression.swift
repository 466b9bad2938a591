internal import CZstd
package import PLCSync

/// Undoes what a `FrameCompressor` did at the other end.
///
/// Holds no memory while there is no stream.
package struct FrameDecompressor: ~Copyable {
    private var context: OpaquePointer?
    /// The handle of the space that the stream is about.
    private var space: UInt64 = 0
    /// What the stream takes from: zstd refers to it for as long as it lies within the window.
    private var prefix: StableBytes?

    package init() {}

    deinit { ZSTD_freeDCtx(context) }

    /// What became of a frame.
    package enum Result: Equatable {
        /// A DATA body.
        case body([UInt8])
        /// Nothing: the frame says that there is no stream any more.
        case ended
        /// Nothing yet: the stream takes from leaves that must be read first; pass them with the same frame.
        case needs(StreamPrefix)
    }

    /// Whether a stream is kept.
    package var isOpen: Bool { context != nil }

    /// What is in a frame; throws if the bytes are not such a stream, or would become too many.
    ///
    /// `prefix` is what an earlier call for this frame asked for.
    package mutating func decompress(
        _ body: borrowing RawSpan, prefix given: (name: StreamPrefix, bytes: [UInt8])? = nil
    ) throws(Malformed) -> Result {
        var range = 0..<0
        let message = try Message.Compressed(body, packed: &range)
        switch message.stream {
        case .ends:
            guard isOpen else { throw Malformed(.shape, at: 0) }
            release()
            return .ended
        case .begins(let name?):
            guard let given, given.name == name else { return .needs(name) }
            guard StreamPrefix.check(given.bytes) == name.check else { throw Malformed(.shape, at: 0) }
            begin(given.bytes)
        case .begins(nil): begin(nil)
        case .goesOn: break
        }
        let raw = try unpack(body.extracting(range), count: message.count)
        // What one space said helps with no other (S-36, S-47).
        var reader = ByteReader(raw.span.bytes)
        let space = try reader.varint(raw.span.bytes)
        switch message.stream {
        case .begins(let name?): guard space == name.handle else { throw Malformed(.shape, at: 0) }
        case .goesOn: guard space == self.space else { throw Malformed(.shape, at: 0) }
        case .begins(nil), .ends: break
        }
        self.space = space
        return .body(raw)
    }

    private mutating func begin(_ bytes: [UInt8]?) {
        if context == nil { context = ZSTD_createDCtx() }
        guard let context else { return }
        ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters)
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, FrameCompressor.windowLog)
        // Only now does nothing refer to the earlier one.
        prefix = bytes.map(StableBytes.init)
        if let bytes = prefix?.bytes { ZSTD_DCtx_refPrefix(context, bytes.baseAddress, bytes.count) }
    }

    private mutating func release() {
        ZSTD_freeDCtx(context)
        context = nil
        prefix = nil
    }

    /// The next `count` bytes of the stream, of which there must be exactly so many.
    private func unpack(_ packed: borrowing RawSpan, count: Int) throws(Malformed) -> [UInt8] {
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
        guard isWhole else { throw Malformed(.shape, at: 0) }
        return raw
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
