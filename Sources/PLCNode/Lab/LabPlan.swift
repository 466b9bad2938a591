internal import PLCSync

/// What a lab takes from a scenario: its nodes, links, spaces and members, and the words that name them.
package struct LabPlan: Sendable {
    let plan: ScenarioPlan
    private let directory: ScenarioDirectory

    /// The most nodes: each is a process.
    package static let nodesMax = 100

    /// The plan of a scenario, or why a lab cannot have it.
    package init(_ scenario: Scenario) throws {
        // Before it is spelled out, which for a country takes a while.
        let count = scenario.groups.reduce(0) { $0 + $1.size }
        guard count <= Self.nodesMax else {
            throw CommandError(LabTexts.manyNodes, "\(count)", "\(Self.nodesMax)", code: .usage)
        }
        plan = try scenario.plan()
        directory = ScenarioDirectory(scenario.groups, clones: [])
    }

    /// The names of the nodes, in order.
    package var nodes: [String] { plan.nodes.map(\.name) }

    /// Whether two nodes share a space.
    func share(_ a: String, _ b: String) -> Bool {
        plan.spaces.contains { space in
            [a, b].allSatisfy { name in space.members.contains { $0.node == name } }
        }
    }

    /// The space of a name, or the nearest right one in the error.
    func space(_ name: String) throws -> ScenarioPlan.Space {
        if let space = plan.spaces.first(where: { $0.name == name }) { return space }
        throw unknown(ScenarioTexts.noSpace, name, among: plan.spaces.map(\.name))
    }

    /// The spaces in which a node may write, in order.
    func writable(_ node: String) -> [ScenarioPlan.Space] {
        plan.spaces.filter { $0.members.contains { $0.node == node && $0.role >= .writer } }
    }

    // MARK: Words

    /// The nodes that a text such as `district, school-1..school-3` names, in order.
    package func chosen(_ text: String, _ language: Language = .english) throws -> [String] {
        var line = ScenarioLine(number: 1, text: text[...])
        let selection = try read(&line, language) { line throws(ScenarioProblem) in
            let selection = try line.selection()
            try line.needEnd()
            return selection
        }
        try check(selection)
        return directory.chosen(selection).map { directory.names[$0] }
    }

    /// The two sides that a text such as `school-1, school-2 from all others` names.
    package func sides(_ text: String, _ language: Language = .english) throws -> (
        from: [String], to: [String]
    ) {
        var line = ScenarioLine(number: 1, text: text[...])
        let (first, second) = try read(&line, language) { line throws(ScenarioProblem) in
            let first = try line.selection()
            try line.need("from")
            let second = try line.selection()
            try line.needEnd()
            return (first, second)
        }
        try check(first)
        try check(second)
        let (from, to) = directory.sides(first, second)
        return (from.map { directory.names[$0] }, to.map { directory.names[$0] })
    }

    /// The links that a text names: `all`, `A:B`, or `GROUP:GROUP`, whichever of the two dials.
    package func links(_ text: String, _ language: Language = .english) throws -> [Int] {
        if text == "all" { return Array(plan.links.indices) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            throw unknown(LabTexts.noLink, text, among: plan.links.map { "\($0.a):\($0.b)" })
        }
        return try links(parts[0], parts[1], language)
    }

    /// The links between the nodes that two texts name; there is at least one.
    package func links(_ a: String, _ b: String, _ language: Language = .english) throws -> [Int] {
        let found = links(between: Set(try chosen(a, language)), and: Set(try chosen(b, language)))
        if !found.isEmpty { return found }
        let name = "\(a):\(b)"
        throw unknown(
            LabTexts.noLink, name, among: plan.links.flatMap { ["\($0.a):\($0.b)", "\($0.b):\($0.a)"] })
    }

    /// The links between nodes of one set and nodes of another.
    package func links(between a: Set<String>, and b: Set<String>) -> [Int] {
        plan.links.indices.filter { index in
            let link = plan.links[index]
            return a.contains(link.a) && b.contains(link.b) || a.contains(link.b) && b.contains(link.a)
        }
    }

    private func read<Value>(
        _ line: inout ScenarioLine, _ language: Language,
        _ body: (inout ScenarioLine) throws(ScenarioProblem) -> Value
    ) throws -> Value {
        do throws(ScenarioProblem) {
            return try body(&line)
        } catch {
            throw CommandError(LabTexts.verbatim, error.text(language), code: .usage)
        }
    }

    /// Throws if a term names nothing that there is.
    private func check(_ selection: Scenario.Selection) throws {
        for term in selection.terms + selection.except {
            do throws(ScenarioDirectory.Miss) {
                _ = try directory.nodes(term)
            } catch {
                switch error {
                case .noNode: throw unknown(ScenarioTexts.noNode, term.printed, among: directory.words)
                case .noGroup, .outside, .backwards, .shareWithoutEach:
                    throw unknown(LabTexts.noRange, term.printed, among: [])
                }
            }
        }
    }

    /// The error that a word names nothing, and what was probably meant.
    private func unknown(_ phrase: Phrase, _ word: String, among words: [String]) -> CommandError {
        guard let near = nearest(word, among: words) else { return CommandError(phrase, word, code: .usage) }
        return CommandError(phrase + LabTexts.didYouMean, word, near, code: .usage)
    }
}
