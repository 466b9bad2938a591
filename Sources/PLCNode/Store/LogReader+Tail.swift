package import PLCSync

extension StoreView {
    /// The last bytes of a log's items up to leaf `through`: `maximumBytes`, or all if they are fewer; nil if a hole is
    /// among the items that they lie in.
    ///
    /// Held against the root of all that is held of the log, like everything that a peer gets (L-33): a stream that takes
    /// from what the disk has spoilt can be read by nobody. Throws `StoreError.damagedLog`.
    package func tail(of held: ReadRequest.Part, through: UInt64, maximumBytes: Int) throws -> [UInt8]? {
        try snapshot {
            guard let index = try index(of: held.log) else { return nil }
            do {
                guard
                    let tail = try logReader.tail(
                        log: index, through: through, maximumBytes: maximumBytes)
                else { return nil }
                let part = ReadRequest.Part(held, from: tail.from)
                let bridge = try part.bridge(
                    from: through + 1, logReader.forest(log: index), hasher: logReader.hasher)
                let isSound = try logReader.leadsToRoot(
                    part, log: index, items: tail.items, next: through + 1, bridge: bridge ?? [])
                guard isSound else {
                    throw StoreError.damaged("changes up to \(through) do not lead to the log's root")
                }
                return tail.items.suffix(maximumBytes)
            } catch StoreError.damaged(let what) {
                // What is repaired is to be read anew.
                logReader.forget()
                throw StoreError.damagedLog(held.log, what)
            }
        }
    }
}

extension LogReader {
    /// The items of log number `log` up to leaf `through`, from `from` on, whole ones, that have `maximumBytes` or more,
    /// or all; nil if a hole is among them.
    fileprivate func tail(
        log: Int, through: UInt64, maximumBytes: Int
    ) throws -> (items: [UInt8], from: UInt64)? {
        var pieces: [ArraySlice<UInt8>] = []
        var room = maximumBytes
        var from = through + 1
        while from > 1, room > 0 {
            let stretch = try stretch(at: LocalDot(log: log, sequence: from - 1, op: 0))
            let span = stretch.bytes.span.bytes
            let end = Int(from - stretch.first)
            var index = end
            while index > 0, room > 0 {
                index -= 1
                var reader = ByteReader(stretch.offsets[index]..<stretch.offsets[index + 1])
                guard case .leaf = try reader.logItem(span) else { return nil }
                room -= stretch.offsets[index + 1] - stretch.offsets[index]
            }
            pieces.append(stretch.bytes[stretch.offsets[index]..<stretch.offsets[end]])
            from = stretch.first + UInt64(index)
        }
        return (pieces.reversed().flatMap { $0 }, from)
    }
}
