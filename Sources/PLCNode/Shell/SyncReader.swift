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

    /// Reads and calls `completion` on this thread; nil if the store failed.
    ///
    /// With `tailBytes`, reads so many bytes of the leaves that both sides hold, too; a stream does without them.
    func submit(
        _ request: ReadRequest, tailBytes: Int?,
        completion: @escaping @Sendable ([ReadPart]?, _ tail: [UInt8]?) -> Void
    ) {
        append { view in
            var tail: [UInt8]?
            if let tailBytes, let run = request.common {
                tail = try? view.tail(of: run.log, through: run.through, maximumBytes: tailBytes)
            }
            completion(try? view.answer(request), tail)
        } fail: {
            completion(nil, nil)
        }
    }

    /// Reads the last `bytes` bytes of a log's items up to a leaf, and calls `completion` on this thread; nil if they
    /// cannot be read.
    func submit(
        tail log: LogID, through: UInt64, bytes: Int, completion: @escaping @Sendable ([UInt8]?) -> Void
    ) {
        append { view in
            completion(try? view.tail(of: log, through: through, maximumBytes: bytes))
        } fail: {
            completion(nil)
        }
    }

    private func append(_ run: @escaping @Sendable (StoreView) -> Void, fail: @escaping @Sendable () -> Void)
    {
        if !queue.append(Job(run: run)) { fail() }
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
