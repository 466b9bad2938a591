extension LabStatus {
    /// The most spaces that have a column of their own.
    private static let columnsMax = 4
    /// The most nodes that a sentence names.
    private static let namesMax = 12

    /// The map for people: nodes, links, who reaches whom, and what is equal.
    func lines(_ language: Language, for sink: Output.Sink) -> [String] {
        var lines = nodeTable(language).lines(for: sink)
        lines.append("")
        lines += linkTable(language).lines(for: sink)
        lines.append("")
        if islands.count == 1 {
            lines.append(LabTexts.allReach.text(language))
        } else if !islands.isEmpty {
            let all = islands.map { "{" + Self.names($0, language) + "}" }.joined(separator: " ")
            lines.append(LabTexts.islands.text(language, ["\(islands.count)", all]))
        }
        for space in spaces { lines.append(line(space, language)) }
        return lines
    }

    private func nodeTable(_ language: Language) -> TextTable {
        let shown = spaceIDs.prefix(Self.columnsMax)
        var table = TextTable(
            [
                TextTable.Column(Texts.columnNode.text(language)),
                TextTable.Column(Texts.columnState.text(language)),
                TextTable.Column(LabTexts.columnAddress.text(language)),
            ] + shown.map { TextTable.Column($0.name) })
        for node in nodes {
            var condition = phrase(node).text(language)
            if node.clockOffset != 0 { condition += " " + LabWords.text(offset: node.clockOffset) }
            let cells = shown.map { space in
                node.spaces?[space.id].map { "\($0.hash.prefix(8)) \(grouped(Int(clamping: $0.changes)))" }
                    ?? "-"
            }
            table.add([node.name, condition, node.address?.description ?? "-"] + cells)
        }
        return table
    }

    private func phrase(_ node: NodeState) -> Phrase {
        switch node.condition {
        case .serves: node.spaces == nil ? LabTexts.silentNode : LabTexts.running
        case .stopped: LabTexts.dead
        case .frozen: LabTexts.frozen
        }
    }

    private func linkTable(_ language: Language) -> TextTable {
        var table = TextTable([
            TextTable.Column(LabTexts.columnLink.text(language)),
            TextTable.Column(LabTexts.columnLine.text(language)),
            TextTable.Column(Texts.columnState.text(language)),
            TextTable.Column(Texts.columnBehind.text(language), .end),
            TextTable.Column(Texts.columnAhead.text(language), .end),
        ])
        for link in links {
            let isAnswered = link.state != nil
            table.add([
                "\(link.a):\(link.b)", line(link, language),
                link.isInSync == true ? Texts.inSync.text(language) : link.state ?? "-",
                isAnswered ? grouped(Int(clamping: link.behind)) : "-",
                isAnswered ? grouped(Int(clamping: link.ahead)) : "-",
            ])
        }
        return table
    }

    /// What the line is like.
    private func line(_ link: LinkState, _ language: Language) -> String {
        guard link.isUsed else { return LabTexts.unused.text(language) }
        let condition = link.condition
        switch (condition.forth, condition.back) {
        case (.open, .open):
            var parts = [LabTexts.open.text(language)]
            if condition.latency > 0 { parts.append(humanDuration(.milliseconds(Int64(condition.latency)))) }
            if let bandwidth = condition.bandwidth { parts.append(printed(bandwidth: bandwidth)) }
            return parts.joined(separator: Texts.separator.text(language))
        case (.broken, _), (_, .broken): return LabTexts.cut.text(language)
        case (.silent, .silent): return LabTexts.silent.text(language)
        case (.silent, .open): return LabTexts.oneWay.text(language, [link.a, link.b])
        case (.open, .silent): return LabTexts.oneWay.text(language, [link.b, link.a])
        }
    }

    private func line(_ space: SpaceState, _ language: Language) -> String {
        var text: String
        if space.isEqual {
            let nodes = space.groups.first?.nodes ?? []
            text = LabTexts.equal.text(language, [space.name, Self.names(nodes, language)])
        } else {
            let groups = space.groups.map { "\($0.hash.prefix(8)) {\(Self.names($0.nodes, language))}" }
            text = LabTexts.different.text(language, [space.name, groups.joined(separator: " ")])
        }
        if !space.missing.isEmpty {
            let missing = LabTexts.notAsked.text(language, [Self.names(space.missing, language)])
            text += " (\(missing))"
        }
        return text
    }

    /// Names in a sentence; of many only the first.
    static func names(_ names: [String], _ language: Language) -> String {
        let shown = names.prefix(namesMax) + (names.count > namesMax ? ["…"] : [])
        return shown.joined(separator: Texts.separator.text(language))
    }
}
