internal import CLinux

#if canImport(Glibc)
    import Glibc
#endif

/// A list that any thread may append to and one thread empties.
///
/// A pthread mutex, because Synchronization.Mutex makes the thread sanitizer report races that are none.
final class Inbox<Element>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var elements: [Element] = []

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        precondition(pthread_mutex_init(mutex, nil) == 0, "no mutex")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Appends; true if the list was empty, so that only the first of a batch has to wake the reader.
    func append(_ element: sending Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        elements.append(element)
        return elements.count == 1
    }

    /// Takes everything, in order of arrival.
    func drain() -> [Element] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let all = elements
        elements = []
        return all
    }
}
