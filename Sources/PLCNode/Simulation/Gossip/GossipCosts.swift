/// What the model takes an exchange to cost, in bytes and in time: fitted to the engine, never guessed.
package struct GossipCosts: Equatable, Sendable {
    /// What two nodes say to each other however little is new, in bytes.
    package var fixedBytes: Double
    /// For each log of which the other lacks something, in bytes.
    package var headBytes: Double
    /// For each change that moves, in bytes, compressed.
    package var changeBytes: Double
    /// From dialling to having what is new on the disk, beyond the time on the way, in milliseconds.
    package var exchangeMilliseconds: Double
    /// From one disk to the next over a connection that stands, beyond the time on the way, in milliseconds.
    package var pushMilliseconds: Double

    package init(
        fixedBytes: Double, headBytes: Double, changeBytes: Double, exchangeMilliseconds: Double,
        pushMilliseconds: Double
    ) {
        self.fixedBytes = fixedBytes
        self.headBytes = headBytes
        self.changeBytes = changeBytes
        self.exchangeMilliseconds = exchangeMilliseconds
        self.pushMilliseconds = pushMilliseconds
    }

    /// So many times the latency passes before what is new has been asked for and sent, after a dial.
    package static let exchangeTrips: UInt64 = 7
    /// The same over a connection that stands: announced, asked for, sent.
    package static let pushTrips: UInt64 = 3

    /// What an exchange costs that moves so much.
    package func bytes(heads: Double, changes: Double) -> Double {
        fixedBytes + headBytes * heads + changeBytes * changes
    }

    /// One of the costs, for people.
    package struct Fitted: Sendable {
        package let name: Phrase
        package let value: Double
        let isTime: Bool

        func text(_ units: ReportUnits) -> String {
            isTime
                ? units.duration(UInt64(max(value, 0).rounded())) : units.bytes(Int(max(value, 0).rounded()))
        }
    }

    /// All of them.
    package var fitted: [Fitted] {
        [
            Fitted(name: GossipTexts.fixedBytes, value: fixedBytes, isTime: false),
            Fitted(name: GossipTexts.headBytes, value: headBytes, isTime: false),
            Fitted(name: GossipTexts.changeBytes, value: changeBytes, isTime: false),
            Fitted(name: GossipTexts.exchangeTime, value: exchangeMilliseconds, isTime: true),
            Fitted(name: GossipTexts.pushTime, value: pushMilliseconds, isTime: true),
        ]
    }
}
