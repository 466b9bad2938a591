package import PLCSync

/// A reference to a record, as a value carries it.
package struct Reference: Hashable, Sendable {
    /// The space, or nil for the space that the value stands in.
    package let space: SpaceID?
    /// The dot of a create of the record.
    package let dot: Dot

    /// A reference to the record that `dot` created.
    package init(space: SpaceID?, dot: Dot) {
        self.space = space
        self.dot = dot
    }

    /// The reference that the content of an item with `tag` spells, or nil if it is data like any other.
    ///
    /// `log` gives the log that a number in the same change means.
    init?(
        tag: UInt64, _ bytes: borrowing RawSpan, at offset: Int, end: Int,
        log: (UInt64) throws -> LogID?
    ) rethrows {
        var reader = ByteReader(offset..<end)
        if tag == Item.localTag {
            guard (try? reader.arrayHead(bytes)) == 3, let number = try? reader.unsigned(bytes),
                let sequence = try? reader.unsigned(bytes), let op = try? reader.unsigned(bytes),
                (1...Dot.maximumSequence).contains(sequence), op < UInt64(Change.maximumOps),
                let id = try log(number)
            else { return nil }
            self.init(space: nil, dot: Dot(log: id, sequence: sequence, op: UInt32(op)))
        } else {
            guard tag == Item.foreignTag, (try? reader.arrayHead(bytes)) == 4,
                let space = try? reader.byteString(bytes), space.count == 32,
                let spaceID = Bytes32(bytes, at: space.lowerBound),
                let log = try? reader.byteString(bytes), log.count == 16,
                let logID = Bytes16(bytes, at: log.lowerBound),
                let sequence = try? reader.unsigned(bytes), let op = try? reader.unsigned(bytes),
                (1...Dot.maximumSequence).contains(sequence), op < UInt64(Change.maximumOps)
            else { return nil }
            self.init(
                space: SpaceID(spaceID), dot: Dot(log: LogID(logID), sequence: sequence, op: UInt32(op)))
        }
    }

    /// The reference that an item of CBOR is, or nil if it is something else.
    package init?(item: [UInt8], log: (UInt64) throws -> LogID?) rethrows {
        let bytes = item.span.bytes
        var reader = ByteReader(bytes)
        guard let (major, tag) = try? reader.head(bytes), major == .tag else { return nil }
        try self.init(tag: tag, bytes, at: reader.offset, end: bytes.byteCount, log: log)
    }
}
