internal import CLinux

#if canImport(Glibc)
    internal import Glibc
#endif

/// A list that any thread may append to and one thread waits on.
final class BlockingQueue<Element>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var elements: [Element] = []
    private var isClosed = false

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        precondition(pthread_mutex_init(mutex, nil) == 0, "no mutex")
        precondition(pthread_cond_init(condition, nil) == 0, "no condition variable")
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Appends; false if the queue is closed, and then nothing was appended.
    @discardableResult
    func append(_ element: sending Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        elements.append(element)
        pthread_cond_signal(condition)
        return true
    }

    /// Waits for elements and takes all there are; nil once the queue is closed and empty.
    func takeAll() -> [Element]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.isEmpty, !isClosed { pthread_cond_wait(condition, mutex) }
        guard !elements.isEmpty else { return nil }
        let all = elements
        elements = []
        return all
    }

    /// Lets no more in; who waits gets what is left, then nil.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }
}

/// A result that one thread leaves and another waits for.
final class Promise<Value>: @unchecked Sendable {
    private let queue = BlockingQueue<Result<Value, any Error>>()

    /// Leaves the result, once.
    func fulfil(_ result: Result<Value, any Error>) {
        nonisolated(unsafe) let result = result
        queue.append(result)
    }

    /// Waits for the result.
    func wait() throws -> Value {
        guard let result = queue.takeAll()?.first else { preconditionFailure("a promise is not closed") }
        return try result.get()
    }
}

/// A thread of the process's own with a name, which runs one function to its end.
///
/// Blocking work has threads of its own, because two blocking calls starve Swift's pool of two.
final class NamedThread: @unchecked Sendable {
    private var handle: pthread_t = 0

    /// Starts `body` on a new thread; a detached one is not joined.
    init(_ name: String, isDetached: Bool = false, _ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(name, body))
        let code = pthread_create(&handle, nil, runThread, box.toOpaque())
        precondition(code == 0, "the system gives no thread: errno \(code)")
        if isDetached { pthread_detach(handle) }
    }

    /// Waits for the function to end.
    func join() { pthread_join(handle, nil) }

    fileprivate final class Box: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}

/// The entry point of every named thread: a function, because a closure would inherit the isolation of where it stands.
private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let box = Unmanaged<NamedThread.Box>.fromOpaque(argument).takeRetainedValue()
    plc_name_thread(box.name)
    box.body()
    return nil
}
