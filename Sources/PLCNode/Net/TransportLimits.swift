/// What a transport gives to whom; the defaults suit a school's node.
package struct TransportLimits: Hashable, Sendable {
    /// How long a peer may take for the handshake, in milliseconds.
    package var handshakeMilliseconds: UInt64 = 5_000
    /// How long finding and reaching a peer may take, all its addresses together, in milliseconds.
    package var connectMilliseconds: UInt64 = 20_000
    /// How long a closed connection is kept for the peer to fetch our last bytes, in milliseconds.
    package var lingerMilliseconds: UInt64 = 2_000
    /// The most incoming connections whose peer is not proven yet.
    package var unprovenConnections = 32
    /// The most of these from one IPv4 address or IPv6 /64 network.
    package var unprovenPerOrigin = 4
    /// The same for this machine itself, whose connections all share one address.
    package var unprovenPerLoopbackOrigin = 4
    /// The most bytes that are read of a peer before it is proven.
    package var unprovenBytes = 8_192
    /// How many bytes may wait to be sent on a connection before it counts as not writable.
    package var outputBytes = 2 * 1_048_576
    /// The most bytes read from, and about the most written to, one connection in one turn.
    package var bytesPerTurn = 262_144
    /// After how long without an acknowledgement a peer is given up (TCP_USER_TIMEOUT), in milliseconds.
    ///
    /// A peer that does not read for so long is given up too.
    package var userTimeoutMilliseconds: Int32 = 45_000
    /// How long a connection must be silent before the system asks whether the peer lives, in seconds.
    package var keepaliveSeconds: Int32 = 30
    /// How long a listener rests when the process is out of descriptors or memory, in milliseconds.
    package var acceptPauseMilliseconds: UInt64 = 1_000
    /// How many connections the system holds ready for a listener.
    package var backlog: Int32 = 128

    package init() {}
}

/// Counts the incoming connections whose peers are not proven yet.
struct UnprovenCount {
    private let limits: TransportLimits
    private var total = 0
    private var origins: [SocketAddress.Host: Int] = [:]

    init(_ limits: TransportLimits) { self.limits = limits }

    /// Counts one more from `address`, or returns false if that would be too many.
    mutating func admit(_ address: SocketAddress) -> Bool {
        let most = address.isLoopback ? limits.unprovenPerLoopbackOrigin : limits.unprovenPerOrigin
        let count = origins[address.origin, default: 0]
        guard total < limits.unprovenConnections, count < most else { return false }
        total += 1
        origins[address.origin] = count + 1
        return true
    }

    /// Counts one less from `address`.
    mutating func release(_ address: SocketAddress) {
        guard let count = origins[address.origin] else { preconditionFailure("\(address) was not admitted") }
        total -= 1
        origins[address.origin] = count == 1 ? nil : count - 1
    }
}
