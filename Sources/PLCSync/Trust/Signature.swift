internal import COpenSSL

/// An Ed25519 public key: the name of a node.
///
/// Source: RFC 8032.
public struct PublicKey: Hashable, Comparable, Sendable {
    /// The thirty-two bytes of the key.
    public let value: Bytes32

    /// The key with these bytes, unchecked: for keys that were checked when they were admitted.
    public init(_ value: Bytes32) { self.value = value }

    /// The key with these bytes, or nil if they are not 32 bytes or name a point of small order or a
    /// non-canonical encoding, for which a signature proves nothing.
    public init?(checking bytes: [UInt8]) {
        guard let value = Bytes32(bytes), Self.isAcceptable(bytes) else { return nil }
        self.value = value
    }

    /// Bytewise order.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }

    /// The thirty-two bytes of the key.
    public var bytes: [UInt8] { value.bytes }

    /// The first eight hexadecimal digits, for people.
    public var short: String { String(hexadecimal(value.bytes).prefix(8)) }

    /// Whether y < p and the point is none of the eight of small order.
    ///
    /// The eight points of order 1, 2, 4 and 8 have the y coordinates 0, 1, −1 and two others, with either sign.
    private static func isAcceptable(_ key: [UInt8]) -> Bool {
        var y = key
        y[31] &= 0x7f
        // p = 2^255 − 19, little-endian.
        let p: [UInt8] = [0xed] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
        guard y.reversed().lexicographicallyPrecedes(p.reversed()) else { return false }
        return !smallOrder.contains(y)
    }

    private static let smallOrder: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ]

    /// Whether `signature` is this key's over `message`; false for any length but 64 bytes, and for every key that
    /// `init(checking:)` refuses.
    public func verifies(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard signature.count == 64, Self.isAcceptable(bytes),
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, 32)
        else { return false }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        let result = EVP_DigestVerify(context, signature, 64, message, message.count)
        if result != 1 { ERR_clear_error() }
        return result == 1
    }
}

/// An Ed25519 private key: what makes a node this node.
///
/// Never replicated, never printed.
public final class SigningKey: Sendable {
    /// The thirty-two bytes that the key is derived from.
    public let seed: [UInt8]
    /// The public half.
    public let publicKey: PublicKey

    /// The key of `seed`, or nil if it is not thirty-two bytes.
    public init?(seed: [UInt8]) {
        guard seed.count == 32, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, 32) else {
            return nil
        }
        defer { EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = 32
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, let value = Bytes32(bytes) else {
            return nil
        }
        self.seed = seed
        publicKey = PublicKey(value)
    }

    /// The signature over `message`: 64 bytes, the same each time.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, 32),
            let context = EVP_MD_CTX_new()
        else { preconditionFailure("libcrypto refused a key that it had accepted") }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = 64
        let done =
            EVP_DigestSignInit(context, nil, nil, nil, key) == 1
            && EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        precondition(done && count == 64, "libcrypto refused to sign")
        return signature
    }
}
