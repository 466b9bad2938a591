extension CommandTable {
    /// The help for the commands that begin with the words of `topic`: one command in full, or a list of several.
    ///
    /// Lines are at most `width` columns wide, if words allow, and none but the last ends without a newline.
    package func help(_ topic: [String] = [], width: Int = 80) -> String {
        let under = commands.filter { $0.words.starts(with: topic) }
        let lines =
            if under.count == 1, let command = under.first, command.words == topic {
                help(command, width: width)
            } else {
                list(under, topic: topic, width: width)
            }
        return lines.joined(separator: "\n") + "\n"
    }

    private func help(_ command: Command, width: Int) -> [String] {
        var lines = usage(command, width: width)
        lines.append("")
        lines += wrap(command.summary, width: width)
        if !command.details.isEmpty {
            lines.append("")
            lines += wrap(command.details, width: width)
        }
        let arguments = command.arguments.map { ($0.name, $0.help) }
        let options = command.options.map { ("\($0.usage)\($0.isRepeatable ? " ..." : "")", explanation($0)) }
        let common = common.map { ($0.usage, explanation($0)) }
        for rows in [arguments, options, common] where !rows.isEmpty {
            lines.append("")
            lines += columns(rows, width: width)
        }
        return lines
    }

    private func list(_ commands: [Command], topic: [String], width: Int) -> [String] {
        let name = ([program] + topic).joined(separator: " ")
        var lines = wrap("usage: \(name) COMMAND ...", width: width)
        if topic.isEmpty {
            lines.append("")
            lines += wrap(summary, width: width)
        }
        lines.append("")
        lines += columns(commands.map { ($0.name, $0.summary) }, width: width)
        lines.append("")
        lines += columns(common.map { ($0.usage, explanation($0)) }, width: width)
        lines.append("")
        lines += wrap("'\(name) COMMAND --help' says more about one command.", width: width)
        return lines
    }

    /// The usage line; what must be given comes first, and fields that may be left out share one place.
    private func usage(_ command: Command, width: Int) -> [String] {
        var words = command.arguments.map(\.usage)
        for option in command.options where option.isRequired {
            words.append(option.usage + (option.isRepeatable ? "..." : ""))
        }
        for option in command.options where !option.isRequired && !option.isField {
            words.append("[\(option.usage)]" + (option.isRepeatable ? "..." : ""))
        }
        if command.options.contains(where: { $0.isField && !$0.isRequired }) {
            words.append("[--FIELD VALUE]...")
        }
        let head = "usage: \(program) \(command.name)"
        // Spaces inside an option must not break: they are made into line-breaking ones only afterwards.
        let unbroken = words.map { String($0.map { $0 == " " ? "\u{a0}" : $0 }) }
        let indent = displayWidth(head) + 1
        let wrapped = wrap(unbroken.joined(separator: " "), width: max(20, width - indent))
        return wrapped.enumerated().map { i, line in
            let text = String(line.map { $0 == "\u{a0}" ? " " : $0 })
            let begin = i == 0 ? head : String(repeating: " ", count: indent - 1)
            return text.isEmpty ? begin : "\(begin) \(text)"
        }
    }

    private func explanation(_ option: CommandOption) -> String {
        var parts = option.help.isEmpty ? [] : [option.help]
        if !option.choices.isEmpty { parts.append("one of " + option.choices.joined(separator: ", ")) }
        if option.isRequired { parts.append("required") }
        return parts.joined(separator: "; ")
    }

    /// Two columns: the left one as wide as its widest entry up to 28, the right one wrapped beside it.
    private func columns(_ rows: [(left: String, right: String)], width: Int) -> [String] {
        let left = min(28, rows.map { displayWidth($0.left) }.max() ?? 0)
        var lines: [String] = []
        for row in rows {
            let begin = "  " + row.left
            let gap = left + 4 - displayWidth(begin)
            let indent = String(repeating: " ", count: left + 4)
            var right = wrap(row.right, width: max(20, width - left - 4))
            if right == [""] {
                lines.append(begin)
                continue
            }
            lines.append(gap >= 2 ? begin + String(repeating: " ", count: gap) + right.removeFirst() : begin)
            lines += right.map { indent + $0 }
        }
        return lines
    }
}
