import PLCSync
import Testing

/// Bytes that are almost right: each fault that a reader names has an input here that has nothing else wrong with it.
@Suite struct CrookedTests {
    private static let key: [UInt8] =
        SigningKey(seed: [UInt8](repeating: 1, count: 32))?.publicKey.bytes ?? []

    private func verdict(_ decode: () throws(Malformed) -> Void) -> String {
        fault(decode).map { "\($0.reason)" } ?? "accepted"
    }

    @Test("E-18 E-23 E-31 E-33: a leaf that is no change, and an op that is ignored alone")
    func leaves() {
        let key = "5820" + hexadecimal(Self.key)
        let cases: [(name: String, leaf: [UInt8], verdict: String)] = [
            ("too long", [UInt8](repeating: 0x80, count: 65_537), "limit"),
            (
                "fields in another order", bytes(hexadecimal: "83018081830001a202000100") ?? [],
                "unsortedKeys"
            ),
            ("a field that is no UTF-8", bytes(hexadecimal: "83018081830001a161ff00") ?? [], "utf8"),
            ("a name that is no UTF-8", bytes(hexadecimal: "83018081841820\(key)0161ff") ?? [], "utf8"),
            ("role 4", bytes(hexadecimal: "83018081831820\(key)04") ?? [], "ignored"),
            ("an invitation to role 4", bytes(hexadecimal: "83018081841840\(key)0400") ?? [], "ignored"),
            ("a grant of role 3", bytes(hexadecimal: "83018081831820\(key)03") ?? [], "accepted"),
        ]
        for (name, leaf, expected) in cases {
            var change = Change()
            var found = verdict { () throws(Malformed) in try change.decode(leaf.span.bytes) }
            if case .unknown? = change.ops.first { found = "ignored" }
            same(found, expected, name)
        }
        same(Draft.leaf(stamp: 1, count: 0, ops: []), nil, "a change without ops")
    }

    @Test("E-35 L-5: a genesis and an invitation of another shape are refused")
    func foundations() {
        let key = "5820" + hexadecimal(Self.key)
        let weak = "5820" + String(repeating: "00", count: 32)
        let nonce = "50" + String(repeating: "07", count: 16)
        let genesis: [(name: String, hex: String, verdict: String)] = [
            ("whole", "84010181\(key)\(nonce)", "accepted"),
            (
                "a parent of 31 bytes", "85010181\(key)\(nonce)581f" + String(repeating: "01", count: 31),
                "shape"
            ),
            ("a nonce of 15 bytes", "84010181\(key)4f" + String(repeating: "07", count: 15), "shape"),
            ("a founder that signs anything", "84010181\(weak)\(nonce)", "shape"),
        ]
        for (name, hex, expected) in genesis {
            let bytes = bytes(hexadecimal: hex) ?? []
            same(verdict { () throws(Malformed) in _ = try Genesis(bytes) }, expected, "genesis: " + name)
        }
        let space = "5820" + String(repeating: "05", count: 32)
        let one = "81" + "63613a31"
        let long = "81" + "7900fe" + String(repeating: "61", count: 254)
        let invitations: [(name: String, hex: String, verdict: String)] = [
            ("whole", "8701\(space)\(key)\(one)\(space)0200", "accepted"),
            ("of another version", "8702\(space)\(key)\(one)\(space)0200", "shape"),
            ("of an inviter that signs anything", "8701\(space)\(weak)\(one)\(space)0200", "shape"),
            (
                "with nine addresses",
                "8701\(space)\(key)89" + String(repeating: "60", count: 9) + "\(space)0200", "limit"
            ),
            ("with a length in two bytes", "8701\(space)\(key)\(long)\(space)0200", "nonShortest"),
            (
                "with a long address",
                "8701\(space)\(key)817a00010000" + String(repeating: "61", count: 65_536) + "\(space)0200",
                "limit"
            ),
            ("with an address of bytes", "8701\(space)\(key)8141aa\(space)0200", "shape"),
            ("with a seed of a byte", "8701\(space)\(key)\(one)41aa0200", "shape"),
            ("to role 4", "8701\(space)\(key)\(one)\(space)0400", "shape"),
        ]
        for (name, hex, expected) in invitations {
            let bytes = bytes(hexadecimal: hex) ?? []
            same(
                verdict { () throws(Malformed) in _ = try Invitation(bytes) }, expected, "invitation " + name)
        }
        same(SigningKey(seed: [1, 2, 3]) == nil, true, "a seed of three bytes")
        same(Role(name: "king") == nil, true, "a role of no name")
    }

    @Test("E-1 S-10: digits in either case, and the hash under a long key")
    func digits() {
        for (text, expected) in [("0aFf", [0x0a, 0xff]), ("0", nil), ("0g", nil), ("", [])]
            as [(String, [UInt8]?)]
        {
            same(bytes(hexadecimal: text), expected, "\"\(text)\"")
        }
        // RFC 4231, test case 6.
        let mac = Digest.hmac(
            key: [UInt8](repeating: 0xaa, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
        same(hexadecimal(mac), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", "HMAC")
        same("\(Malformed(.depth, at: 7))", "depth at byte 7", "a fault in words")
        same(Bytes16([1]) == nil && Bytes32([1, 2]) == nil, true, "too few bytes")
    }

    @Test("S-41 S-42: a long message of reconciliation goes in several frames, and says the same")
    func longReconciliation() throws {
        func log(_ number: UInt64) -> LogID { LogID(Bytes16(high: 1 << 56 | number << 20, low: 0)) }
        let entries = (0..<4).map {
            Message.HeadEntry(log: log(100_000 + UInt64($0)), count: 1, tag: UInt32($0))
        }
        var ranges = (1...5_000).map {
            Reconciliation.Range(
                end: log(UInt64($0)), mode: .fingerprint(Bytes16(high: UInt64($0), low: 0)))
        }
        ranges.append(Reconciliation.Range(end: log(200_000), mode: .items(entries)))
        ranges.append(
            Reconciliation.Range(
                end: nil,
                mode: .answer(
                    (0..<1_200).map {
                        Message.HeadEntry(
                            log: LogID(Bytes16(high: 1 << 56 | UInt64(1 << 30 + $0) << 20, low: 1)), count: 2,
                            tag: 3)
                    })))
        var (names, peerNames) = (LogNames(), PeerLogNames())
        var read: [Reconciliation.Range] = []
        let frames = Message.Recon(handle: 1, ranges: ranges).encode(&names)
        for (index, frame) in frames.enumerated() {
            let next = try #require(try Frame.first(in: frame.span.bytes, from: 0))
            let part = try Message.Recon(frame.span.bytes.extracting(next.body), &peerNames)
            same(part.more, index < frames.count - 1, "more after frame \(index)")
            // Each frame but the first skips to where the one before it ended.
            if index > 0 { same(part.ranges.first?.mode, .skip, "the beginning of frame \(index)") }
            read += part.ranges.dropFirst(index > 0 ? 1 : 0)
        }
        func told(_ ranges: [Reconciliation.Range]) -> [Message.HeadEntry] {
            ranges.flatMap { range -> [Message.HeadEntry] in
                switch range.mode {
                case .items(let entries), .answer(let entries): entries
                case .skip, .fingerprint: []
                }
            }
        }
        same(frames.count > 2, true, "frames")
        same(Array(read.prefix(5_000)), Array(ranges.prefix(5_000)), "the fingerprints")
        same(told(read), told(ranges), "the heads")
        same(read.last?.end == nil, true, "the end")
    }
}
