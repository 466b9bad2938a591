/// Commands that the shell carries out, because they run the node: see `CommandRegistry.register`.
enum LiveCommands {
    private static let peers = CommandOption.value(
        "peer", "HOST:PORT", "a node to meet, besides those of 'plc peer list'", repeatable: true)
    private static let window = CommandOption.value(
        "window", "HH:MM-HH:MM", "dial only in this part of the day, by the clock of this machine")

    /// What `plc simulate` takes in the build with planted bugs alone.
    private static var planted: [CommandOption] {
        #if PlantedBugs
            [PlantedBugOption.option]
        #else
            []
        #endif
    }

    static let entries: [CommandRegistry.Entry] = [
        CommandRegistry.Entry(
            Command(
                "serve", "Serve the node: listen, meet peers, and answer commands, until it is stopped.",
                details:
                    "A node that cannot be written, as on a read-only disk, is served for reading alone: no peer is met.",
                options: [
                    .value("listen", "HOST:PORT", "where to listen; several are welcome", repeatable: true),
                    peers, window,
                    .value(
                        "log", "LEVEL", "how much to say on standard error",
                        choices: ["error", "warning", "info", "debug"]),
                ]),
            nil),
        CommandRegistry.Entry(
            Command(
                "sync", "Meet the peers once, exchange what either lacks, and end.",
                options: [
                    peers,
                    .value("budget", "BYTES", "end after so many bytes both ways, such as 20MB"), window,
                ]),
            nil),
        CommandRegistry.Entry(
            Command(
                "join", "Join a space on an invitation, and make the node first if there is none.",
                arguments: [CommandArgument("TOKEN", "the text of the invitation")],
                options: [.value("name", "NAME", "what people call the node")]),
            needsNode: false, nil),
        CommandRegistry.Entry(
            Command(
                "demo",
                "Show two schools that write while apart, meet through their district, and hold the same.",
                options: [
                    .value("seed", "N", "what the demonstration writes"),
                    .value("keep", "DIR", "keep the three nodes in this folder"),
                ]),
            needsNode: false, nil),
        CommandRegistry.Entry(
            Command(
                "bench", "Measure, and print the figures.",
                details:
                    "Reads a workload as Scripts/reference/generate_workload.py writes it; 'make bench' does both.",
                arguments: [CommandArgument("NAME", "only this part", optional: true)],
                options: [
                    .value("workload", "DIR", "the folder of the workload", required: true),
                    .value("records", "N", "only the first records of it"),
                ]),
            needsNode: false, nil),
        CommandRegistry.Entry(
            Command(
                "simulate", "Run many nodes, bad lines and bad days in one process, and look for mistakes.",
                details:
                    "Specs/scenarios.md says how scenarios are written; Specs/scenarios has a dozen. One seed is one "
                    + "history. A scenario that 'runs by gossip' is reckoned by a model, which is fitted to the engine first.",
                arguments: [CommandArgument("SCENARIO", "the file that says what happens")],
                options: [
                    .value("seed", "N", "which history"),
                    .value("seeds", "A..B", "all histories from one seed to another, on all cores"),
                    .value("part", "K/N", "of these, only every N-th from the K-th on, as lines of JSON"),
                    .value("trace", "FILE", "write a line for all that happens"),
                    .value("report", "FILE", "write a page that shows what happened, for any browser"),
                    .value(
                        "lang", "LANGUAGE", "the language of the report and of all that is said",
                        choices: ["ar", "en"]),
                    .flag(
                        "whole", "when something is wrong, do not look for a smaller scenario that shows it"),
                ] + planted),
            needsNode: false, nil),
    ]
}
