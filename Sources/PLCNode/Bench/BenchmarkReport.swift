/// What was measured: a row for people, and members of one JSON object for programs.
struct BenchmarkReport {
    private var table = TextTable([
        .init("measure"), .init("figure", .end), .init("to reach", .end), .init("", .start),
    ])
    private var members: [(String, JSON)] = []

    /// Adds a member of the object; one of the same name gets its members added.
    mutating func put(_ key: String, _ value: JSON) {
        guard let index = members.firstIndex(where: { $0.0 == key }),
            case .object(let old) = members[index].1, case .object(let new) = value
        else {
            members.append((key, value))
            return
        }
        members[index].1 = .object(old + new)
    }

    /// Adds a row of the table.
    mutating func row(_ measure: String, _ figure: String, _ target: String = "", _ note: String = "") {
        table.add([measure, figure, target, note])
    }

    /// The object.
    var json: JSON { .members(members) }

    /// The table.
    func lines(for sink: Output.Sink) -> [String] { table.lines(for: sink) }
}

/// A number with `digits` after the point.
func fixed(_ value: Double, _ digits: Int = 2) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let whole = Int((value.magnitude * scale).rounded())
    let sign = value < 0 && whole > 0 ? "-" : ""
    let (units, rest) = (whole / Int(scale), whole % Int(scale))
    if digits == 0 { return sign + grouped(units) }
    let fraction = "\(rest)"
    return sign + grouped(units) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// Seconds in the unit that suits them.
func humanSeconds(_ seconds: Double) -> String {
    if seconds < 0.001 { return fixed(seconds * 1e6, 0) + " µs" }
    return seconds < 1 ? fixed(seconds * 1e3, 1) + " ms" : fixed(seconds, 2) + " s"
}

/// The value in the middle of some.
func median<Value>(_ values: [Value], by less: (Value, Value) -> Bool) -> Value {
    precondition(!values.isEmpty, "the median of nothing")
    return values.sorted(by: less)[values.count / 2]
}
