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

extension ByteReader {
    /// The next item as the name of a field.
    mutating func field(_ bytes: borrowing RawSpan) throws(Malformed) -> Field {
        let start = offset
        let (major, argument) = try head(bytes)
        switch major {
        case .unsigned where argument < Field.numberLimit:
            return .number(argument)
        case .text where (1...UInt64(Field.maximumNameBytes)).contains(argument):
            let name = try take(Int(argument))
            guard isUTF8(bytes, name) else { throw Malformed(.utf8, at: start) }
            return .name(bytes.extracting(name).array)
        default:
            throw Malformed(.shape, at: start)
        }
    }
}
