package import PLCSync

/// What is known of a connection whose peer is proven.
package struct ConnectionInfo: Hashable, Sendable {
    package let id: ConnectionID
    /// The key that the peer holds.
    package let peer: PublicKey
    /// Thirty-two bytes that only the two ends of this connection know; see `TLSSession.exporter`.
    package let exporter: [UInt8]
    package let remoteAddress: SocketAddress
    /// Whether this side called.
    package let isDialer: Bool
    /// The host's bytes that were encrypted for the peer.
    package let bytesSent: UInt64
    /// The peer's bytes that were handed to the host.
    package let bytesReceived: UInt64
}

/// Why a connection ended.
package enum CloseReason: Error, Hashable, Sendable, CustomStringConvertible {
    /// The host closed it.
    case requested
    /// The peer closed it in good order.
    case ended
    /// It broke off without a notice: a cut, or a peer that crashed.
    case truncated
    /// The host name could not be resolved, or the address is malformed.
    case unreachable(NetError)
    /// The peer could not be reached in time.
    case connectTimeout
    /// The peer did not finish the handshake in time.
    case handshakeTimeout
    /// Too many connections from there wait to be proven.
    case tooManyUnproven
    /// The peer sent too much before it was proven.
    case tooMuchUnproven
    /// TLS was refused or broke.
    case tls(TLSError)
    /// The system reports an error.
    case system(SystemError)

    package var description: String {
        switch self {
        case .requested: "closed"
        case .ended: "closed by the peer"
        case .truncated: "the connection broke off"
        case .unreachable(let error): error.description
        case .connectTimeout: "the peer did not answer in time"
        case .handshakeTimeout: "the peer did not finish the handshake in time"
        case .tooManyUnproven: "too many connections from there wait to be proven"
        case .tooMuchUnproven: "too many bytes before the peer was proven"
        case .tls(let error): error.description
        case .system(let error): error.description
        }
    }
}

/// What a transport tells its host, always on the loop's thread.
///
/// Never from within a call of the host's to the transport: it may send, close and dial from any of these without
/// being entered again.
package protocol TransportHandler: AnyObject {
    /// The peer is proven. Of a dialled connection this does not yet mean that the peer has let this node in.
    func connected(_ info: ConnectionInfo)
    /// The peer sent `bytes`, which are gone when this returns; how they were cut up means nothing.
    func received(_ id: ConnectionID, _ bytes: RawSpan)
    /// Less than half of the output limit waits, after `isWritable` had become false.
    func writable(_ id: ConnectionID)
    /// The connection is gone: once for every `dial` and every `connected`, and the last that is heard of it.
    func closed(_ id: ConnectionID, _ reason: CloseReason)
    /// A caller was turned away before it was proven; without an address, callers cannot be answered at present.
    func refused(_ address: SocketAddress?, _ reason: CloseReason)
}

extension TransportHandler {
    /// Does nothing.
    package func refused(_ address: SocketAddress?, _ reason: CloseReason) {}
}
