import PLCSync
import Testing

@Suite("Keys, signatures and members")
struct TrustTests {
    private static let keys: [SigningKey] = (1...5).compactMap {
        SigningKey(seed: [UInt8](repeating: $0, count: 32))
    }

    /// The encodings of the eight points of small order and of those points otherwise, from "Taming the many EdDSAs"
    /// (Chalkias, Garillot, Nikolaenko 2020), table 1 and its sources.
    private static let weakKeys = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ]

    @Test("L-5 L-26: no point of small order and no second spelling is a key, and none verifies anything")
    func weakKeys() throws {
        // R the identity and s = 0 satisfy the equation under a key of small order, whatever the message.
        let identity = try unhex(Self.weakKeys[0])
        for text in Self.weakKeys {
            let bytes = try unhex(text)
            same(PublicKey(checking: bytes)?.bytes, nil, text)
            let key = PublicKey(try #require(Bytes32(bytes)))
            for message in 0..<16 {
                let forged = identity + [UInt8](repeating: 0, count: 32)
                same(key.verifies(forged, over: [UInt8(message)]), false, text)
            }
        }
    }

    @Test("L-26: a signature is 64 bytes, bound to its key and message, and has one form")
    func signatures() throws {
        // The order of the group, little-endian.
        let order = try unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        for (number, key) in Self.keys.enumerated() {
            let message = [UInt8](repeating: UInt8(number), count: number * 50)
            let signature = key.sign(message)
            same(key.publicKey.verifies(signature, over: message), true, "key \(number)")
            same(key.publicKey.verifies(signature, over: message + [0]), false, "another message")
            same(
                Self.keys[(number + 1) % 5].publicKey.verifies(signature, over: message), false, "another key"
            )
            same(key.publicKey.verifies(Array(signature.dropLast()), over: message), false, "63 bytes")
            same(key.publicKey.verifies(signature + [0], over: message), false, "65 bytes")
            var carry = 0
            let above = zip(signature[32...], order).map { digit, more in
                carry += Int(digit) + Int(more)
                defer { carry >>= 8 }
                return UInt8(carry & 0xff)
            }
            same(key.publicKey.verifies(signature[..<32] + above, over: message), false, "s + L")
            for bit in stride(from: 0, to: 512, by: 5) {
                var flipped = signature
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                if key.publicKey.verifies(flipped, over: message) {
                    Issue.record("bit \(bit) of key \(number)")
                }
            }
        }
    }

    /// A control leaf of `ops`.
    private func leaf(_ ops: Draft.Op...) throws -> [UInt8] {
        var draft = Draft()
        for op in ops { draft.append(op) }
        return try #require(draft.encode(stamp: 1, log: LogID(Bytes16(high: 0, low: 0))))
    }

    private func grant(_ key: Int, _ role: Role, _ name: String = "", by invitation: Int? = nil) -> Draft.Op {
        .grant(
            Self.keys[key].publicKey, role, name: name, invitation: invitation.map { Self.keys[$0].publicKey }
        )
    }

    private func text(_ membership: Membership) -> [String] {
        membership.members.sorted { $0.key < $1.key }.map {
            "\($0.key.short) \($0.value.role.name) \($0.value.name)"
        }
            + membership.invitations.sorted { $0.key < $1.key }.map {
                "\($0.key.short) \($0.value.role.name) \($0.value.expiry) \($0.value.admitted?.short ?? "open")"
            } + [membership.needsUpgrade ? "upgrade" : "known"]
    }

    @Test("D-1 D-2 D-3 D-6 D-8 D-9: in every order of arrival the members are those of the least fixpoint")
    func orders() throws {
        let critical: [UInt8] = [0x83, 0x01, 0x80, 0x81, 0x82, 0x18, 0x3f, 0x00]
        let keys = Self.keys.map { $0.publicKey.short }
        let facts: [(author: Int, leaf: [UInt8])] = [
            (2, try leaf(grant(3, .writer, "c"), .invite(Self.keys[4].publicKey, .reader, expiry: 9))),
            (1, try leaf(grant(2, .steward, "b"), grant(3, .writer, "a"), grant(3, .reader, "0"))),
            (0, try leaf(grant(1, .steward, "z"), grant(0, .relay, "me"))),
            (3, try leaf(grant(4, .steward, "by a writer"), grant(3, .steward, "self"))),
            (2, try leaf(.invite(Self.keys[4].publicKey, .writer, expiry: 5), grant(3, .reader, by: 4))),
            (3, critical),
        ]
        let genesis = Genesis(
            level: .team, founders: [Self.keys[0].publicKey], nonce: Bytes16(high: 0, low: 0), parent: nil)
        let members = [(0, "steward "), (1, "steward z"), (2, "steward b"), (3, "writer a")].map {
            "\(keys[$0.0]) \($0.1)"
        }
        let expected =
            members.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            + ["\(keys[4]) reader 5 \(keys[3])", "known"]
        for order in permutations(facts.count) {
            var membership = Membership(genesis)
            for index in order {
                membership.insert([facts[index].leaf], by: Self.keys[facts[index].author].publicKey)
            }
            same(text(membership), expected, "\(order)")
        }
        var membership = Membership(genesis)
        membership.insert(facts.map(\.leaf), by: Self.keys[0].publicKey)
        same(membership.needsUpgrade, true, "a critical operation of a steward")
    }

    private func permutations(_ count: Int) -> [[Int]] {
        guard count > 0 else { return [[]] }
        return permutations(count - 1).flatMap { shorter in
            (0..<count).map { Array(shorter[..<$0]) + [count - 1] + Array(shorter[$0...]) }
        }
    }

    @Test("D-4 L-9: a log counts by its key's role and its channel, and channels end at 7")
    func counting() throws {
        var membership = Membership(
            Genesis(
                level: .team, founders: [Self.keys[0].publicKey], nonce: Bytes16(high: 0, low: 0), parent: nil
            ))
        let roles: [Role] = [.relay, .reader, .writer, .steward]
        for (index, role) in roles.enumerated() {
            membership.insert([try leaf(grant(index + 1, role))], by: Self.keys[0].publicKey)
        }
        for channel: UInt8 in [0, 1, 2, 7, 8, 255] {
            for (index, role) in roles.enumerated() {
                let expected = channel == 0 ? role == .steward : channel < 8 && role >= .writer
                let counts = membership.counts(Self.keys[index + 1].publicKey, in: Channel(rawValue: channel))
                same(counts, expected, "\(role.name) in channel \(channel)")
            }
        }
    }
}
