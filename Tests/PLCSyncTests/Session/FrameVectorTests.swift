import PLCSync
import Testing

/// Specs/vectors/frames.txt: what a receiver makes of single frames.
@Suite struct FrameVectorTests {
    /// Names that both sides have given: the vectors' numbers mean something.
    private static let namesGiven: (LogNames, PeerLogNames) = {
        var names = LogNames()
        var peerNames = PeerLogNames()
        let entries = (1...64).map {
            Message.HeadEntry(log: LogID(Bytes16(high: 1 << 56, low: $0)), count: 1, tag: 0)
        }
        let frame = Message.Heads(handle: 1, lsn: 1, more: false, entries: entries).encode(&names)
        let body = Array(frame[3...])
        _ = try? Message.Heads(body.span.bytes, &peerNames)
        return (names, peerNames)
    }()

    /// What became of a frame: `code 4`, `skip`, `wait`, or its bytes as this program writes them.
    private static func verdict(_ bytes: [UInt8]) -> String {
        var (names, peerNames) = namesGiven
        do throws(Malformed) {
            guard let (type, range) = try Frame.first(in: bytes.span.bytes, from: 0) else { return "wait" }
            guard let kind = Frame.Kind(rawValue: type) else {
                return type < Frame.firstOptionalType ? "code 2" : "skip"
            }
            return hexadecimal(try rewritten(kind, Array(bytes[range]), &names, &peerNames))
        } catch {
            return "code \(error.closeCode.rawValue)"
        }
    }

    private static func rewritten(
        _ kind: Frame.Kind, _ body: [UInt8], _ names: inout LogNames, _ peerNames: inout PeerLogNames
    ) throws(Malformed) -> [UInt8] {
        let b = body.span.bytes
        switch kind {
        case .hello: return try Message.Hello(b).encode()
        case .open: return try Message.Open(b).encode()
        case .heads: return try Message.Heads(b, &peerNames).encode(&names)
        case .ack: return try Message.Ack(b).encode()
        case .want: return try Message.Want(b).encode()
        case .data: return Frame.encode(.data, try Message.Data(b, &peerNames).encode(&names))
        case .recon:
            let message = try Message.Recon(b, &peerNames)
            var frame = message.encode(&names).flatMap { $0 }
            // Whether more follows is what the encoder makes of a long message.
            if message.more { frame[3] |= 0x80 }
            return frame
        case .join: return try Message.Join(b).encode()
        case .close: return try Message.Close(b).encode()
        case .welcome: return Message.welcome(genesis: try Message.genesis(welcome: b))
        case .credit: return Message.credit(total: try Message.total(credit: b))
        case .ping, .pong: return Message.ping(kind, wallClock: try Message.wallClock(ping: b))
        case .compressed:
            var packed = 0..<0
            return try Message.Compressed(b, packed: &packed).encode(Array(body[packed]))
        }
    }

    @Test(
        "S-2 S-3 S-4 S-5 S-6 S-7 S-9 S-12 S-36 S-41 S-47: frames are read as the vectors say, and written as they were"
    )
    func frames() throws {
        for block in try Vectors("frames").blocks {
            let bytes = try block.bytes("hex")
            let found = Self.verdict(bytes)
            let expected =
                block.optional("close").map { "code \($0)" } ?? block.optional("skip").map { _ in "skip" }
                ?? block.optional("wait").map { _ in "wait" } ?? hexadecimal(bytes)
            same(found, expected, block.name)
        }
    }

    @Test("S-5, S-6: every prefix and every flipped bit of a frame is read or refused, and never traps")
    func damage() throws {
        for block in try Vectors("frames").blocks {
            let bytes = try block.bytes("hex")
            guard bytes.count < 400 else { continue }
            for count in bytes.indices { _ = Self.verdict(Array(bytes[..<count])) }
            for bit in 0..<bytes.count * 8 {
                var flipped = bytes
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                _ = Self.verdict(flipped)
            }
        }
    }
}
