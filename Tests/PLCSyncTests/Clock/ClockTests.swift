import PLCOracle
import PLCSync
import Testing

@Suite("The clock")
struct ClockTests {
    @Test("C-2 C-3 C-4 C-5 C-7 C-9: stamps, effective stamps and over are those of the vectors")
    func vectors() throws {
        let vectors = try Vectors("clock")
        for block in try vectors.named("next-") {
            var clock = Clock(last: try block.number("last"))
            let now = WallTime(milliseconds: try #require(Int64(block.text("now"))))
            same(clock.stamp(at: now), try block.number("stamp"), block.name)
        }
        for block in try vectors.named("last-") {
            var clock = Clock()
            for stamp in block.all("applied") { clock.observe(try #require(UInt64(stamp))) }
            same(clock.last, try block.number("last"), block.name)
        }
        for block in try vectors.named("eff-") {
            let stamp = try block.number("hlc")
            let over = block.optional("over").flatMap { UInt64($0) }
            let effective = stamp > Clock.maximumStamp ? nil : Clock.effective(stamp, over: over)
            same(effective.map { "\($0)" } ?? "none", try block.text("eff"), block.name)
        }
        for block in try vectors.named("over-") {
            let over = Clock.over(shown: try block.number("shown"), stamp: try block.number("hlc"))
            same(over.map { "\($0)" } ?? "none", try block.text("over"), block.name)
        }
    }

    @Test("C-3 C-5: the clock remembers the greatest stamp that orders, and no void one")
    func last() {
        var clock = Clock()
        for (stamp, last) in [(5, 5), (3, 5), (1 << 63, 5), (.max, 5), (1 << 63 - 1, 1 << 63 - 1)]
            as [(UInt64, UInt64)]
        {
            clock.observe(stamp)
            same(clock.last, last, "after \(stamp)")
        }
        same(Clock.ordering(1 << 63), 0, "a void stamp")
        same(Clock.ordering(1 << 63 - 1), 1 << 63 - 1, "the greatest stamp")
        same(Clock(last: clock.last).last, clock.last, "a clock that starts again")
    }

    @Test("C-3 C-4 C-7 C-9: whoever has seen a value can correct it, whatever the clocks do")
    func corrections() {
        withSeeds(2_000) { random in
            var clocks = [Clock](repeating: Clock(), count: 3)
            var now: Int64 = 1_790_000_000_000
            var shown: UInt64 = random.pick([0, 4_070_908_800_000 << 16, 1 << 63 - 2, 1 << 63 - 1])
            for _ in 0..<30 {
                now = random.pick([
                    now &+ 1, now &- 86_400_000, 0, -1, .max, 4_070_908_800_000, 1_790_000_000_000,
                ])
                let writer = random.below(3)
                if random.once(in: 2) { clocks[writer].observe(shown) }
                let before = clocks[writer].last
                let stamp = clocks[writer].stamp(at: WallTime(milliseconds: now))
                guard stamp <= Clock.maximumStamp, stamp >= 1, clocks[writer].last >= max(before, stamp)
                else {
                    return "after \(before), at \(now) ms, the stamp is \(stamp)"
                }
                let over = Clock.over(shown: shown, stamp: stamp)
                let effective = Clock.effective(stamp, over: over)
                // At the very end of time the LogID decides between equals.
                guard effective > shown || effective == Clock.maximumStamp,
                    (over == nil) == (shown < stamp), over != nil || effective == stamp
                else { return "\(stamp) over \(shown) is \(effective)" }
                shown = effective
            }
            return nil
        }
    }
}
