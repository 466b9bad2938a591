import PLCOracle
import PLCSync
import Testing

@Suite("Drafts")
struct DraftTests {
    private static let logs = (1...4).map { LogID(Bytes16(high: 1 << 56 | $0, low: $0)) }

    private func dot(_ random: inout SplitMix64) -> Dot {
        Dot(
            log: random.pick(Self.logs), sequence: UInt64(1 + random.below(300)),
            op: UInt32(random.below(1_024)))
    }

    private func value(_ random: inout SplitMix64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(byteString: random.bytes(random.below(40)))
        return writer.bytes
    }

    private func field(_ random: inout SplitMix64) -> Field {
        random.once(in: 3)
            ? .name(Array("name\(random.below(90))".utf8)) : .number(UInt64(random.below(65_536)))
    }

    private func op(_ random: inout SplitMix64, _ hasRecord: Bool) -> Draft.Op {
        let target: Draft.Target = hasRecord && random.once(in: 2) ? .op(0) : .dot(dot(&random))
        var values: [Field: [UInt8]] = [:]
        for _ in 0..<1 + random.below(4) { values[field(&random)] = value(&random) }
        let pairs = values.map { ($0.key, $0.value) }
        let dots = (0..<1 + random.below(4)).map { _ in dot(&random) }
        switch random.below(7) {
        case 0: return .create(kind: random.next(), initial: pairs, owned: random.once(in: 2))
        case 1: return .set(target, pairs, over: random.once(in: 2) ? random.next() : nil)
        case 2: return .add(target, field(&random), value(&random), seen: [])
        case 3: return .add(target, field(&random), value(&random), seen: dots)
        case 4: return .remove(target, field(&random), dots)
        case 5: return .delete(target)
        default: return .keyed(kind: random.next(), key: value(&random))
        }
    }

    /// The text of a draft's op, with dots by their full names.
    private func text(_ op: Draft.Op) -> String {
        func name(_ dot: Dot) -> String { "\(dot.log.value.low)/\(dot.sequence)/\(dot.op)" }
        func name(_ target: Draft.Target) -> String {
            switch target {
            case .op(let index): "#\(index)"
            case .dot(let dot): name(dot)
            }
        }
        func text(_ pairs: [(Field, [UInt8])]) -> String {
            pairs.sorted { $0.0 < $1.0 }.map { "\(describe($0.0)) \(hexadecimal($0.1))" }.joined(
                separator: " ")
        }
        switch op {
        case .create(let kind, let pairs, let owned): return "create \(kind) \(text(pairs)) \(owned)"
        case .set(let target, let pairs, let over): return "set \(name(target)) \(text(pairs)) \(over ?? 0)"
        case .add(let target, let field, let value, let seen):
            return "add \(name(target)) \(describe(field)) \(hexadecimal(value)) \(seen.map(name))"
        case .remove(let target, let field, let dots):
            return "rem \(name(target)) \(describe(field)) \(dots.map(name))"
        case .delete(let target): return "del \(name(target))"
        case .keyed(let kind, let key): return "keyed \(kind) \(hexadecimal(key))"
        case .grant, .invite: return "control"
        }
    }

    /// The logs that an op names.
    private func logs(_ op: Draft.Op) -> [LogID] {
        func logs(_ target: Draft.Target, _ dots: [Dot]) -> [LogID] {
            guard case .dot(let dot) = target else { return dots.map(\.log) }
            return [dot.log] + dots.map(\.log)
        }
        switch op {
        case .create, .keyed, .grant, .invite: return []
        case .set(let target, _, _), .delete(let target): return logs(target, [])
        case .add(let target, _, _, let dots), .remove(let target, _, let dots): return logs(target, dots)
        }
    }

    /// The ops of a change as drafts of them.
    private func drafted(_ change: Change, _ leaf: [UInt8]) -> [Draft.Op] {
        let logs = [Self.logs[0]] + change.logs
        func full(_ dot: Change.Reference) -> Dot {
            Dot(log: logs[dot.log], sequence: dot.sequence, op: dot.op)
        }
        func full(_ target: Change.Target) -> Draft.Target {
            switch target {
            case .op(let index): .op(index)
            case .dot(let dot): .dot(full(dot))
            }
        }
        func pairs(_ range: Range<Int>) -> [(Field, [UInt8])] {
            change.entries[range].map { ($0.field, Array(leaf[$0.value])) }
        }
        return change.ops.compactMap { op in
            switch op {
            case .create(let kind, let initial, let owned):
                .create(kind: kind, initial: pairs(initial), owned: owned)
            case .set(let target, let entries, let over): .set(full(target), pairs(entries), over: over)
            case .add(let target, let field, let value, let seen):
                .add(full(target), field, Array(leaf[value]), seen: change.dots[seen].map(full))
            case .remove(let target, let field, let dots):
                .remove(full(target), field, change.dots[dots].map(full))
            case .delete(let target): .delete(full(target))
            case .keyed(let kind, let key): .keyed(kind: kind, key: Array(leaf[key]))
            case .grant, .invite, .unknown: nil
            }
        }
    }

    @Test(
        "E-17 E-36 E-37: a draft is read as it was meant, byte for byte, and names each other log once and only if it must"
    )
    func roundTrips() throws {
        try withSeeds(2_000) { random in
            var draft = Draft()
            draft.append(.create(kind: 1, initial: [], owned: false))
            for _ in 0..<random.below(6) { draft.append(op(&random, true)) }
            let stamp = random.next()
            let leaf = try #require(draft.encode(stamp: stamp, log: Self.logs[0]))
            var change = Change()
            try change.decode(leaf.span.bytes)
            let (found, meant) = (drafted(change, leaf).map(text), draft.ops.map(text))
            if found != meant || change.stamp != stamp { return "\(meant) is read as \(found)" }
            let others = Set(draft.ops.flatMap(logs)).subtracting([Self.logs[0]])
            let isLean = Set(change.logs) == others && change.logs.count == others.count
            return isLean ? nil : "\(meant) refers to \(change.logs)"
        }
    }

    @Test("E-18 L-2: a draft without ops, of more than 1,024, or of more than 64 KiB is no leaf")
    func limits() {
        for (ops, bytes, isLeaf) in [
            (0, 1, false), (1, 1, true), (1_024, 1, true), (1_025, 1, false), (2, 40_000, false),
        ] {
            var draft = Draft()
            var writer = ByteWriter()
            writer.write(byteString: [UInt8](repeating: 0, count: bytes))
            for _ in 0..<ops { draft.append(.keyed(kind: 1, key: writer.bytes)) }
            same(draft.encode(stamp: 1, log: Self.logs[0]) != nil, isLeaf, "\(ops) ops of \(bytes) bytes")
        }
    }
}
