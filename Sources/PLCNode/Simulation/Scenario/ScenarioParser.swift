internal import PLCSync

extension Scenario {
    /// Reads a scenario, or throws every mistake in it; `file` is what people know the text by.
    package init(parsing text: String, file: String) throws(ScenarioProblems) {
        var parser = ScenarioParser()
        self = try parser.parse(text, file: file, judges: true)
    }

    /// Reads a scenario whose grammar is right, whether or not it makes sense; `misfits` tells.
    package init(reading text: String, file: String) throws(ScenarioProblems) {
        var parser = ScenarioParser()
        self = try parser.parse(text, file: file, judges: false)
    }
}

/// Reads the text of a scenario line by line; `Specs/scenarios.md` is its grammar.
struct ScenarioParser {
    private(set) var scenario = Scenario(name: "", length: 0)
    private var problems: [ScenarioProblem] = []
    /// The line of each entry, for what can be judged only when all are known.
    private var places: [Misfit.Place: ScenarioLine] = [:]
    /// Header lines that were there, by their first word.
    private var headers: [String: ScenarioLine] = [:]
    /// First words of lines that were given up: what they would have declared is missed in vain.
    private var isBroken: Set<String> = []

    /// The words that begin a line of the header.
    private static let headerWords = ["scenario", "title", "starts", "lasts", "runs", "seed"]
    /// The words that begin any other line.
    private static let entryWords = [
        "group", "node", "link", "space", "write", "draw", "on", "from", "every", "expect",
    ]

    mutating func parse(_ text: String, file: String, judges: Bool) throws(ScenarioProblems) -> Scenario {
        let texts = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        let lines = texts.enumerated().map { (ScenarioLine(number: $0 + 1, text: $1), $1) }
        // `the end` is a time, so how long it lasts must be known first.
        for (line, raw) in lines where line.next.map(Self.headerWords.contains) ?? false {
            attempt(line) { parser, line throws(ScenarioProblem) in try parser.header(&line, raw) }
        }
        for (line, _) in lines where !(line.next.map(Self.headerWords.contains) ?? true) {
            attempt(line) { parser, line throws(ScenarioProblem) in
                try parser.entry(&line)
                try line.needEnd()
            }
        }
        if judges { judge(lines.count) }
        if problems.isEmpty { return scenario }
        problems.sort { ($0.line, $0.column) < ($1.line, $1.column) }
        throw ScenarioProblems(file: file, problems: problems)
    }

    private mutating func attempt(
        _ line: ScenarioLine,
        _ read: (inout ScenarioParser, inout ScenarioLine) throws(ScenarioProblem) -> Void
    ) {
        var line = line
        let before = scenario
        do throws(ScenarioProblem) {
            try read(&self, &line)
        } catch {
            scenario = before
            problems.append(error)
            isBroken.insert(line.words.first?.text ?? "")
        }
    }

    // MARK: Sense

    /// Adds what makes no sense, save what may only follow from a line that was given up.
    private mutating func judge(_ count: Int) {
        let end = ScenarioLine(number: max(count, 1), text: "")
        for (word, thing) in [
            ("scenario", ScenarioTexts.missingName), ("lasts", ScenarioTexts.missingLength),
        ]
        where headers[word] == nil && !isBroken.contains(word) {
            problems.append(Self.problem(Misfit(.header, thing), end))
        }
        let declaring = ["group", "node", "space", "link", "draw", "lasts"]
        if headers["lasts"] == nil || declaring.contains(where: isBroken.contains) { return }
        if isBroken.contains(where: { ["on", "from", "every"].contains($0) }) {
            // A broken line may have cloned a node.
            if problems.isEmpty { return }
        }
        for misfit in scenario.misfits {
            let line =
                switch misfit.place {
                case .header: headers["scenario"]
                case .length: headers["lasts"]
                case .group, .link, .space, .workload, .event, .expectation, .draw: places[misfit.place]
                }
            problems.append(Self.problem(misfit, line ?? end))
        }
    }

    private static func problem(_ misfit: Misfit, _ line: ScenarioLine) -> ScenarioProblem {
        ScenarioProblem(line: line.number, column: line.column(of: misfit.words), cause: .misfit(misfit))
    }

    // MARK: The header

    private mutating func header(_ line: inout ScenarioLine, _ raw: Substring) throws(ScenarioProblem) {
        let word = try line.need(Self.headerWords) { $0 }
        if headers.updateValue(line, forKey: word) != nil {
            throw Self.problem(Misfit(.header, ScenarioTexts.givenTwice, word, words: word), line)
        }
        switch word {
        case "scenario": scenario.name = try line.name()
        case "title":
            scenario.title = Self.rest(of: raw, after: "title")
            return
        case "starts": scenario.start = try line.date()
        case "lasts": scenario.length = try line.duration()
        case "seed":
            scenario.seed = try line.need(.thing(ScenarioTexts.number)) {
                $0.utf8.allSatisfy { (48...57).contains($0) } ? UInt64($0) : nil
            }
        default:
            try line.need("by")
            scenario.model = try line.need(Scenario.Model.allCases) { $0.rawValue }
        }
        try line.needEnd()
    }

    /// A title is taken as it is, so it may say anything but begin a comment.
    private static func rest(of raw: Substring, after word: String) -> String? {
        var words = raw.split { $0.isWhitespace }
        if let comment = words.firstIndex(where: { $0.first == "#" }) { words.removeSubrange(comment...) }
        let title = words.dropFirst().joined(separator: " ")
        return title.isEmpty ? nil : title
    }

    // MARK: Entries

    private mutating func entry(_ line: inout ScenarioLine) throws(ScenarioProblem) {
        for word in Self.headerWords { _ = line.take(word) }
        let whole = line
        switch try line.need(Self.entryWords, { $0 }) {
        case "group":
            places[.group(scenario.groups.count)] = whole
            let name = try line.name()
            try line.need("of")
            scenario.groups.append(.init(name, of: try line.count()))
        case "node":
            places[.group(scenario.groups.count)] = whole
            scenario.groups.append(.init(try line.name(), of: nil))
        case "link":
            places[.link(scenario.links.count)] = whole
            scenario.links.append(try line.link(end: scenario.length))
        case "space":
            places[.space(scenario.spaces.count)] = whole
            scenario.spaces.append(try line.space())
        case "write":
            places[.workload(scenario.workloads.count)] = whole
            scenario.workloads.append(try line.workload(end: scenario.length))
        case "draw":
            places[.draw(scenario.draws.count)] = whole
            scenario.draws.append(try line.draw())
        case "expect":
            places[.expectation(scenario.expectations.count)] = whole
            scenario.expectations.append(try line.expectation(end: scenario.length))
        default:
            places[.event(scenario.events.count)] = whole
            line = whole
            scenario.events.append(try line.event(end: scenario.length))
        }
    }
}

extension ScenarioLine {
    // MARK: Links

    mutating func link(end: UInt64) throws(ScenarioProblem) -> Scenario.Link {
        let a = try selection()
        try need("to")
        var link = Scenario.Link(a, to: try selection())
        if let assignment = try assignment() {
            link.pattern = .assigned(assignment)
        } else if take("in a ring") {
            link.pattern = .ring
        } else if take("in a chain") {
            link.pattern = .chain
        } else if take("with") {
            link.pattern = .some(try count(from: 1))
            try need("each")
        }
        var seen: [String] = []
        while next != nil { try property(of: &link.profile, &seen, end: end) }
        return link
    }

    private mutating func property(
        of profile: inout LinkProfile, _ seen: inout [String], end: UInt64
    ) throws(ScenarioProblem) {
        let words = [
            "latency", "spread", "loss", "duplicates", "reorders", "bandwidth", "open", "on", "closed", "up",
            "meet", "stay",
        ]
        let word = try needOnce(words, &seen, repeatable: "closed")
        switch word {
        case "latency": profile.latency = try duration()
        case "spread": profile.spread = try duration()
        case "loss": profile.lossPerMillion = try share()
        case "duplicates": profile.duplicatesPerMillion = try share()
        case "reorders": profile.reorderedPerMillion = try share()
        case "bandwidth": profile.bandwidth = try bandwidth()
        case "open":
            repeat { profile.timetable.hours.append(try hours()) } while take(",")
        case "on": profile.timetable.weekdays = try weekdays()
        case "closed":
            try need("from")
            let from = try point(end: end)
            try need("to")
            profile.timetable.closures.append(from..<(try later(than: from, end: end)))
        case "up":
            let up = try duration()
            try need("down")
            profile.timetable.flapping = .init(up: up, down: try duration())
        case "meet":
            try need("every")
            profile.manner = .meet(every: try duration())
        default: profile.manner = .stay
        }
    }

    /// Takes one of the words, none of which may stand twice but `repeatable`.
    private mutating func needOnce(
        _ words: [String], _ seen: inout [String], repeatable: String? = nil
    ) throws(ScenarioProblem) -> String {
        let taken = seen
        let word = try need(words.filter { $0 == repeatable || !taken.contains($0) }) { $0 }
        seen.append(word)
        return word
    }

    /// A time after `from`.
    mutating func later(than from: UInt64, end: UInt64) throws(ScenarioProblem) -> UInt64 {
        let start = position
        let time = try point(end: end)
        if time > from { return time }
        rewind(to: start)
        throw problem([.thing(ScenarioTexts.laterTime)])
    }

    // MARK: Spaces

    mutating func space() throws(ScenarioProblem) -> Scenario.Space {
        let name = try name()
        var each: String?
        if take("for each") { each = try self.name() }
        var level: Genesis.Level?
        var space = Scenario.Space(name, each: each, level: .team, members: [])
        let members: [(word: String, role: Role)] = [
            ("members", .writer), ("readers", .reader), ("relays", .relay), ("stewards", .steward),
        ]
        var seen: [String] = []
        while next != nil {
            let word = try needOnce(["level", "parent", "founder"] + members.map(\.word), &seen)
            switch word {
            case "level": level = try need(Genesis.Level.allCases) { $0.name }
            case "parent": space.parent = .init(try self.name(), share: try assignment())
            case "founder": space.founder = try term(withShares: true)
            default:
                guard let role = members.first(where: { $0.word == word })?.role else { break }
                space.members.append(.init(role, try selection(withShares: true)))
            }
        }
        guard let level else {
            rewind(to: position)
            throw problem([.word("level")])
        }
        space.level = level
        return space
    }

    // MARK: Work

    mutating func workload(end: UInt64) throws(ScenarioProblem) -> Scenario.Workload {
        var work = Scenario.Workload(try selection(), rates: [])
        if take("in") { work.space = try name() }
        var seen: [String] = []
        while next != nil {
            if next.flatMap({ Self.digits($0) }) != nil || work.rates.isEmpty {
                let count = try count()
                let kind = try writeKind()
                try need("a")
                let period = try need(Scenario.WriteRate.Period.allCases) { $0.rawValue }
                work.rates.append(.init(count, kind, a: period))
                continue
            }
            switch try needOnce(["conflicts", "from", "on", "until"], &seen) {
            case "conflicts": work.conflictsPerMillion = try share()
            case "from": work.hours = try hoursInWords()
            case "on": work.weekdays = try weekdays()
            default: work.until = try point(end: end)
            }
        }
        return work
    }

    /// What is written, in the singular or the plural.
    mutating func writeKind() throws(ScenarioProblem) -> Scenario.WriteKind {
        let names = Scenario.WriteKind.allCases.map { $0 == .feedback ? $0.rawValue : $0.rawValue + "s" }
        return try need(.oneOf(ScenarioTexts.kinds, names)) { word in
            Scenario.WriteKind.allCases.first { word == $0.rawValue || word == $0.rawValue + "s" }
        }
    }

    // MARK: Draws

    mutating func draw() throws(ScenarioProblem) -> Scenario.Draw {
        let dial = try need(Scenario.Dial.allCases) { $0.rawValue }
        let range = try range(dial.unit)
        var chance = Scenario.Draw.usualChance(dial)
        if take("in") {
            chance = try share()
            try need("of runs")
        }
        return Scenario.Draw(dial, range, chancePerMillion: chance)
    }
}
