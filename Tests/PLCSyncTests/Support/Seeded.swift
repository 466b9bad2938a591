import Foundation
import PLCOracle
import Testing

/// Runs `body` with that of PLC_SEED alone, or with `count` new seeds, until it says what is wrong; then prints the seed.
func withSeeds(
    _ count: Int, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout SplitMix64) throws -> String?
) rethrows {
    let chosen = ProcessInfo.processInfo.environment["PLC_SEED"].flatMap { UInt64($0) }
    var seeds = SystemRandomNumberGenerator()
    for _ in 0..<(chosen == nil ? count : 1) {
        let seed = chosen ?? seeds.next()
        var random = SplitMix64(seed: seed)
        if let wrong = try body(&random) {
            Issue.record("PLC_SEED=\(seed): \(wrong)", sourceLocation: sourceLocation)
            return
        }
    }
}
