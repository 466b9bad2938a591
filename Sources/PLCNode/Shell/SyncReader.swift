internal import PLCSync

/// The thread that reads what peers want, and what their streams take from, with a connection of its own, so that they
/// wait for no writer.
final class SyncReader: @unchecked Sendable {
    private struct Job: @unchecked Sendable {
        let run: (StoreView) -> Void
    }

    private let queue = BlockingQueue<Job>()
    private let view: StoreView
    private var thread: NamedThread?

    /// Starts the thread on the database at `path`.
    init(path: String) throws {
        view = try StoreView(path: path)
        thread = NamedThread("sync-reader") { [unowned self] in work() }
    }

    /// Runs `body` and calls `completion`, on this thread.
    func submit<Value>(
        _ body: @escaping @Sendable (StoreView) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let job = Job { view in completion(Result { try body(view) }) }
        if !queue.append(job) { completion(.failure(StoreWriterStopped())) }
    }

    /// Finishes what was submitted, and ends the thread.
    func stop() {
        queue.close()
        thread?.join()
        thread = nil
    }

    private func work() {
        while let jobs = queue.takeAll() {
            for job in jobs { job.run(view) }
        }
    }
}
