import PLCNode
import PLCSync
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct TransportTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("127.0.0.1", "localhost"), ("", "127.0.0.1"),
    ])
    func `two nodes meet and both know with whom they speak`(listening: String, dialling: String) throws {
        let nodes = try TwoNodes(host: listening)
        nodes.address = Endpoint(host: dialling, port: nodes.address.port)
        let (server, client) = (nodes.server, nodes.client)
        server.onConnected = { $0.send($1, Array("welcome".utf8)) }
        let id = nodes.dial()
        // Sent before there is anybody: it waits until the peer is proven.
        client.transport.send(id, Array("hello".utf8))
        #expect(nodes.run { client.allReceived.count == 7 && server.allReceived.count == 5 })
        let (called, caller) = (
            try #require(server.connections.first), try #require(client.connections.first)
        )
        #expect(called.peer == testKey(2).publicKey && caller.peer == testKey(1).publicKey)
        // S-11: both ends derive the same bytes, and nobody else does.
        #expect(called.exporter == caller.exporter && called.exporter.count == 32)
        #expect(!called.isDialer && caller.isDialer && caller.id == id)
        #expect(caller.remoteAddress.port == nodes.address.port && called.remoteAddress.isLoopback)
        let info = client.transport.connection(id)
        #expect(info?.bytesSent == 5 && info?.bytesReceived == 7)
    }

    @Test func `eight megabytes go both ways at once, and a full output holds the host back`() throws {
        let nodes = try TwoNodes()
        let sent = [testBytes(8 << 20, seed: 1), testBytes(8 << 20, seed: 2)]
        for (node, bytes) in zip([nodes.client, nodes.server], sent) {
            var rest = bytes[...]
            let pump = { (transport: Transport, id: ConnectionID) in
                while transport.isWritable(id), !rest.isEmpty {
                    transport.send(id, Array(rest.prefix(300_000)))
                    rest = rest.dropFirst(300_000)
                }
            }
            node.onConnected = pump
            node.onWritable = pump
        }
        nodes.dial()
        let complete = nodes.run {
            nodes.server.received.values.first?.count == 8 << 20
                && nodes.client.received.values.first?.count == 8 << 20
        }
        #expect(complete)
        #expect(nodes.server.allReceived == sent[0])
        #expect(nodes.client.allReceived == sent[1])
        #expect(nodes.server.writableCount > 0 && nodes.client.writableCount > 0)
    }

    @Test func `closing after the flush delivers everything, then both are told once`() throws {
        let nodes = try TwoNodes()
        let bytes = testBytes(3 << 20, seed: 3)
        nodes.server.onConnected = { transport, id in
            transport.send(id, bytes)
            transport.close(id, afterFlush: true)
            transport.send(id, [1])
        }
        let id = nodes.dial()
        #expect(nodes.run { nodes.client.closed.count == 1 && nodes.server.closed.count == 1 })
        #expect(nodes.client.received[id] == bytes)
        #expect(nodes.client.closed[id] == .ended)
        #expect(Array(nodes.server.closed.values) == [.requested])
        #expect(nodes.client.transport.connection(id) == nil)
    }

    @Test func `closing at once tells the peer in good order`() throws {
        let nodes = try TwoNodes()
        nodes.server.onConnected = { $0.close($1, afterFlush: false) }
        let id = nodes.dial()
        #expect(nodes.run { nodes.client.closed.count == 1 && nodes.server.closed.count == 1 })
        #expect(nodes.client.closed[id] == .ended)
    }

    @Test func `a paused connection delivers nothing until it is resumed`() throws {
        let nodes = try TwoNodes()
        let bytes = testBytes(8 << 20, seed: 4)
        nodes.client.onConnected = { $0.send($1, bytes) }
        nodes.server.onReceived = { $0.pauseReading($1) }
        nodes.dial()
        // The first bytes pause it; a while later, measured in turns of a busy timer, no more have come.
        #expect(nodes.run { nodes.server.received.count == 1 })
        let before = nodes.server.allReceived.count
        var ticks = 0
        func tick() {
            ticks += 1
            if ticks <= 20 { nodes.loop.schedule(after: 1, tick) }
        }
        tick()
        #expect(nodes.run { ticks > 20 })
        #expect(nodes.server.allReceived.count == before && before < bytes.count)
        nodes.server.onReceived = { _, _ in }
        for id in nodes.server.received.keys { nodes.server.transport.resumeReading(id) }
        #expect(nodes.run { nodes.server.received.values.first?.count == bytes.count })
    }

    @Test func `a server that does not admit the key says so, and a client is never told otherwise`() throws {
        let nodes = try TwoNodes(serverAdmits: { _ in false })
        // Bytes under way when the server hangs up must not cost the client the reason.
        nodes.client.onConnected = { $0.send($1, testBytes(1 << 20, seed: 5)) }
        let id = nodes.dial()
        #expect(nodes.run { nodes.client.closed.count == 1 && nodes.server.refusals.count == 1 })
        #expect(nodes.client.closed[id] == .tls(.keyRefusedByPeer))
        #expect(nodes.server.refusals == [.tls(.notAdmitted(testKey(2).publicKey))])
        #expect(nodes.server.connections.isEmpty && nodes.client.received.isEmpty)
    }

    @Test func `a client that expects another key shows no key of its own`() throws {
        let nodes = try TwoNodes()
        let id = nodes.dial(expecting: 3)
        #expect(nodes.run { nodes.client.closed.count == 1 && nodes.server.refusals.count == 1 })
        let wrong = TLSError.wrongKey(expected: testKey(3).publicKey, presented: testKey(1).publicKey)
        #expect(nodes.client.closed[id] == .tls(wrong))
        #expect(nodes.client.connections.isEmpty && nodes.server.connections.isEmpty)
    }

    @Test func `silent, chatty and numerous strangers are turned away`() throws {
        var limits = TransportLimits()
        limits.handshakeMilliseconds = 50
        let silent = try TwoNodes(limits: limits)
        let strangers = (0..<5).map { _ in RawClient(to: silent.address) }
        #expect(silent.run { silent.server.refusals.count == 5 })
        #expect(silent.server.refusals.filter { $0 == .tooManyUnproven }.count == 1)
        #expect(silent.server.refusals.filter { $0 == .handshakeTimeout }.count == 4)
        // Their places are free again; on a slow machine it may take a few calls to be done in time.
        var calls = 0
        let isIn = silent.run {
            if silent.client.closed.count == calls {
                calls += 1
                silent.dial()
            }
            return silent.server.connections.count == 1
        }
        #expect(isIn)
        // Without this the optimiser would hang up right after the calls.
        withExtendedLifetime(strangers) {}

        limits = TransportLimits()
        limits.unprovenBytes = 100
        let chatty = try TwoNodes(limits: limits)
        chatty.dial()
        #expect(chatty.run { chatty.server.refusals == [.tooMuchUnproven] })

        limits = TransportLimits()
        // The browser keeps its end open; the place is free nevertheless.
        limits.lingerMilliseconds = 50
        let web = try TwoNodes(limits: limits)
        let browser = RawClient(to: web.address)
        browser.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        #expect(web.run { web.server.refusals == [.tls(.notTLS)] })
        withExtendedLifetime(browser) {}

        let cut = try TwoNodes()
        do { _ = RawClient(to: cut.address) }
        #expect(cut.run { cut.server.refusals == [.truncated] })
    }

    @Test func `a call that nobody takes ends with the reason`() throws {
        let nodes = try TwoNodes()
        nodes.server.transport.stopListening()
        let refused = nodes.dial()
        let unknown = nodes.client.transport.dial(Endpoint(host: "", port: 1), expecting: nil)
        let cancelled = nodes.dial()
        nodes.client.transport.close(cancelled, afterFlush: true)
        #expect(nodes.run { nodes.client.closed.count == 3 })
        #expect(nodes.client.closed[refused] == .system(SystemError("connect", ECONNREFUSED)))
        #expect(nodes.client.closed[unknown] == .unreachable(.unknownHost("", "no host is given")))
        #expect(nodes.client.closed[cancelled] == .requested)
    }

    @Test func `a node does not talk to itself`() throws {
        let nodes = try TwoNodes()
        let id = nodes.server.transport.dial(nodes.address, expecting: nil)
        #expect(nodes.run { nodes.server.closed.count == 1 })
        #expect(nodes.server.closed[id] == .tls(.ownKey))
    }

    @Test func `a port in use, a foreign address and a bad one have errors of their own`() throws {
        let nodes = try TwoNodes()
        let transport = try #require(nodes.client.transport)
        #expect(throws: NetError.addressInUse(nodes.address)) { try transport.listen(nodes.address) }
        let foreign = Endpoint(host: "192.0.2.1", port: 0)
        #expect(throws: NetError.addressNotHere(foreign)) { try transport.listen(foreign) }
    }

    @Test func `endpoints are read strictly`() {
        let good: [(String, String, UInt16)] = [
            ("127.0.0.1:7000", "127.0.0.1", 7000), ("[::1]:7000", "::1", 7000),
            ("school.example:0", "school.example", 0),
            (":80", "", 80), ("*:80", "", 80), ("[fe80::1%eth0]:9", "fe80::1%eth0", 9),
            ("a:65535", "a", 65535),
        ]
        let bad = [
            "", "a", "a:", "a:b", "a:-1", "a:+1", "a:65536", "a:99999999999999999999", "::1:7000", "[::1]",
            "[a]:1",
            "a b:1", "a/b:1", "u@h:1", "[::1:7", "a\u{0}:1", String(repeating: "a", count: 254) + ":1", "é:1",
        ]
        #expect(good.allSatisfy { (try? Endpoint(parsing: $0.0)) == Endpoint(host: $0.1, port: $0.2) })
        #expect(bad.filter { (try? Endpoint(parsing: $0)) != nil } == [])
        #expect((try? Endpoint(parsing: "[::1]:7"))?.description == "[::1]:7")
    }
}
