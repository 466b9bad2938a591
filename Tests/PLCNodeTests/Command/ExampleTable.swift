import PLCNode

/// A table like the real one: sub-verbs, fields of kinds, repeated options, arguments of all sorts.
let exampleTable = CommandTable(
    program: "plc", summary: "Keeps and shares what professional learning communities learn, offline first.",
    commands: [
        Command(
            "init", "Make a node in the folder.",
            options: [
                .value("name", "NAME", "what people call the node", required: true),
                .value("lang", "LANGUAGE", "the language of its pages", choices: ["ar", "en"]),
            ]),
        Command("status", "Show what the node holds and whom it meets."),
        Command(
            "space create", "Create a space.",
            details:
                "The node becomes the founder of the space and its first steward. The level cannot be changed later.",
            options: [
                .value(
                    "level", "LEVEL", "how wide it is",
                    choices: ["team", "school", "district", "region", "global", "topic"], required: true),
                .value("name", "NAME", "what people call it", required: true),
                .value("parent", "SPACE", "the space it belongs to"),
            ]),
        Command("space list", "List the spaces."),
        Command(
            "peer add", "Meet another node.", arguments: [CommandArgument("HOST:PORT", "where it listens")]),
        Command("peer list", "List the peers."),
        Command(
            "peer remove", "Forget a peer.", arguments: [CommandArgument("HOST:PORT", "where it listens")]),
        Command(
            "post add", "Write a post.",
            options: [.value("space", "SPACE", "where it goes", required: true)]
                + CommandOption.fields(["title", "body", "kind", "tags"], repeatable: ["tags"])),
        Command("post list", "List the posts."),
        Command(
            "search", "Find words in everything the node holds.",
            arguments: [CommandArgument("WORD", "what to find; all of them must occur", repeated: true)]),
        Command(
            "bundle write", "Write changes to a file that can be carried.",
            arguments: [CommandArgument("FILE", "where to; - is the standard output")],
            options: [
                .value("space", "SPACE", "only this space", repeatable: true),
                .value("for", "NODEKEY", "leave out what this node was known to hold"),
            ]),
        Command(
            "bench", "Measure.", arguments: [CommandArgument("NAME", "only this figure", optional: true)],
            options: [.value("seed", "N", "the first number"), .flag("all", "also the slow ones")]),
    ])
