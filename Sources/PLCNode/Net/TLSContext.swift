import COpenSSL
package import PLCSync

/// The settings of every TLS session of one role: TLS 1.3, Ed25519, both sides proven, nothing remembered.
///
/// A resumed session would skip the check of the key, so a revoked node could come back: there are no tickets, no
/// session cache, no early data. One group and one signature keep the handshake short and the surface small.
package final class TLSContext {
    /// Which end of the connection.
    package enum Role: Sendable {
        case client, server
    }

    /// What both ends must name in the handshake, so that no other protocol's bytes are ever taken for ours.
    package static let applicationProtocol = "plc-sync/1"
    /// The most that is read of a peer's certificate list; ours has about 300 bytes.
    private static let certificateBytes = 16_384

    package let role: Role
    /// This node's key.
    package let ownKey: PublicKey
    let pointer: OpaquePointer

    /// Makes the settings of `role` for `identity`.
    package init(_ identity: TLSIdentity, role: Role) {
        guard let context = SSL_CTX_new(TLS_method()) else { preconditionFailure("libssl offers no TLS") }
        self.role = role
        ownKey = identity.publicKey
        pointer = context
        let configured =
            plc_ssl_only_tls13(context) == 1
            && plc_ssl_forget_sessions(context) == 1
            && plc_ssl_set_groups(context, "X25519") == 1
            && plc_ssl_set_signatures(context, "ed25519") == 1
            && SSL_CTX_use_certificate(context, identity.certificate) == 1
            && SSL_CTX_use_PrivateKey(context, identity.privateKey) == 1
        precondition(configured, "libssl cannot be set up: \(TLSError.fromQueue())")
        plc_ssl_save_memory(context)
        plc_ssl_set_max_certificates(context, Self.certificateBytes)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_cert_verify_callback(context, judgePeer, nil)
        switch role {
        case .client:
            let offer = Self.offer
            // Alone among its sisters this function returns 0 for success.
            let set = SSL_CTX_set_alpn_protos(context, offer, UInt32(offer.count))
            precondition(set == 0, "libssl refuses the application protocol")
        case .server:
            SSL_CTX_set_alpn_select_cb(context, chooseProtocol, nil)
        }
    }

    deinit { SSL_CTX_free(pointer) }

    /// The list of one protocol as RFC 7301 writes it: a length byte, then the name.
    private static var offer: [UInt8] { [UInt8(applicationProtocol.utf8.count)] + applicationProtocol.utf8 }
}

/// OpenSSL's question to a server: which of the client's protocols? Ours, or none at all.
private func chooseProtocol(
    _: OpaquePointer?, chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    length: UnsafeMutablePointer<UInt8>?, offered: UnsafePointer<UInt8>?, offeredCount: UInt32,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    let list = UnsafeBufferPointer(start: offered, count: Int(offeredCount))
    var at = 0
    while at < list.count {
        let end = at + 1 + Int(list[at])
        guard end <= list.count else { break }
        if list[(at + 1)..<end].elementsEqual(TLSContext.applicationProtocol.utf8) {
            // It must point into the client's own list, which outlives this call.
            chosen?.pointee = offered + at + 1
            length?.pointee = list[at]
            return SSL_TLSEXT_ERR_OK
        }
        at = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}

/// OpenSSL's question about a peer's certificates, asked before the peer has proven that it holds the key.
private func judgePeer(_ store: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
    guard let store,
        let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let session = SSL_get_ex_data(OpaquePointer(ssl), TLSSession.sessionIndex)
    else { return 0 }
    return Unmanaged<TLSSession>.fromOpaque(session).takeUnretainedValue().judge(store) ? 1 : 0
}
