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
                try channel.incoming(piece.span.bytes) { type, body in
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
    case .compressed:
        var packed = 0..<0
        let message = try Message.Compressed(body, packed: &packed)
        law(packed.upperBound == body.byteCount, "bytes that belong to nothing")
        return message.encode(body.extracting(packed).array)
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

/// The leaves that every prefix means here; their check is put right, or nothing would come past it.
private let prefixBytes: [UInt8] = (0..<300).flatMap {
    "\($0 * 7_919 % 1_009) pupils wrote about \($0 % 31). ".utf8
}

/// Any bodies as one compressed stream: exactly what was declared comes out, nothing stays behind for the next one, and
/// another reader of the stream has the same (S-36, S-47).
func fuzzDecompress(_ input: [UInt8]) {
    var feed = Feed(input)
    var decompressor = FrameDecompressor()
    // It does not know how much is declared.
    let twin = ZSTD_createDCtx()
    defer { ZSTD_freeDCtx(twin) }
    while !feed.isAtEnd {
        var body = feed.piece()
        var packed = 0..<0
        guard var message = try? Message.Compressed(body.span.bytes, packed: &packed) else { return }
        var result = unpacked(body, nil, &decompressor)
        if case .needs(var name)? = result {
            name.check = StreamPrefix.check(prefixBytes)
            message.stream = .begins(name)
            let frame = message.encode(Array(body[packed]))
            guard let next = try? Frame.first(in: frame.span.bytes, from: 0) else {
                return law(false, "no frame")
            }
            body = Array(frame[next.body])
            guard (try? Message.Compressed(body.span.bytes, packed: &packed)) == message else {
                return law(false, "a name is written otherwise than it was read")
            }
            result = unpacked(body, (name, prefixBytes), &decompressor)
        }
        let raw: [UInt8]
        switch result {
        case .body(let bytes)?: raw = bytes
        case .ended?:
            let isOpen = decompressor.isOpen
            law(!isOpen && message.stream == .ends, "a stream that ended is kept")
            continue
        case .needs?: return law(false, "what was given is needed")
        case nil: return
        }
        law(raw.count == message.count, "\(raw.count) bytes come out of \(message.count)")
        law(raw.count <= Frame.maximumDataBytes, "\(raw.count) bytes come out")
        law(raw.count <= 4_096 + 64 * body.count, "\(body.count) bytes become \(raw.count)")
        let whole = prefixBytes.withUnsafeBytes { prefix in
            if case .begins(let name) = message.stream {
                ZSTD_DCtx_reset(twin, ZSTD_reset_session_and_parameters)
                ZSTD_DCtx_setParameter(twin, ZSTD_d_windowLogMax, 20)
                if name != nil { ZSTD_DCtx_refPrefix(twin, prefix.baseAddress, prefix.count) }
            }
            return unpackAll(Array(body[packed]), twin)
        }
        law(
            whole == raw,
            "\(raw.count) bytes come out of \(whole.count): the rest would come with the next body")
    }
}

/// What becomes of a body; nil if it is refused.
private func unpacked(
    _ body: [UInt8], _ prefix: (name: StreamPrefix, bytes: [UInt8])?, _ decompressor: inout FrameDecompressor
) -> FrameDecompressor.Result? {
    let bytes = body.span.bytes
    do throws(Malformed) {
        return try decompressor.decompress(bytes, prefix: prefix)
    } catch {
        return nil
    }
}

/// All that a stream yields for these bytes.
private func unpackAll(_ packed: [UInt8], _ context: OpaquePointer?) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, done in
        packed.withUnsafeBytes { bytes in
            var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
            var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: 1 << 20, pos: 0)
            while true {
                let before = (input.pos, output.pos)
                let hint = ZSTD_decompressStream(context, &output, &input)
                if ZSTD_isError(hint) != 0 || before == (input.pos, output.pos) { break }
            }
            done = output.pos
        }
    }
}

/// Any bodies, compressed as one stream, with or without a prefix and with ends between, come out as they went in.
func fuzzCompress(_ input: [UInt8]) {
    var feed = Feed(input)
    var compressor = FrameCompressor()
    let back = FrameChannel()
    while !feed.isAtEnd {
        let times = 1 + feed.below(16)
        let handle = UInt64(times & 3) + 1
        if times == 16 { compressor.expect(changes: feed.number()) }
        let end = times == 15 || times == 7 ? compressor.rest() : nil
        if let end, !read(end, back).isEmpty { return law(false, "an end carries something") }
        if times % 5 == 0, let sizeLog = compressor.prefixSizeLog(handle: handle) {
            let bytes = Array(prefixBytes.suffix(1 << Int(sizeLog)))
            let name = StreamPrefix(
                handle: handle, log: .receiver(1), through: 9, sizeLog: sizeLog,
                check: StreamPrefix.check(bytes))
            compressor.offer(FrameCompressor.Prefix(name, bytes))
        }
        let piece = feed.piece()
        let body = [UInt8(handle)] + (0..<times * times).flatMap { _ in piece }
        guard body.count <= Frame.maximumDataBytes else { return }
        let compressed = compressor.compress(body[...])
        let got = read(compressed ?? Frame.encode(.data, body), back)
        law(got == [body], "a body of \(body.count) bytes does not come back")
    }
}

/// The bodies that come of a frame, which must be accepted.
private func read(_ frame: [UInt8], _ channel: FrameChannel) -> [[UInt8]] {
    var got: [[UInt8]] = []
    do throws(Malformed) {
        try channel.incoming(frame.span.bytes) { _, body in got.append(body) }
        guard let name = channel.needs else { return got }
        let prefix = Array(prefixBytes.suffix(name.maximumBytes))
        try channel.provide(name, prefix) { _, body in got.append(body) }
    } catch {
        law(false, "what was compressed is refused: \(error)")
    }
    return got
}
