package import PLCSync

/// Cuts one connection's bytes into frames, in both directions, and compresses what is worth it.
///
/// A frame that takes from leaves that must be read first holds up those behind it: `needs` says which, and after
/// `provide` they go on.
package final class FrameChannel {
    private var input: [UInt8] = []
    private var compressor = FrameCompressor()
    private var decompressor = FrameDecompressor()
    private var provided: (name: StreamPrefix, bytes: [UInt8])?
    private var lastDataSent: UInt64 = 0

    package init() {}

    /// Whether a stream has ended since its host last looked: memory of some size is free.
    package var hasFreed = false
    /// The leaves that must be read before the next frame; nil if frames are not held up.
    package private(set) var needs: StreamPrefix?
    /// How often this side has waited for an answer.
    package private(set) var trips = RoundTrips()
    /// Bytes of frames, as they were handed to TLS.
    package private(set) var bytesSent = 0
    package private(set) var bytesReceived = 0

    /// A stream that has carried nothing for so long ends, and both sides let its memory go, in milliseconds.
    package static let streamIdle: UInt64 = 5_000

    /// The bytes to send for a frame of the replica's.
    package func outgoing(_ frame: [UInt8], at now: UInt64) -> [UInt8] {
        trips.sent(frame[0])
        var bytes = frame
        if frame[0] == Frame.Kind.data.rawValue,
            let first = try? Frame.first(in: frame.span.bytes, from: 0)
        {
            lastDataSent = now
            bytes = compressor.compress(frame[first.body]) ?? frame
        }
        bytesSent += bytes.count
        return bytes
    }

    /// Tells how many changes the peer is about to be sent, so that they are compressed accordingly.
    ///
    /// Returns how much of the leaves that it holds too a stream is to begin with, as a power of two, if any.
    package func expect(_ request: ReadRequest) -> UInt8? {
        compressor.expect(changes: request.changes)
        return request.common.flatMap { compressor.prefixSizeLog(handle: $0.handle) }
    }

    /// Gives the next DATA frame leaves that the peer holds too, to begin a stream with.
    package func offer(_ run: CommonRun, sizeLog: UInt8, _ bytes: [UInt8]) {
        let name = StreamPrefix(
            handle: run.handle, log: run.name,
            through: planted(.prefixOfOtherLeaves) ? max(1, run.through - 1) : run.through, sizeLog: sizeLog,
            check: StreamPrefix.check(bytes))
        compressor.offer(FrameCompressor.Prefix(name, bytes))
    }

    /// Takes in bytes and gives each whole frame to `body`; throws on bytes that are no frames.
    package func incoming(
        _ bytes: borrowing RawSpan, _ body: (_ type: UInt8, _ body: [UInt8]) -> Void
    ) throws(Malformed) {
        bytesReceived += bytes.byteCount
        bytes.withUnsafeBytes { input.append(contentsOf: $0) }
        try takeFrames(body)
    }

    /// Gives the leaves that a frame needed, and to `body` that frame and those behind it.
    package func provide(
        _ name: StreamPrefix, _ bytes: [UInt8], _ body: (_ type: UInt8, _ body: [UInt8]) -> Void
    ) throws(Malformed) {
        guard needs == name else { return }
        needs = nil
        provided = (name, bytes)
        try takeFrames(body)
    }

    private func takeFrames(_ body: (_ type: UInt8, _ body: [UInt8]) -> Void) throws(Malformed) {
        guard needs == nil else { return }
        let all = input
        input = []
        var offset = 0
        let span = all.span.bytes
        while let (type, range) = try Frame.first(in: span, from: offset) {
            if type == Frame.Kind.compressed.rawValue {
                let result = try decompressor.decompress(span.extracting(range), prefix: provided)
                provided = nil
                switch result {
                case .body(let raw):
                    trips.received(Frame.Kind.data.rawValue)
                    body(Frame.Kind.data.rawValue, raw)
                case .ended: hasFreed = true
                case .needs(let name):
                    needs = name
                    input = Array(all[offset...])
                    return
                }
            } else {
                trips.received(type)
                body(type, span.extracting(range).array)
            }
            offset = range.upperBound
        }
        if offset < all.count { input = Array(all[offset...]) }
    }

    /// Ends the stream out if it has been silent; returns the frame that says so, if the peer must know.
    package func restIfSilent(at now: UInt64) -> [UInt8]? {
        guard now >= lastDataSent + Self.streamIdle, let frame = compressor.rest() else { return nil }
        hasFreed = true
        bytesSent += frame.count
        return frame
    }
}
