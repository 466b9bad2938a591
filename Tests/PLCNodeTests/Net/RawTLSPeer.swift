import COpenSSL
import PLCNode
import PLCSync

/// A certificate with its key, as honest or crooked as a test wants it.
final class RawCertificate {
    enum Key {
        case ed25519(UInt8)
        case rsa
        /// A public key without its private half: a certificate that claims it, and some other private key.
        case forged(public: [UInt8])
    }

    /// Making one takes a while.
    nonisolated(unsafe) static let rsa = RawCertificate(.rsa)

    let key: OpaquePointer
    let certificate: OpaquePointer
    private let claimed: [UInt8]?

    init(_ kind: Key, from notBefore: String = "19700101000000Z", to notAfter: String = "99991231235959Z") {
        key = Self.make(kind)
        certificate = X509_new()
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7)
        let name = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, "somebody", -1, -1, 0)
        X509_set_issuer_name(certificate, name)
        ASN1_TIME_set_string(X509_getm_notBefore(certificate), notBefore)
        ASN1_TIME_set_string(X509_getm_notAfter(certificate), notAfter)
        X509_set_pubkey(certificate, key)
        claimed = if case .forged(let point) = kind { point } else { nil }
        let digest: OpaquePointer? = if case .rsa = kind { EVP_sha256() } else { nil }
        precondition(X509_sign(certificate, key, digest) > 0)
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// Puts the claimed key in, after OpenSSL has checked that certificate and private key belong together.
    func forge() {
        guard let claimed, let point = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, claimed, 32) else {
            return
        }
        defer { EVP_PKEY_free(point) }
        X509_set_pubkey(certificate, point)
        precondition(X509_sign(certificate, key, nil) > 0)
    }

    private static func make(_ kind: Key) -> OpaquePointer {
        switch kind {
        case .ed25519(let number):
            let seed = testKey(number).seed
            return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        case .rsa: return plc_rsa_key(2048)
        case .forged:
            let seed = testKey(99).seed
            return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        }
    }
}

/// The other end of a `TLSSession`, straight from OpenSSL, with none of our checks.
final class RawTLSPeer {
    struct Setup {
        var certificate: RawCertificate?
        var chain: [RawCertificate] = []
        var protocols: [String] = ["plc-sync/1"]
        var version = TLS1_3_VERSION
    }

    let ssl: OpaquePointer
    private let context: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    init(_ role: TLSContext.Role, _ setup: Setup) {
        context = SSL_CTX_new(TLS_method())
        precondition(plc_ssl_set_versions(context, TLS1_2_VERSION, setup.version) == 1)
        if let own = setup.certificate {
            precondition(SSL_CTX_use_certificate(context, own.certificate) == 1)
            precondition(SSL_CTX_use_PrivateKey(context, own.key) == 1)
            own.forge()
        }
        for link in setup.chain { plc_ssl_add_chain(context, link.certificate) }
        let list = setup.protocols.flatMap { [UInt8($0.utf8.count)] + $0.utf8 }
        if role == .client, !list.isEmpty { SSL_CTX_set_alpn_protos(context, list, UInt32(list.count)) }
        // A server that asks for a certificate and takes any.
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER) { _, _ in 1 }
        if role == .server, setup.protocols == ["plc-sync/1"] {
            SSL_CTX_set_alpn_select_cb(
                context,
                { _, chosen, length, offered, _, _ in
                    chosen?.pointee = offered.map { $0 + 1 }
                    length?.pointee = 10
                    return SSL_TLSEXT_ERR_OK
                }, nil)
        }
        ssl = SSL_new(context)
        incoming = BIO_new(BIO_s_mem())
        outgoing = BIO_new(BIO_s_mem())
        SSL_set_bio(ssl, incoming, outgoing)
        if role == .client { SSL_set_connect_state(ssl) } else { SSL_set_accept_state(ssl) }
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    /// Handshakes or reads as far as possible.
    func advance() {
        ERR_clear_error()
        if SSL_is_init_finished(ssl) == 0 { _ = SSL_do_handshake(ssl) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while SSL_is_init_finished(ssl) == 1, SSL_read(ssl, &buffer, 4_096) > 0 {}
        ERR_clear_error()
    }

    func takeOutput() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = BIO_read(outgoing, &bytes, Int32(bytes.count))
        return Array(bytes.prefix(max(0, Int(count))))
    }

    func give(_ bytes: [UInt8]) { BIO_write(incoming, bytes, Int32(bytes.count)) }
}

/// What a session came to with a raw peer: nil if both are content.
func handshake(_ session: TLSSession, with peer: RawTLSPeer) -> TLSError? {
    for _ in 0..<10 {
        peer.advance()
        switch feed(session, peer.takeOutput()) {
        case .failure(let error): return error
        case .success: peer.give(session.takeOutput())
        }
    }
    return session.peer == nil ? .library("no end") : nil
}

/// Gives `bytes` to a session and takes all its steps.
func feed(_ session: TLSSession, _ bytes: [UInt8]) -> Result<[UInt8], TLSError> {
    var result: Result<[UInt8], TLSError> = .success([])
    let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: 131_072, alignment: 16)
    defer { plain.deallocate() }
    var all: [UInt8] = []
    bytes.withUnsafeBytes { input in
        session.withInput(input) {
            do throws(TLSError) {
                while true {
                    switch try session.next(into: plain) {
                    case .established: continue
                    case .received(let count): all += plain[..<count]
                    case .wantsInput, .ended:
                        result = .success(all)
                        return
                    }
                }
            } catch {
                result = .failure(error)
            }
        }
    }
    return result
}
