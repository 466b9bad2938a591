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

    /// Takes calls at `endpoint` and returns it with the port in use; a name must resolve without the network.
    ///
    /// A name with several addresses, or none for all of this machine, makes several listeners with one port.
    /// It fails if one of them is taken, but passes over those that the machine does not have.
    @discardableResult
    package func listen(_ endpoint: Endpoint) throws(NetError) -> Endpoint {
        var actual = endpoint
        var opened: [Listener] = []
        do throws(NetError) {
            for address in try addresses(of: endpoint, passive: true).get() {
                do throws(SystemError) {
                    let wanted = SocketAddress(host: address.host, port: actual.port)
                    let listener = try open(wanted)
                    opened.append(listener)
                    guard let bound = listener.socket.localAddress else { throw SystemError("getsockname") }
                    actual = Endpoint(host: endpoint.host, port: bound.port)
                } catch {
                    switch error.code {
                    case EADDRNOTAVAIL, EAFNOSUPPORT: continue
                    case EADDRINUSE: throw .addressInUse(actual)
                    case EACCES, EPERM: throw .notPermitted(actual)
                    default: throw .system(error)
                    }
                }
            }
            guard !opened.isEmpty else { throw .addressNotHere(endpoint) }
        } catch {
            opened.forEach(unwatch)
            throw error
        }
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
