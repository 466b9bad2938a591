package import PLCSync

/// Numbers that look random and are the same for the same seed.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The generator that `seed` names.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// A number from 0 to `limit` − 1.
    package mutating func below(_ limit: Int) -> Int {
        precondition(limit > 0, "there is no number below \(limit)")
        return Int(next() % UInt64(limit))
    }

    /// A number of `range`.
    package mutating func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// One of `choices`, which are not empty.
    package mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[below(choices.count)] }

    /// True once in `times`.
    package mutating func once(in times: Int) -> Bool { below(times) == 0 }

    /// True with a chance of so many in a million.
    package mutating func happens(perMillion chance: Int) -> Bool {
        chance > 0 && below(1_000_000) < chance
    }

    /// `count` bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
    }

    /// Sixteen bytes.
    package mutating func nonce() -> Bytes16 { Bytes16(high: next(), low: next()) }

    /// Another generator, which follows from this one and goes its own way.
    package mutating func fork() -> SplitMix64 { SplitMix64(seed: next()) }
}
