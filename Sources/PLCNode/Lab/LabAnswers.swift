/// What the lab's process does when a command asks for it.
struct LabAnswers: Sendable {
    private let lab: Lab

    /// How many nodes are started or written at, at once.
    private static let atOnce = 8

    init(_ lab: Lab) { self.lab = lab }

    /// Carries a command line out, on the thread of who asks.
    func answer(_ request: ControlSocket.Request, _ output: Output) -> ExitCode {
        do throws(UsageError) {
            guard case .run(let invocation) = try CommandRegistry.table.parse(request.arguments) else {
                return .usage
            }
            let context = CommandContext(
                invocation: invocation, output: output, folder: NodeFolder(lab.folder.path), node: nil,
                workingDirectory: request.workingDirectory)
            // Looking is not worth a line; all else explains what is seen.
            if invocation.command != "lab status" {
                lab.log.info(request.arguments.drop { $0 == "lab" }.joined(separator: " "))
            }
            return CommandRegistry.perform(context) { try perform($0) }
        } catch {
            output.note("\(error)")
            return .usage
        }
    }

    private func perform(_ context: CommandContext) throws -> ExitCode {
        switch context.invocation.command {
        case "lab partition": try alone { try partition(context) }
        case "lab cut": try alone { try cut(context) }
        case "lab heal": try alone { try heal(context) }
        case "lab slow": try alone { try slow(context) }
        case "lab kill": try alone { try kill(context) }
        case "lab start": try alone { try start(context) }
        case "lab freeze": try alone { try freeze(context, true) }
        case "lab thaw": try alone { try freeze(context, false) }
        case "lab clock": try alone { try clock(context) }
        case "lab write": try write(context)
        case "lab status": try status(context)
        case "lab check": return try check(context)
        case "lab down": lab.end()
        default: throw CommandError(Texts.notHere, context.invocation.command)
        }
        return .done
    }

    /// Changes are made one after the other, in the order of who asks.
    private func alone(_ body: () throws -> Void) throws { try lab.changing.withLock { _ in try body() } }

    private func say(_ context: CommandContext, _ phrase: Phrase, _ arguments: String..., json: JSON) throws {
        if context.invocation.isJSON {
            try context.output.line(json)
        } else {
            try context.output.line(phrase.text(context.language, arguments))
        }
    }

    private func nodes(_ context: CommandContext) throws -> [LabNode] {
        try lab.plan.chosen(context.invocation.word("NODE"), context.language).map { lab.node($0) }
    }

    // MARK: Links

    private func partition(_ context: CommandContext) throws {
        let text = context.invocation.words("SIDES").joined(separator: " ")
        let (from, to) = try lab.plan.sides(text, context.language)
        try cut(lab.plan.links(between: Set(from), and: Set(to)), from: Set(from), context)
    }

    private func cut(_ context: CommandContext) throws {
        let (a, b) = (context.invocation.word("A"), context.invocation.word("B"))
        let numbers = try lab.plan.links(a, b, context.language)
        try cut(numbers, from: Set(try lab.plan.chosen(a, context.language)), context)
    }

    private func cut(_ numbers: [Int], from side: Set<String>, _ context: CommandContext) throws {
        guard !numbers.isEmpty else { throw CommandError(LabTexts.nothingBetween, code: .usage) }
        let isOneWay = context.invocation.flag("one-way")
        let state: LabLane.State = isOneWay || context.invocation.flag("silent") ? .silent : .broken
        try lab.change(numbers) { link in
            let first = side.contains(link.a) ? link.a : link.b
            link.lane(from: first).state = state
            if !isOneWay { link.lane(from: first == link.a ? link.b : link.a).state = state }
        }
        try say(
            context, isOneWay ? LabTexts.partitionedOneWay : LabTexts.partitioned, "\(numbers.count)",
            json: ["cut": names(numbers)])
    }

    private func heal(_ context: CommandContext) throws {
        let conditions = try lab.conditions()
        let numbers = conditions.indices.filter { !conditions[$0].isOpen }
        try lab.change(numbers) { link in
            link.proxy.forth.state = .open
            link.proxy.back.state = .open
        }
        lab.summon(numbers)
        try say(context, LabTexts.healed, "\(numbers.count)", json: ["healed": names(numbers)])
    }

    private func slow(_ context: CommandContext) throws {
        let numbers = try lab.plan.links(context.invocation.word("LINK"), context.language)
        let words = context.invocation.words("SPEED")
        guard let speed = LabSpeed(words) else {
            throw CommandError(LabTexts.badSpeed, words.joined(separator: " "), code: .usage)
        }
        try lab.change(numbers) { link in
            let limit = speed.bandwidth.map { LabLink.Bandwidth.limited($0) } ?? .unlimited
            link.tune(latency: speed.latency, bandwidth: speed.setsBandwidth ? limit : nil)
        }
        try say(context, LabTexts.tuned, "\(numbers.count)", json: ["changed": names(numbers)])
    }

    private func names(_ numbers: [Int]) -> JSON { .array(numbers.map { .text(lab.links[$0].name) }) }

    // MARK: Nodes

    private func kill(_ context: CommandContext) throws {
        for node in try nodes(context) {
            guard try lab.kill(node) else { throw CommandError(LabTexts.stopped, node.name) }
            try say(context, LabTexts.killed, node.name, json: ["killed": .text(node.name)])
        }
    }

    private func start(_ context: CommandContext) throws {
        let nodes = try nodes(context)
        for node in nodes where node.condition != .stopped { throw CommandError(LabTexts.runs, node.name) }
        try Lab.each(nodes, atOnce: Self.atOnce) { try lab.start($0) }
        for node in nodes {
            try say(
                context, LabTexts.started, node.name,
                json: [
                    "started": .text(node.name), "address": .maybe(node.address) { .text($0.description) },
                ])
        }
        // Who lost sight of them waits, and would not try again for a while.
        let names = Set(nodes.map(\.name))
        let conditions = try lab.conditions()
        lab.summon(lab.links.indices.filter { names.contains(lab.links[$0].b) && conditions[$0].isOpen })
    }

    private func freeze(_ context: CommandContext, _ isFrozen: Bool) throws {
        for node in try nodes(context) {
            guard node.freeze(isFrozen) else { throw CommandError(LabTexts.stopped, node.name) }
            try say(
                context, isFrozen ? LabTexts.froze : LabTexts.thawed, node.name,
                json: [isFrozen ? "frozen" : "thawed": .text(node.name)])
        }
    }

    private func clock(_ context: CommandContext) throws {
        let word = context.invocation.word("OFFSET")
        guard let offset = LabWords.offset(word) else {
            throw CommandError(LabTexts.badOffset, word, code: .usage)
        }
        for node in try nodes(context) {
            node.terminate()
            node.finish()
            node.clockOffset = offset
            try lab.start(node)
            try say(
                context, offset == 0 ? LabTexts.clockRight : LabTexts.clockSet, node.name,
                LabWords.text(offset: offset),
                json: ["started": .text(node.name), "clockOffsetMilliseconds": .integer(offset)])
        }
        let names = Set(try nodes(context).map(\.name))
        let conditions = try lab.conditions()
        lab.summon(lab.links.indices.filter { names.contains(lab.links[$0].b) && conditions[$0].isOpen })
    }

    // MARK: Work

    private func write(_ context: CommandContext) throws {
        let invocation = context.invocation
        let (number, word) = (invocation.word("N"), invocation.word("KIND"))
        guard let count = Int(number), (1...LabWriter.countMax).contains(count) else {
            throw CommandError(LabTexts.badCount, number, "\(LabWriter.countMax)", code: .usage)
        }
        let kinds = Scenario.WriteKind.allCases
        guard let kind = kinds.first(where: { word == $0.rawValue || word == $0.rawValue + "s" }) else {
            let all = kinds.map(\.rawValue).joined(separator: ", ")
            guard let near = nearest(word, among: kinds.map(\.rawValue)) else {
                throw CommandError(LabTexts.badKind, word, all, code: .usage)
            }
            throw CommandError(LabTexts.badKind + LabTexts.didYouMeanThird, word, all, near, code: .usage)
        }
        let work = try nodes(context).map { node in (node, try space(for: node, invocation)) }
        try Lab.each(work, atOnce: Self.atOnce) { node, space in
            let writer = LabWriter(node: node, space: lab.spaceID(space))
            for _ in 0..<count { try writer.write(kind) }
        }
        for (node, space) in work {
            try say(
                context, LabTexts.wrote, node.name, "\(grouped(count)) × \(kind.rawValue)", space,
                json: [
                    "node": .text(node.name), "wrote": .integer(Int64(count)), "kind": .text(kind.rawValue),
                    "space": .text(space),
                ])
        }
    }

    /// Where a node writes.
    private func space(for node: LabNode, _ invocation: Invocation) throws -> String {
        let open = lab.plan.writable(node.name).map(\.name)
        guard let word = invocation.value("space") else {
            guard let first = open.first else { throw CommandError(LabTexts.cannotWrite, node.name) }
            return first
        }
        let space = try lab.plan.space(word).name
        guard open.contains(space) else { throw CommandError(LabTexts.notAWriter, node.name, space) }
        return space
    }

    // MARK: Looking

    private func status(_ context: CommandContext) throws {
        let status = try LabStatus(lab)
        if context.invocation.isJSON { return try context.output.line(status.json) }
        try context.output.lines(status.lines(context.language, for: context.output.stdout))
    }

    private func check(_ context: CommandContext) throws -> ExitCode {
        let language = context.language
        let within = try LabCommands.within(context.invocation, or: LabCommands.checkMilliseconds)
        let outcome: LabCheck.Outcome
        do {
            outcome = try LabCheck(lab: lab, within: within, language: language).run()
        } catch let difference as LabCheck.Difference {
            if context.invocation.isJSON {
                try context.output.line([
                    "equal": false, "difference": .array(difference.lines.map { .text($0) }),
                ])
            } else {
                try context.output.lines(difference.lines)
            }
            return .failed
        }
        if context.invocation.isJSON {
            try context.output.line([
                "equal": true, "milliseconds": .integer(Int64(clamping: outcome.milliseconds)),
                "leftOut": .array(outcome.leftOut.map { .text($0) }),
                "spaces": .array(
                    outcome.findings.map { finding in
                        [
                            "name": .text(finding.space), "hash": .text(finding.hash),
                            "nodes": .array(finding.nodes.map { .text($0) }),
                            "exportBytes": .integer(Int64(finding.bytes)),
                        ]
                    }),
            ])
            return .done
        }
        for finding in outcome.findings {
            try context.say(
                LabTexts.checkEqual, finding.space, "\(finding.nodes.count)", "\(finding.hash.prefix(16))…",
                humanBytes(finding.bytes))
        }
        if !outcome.leftOut.isEmpty {
            try context.say(LabTexts.leftOut, LabStatus.names(outcome.leftOut, language))
        }
        try context.say(
            LabTexts.checkPassed, humanDuration(.milliseconds(Int64(clamping: outcome.milliseconds))))
        return .done
    }
}
