import PLCOracle
import PLCSync

@testable import PLCNode

/// Inputs that the program itself makes, to begin with: a session's frames, compressed bodies, invitations, scripts.
///
/// Printed as lines of a target's name and hexadecimal digits; `Scripts/fuzz` adds those of Specs/vectors.
func recordings() -> [(target: String, input: [UInt8])] {
    var found: [(String, [UInt8])] = []
    for letters in sessions() {
        for sender in 0..<2 {
            let frames = letters.filter { $0.from == sender }.map(\.frame)
            found.append(("messages", frames.flatMap { $0 }))
            found.append(("frames", [7] + frames.flatMap { $0 }))
            let bodies = frames.compactMap { frame -> [UInt8]? in
                guard let (type, range) = try? Frame.first(in: frame.span.bytes, from: 0),
                    type == Frame.Kind.data.rawValue
                else { return nil }
                return Array(frame[range])
            }
            var compressor = FrameCompressor()
            var stream: [UInt8] = []
            for body in bodies {
                guard let packed = compressor.compress(body[...]),
                    let (_, range) = try? Frame.first(in: packed.span.bytes, from: 0)
                else { continue }
                stream += piece(Array(packed[range]))
            }
            if !stream.isEmpty { found.append(("decompress", stream)) }
            if !bodies.isEmpty { found.append(("compress", bodies.flatMap { [0] + piece($0) })) }
        }
    }
    for count in [0, 2, 8] {
        guard let key = SigningKey(seed: [UInt8](repeating: 1, count: 32)) else { continue }
        let invitation = Invitation(
            space: SpaceID(Bytes32(words: (1, 2, 3, 4))), inviter: key.publicKey,
            addresses: (0..<count).map { "north.example:70\($0)" }, seed: Bytes32(words: (5, 6, 7, 8)),
            role: .writer, expiry: 1_790_000_000_000)
        found.append(("token", [1] + invitation.encoded))
        found.append(("token", [0] + Array(invitation.token.utf8)))
    }
    for stage in 0..<15 as Range<UInt8> {
        // Meet and exchange; join; write while connected; damage the first frames; say something of one's own.
        for script: [UInt8] in [
            [24, 0, 29], [24, 3, 0, 0, 0, 0, 29, 22, 2], [24, 5, 29, 22, 0, 29],
            [24, 0, 29, 23, 0, 0, 1, 29, 23, 2, 0, 2, 29, 30, 0, 5, 0x83, 1, 0x80, 0x81, 0xf6, 29],
            [24, 0, 0, 0, 0, 0, 8, 0, 4, 1, 29], [24, 0, 0, 0, 0, 0, 0, 0, 12, 11, 0, 2, 29],
            [24, 0, 29, 20, 1, 2, 5, 1, 0, 1, 3, 0, 29], [27, 0, 24, 0, 29, 27, 2, 29, 27, 3, 29],
            [24, 0, 29, 28, 0, 24, 1, 29, 26, 0, 24, 3, 16, 17, 2, 29],
            [24, 0, 29, 21, 1, 4, 0x80, 2, 0, 9, 1, 29],
        ] { found.append(("session", [stage] + script)) }
    }
    return found
}

private func piece(_ bytes: [UInt8]) -> [UInt8] {
    bytes.count < 255
        ? [UInt8(bytes.count)] + bytes
        : [255, UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
}

/// Sessions in which a key joins, both write, each pulls what it lacks, and the two reconcile.
private func sessions() -> [[Story.Letter]] {
    var found: [[Story.Letter]] = []
    var story = Story("A", "B")
    let space = story.found([0, 1])
    story.write(0, space, 3)
    story.write(1, space, 2, size: 300)
    func record(_ story: inout Story, _ purpose: Purpose = .exchange) {
        story.carried = []
        let id = story.connect(1, 0, purpose)
        story.carryAll()
        story.write(0, space, 1)
        story.carryAll()
        story.wait(20)
        story.hangUp(id)
        found.append(story.carried)
    }
    record(&story)
    story.writeLogs(0, space, 12)
    for node in 0..<2 {
        story.nodes[node].disk.epoch += 1_000
        story.restart(node)
    }
    story.write(1, space, 1)
    record(&story)
    var joining = Story("A", "B")
    let seed = [UInt8](repeating: 9, count: 32)
    let genesis = Genesis(
        level: .team, founders: [joining.nodes[0].key], nonce: Bytes16(high: 5, low: 5), parent: nil
    ).encoded
    joining.at(0) { node in
        node.found(genesis)
        var draft = Draft()
        draft.append(.invite(SigningKey(seed: seed)?.publicKey ?? node.key, .writer, expiry: .max >> 1))
        node.write(draft, SpaceID(genesis: genesis), .control)
    }
    joining.connect(1, 0, .join(JoinRequest(space: SpaceID(genesis: genesis), seed: seed, name: "B")))
    joining.carryAll()
    found.append(joining.carried)
    return found
}
