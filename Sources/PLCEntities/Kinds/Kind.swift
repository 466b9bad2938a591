public import PLCSync

/// A kind of record as data: its number on the wire, its name, and its fields.
public struct Kind: Hashable, Sendable {
    /// The number; never used again.
    public let number: UInt64
    /// The name in JSON, in options, and before the identities of its records.
    public let name: String
    /// Whether two nodes may create it at once under the same key, and mean one record.
    public let isKeyed: Bool
    /// Whether a record written here belongs to who wrote it, whose words nobody else may change.
    public let isOwned: Bool
    /// Whether it is work that people take with them; what describes the space itself is not.
    public let isExported: Bool
    /// The version of the data model in which it came.
    public let since: Int
    /// All its fields, the common ones first.
    public let fields: [FieldSpec]

    /// A kind that has `fields` besides the common ones.
    public init(
        _ number: UInt64, _ name: String, isKeyed: Bool = false, isOwned: Bool = false,
        isExported: Bool = true,
        since: Int = 1, fields: [FieldSpec]
    ) {
        self.number = number
        self.name = name
        self.isKeyed = isKeyed
        self.isOwned = isOwned
        self.isExported = isExported
        self.since = since
        self.fields = CommonField.all + fields
    }

    /// The field of this name, compared by bytes, or nil if the kind declares none.
    public func field(named name: some Collection<UInt8>) -> FieldSpec? {
        fields.first { $0.name.utf8.elementsEqual(name) }
    }

    /// The field of this name, or nil if the kind declares none.
    public func field(_ name: String) -> FieldSpec? { field(named: name.utf8) }

    /// The declaration of a field that a change names, or nil if this version knows none.
    public func spec(of field: Field) -> FieldSpec? {
        guard case .number(let number) = field else { return nil }
        return fields.first { $0.number == number }
    }
}
