import PLCNode
import PLCSync
import Testing

@Suite struct RoundTripTests {
    /// A frame of a type, sent if the word begins with `>`.
    private func count(_ story: String) -> Int {
        let kinds: [String: Frame.Kind] = [
            "hello": .hello, "open": .open, "heads": .heads, "ack": .ack, "want": .want, "data": .data,
            "recon": .recon, "join": .join, "ping": .ping, "pong": .pong, "welcome": .welcome,
            "credit": .credit,
        ]
        var trips = RoundTrips()
        for word in story.split(separator: " ") {
            guard let kind = kinds[String(word.dropFirst())] else { preconditionFailure("no kind \(word)") }
            if word.first == ">" { trips.sent(kind.rawValue) } else { trips.received(kind.rawValue) }
        }
        return trips.count
    }

    @Test("a round trip is a wait for an answer; credit, signs of life and confirmations are none")
    func counting() {
        let table: [(what: String, story: String, count: Int)] = [
            ("nothing changed", "<hello >hello >open <open", 0),
            (
                "changes on both sides",
                "<hello >hello >open <open >heads <heads >want <want >data <data >ack <ack", 2
            ),
            (
                "many of them, with credit and signs of life",
                "<hello >hello >open <open >heads <heads >want <want >data <data >credit <data >ping <pong <credit"
                    + " >data <data >credit <data >ack <ack", 2
            ),
            (
                "the dialler's changes alone",
                "<hello >hello >open <open >heads <heads <want >data <ack >ack", 1
            ),
            ("a live edit", ">heads <want >data <ack", 1),
            ("a live edit of the peer's", "<heads >want <data >ack", 1),
            (
                "control before data",
                "<hello >hello >open <open >heads <heads >want <data >want <data >ack", 3
            ),
            (
                "a reconciliation in two rounds",
                "<hello >hello >open <open >recon <recon >recon <recon <heads >want <data >ack", 3
            ),
            (
                "a join",
                "<hello >hello >join <welcome <open >open >heads <heads >want <data >want <data <data >ack", 4
            ),
        ]
        for (what, story, expected) in table {
            let found = count(story)
            #expect(found == expected, "\(what)")
        }
    }
}
