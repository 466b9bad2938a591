internal import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// `plc demo`: two schools and a district as real processes on this machine, telling what they do.
///
/// Every step is an ordinary command of an ordinary node; what the demonstration claims at the end is read back from
/// the nodes, and anything that differs makes it fail.
struct Demonstration {
    private let output: Output
    private let root: String
    private let program: String
    private var step = 0

    /// Environment variable for tests: a node that has it drops one batch that it receives.
    static let dropVariable = "PLC_TEST_DROP_BATCH"

    /// A node of the demonstration and the process that serves it, if one does.
    private final class DemoNode {
        let title: String
        let folder: String
        var process: ChildProcess?
        var address = ""

        init(title: String, folder: String) {
            self.title = title
            self.folder = folder
        }
    }

    /// Something that did not come out as it must.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    init(output: Output, root: String) {
        self.output = output
        self.root = root
        program = ChildProcess.ownPath()
    }

    private mutating func say(_ text: String) throws {
        step += 1
        try output.line("\(step < 10 ? " " : "")\(step). \(text)")
    }

    // MARK: Running commands

    private func run(_ node: DemoNode, _ words: [String]) throws -> JSON {
        let child = try ChildProcess(program, words + ["--dir", node.folder, "--json"])
        let result = child.finish()
        guard result.code == 0 else {
            let message = String(decoding: result.errors, as: UTF8.self)
            throw Failure(
                "'plc \(words.joined(separator: " "))' at \(node.title) ended with \(result.code): \(message)"
            )
        }
        guard let last = result.output.split(separator: UInt8(ascii: "\n")).last else { return .null }
        return try JSON(parsing: Array(last))
    }

    private func text(_ node: DemoNode, _ words: [String], _ key: String) throws -> String {
        guard let text = try run(node, words)[key]?.text else {
            throw Failure("'plc \(words.joined(separator: " "))' did not answer with '\(key)'")
        }
        return text
    }

    private func serve(_ node: DemoNode, dialling peer: String?) throws {
        var words = [
            "serve", "--dir", node.folder, "--json", "--listen",
            node.address.isEmpty ? "127.0.0.1:0" : node.address,
        ]
        if let peer { words += ["--peer", peer] }
        let process = try ChildProcess(program, words)
        guard let line = process.line(within: 5_000), let json = try? JSON(parsing: Array(line.utf8)),
            let address = json["listening"]?.elements?.first?.text
        else {
            let result =
                process.isRunning ? "no answer" : String(decoding: process.finish().errors, as: UTF8.self)
            throw Failure("\(node.title) could not be started: \(result)")
        }
        node.process = process
        node.address = address
    }

    private func stop(_ node: DemoNode) throws {
        guard let process = node.process else { return }
        process.signal(SIGTERM)
        let result = process.finish()
        node.process = nil
        guard result.code == 0 else {
            throw Failure(
                "\(node.title) did not stop cleanly: \(String(decoding: result.errors, as: UTF8.self))")
        }
    }

    /// Waits until all nodes say the same digest of the space; at most ten seconds.
    private func waitUntilEqual(_ nodes: [DemoNode], _ space: String) throws -> String {
        let deadline = EventLoop.clock() + 10_000
        while true {
            let digests = try nodes.map { try text($0, ["hash", space], "hash") }
            if Set(digests).count == 1 { return digests[0] }
            guard EventLoop.clock() < deadline else {
                let all = zip(nodes, digests).map { "\($0.title) \($1.prefix(16))…" }.joined(separator: ", ")
                throw Failure("the nodes still differ after ten seconds: \(all)")
            }
            _ = poll(nil, 0, 50)
        }
    }

    // MARK: The story

    /// Runs the demonstration; throws if anything differs from what it tells.
    mutating func play() throws {
        let north = DemoNode(title: "North School", folder: root + "/north")
        let south = DemoNode(title: "South School", folder: root + "/south")
        let district = DemoNode(title: "District", folder: root + "/district")
        let all = [north, south, district]
        defer { for node in all { node.process?.signal(SIGKILL) } }

        try say("Three nodes are set up: two schools and their district, each with a key of its own.")
        for node in all { _ = try run(node, ["init", "--name", node.title]) }

        try say("The district founds a community and invites both schools as writers.")
        let space = try text(
            district, ["space", "create", "--level", "district", "--name", "مجتمع معلمي العلوم"], "space")
        try serve(district, dialling: nil)
        for school in [north, south] {
            let token = try text(
                district, ["invite", space, "--role", "writer", "--address", district.address], "token")
            _ = try run(school, ["join", token])
            try serve(school, dialling: district.address)
        }
        let goal = try text(
            north,
            [
                "goal", "add", "--space", space, "--statement",
                "Every pupil explains an experiment in writing",
            ],
            "id")
        let post = try text(
            north,
            [
                "post", "add", "--space", space, "--title", "تجربة الكثافة", "--body",
                "جربت مع طلابي تجربة الماء والزيت", "--tags", "علوم",
            ], "id")
        let rough = try text(
            south, ["post", "add", "--space", space, "--title", "Draft", "--body", "Notes from Tuesday"], "id"
        )
        var digest = try waitUntilEqual(all, space)
        try say(
            "North and South write a goal and two posts; all three nodes hold them: \(digest.prefix(16))…")

        try say("The line to the district is cut. Both schools go on working, each on its own copy.")
        try stop(district)
        _ = try run(
            north, ["goal", "edit", goal, "--statement", "Every pupil explains two experiments"])
        _ = try run(
            south, ["goal", "edit", goal, "--statement", "Every pupil explains one in a group"])
        try say("Both reword the same goal, neither knowing of the other.")
        _ = try run(north, ["post", "edit", post, "--tags", "تجارب"])
        _ = try run(north, ["post", "edit", post, "--remove-tags", "علوم"])
        _ = try run(south, ["goal", "edit", goal, "--tags", "writing"])
        try say("North changes the tags of its post, South tags the goal.")
        _ = try run(south, ["post", "delete", rough])
        _ = try run(north, ["goal", "edit", goal, "--why", "Writing shows who has understood"])
        try say("South deletes its draft; North says why the goal matters.")

        try say("The district is back. The schools reach each other through it alone.")
        try serve(district, dialling: nil)
        digest = try waitUntilEqual(all, space)
        let versions = try run(south, ["goal", "show", goal])["v"]?["statement"]?.elements
        guard versions?.count == 1 else {
            throw Failure(
                "of two wordings of one goal, one was lost: \(versions.map { "\($0.count)" } ?? "none") beside the shown one"
            )
        }
        try say(
            "All three agree again, and nobody's wording of the goal was lost: two versions stand side by side."
        )

        try killMidWrite(south, space, district)
        digest = try waitUntilEqual(all, space)
        try say("The three digests of the community:")
        for node in all {
            let own = try text(node, ["hash", space], "hash")
            try output.line("      \(own)  \(node.title)")
            guard own == digest else { throw Failure("\(node.title) differs") }
        }
        for node in all { try stop(node) }
    }

    /// Kills a node while it writes, and looks for every write that it had acknowledged.
    private mutating func killMidWrite(_ node: DemoNode, _ space: String, _ peer: DemoNode) throws {
        try say("\(node.title) writes one post after the other, and is killed in the middle (SIGKILL).")
        var acknowledged: [String] = []
        var attempts = 0
        while attempts < 40 {
            attempts += 1
            let words = [
                "post", "add", "--space", space, "--title", "Note \(attempts)", "--body", "Written under way",
            ]
            let child = try ChildProcess(program, words + ["--dir", node.folder, "--json"])
            if attempts == 12 { node.process?.signal(SIGKILL) }
            let result = child.finish()
            guard result.code == 0, let json = try? JSON(parsing: result.output), let id = json["id"]?.text
            else { break }
            acknowledged.append(id)
            if attempts >= 12, node.process?.isRunning == false { break }
        }
        _ = node.process?.finish()
        node.process = nil
        try serve(node, dialling: peer.address)
        for id in acknowledged { _ = try run(node, ["post", "show", id]) }
        try say("It is started again: all \(acknowledged.count) posts that it had acknowledged are there.")
    }
}
