import PLCOracle
import PLCSync

extension MemoryStore {
    /// The state in the text of the vectors (Specs/README.md).
    func listing() -> [String] {
        var lines: [String] = []
        func name(_ dot: LocalDot) -> String {
            "\(hexadecimal(logID(dot.log).value.bytes))/\(dot.sequence)/\(dot.op)"
        }
        for record in liveRecords {
            let view = view(record)
            let id = keyedID(of: record)
            let about = id.map { "k/" + hexadecimal($0.bytes) } ?? "d/" + name(record.id)
            if record.isKeyed {
                lines.append("record \(about) \(record.kind) \(hexadecimal(key(of: record)))")
            } else {
                lines.append(
                    "record \(about) \(record.kind) \(record.stamp)" + (record.isOwned ? " owned" : ""))
            }
            for (field, register) in view.registers {
                let place = "\(register.stamp.effective) \(name(register.stamp.dot))"
                lines.append("register \(about) \(describe(field)) \(place) \(hexadecimal(register.value))")
            }
            for (field, elements) in view.elements {
                for element in elements {
                    let value = hexadecimal(element.value)
                    lines.append(
                        "dot \(about) \(describe(field)) \(name(element.dot)) \(element.stamp) \(value)")
                }
                if let shown = shown(elements) {
                    lines.append("shown \(about) \(describe(field)) \(name(shown.dot))")
                }
            }
        }
        return lines.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }
}
