import PLCSync

/// Why something may not be written to a record.
public enum RuleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field was set when the record was created.
    case neverChanges(String)
    /// The value is not of the field's type.
    case wrongType(String, ValueType)
    /// The field holds one value, not elements.
    case isNoSet(String)
    /// The field holds elements, not one value.
    case isSet(String)

    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .neverChanges(let name): "'\(name)' never changes after the record is created"
        case .wrongType(let name, let type): "'\(name)' must be \(Self.words(type))"
        case .isNoSet(let name): "'\(name)' holds one value; write it in \"f\""
        case .isSet(let name): "'\(name)' is a set; write it in \"s\", \"s+\" or \"s-\""
        }
    }

    private static func words(_ type: ValueType) -> String {
        switch type {
        case .text: "a text"
        case .integer: "a whole number"
        case .number: "a number"
        case .boolean: "true or false"
        case .reference: "the identity of a record"
        case .list: "a list"
        case .any: "a value"
        }
    }
}

extension FieldSpec {
    /// Throws unless `value`, an item of CBOR, may be written as the field's value, or as an element of it.
    ///
    /// Null may stand everywhere: it is how a value is taken back.
    public func check(value: borrowing RawSpan) throws(RuleError) {
        guard value.byteCount > 0 else { throw .wrongType(name, self.value) }
        let first = value.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        let major = first >> 5
        if first == 0xf6 { return }
        let fits =
            switch self.value {
            case .text: major == 3
            case .integer: major <= 1
            case .number: major <= 1 || (0xf9...0xfb).contains(first)
            case .boolean: first == 0xf4 || first == 0xf5
            case .reference: major == 3 || major == 6
            case .list: major == 4
            case .any: true
            }
        guard fits else { throw .wrongType(name, self.value) }
    }

    /// Throws unless one value may be written to the field of a record that is there, or is being created.
    public func checkWrite(creating: Bool) throws(RuleError) {
        switch type {
        case .register, .multi: return
        case .constant: if !creating { throw .neverChanges(name) }
        case .set: throw .isSet(name)
        }
    }

    /// Throws unless elements may be added to the field and removed from it.
    public func checkElements() throws(RuleError) {
        guard type == .set else { throw .isNoSet(name) }
    }
}
