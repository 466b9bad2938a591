import PLCNode
import PLCSync
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// A node's key, the same for the same number.
func testKey(_ number: UInt8) -> SigningKey {
    guard let key = SigningKey(seed: [UInt8](repeating: number, count: 32)) else { fatalError("a good seed") }
    return key
}

/// So many bytes, rounded down to a multiple of eight, the same for the same seed.
func testBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed)
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        let bytes = UnsafeMutableRawBufferPointer(buffer)
        for at in stride(from: 0, to: count - 7, by: 8) {
            bytes.storeBytes(of: generator.next(), toByteOffset: at, as: UInt64.self)
        }
        filled = count & ~7
    }
}

/// Runs `body` on a new thread.
func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(code == 0)
    pthread_detach(thread)
}

/// A gate that opens once.
final class Latch: @unchecked Sendable {
    private let pipe: (Int32, Int32)

    init() {
        var ends: [Int32] = [0, 0]
        precondition(Glibc.pipe(&ends) == 0)
        pipe = (ends[0], ends[1])
    }

    deinit {
        close(pipe.0)
        close(pipe.1)
    }

    func open() { _ = write(pipe.1, [1], 1) }

    func wait() {
        var byte: UInt8 = 0
        while read(pipe.0, &byte, 1) < 0 {}
    }
}

/// A host that writes down what it is told.
final class TestNode: TransportHandler {
    private(set) var transport: Transport!
    var connections: [ConnectionInfo] = []
    var received: [ConnectionID: [UInt8]] = [:]
    var closed: [ConnectionID: CloseReason] = [:]
    var refusals: [CloseReason] = []
    var writableCount = 0
    // These get the transport, so that they need not capture, and so keep alive, the node that holds them.
    var onConnected: (Transport, ConnectionID) -> Void = { _, _ in }
    var onReceived: (Transport, ConnectionID) -> Void = { _, _ in }
    var onWritable: (Transport, ConnectionID) -> Void = { _, _ in }

    init(
        _ loop: EventLoop, key: UInt8, limits: TransportLimits = TransportLimits(),
        admits: @escaping (PublicKey) -> Bool = { _ in true }
    ) {
        transport = Transport(
            loop: loop, identity: testKey(key), limits: limits, admits: admits, handler: self)
    }

    var allReceived: [UInt8] { received.sorted { $0.key < $1.key }.flatMap(\.value) }

    func connected(_ info: ConnectionInfo) {
        connections.append(info)
        onConnected(transport, info.id)
    }

    func received(_ id: ConnectionID, _ bytes: RawSpan) {
        bytes.withUnsafeBytes { received[id, default: []] += $0 }
        onReceived(transport, id)
    }

    func writable(_ id: ConnectionID) {
        writableCount += 1
        onWritable(transport, id)
    }

    func closed(_ id: ConnectionID, _ reason: CloseReason) {
        let before = closed.updateValue(reason, forKey: id)
        precondition(before == nil, "told twice")
    }

    func refused(_ address: SocketAddress?, _ reason: CloseReason) { refusals.append(reason) }
}

/// Two nodes on one loop.
final class TwoNodes {
    let loop: EventLoop
    let server: TestNode
    let client: TestNode
    var address = Endpoint(host: "127.0.0.1", port: 0)

    init(
        limits: TransportLimits = TransportLimits(), host: String = "127.0.0.1",
        serverAdmits: @escaping (PublicKey) -> Bool = { _ in true }
    ) throws {
        loop = try EventLoop()
        server = TestNode(loop, key: 1, limits: limits, admits: serverAdmits)
        client = TestNode(loop, key: 2, limits: limits)
        address = try server.transport.listen(Endpoint(host: host, port: 0))
    }

    @discardableResult
    func dial(expecting key: UInt8? = 1) -> ConnectionID {
        client.transport.dial(address, expecting: key.map { testKey($0).publicKey })
    }

    /// Serves until `condition` holds at the end of a turn; false if that takes implausibly long.
    func run(until condition: @escaping () -> Bool) -> Bool {
        var isMet = false
        loop.afterTurn = { [unowned self] in
            server.transport.flush()
            client.transport.flush()
            if !isMet, condition() {
                isMet = true
                loop.stop()
            }
        }
        let deadline = loop.schedule(at: EventLoop.clock() + 30_000) { [unowned self] in loop.stop() }
        loop.run()
        loop.cancel(deadline)
        loop.afterTurn = {}
        return isMet
    }
}

/// A plain TCP client, for peers that do not behave.
final class RawClient {
    let descriptor: Int32

    init(to endpoint: Endpoint) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = endpoint.port.bigEndian
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(result == 0, "connect: \(errno)")
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
}
