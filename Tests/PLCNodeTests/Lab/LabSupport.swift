import PLCNode
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A lab's proxy with a plain caller before it and a plain callee behind it, all on one loop.
final class ProxyBench {
    let loop: EventLoop
    let proxy: LabProxy
    private let listener: Int32
    private(set) var caller: PlainEnd
    private(set) var callee: PlainEnd?

    init() throws {
        let loop = try EventLoop()
        self.loop = loop
        proxy = try LabProxy(loop)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                precondition(bind(listener, raw, length) == 0 && listen(listener, 8) == 0)
                precondition(getsockname(listener, raw, &length) == 0)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        self.listener = listener
        proxy.target = port
        caller = PlainEnd(loop, connect(to: proxy.endpoint.port))
        _ = try loop.register(listener, for: .read) { [unowned self] _ in
            callee = PlainEnd(loop, accept(listener, nil, nil))
        }
    }

    deinit { close(listener) }

    /// Another caller.
    func call() { caller = PlainEnd(loop, connect(to: proxy.endpoint.port)) }

    /// Serves until `condition` holds at the end of a turn; false if that takes implausibly long.
    func run(until condition: @escaping () -> Bool) -> Bool {
        var isMet = false
        loop.afterTurn = { [unowned self] in
            if !isMet, condition() {
                isMet = true
                loop.stop()
            }
        }
        let deadline = loop.schedule(at: EventLoop.clock() + 60_000) { [unowned self] in loop.stop() }
        loop.run()
        loop.cancel(deadline)
        loop.afterTurn = {}
        return isMet
    }
}

private func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    return address
}

private func connect(to port: UInt16) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let result = withUnsafePointer(to: loopback(port: port)) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    precondition(result == 0, "connect: \(errno)")
    return descriptor
}

/// One end of a plain connection: writes what it is given, and keeps what it reads.
final class PlainEnd {
    private(set) var received: [UInt8] = []
    private(set) var hasEnded = false
    /// Whether it takes what comes.
    var reads = true { didSet { watch() } }
    private let loop: EventLoop
    private let descriptor: Int32
    private var registration: EventLoop.Registration?
    private var pending: [UInt8] = []
    private var taken = 0
    private var endsAfter = false

    init(_ loop: EventLoop, _ descriptor: Int32) {
        self.loop = loop
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        do throws(SystemError) {
            registration = try loop.register(descriptor, for: .read) { [unowned self] in ready($0) }
        } catch {
            Issue.record("\(error)")
        }
    }

    deinit {
        if let registration { loop.deregister(registration) }
        close(descriptor)
    }

    /// Sends bytes as the system takes them.
    func send(_ bytes: [UInt8], thenEnds: Bool = false) {
        pending = pending[taken...] + bytes
        taken = 0
        endsAfter = thenEnds
        flush()
    }

    /// How many bytes wait for the system to take them.
    var unsent: Int { pending.count - taken }

    private func flush() {
        while unsent > 0 {
            let count = pending[taken...].prefix(65_536).withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { break }
            taken += count
        }
        if unsent == 0, endsAfter { shutdown(descriptor, Int32(SHUT_WR)) }
        watch()
    }

    private func ready(_ readiness: EventLoop.Readiness) {
        if readiness.contains(.write) { flush() }
        guard readiness.contains(.read) || readiness.contains(.failed) else { return }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 {
            received += chunk[..<count]
        } else if count == 0 || errno != EAGAIN {
            hasEnded = true
            if let registration { loop.deregister(registration) }
            registration = nil
        }
    }

    private func watch() {
        guard let registration else { return }
        var interest: EventLoop.Readiness = reads ? .read : []
        if unsent > 0 { interest.insert(.write) }
        loop.modify(registration, for: interest)
    }
}
