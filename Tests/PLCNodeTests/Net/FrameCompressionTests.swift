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
            let (type, inner) = try decompressor.decompress(packed.span.bytes)
            #expect(type == 6 && hexadecimal(inner) == vector["inner"], "\(vector["name"] ?? "")")
        }
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
            let packed = try body(frame)
            let (_, inner) = try decompressor.decompress(packed.span.bytes)
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
        let packed = try body(try #require(next))
        let (_, inner) = try decompressor.decompress(packed.span.bytes)
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
                #expect(result == nil || result?.body.count ?? 0 <= Frame.maximumDataBytes)
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
}
