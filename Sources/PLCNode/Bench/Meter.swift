#if canImport(Glibc)
    internal import Glibc
#endif

/// What something took: time on the wall, and time of this process's processors, all threads together, in seconds.
struct Cost {
    var wall = 0.0
    var cpu = 0.0

    /// Both as members of a JSON object.
    var members: [(String, JSON)] { [("wall_s", .measured(wall)), ("cpu_s", .measured(cpu))] }
}

/// Clocks and memory of this process, read once for each question.
enum Meter {
    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Seconds that only go forward.
    static func wall() -> Double { seconds(CLOCK_MONOTONIC) }

    /// Seconds of processor time of all threads so far.
    static func processCPU() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

    /// Seconds of processor time of this thread so far.
    static func threadCPU() -> Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

    /// Runs `body` and adds what it took to `cost`.
    static func add<Value>(to cost: inout Cost, _ body: () throws -> Value) rethrows -> Value {
        let (wall, cpu) = (wall(), processCPU())
        defer {
            cost.wall += Self.wall() - wall
            cost.cpu += processCPU() - cpu
        }
        return try body()
    }

    /// Runs `body` and says what it took.
    static func measure<Value>(_ body: () throws -> Value) rethrows -> (value: Value, cost: Cost) {
        var cost = Cost()
        let value = try add(to: &cost, body)
        return (value, cost)
    }

    /// Lets go of freed memory, and forgets how much there was at most.
    static func resetPeak() {
        World.releaseMemory()
        let descriptor = Glibc.open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = Glibc.write(descriptor, "5", 1)
        close(descriptor)
    }

    /// Resident memory in MiB: now, or at most since `resetPeak`.
    static func residentMiB(peak: Bool) -> Double {
        guard let bytes = try? FileSystem.read("/proc/self/status", limit: 65_536) else { return 0 }
        let key = peak ? "VmHWM:" : "VmRSS:"
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix(key) {
            let digits = line.utf8.filter { (0x30...0x39).contains($0) }
            return (Double(String(decoding: digits, as: UTF8.self)) ?? 0) / 1_024
        }
        return 0
    }

    /// The size of a file in bytes; 0 if there is none.
    static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Lets a moment pass while other threads work.
    static func pause(milliseconds: Int32) { _ = poll(nil, 0, milliseconds) }
}

extension JSON {
    /// A number with as many digits as a measurement deserves.
    static func measured(_ value: Double) -> JSON {
        let scale = value.magnitude < 1 ? 1e6 : 1e4
        return .number((value * scale).rounded() / scale)
    }

    /// A count.
    static func count(_ value: Int) -> JSON { .integer(Int64(value)) }

    /// The object with these members.
    static func members(_ members: [(String, JSON)]) -> JSON {
        .object(members.map { Member(key: Array($0.0.utf8), value: $0.1) })
    }
}
