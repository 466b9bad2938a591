/// A running hash of everything that was noted, for comparing two runs; not for security.
///
/// Source: the multiply-and-mix step of SplitMix64 over words.
package struct Trail: Hashable, Sendable {
    /// The hash so far.
    package private(set) var value: UInt64 = 0x6a09_e667_f3bc_c908

    /// A trail without a step.
    package init() {}

    /// Notes a number.
    package mutating func note(_ word: UInt64) {
        var z = (value ^ word) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 31) &* 0x94d0_49bb_1331_11eb
        value = (z ^ z >> 29) &+ 0x9e37_79b9_7f4a_7c15
    }

    /// Notes bytes and their count.
    package mutating func note(_ bytes: UnsafeRawBufferPointer) {
        note(UInt64(bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            note(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        note(rest)
    }

    /// Notes bytes and their count.
    package mutating func note(_ bytes: [UInt8]) { bytes.withUnsafeBytes { note($0) } }

    /// Notes text.
    package mutating func note(_ text: String) { note(Array(text.utf8)) }
}
