import PLCOracle
import PLCSync
import Testing

@Suite("The laws of the fold")
struct FoldLawTests {
    /// Compares replicas that received the leaves in different orders with each other and with the naive twin; says
    /// what differs.
    private func difference(_ history: History, _ random: inout SplitMix64) -> String? {
        let twin = NaiveFold(history)
        let digest = twin.digest
        for replica in 0..<3 + random.below(3) {
            let store = history.folded(&random)
            // Texts are dear: the digest finds most of what is wrong, the text shows it, and now and then looks for the rest.
            guard random.once(in: 10) || store.digest != digest else { continue }
            let (listing, expected) = (store.listing(), twin.listing)
            if listing != expected {
                let extra = listing.filter { !expected.contains($0) }
                let missing = expected.filter { !listing.contains($0) }
                return "replica \(replica) has \(extra), lacks \(missing)"
            }
            if store.digest != digest { return "replica \(replica) has the state, but not the digest" }
        }
        return nil
    }

    /// The smallest history on the way down that still differs, and how.
    private func shrunk(_ first: RandomHistory, _ what: String, _ random: inout SplitMix64) -> String {
        var (history, what) = (first, what)
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for next in history.smaller {
                // A smaller history may differ in other orders.
                var found: String?
                for _ in 0..<8 where found == nil { found = difference(next.history, &random) }
                guard let found else { continue }
                (history, what, isSmaller) = (next, found, true)
                break
            }
        }
        var lines = [what]
        for log in history.history.logs {
            lines.append("log \(hexadecimal(log.id.value.bytes)) of \(hexadecimal(log.key.bytes.prefix(8)))")
            var change = Change()
            for leaf in log.leaves {
                let text = (try? change.decode(leaf.span.bytes)).map {
                    describe(change, leaf, isControl: false)
                }
                let words = (text ?? ["no change"]).filter { !$0.hasPrefix("ref") }
                lines.append("  \(words.joined(separator: "; "))")
            }
        }
        return lines.joined(separator: "\n")
    }

    static let histories = 10_000

    @Test(
        "C-6 D-23 D-24 D-29: whatever the order of arrival, equal leaves give the state and the digest of the naive twin"
    )
    func convergence() {
        var leaves = 0
        withSeeds(Self.histories) { random in
            let drawn = RandomHistory(&random)
            let history = drawn.history
            leaves += history.logs.reduce(0) { $0 + $1.leaves.count }
            return difference(history, &random).map { shrunk(drawn, $0, &random) }
        }
        print("fold: \(Self.histories) histories of \(leaves) leaves, each in 3 to 5 orders")
    }
}
