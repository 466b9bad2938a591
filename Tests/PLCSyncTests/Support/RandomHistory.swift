import PLCOracle
import PLCSync

/// A history that nobody would write: stamps that jump and run backwards, ops that name dots which exist, come later or
/// never, void and crooked ops.
///
/// It can be made smaller.
struct RandomHistory {
    /// A leaf before it is encoded.
    enum Leaf {
        case change(stamp: UInt64, ops: [[UInt8]])
        case bytes([UInt8])
    }

    private(set) var leaves: [[Leaf]]

    /// Eight logs of four keys: two epochs of each of two keys, and two channels.
    private static let logs: [History.Log] = [
        (1, 1, 1), (1, 1, 2), (2, 1, 1), (2, 1, 2), (3, 1, 1), (4, 1, 1), (1, 2, 1), (3, 2, 1),
    ].map { (key: UInt64, channel: UInt8, epoch: UInt64) in
        let key = PublicKey(Bytes32(words: (key, 0, 0, 0)))
        let space = SpaceID(Bytes32(words: (0, 0, 0, 0)))
        let channel = Channel(rawValue: channel)
        return History.Log(
            id: LogDescriptor(space: space, key: key, channel: channel, epoch: epoch).id, key: key)
    }

    /// Every change refers to all logs, so log number i is reference i + 1.
    private static let head: [UInt8] = {
        var writer = ByteWriter()
        writer.write(arrayOf: logs.count)
        for log in logs { writer.write(byteString: log.id.value.bytes) }
        return writer.bytes
    }()

    /// Draws a history of 1 to 5 logs.
    init(_ random: inout SplitMix64) {
        let places = Set((0..<2 + random.below(4)).map { _ in random.below(Self.logs.count) })
        let lengths = Self.logs.indices.map { places.contains($0) ? 1 + random.below(4) : 0 }
        var clock: UInt64 = 10
        leaves = [[Leaf]](repeating: [], count: lengths.count)
        for (log, length) in lengths.enumerated() {
            for sequence in 0..<length {
                clock = random.pick([clock + 1, clock, clock, clock / 2, 5])
                let odd: [UInt64] = [0, 1 << 63 - 1, 1 << 63, .max, 1 << 40]
                let stamp = random.once(in: 8) ? random.pick(odd) : clock
                let ops = (0..<1 + random.below(4)).map {
                    Self.op(&random, log, UInt64(sequence + 1), $0, lengths)
                }
                let isChange = !random.once(in: 40)
                leaves[log].append(isChange ? .change(stamp: stamp, ops: ops) : .bytes([0xff]))
            }
        }
    }

    private static func dot(
        _ random: inout SplitMix64, _ own: Int, _ lengths: [Int], _ writer: inout ByteWriter
    ) {
        let others = lengths.indices.filter { lengths[$0] > 0 }
        let log =
            random.once(in: 2) ? own : random.once(in: 10) ? random.below(lengths.count) : random.pick(others)
        writer.write(arrayOf: 3)
        // The own log by 0 or by its place in the list.
        writer.write(.unsigned, log == own && !random.once(in: 4) ? 0 : UInt64(log + 1))
        // Mostly the first changes, which make most records.
        let sequence =
            random.once(in: 2) ? 1 : 1 + random.below(max(lengths[log], 1) + (random.once(in: 10) ? 1 : 0))
        writer.write(.unsigned, UInt64(sequence))
        writer.write(.unsigned, UInt64(random.pick([0, 0, 0, 1, 1, 2, 3])))
    }

    private static func op(
        _ random: inout SplitMix64, _ log: Int, _ sequence: UInt64, _ index: Int, _ lengths: [Int]
    ) -> [UInt8] {
        var writer = ByteWriter()
        let value = UInt64(random.below(4))
        func dots() {
            let count = 1 + random.below(3)
            writer.write(arrayOf: count)
            for _ in 0..<count { dot(&random, log, lengths, &writer) }
        }
        func field() {
            switch random.below(4) {
            case 0: writer.write(text: "f")
            case 1: writer.write(.unsigned, 70)
            default: writer.write(.unsigned, UInt64(random.below(2)))
            }
        }
        func start(_ parts: Int, _ number: UInt64) {
            writer.write(arrayOf: parts)
            writer.write(.unsigned, number)
            if number == 0 || number == 6 { return }
            if index > 0, random.once(in: 2) {
                writer.write(.unsigned, UInt64(random.below(index)))
            } else {
                dot(&random, log, lengths, &writer)
            }
        }
        // First ops mostly make records, or there is nothing to speak of.
        switch index == 0 && random.once(in: 2) ? random.below(4) : 2 + random.below(18) {
        case 0, 1, 2:
            let isOwned = random.once(in: 3)
            start(isOwned ? 4 : 3, 0)
            writer.write(.unsigned, value)
            let count = random.below(2)
            writer.write(mapOf: count)
            if count == 1 {
                field()
                writer.write(.unsigned, value)
            }
            if isOwned { writer.write(.unsigned, 1) }
        case 3:
            start(3, 6)
            writer.write(.unsigned, 7)
            writer.write(.unsigned, value / 2)
        case 4, 5, 6, 7:
            let hasOver = random.once(in: 3)
            start(hasOver ? 4 : 3, 1)
            writer.write(mapOf: 1)
            field()
            writer.write(.unsigned, value)
            if hasOver {
                writer.write(.unsigned, random.pick([0, 9, 12, 1 << 40, 1 << 63 - 2, 1 << 63 - 1, .max]))
            }
        case 8:
            start(3, 1)
            writer.write(mapOf: 3)
            for field: UInt64 in [0, 70] {
                writer.write(.unsigned, field)
                writer.write(.unsigned, value)
            }
            writer.write(text: "f")
            writer.writeNull()
        case 9, 10, 11:
            start(4, 2)
            field()
            writer.write(.unsigned, value)
        case 12, 13:
            start(5, 2)
            field()
            writer.write(.unsigned, value)
            dots()
        case 14, 15, 16:
            start(4, 3)
            field()
            dots()
        case 17:
            start(2, random.once(in: 2) ? 4 : 99)
        case 18:
            return random.pick([
                [0xf6], [0x80], [0x81, 0x18, 0x28], [0x83, 0x01, 0x00, 0xa0], [0x82, 0x04, 0x07],
            ])
        default:
            start(4, 2)
            writer.write(.unsigned, 0)
            writer.write(.unsigned, value)
        }
        return writer.bytes
    }

    /// The leaves, encoded; logs without leaves are left out.
    var history: History {
        var found = History(logs: [])
        for (index, leaves) in leaves.enumerated() where !leaves.isEmpty {
            var log = Self.logs[index]
            log.leaves = leaves.map(Self.encode)
            found.logs.append(log)
        }
        return found
    }

    private static func encode(_ leaf: Leaf) -> [UInt8] {
        switch leaf {
        case .bytes(let bytes): return bytes
        case .change(let stamp, let ops):
            var writer = ByteWriter()
            writer.write(arrayOf: 3)
            writer.write(cbor: stamp)
            writer.write(head)
            writer.write(arrayOf: ops.count)
            for op in ops { writer.write(op) }
            return writer.bytes
        }
    }

    /// The histories that are one step smaller: a log without its last leaf, a change without one of its ops.
    var smaller: [RandomHistory] {
        var found: [RandomHistory] = []
        for log in leaves.indices {
            if !leaves[log].isEmpty {
                var next = self
                next.leaves[log].removeLast()
                found.append(next)
            }
            for (index, leaf) in leaves[log].enumerated() {
                guard case .change(let stamp, let ops) = leaf, ops.count > 1 else { continue }
                for op in ops.indices {
                    var less = ops
                    less.remove(at: op)
                    var next = self
                    next.leaves[log][index] = .change(stamp: stamp, ops: less)
                    found.append(next)
                }
            }
        }
        return found
    }
}
