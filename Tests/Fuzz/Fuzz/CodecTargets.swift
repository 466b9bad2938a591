import PLCOracle
import PLCSync

/// Any bytes as one deterministic item: refused, or exactly what a writer writes (E-14).
func fuzzCBOR(_ input: [UInt8]) {
    let bytes = input.span.bytes
    var reader = ByteReader(bytes)
    do throws(Malformed) {
        try reader.skipItem(bytes, depth: Change.maximumDepth)
        try reader.finish()
    } catch {
        law((0...input.count).contains(error.offset), "a fault at \(error.offset) of \(input.count) bytes")
        return
    }
    var again = ByteReader(bytes)
    var writer = ByteWriter()
    rewrite(bytes, &again, &writer)
    law(writer.bytes == input, "\(hexadecimal(input)) is written \(hexadecimal(writer.bytes))")
}

/// Writes the item that comes next, which was accepted, as a writer does.
private func rewrite(_ bytes: borrowing RawSpan, _ reader: inout ByteReader, _ writer: inout ByteWriter) {
    let start = reader.offset
    guard let (major, argument) = try? reader.head(bytes) else { return law(false, "no head at \(start)") }
    switch major {
    case .unsigned:
        writer.write(cbor: argument)
    case .negative:
        if let small = Int64(exactly: argument) {
            writer.write(cbor: -1 - small)
        } else {
            writer.write(.negative, argument)
        }
    case .bytes, .text:
        guard let range = try? reader.take(Int(clamping: argument)) else { return law(false, "no content") }
        let content = bytes.extracting(range).array
        if major == .bytes {
            writer.write(byteString: content)
        } else {
            let text = String(decoding: content, as: UTF8.self)
            law(Array(text.utf8) == content, "text that is not UTF-8 is accepted")
            writer.write(text: text)
        }
    case .array:
        writer.write(arrayOf: Int(clamping: argument))
        for _ in 0..<argument { rewrite(bytes, &reader, &writer) }
    case .map:
        writer.write(mapOf: Int(clamping: argument))
        for _ in 0..<argument {
            rewrite(bytes, &reader, &writer)
            rewrite(bytes, &reader, &writer)
        }
    case .tag:
        writer.write(.tag, argument)
        rewrite(bytes, &reader, &writer)
    case .simple:
        switch bytes.unsafeLoad(fromByteOffset: start, as: UInt8.self) {
        case 0xf4: writer.write(bool: false)
        case 0xf5: writer.write(bool: true)
        case 0xf6: writer.writeNull()
        default: writer.write(float: Double(bitPattern: argument))
        }
    }
}

/// Any bytes as a leaf: refused, or one whole item whose ops lie in it and are the same again when written (E-18).
func fuzzChange(_ input: [UInt8]) {
    var change = Change()
    let bytes = input.span.bytes
    do throws(Malformed) {
        try change.decode(bytes)
    } catch {
        law((0...input.count).contains(error.offset), "a fault at \(error.offset) of \(input.count) bytes")
        law(change.ops.isEmpty && change.logs.isEmpty, "something is left of what was refused")
        return
    }
    let ops = change.ops
    law(ops.count == change.ranges.count && (1...Change.maximumOps).contains(ops.count), "ops without bytes")
    for range in change.ranges { checkItem(input, range, depth: Change.maximumDepth - 2, "an op") }
    for entry in change.entries { checkItem(input, entry.value, depth: 4, "a value") }
    for dot in change.dots { law(dot.log <= change.logs.count, "a dot of no log") }
    var draft = Draft()
    // A draft counts ops as the change does, so only changes without ignored ops can be written again.
    for op in ops {
        guard let again = draftOp(op, change, input) else { return }
        draft.append(again)
    }
    guard let written = draft.encode(stamp: change.stamp, log: ownLog) else { return }
    var again = Change()
    let writtenBytes = written.span.bytes
    do throws(Malformed) {
        try again.decode(writtenBytes)
    } catch {
        return law(false, "\(hexadecimal(input)) is written as what is refused: \(error)")
    }
    law(again.stamp == change.stamp && again.ops.count == ops.count, "another change is written")
    var second = Draft()
    for op in again.ops {
        guard let op = draftOp(op, again, written) else {
            return law(
                false, "\(hexadecimal(input)) is written as \(hexadecimal(written)), with an op ignored")
        }
        second.append(op)
    }
    law(second.encode(stamp: change.stamp, log: ownLog) == written, "writing again writes other bytes")
}

private let ownLog = LogID(Bytes16(high: 1 << 56, low: 0))

private func checkItem(_ leaf: [UInt8], _ range: Range<Int>, depth: Int, _ what: String) {
    law(range.lowerBound >= 0 && range.upperBound <= leaf.count && !range.isEmpty, "\(what) outside the leaf")
    let item = Array(leaf[range])
    let bytes = item.span.bytes
    var reader = ByteReader(bytes)
    let isWhole = (try? reader.skipItem(bytes, depth: depth)) != nil && reader.isAtEnd
    law(isWhole, "\(what) that is no item: \(hexadecimal(item))")
}

/// The op as a draft has it, or nil for one that a draft does not write.
private func draftOp(_ op: Change.Op, _ change: Change, _ leaf: [UInt8]) -> Draft.Op? {
    func dot(_ reference: Change.Reference) -> Dot {
        Dot(
            log: reference.log == 0 ? ownLog : change.logs[reference.log - 1], sequence: reference.sequence,
            op: reference.op)
    }
    func target(_ target: Change.Target) -> Draft.Target {
        switch target {
        case .op(let index): .op(index)
        case .dot(let reference): .dot(dot(reference))
        }
    }
    func entries(_ range: Range<Int>) -> [(Field, [UInt8])] {
        change.entries[range].map { ($0.field, Array(leaf[$0.value])) }
    }
    switch op {
    case .create(let kind, let initial, let owned):
        return .create(kind: kind, initial: entries(initial), owned: owned)
    case .set(let about, let range, let over): return .set(target(about), entries(range), over: over)
    case .add(let about, let field, let value, let seen):
        return .add(target(about), field, Array(leaf[value]), seen: change.dots[seen].map(dot))
    case .remove(let about, let field, let dots):
        return .remove(target(about), field, change.dots[dots].map(dot))
    case .delete(let about): return .delete(target(about))
    case .keyed(let kind, let key): return .keyed(kind: kind, key: Array(leaf[key]))
    case .grant(let key, let role, let name, let invitation):
        guard let role = Role(rawValue: role) else { return nil }
        let text = name.map { String(decoding: leaf[$0], as: UTF8.self) } ?? ""
        return .grant(key, role, name: text, invitation: invitation.map { PublicKey($0) })
    case .invite(let invitation, let role, let expiry):
        guard let role = Role(rawValue: role) else { return nil }
        return .invite(PublicKey(invitation), role, expiry: expiry)
    case .unknown: return nil
    }
}

/// Any leaves of four logs, folded in two orders: nothing traps, and the state is that of the naive fold (D-28).
func fuzzFold(_ input: [UInt8]) {
    var feed = Feed(input)
    var logs = foldLogs
    while !feed.isAtEnd, logs.reduce(0, { $0 + $1.leaves.count }) < 24 {
        let log = feed.below(logs.count)
        logs[log].leaves.append(feed.piece())
    }
    func folded(_ order: [Int], longest: Int) -> MemoryStore {
        var store = MemoryStore()
        for index in order { store.register(logs[index].id, key: logs[index].key) }
        var next = [Int](repeating: 0, count: logs.count)
        var isDone = false
        while !isDone {
            isDone = true
            for index in order {
                for _ in 0..<longest where next[index] < logs[index].leaves.count {
                    store.append(logs[index].leaves[next[index]], to: logs[index].id)
                    next[index] += 1
                    isDone = false
                }
            }
        }
        return store
    }
    let one = folded([0, 1, 2, 3], longest: 1_000)
    let other = folded([3, 1, 2, 0], longest: 1)
    law(one.digest == other.digest, "two orders of the same leaves give two states")
    let history = History(logs: logs.map { History.Log(id: $0.id, key: $0.key, leaves: $0.leaves) })
    law(NaiveFold(history).digest == one.digest, "the state is not that of the naive fold")
}

/// The logs that the vectors refer to, so that what they say of each other's records holds here too.
private let foldLogs: [(id: LogID, key: PublicKey, leaves: [[UInt8]])] = [
    ("01340807b9df7fed1d8cd551c8b14830", "55154f42065ea5a1bea05463826be2684eb92df92c100027aabaae57ca554207"),
    ("01f08c5dbc41e8c6a47021e58d9b55fa", "d404bc44565aedbb899150e5b0b3b32b9441bf0cb7884c33130da8dbc27dd2cf"),
    ("014b0017bd52c3945901e78932489d3b", "bc7cbcb5636375fa1d82434d466724d92377f53b980695dd49d26d0ce12205a5"),
    ("01c535a0c4203025a40777f4b868edcc", "bc7cbcb5636375fa1d82434d466724d92377f53b980695dd49d26d0ce12205a5"),
].compactMap { id, key in
    guard let id = bytes(hexadecimal: id).flatMap({ Bytes16($0) }),
        let key = bytes(hexadecimal: key).flatMap({ Bytes32($0) })
    else { return nil }
    return (LogID(id), PublicKey(key), [])
}

/// Any leaves as control changes: who belongs does not depend on their order (D-3).
func fuzzControl(_ input: [UInt8]) {
    var feed = Feed(input)
    var leaves: [(author: Int, leaf: [UInt8])] = []
    while !feed.isAtEnd, leaves.count < 24 { leaves.append((feed.below(controlKeys.count), feed.piece())) }
    var one = Membership(controlGenesis)
    var other = Membership(controlGenesis)
    for (author, leaf) in leaves { one.insert([leaf], by: controlKeys[author]) }
    for (author, leaf) in leaves.reversed() { other.insert([leaf, leaf], by: controlKeys[author]) }
    law(one.members == other.members, "two orders make two sets of members")
    law(one.invitations == other.invitations, "two orders make two sets of invitations")
    law(one.needsUpgrade == other.needsUpgrade, "two orders disagree on an upgrade")
    for founder in controlGenesis.founders { law(one.role(of: founder) == .steward, "a founder is put down") }
}

/// The keys of the vectors, and another.
private let controlKeys: [PublicKey] = [0xa1, 0xb2, 0xc3, 1].compactMap {
    SigningKey(seed: [UInt8](repeating: $0, count: 32))?.publicKey
}

private let controlGenesis = Genesis(
    level: .team, founders: Array(controlKeys.prefix(2)), nonce: Bytes16(high: 1, low: 1), parent: nil)

/// Any bytes as a genesis: refused, or what `encoded` writes (E-35).
func fuzzGenesis(_ input: [UInt8]) {
    guard let genesis = try? Genesis(input) else { return }
    law(genesis.encoded == input, "\(hexadecimal(input)) is written \(hexadecimal(genesis.encoded))")
    law(Membership(genesis).members.count == genesis.founders.count, "founders are lost")
}

/// Any bytes as items of a log: what is accepted is written back as it was (L-23).
func fuzzItems(_ input: [UInt8]) {
    let bytes = input.span.bytes
    var reader = ByteReader(bytes)
    var writer = ByteWriter()
    var forest = Forest()
    let hasher = MerkleHasher()
    var whole = 0
    while !reader.isAtEnd, let item = try? reader.logItem(bytes) {
        whole = reader.offset
        switch item {
        case .leaf(let range):
            writer.write(leaf: Array(input[range]))
            forest.append(hasher.leaf(bytes.extracting(range)), hasher: hasher) { _, _ in }
        case .hole(let height, let hash): writer.write(holeOfHeight: height, hash: hash)
        }
    }
    law(writer.bytes[...] == input[..<whole], "items are written otherwise than they were read")
    law(
        Forest(count: forest.count, peaks: forest.peaks) == forest,
        "a forest with other peaks than its length has")
}

/// Any key, length, flags and signature as a head: only what the key signed is valid (L-24, L-25).
func fuzzHead(_ input: [UInt8]) {
    var feed = Feed(input)
    let mode = feed.byte()
    let count = feed.number()
    let flags = feed.byte()
    let forged = feed.take(64)
    let keyBytes = feed.take(32)
    let log = Bytes32(words: (1, 2, 3, 4))
    let root = Bytes32(words: (5, 6, 7, count))
    let message = Head.message(log: log, count: count, root: root, flags: flags)
    if mode & 1 == 0 {
        // Bytes that nobody signed: a key that is refused proves nothing, and none traps.
        let key = PublicKey(checking: keyBytes)
        let head = Head(count: count, flags: flags, signature: forged)
        if let raw = Bytes32(keyBytes), key == nil {
            law(!head.isValid(root: root, ofLog: log, key: PublicKey(raw)), "a refused key proves a head")
        } else if let key {
            _ = head.isValid(root: root, ofLog: log, key: key)
        }
        return
    }
    // A signature of ours, with the bits of `forged` flipped in it.
    let good = headKey.sign(message)
    let signature = zip(good, forged + [UInt8](repeating: 0, count: 64)).map { $0 ^ $1 }
    let isLegal = flags <= 1 && (1...Dot.maximumSequence).contains(count)
    let head = Head(count: count, flags: flags, signature: signature)
    law(
        head.isValid(root: root, ofLog: log, key: headKey.publicKey) == (isLegal && signature == good),
        "a head of length \(count) is judged wrongly")
}

private let headKey: SigningKey = {
    guard let key = SigningKey(seed: [UInt8](repeating: 1, count: 32)) else { preconditionFailure("no key") }
    return key
}()
