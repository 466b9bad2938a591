/// What follows from both sides' OPEN of a space (S-21).
///
/// Both sides decide alike: with the arguments swapped only the two numbers of `announce` change places.
package enum Opening: Hashable, Sendable {
    /// Both hold the same.
    case inSync
    /// It must be found out which heads differ.
    case reconcile
    /// Both announce what moved after `since`; the peer does so after `from`, nil if this node has not followed it.
    case announce(since: UInt64, from: UInt64?)

    /// Decides from the OPENs of this node and of the peer, and from the epochs of their databases.
    package init(mine: Message.Open, epoch: UInt64, theirs: Message.Open, theirEpoch: UInt64) {
        let isSameCount = planted(.inSyncByCount) && mine.logs == theirs.logs
        if mine.logs > 0, mine.fingerprint == theirs.fingerprint || isSameCount {
            self = .inSync
            return
        }
        let iFollow = mine.cursor.flatMap { $0.isValid(theirEpoch, theirs.lsn) ? $0.lsn : nil }
        let theyFollow = theirs.cursor.flatMap { $0.isValid(epoch, mine.lsn) ? $0.lsn : nil }
        if mine.logs > 0, theirs.logs > 0, iFollow == nil || theyFollow == nil {
            self = .reconcile
        } else {
            self = .announce(since: theyFollow ?? 0, from: iFollow)
        }
    }
}

extension Cursor {
    /// Whether a database of this epoch that has come to `lsn` can be followed from here (S-20).
    func isValid(_ epoch: UInt64, _ lsn: UInt64) -> Bool {
        (self.epoch == epoch || planted(.epochNotChecked)) && self.lsn <= lsn
    }
}
