/// One end of a connection through a link.
final class LabEnd {
    let socket: Socket
    /// What carries the bytes that come from this end.
    let lane: LabLane
    /// The bytes that came from this end and have not reached the other.
    var stream = LabStream()
    var registration: EventLoop.Registration?
    var interest: EventLoop.Readiness = []
    var timer: TimerID?
    var isConnecting: Bool
    /// It takes no more bytes for now.
    var isFull = false
    /// It sends nothing more.
    var hasEnded = false
    /// It was told that nothing more comes.
    var isShut = false
    /// The system reports nothing of it any more: it failed, or both its directions ended.
    var isDeaf = false

    init(_ socket: consuming Socket, _ lane: LabLane, isConnecting: Bool) {
        self.socket = socket
        self.lane = lane
        self.isConnecting = isConnecting
    }
}

/// One TCP connection through a link: two sockets, and what is under way between them.
///
/// What waits is bounded: while the far side does not take it, the near side is not read, and the system tells its
/// sender to wait. Everything happens on the loop's thread.
final class LabConnection {
    private let loop: EventLoop
    private let near: LabEnd
    private let far: LabEnd
    private var isClosed = false
    private let onClose: () -> Void

    /// The most bytes read in one turn from one side.
    private static let readMax = 65_536

    /// A connection between a caller and the address that it is passed on to.
    init(
        _ loop: EventLoop, near: consuming Socket, forth: LabLane, far: consuming Socket, back: LabLane,
        onClose: @escaping () -> Void
    ) {
        self.loop = loop
        self.onClose = onClose
        self.near = LabEnd(near, forth, isConnecting: false)
        self.far = LabEnd(far, back, isConnecting: true)
    }

    /// Begins to pass bytes on.
    func start() {
        do throws(SystemError) {
            for end in [near, far] {
                end.interest = end.isConnecting ? .write : .read
                end.registration = try loop.register(end.socket.descriptor, for: end.interest) {
                    [weak self, unowned end] readiness in self?.ready(end, readiness)
                }
            }
        } catch { return close() }
        settle()
    }

    /// How many bytes are held, both ways.
    var waiting: Int { near.stream.count + far.stream.count }

    /// Ends it at once; what is under way is lost.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for end in [near, far] {
            unwatch(end)
            if let timer = end.timer { loop.cancel(timer) }
            end.timer = nil
        }
        onClose()
    }

    /// Does what can be done now: the conditions of a lane have changed, or a time has come.
    func settle() {
        move(from: near, to: far)
        move(from: far, to: near)
        if near.isShut, far.isShut { close() }
        guard !isClosed else { return }
        watch(near)
        watch(far)
    }

    private func ready(_ end: LabEnd, _ readiness: EventLoop.Readiness) {
        guard !isClosed else { return }
        if end.isConnecting {
            if end.socket.pendingError(of: "connect") != nil { return close() }
            end.isConnecting = false
        }
        if readiness.contains(.write) { end.isFull = false }
        if readiness.contains(.failed) {
            // It would be reported in every turn; what the system still holds of it can be read all the same.
            unwatch(end)
            end.isDeaf = true
            if end.isFull { return close() }
        }
        settle()
    }

    private func move(from source: LabEnd, to sink: LabEnd) {
        guard !isClosed, source.lane.state == .open else { return }
        repeat {
            read(source)
            write(source, to: sink)
            // Nobody tells when more can be read of a deaf end, so all of it is read as room permits.
        } while !isClosed && source.isDeaf && !source.hasEnded && source.stream.count < source.lane.room
        guard !isClosed else { return }
        if source.hasEnded, source.stream.isEmpty, !sink.isShut, !sink.isConnecting {
            sink.isShut = true
            sink.socket.shutdownWriting()
        }
    }

    private func read(_ source: LabEnd) {
        let room = source.lane.room - source.stream.count
        guard !isClosed, !source.hasEnded, !source.isConnecting, room > 0 else { return }
        let now = loop.now
        withUnsafeTemporaryAllocation(byteCount: min(Self.readMax, room), alignment: 1) { buffer in
            switch source.socket.read(into: buffer) {
            case .bytes(let count):
                source.stream.enter(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: now)
            case .wouldBlock: if source.isDeaf { source.hasEnded = true }
            case .ended: source.hasEnded = true
            case .failed: close()
            }
        }
    }

    private func write(_ source: LabEnd, to sink: LabEnd) {
        guard !isClosed, !sink.isConnecting else { return }
        while !sink.isFull, case let due = source.stream.due(by: source.lane, at: loop.now), due > 0 {
            switch source.stream.withPrefix(due, { sink.socket.write($0) }) {
            case .bytes(let count):
                source.stream.leave(count)
                source.lane.left(count, at: loop.now)
            case .wouldBlock:
                // An end of which nothing is reported never says that it takes more.
                if sink.isDeaf { return close() }
                sink.isFull = true
            case .ended, .failed: return close()
            }
        }
        guard !sink.isFull, let departure = source.stream.departure(by: source.lane) else { return }
        // What is late already goes in the next turn, so that one connection cannot keep the loop.
        if let timer = source.timer { loop.cancel(timer) }
        source.timer = loop.schedule(at: departure) { [weak self, unowned source] in
            source.timer = nil
            self?.settle()
        }
    }

    private func watch(_ end: LabEnd) {
        guard let registration = end.registration else { return }
        var interest: EventLoop.Readiness = []
        if end.isConnecting || end.isFull { interest.insert(.write) }
        let mayRead = !end.isConnecting && !end.hasEnded && end.lane.state == .open
        if mayRead, end.stream.count < end.lane.room { interest.insert(.read) }
        guard interest != end.interest else { return }
        end.interest = interest
        loop.modify(registration, for: interest)
    }

    private func unwatch(_ end: LabEnd) {
        if let registration = end.registration { loop.deregister(registration) }
        end.registration = nil
    }
}
