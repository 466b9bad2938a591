import PLCSync

extension StoreView {
    /// The last bytes of a log's items up to leaf `through`, as in `LogReader.tail`.
    func tail(of log: LogID, through: UInt64, maximumBytes: Int) throws -> [UInt8]? {
        try snapshot {
            guard let index = try index(of: log) else { return nil }
            return try logReader.tail(log: index, through: through, maximumBytes: maximumBytes)
        }
    }
}

extension LogReader {
    /// The last bytes of the items of log number `log` up to leaf `through`: `maximumBytes`, or all if they are fewer;
    /// nil if a hole is among the items that they lie in.
    func tail(log: Int, through: UInt64, maximumBytes: Int) throws -> [UInt8]? {
        var pieces: [ArraySlice<UInt8>] = []
        var room = maximumBytes
        var last = through
        while last >= 1, room > 0 {
            let stretch = try stretch(at: LocalDot(log: log, sequence: last, op: 0))
            var index = Int(last - stretch.first) + 1
            let end = stretch.offsets[index]
            let span = stretch.bytes.span.bytes
            while index > 0, end - stretch.offsets[index] < room {
                index -= 1
                var reader = ByteReader(stretch.offsets[index]..<end)
                guard case .leaf = try reader.logItem(span) else { return nil }
            }
            let piece = stretch.bytes[max(stretch.offsets[index], end - room)..<end]
            pieces.append(piece)
            room -= piece.count
            last = stretch.first - 1
        }
        return pieces.reversed().flatMap { $0 }
    }
}
