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
}
