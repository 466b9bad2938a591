/// What a command line asks for.
package enum CommandRequest: Equatable, Sendable {
    /// Help for the commands that begin with these words; with none, for the program.
    case help([String])
    /// Run a command.
    case run(Invocation)
}

extension CommandTable {
    /// Understands the words of a command line, without the program's own name.
    ///
    /// First come the command's words, then its options and arguments in any order; the options of every command
    /// may also stand before and between. A value is the next word, unless that begins with `--` (then write
    /// `--name=--value`). After `--` everything is an argument. `--help` anywhere before that wins over any mistake.
    package func parse(_ line: [String]) throws(UsageError) -> CommandRequest {
        var parser = CommandParser(table: self, line: line)
        return try parser.parse()
    }
}

/// One pass over a command line.
private struct CommandParser {
    let table: CommandTable
    let line: [String]
    var at = 0
    var path: [String] = []
    /// Values of the common options that stood before the command was known.
    var early: [(option: CommandOption, value: String)] = []
    var arguments: [String] = []

    init(table: CommandTable, line: [String]) {
        self.table = table
        self.line = line
    }

    /// What an error begins with.
    var context: String { ([table.program] + path).joined(separator: " ") }

    mutating func parse() throws(UsageError) -> CommandRequest {
        let asksForHelp =
            line.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" } || line.first == "help"
        if asksForHelp { return .help(helpTopic()) }
        let command = try readCommand()
        var invocation = Invocation(of: command, common: table.common)
        for (option, value) in early { try give(value, to: option, in: &invocation) }
        try readRest(of: command, into: &invocation)
        try assignArguments(of: command, in: &invocation)
        for option in command.options where option.isRequired && invocation.values(option.name).isEmpty {
            throw error(.missingOption(option.usage))
        }
        return .run(invocation)
    }

    /// The longest row of words in the line that begins some command.
    private func helpTopic() -> [String] {
        var topic: [String] = []
        for word in line where table.words(after: topic).contains(word) { topic.append(word) }
        return topic
    }

    /// Reads words as long as they name a command.
    private mutating func readCommand() throws(UsageError) -> Command {
        while at < line.count {
            let words = table.words(after: path)
            if words.isEmpty || line[at] == "--" { break }
            if line[at].hasPrefix("-"), line[at].count > 1 {
                if command != nil { break }
                early.append(try readOption(of: table.common))
            } else if words.contains(line[at]) {
                path.append(line[at])
                at += 1
            } else if command != nil {
                break
            } else {
                throw error(.noCommand(line[at]), nearest(line[at], among: words))
            }
        }
        guard let command else { throw error(.missingCommand(oneOf: table.words(after: path))) }
        return command
    }

    private var command: Command? { table.commands.first { $0.words == path } }

    private mutating func readRest(of command: Command, into invocation: inout Invocation) throws(UsageError)
    {
        let options = command.options + table.common
        while at < line.count {
            let word = line[at]
            if word == "--" {
                arguments += line[(at + 1)...]
                return
            }
            if isOption(word) {
                let (option, value) = try readOption(of: options)
                try give(value, to: option, in: &invocation)
            } else {
                arguments.append(word)
                at += 1
            }
        }
    }

    /// Whether the word is meant as an option: `-` alone is a file, and `-3` a number.
    private func isOption(_ word: String) -> Bool {
        guard word.hasPrefix("-"), let second = word.dropFirst().utf8.first else { return false }
        return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(second)
    }

    /// Reads the option at `at` and its value; that of a flag is empty.
    private mutating func readOption(
        of options: [CommandOption]
    ) throws(UsageError) -> (option: CommandOption, value: String) {
        let word = line[at]
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        guard let option = options.first(where: { "--" + $0.name == parts[0] }) else {
            throw error(.noOption(parts[0]), nearest(parts[0], among: options.map { "--" + $0.name }))
        }
        at += 1
        guard let placeholder = option.placeholder else {
            guard parts.count == 1 else { throw error(.valueForFlag(option: parts[0])) }
            return (option, "")
        }
        if parts.count == 2 { return (option, parts[1]) }
        guard at < line.count, !line[at].hasPrefix("--") else {
            throw error(.missingValue(option: parts[0], placeholder: placeholder))
        }
        at += 1
        return (option, line[at - 1])
    }

    private func give(
        _ value: String, to option: CommandOption, in invocation: inout Invocation
    ) throws(UsageError) {
        let name = "--" + option.name
        let isFirst = invocation.values(option.name).isEmpty
        guard isFirst || option.isRepeatable || option.placeholder == nil else {
            throw error(.givenTwice(option: name))
        }
        guard option.choices.isEmpty || option.choices.contains(value) else {
            throw error(
                .notAChoice(option: name, value: value, choices: option.choices),
                nearest(value, among: option.choices))
        }
        invocation.options[option.name, default: []].append(value)
        if option.isField { invocation.fields.append(Invocation.Field(name: option.name, value: value)) }
    }

    private func assignArguments(of command: Command, in invocation: inout Invocation) throws(UsageError) {
        var rest = arguments[...]
        for argument in command.arguments {
            if rest.isEmpty, !argument.isOptional { throw error(.missingArgument(argument.name)) }
            let taken = argument.isRepeated ? rest : rest.prefix(1)
            invocation.arguments[argument.name] = Array(taken)
            rest = rest.dropFirst(taken.count)
        }
        if let extra = rest.first { throw error(.extraWord(extra)) }
    }

    private func error(_ problem: UsageError.Problem, _ suggestion: String? = nil) -> UsageError {
        UsageError(context: context, problem: problem, suggestion: suggestion)
    }
}
