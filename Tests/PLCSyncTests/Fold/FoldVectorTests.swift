import PLCOracle
import PLCSync
import Testing

@Suite("The vectors of the fold")
struct FoldVectorTests {
    @Test(
        """
        C-5 C-7 C-8 D-5 D-10 D-11 D-12 D-13 D-14 D-15 D-17 D-18 D-19 D-20 D-22 D-23 D-26 D-27 D-28: each history has one \
        state and one digest, forwards and backwards, and for the naive twin
        """)
    func vectors() throws {
        for block in try Vectors("fold").blocks {
            let history = try History(block).data
            for (order, store) in [("forwards", history.folded()), ("backwards", history.reversed.folded())] {
                same(store.listing(), block.all("state"), "\(block.name) \(order)")
                same(store.digest, try block.hash("digest"), "\(block.name) \(order)")
            }
            let twin = NaiveFold(history)
            same(twin.listing, block.all("state"), "\(block.name) by the twin")
            same(twin.digest, try block.hash("digest"), "\(block.name) by the twin")
        }
    }
}
