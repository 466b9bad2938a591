import CLinux

#if canImport(Glibc)
    import Glibc
#endif

/// A TCP socket that never blocks; closed when it goes.
struct Socket: ~Copyable {
    /// What came of reading or writing.
    enum Transfer {
        case bytes(Int)
        case wouldBlock
        /// The peer sends nothing more; from reading only.
        case ended
        case failed(SystemError)
    }

    let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    // Linux frees the descriptor even if close is interrupted, so it must not be tried again.
    deinit { close(descriptor) }

    private static func open(_ family: Int32) throws(SystemError) -> Socket {
        let descriptor = plc_socket(family)
        guard descriptor >= 0 else { throw SystemError("socket") }
        return Socket(descriptor: descriptor)
    }

    /// A socket that listens at `address`.
    static func listening(at address: SocketAddress, backlog: Int32) throws(SystemError) -> Socket {
        let socket = try open(address.family)
        // A restarted node may have its port back although old connections still fade away.
        socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
        // IPv4 has its own socket, so no IPv4 address appears in two spellings.
        if address.family == AF_INET6 { socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        guard address.withSystemAddress({ bind(socket.descriptor, $0, $1) }) == 0 else {
            throw SystemError("bind")
        }
        guard listen(socket.descriptor, backlog) == 0 else { throw SystemError("listen") }
        return socket
    }

    /// A socket on its way to `address`; when it becomes writable, `pendingError` tells how it went.
    static func connecting(to address: SocketAddress) throws(SystemError) -> Socket {
        let socket = try open(address.family)
        let result = address.withSystemAddress { connect(socket.descriptor, $0, $1) }
        // An interrupted connect goes on by itself, like one in progress.
        guard result == 0 || errno == EINPROGRESS || errno == EINTR else { throw SystemError("connect") }
        return socket
    }

    /// The next connection that waits at this listener, or nil if none does.
    ///
    /// Linux reports errors of the new connection itself here too; those concern only it and are passed over.
    func accept() throws(SystemError) -> Socket? {
        while true {
            let descriptor = plc_accept(self.descriptor)
            if descriptor >= 0 { return Socket(descriptor: descriptor) }
            switch errno {
            case EAGAIN: return nil
            case EINTR, ECONNABORTED, EPROTO, ENOPROTOOPT, EOPNOTSUPP, ENETDOWN, ENETUNREACH, EHOSTDOWN,
                EHOSTUNREACH,
                ENONET, ETIMEDOUT:
                continue
            default: throw SystemError("accept")
            }
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .ended }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed(SystemError("recv"))
            }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        while true {
            let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            // ENOBUFS: the interface's queue is full, which passes.
            case EAGAIN, ENOBUFS: return .wouldBlock
            default: return .failed(SystemError("send"))
            }
        }
    }

    /// Tells the peer that nothing more follows; if the connection is gone there is nobody to tell.
    func shutdownWriting() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// The error that the system holds for this socket, or nil; asking clears it.
    func pendingError(of call: String) -> SystemError? {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else {
            return SystemError("getsockopt")
        }
        return code == 0 ? nil : SystemError(call, code)
    }

    var localAddress: SocketAddress? { address(getsockname) }
    var peerAddress: SocketAddress? { address(getpeername) }

    private func address(
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &length) }
        }
        return result == 0 ? SocketAddress(storage) : nil
    }

    /// Has the system send at once and notice a dead peer within `userTimeoutMilliseconds`.
    func tune(userTimeoutMilliseconds: Int32, keepaliveSeconds: Int32) {
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, userTimeoutMilliseconds)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, keepaliveSeconds)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, keepaliveSeconds)
    }

    /// Sets an option; each in use here only improves matters, so a refusal is not worth a connection.
    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
