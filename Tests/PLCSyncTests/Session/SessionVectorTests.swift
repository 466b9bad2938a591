import PLCSync
import Testing

/// Specs/vectors/tokens.txt: what a session derives, and what follows from both sides' OPEN.
@Suite struct SessionVectorTests {
    private static func bytes16(_ text: some StringProtocol) throws -> Bytes16 {
        try #require(Bytes16(unhex(text)))
    }

    private static func bigEndian(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    @Test("S-10: the token of a space is as the vectors say")
    func tokens() throws {
        for block in try Vectors("tokens").named("token-") {
            let space = SpaceID(try block.hash("space"))
            let token = SessionHash.token(
                of: space, exporter: try block.bytes("exporter"),
                fromListener: try block.number("direction") == 1)
            same(token, Self.bigEndian(try block.bytes("token")), block.name)
        }
    }

    @Test("S-24: the tag of a head is as the vectors say")
    func tags() throws {
        for block in try Vectors("tokens").named("tag-") {
            let tag = SessionHash.tag(
                of: LogID(try Self.bytes16(block.text("log"))), count: try block.number("n"),
                root: try block.hash("root"),
                salt: try block.bytes("dialerNonce") + block.bytes("listenerNonce"))
            same(UInt64(tag), Self.bigEndian(try block.bytes("tag")), block.name)
        }
    }

    @Test("S-18: the fingerprint of a space's heads is as the vectors say")
    func fingerprints() throws {
        for block in try Vectors("tokens").named("fingerprint-") {
            let items = try block.all("head").map { line in
                let parts = line.split(separator: " ")
                return ReconciliationItem(
                    log: LogID(try Self.bytes16(parts[0])), count: try #require(UInt64(parts[1])),
                    root: try #require(Bytes32(unhex(parts[2]))))
            }
            let sorted = items.sorted { $0.log < $1.log }
            same(
                hexadecimal(Reconciliation.fingerprint(sorted[...]).bytes), try block.text("fingerprint"),
                block.name)
        }
    }

    @Test("S-38: JOIN signs what the vectors say")
    func join() throws {
        for block in try Vectors("tokens").named("join") {
            let message = Message.Join.message(
                exporter: try block.bytes("exporter"), key: PublicKey(try block.hash("joiner")))
            same(hexadecimal(message), try block.text("message"), block.name)
            let invitation = PublicKey(try block.hash("invitation"))
            same(invitation.verifies(try block.bytes("signature"), over: message), true, block.name)
        }
    }

    /// One side as a line says it: key, database's epoch, OPEN.
    private static func side(_ line: String) throws -> (key: PublicKey, epoch: UInt64, open: Message.Open) {
        let parts = line.split(separator: " ")
        let numbers = try [1, 2, 3, 5].map { try #require(UInt64(parts[$0])) }
        let cursor = try parts.dropFirst(6).map { try #require(UInt64($0)) }
        let open = Message.Open(
            handle: 1, token: 0, flags: 1, channelMask: UInt8(numbers[1]), logs: numbers[2],
            fingerprint: try bytes16(parts[4]), lsn: numbers[3],
            cursor: cursor.isEmpty ? nil : Cursor(epoch: cursor[0], lsn: cursor[1]))
        return (PublicKey(try #require(Bytes32(unhex(parts[0])))), numbers[0], open)
    }

    @Test("S-17 S-20 S-21: what follows from both sides' OPEN is as the vectors say")
    func openings() throws {
        for block in try Vectors("tokens").named("open-") {
            let mine = try Self.side(block.text("mine"))
            let peer = try Self.side(block.text("peer"))
            let opening = Opening(
                mine: mine.open, epoch: mine.epoch, theirs: peer.open, theirEpoch: peer.epoch)
            let words =
                switch opening {
                case .inSync: "inSync"
                case .reconcile: mine.key < peer.key ? "reconBegin" : "reconWait"
                case .announce(let since, _): "heads \(since)"
                }
            let above = block.optional("above").map { " \($0)" } ?? ""
            same(words, try block.text("next") + above, block.name)
        }
    }
}
