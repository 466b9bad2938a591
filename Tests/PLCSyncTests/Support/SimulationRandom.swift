import Foundation
import PLCSync

/// A generator that gives the same numbers for the same seed on every machine.
///
/// Source: G. Steele, D. Lea, C. Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
struct SimulationRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// A number below `limit`.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// A number of `range`.
    mutating func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// One of `choices`.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[below(choices.count)] }

    /// True once in `times`.
    mutating func once(in times: Int) -> Bool { below(times) == 0 }

    /// Random bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var writer = ByteWriter()
        while writer.count < count { writer.write(bigEndian: next()) }
        return Array(writer.bytes.prefix(count))
    }

    /// Sixteen random bytes.
    mutating func bytes16() -> Bytes16 { Bytes16(high: next(), low: next()) }
}

/// The seeds that a randomised test runs: `PLC_SEED` alone, or `PLC_SEEDS` of them, or as many as the test asks for.
enum Seeds {
    static func list(_ count: Int) -> [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["PLC_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let wanted = environment["PLC_SEEDS"].flatMap { Int($0) } ?? count
        return (1...UInt64(max(1, wanted))).map { $0 }
    }
}
