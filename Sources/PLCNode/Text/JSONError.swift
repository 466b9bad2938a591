/// Why bytes are not the JSON that we accept, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong at the offset.
    package enum Reason: String, Sendable, CaseIterable {
        case truncated = "the text ends too early"
        case unexpected = "a value, a comma or a bracket was expected"
        case expectedKey = "a key in quotation marks was expected"
        case expectedColon = "a colon was expected"
        case trailing = "nothing may follow the value"
        case depth = "values are nested deeper than 32"
        case duplicateKey = "the key occurs twice in one object"
        case utf8 = "the text is not UTF-8"
        case control = "a control character must be escaped"
        case escape = "the escape is unknown"
        case surrogate = "half of a surrogate pair stands alone"
        case number = "the number is not written as JSON wants it"
        case range = "the number does not fit 64 bits"
    }

    /// The offset in bytes, from the start of the span that was read.
    package let offset: Int
    /// What is wrong there.
    package let reason: Reason

    /// The error at `offset`.
    package init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    package var description: String { "byte \(offset): \(reason.rawValue)" }
}
