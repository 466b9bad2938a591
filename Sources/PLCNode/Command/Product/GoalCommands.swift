import PLCEntities
import PLCSync

/// Goals with their progress, which is derived from readings; and the search over all records.
enum GoalCommands {
    static let entries: [CommandRegistry.Entry] = [
        CommandRegistry.Entry(
            Command(
                "goal show", "Show a goal, its indicators, and how far they have come.",
                arguments: [CommandArgument("ID", "the goal's identity, as 'list' shows it")]),
            showGoal),
        CommandRegistry.Entry(
            Command(
                "search", "Find records that contain all of these words.",
                details: "Capital letters of the Latin alphabet do not matter.",
                arguments: [CommandArgument("QUERY", "a word or a part of one", repeated: true)],
                options: [
                    .value("space", "SPACE", "only this space"),
                    .value("limit", "N", "so many at most; 50 if not given"),
                ]),
            search),
    ]

    // MARK: Progress

    /// `plc goal show`.
    @Sendable static func showGoal(_ context: CommandContext) throws -> ExitCode {
        try RecordCommands.show(context, Kinds.goal) { goal, space, view in
            let progress = try progress(of: goal.record, space, view)
            var shown: [(line: String, member: JSON.Member?)] = progress.map { indicator in
                let now = indicator.progress.now.map { "\($0)" } ?? "-"
                let share = indicator.progress.share.map { "\(Int(($0 * 100).rounded()))%" } ?? "-"
                return (
                    context.text(
                        Texts.indicatorLine, indicator.name, now, indicator.unit, share,
                        "\(indicator.progress.readings)"), nil
                )
            }
            let json: [JSON] = progress.map { indicator in
                [
                    "id": .string(indicator.id), "name": .text(indicator.name),
                    "now": .maybe(indicator.progress.now) { .number($0) },
                    "share": .maybe(indicator.progress.share) { .number($0) },
                    "readings": .integer(Int64(indicator.progress.readings)),
                    "sources": .integer(Int64(indicator.progress.sources)),
                ]
            }
            let member = JSON.Member(key: Array("indicators".utf8), value: .array(json))
            if shown.isEmpty { return [(context.text(Texts.noIndicators), member)] }
            shown[0].member = member
            return shown
        }
    }

    /// How an indicator stands.
    struct IndicatorState {
        let id: [UInt8]
        let name: String
        let unit: String
        let progress: IndicatorProgress
    }

    /// The indicators of a goal, by the order of their identities.
    static func progress(
        of goal: FoldRecord, _ space: SpaceID, _ view: StoreView
    ) throws -> [IndicatorState] {
        var states: [IndicatorState] = []
        var facts: [LocalDot: [ReadingFact]] = [:]
        try view.forEachRecord(of: space, kind: Kinds.reading.number) { record in
            let reading = try view.reading(record)
            guard let indicator = try target(reading.value("indicator"), space, view),
                let value = number(reading.value("value"))
            else { return }
            let name = try view.name(of: record).digits
            let source = [reading.text("contributor") ?? "", reading.text("classCode") ?? ""]
            facts[indicator, default: []].append(
                ReadingFact(
                    id: record.id.value, value: value,
                    count: Int64(
                        clamping: number(reading.value("n")).flatMap { Int64(exactly: $0.rounded()) } ?? 1),
                    period: reading.text("period") ?? "", source: source.joined(separator: "\u{1f}"),
                    stamp: record.stamp, name: Array(name.utf8),
                    corrects: try target(reading.value("corrects"), space, view)?.value))
        }
        try view.forEachRecord(of: space, kind: Kinds.indicator.number) { record in
            let indicator = try view.reading(record)
            guard try target(indicator.value("goal"), space, view) == goal.id else { return }
            let rule = indicator.text("combine").flatMap { CombineRule(rawValue: $0) } ?? .latest
            states.append(
                IndicatorState(
                    id: try view.identity(of: record, importedID: indicator.importedID),
                    name: indicator.text("name") ?? "", unit: indicator.text("unit") ?? "",
                    progress: IndicatorProgress(
                        facts[record.id] ?? [], rule: rule, baseline: number(indicator.value("baseline")),
                        target: number(indicator.value("target")))))
        }
        return states.sorted { $0.id.lexicographicallyPrecedes($1.id) }
    }

    /// The live record that a reference leads to: by dot, or as text by the identity that it was imported under.
    private static func target(
        _ value: RecordReading.Value?, _ space: SpaceID, _ view: StoreView
    ) throws -> LocalDot? {
        guard let version = value?.shown else { return nil }
        if let text = RecordReading.text(version.value) {
            return try view.imported(text, space: space).first?.id
        }
        let reference = try Reference(item: version.value) { try view.log($0, in: version.dot) }
        return try reference.flatMap { try view.record($0.dot)?.id }
    }

    /// A number that a field holds.
    private static func number(_ value: RecordReading.Value?) -> Double? {
        guard let item = value?.shown.value else { return nil }
        let bytes = item.span.bytes
        var reader = ByteReader(bytes)
        guard let (major, argument) = try? reader.head(bytes) else { return nil }
        switch major {
        case .unsigned: return Double(argument)
        case .negative: return -1 - Double(argument)
        case .simple where bytes.byte(0) & 0x1f >= 25: return Double(bitPattern: argument)
        default: return nil
        }
    }

    // MARK: Search

    /// `plc search`.
    @Sendable static func search(_ context: CommandContext) throws -> ExitCode {
        let invocation = context.invocation
        let node = try context.requireNode()
        let words = invocation.words("QUERY").map { folded(nfc($0)) }.filter { !$0.isEmpty }
        guard !words.isEmpty else { throw CommandError(Texts.emptyQuery, code: .usage) }
        let chosen = try invocation.value("space").map { try context.space($0) }
        let limitWord = invocation.value("limit") ?? "50"
        guard let limit = Int(limitWord), limit > 0 else {
            throw CommandError(Texts.wantsInteger, "limit", limitWord)
        }
        var table = TextTable([
            TextTable.Column(context.text(Texts.columnKind)),
            TextTable.Column(context.text(Texts.columnIdentity)),
            TextTable.Column(context.text(Texts.columnText)),
        ])
        var count = 0
        try node.read { view in
            try view.snapshot {
                for space in try chosen.map({ [$0] }) ?? view.spaces().map(\.id) {
                    try view.forEachRecord(of: space) { record in
                        guard count < limit else { return }
                        let reading = try view.reading(record)
                        guard matches(reading, words) else { return }
                        count += 1
                        if invocation.isJSON {
                            try context.output.line(try RecordText.json(reading, space, view))
                        } else {
                            let id = try view.identity(of: record, importedID: reading.importedID)
                            table.add([
                                reading.kind?.name ?? "#\(record.kind)", String(decoding: id, as: UTF8.self),
                                try RecordText.headline(reading, view),
                            ])
                        }
                    }
                }
            }
        }
        guard !invocation.isJSON else { return .done }
        if count == 0 {
            try context.say(Texts.nothingFound)
        } else {
            try context.output.lines(table.lines(for: context.output.stdout))
        }
        if count == limit { context.note(Texts.limitReached, "\(limit)") }
        return .done
    }

    /// Whether every word occurs in some text of the record.
    private static func matches(_ reading: RecordReading, _ words: [[UInt8]]) -> Bool {
        var texts: [[UInt8]] = []
        for value in reading.values {
            for version in [value.shown] + value.others {
                if let text = RecordReading.text(version.value) { texts.append(folded(text)) }
            }
        }
        for set in reading.sets {
            texts += set.elements.compactMap { RecordReading.text($0.value) }.map(folded)
        }
        return words.allSatisfy { word in texts.contains { contains($0, word) } }
    }

    /// The text with the capital letters of ASCII made small.
    static func folded(_ text: [UInt8]) -> [UInt8] {
        text.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
    }

    private static func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
        guard text.count >= word.count else { return false }
        return (0...text.count - word.count).contains { start in
            text[start] == word[0] && text[start..<start + word.count].elementsEqual(word)
        }
    }
}
