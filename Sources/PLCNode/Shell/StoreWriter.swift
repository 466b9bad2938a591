import PLCSync

/// The thread that owns the store's writing connection: jobs in, one transaction and one sync for all that wait.
///
/// A job is durable when its completion is called. A job that throws before it has written spoils nothing for the
/// others of its transaction; after any other error the transaction is undone, and each job is tried alone.
final class StoreWriter: @unchecked Sendable {
    /// What a job does inside the transaction, and what is called after it: nil if it is durable.
    private struct Job: @unchecked Sendable {
        let run: (Store) throws -> Void
        let completion: ((any Error)?) -> Void
    }

    private let queue = BlockingQueue<Job>()
    private var thread: NamedThread?
    private let store: Store
    /// Called on the writer's thread with what this node's logs have become, after the jobs' completions.
    private let authored: @Sendable (SpaceID, [AuthoredLog]) -> Void

    /// Called on the writer's thread when the store can be used no more.
    let fatal = Locked<(@Sendable (any Error) -> Void)?>(nil)

    /// Starts the thread; `store` belongs to it from now on.
    init(_ store: sending Store, authored: @escaping @Sendable (SpaceID, [AuthoredLog]) -> Void) {
        self.store = store
        self.authored = authored
        thread = NamedThread("store") { [unowned self] in work() }
    }

    /// Finishes what was submitted, and ends the thread.
    func stop() {
        queue.close()
        thread?.join()
        thread = nil
    }

    /// Runs `body` inside the next transaction and calls `completion` once it is durable or has failed, on the
    /// writer's thread.
    func submit<Value>(
        _ body: @escaping @Sendable (Store) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let slot = Slot<Value>()
        let job = Job(
            run: { slot.value = try body($0) },
            completion: { error in
                if let error { return completion(.failure(error)) }
                guard let value = slot.value else {
                    preconditionFailure("a job completed without having run")
                }
                completion(.success(value))
            })
        if !queue.append(job) { completion(.failure(StoreWriterStopped())) }
    }

    /// Runs `body` inside the next transaction and waits until it is durable.
    func perform<Value>(_ body: @escaping @Sendable (Store) throws -> Value) throws -> Value {
        let promise = Promise<Value>()
        submit(body) { promise.fulfil($0) }
        return try promise.wait()
    }

    private final class Slot<Value>: @unchecked Sendable {
        var value: Value?
    }

    // MARK: The thread

    private func work() {
        var dead: (any Error)?
        /// Runs the jobs in one transaction; what must not be tried again ends all.
        func attempt(_ jobs: [Job]) throws {
            if let dead { return fail(jobs, dead) }
            do {
                try transact(jobs)
            } catch let error as DatabaseError where error.isFatal {
                dead = error
                fail(jobs, error)
                fatal.withLock { $0 }?(error)
            }
        }
        while let jobs = queue.takeAll() {
            do {
                try attempt(jobs)
            } catch  where jobs.count == 1 {
                fail(jobs, error)
            } catch {
                for job in jobs {
                    do { try attempt([job]) } catch { fail([job], error) }
                }
            }
        }
        if dead == nil { try? store.settle() }
    }

    private func fail(_ jobs: [Job], _ error: any Error) {
        let shown = StoreError.plain(error)
        for job in jobs { job.completion(shown) }
    }

    /// Runs all jobs in one transaction; throws, and completes none, if it must be undone.
    private func transact(_ jobs: [Job]) throws {
        try store.begin()
        var refused: [(Job, any Error)] = []
        var done: [Job] = []
        for job in jobs {
            let before = store.writes
            do {
                try job.run(store)
                done.append(job)
            } catch {
                guard store.writes == before, !(error is DatabaseError) else {
                    try store.rollback()
                    throw error
                }
                refused.append((job, error))
            }
        }
        let logs = try store.commit()
        // In the order of the log sequence numbers that were given: this node's own logs got theirs last.
        for job in done { job.completion(nil) }
        for (space, logs) in logs.sorted(by: { $0.value[0].lsn < $1.value[0].lsn }) { authored(space, logs) }
        for (job, error) in refused { job.completion(StoreError.plain(error)) }
    }
}

/// The writer has stopped: the node is closing.
struct StoreWriterStopped: Error, CustomStringConvertible {
    var description: String { "the node is stopping" }
}
