internal import PLCSync

/// Lines for whoever runs the node, on standard error, each with its time and level.
package struct Log: Sendable {
    /// How much is said; each level includes those before it.
    package enum Level: Int, Comparable, Sendable, CaseIterable {
        case error = 0
        case warning, info, debug

        package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// Lines above this level are not written.
    package let level: Level
    private let write: @Sendable (String) -> Void

    /// A log that writes lines up to `level` with `write`.
    package init(level: Level, write: @escaping @Sendable (String) -> Void = Log.standardError) {
        self.level = level
        self.write = write
    }

    /// Writes a line to standard error; that nobody reads it is no error.
    package static let standardError: @Sendable (String) -> Void = { line in
        do throws(OutputError) { try writeAll(Array((line + "\n").utf8), to: 2) } catch {}
    }

    package func error(_ message: @autoclosure () -> String) { say(.error, message) }
    package func warning(_ message: @autoclosure () -> String) { say(.warning, message) }
    package func info(_ message: @autoclosure () -> String) { say(.info, message) }
    package func debug(_ message: @autoclosure () -> String) { say(.debug, message) }

    private func say(_ level: Level, _ message: () -> String) {
        guard level <= self.level else { return }
        write("\(Self.time()) \(level) \(message())")
    }

    /// The time of day in UTC, to the millisecond.
    private static func time() -> String {
        let milliseconds = World.wall().milliseconds
        func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let rest = milliseconds % 1_000
        let fraction = rest < 10 ? "00\(rest)" : rest < 100 ? "0\(rest)" : "\(rest)"
        let seconds = milliseconds / 1_000
        return "\(two(seconds / 3_600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60)).\(fraction)"
    }
}
