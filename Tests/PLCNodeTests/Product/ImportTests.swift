import Foundation
import PLCNode
import PLCSync
import Testing

@Suite struct ImportTests {
    /// A small community's work: records, then changes of every sort, with times that grow.
    private func workload(seed: UInt64) -> (records: String, changes: String) {
        var random = SplitMix64(seed: seed)
        let words = ["تعلّم", "قراءة", "fractions", "درس", "e\u{301}", "\\u0627\\u0654", "a\\\"b", "😀"]
        func text() -> String {
            (0..<Int.random(in: 1...9, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
                .joined(separator: " ")
        }
        func set() -> String {
            (0..<Int.random(in: 0...3, using: &random)).map { _ in
                "\"\(words.randomElement(using: &random) ?? "")\""
            }
            .joined(separator: ",")
        }
        var records = ""
        var changes = ""
        let kinds = ["post", "feedback", "goal"]
        for i in 0..<60 {
            records +=
                #"{"id":"r\#(i)","t":"\#(kinds[i % 3])","f":{"title":"\#(text())","createdAt":\#(1000 + i / 2),"#
                + #""body":"\#(text())","x":\#(i),"status":"a","deep":[1,2.5,{"k":null}]},"s":{"tags":[\#(set())],"own":[\#(set()),\#(i)]}}"#
                .replacingOccurrences(of: "[,", with: "[") + "\n"
        }
        for i in 0..<200 {
            let record = Int.random(in: 0..<60, using: &random)
            let head = #"{"id":"r\#(record)","t":"\#(kinds[record % 3])","at":\#(5000 + i)"#
            let body =
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5: #""f":{"title":"\#(text())","x":\#(i)}"#
                case 5: #""f":{"body":"\#(text())"}"#
                case 6: #""s+":{"tags":["\#(words[i % 8])"],"own":[\#(i % 5)]}"#
                case 7: #""s-":{"tags":["\#(words[i % 8])"]}"#
                case 8: #""s-":{"own":[\#(record)]}"#
                default: i % 3 == 0 ? #""del":true"# : #""f":{"x":\#(i)}"#
                }
            changes += head + "," + body + "}\n"
        }
        changes +=
            #"{"id":"n1","t":"post","at":9000,"new":true,"f":{"title":"new"},"s":{"tags":["z"]}}"# + "\n"
        return (records, changes)
    }

    @Test func `what is imported is exported, and importing it again changes nothing`() throws {
        try withTemporaryFolder { root in
            let desk = Desk(withSpaceIn: root)
            let (records, changes) = workload(seed: 7)
            let first = desk.run("import S - --stamps --json", input: records)
            same(first.code, .done, first.errors)
            same(first.json["records"], 60)
            // A second title for a feedback or a goal is an undeclared register, for a post a version.
            let second = desk.run("import S - --stamps --json", input: changes)
            let hash = desk.run("hash S").output
            let export = desk.run("export S").output
            for (text, flags) in [(records, "--stamps"), (changes, "--stamps"), (records, ""), (changes, "")]
            {
                let again = desk.run("import S - --json " + flags, input: text)
                same(again.json["records"], 0)
                same(again.json["changes"], 0)
            }
            same(desk.run("hash S").output, hash)
            same(desk.run("export S").output, export)
            same(second.json["records"], 1)

            // What was exported makes a node whose export has the same bytes, though it was never told the changes.
            let other = Desk(withSpaceIn: root, name: "other")
            let copied = other.run("import S - --json", input: export)
            same(copied.code, .done, copied.errors)
            same(other.run("export S").output, export)
            // Its own export changes nothing there, and a changed line of a record that is here neither.
            same(other.run("import S - --json", input: export).json["records"], 0)
            let changed = #"{"id":"n1","t":"post","f":{"title":"other"},"s":{}}"#
            same(other.run("import S - --json", input: changed).json["unchanged"], 1)
            same(other.run("export S").output, export)
            same(other.run("doctor").code, .done)
        }
    }

    @Test func `a bad line is told with its number, and nothing of it is applied`() throws {
        let cases: [(line: String, reason: String)] = [
            ("{", "byte 1: the text ends too early"), ("[]", "a line is one object"),
            (#"{"t":"post","f":{}}"#, "\"id\" is missing"),
            (#"{"id":"a","f":{}}"#, "\"t\", the kind, is missing"),
            (#"{"id":1,"t":"post"}"#, "\"id\" is a text"),
            (#"{"id":"","t":"post"}"#, "\"id\" has 1 to 256 bytes"),
            (#"{"id":"a","t":"novel"}"#, "no kind 'novel'"),
            (#"{"id":"a","t":"member"}"#, "records of kind 'member' are not imported"),
            (#"{"id":"a","t":"post","q":1}"#, "no key 'q' is known in a line"),
            (#"{"id":"a","t":"post","f":{"title":1}}"#, "'title' must be a text"),
            (
                #"{"id":"a","t":"post","f":{"tags":"x"}}"#,
                "'tags' is a set; write it in \"s\", \"s+\" or \"s-\""
            ),
            (#"{"id":"a","t":"post","s":{"title":["x"]}}"#, "'title' holds one value; write it in \"f\""),
            (#"{"id":"a","t":"post","s":{"tags":"x"}}"#, "in \"s\" every field has an array of elements"),
            (#"{"id":"a","t":"post","f":{"":1}}"#, "the name of a field has 1 to 64 bytes"),
            (#"{"id":"a","t":"post","f":{"x":[[[[[1]]]]]}}"#, "values are nested deeper than 4"),
            (#"{"id":"a","t":"post","f":{"x":1,"x":2}}"#, "byte 33: the key occurs twice in one object"),
            (
                #"{"id":"good","t":"post","at":1,"f":{"createdAt":5}}"#,
                "'createdAt' never changes after the record is created"
            ),
            (#"{"id":"good","t":"goal","at":1,"f":{"x":5}}"#, "the record is of kind 'post', not 'goal'"),
            (#"{"id":"none","t":"post","at":1,"f":{"x":5}}"#, "no record 'none' is here"),
            (
                #"{"id":"good","t":"post","at":1,"s":{"tags":["x"]}}"#,
                "\"s\" and \"v\" belong to a new record; elements are changed by \"s+\" and \"s-\""
            ),
            (#"{"id":"a","t":"post","at":"x"}"#, "\"at\" is a number of milliseconds since 1970"),
            (
                #"{"id":"a","t":"post","f":{"x":"\#(String(repeating: "x", count: 66_000))"}}"#,
                "the change is too large: at most 64 KiB and 1,024 operations"
            ),
        ]
        try withTemporaryFolder { root in
            let desk = Desk(withSpaceIn: root)
            let good = #"{"id":"good","t":"post","f":{"title":"t"},"s":{}}"# + "\n"
            let last = #"{"id":"last","t":"post","f":{"title":"t"},"s":{}}"# + "\n"
            let text = good + cases.map(\.line).joined(separator: "\n") + "\n\n" + last
            let answer = desk.run("import S - --json", input: text)
            same(answer.code, .attention)
            let expected = cases.enumerated().map { "-:\($0 + 2): \($1.reason)" }.sorted()
            let told = answer.errors.split(separator: "\n").map(String.init).sorted()
            for (told, expected) in zip(told, expected) { same(told, expected) }
            same(told.count, expected.count)
            same(desk.run("export S").output.split(separator: "\n").count, 2)
            // Strict: what stands before the bad line is applied, what follows is not.
            let strict = Desk(withSpaceIn: root, name: "strict")
            same(strict.run("import S - --strict", input: good + cases[0].line + "\n" + last).code, .failed)
            same(strict.run("export S").output.split(separator: "\n").count, 1)
            // Times may not decrease within a file, and are needed for stamps.
            let late =
                #"{"id":"p","t":"post","at":9,"new":true}"# + "\n"
                + #"{"id":"q","t":"post","at":8,"new":true}"#
            same(
                desk.run(
                    "import S - --stamps",
                    input: late + "\n" + good.replacingOccurrences(of: "good", with: "g2")
                )
                .errors.split(separator: "\n").map(String.init),
                [
                    "-:2: the time 8 is before that of an earlier line, 9",
                    "-:3: --stamps needs \"at\", or \"createdAt\" of a record",
                ])
        }
    }

    @Test func `imported work is as the oracle says`() throws {
        let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
                "Scripts/reference"
            ).path
        guard FileManager.default.fileExists(atPath: scripts + "/naive_fold.py"),
            FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
        else { return }
        func python(_ script: String, _ arguments: [String]) throws -> String {
            let child = try ChildProcess("/usr/bin/python3", [scripts + "/" + script] + arguments)
            let result = child.finish()
            same(result.code, 0, String(decoding: result.errors, as: UTF8.self))
            return String(decoding: result.output, as: UTF8.self)
        }
        let multi =
            "post.title,post.body,feedback.body,feedback.response,goal.statement,goal.why,goal.baselineNote,"
            + "goal.status,goal.lead"
        try withTemporaryFolder { root in
            let work = root.path + "/work"
            _ = try python("generate_workload.py", ["--n", "400", "--seed", "3", "--out", work])
            // One side alone: the other's lines are of no concern here.
            for name in ["inc-b", "edit-b"] {
                try FileManager.default.removeItem(atPath: "\(work)/\(name).jsonl")
            }
            let oracle = try python("naive_fold.py", [work, "--multi", multi])
            let desk = Desk(withSpaceIn: root)
            for name in ["records", "inc-a", "edit-a"] {
                let answer = desk.run("import S \(work)/\(name).jsonl --stamps --json")
                same(answer.code == .done || answer.code == .attention, true, answer.errors)
            }
            let export = desk.run("export S").output
            same(export == oracle, true, "the export")
            same(desk.run("doctor").code, .done)
        }
    }
}
