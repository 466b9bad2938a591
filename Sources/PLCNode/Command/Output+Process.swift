import CLinux
import Glibc

extension Output {
    /// This process's own standard output and standard error.
    ///
    /// The process must ignore SIGPIPE, otherwise a closed reader kills it before `OutputError.closed` is thrown.
    package static func process() -> Output {
        Output(stdout: Sink(descriptor: 1), stderr: Sink(descriptor: 2))
    }
}

extension Output.Sink {
    /// The stream behind an open file descriptor, asked once whether it is a terminal.
    package init(descriptor: Int32) {
        let isTerminal = isatty(descriptor) == 1
        let width = isTerminal ? Int(plc_terminal_width(descriptor)) : 0
        self.init(isTerminal: isTerminal, width: width > 0 ? width : 80) { bytes throws(OutputError) in
            try writeAll(bytes, to: descriptor)
        }
    }
}

/// Writes all bytes: again after a signal, the rest after a part, and later when a pipe that must not block is full.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(OutputError) {
    var start = 0
    while start < bytes.count {
        let written = bytes.withUnsafeBytes {
            write(descriptor, $0.baseAddress.map { $0 + start }, bytes.count - start)
        }
        if written >= 0 {
            start += written
            continue
        }
        switch errno {
        case EINTR: continue
        case EAGAIN:
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&wanted, 1, -1)
        case EPIPE: throw .closed
        case let number: throw .system(number)
        }
    }
}

/// The system's words for an error number.
package func systemMessage(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    return strerror_r(number, &buffer, buffer.count) == 0
        ? String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        : "error \(number)"
}

/// An output that keeps what was written, for tests and for answers that are sent in one piece.
package final class OutputBuffer: @unchecked Sendable {
    // Guarded by the mutex; a class, because the two closures share it.
    private var streams: (stdout: [UInt8], stderr: [UInt8]) = ([], [])
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let isTerminal: Bool
    private let width: Int

    /// An empty buffer that passes for a terminal if told so.
    package init(isTerminal: Bool = false, width: Int = 80) {
        self.isTerminal = isTerminal
        self.width = width
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// The output that writes here.
    package var output: Output {
        Output(
            stdout: Output.Sink(isTerminal: isTerminal, width: width) { bytes in
                self.locked { $0.stdout += bytes }
            },
            stderr: Output.Sink(isTerminal: isTerminal, width: width) { bytes in
                self.locked { $0.stderr += bytes }
            })
    }

    /// The results so far.
    package var stdout: [UInt8] { locked { $0.stdout } }

    /// The notes so far.
    package var stderr: [UInt8] { locked { $0.stderr } }

    private func locked<T>(_ body: (inout (stdout: [UInt8], stderr: [UInt8])) -> T) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&streams)
    }
}
