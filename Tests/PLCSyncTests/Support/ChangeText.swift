import PLCOracle
import PLCSync

/// The text of a change that the vectors use (Specs/README.md).
///
/// Of an op that is in the wrong channel it says no more than that it is ignored: the fold reads no control op, and
/// the membership no other.
func describe(_ change: Change, _ leaf: [UInt8], isControl: Bool) -> [String] {
    var lines = ["hlc: \(change.stamp)"] + change.logs.map { "ref: \(hexadecimal($0.value.bytes))" }
    for (index, op) in change.ops.enumerated() {
        let words = op.isControl == isControl ? describe(op, change, leaf) : ["ignored"]
        lines.append("op: " + (["\(index)"] + words).joined(separator: " "))
    }
    return lines
}

extension Change.Op {
    fileprivate var isControl: Bool? {
        switch self {
        case .create, .set, .add, .remove, .delete, .keyed: false
        case .grant, .invite: true
        case .unknown: nil
        }
    }
}

private func describe(_ op: Change.Op, _ change: Change, _ leaf: [UInt8]) -> [String] {
    func hex(_ range: Range<Int>) -> String { hexadecimal(leaf[range]) }
    func dot(_ dot: Change.Reference) -> String { "\(dot.log)/\(dot.sequence)/\(dot.op)" }
    func target(_ target: Change.Target) -> String {
        switch target {
        case .op(let index): "#\(index)"
        case .dot(let reference): dot(reference)
        }
    }
    func fields(_ range: Range<Int>) -> [String] {
        change.entries[range].flatMap { ["field", describe($0.field), hex($0.value)] }
    }
    func dots(_ range: Range<Int>) -> [String] { range.isEmpty ? [] : ["dots"] + change.dots[range].map(dot) }
    switch op {
    case .create(let kind, let initial, let owned):
        return ["create", "\(kind)"] + (owned ? ["owned"] : []) + fields(initial)
    case .set(let about, let entries, let over):
        return ["set", target(about)] + (over.map { ["over", "\($0)"] } ?? []) + fields(entries)
    case .add(let about, let field, let value, let seen):
        return ["add", target(about), "field", describe(field), "value", hex(value)] + dots(seen)
    case .remove(let about, let field, let list):
        return ["rem", target(about), "field", describe(field)] + dots(list)
    case .delete(let about):
        return ["del", target(about)]
    case .keyed(let kind, let key):
        return ["keyed", "\(kind)", "value", hex(key)]
    case .grant(let key, let role, let name, let invitation):
        return ["grant", hexadecimal(key.bytes), "role", "\(role)"]
            + (name.map { ["name", "t" + hex($0)] } ?? [])
            + (invitation.map { ["invitation", hexadecimal($0.bytes)] } ?? [])
    case .invite(let invitation, let role, let expiry):
        return ["invite", hexadecimal(invitation.bytes), "role", "\(role)", "expiry", "\(expiry)"]
    case .unknown:
        return ["ignored"]
    }
}
