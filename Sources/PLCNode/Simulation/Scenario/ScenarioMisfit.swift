/// Something in a scenario that its grammar allows and that makes no sense.
package struct Misfit: Equatable, Sendable {
    /// The line that it is in: which of its manner, from 0.
    package enum Place: Hashable, Sendable {
        case header
        case length
        case group(Int), link(Int), space(Int), workload(Int), event(Int), expectation(Int), draw(Int)
    }

    package let place: Place
    /// The words that make no sense, as they are printed; empty for the line as a whole.
    package let words: String
    /// What is wrong.
    package let phrase: Phrase
    /// What varies in the phrase.
    package let arguments: [String]
    /// What was probably meant.
    package let nearest: String?

    init(
        _ place: Place, _ phrase: Phrase, _ arguments: String..., words: String = "", nearest: String? = nil
    ) {
        self.place = place
        self.phrase = phrase
        self.arguments = arguments
        self.words = words
        self.nearest = nearest
    }
}

/// Why a scenario cannot be planned: all that makes no sense.
package struct ScenarioMisfits: Error, CustomStringConvertible {
    package let scenario: String
    package let misfits: [Misfit]

    package var description: String {
        misfits.map { "\(scenario): \($0.phrase.text(.english, $0.arguments))" }.joined(separator: "\n")
    }
}
