/// Why a command line was not understood; printed on one line, it names the word that is wrong.
package struct UsageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package enum Problem: Equatable, Sendable {
        case noCommand(String)
        case missingCommand(oneOf: [String])
        case noOption(String)
        case missingValue(option: String, placeholder: String)
        case valueForFlag(option: String)
        case givenTwice(option: String)
        case notAChoice(option: String, value: String, choices: [String])
        case missingOption(String)
        case missingArgument(String)
        case extraWord(String)
    }

    /// The program and as much of the command as was understood, such as `plc post add`.
    package let context: String
    /// What is wrong.
    package let problem: Problem
    /// What was probably meant.
    package let suggestion: String?

    /// The error in `context`.
    package init(context: String, problem: Problem, suggestion: String? = nil) {
        self.context = context
        self.problem = problem
        self.suggestion = suggestion
    }

    package var description: String {
        let remedy = suggestion.map { "did you mean '\($0)'?" } ?? "see '\(context) --help'"
        return "\(context): \(sentence); \(remedy)"
    }

    private var sentence: String {
        switch problem {
        case .noCommand(let word): "no command '\(word)'"
        case .missingCommand(let words): "a command is missing (\(words.joined(separator: ", ")))"
        case .noOption(let option): "no option '\(option)'"
        case .missingValue(let option, let placeholder):
            "'\(option)' needs a value (\(option) \(placeholder))"
        case .valueForFlag(let option): "'\(option)' takes no value"
        case .givenTwice(let option): "'\(option)' is given twice"
        case .notAChoice(let option, let value, let choices):
            "'\(option)' is one of \(choices.joined(separator: ", ")), not '\(value)'"
        case .missingOption(let option): "'\(option)' is missing"
        case .missingArgument(let name): "\(name) is missing"
        case .extraWord(let word): "nothing is known to do with '\(word)'"
        }
    }
}
