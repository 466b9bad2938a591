import PLCOracle
import PLCSync
import Testing

@Suite("The vectors of the membership")
struct MembershipVectorTests {
    @Test(
        "D-1 D-2 D-3 D-4 D-5 D-6 D-8 D-9: roles, invitations and counting logs follow from the leaves alone")
    func vectors() throws {
        for block in try Vectors("membership").blocks where !block.all("genesis").isEmpty {
            let history = try History(block)
            var membership = Membership(try Genesis(block.bytes("genesis")))
            for log in history.logs.reversed() where log.id.channel == .control {
                for leaf in log.leaves { membership.insert([leaf], by: log.key) }
            }
            let roles = membership.members.sorted { $0.key < $1.key }.map {
                "\(hexadecimal($0.key.bytes)) \($0.value.role.rawValue)"
            }
            same(roles, block.all("role"), block.name)
            let invitations = membership.invitations.sorted { $0.key < $1.key }.map {
                let state = $0.value.admitted == nil ? "open" : "used"
                return "\(hexadecimal($0.key.bytes)) \($0.value.role.rawValue) \($0.value.expiry) \(state)"
            }
            same(invitations, block.all("invitation"), block.name)
            same(membership.needsUpgrade ? "yes" : "no", try block.text("upgrade"), block.name)
            let counting = history.logs.filter { membership.counts($0.key, in: $0.id.channel) }
            same(
                counting.map(\.id).sorted().map { hexadecimal($0.value.bytes) }, block.all("counts"),
                block.name)
            let data = History(logs: counting.filter { $0.id.channel != .control })
            same(data.folded().listing(), block.all("state"), block.name)
            same(data.folded().digest, try block.hash("digest"), block.name)
        }
    }

    @Test("D-7: whoever asks to be admitted is judged by the invitation, its use, and then the clock")
    func admission() throws {
        let founder = PublicKey(Bytes32(words: (1, 0, 0, 0)))
        let joiner = PublicKey(Bytes32(words: (2, 0, 0, 0)))
        for block in try Vectors("membership").named("admit-") {
            var membership = Membership(
                Genesis(level: .team, founders: [founder], nonce: Bytes16(high: 0, low: 0), parent: nil))
            var draft = Draft()
            for line in block.all("known") {
                let words = line.split(separator: " ")
                let key = PublicKey(try #require(Bytes32(unhex(words[0]))))
                let role = try #require(UInt64(words[1]).flatMap { Role(rawValue: $0) })
                draft.append(.invite(key, role, expiry: try #require(UInt64(words[2]))))
            }
            for word in block.all("grants") where !word.isEmpty {
                let key = PublicKey(try #require(Bytes32(unhex(word))))
                draft.append(.grant(joiner, .reader, name: "", invitation: key))
            }
            let leaf = try #require(draft.encode(stamp: 1, log: LogID(Bytes16(high: 0, low: 0))))
            membership.insert([leaf], by: founder)
            let now = WallTime(milliseconds: Int64(try block.number("now")))
            let answer =
                switch membership.invitations[PublicKey(try block.hash("invitation"))] {
                case nil: "unknown"
                case let invitation? where invitation.admitted != nil: "used"
                case let invitation?: invitation.isExpired(at: now) ? "expired" : "known"
                }
            same(answer, try block.text("answer"), block.name)
        }
    }
}
