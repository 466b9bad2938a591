internal import CZstd
import PLCSync

/// Compresses stretches of logs for the disk: whole blocks of about 32 KiB, each on its own.
///
/// One owner at a time; the contexts are reused because making them costs more than a block.
final class StretchCodec {
    /// A stretch is compressed once it has this many bytes: large enough that Arabic prose shrinks to a third, small
    /// enough that one leaf is read in some thirty microseconds.
    static let blockBytes = limit(32 * 1_024, tight: 2_048)
    /// No stretch has more than this, in bytes: one that says so was spoilt by its disk.
    ///
    /// It has less than a block before the batch that fills it, and a batch less than a DATA message.
    static let maximumRawBytes = 4 * 1_024 * 1_024
    /// Level 1 loses three percent of size to level 3, and takes half its time.
    private static let level: Int32 = 1

    private let compressor: OpaquePointer
    private let decompressor: OpaquePointer

    init() {
        guard let compressor = ZSTD_createCCtx(), let decompressor = ZSTD_createDCtx() else {
            preconditionFailure("zstd has no memory for a context")
        }
        self.compressor = compressor
        self.decompressor = decompressor
        // Four bytes a block, so that a bit that flips on the disk is seen whenever the block is read.
        let results = [
            ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, Self.level),
            ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 1),
        ]
        precondition(results.allSatisfy { ZSTD_isError($0) == 0 }, "zstd knows its own parameters")
    }

    deinit {
        ZSTD_freeCCtx(compressor)
        ZSTD_freeDCtx(decompressor)
    }

    /// The compressed form of `bytes`.
    func compress(_ bytes: [UInt8]) -> [UInt8] {
        let bound = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            count = ZSTD_compress2(compressor, buffer.baseAddress, bound, bytes, bytes.count)
            precondition(ZSTD_isError(count) == 0, "zstd could not compress \(bytes.count) bytes")
        }
    }

    /// The `rawBytes` bytes whose compressed form is `bytes`, or nil if it is not.
    func decompress(_ bytes: UnsafeRawBufferPointer, rawBytes: Int) -> [UInt8]? {
        var result = 0
        let raw = [UInt8](unsafeUninitializedCapacity: rawBytes) { buffer, count in
            result = ZSTD_decompressDCtx(
                decompressor, buffer.baseAddress, rawBytes, bytes.baseAddress, bytes.count)
            count = ZSTD_isError(result) == 0 ? result : 0
        }
        return raw.count == rawBytes ? raw : nil
    }
}
