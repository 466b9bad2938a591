/// A mistake in a scenario's text: where it is, what stands there, and what was expected.
package struct ScenarioProblem: Error, Equatable, Sendable {
    /// What would have been right.
    enum Expected: Equatable, Sendable {
        /// This word, or these words.
        case word(String)
        /// Anything of a manner.
        case thing(Phrase)
        /// One of some words, which a phrase describes.
        case oneOf(Phrase, [String])
        /// A whole number within bounds.
        case range(UInt64, UInt64)
    }

    enum Cause: Equatable, Sendable {
        /// Something else should stand here; nil is found at the end of a line.
        case unexpected(found: String?, expected: [Expected])
        /// The line reads well and makes no sense.
        case misfit(Misfit)
    }

    /// From 1.
    package let line: Int
    /// In characters, from 1.
    package let column: Int
    let cause: Cause

    /// The sentence, without the place.
    package func text(_ language: Language) -> String {
        let sentence =
            switch cause {
            case .misfit(let misfit): misfit.phrase.text(language, misfit.arguments)
            case .unexpected(let found, let expected): self.sentence(found, expected, language)
            }
        return nearest.map { sentence + ScenarioTexts.didYouMean.text(language, [$0]) } ?? sentence
    }

    private func sentence(_ found: String?, _ expected: [Expected], _ language: Language) -> String {
        var words: [String] = []
        for one in expected {
            let text = one.text(language)
            if !words.contains(text) { words.append(text) }
        }
        let last = words.popLast() ?? ""
        let list =
            words.isEmpty
            ? last
            : words.joined(separator: Texts.separator.text(language)) + ScenarioTexts.or.text(language) + last
        guard let found else { return ScenarioTexts.endsEarly.text(language, [list]) }
        return ScenarioTexts.unexpected.text(language, [found, list])
    }

    /// What was probably meant.
    package var nearest: String? {
        switch cause {
        case .misfit(let misfit): return misfit.nearest
        case .unexpected(let found, let expected):
            guard let found else { return nil }
            let words = expected.flatMap(\.words)
            // Of a phrase, a slip in its first word is judged by that word.
            let firsts = words.map { String($0.prefix { $0 != " " }) }
            guard let near = PLCNode.nearest(found, among: firsts), near != found else { return nil }
            return zip(words, firsts).first { $0.1 == near }?.0
        }
    }
}

extension ScenarioProblem.Expected {
    func text(_ language: Language) -> String {
        switch self {
        case .word(let word): "'\(word)'"
        case .thing(let phrase): phrase.text(language)
        case .oneOf(let phrase, let words): phrase.text(language, [words.joined(separator: ", ")])
        case .range(let low, let high): ScenarioTexts.numberWithin.text(language, ["\(low)", "\(high)"])
        }
    }

    /// The words that would have been right.
    var words: [String] {
        switch self {
        case .word(let word): [word]
        case .oneOf(_, let words): words
        case .thing, .range: []
        }
    }
}

/// All mistakes of one scenario's text, in the order of lines and columns.
package struct ScenarioProblems: Error, CustomStringConvertible {
    /// The file's name, as its reader knows it.
    package let file: String
    package let problems: [ScenarioProblem]

    /// A line each, as `FILE:LINE:COLUMN: what is wrong`.
    package func text(_ language: Language) -> String {
        problems.map { "\(file):\($0.line):\($0.column): \($0.text(language))" }.joined(separator: "\n")
    }

    package var description: String { text(.english) }
}
