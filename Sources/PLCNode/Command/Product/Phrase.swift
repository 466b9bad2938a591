/// A language that the node's people read.
package enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case arabic = "ar"
}

/// A sentence in both languages, with places for what varies: `{1}`, `{2}` and so on.
package struct Phrase: Sendable, Equatable {
    /// In English.
    package let english: String
    /// In Arabic.
    package let arabic: String

    /// The same sentence twice.
    package init(_ english: String, _ arabic: String) {
        self.english = english
        self.arabic = arabic
    }

    /// The sentence in `language`, with its places filled.
    package func text(_ language: Language, _ arguments: [String] = []) -> String {
        let template = language == .arabic ? arabic : english
        var text = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{") {
            text += rest[..<open]
            let after = rest[rest.index(after: open)...]
            guard let close = after.firstIndex(of: "}"), let number = Int(after[..<close]),
                arguments.indices.contains(number - 1)
            else {
                preconditionFailure("'\(template)' has a place that nothing fills")
            }
            text += printable(arguments[number - 1])
            rest = after[after.index(after: close)...]
        }
        return text + rest
    }
}

/// Why a command did not do what was asked: what, where, and what to do about it.
package struct CommandError: Error, CustomStringConvertible {
    /// The sentence.
    package let phrase: Phrase
    /// What varies in it.
    package let arguments: [String]
    /// What the process ends with.
    package let code: ExitCode

    /// An error that says `phrase`.
    package init(_ phrase: Phrase, _ arguments: String..., code: ExitCode = .failed) {
        self.phrase = phrase
        self.arguments = arguments
        self.code = code
    }

    /// The sentence in a language.
    package func text(_ language: Language) -> String { phrase.text(language, arguments) }

    package var description: String { text(.english) }
}
