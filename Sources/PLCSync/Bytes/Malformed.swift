/// Bytes from outside that are not what they should be: where, and why.
public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong; the raw values are the words that the vectors of Specs use.
    public enum Reason: String, Sendable {
        /// The bytes end before the item does.
        case truncated
        /// A varint is 2^64 or more.
        case overflow
        /// A number or a length is not in its shortest form.
        case nonShortest
        /// A map's keys are not in bytewise order.
        case unsortedKeys
        /// A map has a key twice.
        case duplicateKey
        /// Arrays, maps and tags are nested too deeply.
        case depth
        /// Text is not valid UTF-8.
        case utf8
        /// An item of indefinite length.
        case indefinite
        /// A reserved form.
        case reserved
        /// A simple value other than false, true and null.
        case simple
        /// A NaN other than the canonical one.
        case nan
        /// Bytes follow the item.
        case trailing
        /// The item is not of the kind or size that belongs here.
        case shape
        /// A named limit is exceeded.
        case limit
    }

    /// Offset in bytes at which the fault was seen.
    public let offset: Int
    /// What is wrong.
    public let reason: Reason

    /// A fault of kind `reason` seen at `offset`.
    public init(_ reason: Reason, at offset: Int) {
        self.offset = offset
        self.reason = reason
    }

    /// The reason and the place, for people.
    public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
