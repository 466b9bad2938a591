internal import PLCSync

/// The thread that reads what peers want, and what their streams take from, with a connection of its own, so that they
/// wait for no writer.
final class SyncReader: @unchecked Sendable {
    private struct Job: @unchecked Sendable {
        let run: (StoreView) -> Void
    }

    /// What the thread works with.
    private final class Work: @unchecked Sendable {
        let queue = BlockingQueue<Job>()
        private let view: StoreView

        init(_ view: StoreView) { self.view = view }

        func run() {
            while let jobs = queue.takeAll() {
                for job in jobs { job.run(view) }
            }
        }
    }

    private let work: Work
    private var thread: NamedThread?

    /// Starts the thread on the database at `path`.
    ///
    /// The thread holds what it works with and not this object, which may go at once: if its server cannot listen, say.
    init(path: String) throws {
        let work = Work(try StoreView(path: path))
        self.work = work
        thread = NamedThread("sync-reader") { work.run() }
    }

    deinit { stop() }

    /// Runs `body` and calls `completion`, on this thread.
    func submit<Value>(
        _ body: @escaping @Sendable (StoreView) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let job = Job { view in completion(Result { try body(view) }) }
        if !work.queue.append(job) { completion(.failure(StoreWriterStopped())) }
    }

    /// Finishes what was submitted, and ends the thread.
    func stop() {
        work.queue.close()
        thread?.join()
        thread = nil
    }
}
