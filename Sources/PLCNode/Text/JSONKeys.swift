/// The containers that are open while JSON is read, and the keys of each, to find a key that occurs twice.
///
/// A key is a range of the text; only a key with escapes or outside normalisation form C is spelled out. So the
/// same key written in two ways is found, and reading ordinary keys copies nothing.
struct JSONKeys: Sendable {
    private struct Key {
        /// Equal keys have equal fingerprints; others seldom do.
        let fingerprint: UInt64
        /// Where the key stands in the text, for the error.
        let offset: Int
        /// Where its bytes are: in `spelled`, or in the text.
        let start: Int
        let count: Int
        let isSpelled: Bool
    }

    /// Up to this many keys are compared each with each; more are sorted.
    private static let pairwiseMax = 32

    private var keys: [Key] = []
    private var spelled: [UInt8] = []
    /// For each open container the number of keys before it, or −1 if it is an array.
    private var containers: [Int] = []

    /// The number of open containers.
    var depth: Int { containers.count }

    /// Whether the innermost container is an object.
    var isInObject: Bool { (containers.last ?? -1) >= 0 }

    mutating func removeAll() {
        keys.removeAll(keepingCapacity: true)
        spelled.removeAll(keepingCapacity: true)
        containers.removeAll(keepingCapacity: true)
    }

    mutating func open(object: Bool) { containers.append(object ? keys.count : -1) }

    /// Adds a key to the innermost object.
    mutating func append(_ text: JSONText, in bytes: borrowing RawSpan) {
        if text.isPlain {
            let fingerprint = Self.fingerprint(bytes, at: text.start, count: text.count)
            keys.append(
                Key(
                    fingerprint: fingerprint, offset: text.start, start: text.start, count: text.count,
                    isSpelled: false))
        } else {
            let start = spelled.count
            spelled += text.utf8(in: bytes)
            let count = spelled.count - start
            let fingerprint = Self.fingerprint(spelled.span.bytes, at: start, count: count)
            keys.append(
                Key(fingerprint: fingerprint, offset: text.start, start: start, count: count, isSpelled: true)
            )
        }
    }

    /// Closes the innermost container; the offset of a key that occurred before in it, or nil.
    mutating func close(in bytes: borrowing RawSpan) -> Int? {
        guard let first = containers.popLast(), first >= 0 else { return nil }
        let count = keys.count - first
        defer { keys.removeLast(count) }
        if count <= Self.pairwiseMax {
            for i in first..<keys.count {
                for j in first..<i where keys[i].fingerprint == keys[j].fingerprint {
                    if order(keys[j], keys[i], bytes) == 0 { return keys[i].offset }
                }
            }
            return nil
        }
        return sortedDuplicate(keys[first...], bytes)
    }

    /// Finds a duplicate among many keys in O(k log k) comparisons, whatever a hostile peer chose as keys.
    private func sortedDuplicate(_ keys: ArraySlice<Key>, _ bytes: borrowing RawSpan) -> Int? {
        var sorted = Array(keys)
        bytes.withUnsafeBytes { bytes in
            sorted.sort { a, b in
                if a.fingerprint != b.fingerprint { return a.fingerprint < b.fingerprint }
                let order = order(a, b, bytes.bytes)
                return order != 0 ? order < 0 : a.offset < b.offset
            }
        }
        for i in sorted.indices.dropFirst() where sorted[i].fingerprint == sorted[i - 1].fingerprint {
            if order(sorted[i - 1], sorted[i], bytes) == 0 { return sorted[i].offset }
        }
        return nil
    }

    /// Negative, zero or positive as `a` is before, equal to or after `b` by length and bytes.
    private func order(_ a: Key, _ b: Key, _ bytes: borrowing RawSpan) -> Int {
        if a.count != b.count { return a.count - b.count }
        for i in 0..<a.count {
            let x = a.isSpelled ? spelled[a.start + i] : bytes.byte(a.start + i)
            let y = b.isSpelled ? spelled[b.start + i] : bytes.byte(b.start + i)
            if x != y { return Int(x) - Int(y) }
        }
        return 0
    }

    /// Mixes the length, the first eight bytes and the last eight.
    private static func fingerprint(_ bytes: borrowing RawSpan, at start: Int, count: Int) -> UInt64 {
        var first: UInt64 = 0
        var last: UInt64 = 0
        if count >= 8 {
            first = bytes.word(start)
            last = bytes.word(start + count - 8)
        } else {
            for i in 0..<count { first = first << 8 | UInt64(bytes.byte(start + i)) }
        }
        return first &* 0x9e37_79b9_7f4a_7c15 ^ last &* 0xc2b2_ae3d_27d4_eb4f
            ^ UInt64(truncatingIfNeeded: count)
    }
}
