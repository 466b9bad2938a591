import PLCNode
import Testing

@Suite struct ArgumentsTests {
    /// What the line means, in words: the command, then what it was given, or the error.
    private func story(_ line: String) -> String {
        let words = line.split(separator: " ").map { $0 == "''" ? "" : String($0) }
        do throws(UsageError) {
            switch try exampleTable.parse(words) {
            case .help(let topic): return "help \(topic.joined(separator: " "))"
            case .run(let invocation): return story(invocation)
            }
        } catch {
            return "\(error)"
        }
    }

    private func story(_ invocation: Invocation) -> String {
        guard let command = exampleTable.commands.first(where: { $0.name == invocation.command }) else {
            return "?"
        }
        var parts = [invocation.command]
        for argument in command.arguments {
            let words = invocation.words(argument.name)
            if !words.isEmpty { parts.append("\(argument.name)=\(words.joined(separator: "+"))") }
        }
        for option in command.options + exampleTable.common {
            let values = invocation.values(option.name)
            if !values.isEmpty { parts.append("\(option.name)=\(values.joined(separator: "+"))") }
        }
        return parts.joined(separator: " ")
    }

    @Test func `lines that are understood`() {
        let cases: [(String, String)] = [
            ("status", "status"), ("status --json", "status json="),
            ("--json --dir /n status", "status dir=/n json="),
            ("--dir=/n space list", "space list dir=/n"), ("space --json list", "space list json="),
            ("init --name Nile", "init name=Nile"),
            ("init --name=Nile=2 --lang ar", "init name=Nile=2 lang=ar"),
            ("init --name=--x", "init name=--x"), ("init --name ''", "init name="),
            ("init --name=", "init name="),
            ("peer add [::1]:7400", "peer add HOST:PORT=[::1]:7400"),
            ("post add --title A --space S --tags x --tags y", "post add space=S title=A tags=x+y"),
            ("search علم --json نشط", "search WORD=علم+نشط json="),
            ("search -- --json -x", "search WORD=--json+-x"),
            ("search -3", "search WORD=-3"),
            ("bundle write - --space A --space=B", "bundle write FILE=- space=A+B"),
            ("bench", "bench"), ("bench --seed -1 --all load", "bench NAME=load seed=-1 all="),
            ("bench --all --all", "bench all=+"), ("--help", "help "), ("help", "help "),
            ("help space", "help space"),
            ("help space create", "help space create"), ("space create --level --help", "help space create"),
            ("peer -h", "help peer"), ("post add x y z --nonsense --help", "help post add"),
        ]
        for (line, expected) in cases { same(story(line), expected, line) }
    }

    @Test func `lines that are wrong name the wrong word and the nearest right one`() {
        let cases: [(String, String)] = [
            ("peeer", "plc: no command 'peeer'; did you mean 'peer'?"),
            ("post add --titel A", "plc post add: no option '--titel'; did you mean '--title'?"),
            ("peer ad x", "plc peer: no command 'ad'; did you mean 'add'?"),
            ("stat", "plc: no command 'stat'; did you mean 'status'?"),
            ("xyzzy", "plc: no command 'xyzzy'; see 'plc --help'"),
            (
                "",
                "plc: a command is missing (init, status, space, peer, post, search, bundle, bench); see 'plc --help'"
            ),
            ("space", "plc space: a command is missing (create, list); see 'plc space --help'"),
            ("space --", "plc space: a command is missing (create, list); see 'plc space --help'"),
            ("--jsno status", "plc: no option '--jsno'; did you mean '--json'?"),
            ("status -x", "plc status: no option '-x'; see 'plc status --help'"),
            ("status --json=yes", "plc status: '--json' takes no value; see 'plc status --help'"),
            ("init --name", "plc init: '--name' needs a value (--name NAME); see 'plc init --help'"),
            ("init --name --json", "plc init: '--name' needs a value (--name NAME); see 'plc init --help'"),
            ("init", "plc init: '--name NAME' is missing; see 'plc init --help'"),
            ("init --name a --name b", "plc init: '--name' is given twice; see 'plc init --help'"),
            ("--dir a status --dir b", "plc status: '--dir' is given twice; see 'plc status --help'"),
            (
                "init --name a --lang fr",
                "plc init: '--lang' is one of ar, en, not 'fr'; see 'plc init --help'"
            ),
            (
                "space create --name a --level shcool",
                "plc space create: '--level' is one of team, school, district, region, global, topic, not 'shcool'; "
                    + "did you mean 'school'?"
            ),
            ("peer add", "plc peer add: HOST:PORT is missing; see 'plc peer add --help'"),
            ("peer add a b", "plc peer add: nothing is known to do with 'b'; see 'plc peer add --help'"),
            ("search", "plc search: WORD is missing; see 'plc search --help'"),
            ("status now", "plc status: nothing is known to do with 'now'; see 'plc status --help'"),
        ]
        for (line, expected) in cases { same(story(line), expected, line) }
    }

    @Test func `fields arrive in the order given`() throws {
        let line = ["post", "add", "--tags", "ب", "--space", "S", "--body=x y", "--tags", "a"]
        guard case .run(let invocation) = try exampleTable.parse(line) else { return }
        same(invocation.fields.map { "\($0.name)=\($0.value)" }, ["tags=ب", "body=x y", "tags=a"])
        same(invocation.isJSON, false)
        same(invocation.directory, nil)
    }

    @Test func `edit distances`() {
        let cases: [(String, String, Int)] = [
            ("", "", 0), ("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("ca", "abc", 3),
            ("kitten", "sitting", 3),
            ("تعلم", "تعليم", 1), ("titel", "title", 1), ("abcd", "badc", 2),
        ]
        for (a, b, distance) in cases {
            same(editDistance(a, b), distance, "\(a) to \(b)")
            same(editDistance(b, a), distance, "\(b) to \(a)")
        }
    }

    @Test func `the help of one command`() {
        same(
            exampleTable.help(["space", "create"]),
            """
            usage: plc space create --level LEVEL --name NAME [--parent SPACE]

            Create a space.

            The node becomes the founder of the space and its first steward. The level
            cannot be changed later.

              --level LEVEL   how wide it is; one of team, school, district, region, global,
                              topic; required
              --name NAME     what people call it; required
              --parent SPACE  the space it belongs to

              --dir DIR  the node's folder; otherwise PLC_DIR names it
              --json     answer in JSON, one object or one a line
              --help     print this help

            """)
    }

    @Test func `the help of a group, and every help fits its width`() {
        same(
            exampleTable.help(["peer"]),
            """
            usage: plc peer COMMAND ...

              peer add     Meet another node.
              peer list    List the peers.
              peer remove  Forget a peer.

              --dir DIR  the node's folder; otherwise PLC_DIR names it
              --json     answer in JSON, one object or one a line
              --help     print this help

            'plc peer COMMAND --help' says more about one command.

            """)
        for topic in [[], ["post"]] + exampleTable.commands.map(\.words) {
            for width in [50, 80] {
                for line in exampleTable.help(topic, width: width).split(separator: "\n")
                where displayWidth(line) > width { Issue.record("too wide for \(width): \(line)") }
            }
        }
    }
}
