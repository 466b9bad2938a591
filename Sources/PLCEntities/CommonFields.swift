public import PLCSync

/// The fields that records of every kind may have.
public enum CommonField {
    /// The identity that a record was imported under: text, set at creation. A store keeps an index of it.
    public static let importedID = Field.number(0)
}
