#if canImport(Glibc)
    import Glibc
#endif

/// Asks the system for the addresses of `endpoint`, in the order in which to try them; blocks unless `numeric`.
///
/// Nothing for the host means this machine: all its addresses if `passive`, else none.
func addresses(
    of endpoint: Endpoint, passive: Bool = false, numeric: Bool = false
) -> Result<[SocketAddress], NetError> {
    guard passive || !endpoint.host.isEmpty else { return .failure(.unknownHost("", "no host is given")) }
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0) | (numeric ? AI_NUMERICHOST : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(endpoint.host.isEmpty ? nil : endpoint.host, "\(endpoint.port)", &hints, &list)
    guard code == 0 else {
        let reason =
            code == EAI_SYSTEM ? "\(SystemError("getaddrinfo"))" : String(cString: gai_strerror(code))
        return .failure(.unknownHost(endpoint.host, reason))
    }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var entry = list
    while let info = entry?.pointee {
        if let pointer = info.ai_addr, let address = SocketAddress(pointer, length: info.ai_addrlen),
            !found.contains(address)
        {
            found.append(address)
        }
        entry = info.ai_next
    }
    return found.isEmpty ? .failure(.unknownHost(endpoint.host, "it has no IP address")) : .success(found)
}

/// Looks host names up on helper threads, because the C library can only wait for the answer.
///
/// Lives on the loop's thread. With no network a question can take half a minute, so several are asked at a time,
/// and few, so that a hundred dead names do not make a hundred threads.
final class Resolver: @unchecked Sendable {
    typealias Answer = Result<[SocketAddress], NetError>
    /// The most helper threads at a time.
    static let threads = 4

    private let loop: EventLoop
    private var running = 0
    private var waiting: [(number: UInt64, endpoint: Endpoint)] = []
    private var callers: [UInt64: (Answer) -> Void] = [:]
    private var lastNumber: UInt64 = 0

    init(loop: EventLoop) { self.loop = loop }

    /// Calls `answer` on the loop's thread: at once if the host is an address, later if it is a name.
    func resolve(_ endpoint: Endpoint, _ answer: @escaping (Answer) -> Void) {
        if case .success(let found) = addresses(of: endpoint, numeric: true) {
            return answer(.success(found))
        }
        lastNumber += 1
        callers[lastNumber] = answer
        waiting.append((lastNumber, endpoint))
        startWaiting()
    }

    private func startWaiting() {
        while running < Self.threads, !waiting.isEmpty {
            let (number, endpoint) = waiting.removeFirst()
            running += 1
            let started = startThread {
                let answer = addresses(of: endpoint)
                self.loop.submit { self.finish(number, answer) }
            }
            if let error = started {
                loop.later { self.finish(number, .failure(.system(error))) }
            }
        }
    }

    private func finish(_ number: UInt64, _ answer: Answer) {
        running -= 1
        callers.removeValue(forKey: number)?(answer)
        startWaiting()
    }
}

/// Runs `body` on a new detached thread; returns the error if there can be none.
private func startThread(_ body: @escaping @Sendable () -> Void) -> SystemError? {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, box.toOpaque())
    guard code == 0 else {
        box.release()
        return SystemError("pthread_create", code)
    }
    pthread_detach(thread)
    return nil
}
