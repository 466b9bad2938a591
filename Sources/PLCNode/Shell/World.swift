internal import CLinux
package import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// The clocks and the randomness of the machine: read here, passed on as values.
package enum World {
    /// Environment variable for tests: a wall clock that is wrong by so many milliseconds.
    static let offsetVariable = "PLC_TEST_CLOCK_OFFSET"
    /// The most that it may be wrong, in milliseconds: no sum of times overflows.
    private static let offsetMax: Int64 = 1 << 47
    private static let offset: Int64 = {
        let wanted = getenv(offsetVariable).flatMap { Int64(String(cString: $0)) } ?? 0
        return min(max(wanted, -offsetMax), offsetMax)
    }()

    /// The wall clock.
    package static func wall() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000 + offset)
    }

    /// Both clocks.
    package static func now() -> Now { Now(monotonic: EventLoop.clock(), wall: wall()) }

    /// Environment variable for tests: the process ends by a trap when it folds a change that has these bytes.
    static let crashVariable = "PLC_TEST_CRASH"
    static let crashBytes = getenv(crashVariable).map { Array(String(cString: $0).utf8) } ?? []

    /// Gives memory that was freed back to the system.
    static func releaseMemory() { plc_trim_memory() }

    /// `count` bytes from the kernel's generator.
    package static func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // The kernel refuses nobody once it has started.
        precondition(plc_random(&bytes, count) == 0, "the kernel gives no random bytes: errno \(errno)")
        return bytes
    }

    /// 64 bits from the kernel's generator.
    package static func randomNumber() -> UInt64 { randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// The kernel's generator, for code that takes any.
    package struct Generator: RandomNumberGenerator {
        package init() {}

        package mutating func next() -> UInt64 { World.randomNumber() }
    }

    /// Sixteen bytes from the kernel's generator.
    package static func nonce() -> Bytes16 { Bytes16(high: randomNumber(), low: randomNumber()) }
}
