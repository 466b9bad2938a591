/// The sum of the hashes of all rows of a state, from which the state digest is made (D-28).
///
/// Addition makes the order of rows immaterial and lets a row be taken away; the sum is 512 bits wide. Diagnostic:
/// replication never decides on it.
public struct StateDigest: Hashable, Sendable {
    /// The version of the rows; digests of different levels are not compared.
    public static let level: UInt8 = 1

    private var sum = [8 of UInt64](repeating: 0)

    /// The digest of the state without rows.
    public init() {}

    /// The digest whose sum is these 64 bytes, or nil for another number of bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 64 else { return nil }
        let span = bytes.span.bytes
        for i in 0..<8 { sum[i] = loadBigEndian(span, at: i * 8) }
    }

    /// Whether the sums are equal.
    public static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }

    /// Feeds the sum to `hasher`.
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// The sum as 64 big-endian bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 64)
        for i in 0..<8 { writer.write(bigEndian: sum[i]) }
        return writer.bytes
    }

    /// Adds the hash of one row.
    public mutating func add(_ row: [8 of UInt64]) {
        var carry: UInt64 = 0
        for i in (0..<8).reversed() {
            let (first, overflow) = sum[i].addingReportingOverflow(row[i])
            let (second, again) = first.addingReportingOverflow(carry)
            sum[i] = second
            carry = overflow || again ? 1 : 0
        }
    }

    /// Takes the hash of one row away.
    public mutating func subtract(_ row: [8 of UInt64]) {
        var borrow: UInt64 = 0
        for i in (0..<8).reversed() {
            let (first, overflow) = sum[i].subtractingReportingOverflow(row[i])
            let (second, again) = first.subtractingReportingOverflow(borrow)
            sum[i] = second
            borrow = overflow || again ? 1 : 0
        }
    }

    /// The state digest: thirty-two bytes.
    public var value: Bytes32 { Digest.sha256([Self.level], bytes) }
}

/// The hashes of the rows that a state consists of.
///
/// Holds one digest context; one owner at a time.
public struct RowHasher: Sendable {
    /// A dot by its full name.
    public struct Name: Hashable, Sendable {
        /// The log.
        public let log: LogID
        /// The change and the op.
        public let dot: LocalDot

        /// The dot `dot`, which lies in `log`.
        public init(log: LogID, dot: LocalDot) {
            self.log = log
            self.dot = dot
        }
    }

    /// A record as rows name it.
    public enum Record: Hashable, Sendable {
        /// A record named by the dot of its create.
        case born(Name)
        /// A keyed record.
        case keyed(Bytes16)
    }

    private let digest = Digest(.sha512)

    /// A hasher with a context of its own.
    public init() {}

    /// The row of a record that exists: its create op and its birth additions, which are ranges of `leaf`.
    public func record(
        _ name: Name, stamp: UInt64, leaf: borrowing RawSpan, births: [Range<Int>]
    ) -> [8 of UInt64] {
        begin(1, .born(name))
        digest.update(bigEndian: stamp)
        for birth in births { digest.update(leaf.extracting(birth)) }
        return digest.finish512()
    }

    /// The row of a keyed record that exists.
    public func keyed(_ id: Bytes16, kind: UInt64, key: borrowing RawSpan) -> [8 of UInt64] {
        begin(2, .keyed(id))
        digest.update(bigEndian: kind)
        digest.update(key)
        return digest.finish512()
    }

    /// The row of a register that a `set` has won.
    public func register(
        _ record: Record, _ field: Field, effective: UInt64, writer: Name, value: borrowing RawSpan
    ) -> [8 of UInt64] {
        begin(3, record)
        digest.update(field.encoded)
        digest.update(bigEndian: effective)
        update(writer)
        digest.update(value)
        return digest.finish512()
    }

    /// The row of a live element that is not of its record's birth.
    public func element(
        _ record: Record, _ field: Field, _ dot: Name, stamp: UInt64, value: borrowing RawSpan
    ) -> [8 of UInt64] {
        begin(4, record)
        digest.update(field.encoded)
        update(dot)
        digest.update(bigEndian: stamp)
        digest.update(value)
        return digest.finish512()
    }

    /// The row of a removed element of a record's birth.
    public func removal(_ record: Record, _ field: Field, _ dot: Name) -> [8 of UInt64] {
        begin(5, record)
        digest.update(field.encoded)
        update(dot)
        return digest.finish512()
    }

    private func begin(_ kind: UInt8, _ record: Record) {
        digest.update(byte: kind)
        switch record {
        case .born(let name):
            digest.update(byte: 0)
            update(name)
        case .keyed(let id):
            digest.update(byte: 1)
            digest.update(id)
        }
    }

    private func update(_ name: Name) {
        digest.update(name.log.value)
        digest.update(bigEndian: name.dot.sequence)
        digest.update(bigEndian: UInt64(name.dot.op))
    }
}
