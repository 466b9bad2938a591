import PLCOracle
import PLCSync

extension DiskSpace {
    /// Lets the node's own logs count as any other's, as after a restore.
    mutating func disown() {
        let hasher = MerkleHasher()
        for (id, log) in logs where log.isOwn {
            var closed = DiskLog(log.descriptor, isOwn: false)
            for leaf in log.leaves { closed.append(leaf, hasher) }
            closed.lsn = log.lsn
            closed.head = Scenario.keys.first { $0.publicKey == log.descriptor.key }.map {
                Head(signing: closed.forest, of: log.descriptor, with: $0, hasher: hasher)
            }
            logs[id] = closed
        }
    }
}
