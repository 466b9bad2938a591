#if canImport(Glibc)
    import Glibc
#endif

/// A socket that takes calls.
final class Listener {
    let socket: Socket
    var registration: EventLoop.Registration?

    init(_ socket: consuming Socket) { self.socket = socket }
}

extension Transport {
    /// The most callers taken from one listener in one turn.
    private static let acceptsPerTurn = 64

    /// How often a port of the system's choice is tried that turns out to be taken at another address of the host.
    private static let portAttempts = 8

    /// Takes calls at `endpoint` and returns it with the port in use; a name is looked up at once, so it may block.
    ///
    /// A name with several addresses, or none for all of this machine, makes several listeners with one port. It
    /// fails if one of them is taken, but passes over addresses that the machine does not have.
    @discardableResult
    package func listen(_ endpoint: Endpoint) throws(NetError) -> Endpoint {
        let found = try addresses(of: endpoint, passive: true).get()
        var attempt = 1
        while true {
            do throws(NetError) {
                return try listen(endpoint, at: found)
            } catch {
                guard case .addressInUse = error, endpoint.port == 0, attempt < Self.portAttempts else {
                    throw error
                }
                attempt += 1
            }
        }
    }

    private func listen(_ endpoint: Endpoint, at found: [SocketAddress]) throws(NetError) -> Endpoint {
        var actual = endpoint
        var opened: [Listener] = []
        for address in found {
            do throws(SystemError) {
                let listener = try open(SocketAddress(host: address.host, port: actual.port))
                opened.append(listener)
                guard let bound = listener.socket.localAddress else { throw SystemError("getsockname") }
                actual = Endpoint(host: endpoint.host, port: bound.port)
            } catch {
                if error.code == EADDRNOTAVAIL || error.code == EAFNOSUPPORT { continue }
                opened.forEach(unwatch)
                switch error.code {
                case EADDRINUSE: throw .addressInUse(actual)
                case EACCES, EPERM: throw .notPermitted(actual)
                default: throw .system(error)
                }
            }
        }
        guard !opened.isEmpty else { throw .addressNotHere(endpoint) }
        listeners += opened
        return actual
    }

    /// Stops listening; connections stay.
    package func stopListening() {
        listeners.forEach(unwatch)
        listeners = []
    }

    func unwatch(_ listener: Listener) {
        if let registration = listener.registration { loop.deregister(registration) }
        listener.registration = nil
    }

    private func open(_ address: SocketAddress) throws(SystemError) -> Listener {
        let listener = Listener(try Socket.listening(at: address, backlog: limits.backlog))
        listener.registration = try loop.register(listener.socket.descriptor, for: .read) {
            [unowned self, unowned listener] _ in accept(listener)
        }
        return listener
    }

    private func accept(_ listener: Listener) {
        for _ in 0..<Self.acceptsPerTurn {
            do throws(SystemError) {
                guard let socket = try listener.socket.accept() else { return }
                admit(socket)
            } catch {
                return rest(listener, error)
            }
        }
    }

    /// Out of descriptors or memory the call stays in the queue, and would be reported in every turn.
    private func rest(_ listener: Listener, _ error: SystemError) {
        notify(.refused(nil, .system(error)))
        guard let registration = listener.registration else { return }
        loop.modify(registration, for: [])
        loop.schedule(after: limits.acceptPauseMilliseconds) { [weak self, weak listener] in
            // It may have been closed meanwhile.
            guard let self, let registration = listener?.registration else { return }
            loop.modify(registration, for: .read)
        }
    }

    private func admit(_ socket: consuming Socket) {
        // A caller that has already gone has no address.
        guard let address = socket.peerAddress else { return }
        guard unproven.admit(address) else { return notify(.refused(address, .tooManyUnproven)) }
        socket.tune(
            userTimeoutMilliseconds: limits.userTimeoutMilliseconds, keepaliveSeconds: limits.keepaliveSeconds
        )
        let connection = Connection(nextID(), accepting: socket, from: address)
        connections[connection.id] = connection
        connection.session = TLSSession(server, admission: .matching(admits))
        do throws(SystemError) { try watch(connection) } catch { return finish(connection, .system(error)) }
        setDeadline(connection, after: limits.handshakeMilliseconds) { [unowned self, unowned connection] in
            finish(connection, .handshakeTimeout)
        }
    }
}
