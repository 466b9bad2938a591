/// Where a command writes: its results, and what it has to say about them.
///
/// Two closures, so that the same command runs in this process, in a test, and over the local socket for another
/// process, whose terminal it then describes. Nothing in this package calls `print`.
package struct Output: Sendable {
    /// One stream of bytes, and what is known about its reader.
    package struct Sink: Sendable {
        /// Whether a person looks at it.
        package let isTerminal: Bool
        /// The width of the terminal in columns; 80 when there is none.
        package let width: Int
        /// Writes all of the bytes or throws.
        package let write: @Sendable ([UInt8]) throws(OutputError) -> Void

        /// A stream written by `write`.
        package init(
            isTerminal: Bool = false, width: Int = 80,
            write: @escaping @Sendable ([UInt8]) throws(OutputError) -> Void
        ) {
            self.isTerminal = isTerminal
            self.width = width
            self.write = write
        }
    }

    /// For results: what another program reads.
    package let stdout: Sink
    /// For people: notes, progress, errors.
    package let stderr: Sink

    /// An output of these two streams.
    package init(stdout: Sink, stderr: Sink) {
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Writes a line of the result.
    package func line(_ text: String = "") throws(OutputError) {
        try stdout.write(Array(text.utf8) + [UInt8(ascii: "\n")])
    }

    /// Writes a value on a line of its own.
    package func line(_ value: JSON) throws(OutputError) {
        try stdout.write(value.bytes + [UInt8(ascii: "\n")])
    }

    /// Writes lines of the result in one piece.
    package func lines(_ lines: [String]) throws(OutputError) {
        try stdout.write(lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] })
    }

    /// Tells a person something; that nobody listens is no error.
    package func note(_ text: String) {
        do throws(OutputError) { try stderr.write(Array(text.utf8) + [UInt8(ascii: "\n")]) } catch {}
    }
}

/// Why output could not be written.
package enum OutputError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The reader went away: end quietly, with this exit code.
    case closed
    /// The system refused; its error number.
    case system(Int32)

    /// What the process should end with.
    package var exitCode: ExitCode { self == .closed ? .outputClosed : .failed }

    package var description: String {
        switch self {
        case .closed: "the reader of the output went away"
        case .system(let number): "the output cannot be written: \(systemMessage(number))"
        }
    }
}
