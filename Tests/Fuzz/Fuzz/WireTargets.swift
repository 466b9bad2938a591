import CZstd
import PLCSync

@testable import PLCNode

/// Any bytes as a stream, cut anywhere: the same frames and the same end come out as of the whole (S-2, S-3).
func fuzzFrames(_ input: [UInt8]) {
    var feed = Feed(input)
    let step = 1 + feed.below(64)
    let stream = feed.rest()
    func read(_ pieces: [ArraySlice<UInt8>]) -> (frames: [[UInt8]], fault: Malformed.Reason?) {
        let channel = FrameChannel()
        var frames: [[UInt8]] = []
        for piece in pieces {
            let piece = Array(piece)
            do throws(Malformed) {
                try channel.incoming(piece.span.bytes, at: 0) { type, body in
                    law(body.count <= Frame.maximumDeclaredBytes, "a body of \(body.count) bytes")
                    frames.append([type] + body)
                }
            } catch {
                return (frames, error.reason)
            }
        }
        return (frames, nil)
    }
    let whole = read([stream[...]])
    var pieces: [ArraySlice<UInt8>] = []
    for start in Swift.stride(from: 0, to: stream.count, by: step) {
        pieces.append(stream[start..<min(start + step, stream.count)])
    }
    let cut = read(pieces)
    law(
        whole.frames == cut.frames && whole.fault == cut.fault,
        "cut to \(step), the stream says something else")
}

/// Any stream as the messages of one side: refused, or written back as they were (S-5 to S-9).
func fuzzMessages(_ input: [UInt8]) {
    var read = PeerLogNames()
    var written = LogNames()
    var offset = 0
    let bytes = input.span.bytes
    while let next = try? Frame.first(in: bytes, from: offset) {
        let frame = Array(input[offset..<next.body.upperBound])
        offset = next.body.upperBound
        guard let kind = Frame.Kind(rawValue: next.type) else { continue }
        do throws(Malformed) {
            let body = bytes.extracting(next.body)
            guard let again = try rewrite(kind, body, &read, &written) else { continue }
            law(again == frame, "\(hexadecimal(frame)) is written \(hexadecimal(again))")
        } catch {
            law((0...next.body.count).contains(error.offset), "a fault outside the body")
            // The session is over.
            return
        }
    }
}

/// The frame that says what the body says; nil for what is written otherwise than it may be read.
private func rewrite(
    _ kind: Frame.Kind, _ body: borrowing RawSpan, _ read: inout PeerLogNames, _ written: inout LogNames
) throws(Malformed) -> [UInt8]? {
    switch kind {
    case .hello:
        let hello = try Message.Hello(body)
        var again = Message.Hello(
            wallClock: hello.wallClock, nonce: hello.nonce, databaseEpoch: hello.databaseEpoch)
        again.minimumVersion = hello.minimumVersion
        again.maximumVersion = hello.maximumVersion
        again.features = hello.features
        return again.encode()
    case .open:
        let open = try Message.Open(body)
        law((1...Message.Open.maximumHandle).contains(open.handle), "handle \(open.handle)")
        checkOpening(open)
        return open.encode()
    case .heads:
        let heads = try Message.Heads(body, &read)
        law(heads.entries.count <= Message.Heads.maximumEntries, "too many entries")
        return heads.encode(&written)
    case .ack: return try Message.Ack(body).encode()
    case .want: return try Message.Want(body).encode()
    case .data:
        let data = try Message.Data(body, &read)
        for section in data.sections { law(section.items.count <= body.byteCount, "items from nowhere") }
        return Frame.encode(.data, data.encode(&written))
    case .recon:
        try checkRecon(Message.Recon(body, &read), &written)
        return nil
    case .join: return try Message.Join(body).encode()
    case .close: return try Message.Close(body).encode()
    case .welcome: return Message.welcome(genesis: try Message.genesis(welcome: body))
    case .credit: return Message.credit(total: try Message.total(credit: body))
    case .ping, .pong: return Message.ping(kind, wallClock: try Message.wallClock(ping: body))
    case .compressed: return nil
    }
}

/// A bound may be spelled in several ways, and a message cut into several frames, so the meaning is compared; and the
/// answer to any ranges can be sent, and ends (S-41, S-42).
private func checkRecon(_ recon: Message.Recon, _ written: inout LogNames) {
    // What the message has named stays named for those that follow.
    for range in recon.ranges {
        switch range.mode {
        case .items(let entries), .answer(let entries):
            _ = Message.Heads(handle: 1, lsn: 0, more: false, entries: entries).encode(&written)
        case .skip, .fingerprint: break
        }
    }
    var ends: [LogID?] = []
    for range in recon.ranges { ends.append(range.end) }
    for (a, b) in zip(ends, ends.dropFirst()) {
        guard let a else { return law(false, "a range after the end") }
        if let b { law(a < b, "bounds that do not increase") }
    }
    // An honest side lists few heads without being asked, and only what it answers is cut into parts.
    let listed = recon.ranges.map { range in
        if case .items(let entries) = range.mode { entries.count } else { 0 }
    }
    guard listed.allSatisfy({ $0 <= Message.Heads.maximumEntries }) else { return }
    var fresh = LogNames()
    var names = PeerLogNames()
    var again: [Reconciliation.Range] = []
    for frame in recon.encode(&fresh) {
        guard let next = try? Frame.first(in: frame.span.bytes, from: 0),
            let part = try? Message.Recon(frame.span.bytes.extracting(next.body), &names)
        else { return law(false, "a RECON that is refused is written") }
        again += part.ranges
    }
    let hasLongAnswer = recon.ranges.contains { range in
        if case .answer(let entries) = range.mode {
            entries.count > Message.Heads.maximumEntries
        } else {
            false
        }
    }
    if recon.ranges.count <= 64, !hasLongAnswer {
        law(again == recon.ranges, "ranges are written otherwise than read")
    }
    let items = (0..<40).map {
        ReconciliationItem(
            log: LogID(Bytes16(high: 1 << 56 | UInt64($0) << 44, low: 7)), count: 1 + UInt64($0),
            root: Bytes32(words: (UInt64($0), 0, 0, 0)))
    }
    let (_, answer) = Reconciliation.respond(to: recon.ranges, items: items) { UInt32($0.count) }
    for frame in Message.Recon(handle: 1, ranges: answer).encode(&fresh) {
        law(frame.count <= Frame.maximumBodyBytes + 4, "an answer of \(frame.count) bytes")
    }
}

/// Both sides decide alike on two OPENs, whatever they say (S-21).
private func checkOpening(_ theirs: Message.Open) {
    for (logs, fingerprint) in [
        (UInt64(0), theirs.fingerprint), (3, theirs.fingerprint), (3, .init(high: 1, low: 2)),
    ] {
        let mine = Message.Open(
            handle: 1, token: 1, flags: 1, channelMask: 255, logs: logs, fingerprint: fingerprint, lsn: 9,
            cursor: theirs.cursor)
        let here = Opening(mine: mine, epoch: 1, theirs: theirs, theirEpoch: 2)
        let there = Opening(mine: theirs, epoch: 2, theirs: mine, theirEpoch: 1)
        switch (here, there) {
        case (.reconcile, .reconcile), (.announce, .announce): break
        case (.inSync, .inSync): law(theirs.logs > 0 && logs > 0, "two that hold nothing are in sync")
        case (.inSync, _), (.reconcile, _), (.announce, _):
            law(theirs.logs == 0 || logs == 0, "the two sides decide differently: \(here), \(there)")
        }
    }
}

/// Any bodies as one compressed stream: no more comes out than was declared, nor less (S-36).
func fuzzDecompress(_ input: [UInt8]) {
    var feed = Feed(input)
    var decompressor = FrameDecompressor()
    // Another reader of the same stream, which does not know how much is declared.
    let twin = ZSTD_createDCtx()
    defer { ZSTD_freeDCtx(twin) }
    ZSTD_DCtx_setParameter(twin, ZSTD_d_windowLogMax, 20)
    while !feed.isAtEnd {
        let body = feed.piece()
        let bytes = body.span.bytes
        guard let (type, raw) = try? decompressor.decompress(bytes) else { return }
        law(type == Frame.Kind.data.rawValue, "type \(type) comes out")
        law(raw.count <= Frame.maximumDataBytes, "\(raw.count) bytes come out")
        law(raw.count <= 4_096 + 64 * body.count, "\(body.count) bytes become \(raw.count)")
        var reader = ByteReader(bytes)
        reader.offset = 2
        let declared = try? reader.varint(bytes)
        law(declared == UInt64(raw.count), "\(raw.count) bytes come out")
        if body[0] == 1 { ZSTD_DCtx_reset(twin, ZSTD_reset_session_only) }
        let packed = Array(body[reader.offset...])
        let whole = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, done in
            packed.withUnsafeBytes { bytes in
                var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
                var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: 1 << 20, pos: 0)
                while true {
                    let before = (input.pos, output.pos)
                    let hint = ZSTD_decompressStream(twin, &output, &input)
                    if ZSTD_isError(hint) != 0 || before == (input.pos, output.pos) { break }
                }
                done = output.pos
            }
        }
        law(
            whole == raw,
            "\(raw.count) bytes come out of \(whole.count): the rest would come with the next body")
    }
}

/// Any bodies, compressed as one stream, come out as they went in.
func fuzzCompress(_ input: [UInt8]) {
    var feed = Feed(input)
    let out = FrameChannel()
    let back = FrameChannel()
    while !feed.isAtEnd {
        let times = 1 + feed.below(16)
        if times == 16 { out.expect(changes: feed.number()) }
        if times == 15 { out.restIfSilent(since: 1) }
        let piece = feed.piece()
        let body = [UInt8((times & 3) + 1)] + (0..<times * times).flatMap { _ in piece }
        guard body.count <= Frame.maximumDataBytes else { return }
        let sent = out.outgoing(Frame.encode(.data, body), at: 0)
        var got: [[UInt8]] = []
        do {
            try back.incoming(sent.span.bytes, at: 0) { _, body in got.append(body) }
        } catch {
            return law(false, "what was compressed is refused: \(error)")
        }
        law(got == [body], "a body of \(body.count) bytes does not come back")
    }
}
