internal import CZstd
package import PLCSync

/// Compresses the DATA frames of one direction of a connection as one stream, so that what was said before helps with
/// what follows; what one space said never helps with another's (S-36).
///
/// A stream that is to carry little begins with leaves that the peer holds too (S-47). Holds no memory while nothing
/// is sent.
package struct FrameCompressor: ~Copyable {
    /// The widest window: both sides hold so much of what went before, in powers of two.
    static let windowLog: Int32 = 20
    /// Bodies below this are not worth a header.
    static let minimumBytes = 64
    /// A body below this is not worth naming a prefix.
    static let minimumPrefixedBytes = 256
    /// A prefix below this is not worth naming.
    static let minimumPrefixBytes = 1_024
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
                case .brief: [17, 15, 16, 5, 3, 48, 9]
                case .middle: [FrameCompressor.windowLog, 17, 18, 5, 3, 48, 8]
                case .long: [FrameCompressor.windowLog, 19, 18, 6, 5, 32, 5]
                case .bulk: [FrameCompressor.windowLog, 17, 16, 1, 5, 0, 2]
                }
            let names = [
                ZSTD_c_windowLog, ZSTD_c_hashLog, ZSTD_c_chainLog, ZSTD_c_searchLog, ZSTD_c_minMatch,
                ZSTD_c_targetLength, ZSTD_c_strategy,
            ]
            return Array(zip(names, values))
        }

        /// How much of what both sides hold is worth indexing before the first byte, as a power of two; nil if
        /// nothing is.
        ///
        /// Twice as much saves another 2 to 4 %, and takes twice the time: for one change 0.6 ms and not 1.5, for a
        /// hundred 10 ms and not 17.
        var prefixSizeLog: UInt8? {
            switch self {
            case .brief: 14
            case .middle: 16
            case .long: StreamPrefix.maximumSizeLog
            case .bulk: nil
            }
        }
    }

    /// What a stream may begin with, and how the peer is told so.
    package struct Prefix {
        let name: StreamPrefix
        let bytes: [UInt8]

        package init(_ name: StreamPrefix, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    private var effort = Effort.brief
    private var expected = 0
    private var context: OpaquePointer?
    private var space: [UInt8] = []
    /// What the next stream may begin with, if the next body begins one.
    private var offer: Prefix?
    /// What the stream took from: zstd refers to it for as long as it lies within the window, and is not asked.
    private var prefix: StableBytes?
    /// Whether the peer keeps a stream that was not ended.
    private var isOpenAtPeer = false

    package init() {}

    deinit { ZSTD_freeCCtx(context) }

    /// Tells how many changes are on their way, with the next body and those after it.
    package mutating func expect(changes: UInt64) {
        expected =
            Int(clamping: changes) < Int.max / Self.changeBytes ? Int(changes) * Self.changeBytes : .max
    }

    /// How much of a run the next stream of a space is to begin with, as a power of two; nil if the one that there is
    /// goes on, or is to carry so much that it is not worth it.
    package func prefixSizeLog(handle: UInt64) -> UInt8? {
        let effort = Effort(bytes: expected)
        return isFresh(Self.varint(handle), effort) ? effort.prefixSizeLog : nil
    }

    /// Lets the next body begin its stream with this, if it begins one.
    package mutating func offer(_ prefix: Prefix?) { offer = prefix }

    private func isFresh(_ space: [UInt8], _ effort: Effort) -> Bool {
        context == nil || space != self.space || effort > self.effort
    }

    /// The COMPRESSED frame for a DATA body, or nil if it is to be sent as it is.
    package mutating func compress(_ body: ArraySlice<UInt8>) -> [UInt8]? {
        let offered = offer
        offer = nil
        guard body.count >= Self.minimumBytes else { return nil }
        let space = Self.handle(body)
        let effort = Effort(bytes: max(expected, body.count))
        var stream = Message.Compressed.Stream.goesOn
        if isFresh(space, effort) {
            let prefix = offered.flatMap { Self.isWorth($0, body, space) ? $0 : nil }
            guard begin(effort, prefix) else { return nil }
            self.space = space
            stream = .begins(prefix?.name)
        }
        guard let packed = pack(body) else { return nil }
        guard Message.Compressed.allows(body.count, from: packed.count) else {
            // The peer would take it for a bomb. The stream has moved on without the peer, so it begins anew.
            release()
            return nil
        }
        isOpenAtPeer = true
        return Message.Compressed(stream: stream, count: body.count).encode(packed)
    }

    private static func isWorth(_ prefix: Prefix, _ body: ArraySlice<UInt8>, _ space: [UInt8]) -> Bool {
        body.count >= minimumPrefixedBytes && prefix.bytes.count >= minimumPrefixBytes
            && varint(prefix.name.handle) == space
    }

    /// Begins a stream; false if zstd has no memory.
    private mutating func begin(_ effort: Effort, _ prefix: Prefix?) -> Bool {
        if context == nil { context = ZSTD_createCCtx() }
        guard let context else { return false }
        ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
        for (name, value) in effort.parameters { ZSTD_CCtx_setParameter(context, name, value) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        // Only now does nothing refer to the earlier one.
        self.prefix = prefix.map { StableBytes($0.bytes) }
        if let bytes = self.prefix?.bytes { ZSTD_CCtx_refPrefix(context, bytes.baseAddress, bytes.count) }
        self.effort = effort
        return true
    }

    /// The next zstd bytes of the stream, flushed.
    private func pack(_ body: ArraySlice<UInt8>) -> [UInt8]? {
        guard let context else { return nil }
        let bound = ZSTD_compressBound(body.count) + 64
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            body.withUnsafeBytes { raw in
                var input = ZSTD_inBuffer(src: raw.baseAddress, size: raw.count, pos: 0)
                var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: bound, pos: 0)
                let left = ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush)
                precondition(left == 0 && input.pos == input.size, "zstd did not flush into its own bound")
                count = output.pos
            }
        }
    }

    /// Lets the memory go here and at the peer; the next body begins a new stream.
    ///
    /// Returns the frame that tells the peer, or nil if it keeps nothing.
    package mutating func rest() -> [UInt8]? {
        release()
        guard isOpenAtPeer else { return nil }
        isOpenAtPeer = false
        return Message.Compressed(stream: .ends, count: 0).encode([])
    }

    private mutating func release() {
        ZSTD_freeCCtx(context)
        context = nil
        prefix = nil
        space = []
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var w = ByteWriter()
        w.write(varint: value)
        return w.bytes
    }

    /// The bytes of the varint that a DATA body begins with: which space it is about.
    static func handle(_ body: ArraySlice<UInt8>) -> [UInt8] {
        let end = body.firstIndex { $0 < 0x80 } ?? body.endIndex - 1
        return Array(body[...end])
    }
}

/// Bytes that stay where they are, for a library that keeps pointing at them.
final class StableBytes {
    private let memory: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
        memory = .allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
    }

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
}
