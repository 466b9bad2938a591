import Foundation
import PLCNode
import PLCSync
import Testing

@Suite struct FrameCompressionTests {
    /// The values of a key in the blocks of frames.txt whose name begins with `prefix`, in order.
    private func vectors(_ prefix: String) throws -> [[String: String]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Specs/vectors/frames.txt")
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.components(separatedBy: "\n\n").compactMap { block in
            var values: [String: String] = [:]
            for line in block.split(separator: "\n") where !line.hasPrefix("#") {
                let parts = line.split(separator: ":", maxSplits: 1)
                values[String(parts[0])] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
            }
            return values["name"]?.hasPrefix(prefix) == true ? values : nil
        }
    }

    private func body(_ frame: [UInt8]) throws -> [UInt8] {
        let first = try #require(try Frame.first(in: frame.span.bytes, from: 0))
        return Array(frame[first.body])
    }

    @Test("S-36: a stream goes on from frame to frame, and begins anew for another space")
    func streams() throws {
        var decompressor = FrameDecompressor()
        for vector in try vectors("compressed") where vector["inner"] != nil {
            let frame = try #require(bytes(hexadecimal: vector["hex"] ?? ""))
            let packed = try body(frame)
            var result = try decompressor.decompress(packed.span.bytes)
            if case .needs(let name) = result {
                let leaves = try #require(bytes(hexadecimal: vector["leaves"] ?? ""))
                let prefix = Array(leaves.suffix(name.maximumBytes))
                result = try decompressor.decompress(packed.span.bytes, prefix: (name, prefix))
            }
            let inner = try #require(bytes(hexadecimal: vector["inner"] ?? ""))
            #expect(result == .body(inner), "\(vector["name"] ?? "")")
        }
    }

    /// The frame that is made of a body.
    private func compressed(_ raw: [UInt8], _ compressor: inout FrameCompressor) throws -> [UInt8] {
        let frame = compressor.compress(raw[...])
        return try #require(frame)
    }

    /// The body that a frame brings at once.
    private func decompressed(
        _ frame: [UInt8], _ decompressor: inout FrameDecompressor
    ) throws -> [UInt8] {
        let packed = try body(frame)
        let result = try decompressor.decompress(packed.span.bytes)
        guard case .body(let inner) = result else {
            Issue.record("\(result)")
            return []
        }
        return inner
    }

    @Test("S-36: what was compressed comes back, smaller, with what was said before helping")
    func roundTrip() throws {
        var compressor = FrameCompressor()
        var decompressor = FrameDecompressor()
        var sizes: [Int] = []
        for (round, handle) in [UInt8(1), 1, 2, 2, 1].enumerated() {
            // The same eighty sentences, each time in another order.
            let text = (0..<80).flatMap { "\(($0 * (round + 3) + 7) % 83 * 7_919) pupils wrote.".utf8 }
            let raw = [handle] + text
            let compressed = compressor.compress(raw[...])
            let frame = try #require(compressed)
            sizes.append(frame.count)
            let inner = try decompressed(frame, &decompressor)
            #expect(inner == raw)
        }
        // The second of a space is cheaper than its first, and so than the first of another space.
        #expect(sizes[1] < sizes[0] && sizes[2] > sizes[1] && sizes[4] > sizes[3])
    }

    @Test("S-36: what a peer would take for a bomb is sent as it is, and the stream begins anew")
    func bomb() throws {
        var compressor = FrameCompressor()
        var decompressor = FrameDecompressor()
        let flat = [1] + [UInt8](repeating: 7, count: 200_000)
        let first = compressor.compress(flat[...])
        #expect(first == nil)
        let raw = [1] + (0..<900).map { UInt8($0 * $0 % 251) }
        let next = compressor.compress(raw[...])
        let frame = try #require(next)
        let inner = try decompressed(frame, &decompressor)
        #expect(inner == raw)
    }

    @Test("S-36: damaged, cut and bloated streams are refused, and no more is made of them than they declare")
    func damage() throws {
        var compressor = FrameCompressor()
        let raw: [UInt8] = [1] + [UInt8](repeating: 7, count: 4_000) + (0..<200).map { UInt8($0) }
        let compressed = compressor.compress(raw[...])
        let good = try body(try #require(compressed))
        var refused = 0
        for cut in 0..<good.count {
            var decompressor = FrameDecompressor()
            let short = Array(good[..<cut])
            if (try? decompressor.decompress(short.span.bytes)) == nil { refused += 1 }
        }
        #expect(refused == good.count)
        for index in good.indices {
            for bit in 0..<8 {
                var bad = good
                bad[index] ^= 1 << bit
                var decompressor = FrameDecompressor()
                let result = try? decompressor.decompress(bad.span.bytes)
                // A flip that zstd cannot see changes bytes, never the length that was declared.
                if case .body(let inner) = result { #expect(inner.count <= Frame.maximumDataBytes) }
            }
        }
        // Found by fuzzing: the bytes that a body hides behind the length that it declares came out before the next one.
        var lengthEnd = 2
        while good[lengthEnd] >= 0x80 { lengthEnd += 1 }
        for declared in [0, 1, raw.count - 1] {
            var length = ByteWriter()
            length.write(varint: declared)
            let liar = good[..<2] + length.bytes + good[(lengthEnd + 1)...]
            var decompressor = FrameDecompressor()
            let bytes = Array(liar)
            let hidden = try? decompressor.decompress(bytes.span.bytes)
            #expect(hidden == nil, "\(declared) of \(raw.count)")
        }
        let bomb: [UInt8] = [1, 6] + [0xff, 0xff, 0x0f] + [0x28, 0xb5, 0x2f, 0xfd]
        var decompressor = FrameDecompressor()
        let burst = try? decompressor.decompress(bomb.span.bytes)
        #expect(burst == nil)
    }

    // MARK: Prefixes

    private static let leaves: [UInt8] = (0..<900).flatMap {
        "\($0 * 7_919 % 1_009) pupils wrote about \($0 * 31 % 97). ".utf8
    }

    private func prefix(_ bytes: [UInt8], handle: UInt64 = 1, sizeLog: UInt8 = 14) -> FrameCompressor.Prefix {
        let name = StreamPrefix(
            handle: handle, log: .sender(1), through: 900, sizeLog: sizeLog, check: StreamPrefix.check(bytes))
        return FrameCompressor.Prefix(name, bytes)
    }

    @Test("S-47: a stream takes from its prefix, then goes on as any other, beyond the window too")
    func prefixed() throws {
        let common = Array(Self.leaves.suffix(1 << 14))
        let raw: [UInt8] = [1] + common[2_000..<6_000]
        var plain = FrameCompressor()
        var compressor = FrameCompressor()
        let without = try compressed(raw, &plain)
        compressor.offer(prefix(common))
        let with = try compressed(raw, &compressor)
        #expect(with.count * 4 < without.count)
        var decompressor = FrameDecompressor()
        let packed = try body(with)
        let asked = try decompressor.decompress(packed.span.bytes)
        guard case .needs(let name) = asked else {
            Issue.record("\(asked)")
            return
        }
        #expect(name.through == 900 && name.maximumBytes == 1 << 14)
        let result = try decompressor.decompress(packed.span.bytes, prefix: (name, common))
        #expect(result == .body(raw))
        for round in 0..<24 {
            var noise = UInt64(round)
            let next: [UInt8] =
                [1]
                + (0..<12_000).map { _ in
                    noise = noise &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return UInt8(truncatingIfNeeded: noise >> 56)
                } + common[..<4_000]
            let inner = try decompressed(compressed(next, &compressor), &decompressor)
            #expect(inner == next)
        }
    }

    @Test("S-47: a prefix of another space, of a running stream, or for little, is not used")
    func unused() throws {
        let common = Array(Self.leaves.suffix(1 << 14))
        let raw: [UInt8] = [1] + common[0..<400]
        for (what, offered, text) in [
            ("another space", prefix(common, handle: 2), raw),
            ("a short prefix", prefix(Array(common[..<1_000])), raw),
            ("a short body", prefix(common), Array(raw[..<200])),
        ] {
            var compressor = FrameCompressor()
            compressor.offer(offered)
            let frame = try compressed(text, &compressor)
            #expect(try body(frame)[0] == 1, "\(what)")
        }
        var compressor = FrameCompressor()
        compressor.expect(changes: 2)
        let before = compressor.prefixSizeLog(handle: 1)
        _ = compressor.compress(raw[...])
        let (same, other) = (compressor.prefixSizeLog(handle: 1), compressor.prefixSizeLog(handle: 2))
        #expect(before == 14 && same == nil && other == 14)
        compressor.offer(prefix(common))
        let next = try compressed(raw, &compressor)
        #expect(try body(next)[0] == 0)
        compressor.expect(changes: 100_000)
        let bulk = compressor.prefixSizeLog(handle: 2)
        #expect(bulk == nil)
    }

    @Test("S-47: other leaves than the sender's, and another space inside, are refused")
    func unlike() throws {
        let common = Array(Self.leaves.suffix(1 << 14))
        let raw: [UInt8] = [1] + common[0..<4_000]
        var compressor = FrameCompressor()
        let offered = prefix(common)
        compressor.offer(offered)
        let good = try body(try compressed(raw, &compressor))
        for (what, bytes, handle) in [
            ("other leaves", Array(common.dropLast()), UInt8(1)), ("another space inside", common, 2),
        ] {
            var bad = good
            bad[4] = handle
            var range = 0..<0
            let header = try Message.Compressed(bad.span.bytes, packed: &range)
            guard case .begins(let name?) = header.stream, name.handle == handle else {
                Issue.record("the handle of the prefix lies elsewhere")
                return
            }
            var decompressor = FrameDecompressor()
            #expect(throws: Malformed.self, "\(what)") {
                _ = try decompressor.decompress(bad.span.bytes, prefix: (name, bytes))
            }
        }
    }

    @Test("S-36: a stream goes on in its space alone")
    func otherSpace() throws {
        let text = Self.leaves[..<500]
        var compressor = FrameCompressor()
        var decompressor = FrameDecompressor()
        let first = try compressed([1] + text, &compressor)
        _ = try decompressed(first, &decompressor)
        // A raw block of another space, where the stream would go on.
        let forged: [UInt8] = [0, 6, 3, 0x18, 0, 0, 2, 1, 1]
        #expect(throws: Malformed.self) { _ = try decompressor.decompress(forged.span.bytes) }
    }

    @Test("S-36: a stream that is silent ends at both sides; an end without a stream is refused")
    func ends() throws {
        let raw: [UInt8] = [1] + Self.leaves[..<900]
        let (source, sink) = (FrameChannel(), FrameChannel())
        let frame = source.outgoing(Frame.encode(.data, raw), at: 1_000)
        var got: [[UInt8]] = []
        try sink.incoming(frame.span.bytes) { _, body in got.append(body) }
        let early = source.restIfSilent(at: 1_000 + FrameChannel.streamIdle - 1)
        #expect(early == nil)
        let end = try #require(source.restIfSilent(at: 1_000 + FrameChannel.streamIdle))
        #expect(end == [32, 3, 4, 6, 0] && source.hasFreed && !sink.hasFreed)
        try sink.incoming(end.span.bytes) { _, body in got.append(body) }
        let again = source.restIfSilent(at: 60_000)
        #expect(sink.hasFreed && again == nil && got == [raw])
        #expect(throws: Malformed.self) { try sink.incoming(end.span.bytes) { _, _ in } }
        let next = source.outgoing(Frame.encode(.data, raw), at: 61_000)
        let third = FrameChannel()
        try third.incoming(next.span.bytes) { _, body in got.append(body) }
        #expect(got == [raw, raw], "the next stream is a new one")
    }

    @Test("S-47: frames wait in order behind one whose leaves are being read")
    func waiting() throws {
        let common = Array(Self.leaves.suffix(1 << 14))
        let raw: [UInt8] = [1] + common[0..<4_000]
        var compressor = FrameCompressor()
        compressor.offer(prefix(common))
        let first = try compressed(raw, &compressor)
        let second = try compressed(raw, &compressor)
        let ping = Frame.encode(.ping, [UInt8](repeating: 0, count: 8))
        let all = ping + first + second + ping
        for cut in stride(from: 1, to: all.count, by: 41) {
            let channel = FrameChannel()
            var types: [UInt8] = []
            for piece in [all[..<cut], all[cut...]] {
                try Array(piece).withFrames(channel) { type, _ in types.append(type) }
            }
            #expect(types == [11])
            let name = try #require(channel.needs)
            try channel.provide(name, common) { type, body in
                types.append(type)
                if type == 6 { #expect(body == raw) }
            }
            #expect(types == [11, 6, 6, 11] && channel.needs == nil)
        }
    }
}

extension [UInt8] {
    fileprivate func withFrames(_ channel: FrameChannel, _ body: (UInt8, [UInt8]) -> Void) throws {
        let bytes = self
        try channel.incoming(bytes.span.bytes, body)
    }
}
