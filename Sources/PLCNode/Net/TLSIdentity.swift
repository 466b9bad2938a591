import COpenSSL
package import PLCSync

/// A node's key in the container that TLS wants: a self-signed X.509 certificate.
///
/// Nothing in it but the key means anything: peers look at no name, date or extension. It is made anew from the key
/// at every start, byte for byte the same, so there is no second file to lose or to expire.
package final class TLSIdentity {
    /// The key that peers see.
    package let publicKey: PublicKey
    let certificate: OpaquePointer
    let privateKey: OpaquePointer

    /// Wraps `key`.
    package init(_ key: SigningKey) {
        guard let privateKey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, key.seed, key.seed.count),
            let certificate = X509_new(), let name = X509_NAME_new()
        else { preconditionFailure("libcrypto refused a key that it had accepted") }
        defer { X509_NAME_free(name) }
        let done =
            // Version 3 is written as 2.
            X509_set_version(certificate, 2) == 1
            && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1
            && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, "plc", -1, -1, 0) == 1
            && X509_set_subject_name(certificate, name) == 1
            && X509_set_issuer_name(certificate, name) == 1
            && ASN1_TIME_set_string(X509_getm_notBefore(certificate), "19700101000000Z") == 1
            && ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z") == 1
            && X509_set_pubkey(certificate, privateKey) == 1
            // Ed25519 brings its own digest; the result is the signature's length.
            && X509_sign(certificate, privateKey, nil) > 0
        precondition(done, "libcrypto refused to make a certificate")
        publicKey = key.publicKey
        self.certificate = certificate
        self.privateKey = privateKey
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(privateKey)
    }
}

/// The Ed25519 key inside a peer's certificate.
///
/// Small-order keys are refused here: for them a signature that fits every message can be written down without
/// any private key, so possession would prove nothing.
package func peerKey(in certificate: OpaquePointer) throws(TLSError) -> PublicKey {
    guard let key = X509_get0_pubkey(certificate), EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else {
        throw .notEd25519
    }
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == 32 else { throw .notEd25519 }
    guard let checked = PublicKey(checking: bytes) else { throw .weakKey }
    return checked
}
