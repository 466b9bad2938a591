/// The leaves, held by both sides, that a compressed stream takes from as if it had carried them before: the last
/// bytes of the items of one log up to some leaf.
///
/// Source: S-47.
package struct StreamPrefix: Hashable, Sendable {
    /// How a log is named where naming it must give it no number.
    package enum Name: Hashable, Sendable {
        /// In full, as neither side has mentioned it.
        case full(LogID)
        /// By the number that the sender of the frame gave it.
        case sender(UInt64)
        /// By the number that the receiver of the frame gave it.
        case receiver(UInt64)
    }

    /// The longest prefix, as a power of two: 128 KiB.
    package static let maximumSizeLog: UInt8 = 17

    /// The space, by the sender's handle.
    package var handle: UInt64
    package var log: Name
    /// The last leaf of the run.
    package var through: UInt64
    /// The prefix is the last 2^`sizeLog` bytes of the items up to `through`, or all of them if they are fewer.
    package var sizeLog: UInt8
    /// Four bytes that stand for the prefix, so that two histories of one log are not taken for each other.
    package var check: UInt32

    package init(handle: UInt64, log: Name, through: UInt64, sizeLog: UInt8, check: UInt32) {
        self.handle = handle
        self.log = log
        self.through = through
        self.sizeLog = sizeLog
        self.check = check
    }

    /// The most bytes that it has.
    package var maximumBytes: Int { 1 << Int(sizeLog) }

    /// The `check` of these bytes.
    package static func check(_ bytes: [UInt8]) -> UInt32 {
        UInt32(truncatingIfNeeded: Digest.sha256(bytes).words.0 >> 32)
    }

    func write(to w: inout ByteWriter) {
        w.write(varint: handle)
        switch log {
        case .full(let log):
            w.write(varint: 0)
            w.write(log.value)
        case .sender(let number): w.write(varint: 2 * number)
        case .receiver(let number): w.write(varint: 2 * number + 1)
        }
        w.write(varint: through)
        w.write(byte: sizeLog)
        w.write(bigEndian: check)
    }

    init(_ b: borrowing RawSpan, _ r: inout ByteReader) throws(Malformed) {
        handle = try r.handle(b)
        let nameAt = r.offset
        let name = try r.varint(b)
        guard name >> 1 <= UInt64(LogNames.limit) else { throw Malformed(.limit, at: nameAt) }
        switch (name, name & 1) {
        case (0, _): log = .full(LogID(try r.bytes16(b)))
        case (1, _): throw Malformed(.shape, at: nameAt)
        case (_, 0): log = .sender(name >> 1)
        default: log = .receiver(name >> 1)
        }
        let throughAt = r.offset
        through = try r.varint(b)
        guard (1...Dot.maximumSequence).contains(through) else { throw Malformed(.shape, at: throughAt) }
        let sizeAt = r.offset
        sizeLog = try r.byte(b)
        guard sizeLog <= Self.maximumSizeLog else { throw Malformed(.limit, at: sizeAt) }
        check = try r.bigEndian32(b)
    }
}
