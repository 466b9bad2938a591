import CLinux

#if canImport(Glibc)
    import Glibc
#endif

/// Signals as ordinary events of the loop, instead of interruptions of whatever code happens to run.
package enum Signals {
    /// What ends a node in good order.
    package static let termination: [Int32] = [SIGINT, SIGTERM]

    /// Blocks `signals` on this thread and all that it starts later, and ignores SIGPIPE in the whole process.
    ///
    /// Call it before the first thread is made: a thread that does not block a signal takes it away from the loop.
    package static func block(_ signals: [Int32] = termination) {
        precondition(plc_signal_block(signals, Int32(signals.count)) == 0, "signals cannot be blocked")
        plc_ignore_sigpipe()
    }
}

extension EventLoop {
    /// Has `handler` called with the number of each of `signals` that arrives; they must be blocked already.
    ///
    /// Lasts as long as the loop; a node has no need to take it back.
    package func onSignal(
        _ signals: [Int32] = Signals.termination, _ handler: @escaping (Int32) -> Void
    ) throws(SystemError) {
        guard let source = SignalSource(signals) else { throw SystemError("signalfd") }
        _ = try register(source.descriptor, for: .read) { _ in
            while case let signal = plc_signalfd_next(source.descriptor), signal > 0 { handler(signal) }
        }
    }
}

/// A descriptor from which signals are read; it lives as long as the handler that reads it.
private final class SignalSource {
    let descriptor: Int32

    init?(_ signals: [Int32]) {
        descriptor = plc_signalfd(signals, Int32(signals.count))
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
