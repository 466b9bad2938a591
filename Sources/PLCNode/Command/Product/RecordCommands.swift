import PLCEntities
import PLCSync

/// Commands about records, made from the declarations of their kinds: add, list, show, edit, delete.
enum RecordCommands {
    /// How a kind is spoken of on the command line.
    struct Noun: Sendable {
        /// The words before the verb.
        let words: String
        /// What one is called in a sentence.
        let one: String
        let kind: Kind
        /// The fields that a new record must have.
        let required: [String]
        /// The verbs there are.
        let verbs: [String]
    }

    static let nouns = [
        Noun(
            words: "post", one: "a post", kind: Kinds.post, required: ["title"],
            verbs: ["add", "list", "show", "edit", "delete"]),
        Noun(
            words: "feedback", one: "feedback", kind: Kinds.feedback, required: ["target", "body"],
            verbs: ["add", "list", "show", "edit", "delete"]),
        Noun(
            words: "goal", one: "a goal", kind: Kinds.goal, required: ["statement"],
            verbs: ["add", "list", "edit", "delete"]),
        Noun(
            words: "goal indicator", one: "an indicator", kind: Kinds.indicator, required: ["goal", "name"],
            verbs: ["add", "list", "show", "edit", "delete"]),
        Noun(
            words: "goal reading", one: "a reading", kind: Kinds.reading, required: ["indicator", "value"],
            verbs: ["add", "list", "show"]),
    ]

    static let entries: [CommandRegistry.Entry] = nouns.flatMap { noun in
        noun.verbs.map { verb in
            switch verb {
            case "add": CommandRegistry.Entry(addCommand(noun)) { try add($0, noun) }
            case "list": CommandRegistry.Entry(listCommand(noun)) { try list($0, noun) }
            case "show": CommandRegistry.Entry(showCommand(noun)) { try show($0, noun) }
            case "edit": CommandRegistry.Entry(editCommand(noun)) { try edit($0, noun) }
            case "delete": CommandRegistry.Entry(deleteCommand(noun)) { try delete($0, noun) }
            default: preconditionFailure("no verb '\(verb)'")
            }
        }
    }

    // MARK: The table

    private static let idArgument = CommandArgument("ID", "the record's identity, as 'list' shows it")
    private static let spaceOption = CommandOption.value(
        "space", "SPACE", "which space; need not be said if there is only one")
    static let removePrefix = "remove-"

    /// The name of a field in a command line; `createdAt` is the node's to say.
    private static func isTyped(_ spec: FieldSpec) -> Bool { spec.name != "createdAt" }

    private static func placeholder(_ spec: FieldSpec) -> String {
        switch spec.value {
        case .text, .any: "TEXT"
        case .integer, .number: "NUMBER"
        case .boolean: "true|false"
        case .reference: "ID"
        case .list: "JSON"
        }
    }

    private static func addCommand(_ noun: Noun) -> Command {
        let fields = noun.kind.fields.filter(isTyped).map { spec in
            CommandOption.field(
                spec.name, placeholder(spec), spec.type == .set ? "an element; may be repeated" : "",
                required: noun.required.contains { $0.utf8.elementsEqual(spec.name.utf8) },
                repeatable: spec.type == .set)
        }
        return Command(
            "\(noun.words) add", "Write \(noun.one) and print its identity.",
            details: noun.kind.isOwned ? "Nobody but this node can change its words afterwards." : "",
            options: [spaceOption] + fields)
    }

    private static func listCommand(_ noun: Noun) -> Command {
        Command(
            "\(noun.words) list", "List what there is, newest first.",
            options: [
                .value("space", "SPACE", "only this space"),
                .value("limit", "N", "so many at most; 50 on a terminal if not given"),
            ])
    }

    private static func showCommand(_ noun: Noun) -> Command {
        Command(
            "\(noun.words) show",
            "Show one with all that is known of it, and versions that stand beside each other.",
            arguments: [idArgument])
    }

    private static func editCommand(_ noun: Noun) -> Command {
        var options: [CommandOption] = []
        for spec in noun.kind.fields where isTyped(spec) && spec.type != .constant {
            options.append(
                .field(
                    spec.name, placeholder(spec), spec.type == .set ? "add an element; may be repeated" : "",
                    repeatable: spec.type == .set))
            if spec.type == .set {
                options.append(
                    .value(
                        removePrefix + spec.name, placeholder(spec), "take an element away; may be repeated",
                        repeatable: true))
            }
        }
        return Command(
            "\(noun.words) edit", "Change fields.",
            details:
                "What others wrote at the same time stays beside it, unless the version that this is based on had it.",
            arguments: [idArgument],
            options: options + [
                .value(
                    "based-on", "VERSION",
                    "the version that was read, as 'show' prints it; otherwise the present one")
            ])
    }

    private static func deleteCommand(_ noun: Noun) -> Command {
        Command("\(noun.words) delete", "Delete one for everybody.", arguments: [idArgument])
    }

    // MARK: Values

    /// References that must lead somewhere.
    private static let mustExist = ["target", "goal", "indicator", "corrects"]

    /// The item that a word spells as a value of a field.
    static func item(_ word: String, _ spec: FieldSpec, _ context: CommandContext) throws -> [UInt8] {
        switch spec.value {
        case .text: return Item.text(word)
        case .integer:
            guard let value = Int64(word) else { throw CommandError(Texts.wantsInteger, spec.name, word) }
            return Item.integer(value)
        case .number:
            if let value = Int64(word) { return Item.integer(value) }
            guard let value = Double(word), value.isFinite else {
                throw CommandError(Texts.wantsNumber, spec.name, word)
            }
            return Item.number(value)
        case .boolean:
            guard let value = ["true": true, "false": false][word] else {
                throw CommandError(Texts.wantsBoolean, spec.name, word)
            }
            return Item.bool(value)
        case .reference: return try reference(word, spec, context)
        case .list, .any:
            guard let json = try? JSON(parsing: Array(word.utf8)) else {
                if spec.value == .any { return Item.text(word) }
                throw CommandError(Texts.wantsList, spec.name, word)
            }
            var writer = ByteWriter()
            var reader = JSONReader()
            let bytes = json.bytes
            try writer.write(value: try reader.next(bytes.span.bytes), bytes.span.bytes, &reader)
            try spec.check(value: writer.bytes.span.bytes)
            return writer.bytes
        }
    }

    /// A reference to the record that a word names; a word that names none here stays a text, unless it must.
    private static func reference(
        _ word: String, _ spec: FieldSpec, _ context: CommandContext
    ) throws -> [UInt8] {
        let isNeeded = mustExist.contains { $0.utf8.elementsEqual(spec.name.utf8) }
        return try context.requireNode().read { view in
            do {
                let (record, space) = try context.record(word, view)
                guard !record.isKeyed else { return Item.text(word) }
                return Item.reference(try view.dot(record.id), in: space)
            } catch let error as CommandError {
                if isNeeded { throw error }
                return Item.text(word)
            }
        }
    }

    /// The fields of a command line as an edit.
    private static func edit(_ context: CommandContext, _ kind: Kind) throws -> RecordEdit {
        var edit = RecordEdit()
        for given in context.invocation.fields {
            guard let spec = kind.field(given.name) else {
                preconditionFailure("'\(given.name)' is a field of the kind")
            }
            let entry = RecordEdit.Entry(
                field: spec.field, isMulti: spec.type == .multi, value: try item(given.value, spec, context))
            if spec.type == .set { edit.adds.append(entry) } else { edit.writes.append(entry) }
        }
        return edit
    }

    // MARK: add

    private static func add(_ context: CommandContext, _ noun: Noun) throws -> ExitCode {
        let kind = noun.kind
        let edit = try edit(context, kind)
        let space = try space(of: edit, kind, context)
        try context.requireRole(.writer, in: space)
        guard let created = kind.field("createdAt") else { preconditionFailure("all kinds have a time") }
        var initial = edit.writes.filter { !$0.isMulti }.map { ($0.field, $0.value) }
        initial.append((created.field, Item.integer(Int64(clamping: World.wall().milliseconds))))
        let fields = initial
        let dot = try context.requireNode().author(space) { _, _ in
            var draft = Draft()
            let record = draft.append(.create(kind: kind.number, initial: fields, owned: kind.isOwned))
            for entry in edit.writes where entry.isMulti {
                draft.append(.add(.op(record), entry.field, entry.value, seen: []))
            }
            for entry in edit.adds { draft.append(.add(.op(record), entry.field, entry.value, seen: [])) }
            return draft
        }
        let id = RecordName.born(dot).text(kind: kind.name)
        if context.invocation.isJSON {
            try context.output.line(["id": .text(id)])
        } else {
            try context.output.line(id)
        }
        return .done
    }

    /// Where a new record goes: where it is told to, otherwise beside what it refers to.
    private static func space(of edit: RecordEdit, _ kind: Kind, _ context: CommandContext) throws -> SpaceID
    {
        if context.invocation.value("space") == nil {
            for entry in edit.writes {
                guard let spec = kind.spec(of: entry.field),
                    mustExist.contains(where: { $0.utf8.elementsEqual(spec.name.utf8) }),
                    let space = Reference(item: entry.value, log: { _ in nil })?.space
                else { continue }
                return space
            }
        }
        return try context.chosenSpace()
    }

    // MARK: edit and delete

    private static func edit(_ context: CommandContext, _ noun: Noun) throws -> ExitCode {
        let invocation = context.invocation
        let node = try context.requireNode()
        let word = invocation.word("ID")
        var edit = try edit(context, noun.kind)
        for spec in noun.kind.fields where spec.type == .set {
            for value in invocation.values(removePrefix + spec.name) {
                edit.removes.append(
                    RecordEdit.Entry(field: spec.field, isMulti: false, value: try item(value, spec, context))
                )
            }
        }
        guard !edit.writes.isEmpty || !edit.adds.isEmpty || !edit.removes.isEmpty else {
            throw CommandError(Texts.nothingToChange, code: .usage)
        }
        if let token = invocation.value("based-on") {
            guard let version = RecordVersion(token) else { throw CommandError(Texts.badVersion, token) }
            edit.basedOn = version
        }
        let (record, space) = try node.read { try context.record(word, kind: noun.kind, $0) }
        try context.requireRole(.writer, in: space)
        let key = node.identity.publicKey
        let wanted = edit
        do {
            _ = try node.author(space, channel(of: record, node)) { store, stamp in
                guard let now = try store.liveRecord(record.id) else {
                    throw CommandError(Texts.noRecord, word)
                }
                let draft = try store.draft(wanted, of: now, by: key, stamp: stamp, statesOver: true)
                if draft.isEmpty { throw CommandError(Texts.notThere, word) }
                return draft
            }
        } catch EditError.notTheOwner {
            throw try notTheOwner(record, word, context)
        }
        let version = try node.read { view in
            try view.record(record.id).map { RecordVersion(try view.view($0)).text }
        }
        if invocation.isJSON {
            try context.output.line(["id": .text(word), "version": .maybe(version) { .text($0) }])
        } else {
            try context.say(Texts.changed, word)
        }
        return .done
    }

    private static func delete(_ context: CommandContext, _ noun: Noun) throws -> ExitCode {
        let node = try context.requireNode()
        let word = context.invocation.word("ID")
        let (record, space) = try node.read { try context.record(word, kind: noun.kind, $0) }
        try context.requireRole(.writer, in: space)
        if record.isOwned, try node.read({ try $0.origin(of: record).key }) != node.identity.publicKey {
            throw try notTheOwner(record, word, context)
        }
        _ = try node.author(space, channel(of: record, node)) { store, _ in
            guard let now = try store.liveRecord(record.id) else { throw CommandError(Texts.noRecord, word) }
            var draft = Draft()
            draft.append(.delete(.dot(store.dot(now.id))))
            return draft
        }
        if context.invocation.isJSON {
            try context.output.line(["id": .text(word), "deleted": true])
        } else {
            try context.say(Texts.deleted, word)
        }
        return .done
    }

    /// Where changes of a record belong: the channel in which it was created.
    private static func channel(of record: FoldRecord, _ node: Node) throws -> Channel {
        try node.read { try $0.dot(record.id).log.channel }
    }

    private static func notTheOwner(
        _ record: FoldRecord, _ word: String, _ context: CommandContext
    ) throws -> CommandError {
        let node = try context.requireNode()
        let (space, key) = try node.read { try $0.origin(of: record) }
        let name = try node.membership(of: space).members[key]?.name ?? ""
        return CommandError(Texts.notTheOwner, word, name.isEmpty ? key.short : name)
    }
}
