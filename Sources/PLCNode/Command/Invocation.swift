/// A command line that was understood: which command, and with what.
///
/// Texts are as they were typed, since a path is bytes and must not change; a text that is stored is normalised with `nfc`
/// where it enters a record. Asking for an option or an argument that the command does not declare is a programmer's
/// error, and traps.
package struct Invocation: Equatable, Sendable {
    /// A field and the value it was given.
    package struct Field: Equatable, Sendable {
        /// The name of the field.
        package let name: String
        /// The value as typed.
        package let value: String
    }

    /// The command's words, separated by spaces, such as `space create`.
    package let command: String
    /// The fields of a record, in the order given.
    package internal(set) var fields: [Field] = []
    var arguments: [String: [String]]
    var options: [String: [String]]

    /// An invocation in which each argument and option that `command` knows is still without values.
    init(of command: Command, common: [CommandOption]) {
        self.command = command.name
        arguments = Dictionary(uniqueKeysWithValues: command.arguments.map { ($0.name, []) })
        options = Dictionary(uniqueKeysWithValues: (command.options + common).map { ($0.name, []) })
    }

    /// Whether the answer is to be JSON.
    package var isJSON: Bool { flag("json") }

    /// The node's folder, if `--dir` named one.
    package var directory: String? { value("dir") }

    /// Whether the flag was given.
    package func flag(_ name: String) -> Bool { !values(name).isEmpty }

    /// The value of an option, the last one if it is repeatable, or nil.
    package func value(_ name: String) -> String? { values(name).last }

    /// The values of an option in the order given.
    package func values(_ name: String) -> [String] {
        guard let values = options[name] else {
            preconditionFailure("'\(command)' has no option '--\(name)'")
        }
        return values
    }

    /// The word given for an argument that must be given.
    package func word(_ name: String) -> String {
        guard let word = words(name).first else {
            preconditionFailure("'\(name)' of '\(command)' may be left out")
        }
        return word
    }

    /// The words given for an argument that may be left out or repeated.
    package func words(_ name: String) -> [String] {
        guard let words = arguments[name] else {
            preconditionFailure("'\(command)' has no argument '\(name)'")
        }
        return words
    }
}
