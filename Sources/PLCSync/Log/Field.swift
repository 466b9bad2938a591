/// The name of a field inside a record: a number that a kind declares, or a text that no kind knows.
public enum Field: Hashable, Comparable, Sendable {
    /// A declared field, below 65,536; never reused.
    case number(UInt64)
    /// An undeclared field, 1 … 64 bytes of UTF-8.
    case name([UInt8])

    /// Field numbers are below this.
    public static let numberLimit: UInt64 = 65_536
    /// The longest name, in bytes.
    public static let maximumNameBytes = 64
    /// On an owned record, fields below this count from the owner alone.
    public static let ownedLimit: UInt64 = 64

    /// Whether only the owner of an owned record may write this field.
    public var isOwned: Bool {
        switch self {
        case .number(let number): number < Self.ownedLimit
        case .name: false
        }
    }

    /// Bytewise order of the encodings, which is the order of the keys of a CBOR map.
    public static func < (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.number(let x), .number(let y)): x < y
        case (.number, .name): true
        case (.name, .number): false
        case (.name(let x), .name(let y)):
            x.count != y.count ? x.count < y.count : x.lexicographicallyPrecedes(y)
        }
    }

    /// Feeds the number, or the bytes of the name, to `hasher`.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .number(let number): hasher.combine(number)
        case .name(let name): name.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    /// The field as an item of CBOR.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(field: self)
        return writer.bytes
    }
}

extension ByteWriter {
    /// Appends a field's name as an item of CBOR.
    public mutating func write(field: Field) {
        switch field {
        case .number(let number): write(.unsigned, number)
        case .name(let name): write(text: name)
        }
    }
}

/// Names of fields that were read lately, so that a name that comes again is neither copied nor checked again.
struct FieldNames: Sendable {
    /// A power of two.
    private static let count = 64
    /// Empty until there is a name.
    private var names: [[UInt8]] = []

    /// The name that stands in `range`, which is not empty; nil if it is not UTF-8.
    mutating func name(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> [UInt8]? {
        let first = bytes.unsafeLoad(fromByteOffset: range.lowerBound, as: UInt8.self)
        let last = bytes.unsafeLoad(fromByteOffset: range.upperBound - 1, as: UInt8.self)
        let place = Int(first &+ last &* 5 &+ UInt8(truncatingIfNeeded: range.count) &* 11) & (Self.count - 1)
        if !names.isEmpty, Self.equal(names[place], bytes, range) { return names[place] }
        guard isUTF8(bytes, range) else { return nil }
        if names.isEmpty { names = [[UInt8]](repeating: [], count: Self.count) }
        let name = bytes.extracting(range).array
        names[place] = name
        return name
    }

    private static func equal(_ name: [UInt8], _ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
        guard name.count == range.count else { return false }
        for i in 0..<name.count
        where name[i] != bytes.unsafeLoad(fromByteOffset: range.lowerBound + i, as: UInt8.self) {
            return false
        }
        return true
    }
}

extension ByteReader {
    /// The next item as the name of a field.
    mutating func field(_ bytes: borrowing RawSpan, _ names: inout FieldNames) throws(Malformed) -> Field {
        let start = offset
        let (major, argument) = try head(bytes)
        switch major {
        case .unsigned where argument < Field.numberLimit:
            return .number(argument)
        case .text where (1...UInt64(Field.maximumNameBytes)).contains(argument):
            guard let name = names.name(bytes, try take(Int(argument))) else {
                throw Malformed(.utf8, at: start)
            }
            return .name(name)
        default:
            throw Malformed(.shape, at: start)
        }
    }
}
