/// A number of bytes for people, in powers of 1,000 with three digits at most, such as `1.4 MB`.
package func humanBytes(_ count: Int) -> String {
    if count < 1000 { return "\(count) B" }
    let count = UInt64(count)
    var scale: UInt64 = 1000
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
        let tenths = (count + scale / 20) / (scale / 10)
        if tenths < 1000 { return "\(tenths / 10).\(tenths % 10) \(unit)" }
        let whole = (count + scale / 2) / scale
        if whole < 1000 { return "\(whole) \(unit)" }
        scale *= 1000
    }
    let tenths = (count + scale / 20) / (scale / 10)
    return "\(tenths / 10).\(tenths % 10) EB"
}

/// A length of time for people: its two largest units, such as `2 h 5 min`, or `0.8 s`.
package func humanDuration(_ duration: Duration) -> String {
    let milliseconds = duration / .milliseconds(1)
    guard milliseconds.isFinite, milliseconds < 1e15 else { return "for ever" }
    if milliseconds < 0 { return "-" + humanDuration(.zero - duration) }
    if milliseconds < 9_950 {
        let tenths = Int((milliseconds / 100).rounded())
        return milliseconds < 100 ? "\(Int(milliseconds.rounded())) ms" : "\(tenths / 10).\(tenths % 10) s"
    }
    let seconds = Int((milliseconds / 1000).rounded())
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    for ((name, length), (nextName, nextLength)) in zip(units, units.dropFirst()) where seconds >= length {
        let rest = seconds % length / nextLength
        return rest == 0 ? "\(seconds / length) \(name)" : "\(seconds / length) \(name) \(rest) \(nextName)"
    }
    return "\(seconds) s"
}

/// A number with commas between its thousands.
package func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    var text = number < 0 ? "-" : ""
    for (i, digit) in digits.enumerated() {
        if i > 0, (digits.count - i) % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return text
}
