import PLCEntities
import PLCSync
import Testing

@Suite struct RecordReadingTests {
    private func text(_ value: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(text: value)
        return writer.bytes
    }

    /// A log in a store that folds in memory.
    private func log(_ number: UInt64, _ store: inout MemoryStore) -> LogID {
        let id = LogID(Bytes16(high: 1 << 56, low: number))
        store.register(id, key: PublicKey(Bytes32(words: (number, 0, 0, 0))))
        return id
    }

    @Test func `of versions the greatest stamp is shown, then the greatest name, in any order of arrival`()
        throws
    {
        /// Stamp and log of each version; which is shown, and which are the others.
        let cases: [(versions: [(stamp: UInt64, log: Int)], shown: String)] = [
            ([(5, 0)], "0"), ([(5, 0), (6, 1)], "1"), ([(6, 0), (5, 1)], "0"), ([(6, 0), (6, 1)], "1"),
            ([(6, 1), (6, 0)], "0"), ([(6, 2), (6, 0), (6, 1)], "0"),
        ]
        let title = Kinds.post.field("title")?.field ?? .number(0)
        var wrong: [String] = []
        for (number, story) in cases.enumerated() {
            for isReversed in [false, true] {
                var store = MemoryStore()
                let logs = (0..<3).map { log(UInt64($0) + 1, &store) }
                var draft = Draft()
                draft.append(
                    .create(
                        kind: 3, initial: [(.number(0), text("id")), (.name(Array("x".utf8)), text("y"))],
                        owned: false))
                draft.append(.add(.op(0), .number(5), text("b"), seen: []))
                draft.append(.add(.op(0), .number(5), text("a"), seen: []))
                draft.append(.add(.op(0), .number(5), text("b"), seen: []))
                store.append(draft.encode(stamp: 1, log: logs[0]) ?? [], to: logs[0])
                let dot = Dot(log: logs[0], sequence: 1, op: 0)
                // Version i is written in the i-th smallest of the logs it names, so order of arrival is free.
                var versions = story.versions.enumerated().map { ($0, $1) }
                if isReversed { versions.reverse() }
                for (name, version) in versions {
                    var draft = Draft()
                    draft.append(.add(.dot(dot), title, text("\(name)"), seen: []))
                    let log = logs[version.log]
                    store.append(draft.encode(stamp: version.stamp, log: log) ?? [], to: log)
                }
                let record = try #require(store.liveRecords.first)
                let reading = RecordReading(store.view(record)) {
                    Dot(log: store.logID($0.log), sequence: $0.sequence, op: $0.op)
                }
                let value = reading.value("title")
                let others = (value?.others ?? []).compactMap { RecordReading.text($0.value) }.map {
                    String(decoding: $0, as: UTF8.self)
                }
                let expected = story.versions.indices.map(String.init).filter { $0 != story.shown }
                if reading.text("title") != story.shown || others.sorted() != expected {
                    wrong.append("\(number): \(reading.text("title") ?? "nothing"), \(others)")
                }
                if reading.importedID != Array("id".utf8) || reading.text("x") != "y" {
                    wrong.append("\(number): fields")
                }
                if reading.sets.map({ $0.elements.map(\.value) }) != [[text("a"), text("b")]] {
                    wrong.append("\(number): sets")
                }
            }
        }
        #expect(wrong == [])
    }
}
