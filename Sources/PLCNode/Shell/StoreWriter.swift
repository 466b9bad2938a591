internal import CLinux
import PLCSync

/// The thread that owns the store's writing connection: jobs in, one transaction and one sync for all that wait.
final class StoreWriter: @unchecked Sendable {
    private let queue = BlockingQueue<CommitGroup.Job>()
    private var thread: NamedThread?
    private let group: CommitGroup

    /// Called on the writer's thread when the store can be used no more.
    let fatal = Locked<(@Sendable (any Error) -> Void)?>(nil)

    /// Starts the thread, to which `store` belongs from now on.
    ///
    /// What this node's logs have become is told to `authored` on it.
    init(
        _ store: sending Store, in folder: NodeFolder,
        authored: @escaping @Sendable (SpaceID, [AuthoredLog]) -> Void
    ) {
        group = CommitGroup(
            store, reserve: Ballast(folder.ballast),
            // Without the mark the damage is found again.
            spoilt: { try? Salvage.order(folder.store, files: SystemFiles()) }, authored: authored)
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
        _ body: @escaping @Sendable (Store) throws -> Value, in chain: JobChain? = nil,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let job = CommitGroup.Job(body, in: chain, completion: completion)
        if !queue.append(job) { completion(.failure(StoreWriterStopped())) }
    }

    /// Runs `body` inside the next transaction and waits until it is durable.
    func perform<Value>(_ body: @escaping @Sendable (Store) throws -> Value) throws -> Value {
        let promise = Promise<Value>()
        submit(body) { promise.fulfil($0) }
        return try promise.wait()
    }

    private func work() {
        let stack = plc_crash_stack()
        defer { plc_crash_stack_end(stack) }
        while let jobs = queue.takeAll() {
            if let error = group.run(jobs) { fatal.withLock { $0 }?(error) }
        }
        group.settle()
    }
}

/// The writer has stopped: the node is closing.
struct StoreWriterStopped: Error, CustomStringConvertible {
    var description: String { "the node is stopping" }
}
