/// What a finished command tells the shell that started it.
package enum ExitCode: Int32, Sendable, CaseIterable {
    /// Done, and durable.
    case done = 0
    /// Not done; the error says what, where and what to do.
    case failed = 1
    /// The command line is wrong; nothing was tried.
    case usage = 2
    /// Done, but somebody should look: alarms, skipped lines, a peer that was not reached.
    case attention = 3
    /// The reader of our output went away, as in `plc export S | head`.
    ///
    /// The shells' convention for SIGPIPE: 128 + 13.
    case outputClosed = 141
}
