import Foundation

/// The seeds that a simulation runs: `PLC_SEED` alone, or the first `PLC_SEEDS`, or as many as the test asks for.
enum Seeds {
    static func list(_ count: Int) -> [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["PLC_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let wanted = environment["PLC_SEEDS"].flatMap { Int($0) } ?? count
        return (1...UInt64(max(1, wanted))).map { $0 }
    }
}
