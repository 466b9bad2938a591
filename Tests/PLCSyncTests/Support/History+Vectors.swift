import PLCOracle
import PLCSync
import Testing

extension History {
    /// The `log` and `leaf` lines of a vector.
    init(_ block: Vectors.Block) throws {
        self.init(logs: [])
        for line in block.all("log") {
            let words = try line.split(separator: " ").map(unhex)
            logs.append(
                Log(
                    id: LogID(try #require(Bytes16(words[0]))),
                    key: PublicKey(try #require(Bytes32(words[1])))))
        }
        for line in block.all("leaf") {
            let words = line.split(separator: " ")
            logs[try #require(Int(words[0])) - 1].leaves.append(try unhex(words[1]))
        }
    }
}
