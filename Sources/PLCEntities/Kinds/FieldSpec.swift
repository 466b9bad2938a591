public import PLCSync

/// How the versions of a field's value become one.
public enum FieldType: String, Sendable, CaseIterable {
    /// Written when the record is created, and never again.
    case constant
    /// The last write wins: for small things, where losing the other value costs a glance.
    case register
    /// A write replaces the versions that its author had seen; concurrent ones stay, and one is shown: for prose and
    /// decisions.
    case multi
    /// Elements that are added and removed; who adds wins over who removed without having seen it.
    case set
}

/// What a field's values look like: a hint for forms and options, and a rule for what is written here.
///
/// What others wrote is read whatever it looks like.
public enum ValueType: String, Sendable, CaseIterable {
    /// Words.
    case text
    /// A whole number.
    case integer
    /// A number, whole or not.
    case number
    /// True or false.
    case boolean
    /// A record, here or in another space, or the text that it was imported under.
    case reference
    /// Several values that belong together.
    case list
    /// Anything.
    case any
}

/// One field of a kind: its number on the wire, its name for people, and how it behaves.
public struct FieldSpec: Hashable, Sendable {
    /// The number, below 65,536; never used again, not even for a field that is gone.
    ///
    /// On an owned record, numbers below 64 are the owner's alone; who reacts to it writes the others.
    public let number: UInt64
    /// The name in JSON, in options and in programs.
    public let name: String
    /// How concurrent writes meet.
    public let type: FieldType
    /// What its values look like.
    public let value: ValueType
    /// The version of the data model in which it came.
    public let since: Int

    /// A field from its properties.
    public init(_ number: UInt64, _ name: String, _ type: FieldType, _ value: ValueType, since: Int = 1) {
        self.number = number
        self.name = name
        self.type = type
        self.value = value
        self.since = since
    }

    /// The field as changes name it.
    public var field: Field { .number(number) }
}
