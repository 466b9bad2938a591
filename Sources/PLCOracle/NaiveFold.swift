package import PLCSync

/// The state of a history the dumb way: all leaves at once, nothing incremental, straight from Specs/data-model.md.
package struct NaiveFold {
    /// A record by its text in the vectors.
    private struct Made {
        let isKeyed: Bool
        let owner: PublicKey?
        let create: Dot
        let kind: UInt64
        let stamp: UInt64
        let key: [UInt8]
        let name: [UInt8]  // `rec` in the rows of the digest
        var births: [UInt8] = []
    }

    private struct Op {
        let dot: Dot
        let author: PublicKey
        let stamp: UInt64
        let number: Int
        let change: Change
        let leaf: [UInt8]
        let logs: [LogID]
    }

    private struct Register {
        let effective: UInt64
        let dot: Dot
        let value: [UInt8]
        let isSet: Bool
    }

    private struct Slot: Hashable {
        let record: String
        let field: Field
    }

    private struct Element {
        let stamp: UInt64
        let value: [UInt8]
        let isBirth: Bool
    }

    private var records: [String: Made] = [:]
    private var named: [Dot: String] = [:]
    private var registers: [Slot: Register] = [:]
    private var elements: [Slot: [Dot: Element]] = [:]
    private var listed: [Slot: Set<Dot>] = [:]

    /// Folds a history.
    package init(_ history: History) {
        let ops = history.logs.flatMap(Self.ops)
        for op in ops { make(op) }
        let counting = ops.compactMap { op in target(op).map { (op, $0) } }
        var dead = Set<String>()
        for (op, record) in counting {
            if case .delete = op.change.ops[op.number], isOwner(op, record), records[record]?.isKeyed == false
            {
                dead.insert(record)
            }
        }
        for record in dead { records[record] = nil }
        for op in ops { writeInitialValues(op) }
        for (op, record) in counting where records[record] != nil { write(op, record) }
        for (slot, dots) in listed { for dot in dots { elements[slot]?[dot] = nil } }
    }

    private static func ops(_ log: History.Log) -> [Op] {
        log.leaves.enumerated().flatMap { index, leaf -> [Op] in
            var change = Change()
            guard (try? change.decode(leaf.span.bytes)) != nil else { return [] }
            return change.ops.indices.map {
                Op(
                    dot: Dot(log: log.id, sequence: UInt64(index) + 1, op: UInt32($0)), author: log.key,
                    stamp: change.stamp, number: $0, change: change, leaf: leaf, logs: [log.id] + change.logs)
            }
        }
    }

    private mutating func make(_ op: Op) {
        var name = ByteWriter()
        switch op.change.ops[op.number] {
        case .create(let kind, _, let owned):
            name.write(byte: 0)
            name.write(Self.bytes(op.dot))
            let record = "d/" + Self.text(op.dot)
            named[op.dot] = record
            records[record] = Made(
                isKeyed: false, owner: owned ? op.author : nil, create: op.dot, kind: kind,
                stamp: op.stamp >> 63 == 1 ? 0 : op.stamp, key: [], name: name.bytes,
                births: Array(op.leaf[op.change.ranges[op.number]]))
        case .keyed(let kind, let key):
            let key = Array(op.leaf[key])
            let id = keyedID(channel: op.dot.log.channel, kind: kind, key: key)
            name.write(byte: 1)
            name.write(id)
            let record = "k/" + hexadecimal(id.bytes)
            named[op.dot] = record
            records[record] = Made(
                isKeyed: true, owner: nil, create: op.dot, kind: kind, stamp: 0, key: key, name: name.bytes)
        default:
            return
        }
    }

    /// The record that an op counts for.
    private func target(_ op: Op) -> String? {
        switch op.change.ops[op.number] {
        case .set(let target, _, _), .add(let target, _, _, _), .remove(let target, _, _),
            .delete(let target):
            switch target {
            case .op(let index):
                return named[Dot(log: op.dot.log, sequence: op.dot.sequence, op: UInt32(index))]
            case .dot(let reference):
                let dot = Self.dot(reference, op)
                guard dot.log.channel == op.dot.log.channel, let record = named[dot] else { return nil }
                if records[record]?.isKeyed == true, dot.log != op.dot.log || dot > op.dot { return nil }
                return record
            }
        default: return nil
        }
    }

    private func isOwner(_ op: Op, _ record: String) -> Bool {
        guard let owner = records[record]?.owner else { return true }
        return owner == op.author
    }

    private mutating func writeInitialValues(_ op: Op) {
        guard case .create(_, let initial, _) = op.change.ops[op.number], let record = named[op.dot],
            let made = records[record]
        else { return }
        for entry in op.change.entries[initial] {
            offer(
                Slot(record: record, field: entry.field), made.stamp, op.dot, Array(op.leaf[entry.value]),
                false)
        }
    }

    private mutating func offer(
        _ slot: Slot, _ effective: UInt64, _ dot: Dot, _ value: [UInt8], _ isSet: Bool
    ) {
        if let best = registers[slot], (best.effective, best.dot) > (effective, dot) { return }
        registers[slot] = Register(effective: effective, dot: dot, value: value, isSet: isSet)
    }

    private mutating func write(_ op: Op, _ record: String) {
        func mayWrite(_ field: Field) -> Bool {
            if case .number(0..<64) = field { isOwner(op, record) } else { true }
        }
        switch op.change.ops[op.number] {
        case .set(_, let entries, let over) where op.stamp >> 63 == 0:
            let above = over.map { $0 >= 1 << 63 - 1 ? 1 << 63 - 1 : $0 + 1 } ?? 0
            for entry in op.change.entries[entries] where mayWrite(entry.field) {
                let slot = Slot(record: record, field: entry.field)
                offer(slot, max(op.stamp, above), op.dot, Array(op.leaf[entry.value]), true)
            }
        case .add(let target, let field, let value, let seen) where mayWrite(field):
            let slot = Slot(record: record, field: field)
            var isBirth = false
            if case .op = target, seen.isEmpty, records[record]?.isKeyed == false {
                isBirth = true
                records[record]?.births += op.leaf[op.change.ranges[op.number]]
            }
            elements[slot, default: [:]][op.dot] = Element(
                stamp: op.stamp >> 63 == 1 ? 0 : op.stamp, value: Array(op.leaf[value]), isBirth: isBirth)
            for dot in op.change.dots[seen] { listed[slot, default: []].insert(Self.dot(dot, op)) }
        case .remove(_, let field, let dots) where mayWrite(field):
            let slot = Slot(record: record, field: field)
            for dot in op.change.dots[dots] { listed[slot, default: []].insert(Self.dot(dot, op)) }
        default:
            return
        }
    }

    private static func dot(_ reference: Change.Reference, _ op: Op) -> Dot {
        Dot(log: op.logs[reference.log], sequence: reference.sequence, op: reference.op)
    }

    private static func text(_ dot: Dot) -> String {
        "\(hexadecimal(dot.log.value.bytes))/\(dot.sequence)/\(dot.op)"
    }

    private static func bytes(_ dot: Dot) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(dot.log.value)
        writer.write(bigEndian: dot.sequence)
        writer.write(bigEndian: UInt64(dot.op))
        return writer.bytes
    }

    /// The state in the text of the vectors (Specs/README.md).
    package var listing: [String] {
        var lines = records.map { record, made in
            made.isKeyed
                ? "record \(record) \(made.kind) \(hexadecimal(made.key))"
                : "record \(record) \(made.kind) \(made.stamp)" + (made.owner == nil ? "" : " owned")
        }
        for (slot, register) in registers {
            let place =
                "\(slot.record) \(describe(slot.field)) \(register.effective) \(Self.text(register.dot))"
            lines.append("register \(place) \(hexadecimal(register.value))")
        }
        for (slot, dots) in elements {
            let about = "\(slot.record) \(describe(slot.field))"
            for (dot, element) in dots {
                lines.append("dot \(about) \(Self.text(dot)) \(element.stamp) \(hexadecimal(element.value))")
            }
            let shown = dots.max { ($0.value.stamp, $0.key) < ($1.value.stamp, $1.key) }
            if let shown { lines.append("shown \(about) \(Self.text(shown.key))") }
        }
        return lines.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// The state digest.
    package var digest: Bytes32 {
        var digest = StateDigest()
        let hasher = Digest(.sha512)
        func sha512(_ bytes: [UInt8]) -> [8 of UInt64] {
            hasher.update(bytes)
            return hasher.finish512()
        }
        for made in records.values {
            var row = ByteWriter()
            row.write(byte: made.isKeyed ? 2 : 1)
            row.write(made.name)
            row.write(bigEndian: made.isKeyed ? made.kind : made.stamp)
            row.write(made.isKeyed ? made.key : made.births)
            digest.add(sha512(row.bytes))
        }
        for (slot, register) in registers where register.isSet {
            var row = start(3, slot)
            row.write(bigEndian: register.effective)
            row.write(Self.bytes(register.dot))
            row.write(register.value)
            digest.add(sha512(row.bytes))
        }
        for (slot, dots) in elements {
            for (dot, element) in dots where !element.isBirth {
                var row = start(4, slot)
                row.write(Self.bytes(dot))
                row.write(bigEndian: element.stamp)
                row.write(element.value)
                digest.add(sha512(row.bytes))
            }
        }
        for (slot, dots) in listed {
            guard let made = records[slot.record], !made.isKeyed else { continue }
            for dot in dots where dot.log == made.create.log && dot.sequence == made.create.sequence {
                var row = start(5, slot)
                row.write(Self.bytes(dot))
                digest.add(sha512(row.bytes))
            }
        }
        return digest.value
    }

    private func start(_ kind: UInt8, _ slot: Slot) -> ByteWriter {
        var row = ByteWriter()
        row.write(byte: kind)
        row.write(records[slot.record]?.name ?? [])
        row.write(field: slot.field)
        return row
    }
}
