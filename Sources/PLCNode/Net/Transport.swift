package import PLCSync

/// Proven, encrypted byte streams between nodes: listens, calls, and moves bytes for a host.
///
/// Lives on the loop's thread. What the host sends in a turn goes out together in `flush`, which it calls at the
/// end of the turn. The transport knows keys, addresses and bytes, but no messages: double connections,
/// greetings and pings are the host's.
///
/// Memory: an idle connection has no buffers; two buffers of 64 and 16 KiB serve all of them in turn.
package final class Transport {
    /// The most that is read from a socket, or encrypted for it, at a time.
    static let chunkBytes = 65_536
    /// The most that one TLS record can hold, in bytes.
    ///
    /// Source: RFC 8446, section 5.1.
    static let recordBytes = 16_384

    package let loop: EventLoop
    package let limits: TransportLimits
    /// Who is told; set it before the first turn if it cannot be given at the start.
    package weak var handler: (any TransportHandler)?

    let admits: (PublicKey) -> Bool
    let client: TLSContext
    let server: TLSContext
    let resolver: Resolver
    let ciphertext = UnsafeMutableRawBufferPointer.allocate(byteCount: Transport.chunkBytes, alignment: 16)
    let plaintext = UnsafeMutableRawBufferPointer.allocate(byteCount: Transport.recordBytes, alignment: 16)
    var listeners: [Listener] = []
    var connections: [ConnectionID: Connection] = [:]
    var unproven: UnprovenCount
    var dirty: [Connection] = []
    var notices: [Notice] = []
    private var lastID: UInt64 = 0

    /// Makes a transport that speaks as `identity` and lets in callers whose key `admits` accepts.
    ///
    /// `admits` is asked before the caller has proven that it holds the key, so it must change nothing.
    package init(
        loop: EventLoop, identity: SigningKey, limits: TransportLimits = TransportLimits(),
        admits: @escaping (PublicKey) -> Bool, handler: (any TransportHandler)?
    ) {
        let identity = TLSIdentity(identity)
        self.loop = loop
        self.limits = limits
        self.admits = admits
        self.handler = handler
        client = TLSContext(identity, role: .client)
        server = TLSContext(identity, role: .server)
        resolver = Resolver(loop: loop)
        unproven = UnprovenCount(limits)
    }

    deinit {
        stopListening()
        for connection in connections.values {
            if let registration = connection.registration { loop.deregister(registration) }
            if let deadline = connection.deadline { loop.cancel(deadline) }
        }
        ciphertext.deallocate()
        plaintext.deallocate()
    }

    func nextID() -> ConnectionID {
        lastID += 1
        return ConnectionID(lastID)
    }

    // MARK: - What the host may ask

    /// What is known of a connection, or nil if its peer is not proven yet or the host was told of its end.
    package func connection(_ id: ConnectionID) -> ConnectionInfo? { connections[id]?.info }

    /// The connections whose peers are proven, the oldest first.
    package var connected: [ConnectionInfo] {
        connections.values.filter(\.isOpen).compactMap(\.info).sorted { $0.id < $1.id }
    }

    /// Whether the output has room; false also if the connection is gone.
    package func isWritable(_ id: ConnectionID) -> Bool {
        guard let connection = connections[id] else { return false }
        return connection.waiting < limits.outputBytes
    }

    /// Sends `bytes` in the next `flush`, or once the peer is proven; nothing happens if the connection is gone.
    ///
    /// All is accepted, but a host that goes on when `isWritable` is false keeps the surplus in memory.
    package func send(_ id: ConnectionID, _ bytes: [UInt8]) {
        guard let connection = connections[id], !bytes.isEmpty else { return }
        switch connection.phase {
        case .draining, .lingering, .closed: return
        case .resolving, .connecting, .handshaking, .open: break
        }
        connection.pending.append(bytes)
        if connection.waiting >= limits.outputBytes { connection.isFull = true }
        markDirty(connection)
    }

    /// Stops handing over the peer's bytes, once those already read from the socket are handed over.
    ///
    /// The peer is then held back by TCP. It gives this node up after `userTimeoutMilliseconds`, so resume earlier.
    package func pauseReading(_ id: ConnectionID) { setPaused(id, true) }

    /// Hands over the peer's bytes again.
    package func resumeReading(_ id: ConnectionID) { setPaused(id, false) }

    private func setPaused(_ id: ConnectionID, _ isPaused: Bool) {
        guard let connection = connections[id] else { return }
        connection.isPaused = isPaused
        updateInterest(connection)
    }

    // MARK: - Watching sockets

    /// Watches a connection's new socket.
    func watch(_ connection: Connection) throws(SystemError) {
        guard let descriptor = connection.socket?.descriptor else {
            preconditionFailure("\(connection.id) has no socket")
        }
        connection.interest = wanted(connection)
        connection.registration = try loop.register(descriptor, for: connection.interest) {
            [unowned self, unowned connection] readiness in
            serve(connection, readiness)
        }
    }

    func updateInterest(_ connection: Connection) {
        guard let registration = connection.registration else { return }
        let interest = wanted(connection)
        guard interest != connection.interest else { return }
        connection.interest = interest
        loop.modify(registration, for: interest)
    }

    private func wanted(_ connection: Connection) -> EventLoop.Readiness {
        // Not while output merely waits for the end of the turn: asking for it and taking that back is two calls.
        let output: EventLoop.Readiness = connection.isBlocked ? .write : []
        switch connection.phase {
        case .resolving, .closed: return []
        case .connecting: return .write
        case .open where connection.isPaused: return output
        case .handshaking, .open, .draining: return output.union(.read)
        case .lingering: return .read
        }
    }

    private func serve(_ connection: Connection, _ readiness: EventLoop.Readiness) {
        switch connection.phase {
        case .resolving, .closed: preconditionFailure("\(connection.id) is watched without a socket")
        case .connecting: finishConnecting(connection)
        case .open where connection.isPaused && readiness.contains(.failed):
            // The error cannot wait until the host reads again: it would be reported in every turn.
            finish(connection, connection.socket?.pendingError(of: "recv").map { .system($0) } ?? .truncated)
        case .handshaking, .open, .draining, .lingering:
            if readiness.contains(.write) { markDirty(connection) }
            // The event may be older than the interest: another handler of this turn may have paused it.
            guard !readiness.isDisjoint(with: [.read, .failed]), wanted(connection).contains(.read) else {
                return
            }
            read(connection)
        }
    }

    /// Replaces the timer of the connection's phase.
    func setDeadline(_ connection: Connection, after milliseconds: UInt64, _ action: @escaping () -> Void) {
        cancelDeadline(connection)
        connection.deadline = loop.schedule(after: milliseconds) {
            connection.deadline = nil
            action()
        }
    }

    func cancelDeadline(_ connection: Connection) {
        if let deadline = connection.deadline { loop.cancel(deadline) }
        connection.deadline = nil
    }
}
