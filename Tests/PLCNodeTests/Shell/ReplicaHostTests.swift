import PLCNode
import PLCOracle
import PLCSync
import Testing

/// What became of jobs, in the order in which they heard of it.
private final class Outcomes<Value> {
    var list: [Value] = []
}

/// What a host makes of a store that fails.
@Suite struct ReplicaHostTests {
    @Test("S-46: a commit that fails takes those with it that build on it, and nothing is lost by that")
    func fullDisk() throws {
        var pair = try HostPair()
        pair.a.write(pair.space, changes: 40, size: 20_000)
        pair.connect()
        pair.carry(storing: false)
        let waiting = pair.b.jobs.count
        // The commits fail one after the other, before the host hears of the first.
        pair.b.disk.faults.capacity = 0
        for _ in 0..<waiting { pair.b.runJob() }
        pair.b.disk.faults.capacity = nil
        let none = try pair.b.changes(pair.space)
        // It hears of the others when a new session has brought new ones.
        pair.b.complete()
        pair.connect()
        while pair.b.jobs.isEmpty, !pair.b.completions.isEmpty {
            let late = pair.b.completions
            pair.b.completions = []
            pair.carry(storing: false)
            pair.b.completions = late + pair.b.completions
            pair.b.complete()
        }
        pair.carry()
        let all = try pair.b.changes(pair.space)
        same(waiting > 2, true, "several commits wait")
        same(none, 0, "nothing is stored")
        same(pair.b.complaints.count, 1, "the cause is told, and once: \(pair.b.complaints)")
        same(pair.b.complaints.first?.contains("disk is full"), true)
        same(all, 40, "all has come")
        same(pair.isInSync, true, "they are in sync")
    }

    @Test("L-28: a sync that fails is not tried again, and nothing is acknowledged any more")
    func failedSync() throws {
        let pair = try HostPair()
        let outcomes = Outcomes<String>()
        func write(_ name: String) -> CommitGroup.Job {
            CommitGroup.Job({ (store: Store) throws -> Void in try store.setText(name, "v") }) { result in
                switch result {
                case .success: outcomes.list.append(name)
                case .failure: outcomes.list.append("not \(name)")
                }
            }
        }
        pair.a.run([write("before")])
        pair.a.disk.faults.failingSync = 0
        pair.a.run([write("one"), write("two")])
        // The disk would do its work again, but what it has lost nobody knows.
        pair.a.run([write("after")])
        same(outcomes.list, ["before", "not one", "not two", "not after"], "each knows")
        same(pair.a.endings.count, 1, "the reason to end is told, and once")
    }

    @Test("a job that fails after it has written is undone, and its neighbours are not")
    func lateFailure() throws {
        struct Late: Error {}
        let pair = try HostPair()
        let (a, space) = (pair.a, pair.space)
        let key = a.identity.publicKey
        let outcomes = Outcomes<Bool>()
        let draft: Draft = {
            var draft = Draft()
            draft.append(.grant(key, .writer, name: "a", invitation: nil))
            return draft
        }()
        let jobs = [true, false, true].map { succeeds in
            CommitGroup.Job({ (store: Store) throws -> Void in
                // A control change is not folded, so that it writes no row before the end.
                _ = try store.write(space, .control, by: key, .now(WallTime(milliseconds: 1))) { _ in draft }
                if !succeeds { throw Late() }
            }) { result in
                outcomes.list.append((try? result.get()) != nil)
            }
        }
        a.run(jobs)
        same(outcomes.list, [true, false, true], "each knows what became of it")
        same(try a.store.snapshot(space).logs.first?.forest.count, 2, "two are stored")
    }

    @Test("what fails in a transaction with others is tried alone, and says why")
    func triedAlone() throws {
        struct Other: Error {}
        let pair = try HostPair()
        let chain = JobChain()
        let outcomes = Outcomes<String>()
        func job(_ error: (any Error)?, in chain: JobChain?) -> CommitGroup.Job {
            CommitGroup.Job(
                { (store: Store) throws -> Void in
                    try store.setText("k", "v")
                    if let error { throw error }
                }, in: chain
            ) { result in
                let text: String
                switch result {
                case .success: text = "done"
                case .failure(let error): text = error is Other ? "other" : "\(error)"
                }
                outcomes.list.append(text)
            }
        }
        pair.a.run([
            job(nil, in: chain), job(Other(), in: nil), job(nil, in: chain), job(Other(), in: chain),
            job(nil, in: chain),
        ])
        same(
            outcomes.list,
            ["done", "other", "done", "other", "\(StoreError.superseded)"], "each for its own reason")
    }
}
