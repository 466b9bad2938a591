import COpenSSL
import PLCNode
import PLCSync
import Testing

/// Our end is node 1, the other end is node 2 or worse.
@Suite struct TLSTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let setup: RawTLSPeer.Setup
        /// What our server and our client make of it.
        let asClient: TLSError?
        let asServer: TLSError?
    }

    static var identity: RawTLSPeer.Setup { RawTLSPeer.Setup(certificate: RawCertificate(.ed25519(2))) }

    /// The neutral element: every message has a signature under it that anybody can write down.
    static let neutral: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)

    static func cases() -> [Case] {
        func with(_ change: (inout RawTLSPeer.Setup) -> Void) -> RawTLSPeer.Setup {
            var setup = identity
            change(&setup)
            return setup
        }
        let (right, other) = (testKey(2).publicKey, testKey(3).publicKey)
        return [
            Case(testDescription: "as it should be", setup: identity, asClient: nil, asServer: nil),
            Case(
                testDescription: "expired in 1971",
                setup: with { $0.certificate = RawCertificate(.ed25519(2), to: "19710101000000Z") },
                asClient: nil, asServer: nil),
            Case(
                testDescription: "not valid before 9000",
                setup: with { $0.certificate = RawCertificate(.ed25519(2), from: "90000101000000Z") },
                asClient: nil, asServer: nil),
            Case(
                // OpenSSL's server then falls back to TLS 1.2, where it could do without.
                testDescription: "no certificate", setup: with { $0.certificate = nil },
                asClient: .noCertificate, asServer: .versionTooOld),
            Case(
                testDescription: "another key",
                setup: with { $0.certificate = RawCertificate(.ed25519(3)) },
                asClient: .notAdmitted(other), asServer: .wrongKey(expected: right, presented: other)),
            Case(
                testDescription: "our own key",
                setup: with { $0.certificate = RawCertificate(.ed25519(1)) },
                asClient: .ownKey, asServer: .ownKey),
            // We offer no RSA signatures, so such a peer has nothing to show.
            Case(
                testDescription: "an RSA key", setup: with { $0.certificate = .rsa },
                asClient: .noCertificate, asServer: .alert(40)),
            Case(
                testDescription: "a key of small order",
                setup: with { $0.certificate = RawCertificate(.forged(public: neutral)) },
                asClient: .weakKey, asServer: .weakKey),
            Case(
                testDescription: "a chain of two",
                setup: with { $0.chain = [RawCertificate(.ed25519(3))] },
                asClient: .chain(2), asServer: .chain(2)),
            Case(
                testDescription: "the right key under another's certificate",
                setup: with {
                    $0.certificate = RawCertificate(.ed25519(3))
                    $0.chain = [RawCertificate(.ed25519(2))]
                }, asClient: .chain(2), asServer: .chain(2)),
            Case(
                testDescription: "the right public key without the private one",
                setup: with { $0.certificate = RawCertificate(.forged(public: right.bytes)) },
                asClient: .library("bad signature"), asServer: .library("bad signature")),
            Case(
                testDescription: "TLS 1.2", setup: with { $0.version = TLS1_2_VERSION },
                asClient: .versionTooOld, asServer: .versionTooOld),
            Case(
                testDescription: "another protocol",
                setup: with { $0.protocols = ["http/1.1", "plc-sync/2"] },
                asClient: .wrongProtocol, asServer: .wrongProtocol),
            Case(
                testDescription: "no protocol", setup: with { $0.protocols = [] },
                asClient: .wrongProtocol, asServer: .wrongProtocol),
        ]
    }

    @Test func `our server accepts the key and nothing else`() {
        let context = TLSContext(TLSIdentity(testKey(1)), role: .server)
        for example in Self.cases() {
            let session = TLSSession(context, admission: .matching { $0 == testKey(2).publicKey })
            let error = handshake(session, with: RawTLSPeer(.client, example.setup))
            expect(example.testDescription, error, example.asClient, session)
        }
    }

    @Test func `our client accepts the key and nothing else`() {
        let context = TLSContext(TLSIdentity(testKey(1)), role: .client)
        for example in Self.cases() {
            let session = TLSSession(context, admission: .only(testKey(2).publicKey))
            _ = feed(session, [])
            let peer = RawTLSPeer(.server, example.setup)
            peer.give(session.takeOutput())
            let error = handshake(session, with: peer)
            expect(example.testDescription, error, example.asServer, session)
        }
    }

    private func expect(_ name: String, _ error: TLSError?, _ expected: TLSError?, _ session: TLSSession) {
        #expect(error == expected, "\(name)")
        #expect(session.peer == (expected == nil ? testKey(2).publicKey : nil), "\(name)")
    }

    @Test func `nothing can be resumed`() throws {
        let context = TLSContext(TLSIdentity(testKey(1)), role: .server)
        let setup = Self.identity
        let peer = RawTLSPeer(.client, setup)
        let session = TLSSession(context, admission: .any)
        #expect(handshake(session, with: peer) == nil)
        let ticket = try #require(SSL_get1_session(peer.ssl))
        defer { SSL_SESSION_free(ticket) }
        #expect(SSL_SESSION_is_resumable(ticket) == 0)
        #expect(SSL_SESSION_get_max_early_data(ticket) == 0)
    }

    @Test func `keys of other kinds are told apart`() {
        #expect(throws: TLSError.notEd25519) { try peerKey(in: RawCertificate.rsa.certificate) }
    }

    @Test func `a flood of requests for answers is cut off`() {
        let session = TLSSession(TLSContext(TLSIdentity(testKey(1)), role: .server), admission: .any)
        let peer = RawTLSPeer(.client, Self.identity)
        #expect(handshake(session, with: peer) == nil)
        var outcome: TLSError?
        for _ in 0..<200 where outcome == nil {
            for _ in 0..<100 {
                SSL_key_update(peer.ssl, SSL_KEY_UPDATE_REQUESTED)
                SSL_do_handshake(peer.ssl)
            }
            if case .failure(let error) = feed(session, peer.takeOutput()) { outcome = error }
        }
        #expect(outcome == .flood)
    }

    @Test func `any damage to a record ends the session`() {
        let server = TLSContext(TLSIdentity(testKey(1)), role: .server)
        let client = TLSContext(TLSIdentity(testKey(2)), role: .client)
        func pair() -> (TLSSession, TLSSession) {
            let ends = (TLSSession(client, admission: .any), TLSSession(server, admission: .any))
            _ = feed(ends.0, [])
            for _ in 0..<3 {
                _ = feed(ends.1, ends.0.takeOutput())
                _ = feed(ends.0, ends.1.takeOutput())
            }
            return ends
        }
        let message = Array("the truth".utf8)
        var survivors: [Int] = []
        for damaged in -1..<8 {
            let (a, b) = pair()
            message.withUnsafeBytes { _ = try? a.write($0) }
            var record = a.takeOutput()
            // Not the length, which only makes the receiver wait.
            if damaged >= 0 { record[5 + damaged * 3] ^= 1 }
            let result = feed(b, record)
            if case .success(message) = result { survivors.append(damaged) }
        }
        #expect(survivors == [-1])
    }
}
