public import PLCSync

/// The fields that records of every kind may have.
public enum CommonField {
    /// The identity that a record was imported under: text, set at creation.
    ///
    /// A store keeps an index of it.
    public static let importedID = Field.number(0)

    /// The fields of all kinds but the identity, which is no field to people.
    public static let all: [FieldSpec] = [
        FieldSpec(1, "author", .constant, .reference),
        FieldSpec(2, "createdAt", .constant, .integer),
        FieldSpec(3, "lang", .register, .text),
        FieldSpec(4, "archived", .register, .boolean),
        FieldSpec(5, "tags", .set, .text),
    ]

    /// The first number that a kind may give to a field of its own.
    public static let firstOwnNumber: UInt64 = 8
}
