import PLCOracle
import PLCSync

extension Story {
    /// Two nodes that meet three times: a key joins; both pull what the other has written; both were restored, and
    /// reconcile.
    ///
    /// `carry` brings what is sent at each meeting, and all that follows from it.
    static func threeMeetings(
        _ carry: (inout Story) throws -> Void
    ) rethrows -> (story: Story, space: SpaceID) {
        var story = Story("A", "B")
        let seed = [UInt8](repeating: 9, count: 32)
        let genesis = Genesis(
            level: .team, founders: [story.nodes[0].key], nonce: Bytes16(high: 5, low: 5), parent: nil
        ).encoded
        let space = SpaceID(genesis: genesis)
        story.at(0) { node in
            node.found(genesis)
            var draft = Draft()
            draft.append(.invite(SigningKey(seed: seed)?.publicKey ?? node.key, .writer, expiry: .max >> 1))
            node.write(draft, space, .control)
        }
        story.write(0, space, 3)
        _ = story.connect(1, 0, .join(JoinRequest(space: space, seed: seed, name: "B")))
        try carry(&story)
        story.hangUp(ConnectionID(1))
        story.write(1, space, 2)
        story.write(0, space, 2)
        _ = story.connect(1, 0)
        try carry(&story)
        story.hangUp(ConnectionID(2))
        for node in 0..<2 { story.nodes[node].disk.epoch += 1_000 }
        story.restart(0)
        story.restart(1)
        story.write(1, space, 1)
        _ = story.connect(0, 1)
        try carry(&story)
        return (story, space)
    }
}
