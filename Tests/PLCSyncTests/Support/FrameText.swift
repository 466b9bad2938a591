import PLCSync

/// A frame as its receiver reads it.
enum ReadFrame {
    case hello(Message.Hello)
    case open(Message.Open)
    case heads(Message.Heads)
    case ack(Message.Ack)
    case want(Message.Want)
    case data(Message.Data)
    case recon(Message.Recon)
    case join(Message.Join)
    case welcome
    case ping
    case pong
    case credit(UInt64)
    case close(CloseCode)
    case other(UInt8)
}

/// Reads what one side of a session sends, as the other side does.
struct FrameObserver: Sendable {
    private(set) var names = PeerLogNames()

    mutating func read(_ type: UInt8, _ body: [UInt8]) throws(Malformed) -> ReadFrame {
        let b = body.span.bytes
        switch Frame.Kind(rawValue: type) {
        case .hello: return .hello(try Message.Hello(b))
        case .open: return .open(try Message.Open(b))
        case .heads: return .heads(try Message.Heads(b, &names))
        case .ack: return .ack(try Message.Ack(b))
        case .want: return .want(try Message.Want(b))
        case .data: return .data(try Message.Data(b, &names))
        case .recon: return .recon(try Message.Recon(b, &names))
        case .join: return .join(try Message.Join(b))
        case .welcome: return .welcome
        case .ping: return .ping
        case .pong: return .pong
        case .close: return .close(try Message.Close(b).code)
        case .credit:
            var reader = ByteReader(b)
            return .credit(try reader.varint(b))
        case .compressed, nil: return .other(type)
        }
    }
}

/// The frames that are whole at the beginning of `bytes`, which are taken away.
func takeFrames(_ bytes: inout [UInt8]) throws(Malformed) -> [(type: UInt8, body: [UInt8])] {
    var frames: [(type: UInt8, body: [UInt8])] = []
    var start = 0
    while let (type, body) = try Frame.first(in: bytes.span.bytes, from: start) {
        frames.append((type, Array(bytes[body])))
        start = body.upperBound
    }
    bytes.removeFirst(start)
    return frames
}

extension LogID {
    /// The channel and the next three digits, for people.
    var short: String { String(hexadecimal(value.bytes).prefix(5).dropFirst()) }
}

extension ReadFrame {
    /// The frame in one line; `name` names logs.
    func line(_ name: (LogID) -> String = { $0.short }) -> String {
        func list(_ entries: [Message.HeadEntry]) -> String {
            entries.map { " \(name($0.log)):\($0.count)" }.joined()
        }
        switch self {
        case .hello: return "HELLO"
        case .open(let open):
            let cursor = open.cursor.map { " cursor \($0.lsn)" } ?? ""
            return "OPEN \(open.handle) logs \(open.logs) lsn \(open.lsn)\(cursor)"
                + (open.channelMask == 1 ? " control only" : "")
        case .heads(let heads):
            return "HEADS \(heads.handle) to \(heads.lsn)\(heads.more ? " more" : "")\(list(heads.entries))"
        case .ack(let ack):
            return "ACK \(ack.handle) to \(ack.upTo), own \(ack.lsn)"
        case .want(let want):
            return "WANT \(want.handle)"
                + want.entries.map {
                    " #\($0.reference) \($0.from)...\($0.to)\($0.describe ? " describe" : "")"
                }.joined()
        case .data(let data):
            return "DATA \(data.handle)"
                + data.sections.map { section in
                    " \(name(section.log)) \(section.from)+\(section.count)"
                        + (section.description == nil ? "" : " described")
                        + (section.head.map { " head \($0.count)" } ?? "")
                        + (section.bridge == nil ? "" : " bridged") + (section.isLast ? " last" : "")
                }.joined(separator: ",")
        case .recon(let recon):
            return "RECON \(recon.handle)\(recon.more ? " more" : "")"
                + recon.ranges.map { range in
                    switch range.mode {
                    case .skip: " skip"
                    case .fingerprint: " hash"
                    case .items(let entries): " items[\(list(entries).dropFirst())]"
                    case .answer(let entries): " answer[\(list(entries).dropFirst())]"
                    }
                }.joined()
        case .join: return "JOIN"
        case .welcome: return "WELCOME"
        case .ping: return "PING"
        case .pong: return "PONG"
        case .credit(let total): return "CREDIT \(total)"
        case .close(let code): return "CLOSE \(code.rawValue)"
        case .other(let type): return "type \(type)"
        }
    }
}
