import COpenSSL
package import PLCSync

/// Why a TLS connection was refused or broke.
package enum TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer proved another key than the one that was dialled.
    case wrongKey(expected: PublicKey, presented: PublicKey)
    /// The peer's key is not one that may come in now.
    case notAdmitted(PublicKey)
    /// The peer has this node's own key: the node called itself, or it was copied.
    case ownKey
    /// The peer's key is of small order or not canonical; its signatures prove nothing.
    case weakKey
    /// The peer's certificate holds no Ed25519 key.
    case notEd25519
    /// The peer presented no certificate.
    case noCertificate
    /// The peer presented this many certificates instead of one; there are no authorities here.
    case chain(Int)
    /// The peer offers no TLS 1.3.
    case versionTooOld
    /// The peer does not speak plc-sync/1.
    case wrongProtocol
    /// The first bytes are not TLS at all.
    case notTLS
    /// The peer refused this node's key: it does not know it, or not any more.
    case keyRefusedByPeer
    /// The peer broke off with this alert. Source: RFC 8446, section 6.
    case alert(UInt8)
    /// The peer makes us answer more than it reads.
    case flood
    /// Something else, in the words of OpenSSL.
    case library(String)

    package var description: String {
        switch self {
        case .wrongKey(let expected, let presented):
            "the peer's key is \(presented.short)…, but \(expected.short)… was expected"
        case .notAdmitted(let key): "the key \(key.short)… is not admitted here"
        case .ownKey: "the peer has this node's own key: it called itself, or it is a copy"
        case .weakKey: "the peer's key is of small order and proves nothing"
        case .notEd25519: "the peer's certificate holds no Ed25519 key"
        case .noCertificate: "the peer presented no usable certificate"
        case .chain(let count): "the peer presented \(count) certificates instead of one"
        case .versionTooOld: "the peer does not offer TLS 1.3"
        case .wrongProtocol: "the peer does not speak \(TLSContext.applicationProtocol)"
        case .notTLS: "the peer does not speak TLS"
        case .keyRefusedByPeer: "the peer does not admit this node's key"
        case .alert(let code): "the peer broke off with TLS alert \(code)"
        case .flood: "the peer asks for more answers than it reads"
        case .library(let reason): "TLS: \(reason)"
        }
    }

    /// Reads what OpenSSL left in this thread's error queue after a failure, and empties the queue.
    ///
    /// The first entry is the cause, later ones are its consequences.
    static func fromQueue() -> TLSError {
        let code = ERR_get_error()
        defer { ERR_clear_error() }
        let reason = Int32(truncatingIfNeeded: ERR_GET_REASON(code))
        switch reason {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return .noCertificate
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_NO_PROTOCOLS_AVAILABLE:
            return .versionTooOld
        case SSL_R_NO_APPLICATION_PROTOCOL: return .wrongProtocol
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST,
            SSL_R_PACKET_LENGTH_TOO_LONG:
            return .notTLS
        case SSL_AD_REASON_OFFSET..<SSL_AD_REASON_OFFSET + 256:
            return TLSError(alert: UInt8(reason - SSL_AD_REASON_OFFSET))
        default:
            guard code != 0, let text = ERR_reason_error_string(code) else {
                return .library("unknown failure")
            }
            return .library(String(cString: text))
        }
    }

    /// What an alert from the peer means; our own nodes send `unknown_ca` for a key that they do not admit.
    private init(alert: UInt8) {
        switch Int32(alert) {
        case SSL_AD_PROTOCOL_VERSION: self = .versionTooOld
        case SSL_AD_NO_APPLICATION_PROTOCOL: self = .wrongProtocol
        case SSL_AD_UNKNOWN_CA: self = .keyRefusedByPeer
        default: self = .alert(alert)
        }
    }
}
