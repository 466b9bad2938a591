import PLCNode
import Testing

@Suite struct LabProxyTests {
    @Test func `what enters on either side leaves on the other, and then the end`() throws {
        let bench = try ProxyBench()
        let (there, back) = (testBytes(3_000_000, seed: 1), testBytes(700_000, seed: 2))
        bench.caller.send(there, thenEnds: true)
        var hasAnswered = false
        let isDone = bench.run {
            if let callee = bench.callee, callee.hasEnded, !hasAnswered {
                hasAnswered = true
                callee.send(back, thenEnds: true)
            }
            return bench.caller.hasEnded
        }
        #expect(isDone && bench.callee?.received == there && bench.caller.received == back)
        #expect(bench.run { bench.proxy.connectionCount == 0 })
    }

    @Test func `latency is between entering and leaving, each way`() throws {
        let bench = try ProxyBench()
        bench.proxy.forth.latency = 120
        bench.proxy.back.latency = 40
        let began = EventLoop.clock()
        bench.caller.send([1])
        #expect(bench.run { bench.callee?.received == [1] })
        let half = EventLoop.clock()
        bench.callee?.send([2])
        #expect(bench.run { bench.caller.received == [2] })
        #expect(half >= began + 120 && EventLoop.clock() >= half + 40)
    }

    @Test func `bandwidth bounds how fast bytes leave, of all connections together`() throws {
        let bench = try ProxyBench()
        // 50 kB at 800 kbit/s are half a second; a portion and the timers' slack may go before.
        bench.proxy.forth.bandwidth = 800_000
        let bytes = testBytes(50_000, seed: 3)
        let began = EventLoop.clock()
        bench.caller.send(bytes)
        #expect(bench.run { bench.callee?.received.count == bytes.count })
        #expect(bench.callee?.received == bytes)
        #expect(EventLoop.clock() >= began + 400)
        // Faster from now on, also for what waits.
        let more = testBytes(400_000, seed: 4)
        bench.caller.send(more)
        #expect(bench.run { bench.callee?.received.count ?? 0 > bytes.count })
        bench.proxy.forth.bandwidth = nil
        bench.proxy.settle()
        #expect(bench.run { bench.callee?.received.count == bytes.count + more.count })
    }

    @Test func `a silent cut of one way holds what goes that way, and nothing is lost`() throws {
        let bench = try ProxyBench()
        bench.caller.send([1])
        #expect(bench.run { bench.callee?.received == [1] })
        bench.proxy.forth.state = .silent
        bench.proxy.settle()
        bench.caller.send([2, 3])
        // What comes back was sent after, so what went forth would have been there.
        bench.callee?.send([9])
        #expect(bench.run { bench.caller.received == [9] })
        #expect(bench.callee?.received == [1] && bench.caller.hasEnded == false)
        bench.proxy.forth.state = .open
        bench.proxy.settle()
        #expect(bench.run { bench.callee?.received == [1, 2, 3] })
    }

    @Test func `a broken link ends its connections and takes no others until it is whole`() throws {
        let bench = try ProxyBench()
        bench.caller.send([1])
        #expect(bench.run { bench.callee?.received == [1] })
        bench.proxy.back.state = .broken
        bench.proxy.settle()
        #expect(bench.run { bench.caller.hasEnded && bench.callee?.hasEnded == true })
        bench.call()
        #expect(bench.run { bench.caller.hasEnded })
        #expect(bench.proxy.accepted == 1)
        bench.proxy.back.state = .open
        bench.call()
        bench.caller.send([7])
        #expect(bench.run { bench.callee?.received == [7] })
    }

    @Test func `who calls a node that does not listen is hung up on`() throws {
        let bench = try ProxyBench()
        bench.proxy.target = nil
        #expect(bench.run { bench.caller.hasEnded })
        // A port on which nobody listens any more.
        bench.proxy.target = try LabProxy(bench.loop).endpoint.port
        bench.call()
        #expect(bench.run { bench.caller.hasEnded })
    }

    @Test func `a side that does not read stops the other: what waits is bounded, and arrives`() throws {
        let bench = try ProxyBench()
        bench.caller.send([0])
        #expect(bench.run { bench.callee?.received == [0] })
        bench.callee?.reads = false
        // More than all buffers of the system hold; a length that no buffer's is a multiple of shows what is out of order.
        let block = Array(testBytes(100_000, seed: 5).prefix(99_991))
        var bytes: [UInt8] = []
        for _ in 0..<240 { bytes += block }
        bench.caller.send(bytes)
        // The system's buffers fill first; then the proxy's, and then the caller must wait.
        #expect(bench.run { bench.proxy.waiting >= LabLane.queueMax && bench.caller.unsent > 0 })
        #expect(bench.proxy.waiting == LabLane.queueMax)
        #expect(bench.caller.unsent > 0)
        bench.callee?.reads = true
        #expect(bench.run { bench.callee?.received.count == bytes.count + 1 })
        let isSame = bench.callee.map { Array($0.received.dropFirst()) == bytes }
        #expect(isSame == true)
    }

    @Test func `a slow line lets in about what it holds in a second`() {
        let lane = LabLane()
        #expect(lane.room == LabLane.queueMax)
        let cases: [(UInt64, UInt64, Int)] = [
            (8_000, 0, LabLane.queueMin), (800_000, 0, 100_000), (800_000, 500, 150_000),
            (1_000_000_000, 0, LabLane.queueMax),
        ]
        for (bandwidth, latency, room) in cases {
            lane.bandwidth = bandwidth
            lane.latency = latency
            #expect(lane.room == room)
        }
    }

    @Test func `a stream gives bytes up in order, each when its time has come`() {
        let lane = LabLane()
        lane.latency = 10
        var stream = LabStream()
        for (time, bytes) in [(100 as UInt64, [1, 2] as [UInt8]), (105, [3])] {
            bytes.withUnsafeBytes { stream.enter($0, at: time) }
        }
        let early = stream.due(by: lane, at: 109)
        let first = stream.due(by: lane, at: 110)
        #expect(early == 0 && first == 2 && stream.departure(by: lane) == 110)
        stream.leave(2)
        #expect(stream.departure(by: lane) == 115 && stream.due(by: lane, at: 114) == 0)
        // A latency that changes counts for what is under way.
        lane.latency = 0
        #expect(stream.due(by: lane, at: 114) == 1)
        stream.leave(1)
        #expect(stream.isEmpty && stream.departure(by: lane) == nil)
    }
}
