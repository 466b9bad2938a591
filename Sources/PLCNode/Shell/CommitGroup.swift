package import PLCSync

/// Jobs of which each builds on those before it: once one has failed, those after it are refused and not run.
package final class JobChain: @unchecked Sendable {
    /// Whether a job has failed; known to the group's thread alone.
    fileprivate var isBroken = false

    package init() {}
}

/// Carries out jobs on a store, all that wait in one transaction with one sync.
///
/// A job is durable when its completion is called. A job that throws before it has written spoils nothing for the
/// others of its transaction; after any other error the transaction is undone, and each job is tried alone. One thread
/// at a time.
package final class CommitGroup {
    /// What is done inside the transaction, and what is called after it: nil if it is durable.
    package struct Job: @unchecked Sendable {
        fileprivate let run: (Store) throws -> Void
        fileprivate let completion: ((any Error)?) -> Void
        fileprivate let chain: JobChain?

        /// A job that gives `completion` what `body` returned, or why it failed.
        package init<Value>(
            _ body: @escaping (Store) throws -> Value, in chain: JobChain? = nil,
            completion: @escaping (Result<Value, any Error>) -> Void
        ) {
            self.chain = chain
            let slot = Slot<Value>()
            run = { slot.value = try body($0) }
            self.completion = { error in
                if let error { return completion(.failure(error)) }
                guard let value = slot.value else {
                    preconditionFailure("a job completed without having run")
                }
                completion(.success(value))
            }
        }

        private final class Slot<Value> {
            var value: Value?
        }
    }

    private let store: Store
    private let authored: (SpaceID, [AuthoredLog]) -> Void
    /// Called when the disk is found to have spoilt the store, which has to be mended before it is opened again.
    private let spoilt: () -> Void
    /// Room on the disk for what must go on when there is no other.
    private let reserve: (any Reserve)?
    /// Whether the reserve was given up, so that nothing is written until there is room for it again.
    private var isFull = false
    /// Why the store can be used no more.
    private var dead: (any Error)?

    /// Jobs on `store`; `authored` is told what this node's logs have become, after the jobs' completions, and `spoilt`
    /// is called, once, if the store was found to be damaged.
    package init(
        _ store: Store, reserve: (any Reserve)? = nil, spoilt: @escaping () -> Void = {},
        authored: @escaping (SpaceID, [AuthoredLog]) -> Void
    ) {
        self.spoilt = spoilt
        self.store = store
        self.reserve = reserve
        isFull = reserve?.isGivenUp ?? false
        self.authored = authored
    }

    /// Carries out the jobs and calls their completions; returns the error after which the store can be used no more,
    /// once.
    package func run(_ jobs: [Job]) -> (any Error)? {
        let before = dead != nil
        if isFull, let reserve { isFull = !reserve.take() }
        do {
            try attempt(jobs)
        } catch  where jobs.count == 1 {
            fail(jobs, error)
        } catch {
            for job in jobs {
                do { try attempt([job]) } catch { fail([job], error) }
            }
        }
        return before ? nil : dead
    }

    /// Leaves the store in good order, when no more jobs will come.
    func settle() {
        if dead == nil { try? store.settle() }
    }

    /// Runs the jobs in one transaction; what must not be tried again ends all.
    private func attempt(_ jobs: [Job]) throws {
        if let dead { return fail(jobs, dead) }
        do {
            try transact(jobs)
        } catch  where store.isLost || (error as? DatabaseError)?.isFatal == true {
            dead = error
            if (error as? DatabaseError)?.isDamage == true { spoilt() }
            fail(jobs, error)
        } catch let error as DatabaseError where error.isDiskFull {
            giveUpReserve()
            throw error
        }
    }

    /// Makes room for the database to take in its own log; from now on nothing is written.
    private func giveUpReserve() {
        guard let reserve, !isFull else { return }
        reserve.giveUp()
        isFull = reserve.isGivenUp
        if isFull { try? store.settle() }
    }

    private func fail(_ jobs: [Job], _ error: any Error) {
        let shown = StoreError.plain(error)
        for job in jobs {
            job.chain?.isBroken = true
            job.completion(shown)
        }
    }

    /// Runs all jobs in one transaction; throws, and completes none, if it must be undone.
    private func transact(_ jobs: [Job]) throws {
        try store.begin()
        var refused: [(Job, any Error)] = []
        var done: [Job] = []
        // Not broken for good before the end: the transaction may be undone, and each job tried alone.
        var broken: [JobChain] = []
        for job in jobs {
            if let chain = job.chain, chain.isBroken || broken.contains(where: { $0 === chain }) {
                refused.append((job, StoreError.superseded))
                continue
            }
            let before = store.writes
            do {
                try job.run(store)
                // What the reserve has left is not for changes.
                if isFull, store.writes != before { throw StoreError.diskFull }
                done.append(job)
            } catch {
                guard store.writes == before, !(error is DatabaseError) else {
                    try store.rollback()
                    throw error
                }
                if let chain = job.chain { broken.append(chain) }
                refused.append((job, error))
            }
        }
        if planted(.answeredBeforeCommit) { for job in done { job.completion(nil) } }
        let logs = try commit(done)
        for chain in broken { chain.isBroken = true }
        // In the order of the log sequence numbers that were given: this node's own logs got theirs last.
        for job in done where !planted(.answeredBeforeCommit) { job.completion(nil) }
        for (space, logs) in logs.sorted(by: { $0.value[0].lsn < $1.value[0].lsn }) { authored(space, logs) }
        for (job, error) in refused { job.completion(StoreError.plain(error)) }
    }

    private func commit(_ done: [Job]) throws -> [SpaceID: [AuthoredLog]] {
        do {
            return try store.commit()
        } catch {
            guard planted(.groupCompletesAll), (error as? DatabaseError)?.isDiskFull == true else {
                throw error
            }
            return [:]
        }
    }
}
