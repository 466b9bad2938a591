/// What follows from the OPENs of both sides, on which both decide alike (S-21).
package enum Opening: Hashable, Sendable {
    /// Both hold the same.
    case inSync
    /// Each side announces what moved above a number of its own; this is this side's.
    case heads(above: UInt64)
    /// Which heads differ must be found out.
    case reconciliation

    /// Decides from what this side sent from a database of `epoch`, and what the peer sent from one of `peerEpoch`.
    package init(_ mine: Message.Open, epoch: UInt64, _ theirs: Message.Open, peerEpoch: UInt64) {
        let isComparable = mine.channelMask == theirs.channelMask
        if isComparable, mine.fingerprint == theirs.fingerprint, mine.fingerprint != .zero {
            self = .inSync
            return
        }
        let iFollow = isComparable && mine.cursor?.isValid(peerEpoch, theirs.lsn) == true
        let theyFollow = isComparable && theirs.cursor?.isValid(epoch, mine.lsn) == true
        // Who has nothing learns all, and has nothing to tell: then there is nothing to find out.
        if mine.logs == 0 || theirs.logs == 0 || iFollow && theyFollow {
            self = .heads(above: theyFollow ? theirs.cursor?.lsn ?? 0 : 0)
        } else {
            self = .reconciliation
        }
    }
}

extension Cursor {
    /// Whether a database of this epoch that has come to `lsn` can be followed from here (S-20).
    package func isValid(_ epoch: UInt64, _ lsn: UInt64) -> Bool { self.epoch == epoch && self.lsn <= lsn }
}

extension Bytes16 {
    /// Sixteen zeros, which as a fingerprint say nothing.
    package static let zero = Bytes16(high: 0, low: 0)
}

extension Message.Open {
    /// All channels that this version carries.
    package static let allChannels: UInt8 = 7
    /// Control alone.
    package static let controlOnly: UInt8 = 1

    /// The name of a space in one direction of a session (S-10).
    package static func token(of space: SpaceID, exporter: [UInt8], fromListener: Bool) -> UInt64 {
        let mac = Digest.hmac(key: exporter, [fromListener ? 1 : 0] + space.value.bytes)
        return loadBigEndian(mac.span.bytes, at: 0)
    }
}

extension Message.HeadEntry {
    /// Four bytes that stand for a head within a session; `salt` is the dialer's nonce, then the listener's (S-24).
    package static func tag(of log: LogID, count: UInt64, root: Bytes32, salt: [UInt8]) -> UInt32 {
        var w = ByteWriter(capacity: 96)
        w.write(salt)
        w.write(log.value)
        w.write(bigEndian: count)
        w.write(root)
        return UInt32(truncatingIfNeeded: Digest.sha256(w.bytes).words.0 >> 32)
    }
}
