import PLCOracle
import PLCSync

extension History {
    /// The logs of data alone.
    var data: History { History(logs: logs.filter { $0.id.channel != .control }) }

    /// The same logs in the opposite order.
    var reversed: History { History(logs: logs.reversed()) }

    /// A store that folded log after log.
    func folded() -> MemoryStore {
        var store = MemoryStore()
        for log in logs {
            store.register(log.id, key: log.key)
            for leaf in log.leaves { store.append(leaf, to: log.id) }
        }
        return store
    }

    /// A store that folded the leaves in some order that keeps the order of each log, and no other.
    func folded(_ random: inout SplitMix64) -> MemoryStore {
        var store = MemoryStore()
        var left = logs.shuffled(using: &random)
        for log in left { store.register(log.id, key: log.key) }
        // Single leaves mix the logs finely; long runs bring ops long before what they are about.
        let longest = random.pick([1, 3, 1_000])
        while !left.isEmpty {
            let index = random.below(left.count)
            let count = min(left[index].leaves.count, 1 + random.below(longest))
            for leaf in left[index].leaves.prefix(count) { store.append(leaf, to: left[index].id) }
            left[index].leaves.removeFirst(count)
            if left[index].leaves.isEmpty { left.remove(at: index) }
        }
        return store
    }
}
