/// One log's head as range-based reconciliation compares it.
package struct ReconciliationItem: Hashable, Sendable {
    /// The log.
    package let log: LogID
    /// Its length.
    package let count: UInt64
    /// Its root at that length.
    package let root: Bytes32

    /// The head of `log`.
    package init(log: LogID, count: UInt64, root: Bytes32) {
        self.log = log
        self.count = count
        self.root = root
    }
}

/// Range-based set reconciliation over the heads of a space: which of two nodes' heads differ, in a logarithmic number
/// of exchanges.
///
/// Source: A. Meyer, Range-Based Set Reconciliation, SRDS 2023; Specs/session.md. Fingerprints are hashes over whole
/// ranges, so that no choice of heads can make two different ranges look equal.
package enum Reconciliation {
    /// What one side says of a range.
    package enum Mode: Hashable, Sendable {
        /// Nothing more to say.
        case skip
        /// The hash of the sender's heads in the range.
        case fingerprint(Bytes16)
        /// The sender's heads in the range; the receiver answers with its own.
        case items([Message.HeadEntry])
        /// The sender's heads in the range, in answer; no answer follows.
        case answer([Message.HeadEntry])
    }

    /// A range that ends before `end` (nil: after the last log) and begins where the one before it ends.
    package struct Range: Hashable, Sendable {
        package let end: LogID?
        package let mode: Mode

        package init(end: LogID?, mode: Mode) {
            self.end = end
            self.mode = mode
        }
    }

    /// Into how many parts a differing range is split.
    package static let branching = 8
    /// Up to how many heads are listed instead of hashed.
    package static let listThreshold = 4
    /// The most messages of one reconciliation.
    package static let maximumRounds = 40

    /// The first message: the whole space.
    package static func begin(_ items: [ReconciliationItem]) -> [Range] {
        [Range(end: nil, mode: .fingerprint(fingerprint(items[...])))]
    }

    /// What follows from the peer's ranges: the heads it lists, and the ranges to answer with; no ranges if all is
    /// said.
    ///
    /// `items` are this node's heads, sorted; `tag` makes the short tag of a head.
    package static func respond(
        to ranges: [Range], items: [ReconciliationItem], tag: (ReconciliationItem) -> UInt32
    ) -> (told: [Message.HeadEntry], answer: [Range]) {
        var told: [Message.HeadEntry] = []
        var answer: [Range] = []
        var start = 0
        for range in ranges {
            let stop = range.end.map { lowerBound($0, items) } ?? items.count
            let mine = items[start..<max(start, stop)]
            start = max(start, stop)
            switch range.mode {
            case .skip:
                answer.append(Range(end: range.end, mode: .skip))
            case .fingerprint(let theirs):
                if theirs == fingerprint(mine) {
                    answer.append(Range(end: range.end, mode: .skip))
                } else if mine.count <= listThreshold {
                    answer.append(Range(end: range.end, mode: .items(entries(mine, tag))))
                } else {
                    answer += split(mine, end: range.end)
                }
            case .items(let entries):
                told += entries
                let listed = planted(.reconAnswerSkipsALog) ? mine.dropFirst() : mine
                answer.append(Range(end: range.end, mode: .answer(self.entries(listed, tag))))
            case .answer(let entries):
                told += entries
                answer.append(Range(end: range.end, mode: .skip))
            }
        }
        return (told, merged(answer))
    }

    /// The hash of heads in order: the first sixteen bytes of SHA-256 over identity, length and root of each.
    package static func fingerprint(_ items: ArraySlice<ReconciliationItem>) -> Bytes16 {
        let digest = Digest(.sha256)
        for item in planted(.fingerprintLeavesOutALog) ? items.dropLast() : items {
            digest.update(item.log.value)
            digest.update(bigEndian: item.count)
            digest.update(item.root)
        }
        let hash = digest.finish()
        return Bytes16(high: hash.words.0, low: hash.words.1)
    }

    private static func entries(
        _ items: ArraySlice<ReconciliationItem>, _ tag: (ReconciliationItem) -> UInt32
    ) -> [Message.HeadEntry] {
        items.map { Message.HeadEntry(log: $0.log, count: $0.count, tag: tag($0)) }
    }

    private static func split(_ items: ArraySlice<ReconciliationItem>, end: LogID?) -> [Range] {
        var ranges: [Range] = []
        for part in 0..<branching {
            let from = items.startIndex + items.count * part / branching
            let to = items.startIndex + items.count * (part + 1) / branching
            guard from < to else { continue }
            let partEnd = to < items.endIndex ? separator(items[to - 1].log, items[to].log) : end
            ranges.append(Range(end: partEnd, mode: .fingerprint(fingerprint(items[from..<to]))))
        }
        return ranges
    }

    /// The shortest prefix of `after`, completed with zeros, that lies after `before`.
    static func separator(_ before: LogID, _ after: LogID) -> LogID {
        let high = before.value.high ^ after.value.high
        let low = before.value.low ^ after.value.low
        let same = high != 0 ? high.leadingZeroBitCount : 64 + low.leadingZeroBitCount
        let bytes = same / 8 + 1
        func mask(_ count: Int) -> UInt64 {
            count <= 0 ? 0 : count >= 8 ? .max : ~(.max >> UInt64(count * 8))
        }
        return LogID(
            Bytes16(high: after.value.high & mask(bytes), low: after.value.low & mask(bytes - 8)))
    }

    /// Joins neighbouring skipped ranges, and drops them at the end.
    private static func merged(_ ranges: [Range]) -> [Range] {
        var result: [Range] = []
        for range in ranges {
            if range.mode == .skip, let last = result.last, last.mode == .skip { result.removeLast() }
            result.append(range)
        }
        if result.last?.mode == .skip { result.removeLast() }
        return result
    }

    private static func lowerBound(_ log: LogID, _ items: [ReconciliationItem]) -> Int {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if items[middle].log < log { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Message {
    /// One step of reconciliation.
    package struct Recon: Hashable, Sendable {
        /// The most ranges of one message.
        package static let maximumRanges = 4_096

        package var handle: UInt64
        package var ranges: [Reconciliation.Range]
        /// Whether the message goes on in the next frame.
        package var more = false

        package init(handle: UInt64, ranges: [Reconciliation.Range]) {
            self.handle = handle
            self.ranges = ranges
        }

        /// The frames of the message: as many as the limit on a frame's body makes necessary, each of which begins
        /// where the one before it ended.
        package func encode(_ names: inout LogNames) -> [[UInt8]] {
            var frames: [[UInt8]] = []
            var body = ByteWriter(capacity: 512)
            var count = 0
            var start: LogID?
            func close(more: Bool) {
                var w = ByteWriter(capacity: body.count + 16)
                w.write(varint: handle)
                w.write(byte: more ? Self.moreFlag : 0)
                w.write(varint: count)
                w.write(body.bytes)
                frames.append(Frame.encode(.recon, w.bytes))
                body.removeAll()
                count = 0
            }
            for range in ranges {
                for part in range.parts() {
                    if count >= Self.rangesPerFrame || body.count > Self.bodyTarget {
                        close(more: true)
                        if let start {
                            body.write(bound: start)
                            body.write(byte: 0)
                            count = 1
                        }
                    }
                    body.write(part, &names)
                    count += 1
                    start = part.end
                }
            }
            close(more: false)
            return frames
        }

        private static let moreFlag: UInt8 = 0x80
        private static let rangesPerFrame = maximumRanges / 2
        /// A frame is closed once its body has this many bytes; the last range adds at most 512 entries.
        private static let bodyTarget = 40_000

        package init(_ b: borrowing RawSpan, _ names: inout PeerLogNames) throws(Malformed) {
            var r = ByteReader(b)
            handle = try r.handle(b)
            let at = r.offset
            let flags = try r.byte(b)
            guard flags & ~Self.moreFlag == 0 else { throw Malformed(.shape, at: at) }
            more = flags != 0
            ranges = []
            var previous: LogID?
            var ended = false
            for _ in 0..<(try r.count(b, limit: Self.maximumRanges)) {
                let at = r.offset
                guard !ended else { throw Malformed(.shape, at: at) }
                let end = try Self.bound(b, &r)
                if let end {
                    if let previous, end <= previous { throw Malformed(.unsortedKeys, at: at) }
                    previous = end
                } else {
                    ended = true
                }
                ranges.append(Reconciliation.Range(end: end, mode: try Self.mode(b, &r, &names)))
            }
            try r.finish()
        }

        /// A bound: the length of a prefix and the prefix, which zeros complete; 255 for the end.
        private static func bound(_ b: borrowing RawSpan, _ r: inout ByteReader) throws(Malformed) -> LogID? {
            let at = r.offset
            let length = try r.byte(b)
            if length == 255 { return nil }
            guard length <= 16 else { throw Malformed(.shape, at: at) }
            let prefix = try r.array(b, Int(length))
            let padded = prefix + [UInt8](repeating: 0, count: 16 - prefix.count)
            guard let id = Bytes16(padded) else { throw Malformed(.shape, at: at) }
            return LogID(id)
        }

        private static func mode(
            _ b: borrowing RawSpan, _ r: inout ByteReader, _ names: inout PeerLogNames
        ) throws(Malformed) -> Reconciliation.Mode {
            let at = r.offset
            switch try r.byte(b) {
            case 0: return .skip
            case 1: return .fingerprint(try r.bytes16(b))
            case 2: return .items(try r.headEntries(b, &names, limit: LogNames.limit))
            case 4: return .answer(try r.headEntries(b, &names, limit: LogNames.limit))
            default: throw Malformed(.shape, at: at)
            }
        }
    }
}

extension Reconciliation.Range {
    /// The range in parts whose lists have at most 512 heads, so that any list fits its frames.
    fileprivate func parts() -> [Reconciliation.Range] {
        guard case .answer(let entries) = mode, entries.count > Message.Heads.maximumEntries else {
            return [self]
        }
        var parts: [Reconciliation.Range] = []
        for start in stride(from: 0, to: entries.count, by: Message.Heads.maximumEntries) {
            let stop = min(start + Message.Heads.maximumEntries, entries.count)
            let end = stop < entries.count ? entries[stop].log : end
            parts.append(Reconciliation.Range(end: end, mode: .answer(Array(entries[start..<stop]))))
        }
        return parts
    }
}

extension ByteWriter {
    /// Appends a bound as the shortest prefix that zeros complete.
    fileprivate mutating func write(bound: LogID?) {
        guard let bound else { return write(byte: 255) }
        var bytes = bound.value.bytes
        while bytes.last == 0 { bytes.removeLast() }
        write(byte: UInt8(bytes.count))
        write(bytes)
    }

    fileprivate mutating func write(_ range: Reconciliation.Range, _ names: inout LogNames) {
        write(bound: range.end)
        switch range.mode {
        case .skip:
            write(byte: 0)
        case .fingerprint(let fingerprint):
            write(byte: 1)
            write(fingerprint)
        case .items(let entries):
            write(byte: 2)
            write(entries, &names)
        case .answer(let entries):
            write(byte: 4)
            write(entries, &names)
        }
    }
}
