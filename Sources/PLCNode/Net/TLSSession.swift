import COpenSSL
package import PLCSync

/// Which peers a session accepts.
package enum TLSAdmission {
    /// Only the holder of this key.
    case only(PublicKey)
    /// The holder of any sound key; the host decides later.
    case any
    /// The holders of keys for which this is true. It is asked before possession is proven: it must change nothing.
    case matching((PublicKey) -> Bool)
}

/// One end of a TLS connection that touches no socket: bytes go in and come out.
///
/// Feed it the peer's bytes, call `next` until it wants more, and send what `takeOutput` gives. It keeps no buffer
/// between calls: what comes in is decrypted where it lies, and OpenSSL frees its own record buffers when idle.
///
/// The peer is judged twice: when its certificate arrives, so that a stranger learns nothing more, and when the
/// handshake is done, on what the library says it proved.
package final class TLSSession {
    /// What `next` came to.
    package enum Step: Equatable {
        /// The handshake is done and `peer` is proven; comes once.
        ///
        /// A client must not conclude that it is welcome: the server judges it only after this.
        case established
        /// So many bytes of the peer's were written to the buffer.
        case received(Int)
        /// Nothing more without more input.
        case wantsInput
        /// The peer has closed in good order; nothing more will come.
        case ended
    }

    /// The most that may wait to be sent, in bytes.
    ///
    /// The transport holds back long before; only a flood of requests for answers gets here.
    static let outputLimit = 262_144
    /// Where an SSL keeps the pointer to its session; 0 is the application's own.
    static let sessionIndex: Int32 = 0

    /// The key that the peer has proven, once established.
    package private(set) var peer: PublicKey?
    /// Thirty-two bytes that both ends of this connection, and nobody else, can compute; once established.
    ///
    /// Source: RFC 8446 section 7.5, with the label `EXPORTER-plc-sync-1` and no context.
    package private(set) var exporter: [UInt8] = []
    /// What has to be sent to the peer.
    var outgoing = ByteQueue()
    private let context: TLSContext
    private let admission: TLSAdmission
    private let ssl: OpaquePointer
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var judged: PublicKey?
    private var verdict: TLSError?
    private var isFlooded = false

    /// Makes a session of the context's role; a client must be started by calling `next`.
    package init(_ context: TLSContext, admission: TLSAdmission) {
        guard let ssl = SSL_new(context.pointer), let bio = makeSessionBIO() else {
            preconditionFailure("out of memory for a TLS session")
        }
        self.context = context
        self.admission = admission
        self.ssl = ssl
        let mine = Unmanaged.passUnretained(self).toOpaque()
        BIO_set_data(bio, mine)
        SSL_set_bio(ssl, bio, bio)
        precondition(SSL_set_ex_data(ssl, Self.sessionIndex, mine) == 1, "out of memory for a TLS session")
        switch context.role {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
    }

    deinit { SSL_free(ssl) }

    // MARK: - Bytes

    /// Lends the session `bytes` of the peer's while `body` calls `next`; what is then left over is lost.
    package func withInput(_ bytes: UnsafeRawBufferPointer, _ body: () -> Void) {
        precondition(input.isEmpty, "input was lent within a loan")
        input = bytes
        defer { input = UnsafeRawBufferPointer(start: nil, count: 0) }
        body()
    }

    /// Takes the next step that the input allows, writing the peer's bytes to `buffer`.
    ///
    /// After an error only the output, which may hold an alert for the peer, is of use.
    package func next(into buffer: UnsafeMutableRawBufferPointer) throws(TLSError) -> Step {
        ERR_clear_error()
        guard peer != nil else {
            let result = SSL_do_handshake(ssl)
            guard result == 1 else { return try unfinished(result) }
            try confirm()
            return .established
        }
        var count = 0
        let result = SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &count)
        return result == 1 ? .received(count) : try unfinished(result)
    }

    /// Encrypts `bytes` into the output, once established.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
        precondition(peer != nil, "writing before the peer is known")
        guard !bytes.isEmpty else { return }
        ERR_clear_error()
        // A record holds 16 KiB and adds 22 bytes.
        outgoing.reserve(bytes.count + 32 * (bytes.count / 16_384 + 1))
        var count = 0
        guard SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count) == 1 else {
            throw isFlooded ? .flood : .fromQueue()
        }
        precondition(count == bytes.count, "a session that never blocks wrote a part")
    }

    /// Puts the notice that nothing more will follow into the output; without it the peer suspects a cut.
    package func close() {
        ERR_clear_error()
        // It fails if the handshake is not done, and then there is nothing to end.
        if SSL_is_init_finished(ssl) == 1 { _ = SSL_shutdown(ssl) }
        ERR_clear_error()
    }

    /// Turns the result of a call that did not succeed into a step or an error.
    private func unfinished(_ result: Int32) throws(TLSError) -> Step {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsInput
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: throw isFlooded ? .flood : verdict ?? .fromQueue()
        }
    }

    /// Takes all that has to be sent to the peer.
    package func takeOutput() -> [UInt8] {
        defer { outgoing = ByteQueue() }
        return outgoing.withPrefix(.max) { Array($0) }
    }

    // MARK: - The peer

    /// Judges what the peer presented; sets the alert that it is told.
    func judge(_ store: OpaquePointer) -> Bool {
        do throws(TLSError) {
            let count = Int(plc_x509_presented(store))
            guard let certificate = X509_STORE_CTX_get0_cert(store) else { throw .noCertificate }
            // There are no authorities: a key that is known must not be able to vouch for another.
            guard count == 1 else { throw .chain(count) }
            judged = try admit(peerKey(in: certificate))
            X509_STORE_CTX_set_error(store, X509_V_OK)
            return true
        } catch {
            verdict = error
            switch error {
            case .notAdmitted, .wrongKey:
                // The peer is sent `unknown_ca`, and can tell its people what is wrong.
                X509_STORE_CTX_set_error(store, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
            default:
                X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED)
            }
            return false
        }
    }

    private func admit(_ key: PublicKey) throws(TLSError) -> PublicKey {
        guard key != context.ownKey else { throw .ownKey }
        switch admission {
        case .any: break
        case .only(let expected):
            guard key == expected else { throw .wrongKey(expected: expected, presented: key) }
        case .matching(let isAdmitted):
            guard isAdmitted(key) else { throw .notAdmitted(key) }
        }
        return key
    }

    /// Checks what the finished handshake proved, independently of the callbacks along the way.
    private func confirm() throws(TLSError) {
        guard let certificate = SSL_get0_peer_certificate(ssl) else { throw .noCertificate }
        let key = try peerKey(in: certificate)
        guard key == judged, SSL_session_reused(ssl) == 0 else { throw .library("the peer was never judged") }
        guard SSL_version(ssl) == TLS1_3_VERSION else { throw .versionTooOld }
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        let selected = UnsafeBufferPointer(start: name, count: Int(count))
        // A client that names no protocol at all is not stopped earlier.
        guard selected.elementsEqual(TLSContext.applicationProtocol.utf8) else { throw .wrongProtocol }
        var secret = [UInt8](repeating: 0, count: 32)
        let label = "EXPORTER-plc-sync-1"
        guard
            SSL_export_keying_material(ssl, &secret, secret.count, label, label.utf8.count, nil, 0, 0) == 1
        else { throw .fromQueue() }
        exporter = secret
        peer = key
    }

    // MARK: - OpenSSL's side

    /// Moves input that is lent to the library; nil if there is none.
    fileprivate func take(_ destination: UnsafeMutableRawPointer, _ limit: Int) -> Int? {
        guard !input.isEmpty else { return nil }
        let count = min(limit, input.count)
        UnsafeMutableRawBufferPointer(start: destination, count: count)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        input = UnsafeRawBufferPointer(rebasing: input[count...])
        return count
    }

    /// Takes over what the library wants sent; false once the peer's requests have filled the output.
    fileprivate func put(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard outgoing.count + bytes.count <= Self.outputLimit else {
            isFlooded = true
            return false
        }
        outgoing.append(bytes)
        return true
    }
}

// A BIO of our own instead of two of OpenSSL's memory BIOs: those keep the largest buffer that they ever had, for
// each connection, and copy the input once more.

/// A BIO that reads and writes the session in its data.
private func makeSessionBIO() -> OpaquePointer? {
    let bio = BIO_new(sessionMethod)
    BIO_set_init(bio, 1)
    return bio
}

nonisolated(unsafe) private let sessionMethod: OpaquePointer = {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "plc session"),
        BIO_meth_set_read_ex(method, readSession) == 1, BIO_meth_set_write_ex(method, writeSession) == 1,
        BIO_meth_set_ctrl(method, controlSession) == 1
    else { preconditionFailure("out of memory for a BIO method") }
    return method
}()

private func session(of bio: OpaquePointer?) -> TLSSession? {
    BIO_get_data(bio).map { Unmanaged<TLSSession>.fromOpaque($0).takeUnretainedValue() }
}

private func readSession(
    _ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ limit: Int,
    _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
    BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
    guard let bytes, let taken = session(of: bio)?.take(bytes, limit) else {
        BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        return 0
    }
    count?.pointee = taken
    return 1
}

private func writeSession(
    _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ limit: Int, _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
    BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
    guard let bytes, session(of: bio)?.put(UnsafeRawBufferPointer(start: bytes, count: limit)) == true else {
        return 0
    }
    count?.pointee = limit
    return 1
}

/// Flushing always succeeds, since nothing is held back; other questions have no answer.
private func controlSession(
    _: OpaquePointer?, _ command: Int32, _: Int, _: UnsafeMutableRawPointer?
) -> Int { command == BIO_CTRL_FLUSH ? 1 : 0 }
