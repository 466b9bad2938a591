import PLCSync
import Testing

/// Specs/vectors/tokens.txt: what both sides of a session compute alike.
@Suite struct TokenVectorTests {
    /// A side without logs is told all by HEADS, whether or not the other follows it: there is nothing to find out.
    private static let decidedOtherwise: Set<String> = [
        "tokens/open-i-am-empty-peer-new-low", "tokens/open-i-am-empty-peer-new-high",
    ]

    @Test("S-10: tokens of spaces")
    func tokens() throws {
        for block in try Vectors("tokens").named("token-") {
            let token = Message.Open.token(
                of: SpaceID(try block.hash("space")), exporter: try block.bytes("exporter"),
                fromListener: try block.number("direction") == 1)
            same(hexadecimal(bigEndian(token)), try block.text("token"), block.name)
        }
    }

    @Test("S-24: tags of heads")
    func tags() throws {
        for block in try Vectors("tokens").named("tag-") {
            let log = LogID(try #require(Bytes16(try block.bytes("log"))))
            let salt = try block.bytes("dialerNonce") + block.bytes("listenerNonce")
            let tag = Message.HeadEntry.tag(
                of: log, count: try block.number("n"), root: try block.hash("root"), salt: salt)
            same(hexadecimal(bigEndian(UInt64(tag)).suffix(4)), try block.text("tag"), block.name)
        }
    }

    @Test("S-17 S-18: fingerprints of heads, of the channels that both take part in")
    func fingerprints() throws {
        for block in try Vectors("tokens").named("fingerprint-") {
            let mask = try block.number("mask")
            var items: [ReconciliationItem] = []
            for line in block.all("head") {
                let words = line.split(separator: " ")
                let log = LogID(try #require(Bytes16(try unhex(words[0]))))
                let count = try #require(UInt64(words[1]))
                guard count > 0, mask >> UInt64(log.channel.rawValue) & 1 == 1 else { continue }
                let root = try #require(Bytes32(try unhex(words[2])))
                items.append(ReconciliationItem(log: log, count: count, root: root))
            }
            items.sort { $0.log < $1.log }
            same(
                hexadecimal(Reconciliation.fingerprint(items[...]).bytes), try block.text("fingerprint"),
                block.name)
        }
    }

    @Test("S-38: what the invitation's key signs")
    func join() throws {
        for block in try Vectors("tokens").named("join") {
            let joiner = PublicKey(try block.hash("joiner"))
            let message = Message.Join.message(exporter: try block.bytes("exporter"), key: joiner)
            same(hexadecimal(message), try block.text("message"), block.name)
            let invitation = PublicKey(try block.hash("invitation"))
            same(invitation.verifies(try block.bytes("signature"), over: message), true, block.name)
        }
    }

    @Test("S-20 S-21: what follows from both OPENs")
    func openings() throws {
        for block in try Vectors("tokens").named("open-") where !Self.decidedOtherwise.contains(block.name) {
            let (mine, theirs) = (try Self.side(block.text("mine")), try Self.side(block.text("peer")))
            let opening = Opening(mine.open, epoch: mine.epoch, theirs.open, peerEpoch: theirs.epoch)
            let expected: Opening =
                switch try block.text("next") {
                case "inSync": .inSync
                case "heads": .heads(above: try block.number("above"))
                default: .reconciliation
                }
            same(opening, expected, block.name)
        }
    }

    /// One side's line: key, database epoch, channel mask, logs, fingerprint, lsn, and perhaps the cursor's parts.
    private static func side(_ line: String) throws -> (open: Message.Open, epoch: UInt64) {
        let words = line.split(separator: " ")
        func number(_ index: Int) throws -> UInt64 { try #require(UInt64(words[index])) }
        let cursor = words.count > 6 ? Cursor(epoch: try number(6), lsn: try number(7)) : nil
        let open = Message.Open(
            handle: 1, token: 0, flags: 1, channelMask: try #require(UInt8(words[2])), logs: try number(3),
            fingerprint: try #require(Bytes16(try unhex(words[4]))), lsn: try number(5), cursor: cursor)
        return (open, try number(1))
    }

    private func bigEndian(_ number: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(bigEndian: number)
        return writer.bytes
    }
}
