import Foundation
import PLCNode
import PLCSync
import Testing

/// A node in a temporary folder with a server on a thread of its own.
final class RunningNode: @unchecked Sendable {
    let node: Node
    let server: Server
    let address: Endpoint
    private let thread: TestThread

    init(_ name: String, in root: TemporaryFolder) throws {
        let folder = NodeFolder(root.path + "/" + name)
        if !folder.isNode { try Node.create(in: folder, name: name, language: "en") }
        node = try Node(folder)
        server = try Server(node, log: Log(level: .error))
        try server.start()
        address = try server.listen(try Endpoint(parsing: "127.0.0.1:0"))
        let server = server
        thread = TestThread { server.run() }
    }

    func stop() {
        server.stop()
        thread.join()
        server.close()
        node.stop()
    }

    func digest(_ space: SpaceID) throws -> Bytes32 { try node.read { try $0.summary(space).digest } }

    /// Writes a record with one text field.
    func post(_ space: SpaceID, _ text: String) throws {
        var value = ByteWriter()
        value.write(text: text)
        let bytes = value.bytes
        _ = try node.author(space) { _, _ in
            var draft = Draft()
            draft.append(.create(kind: 3, initial: [(.number(9), bytes)], owned: false))
            return draft
        }
    }
}

final class TestThread: @unchecked Sendable {
    private var handle: pthread_t = 0
    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    init(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(body))
        pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
    }

    func join() { pthread_join(handle, nil) }
}

/// A folder that is removed with everything in it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((base + "/plc-test-XXXXXX").utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Looks again and again until `condition` holds, for at most ten seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<2_000 {
        if try condition() { return true }
        var pause = timespec(tv_sec: 0, tv_nsec: 5_000_000)
        nanosleep(&pause, nil)
    }
    return false
}

/// What the loop's thread says to the test's.
private final class Answer: @unchecked Sendable {
    var status: Server.PeerStatus?
    let isThere = DispatchSemaphore(value: 0)
}

@Suite struct TwoNodesTests {
    @Test("a server that goes before its threads have begun takes nothing with it")
    func unheard() throws {
        let root = TemporaryFolder()
        let folder = NodeFolder(root.path + "/node")
        try Node.create(in: folder, name: "node", language: "en")
        let node = try Node(folder)
        defer { node.stop() }
        for _ in 0..<500 { _ = try Server(node, log: Log(level: .error)) }
        _ = try node.found(level: .team, parent: nil)
    }

    @Test("two nodes meet by an invitation and converge, live, over mutual TLS")
    func converge() throws {
        let root = TemporaryFolder()
        let north = try RunningNode("north", in: root)
        let south = try RunningNode("south", in: root)
        defer {
            north.stop()
            south.stop()
        }
        let space = try north.node.found(level: .school, parent: nil)
        north.server.opened(space)
        for number in 0..<100 { try north.post(space, "north \(number)") }
        let seed = [UInt8](repeating: 7, count: 32)
        let invitation = try #require(SigningKey(seed: seed)).publicKey
        _ = try north.node.author(space, .control) { _, _ in
            var draft = Draft()
            draft.append(.invite(invitation, .writer, expiry: 1 << 46))
            return draft
        }
        let request = JoinRequest(space: space, seed: seed, name: "south")
        let address = north.address
        let key = north.node.identity.publicKey
        let server = south.server
        server.loop.submit { server.dial(address, node: key, purpose: .join(request), isPersistent: true) }
        let joined = try eventually { try south.node.read { (try? $0.summary(space).records) == 100 } }
        #expect(joined)
        let before = try north.digest(space)
        for number in 0..<50 {
            try south.post(space, "south \(number)")
            try north.post(space, "more \(number)")
        }
        let equal = try eventually { try south.node.read { try $0.summary(space).records } == 200 }
        let equalNorth = try eventually { try north.node.read { try $0.summary(space).records } == 200 }
        #expect(equal && equalNorth)
        let (a, b) = (try north.digest(space), try south.digest(space))
        #expect(a == b && a != before)
    }

    @Test("a meeting over a connection that stands leaves it standing, whichever side asks")
    func meetWhileConnected() throws {
        let root = TemporaryFolder()
        let north = try RunningNode("north", in: root)
        let south = try RunningNode("south", in: root)
        defer {
            north.stop()
            south.stop()
        }
        let space = try north.node.found(level: .school, parent: nil)
        north.server.opened(space)
        let key = south.node.identity.publicKey
        _ = try north.node.author(space, .control) { _, _ in
            var draft = Draft()
            draft.append(.grant(key, .writer, name: "south", invitation: nil))
            return draft
        }
        let genesis = try north.node.read { try #require(try $0.spaces().first).genesis }
        _ = try south.node.write { try $0.add(genesis: genesis) }
        south.server.opened(space)
        let (server, address) = (south.server, north.address)
        server.loop.submit { server.dial(address, isPersistent: true) }
        let met = try eventually { try south.digest(space) == north.digest(space) }
        #expect(met)
        func status() -> Server.PeerStatus? {
            let answer = Answer()
            server.loop.submit {
                answer.status = server.peerStatuses().first
                answer.isThere.signal()
            }
            answer.isThere.wait()
            return answer.status
        }
        let isMet = eventually { status()?.spaces.first?.isInSync == true }
        #expect(isMet)
        let before = status()?.connection
        for (number, (node, peer)) in [(south, north), (north, south)].enumerated() {
            try peer.post(space, "post \(number)")
            let outcome = Exchange.meet(
                Exchange.Target(endpoint: peer.address, node: nil), through: node.server)
            guard case .inSync = outcome.ending else {
                Issue.record("\(outcome.ending)")
                return
            }
            // What had passed before is not the meeting's.
            let received = outcome.status?.spaces.first?.changesReceived
            #expect(received ?? .max <= 1)
            let equal = try eventually { try south.digest(space) == north.digest(space) }
            #expect(equal)
            if number == 0 { #expect(status()?.connection == before) }
        }
    }
}
