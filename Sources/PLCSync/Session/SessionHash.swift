/// What a session derives by hashing, so that it holds within this session only.
///
/// Source: Specs/session.md.
package enum SessionHash {
    /// The name of a space in a session, in one direction (S-10): known to those alone who know the space.
    package static func token(of space: SpaceID, exporter: [UInt8], fromListener: Bool) -> UInt64 {
        let mac = Digest.hmac(key: exporter, [fromListener ? 1 : 0] + space.value.bytes)
        let token = loadBigEndian(mac.span.bytes, at: 0)
        return planted(.spaceByPrefix) ? token & 1 : token
    }

    /// Four bytes that stand for a head (S-24); `salt` is the dialer's nonce, then the listener's.
    package static func tag(of log: LogID, count: UInt64, root: Bytes32, salt: [UInt8]) -> UInt32 {
        var w = ByteWriter(capacity: 96)
        w.write(planted(.tagUnsalted) ? [] : salt)
        w.write(log.value)
        w.write(bigEndian: count)
        w.write(root)
        return UInt32(truncatingIfNeeded: Digest.sha256(w.bytes).words.0 >> 32)
    }
}
