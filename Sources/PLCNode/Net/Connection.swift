import PLCSync

/// One connection of a transport, from the first attempt to the last notice.
final class Connection {
    /// How far it is.
    enum Phase {
        /// A dialled host name is being looked up. No socket.
        case resolving
        /// A socket is on its way to one address; these are left to try.
        case connecting(ArraySlice<SocketAddress>)
        /// TLS is being set up, the peer is not proven.
        case handshaking
        /// The peer is proven; bytes go both ways.
        case open
        /// The host wants no more; what it has sent before still goes out. What comes in is dropped.
        case draining
        /// We have said our last word and read away what still comes, until the peer's end.
        ///
        /// To close at once would make the system answer late bytes with a reset, and that can destroy our last
        /// word, an alert or a farewell, before the peer has read it.
        case lingering(CloseReason)
        /// The socket is gone; the host is about to be told why.
        case closed
    }

    let id: ConnectionID
    let isDialer: Bool
    /// What a dialler wants; nil for callers.
    let target: (endpoint: Endpoint, expected: PublicKey?)?

    var phase: Phase
    var socket: Socket?
    var registration: EventLoop.Registration?
    var interest: EventLoop.Readiness = []
    var session: TLSSession?
    var remoteAddress: SocketAddress?
    /// The timer of the phase: connecting, handshaking and lingering have an end.
    var deadline: TimerID?
    /// When a dialler gives up; monotonic milliseconds.
    var giveUp: UInt64 = 0

    /// The host's bytes, not yet encrypted.
    var pending = ByteQueue()
    /// Whether the transport has it on the list for the next flush.
    var isDirty = false
    var isPaused = false
    /// Whether the last flush left something that the socket or the limit of the turn did not let through.
    var isBlocked = false
    /// Whether the host has been held back and waits for `writable`.
    var isFull = false
    /// Whether it counts among the unproven.
    var isUnproven = false
    /// Whether the host knows of it, and so has to hear of its end.
    var isKnown: Bool

    /// Bytes off the wire that came before the peer was proven, or after the last word.
    var idleBytes = 0
    var bytesSent: UInt64 = 0
    var bytesReceived: UInt64 = 0

    /// A connection to `endpoint`, whose peer must be `expected` if that is known.
    init(_ id: ConnectionID, dialling endpoint: Endpoint, expecting expected: PublicKey?) {
        self.id = id
        isDialer = true
        target = (endpoint, expected)
        phase = .resolving
        isKnown = true
    }

    /// A connection from a caller at `address`.
    init(_ id: ConnectionID, accepting socket: consuming Socket, from address: SocketAddress) {
        self.id = id
        isDialer = false
        target = nil
        phase = .handshaking
        self.socket = consume socket
        remoteAddress = address
        isUnproven = true
        isKnown = false
    }

    /// How many bytes wait to be sent.
    var waiting: Int { pending.count + (session?.outgoing.count ?? 0) }

    /// Whether something waits that could go out if the socket took it.
    var hasOutput: Bool {
        switch phase {
        case .open, .draining: waiting > 0
        case .handshaking: session?.outgoing.isEmpty == false
        case .resolving, .connecting, .lingering, .closed: false
        }
    }

    var isOpen: Bool {
        if case .open = phase { true } else { false }
    }

    var isClosed: Bool {
        if case .closed = phase { true } else { false }
    }

    var info: ConnectionInfo? {
        guard let session, let peer = session.peer, let remoteAddress else { return nil }
        return ConnectionInfo(
            id: id, peer: peer, exporter: session.exporter, remoteAddress: remoteAddress, isDialer: isDialer,
            bytesSent: bytesSent, bytesReceived: bytesReceived)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Socket.Transfer {
        socket?.read(into: buffer) ?? .ended
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Socket.Transfer {
        socket?.write(bytes) ?? .wouldBlock
    }
}
