internal import PLCSync

/// The thread that reads what peers want, with a connection of its own, so that they wait for no writer.
final class SyncReader: @unchecked Sendable {
    private struct Job: @unchecked Sendable {
        let request: ReadRequest
        let completion: ([ReadPart]?) -> Void
    }

    private let queue = BlockingQueue<Job>()
    private let view: StoreView
    private let complain: @Sendable (any Error) -> Void
    private var thread: NamedThread?

    /// Starts the thread on the database at `path`; what cannot be read is told to `complain` on it.
    init(path: String, complain: @escaping @Sendable (any Error) -> Void) throws {
        self.complain = complain
        view = try StoreView(path: path)
        thread = NamedThread("sync-reader") { [unowned self] in work() }
    }

    /// Reads and calls `completion` on this thread; nil if the store failed.
    func submit(_ request: ReadRequest, completion: @escaping @Sendable ([ReadPart]?) -> Void) {
        if !queue.append(Job(request: request, completion: completion)) { completion(nil) }
    }

    /// Finishes what was submitted, and ends the thread.
    func stop() {
        queue.close()
        thread?.join()
        thread = nil
    }

    private func work() {
        while let jobs = queue.takeAll() {
            for job in jobs { job.completion(answer(job.request)) }
        }
    }

    private func answer(_ request: ReadRequest) -> [ReadPart]? {
        do {
            return try view.answer(request)
        } catch {
            complain(error)
            return nil
        }
    }
}
