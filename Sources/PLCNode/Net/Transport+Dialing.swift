package import PLCSync

extension Transport {
    /// Calls `endpoint`; the outcome is told as `connected` or `closed`.
    ///
    /// Only the holder of the key `expected` is accepted if that is given, else any, and the host decides. The
    /// addresses of a name are tried in turn, each with half of the time that is left.
    package func dial(_ endpoint: Endpoint, expecting expected: PublicKey?) -> ConnectionID {
        let connection = Connection(nextID(), dialling: endpoint, expecting: expected)
        connections[connection.id] = connection
        connection.giveUp = loop.now + limits.connectMilliseconds
        setDeadline(connection, after: limits.connectMilliseconds) { [unowned self, unowned connection] in
            finish(connection, .connectTimeout)
        }
        resolver.resolve(endpoint) { [weak self, weak connection] answer in
            guard let self, let connection, case .resolving = connection.phase else { return }
            switch answer {
            case .success(let addresses): connect(connection, addresses[...], after: nil)
            case .failure(let error): finish(connection, .unreachable(error))
            }
        }
        return connection.id
    }

    /// Tries the first address that gets as far as being on its way.
    private func connect(
        _ connection: Connection, _ addresses: ArraySlice<SocketAddress>, after failure: SystemError?
    ) {
        abandonSocket(connection)
        var failure = failure
        var rest = addresses
        while let address = rest.popFirst() {
            do throws(SystemError) {
                connection.socket = try Socket.connecting(to: address)
                connection.remoteAddress = address
                connection.phase = .connecting(rest)
                try watch(connection)
                return setConnectDeadline(connection, hasMore: !rest.isEmpty)
            } catch {
                abandonSocket(connection)
                failure = error
            }
        }
        finish(connection, failure.map { .system($0) } ?? .connectTimeout)
    }

    private func setConnectDeadline(_ connection: Connection, hasMore: Bool) {
        let left = connection.giveUp > loop.now ? connection.giveUp - loop.now : 0
        setDeadline(connection, after: hasMore ? left / 2 : left) { [unowned self, unowned connection] in
            guard case .connecting(let rest) = connection.phase, !rest.isEmpty else {
                return finish(connection, .connectTimeout)
            }
            connect(connection, rest, after: nil)
        }
    }

    /// The socket has become writable or failed: the connection is there, or the next address has its turn.
    func finishConnecting(_ connection: Connection) {
        guard case .connecting(let rest) = connection.phase, let target = connection.target else {
            preconditionFailure("\(connection.id) is not connecting")
        }
        if let error = connection.socket?.pendingError(of: "connect") {
            return connect(connection, rest, after: error)
        }
        connection.socket?.tune(
            userTimeoutMilliseconds: limits.userTimeoutMilliseconds, keepaliveSeconds: limits.keepaliveSeconds
        )
        connection.phase = .handshaking
        connection.session = TLSSession(client, admission: target.expected.map { .only($0) } ?? .any)
        setDeadline(connection, after: limits.handshakeMilliseconds) { [unowned self, unowned connection] in
            finish(connection, .handshakeTimeout)
        }
        // A client speaks first.
        advance(connection, UnsafeRawBufferPointer(start: nil, count: 0))
        updateInterest(connection)
    }

    private func abandonSocket(_ connection: Connection) {
        if let registration = connection.registration { loop.deregister(registration) }
        connection.registration = nil
        connection.socket = nil
    }
}
