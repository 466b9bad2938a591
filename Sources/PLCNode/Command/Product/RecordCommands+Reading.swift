import PLCEntities
import PLCSync

/// Records for people and programs to read.
extension RecordCommands {
    // MARK: list

    static func list(_ context: CommandContext, _ noun: Noun) throws -> ExitCode {
        let invocation = context.invocation
        let node = try context.requireNode()
        let chosen = try invocation.value("space").map { try context.space($0) }
        let limit: Int
        if let word = invocation.value("limit") {
            guard let value = Int(word), value > 0 else {
                throw CommandError(Texts.wantsInteger, "limit", word)
            }
            limit = value
        } else {
            limit = invocation.isJSON ? .max : 50
        }
        var table = TextTable([
            TextTable.Column(context.text(Texts.columnIdentity)),
            TextTable.Column(context.text(Texts.columnTime)),
            TextTable.Column(context.text(Texts.columnText)),
        ])
        var left = 0
        try node.read { view in
            try view.snapshot {
                var records: [(record: FoldRecord, space: SpaceID)] = []
                for space in try chosen.map({ [$0] }) ?? view.spaces().map(\.id) {
                    try view.forEachRecord(of: space, kind: noun.kind.number) { records.append(($0, space)) }
                }
                records.sort { a, b in
                    a.record.stamp != b.record.stamp
                        ? a.record.stamp > b.record.stamp : a.record.id > b.record.id
                }
                left = max(0, records.count - limit)
                for (record, space) in records.prefix(limit) {
                    let reading = try view.reading(record)
                    if invocation.isJSON {
                        try context.output.stdout.write(
                            try RecordText.json(reading, space, view).bytes + [UInt8(ascii: "\n")])
                    } else {
                        let id = try view.identity(of: record, importedID: reading.importedID)
                        table.add([
                            String(decoding: id, as: UTF8.self), RecordText.time(reading),
                            try RecordText.headline(reading, view),
                        ])
                    }
                }
            }
        }
        guard !invocation.isJSON else { return .done }
        try context.output.lines(table.lines(for: context.output.stdout))
        if left > 0 { context.note(Texts.moreRecords, grouped(left)) }
        return .done
    }

    // MARK: show

    static func show(_ context: CommandContext, _ noun: Noun) throws -> ExitCode {
        try show(context, noun.kind) { _, _, _ in [] }
    }

    /// Shows a record, and after it the lines and the JSON members that `more` gives.
    static func show(
        _ context: CommandContext, _ kind: Kind,
        more: (RecordReading, SpaceID, StoreView) throws -> [(line: String, member: JSON.Member?)]
    ) throws -> ExitCode {
        let node = try context.requireNode()
        let (lines, json) = try node.read { view in
            try view.snapshot { () throws -> ([String], JSON) in
                let (record, space) = try context.record(context.invocation.word("ID"), kind: kind, view)
                let reading = try view.reading(record)
                let extra = try more(reading, space, view)
                var json = try RecordText.json(reading, space, view)
                if case .object(var members) = json {
                    members += extra.compactMap(\.member)
                    json = .object(members)
                }
                let lines = try RecordText.lines(reading, space, view, context) + extra.map(\.line)
                return (lines, json)
            }
        }
        if context.invocation.isJSON {
            try context.output.line(json)
        } else {
            try context.output.lines(lines)
        }
        return .done
    }
}

/// How records look.
enum RecordText {
    /// The fields that can stand for a whole record, the best first.
    private static let headlines = ["title", "statement", "name", "body", "description", "value"]

    /// The value of a version as JSON.
    static func json(_ version: RecordReading.Version, _ view: StoreView) throws -> JSON {
        try JSON(
            item: version.value, log: { try view.log($0, in: version.dot) }, name: { try view.text(of: $0) })
    }

    /// The value of a version as text.
    static func text(_ version: RecordReading.Version, _ view: StoreView) throws -> String {
        let value = try json(version, view)
        return value.text ?? String(decoding: value.bytes, as: UTF8.self)
    }

    /// One line that stands for the record.
    static func headline(_ reading: RecordReading, _ view: StoreView) throws -> String {
        for name in headlines {
            if let value = reading.value(name) { return try text(value.shown, view) }
        }
        return ""
    }

    /// When the record was written, by its own word.
    static func time(_ reading: RecordReading) -> String {
        guard let item = reading.value("createdAt")?.shown.value else {
            return isoDate(milliseconds: reading.record.stamp >> 16)
        }
        let bytes = item.span.bytes
        var reader = ByteReader(bytes)
        guard let time = try? reader.unsigned(bytes), time < 1 << 47 else { return "-" }
        return isoDate(milliseconds: time)
    }

    /// The record for programs.
    static func json(_ reading: RecordReading, _ space: SpaceID, _ view: StoreView) throws -> JSON {
        let id = try view.identity(of: reading.record, importedID: reading.importedID)
        var values: [JSON.Member] = []
        var versions: [JSON.Member] = []
        for value in reading.values {
            let key = FieldSlots.name(of: value.field, in: reading.kind)
            values.append(JSON.Member(key: key, value: try json(value.shown, view)))
            if !value.others.isEmpty {
                let others = try value.others.map { try json($0, view) }
                versions.append(JSON.Member(key: key, value: .array(others)))
            }
        }
        let sets = try reading.sets.map { set in
            JSON.Member(
                key: FieldSlots.name(of: set.field, in: reading.kind),
                value: .array(try set.elements.map { try json($0, view) }))
        }
        let origin = try view.origin(of: reading.record)
        return [
            "id": .string(id), "t": .text(reading.kind?.name ?? "#\(reading.record.kind)"),
            "space": .text(hexadecimal(space.value.bytes)), "node": .text(hexadecimal(origin.key.bytes)),
            "owned": .bool(reading.record.isOwned), "f": .object(values), "s": .object(sets),
            "v": .object(versions),
            "version": .text(RecordVersion(try view.view(reading.record)).text),
        ]
    }

    /// The record for people.
    static func lines(
        _ reading: RecordReading, _ space: SpaceID, _ view: StoreView, _ context: CommandContext
    ) throws -> [String] {
        let id = try view.identity(of: reading.record, importedID: reading.importedID)
        let origin = try view.origin(of: reading.record)
        var lines = [
            context.text(
                Texts.recordHead, String(decoding: id, as: UTF8.self),
                try view.name(of: space) ?? space.short,
                origin.key.short)
        ]
        func show(_ name: [UInt8], _ text: String) {
            let name = printable(String(decoding: name, as: UTF8.self))
            let parts = text.split(separator: "\n", omittingEmptySubsequences: false).map {
                printable(String($0))
            }
            let shown = context.output.stdout.isTerminal ? parts.map(isolated) : parts
            lines.append("\(name): \(shown.first ?? "")")
            lines += shown.dropFirst().map { "  \($0)" }
        }
        for value in reading.values {
            let name = FieldSlots.name(of: value.field, in: reading.kind)
            show(name, try text(value.shown, view))
            for other in value.others {
                lines.append("  " + context.text(Texts.otherVersion, try text(other, view)))
            }
        }
        for set in reading.sets {
            let name = FieldSlots.name(of: set.field, in: reading.kind)
            show(
                name,
                try set.elements.map { try text($0, view) }.joined(separator: context.text(Texts.separator)))
        }
        lines.append(context.text(Texts.versionLine, RecordVersion(try view.view(reading.record)).text))
        return lines
    }
}
