/// One line of a scenario as words, read from left to right.
///
/// Every method that reads either takes what it names or leaves the line where it was and throws what it expected
/// there. A line is given up at its first mistake: what follows one is seldom worth a complaint.
struct ScenarioLine {
    /// A word and where it begins; columns count characters from 1.
    struct Word: Equatable {
        let text: String
        let column: Int
    }

    /// From 1.
    let number: Int
    let words: [Word]
    /// The column after the last word.
    let endColumn: Int
    /// The words that would have been right where the next one stands, gathered while alternatives are tried.
    private var expected: [ScenarioProblem.Expected] = []
    /// The index of the word that stands next.
    private(set) var position = 0

    /// The words of `text`, whose comment is left out; commas are words, and a unit may touch its number.
    init(number: Int, text: Substring) {
        self.number = number
        var words: [Word] = []
        var current = ""
        var begin = 1
        var column = 1
        func end() {
            if !current.isEmpty { words += Self.split(Word(text: current, column: begin)) }
            current = ""
        }
        for character in text {
            if character == "#", current.isEmpty { break }
            if character == "," {
                end()
                words.append(Word(text: ",", column: column))
            } else if character.isWhitespace {
                end()
            } else {
                if current.isEmpty { begin = column }
                current.append(character)
            }
            column += 1
        }
        end()
        self.words = words
        endColumn = words.last.map { $0.column + $0.text.count } ?? 1
    }

    /// A number that its unit touches is two words, such as `40ms` and `2%`.
    private static func split(_ word: Word) -> [Word] {
        guard let first = word.text.first, "+-0123456789".contains(first), let last = word.text.last,
            last == "%" || last.isLetter
        else { return [word] }
        let digits = word.text.prefix { "+-.0123456789".contains($0) }
        let unit = word.text[digits.endIndex...]
        guard unit == "%" || unit.allSatisfy({ $0.isLetter || $0 == "/" }) else { return [word] }
        return [
            Word(text: String(digits), column: word.column),
            Word(text: String(unit), column: word.column + digits.count),
        ]
    }

    // MARK: Reading

    /// The word that stands next, or nil at the end.
    var next: String? { words.indices.contains(position) ? words[position].text : nil }

    /// The problem that something else was expected here.
    func problem(_ more: [ScenarioProblem.Expected] = []) -> ScenarioProblem {
        ScenarioProblem(
            line: number, column: words.indices.contains(position) ? words[position].column : endColumn,
            cause: .unexpected(found: next, expected: expected + more))
    }

    /// Takes the next word, whatever it is.
    mutating func advance() {
        position += 1
        expected = []
    }

    /// Goes back to the word of that index.
    mutating func rewind(to index: Int) {
        position = index
        expected = []
    }

    /// Whether `phrase`, one or several words, stands next; takes it if so.
    mutating func take(_ phrase: String) -> Bool {
        let wanted = phrase.split(separator: " ")
        guard words.count - position >= wanted.count,
            zip(words[position...], wanted).allSatisfy({ $0.text == $1 })
        else {
            // Of a phrase whose first words are right, the first wrong word is to blame; a caller that has no other
            // choice finds it with `need`.
            expected.append(.word(phrase))
            return false
        }
        for _ in wanted { advance() }
        return true
    }

    /// Takes the phrase, which must stand next.
    mutating func need(_ phrase: String) throws(ScenarioProblem) {
        for word in phrase.split(separator: " ") {
            if !take(String(word)) { throw problem() }
        }
    }

    /// Takes one of the words, which must stand next, and says which.
    mutating func need<Choice>(
        _ choices: [Choice], _ spelled: (Choice) -> String
    ) throws(ScenarioProblem) -> Choice {
        for choice in choices where take(spelled(choice)) { return choice }
        throw problem()
    }

    /// Takes any word for which `read` finds a meaning.
    mutating func need<Meaning>(
        _ expected: ScenarioProblem.Expected, _ read: (String) -> Meaning?
    ) throws(ScenarioProblem) -> Meaning {
        guard let next, let meaning = read(next) else { throw problem([expected]) }
        advance()
        return meaning
    }

    /// Makes sure that nothing is left.
    func needEnd() throws(ScenarioProblem) {
        if next != nil { throw problem([.thing(ScenarioTexts.lineEnd)]) }
    }

    /// The column at which `phrase` stands as whole words, or that of the first word.
    func column(of phrase: String) -> Int {
        let wanted = ScenarioLine(number: number, text: phrase[...]).words.map(\.text)
        for start in words.indices where !wanted.isEmpty && start + wanted.count <= words.count {
            if words[start..<start + wanted.count].map(\.text) == wanted { return words[start].column }
        }
        return words.first?.column ?? 1
    }
}
