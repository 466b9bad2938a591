import CLinux

#if canImport(Glibc)
    import Glibc
#endif

/// One thread that waits for descriptors, timers and other threads, and calls what was registered for them.
///
/// A turn waits, reads the clock, and calls in this order: handlers of ready descriptors, timers that are due,
/// submitted work, deferred work, `afterTurn`. Everything the handlers want to say to the world is gathered during
/// the turn and said once, in `afterTurn`.
///
/// `submit` may be called from any thread. All else belongs to the thread that is inside `run`, or,
/// while none is, to the one that sets the loop up.
package final class EventLoop: @unchecked Sendable {
    /// What a descriptor is watched for, and what it turned out to be ready for.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let read = Readiness(rawValue: 1)
        package static let write = Readiness(rawValue: 2)
        /// An error or the end of both directions; reported whether asked for or not.
        package static let failed = Readiness(rawValue: 4)
    }

    /// A descriptor under watch.
    package struct Registration: Hashable, Sendable {
        fileprivate let token: UInt64
        fileprivate let descriptor: Int32
    }

    /// The monotonic clock in milliseconds, as read at the start of this turn.
    package private(set) var now: UInt64 = EventLoop.clock()
    /// Called once at the end of every turn.
    package var afterTurn: () -> Void = {}

    /// The most descriptors served in one turn; the kernel rotates, so none starves.
    private static let eventsPerTurn: Int32 = 256
    private static let wakeToken: UInt64 = 0

    private let epoll: Int32
    private let waker: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    private let inbox = Inbox<@Sendable () -> Void>()
    private var handlers: [UInt64: (Readiness) -> Void] = [:]
    private var lastToken: UInt64 = EventLoop.wakeToken
    private var timers = TimerHeap()
    private var timerActions: [TimerID: () -> Void] = [:]
    private var deferred: [() -> Void] = []
    private var isStopping = false
    private var thread: UInt64?

    /// Makes a loop that runs when `run` is called; throws if the process is out of descriptors.
    package init() throws(SystemError) {
        let epoll = plc_epoll_create()
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        let waker = plc_eventfd()
        guard waker >= 0 else {
            let error = SystemError("eventfd")
            close(epoll)
            throw error
        }
        guard plc_epoll_control(epoll, EPOLL_CTL_ADD, waker, EPOLLIN.rawValue, Self.wakeToken) == 0 else {
            let error = SystemError("epoll_ctl")
            close(waker)
            close(epoll)
            throw error
        }
        self.epoll = epoll
        self.waker = waker
        events = .allocate(capacity: Int(Self.eventsPerTurn))
        events.initialize(repeating: epoll_event(), count: Int(Self.eventsPerTurn))
    }

    deinit {
        close(epoll)
        close(waker)
        events.deallocate()
    }

    /// Milliseconds since some fixed moment; never goes back, stands still while the machine sleeps.
    package static func clock() -> UInt64 {
        var time = timespec()
        precondition(clock_gettime(CLOCK_MONOTONIC, &time) == 0, "no monotonic clock")
        return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }

    // MARK: - Turns

    /// Serves on the calling thread until `stop`.
    ///
    /// The first turn does not wait, so that what was prepared before it is not left lying.
    package func run() {
        precondition(thread == nil, "the loop is already running")
        thread = plc_thread()
        isStopping = false
        turn(waits: false)
        while !isStopping { turn(waits: true) }
        thread = nil
    }

    /// Ends `run` after the current turn; another thread does it by `submit { loop.stop() }`.
    package func stop() {
        requireThread()
        isStopping = true
    }

    /// Has `work` called on the loop's thread, after work submitted earlier.
    ///
    /// From any thread.
    package func submit(_ work: @escaping @Sendable () -> Void) {
        if inbox.append(work) { wake() }
    }

    /// Has `work` called once the running handler has returned, in this turn if it has not ended.
    ///
    /// What is deferred by deferred work waits for the next turn, so it cannot keep the loop from its descriptors.
    package func later(_ work: @escaping () -> Void) {
        requireThread()
        deferred.append(work)
    }

    private func turn(waits: Bool) {
        let count = epoll_wait(epoll, events, Self.eventsPerTurn, waits ? timeout() : 0)
        // EINTR is a turn without events; nothing else can happen to a valid epoll descriptor.
        precondition(count >= 0 || errno == EINTR, "epoll_wait: errno \(errno)")
        now = Self.clock()
        for i in 0..<max(0, count) { serve(plc_epoll_token(events, i), plc_epoll_events(events, i)) }
        fireTimers()
        for work in inbox.drain() { work() }
        let batch = deferred
        deferred = []
        for work in batch { work() }
        afterTurn()
    }

    /// How long to wait in milliseconds, −1 for ever; measured now, since the turn has taken time.
    private func timeout() -> Int32 {
        guard deferred.isEmpty else { return 0 }
        guard let deadline = timers.nextDeadline() else { return -1 }
        let now = Self.clock()
        return deadline <= now ? 0 : Int32(clamping: deadline - now)
    }

    private func serve(_ token: UInt64, _ flags: UInt32) {
        if token == Self.wakeToken {
            var count: UInt64 = 0
            // Before the inbox is emptied: work that arrives in between then wakes the next turn.
            _ = read(waker, &count, 8)
            return
        }
        // A handler called earlier in this turn may have ended the registration.
        guard let handler = handlers[token] else { return }
        var readiness: Readiness = []
        if flags & EPOLLIN.rawValue != 0 { readiness.insert(.read) }
        if flags & EPOLLOUT.rawValue != 0 { readiness.insert(.write) }
        if flags & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.failed) }
        handler(readiness)
    }

    private func wake() {
        var one: UInt64 = 1
        // It fails only with EAGAIN, when the counter is full and the loop is awake anyway, or when interrupted.
        while write(waker, &one, 8) < 0, errno == EINTR {}
    }

    private func requireThread() {
        precondition(thread == nil || thread == plc_thread(), "called off the loop's thread")
    }

    // MARK: - Descriptors

    /// Watches `descriptor`, level-triggered, until `deregister`, which must come before it is closed.
    package func register(
        _ descriptor: Int32, for interest: Readiness, _ handler: @escaping (Readiness) -> Void
    ) throws(SystemError) -> Registration {
        requireThread()
        lastToken += 1
        guard plc_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, flags(interest), lastToken) == 0 else {
            throw SystemError("epoll_ctl")
        }
        handlers[lastToken] = handler
        return Registration(token: lastToken, descriptor: descriptor)
    }

    /// Changes what a descriptor is watched for.
    package func modify(_ registration: Registration, for interest: Readiness) {
        requireThread()
        let done = plc_epoll_control(
            epoll, EPOLL_CTL_MOD, registration.descriptor, flags(interest), registration.token)
        precondition(done == 0, "a watched descriptor was closed or its memory is gone: errno \(errno)")
    }

    /// Ends a registration; its handler is not called again, not even for an event of this turn.
    package func deregister(_ registration: Registration) {
        requireThread()
        guard handlers.removeValue(forKey: registration.token) != nil else { return }
        let done = plc_epoll_control(epoll, EPOLL_CTL_DEL, registration.descriptor, 0, 0)
        precondition(done == 0, "a descriptor was closed before its registration ended: errno \(errno)")
    }

    private func flags(_ interest: Readiness) -> UInt32 {
        (interest.contains(.read) ? EPOLLIN.rawValue : 0)
            | (interest.contains(.write) ? EPOLLOUT.rawValue : 0)
    }

    // MARK: - Timers

    /// Has `action` called once, in the first turn at or after the monotonic time `deadline` in milliseconds.
    @discardableResult
    package func schedule(at deadline: UInt64, _ action: @escaping () -> Void) -> TimerID {
        requireThread()
        let id = timers.schedule(at: deadline)
        timerActions[id] = action
        return id
    }

    /// Has `action` called once, `milliseconds` after the start of this turn.
    @discardableResult
    package func schedule(after milliseconds: UInt64, _ action: @escaping () -> Void) -> TimerID {
        schedule(at: now + milliseconds, action)
    }

    /// Forgets a timer; nothing happens if it has fired.
    package func cancel(_ id: TimerID) {
        requireThread()
        timers.cancel(id)
        timerActions[id] = nil
    }

    private func fireTimers() {
        // Only those due now: a timer that sets another for at once must not hold the turn.
        var due: [TimerID] = []
        while let id = timers.popDue(at: now) { due.append(id) }
        // One that an earlier one cancelled has lost its action.
        for id in due { timerActions.removeValue(forKey: id)?() }
    }
}
