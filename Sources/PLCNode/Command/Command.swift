/// A command as data: what the parser accepts and the help prints, and nothing about what it does.
package struct Command: Sendable {
    /// The words that name it, such as `space` and `create`.
    package let words: [String]
    /// One line in the imperative, for the list of commands.
    package let summary: String
    /// Paragraphs for the command's own help; may be empty.
    package let details: String
    /// The words that follow the name, in order.
    package let arguments: [CommandArgument]
    /// The options besides those that every command takes.
    package let options: [CommandOption]

    /// A command named by `name`, its words separated by spaces.
    ///
    /// Only the last argument may be repeated, and none that must be given may follow one that may be left out:
    /// otherwise a word could mean two things.
    package init(
        _ name: String, _ summary: String, details: String = "", arguments: [CommandArgument] = [],
        options: [CommandOption] = []
    ) {
        words = name.split(separator: " ").map(String.init)
        self.summary = summary
        self.details = details
        self.arguments = arguments
        self.options = options
        precondition(!words.isEmpty, "a command needs a name")
        for (argument, next) in zip(arguments, arguments.dropFirst()) {
            precondition(!argument.isRepeated, "'\(name)': only the last argument may be repeated")
            precondition(
                !argument.isOptional || next.isOptional, "'\(name)': '\(next.name)' may be needed or not")
        }
    }

    /// The words, separated by spaces.
    package var name: String { words.joined(separator: " ") }
}

/// A word that a command takes by its position.
package struct CommandArgument: Equatable, Sendable {
    /// The name in the help, in capitals, such as `SPACE`.
    package let name: String
    /// What it means.
    package let help: String
    /// Whether it may be left out.
    package let isOptional: Bool
    /// Whether several may be given.
    package let isRepeated: Bool

    /// An argument that must be given, unless it is said to be optional.
    package init(_ name: String, _ help: String, optional: Bool = false, repeated: Bool = false) {
        self.name = name
        self.help = help
        isOptional = optional
        isRepeated = repeated
    }

    /// As the usage line shows it.
    var usage: String {
        let word = isRepeated ? name + "..." : name
        return isOptional ? "[\(word)]" : word
    }
}

/// An option: `--name VALUE` or `--name=VALUE`, or a flag `--name`.
package struct CommandOption: Equatable, Sendable {
    /// The name without its dashes.
    package let name: String
    /// The name of the value in the help, such as `SPACE`; nil for a flag.
    package let placeholder: String?
    /// What it means.
    package let help: String
    /// The values there are; empty if any is welcome.
    package let choices: [String]
    /// Whether the command cannot do without.
    package let isRequired: Bool
    /// Whether it may be given several times.
    package let isRepeatable: Bool
    /// Whether it sets a field of a record: see `Invocation.fields`.
    package let isField: Bool

    /// A flag, which has no value.
    package static func flag(_ name: String, _ help: String) -> Self {
        Self(
            name: name, placeholder: nil, help: help, choices: [], isRequired: false, isRepeatable: false,
            isField: false)
    }

    /// An option with a value.
    package static func value(
        _ name: String, _ placeholder: String, _ help: String, choices: [String] = [], required: Bool = false,
        repeatable: Bool = false
    ) -> Self {
        Self(
            name: name, placeholder: placeholder, help: help, choices: choices, isRequired: required,
            isRepeatable: repeatable, isField: false)
    }

    /// An option that sets the field of this name; a set of elements is given by repeating it.
    package static func field(
        _ name: String, _ placeholder: String = "TEXT", _ help: String = "", choices: [String] = [],
        required: Bool = false, repeatable: Bool = false
    ) -> Self {
        Self(
            name: name, placeholder: placeholder, help: help, choices: choices, isRequired: required,
            isRepeatable: repeatable, isField: true)
    }

    /// One field option for each name: kinds declare their fields as data, and a table is made from that.
    package static func fields(_ names: [String], repeatable: Set<String> = []) -> [Self] {
        names.map { field($0, repeatable: repeatable.contains($0)) }
    }

    /// As the list of options shows it.
    var usage: String { placeholder.map { "--\(name) \($0)" } ?? "--\(name)" }
}

/// All commands of a program.
package struct CommandTable: Sendable {
    /// The program's name, with which every error begins.
    package let program: String
    /// What the program is, in one line.
    package let summary: String
    /// The commands, in the order of the help.
    package let commands: [Command]
    /// The options that every command takes.
    package let common: [CommandOption]

    /// A table whose commands also take `common`.
    package init(
        program: String, summary: String, commands: [Command],
        common: [CommandOption] = CommandTable.everywhere
    ) {
        self.program = program
        self.summary = summary
        self.commands = commands
        self.common = common
        for command in commands {
            let names = (command.options + common).map(\.name)
            precondition(Set(names).count == names.count, "'\(command.name)' has an option twice")
        }
        precondition(Set(commands.map(\.words)).count == commands.count, "a command is named twice")
    }

    /// `--dir`, `--json` and `--help`.
    package static let everywhere: [CommandOption] = [
        .value("dir", "DIR", "the node's folder; otherwise PLC_DIR names it"),
        .flag("json", "answer in JSON, one object or one a line"),
        .flag("help", "print this help"),
    ]

    /// The words that may follow `path`, each once, in the order of the table.
    func words(after path: [String]) -> [String] {
        var words: [String] = []
        for command in commands where command.words.count > path.count && command.words.starts(with: path) {
            let word = command.words[path.count]
            if !words.contains(word) { words.append(word) }
        }
        return words
    }
}
