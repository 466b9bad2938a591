internal import PLCSync

/// Cuts one connection's bytes into frames, in both directions, and compresses what is worth it.
final class FrameChannel {
    private var input: [UInt8] = []
    private var compressor = FrameCompressor()
    private var decompressor = FrameDecompressor()
    private var sentSinceReceived = false
    private(set) var lastData: UInt64 = 0

    /// How often this side has waited for the peer: the times that something came after something was sent.
    private(set) var roundTrips = 0
    /// Bytes of frames, as they were handed to TLS.
    private(set) var bytesSent = 0
    private(set) var bytesReceived = 0

    /// The bytes to send for a frame of the replica's.
    func outgoing(_ frame: [UInt8], at now: UInt64) -> [UInt8] {
        sentSinceReceived = true
        var bytes = frame
        if frame[0] == Frame.Kind.data.rawValue,
            let first = try? Frame.first(in: frame.span.bytes, from: 0)
        {
            lastData = now
            bytes = compressor.compress(frame[first.body]) ?? frame
        }
        bytesSent += bytes.count
        return bytes
    }

    /// Tells how many changes the peer is about to be sent, so that they are compressed accordingly.
    func expect(changes: UInt64) { compressor.expect(changes: changes) }

    /// Takes in bytes and gives each whole frame to `body`; throws on bytes that are no frames.
    func incoming(
        _ bytes: borrowing RawSpan, at now: UInt64, _ body: (_ type: UInt8, _ body: [UInt8]) -> Void
    ) throws(Malformed) {
        if sentSinceReceived {
            roundTrips += 1
            sentSinceReceived = false
        }
        bytesReceived += bytes.byteCount
        bytes.withUnsafeBytes { input.append(contentsOf: $0) }
        let all = input
        input = []
        var offset = 0
        let span = all.span.bytes
        while let (type, range) = try Frame.first(in: span, from: offset) {
            offset = range.upperBound
            if type == Frame.Kind.compressed.rawValue {
                lastData = now
                let (inner, raw) = try decompressor.decompress(span.extracting(range))
                body(inner, raw)
            } else {
                body(type, span.extracting(range).array)
            }
        }
        if offset < all.count { input = Array(all[offset...]) }
    }

    /// Lets go of the memory of the stream out, if both have been silent.
    ///
    /// That of the stream in stays: only the peer knows when it begins a new one.
    func restIfSilent(since: UInt64) {
        guard lastData < since else { return }
        compressor.rest()
    }
}
