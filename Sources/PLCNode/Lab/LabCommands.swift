/// The commands of `plc lab`: what testers do to real nodes.
enum LabCommands {
    private static let nodesArgument = CommandArgument(
        "NODE", "a node, a group, or several such as school-1,school-3")
    private static let forTesters = "--dir is the lab's folder; without it there is one for each user."

    static let entries: [CommandRegistry.Entry] = [
        entry(
            "lab up", "Start the nodes of a scenario as processes, with links between them that can be cut.",
            details:
                "Takes the nodes, links, spaces and members of the scenario; what happens in it is not played. Every node is a 'plc serve' on this machine alone. Returns when all serve. "
                + forTesters,
            arguments: [CommandArgument("SCENARIO", "the file that names nodes, links, spaces and members")],
            options: [within("how long it may take; 2min if not given"), port], LabClient.up),
        entry(
            "lab run", "Do what 'plc lab up' starts in the background in this process, until it is stopped.",
            arguments: [CommandArgument("SCENARIO", "the file that names nodes, links, spaces and members")],
            options: [within("how long starting may take; 2min if not given"), port], LabProcess.run),
        entry(
            "lab partition", "Cut all links between two sides, such as 'A,B from C' or 'A from all others'.",
            details:
                "Connections are lost, and both sides know. With --silent nobody is told: bytes wait until 'plc lab heal'. One way only is always silent, from the first side to the second.",
            arguments: [CommandArgument("SIDES", "NODES from NODES", repeated: true)], options: cuts),
        entry(
            "lab cut", "Cut the direct link of two nodes.",
            arguments: [
                CommandArgument("A", "a node or a group"), CommandArgument("B", "a node or a group"),
            ], options: cuts),
        entry("lab heal", "End all cuts and partitions; the nodes dial at once."),
        entry(
            "lab slow", "Give a link another bandwidth or latency, such as '8kbit latency 300ms'.",
            details: "'full' ends the limit of the bandwidth. Both directions change.",
            arguments: [
                CommandArgument("LINK", "A:B as 'plc lab status' shows it, GROUP:GROUP, or all"),
                CommandArgument("SPEED", "a bandwidth, latency TIME, or both", repeated: true),
            ]),
        entry(
            "lab kill", "End nodes at once (SIGKILL), in the middle of whatever they do.",
            arguments: [nodesArgument],
            options: [
                .flag(
                    "power", "as if the power failed; for a process on a machine that stays up it is the same"
                )
            ]),
        entry("lab start", "Start nodes again.", arguments: [nodesArgument]),
        entry(
            "lab freeze", "Have nodes stand still without knowing it (SIGSTOP).", arguments: [nodesArgument]),
        entry("lab thaw", "Let frozen nodes go on (SIGCONT).", arguments: [nodesArgument]),
        entry(
            "lab clock", "Start nodes again with a clock that is wrong by so much, such as +3d or -80y.",
            arguments: [nodesArgument, CommandArgument("OFFSET", "+TIME, -TIME, or right")]),
        entry(
            "lab write", "Write records at nodes, as people do.",
            arguments: [
                nodesArgument, CommandArgument("N", "how many"),
                CommandArgument("KIND", Scenario.WriteKind.allCases.map(\.rawValue).joined(separator: ", ")),
            ],
            options: [.value("space", "SPACE", "where; the first in which the node may write if not given")]),
        entry(
            "lab status", "Show who runs, who reaches whom, what is under way, and what is equal.",
            details: "On a terminal it is shown again every second, until Ctrl-C.", LabClient.status),
        entry(
            "lab check", "Wait until all members hold the same, and compare their exports byte by byte.",
            details: "Exits with 1, and shows the first difference, if they do not come to hold the same.",
            options: [within("how long to wait; 60s if not given")]),
        entry("lab down", "End the lab: no process and no file stays behind.", LabClient.down),
    ]

    private static let port = CommandOption.value(
        "port", "PORT", "the first node listens there, the next at the next; otherwise the system chooses")
    private static let cuts: [CommandOption] = [
        .flag("one-way", "only from the first to the second"),
        .flag("silent", "let both sides believe in their connections"),
    ]

    private static func within(_ help: String) -> CommandOption { .value("within", "TIME", help) }

    private static func entry(
        _ name: String, _ summary: String, details: String = "", arguments: [CommandArgument] = [],
        options: [CommandOption] = [], _ body: @escaping CommandRegistry.Body = LabClient.forward
    ) -> CommandRegistry.Entry {
        CommandRegistry.Entry(
            Command(name, summary, details: details, arguments: arguments, options: options),
            needsNode: false, body)
    }

    // MARK: Options

    /// How long `lab up` may take, in milliseconds, unless told.
    static let upMilliseconds: UInt64 = 120_000
    /// How long `lab check` waits, in milliseconds, unless told.
    static let checkMilliseconds: UInt64 = 60_000

    /// What `--within` says in milliseconds.
    static func within(_ invocation: Invocation, or usual: UInt64) throws -> UInt64 {
        guard let word = invocation.value("within") else { return usual }
        guard let time = LabWords.duration(word) else {
            throw CommandError(LabTexts.badTime, word, code: .usage)
        }
        return time
    }

    /// What `--port` says, with room for so many nodes; 0 has the system choose.
    static func port(_ invocation: Invocation, nodes: Int) throws -> UInt16 {
        guard let word = invocation.value("port") else { return 0 }
        guard let port = UInt16(word), port >= 1_024, Int(port) + nodes <= 65_536 else {
            throw CommandError(LabTexts.badPort, word, code: .usage)
        }
        return port
    }

    /// The plan of the scenario in a file.
    static func plan(_ path: String, _ language: Language) throws -> LabPlan {
        let bytes = try FileSystem.read(path, limit: scenarioMax)
        do {
            return try LabPlan(try Scenario(parsing: String(decoding: bytes, as: UTF8.self), file: path))
        } catch let problems as ScenarioProblems {
            throw CommandError(LabTexts.verbatim, problems.text(language), code: .usage)
        } catch let misfits as ScenarioMisfits {
            throw CommandError(LabTexts.verbatim, misfits.description, code: .usage)
        }
    }

    /// The largest file of a scenario, in bytes.
    private static let scenarioMax = 1 << 20
}
