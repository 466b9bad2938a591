internal import COpenSSL

/// A SHA-256 or SHA-512 computation that reuses one context, since making one costs more than hashing a change.
///
/// Feed it with `update`, then `finish…`; after that it is ready for the next message. Not thread-safe: one
/// owner at a time. Source: FIPS 180-4.
public final class Digest: @unchecked Sendable {
    /// Which function is computed.
    public enum Function: Sendable {
        case sha256, sha512
    }

    private let context: OpaquePointer
    private let method: OpaquePointer
    /// What was appended in small parts and not handed to libcrypto yet, for which each call costs as much as hashing
    /// a hundred bytes.
    private let parts = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)
    private var partsCount = 0

    /// Makes a context for `function`, ready for its first message.
    public init(_ function: Function) {
        guard let context = EVP_MD_CTX_new(),
            let method = EVP_MD_fetch(nil, function == .sha256 ? "SHA256" : "SHA512", nil)
        else { preconditionFailure("libcrypto offers no SHA-2") }
        self.context = context
        self.method = method
        begin()
    }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_MD_free(method)
        parts.deallocate()
    }

    private func begin() {
        precondition(EVP_DigestInit_ex2(context, method, nil) == 1, "libcrypto refused to begin a digest")
    }

    /// Appends `bytes` to the message.
    public func update(_ bytes: borrowing RawSpan) { bytes.withUnsafeBytes { append($0) } }

    /// Appends `bytes` to the message.
    public func update(_ bytes: [UInt8]) { update(bytes.span.bytes) }

    /// Appends one byte to the message.
    public func update(byte: UInt8) { withUnsafeBytes(of: byte) { append($0) } }

    /// Appends a 64-bit big-endian number to the message.
    public func update(bigEndian number: UInt64) { withUnsafeBytes(of: number.bigEndian) { append($0) } }

    /// Appends the thirty-two bytes of a hash or key to the message.
    public func update(_ value: Bytes32) {
        let words = (
            value.words.0.bigEndian, value.words.1.bigEndian, value.words.2.bigEndian,
            value.words.3.bigEndian
        )
        withUnsafeBytes(of: words) { append($0) }
    }

    @inline(__always)
    private func append(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count > parts.count - partsCount { hashParts() }
        guard bytes.count <= parts.count else { return hash(bytes) }
        UnsafeMutableRawBufferPointer(rebasing: parts[partsCount...]).copyMemory(from: bytes)
        partsCount += bytes.count
    }

    private func hashParts() {
        hash(UnsafeRawBufferPointer(rebasing: parts[..<partsCount]))
        partsCount = 0
    }

    private func hash(_ bytes: UnsafeRawBufferPointer) {
        precondition(
            EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1,
            "libcrypto refused to extend a digest")
    }

    /// Appends the sixteen bytes of an identifier to the message.
    public func update(_ value: Bytes16) {
        update(bigEndian: value.high)
        update(bigEndian: value.low)
    }

    /// The SHA-256 of the message; the next message begins.
    public func finish() -> Bytes32 {
        hashParts()
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { _ = EVP_DigestFinal_ex(context, $0.baseAddress, nil) }
        begin()
        return Bytes32(
            words: (
                UInt64(bigEndian: words.0), UInt64(bigEndian: words.1), UInt64(bigEndian: words.2),
                UInt64(bigEndian: words.3)
            ))
    }

    /// The SHA-512 of the message as eight big-endian words, most significant first; the next message begins.
    public func finish512() -> [8 of UInt64] {
        hashParts()
        var words = [8 of UInt64](repeating: 0)
        withUnsafeMutableBytes(of: &words) { _ = EVP_DigestFinal_ex(context, $0.baseAddress, nil) }
        begin()
        for i in words.indices { words[i] = UInt64(bigEndian: words[i]) }
        return words
    }

    /// The SHA-256 of one message, with a context of its own; for the cold paths.
    public static func sha256(_ parts: [UInt8]...) -> Bytes32 {
        let digest = Digest(.sha256)
        for part in parts { digest.update(part) }
        return digest.finish()
    }

    /// HMAC-SHA-256 of `message` under `key`, thirty-two bytes; for the cold paths.
    ///
    /// Source: RFC 2104.
    public static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var block = key.count > 64 ? sha256(key).bytes : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        let inner = sha256(block.map { $0 ^ 0x36 }, message)
        return sha256(block.map { $0 ^ 0x5c }, inner.bytes).bytes
    }
}
