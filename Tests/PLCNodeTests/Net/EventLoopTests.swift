import CLinux
import PLCNode
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct EventLoopTests {
    @Test func `timers fire in order, once, and not after they were cancelled`() throws {
        let loop = try EventLoop()
        var fired: [Int] = []
        let start = loop.now
        loop.schedule(at: start + 20) { fired.append(3) }
        let doomed = loop.schedule(at: start + 10) { fired.append(-1) }
        loop.schedule(at: start + 5) {
            fired.append(1)
            loop.cancel(doomed)
        }
        // In the past, and set by a timer: next turn.
        loop.schedule(at: 0) { loop.schedule(at: 0) { fired.append(0) } }
        loop.schedule(at: start + 15) { fired.append(2) }
        // All may be due in the first turn, if it is late; the nested one has its turn before the end then too.
        loop.schedule(at: start + 25) { loop.schedule(at: 0) { loop.stop() } }
        loop.run()
        // When the nested one fires depends on how late the first turn is; the others keep their order however late.
        #expect(fired.filter { $0 != 0 } == [1, 2, 3] && fired.contains(0))
        #expect(EventLoop.clock() >= start + 25)
    }

    @Test func `the heap agrees with a sorted list`() {
        var generator = SeededGenerator(7)
        var heap = TimerHeap()
        var model: [(deadline: UInt64, order: Int, id: TimerID)] = []
        var popped: [TimerID] = []
        var expected: [TimerID] = []
        for order in 0..<5_000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5:
                let deadline = UInt64.random(in: 0..<1_000, using: &generator)
                model.append((deadline, order, heap.schedule(at: deadline)))
            case 5..<8:
                guard let victim = model.indices.randomElement(using: &generator) else { continue }
                heap.cancel(model.remove(at: victim).id)
            default:
                let now = UInt64.random(in: 0..<500, using: &generator)
                let first = model.indices.min {
                    (model[$0].deadline, model[$0].order) < (model[$1].deadline, model[$1].order)
                }
                if let first, model[first].deadline <= now { expected.append(model.remove(at: first).id) }
                if let id = heap.popDue(at: now) { popped.append(id) }
            }
        }
        #expect(popped == expected)
        #expect(heap.count == model.count)
        #expect(heap.nextDeadline() == model.map(\.deadline).min())
    }

    @Test func `work from other threads arrives complete and in order`() throws {
        final class Log { var numbers: [Int: [Int]] = [:] }
        let loop = try EventLoop()
        nonisolated(unsafe) let log = Log()
        for thread in 0..<3 {
            onThread {
                for number in 0..<2_000 {
                    loop.submit {
                        log.numbers[thread, default: []].append(number)
                        if log.numbers.values.allSatisfy({ $0.count == 2_000 }), log.numbers.count == 3 {
                            loop.stop()
                        }
                    }
                }
            }
        }
        loop.schedule(after: 20_000) { [unowned loop] in loop.stop() }
        loop.run()
        #expect(log.numbers == [0: Array(0..<2_000), 1: Array(0..<2_000), 2: Array(0..<2_000)])
    }

    @Test func `deferred work runs before the turn ends, and its own deferred work in the next`() throws {
        let loop = try EventLoop()
        var log: [String] = []
        loop.afterTurn = { log.append("|") }
        loop.later {
            log.append("a")
            loop.later {
                log.append("b")
                loop.stop()
            }
        }
        loop.run()
        #expect(log == ["a", "|", "b", "|"])
    }

    @Test func `a signal is an event`() throws {
        final class Seen { var signals: [Int32] = [] }
        let loop = try EventLoop()
        nonisolated(unsafe) let seen = Seen()
        // A thread of its own, since the mask stays with the thread.
        let done = Latch()
        onThread {
            Signals.block([SIGUSR1])
            do throws(SystemError) {
                try loop.onSignal([SIGUSR1]) {
                    [unowned loop] in
                    seen.signals.append($0)
                    loop.stop()
                }
            } catch { return done.open() }
            loop.schedule(after: 20_000) { [unowned loop] in loop.stop() }
            loop.later { pthread_kill(pthread_self(), SIGUSR1) }
            loop.run()
            done.open()
        }
        done.wait()
        #expect(seen.signals == [SIGUSR1])
    }
}

@Suite struct ReconnectPolicyTests {
    @Test(arguments: UInt64(1)...20)
    func `delays double with chance until five minutes, and a healthy minute forgives`(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var policy = ReconnectPolicy()
        var ceiling = ReconnectPolicy.shortestMilliseconds * 2
        var good = true
        for attempt in 0..<14 {
            let delay = policy.delay(afterConnectionOf: attempt == 5 ? 59_999 : 0, using: &generator)
            good = good && delay >= ceiling / 2 && delay <= ceiling
            ceiling = min(ceiling * 2, ReconnectPolicy.longestMilliseconds)
        }
        let forgiven = policy.delay(afterConnectionOf: 60_000, using: &generator)
        #expect(good && (1_000...2_000).contains(forgiven))
        // The same seed, the same delays; chance at all.
        var again = ReconnectPolicy()
        var sameSeed = SeededGenerator(seed)
        var otherSeed = SeededGenerator(seed + 1_000)
        var other = ReconnectPolicy()
        let first = (0..<8).map { _ in again.delay(afterConnectionOf: 0, using: &sameSeed) }
        let second = (0..<8).map { _ in other.delay(afterConnectionOf: 0, using: &otherSeed) }
        #expect(first != second)
    }
}
