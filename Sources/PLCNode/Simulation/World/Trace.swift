package import PLCOracle

/// Everything that happened in a simulation, as a running hash, and as lines if somebody wants to read them.
///
/// Two runs of the same scenario and seed have equal traces, to the byte, in any build and process.
package struct Trace {
    /// The hash of all that happened so far.
    package private(set) var trail = Trail()
    /// How many things happened.
    package private(set) var steps = 0
    /// The last lines, the newest last; what a failure shows.
    package private(set) var tail: [String] = []
    private let sink: ((String) -> Void)?
    private static let tailLines = 400

    /// A trace whose lines go to `sink`, if there is one.
    package init(sink: ((String) -> Void)? = nil) { self.sink = sink }

    /// Notes that something happened at `time` on `node`; the numbers say what exactly.
    mutating func note(_ time: UInt64, _ node: Int, _ what: StaticString, _ numbers: UInt64...) {
        steps += 1
        trail.note(time)
        trail.note(UInt64(truncatingIfNeeded: node))
        trail.note(UInt64(what.utf8CodeUnitCount))
        what.withUTF8Buffer { trail.note(UnsafeRawBufferPointer($0)) }
        for number in numbers { trail.note(number) }
        var line = "\(time) \(node) \(what)"
        for number in numbers { line += " " + String(number, radix: 16) }
        if tail.count >= 2 * Self.tailLines { tail.removeFirst(Self.tailLines) }
        tail.append(line)
        sink?(line)
    }
}
