#if canImport(Glibc)
    internal import Glibc
#endif

/// A port on this machine behind which a link begins: whoever calls it is passed on to the node at the link's end.
///
/// Everything happens on the loop's thread.
package final class LabProxy {
    /// Where the calling node finds the other.
    package let endpoint: Endpoint
    /// The port at which the other node listens; nil while it does not.
    package var target: UInt16?
    /// From who calls to who is called, and back.
    package let forth: LabLane
    package let back: LabLane
    /// How many callers were passed on since the beginning.
    package private(set) var accepted = 0

    private let loop: EventLoop
    private let listener: Listener
    private var connections: [Int: LabConnection] = [:]

    /// The most connections at a time.
    package static let connectionsMax = 64
    /// The most callers taken in one turn.
    private static let acceptsPerTurn = 16
    /// How many callers the system holds ready.
    private static let backlog: Int32 = 64
    /// How long the port rests when the process is out of descriptors, in milliseconds.
    private static let pauseMilliseconds: UInt64 = 1_000
    /// 127.0.0.1.
    private static let loopback = SocketAddress.Host.v4(0x7f00_0001)

    /// Takes calls on a port of the system's choice.
    package init(_ loop: EventLoop, forth: LabLane = LabLane(), back: LabLane = LabLane()) throws(SystemError)
    {
        self.loop = loop
        self.forth = forth
        self.back = back
        let socket = try Socket.listening(
            at: SocketAddress(host: Self.loopback, port: 0), backlog: Self.backlog)
        guard let address = socket.localAddress else { throw SystemError("getsockname") }
        endpoint = Endpoint(host: "127.0.0.1", port: address.port)
        listener = Listener(socket)
        listener.registration = try loop.register(listener.socket.descriptor, for: .read) { [weak self] _ in
            self?.accept()
        }
    }

    /// Takes no more calls, and ends those that are.
    package func close() {
        if let registration = listener.registration { loop.deregister(registration) }
        listener.registration = nil
        drop()
    }

    /// Ends all connections.
    package func drop() {
        for key in connections.keys.sorted() { connections[key]?.close() }
    }

    /// Applies what has changed in the lanes.
    package func settle() {
        if isBroken { return drop() }
        for key in connections.keys.sorted() { connections[key]?.settle() }
    }

    /// How many bytes are held, of all connections and both ways.
    package var waiting: Int { connections.values.reduce(0) { $0 + $1.waiting } }
    /// How many connections there are.
    package var connectionCount: Int { connections.count }

    private var isBroken: Bool { forth.state == .broken || back.state == .broken }

    private func accept() {
        for _ in 0..<Self.acceptsPerTurn {
            do throws(SystemError) {
                guard let socket = try listener.socket.accept() else { return }
                pass(socket)
            } catch {
                return rest()
            }
        }
    }

    /// Out of descriptors the call stays in the queue, and would be reported in every turn.
    private func rest() {
        guard let registration = listener.registration else { return }
        loop.modify(registration, for: [])
        loop.schedule(after: Self.pauseMilliseconds) { [weak self] in
            guard let self, let registration = listener.registration else { return }
            loop.modify(registration, for: .read)
        }
    }

    /// Connects a caller; one that cannot be passed on is hung up on.
    private func pass(_ caller: consuming Socket) {
        guard let target, !isBroken, connections.count < Self.connectionsMax else { return }
        let callee: Socket
        do throws(SystemError) {
            callee = try Socket.connecting(to: SocketAddress(host: Self.loopback, port: target))
        } catch { return }
        // Nodes send small frames and wait for answers; the latency is the link's to say.
        caller.tune(userTimeoutMilliseconds: 0, keepaliveSeconds: 60)
        callee.tune(userTimeoutMilliseconds: 0, keepaliveSeconds: 60)
        accepted += 1
        let number = accepted
        let connection = LabConnection(loop, near: caller, forth: forth, far: callee, back: back) {
            [weak self] in
            _ = self?.connections.removeValue(forKey: number)
        }
        connections[number] = connection
        connection.start()
    }
}
