import CSQLite
import PLCEntities
import PLCNode
import PLCSync
import Testing

@Suite struct CommandTests {
    @Test func `the table is well-formed and every command has help`() {
        #expect(CommandRegistry.table.help().contains("goal reading add"))
        for command in CommandRegistry.table.commands {
            let help = CommandRegistry.table.help(command.words)
            if !help.hasPrefix("usage: plc \(command.name)") { Issue.record("\(command.name)") }
        }
    }

    @Test func `a teacher's day, command by command`() throws {
        try withTemporaryFolder { root in
            let desk = Desk(root)
            same(desk.run("status").code, .failed)
            same(desk.run(["init", "--name", "مدرسة النيل", "--lang", "ar"]).code, .done)
            same(desk.run("init --name again").code, .failed)
            let space = desk.run(["space", "create", "--level", "school", "--name", "روضة", "--json"])
            guard let spaceID = space.json["space"]?.text else {
                Issue.record("no space: \(space)")
                return
            }
            same(spaceID.utf8.count, 64)
            for word in [spaceID, String(spaceID.prefix(6)), "روضة"] {
                same(desk.run(["hash", word, "--json"]).json["space"]?.text, spaceID, word)
            }
            let post = desk.run([
                "post", "add", "--space", "روضة", "--title", "Paper fractions", "--body", "نص", "--tags", "a",
                "--tags", "b",
                "--json",
            ])
            guard let id = post.json["id"]?.text else {
                Issue.record("no post: \(post)")
                return
            }
            same(id.hasPrefix("post_"), true)
            same(
                desk.run(["post", "show", String(id.dropFirst(5)), "--json"]).json["f"]?["title"]?.text,
                "Paper fractions")
            let version = desk.run(["post", "show", id, "--json"]).json["version"]?.text ?? ""
            // Two edits of the same version leave two titles; one of what is there now leaves one.
            for title in ["One", "Two"] {
                same(desk.run(["post", "edit", id, "--title", title, "--based-on", version]).code, .done)
            }
            let both = desk.run(["post", "show", id, "--json"]).json
            same(both["f"]?["title"]?.text, "Two")
            same(both["v"]?["title"]?.elements?.count, 1)
            same(
                desk.run(["post", "edit", id, "--title", "Three", "--tags", "c", "--remove-tags", "a"]).code,
                .done)
            let merged = desk.run(["post", "show", id, "--json"]).json
            same(merged["v"]?["title"], nil)
            same(merged["s"]?["tags"]?.elements?.compactMap(\.text), ["b", "c"])
            let feedback =
                desk.run(["feedback", "add", "--target", id, "--body", "أحسنت", "--json"]).json["id"]?.text
                ?? ""
            same(desk.run(["feedback", "show", feedback, "--json"]).json["f"]?["target"]?.text, id)
            same(desk.run(["feedback", "add", "--target", "post_0", "--body", "x"]).code, .failed)
            same(desk.run(["search", "PAPER", "--json"]).output, "")
            same(desk.run(["search", "THREE", "--json"]).json["id"]?.text, id)
            same(desk.run("export --all").output.split(separator: "\n").count, 2)
            same(desk.run("export --all --all-kinds").output.split(separator: "\n").count, 3)
            same(desk.run("export").code, .usage)
            same(desk.run(["post", "delete", id]).code, .done)
            same(desk.run(["post", "delete", id]).code, .failed)
            same(desk.run("members روضة --json").json["role"]?.text, "steward")
            for (line, code) in [
                ("peer add localhost:4000", ExitCode.done), ("peer add nowhere", .failed),
                ("peer remove a:1", .failed),
                ("peer list", .done), ("post list", .done), ("post list --limit 0", .failed),
                ("goal add", .usage),
                ("goal add --statement x --lang ar --archived maybe", .failed), ("space list", .done),
                ("post edit x --tags a", .failed), ("invite روضة --expires soon", .failed),
                ("hash nowhere", .failed),
                ("serve", .failed), ("peeer list", .usage), ("post add --title", .usage), ("status", .done),
            ] { same(desk.run(line).code, code, line) }
            let status = desk.run("status --json").json
            same(
                status["spaces"]?.elements?.first?["hash"]?.text,
                desk.run("hash روضة --json").json["hash"]?.text)
            same(status["peers"]?.elements?.first?["address"]?.text, "localhost:4000")
        }
    }

    @Test func `a goal's progress comes from readings`() throws {
        try withTemporaryFolder { root in
            let desk = Desk(withSpaceIn: root)
            func id(_ words: [String]) -> String { desk.run(words + ["--json"]).json["id"]?.text ?? "none" }
            let goal = id(["goal", "add", "--statement", "Read more"])
            let indicator = id([
                "goal", "indicator", "add", "--goal", goal, "--name", "fluency", "--baseline", "40",
                "--target", "80",
                "--combine", "weightedMean",
            ])
            func reading(_ value: String, _ source: String, _ more: [String] = []) -> String {
                id(
                    [
                        "goal", "reading", "add", "--indicator", indicator, "--value", value, "--n", "10",
                        "--period",
                        "2026-11", "--classCode", source,
                    ] + more)
            }
            _ = reading("60", "3A")
            let wrong = reading("900", "3B")
            _ = reading("50", "3B", ["--corrects", wrong])
            let shown = desk.run(["goal", "show", goal, "--json"]).json["indicators"]?.elements?.first
            same(shown?["now"], .number(55))
            same(shown?["share"], .number(0.375))
            same(shown?["readings"], 2)
        }
    }

    @Test func `a store of a newer program is read, and not written`() throws {
        try withTemporaryFolder { root in
            let desk = Desk(withSpaceIn: root)
            same(desk.run("post add --title Words --body x").code, .done)
            let lines = ["export S", "hash S", "members S", "search Words", "post list", "space list"]
            let before = lines.map { desk.run($0) }
            desk.leave()
            spoil(desk.folder.store, "PRAGMA user_version = 99")
            for (line, answer) in zip(lines, before) {
                let read = desk.run(line)
                same(read.code, .attention, "\(line): \(read)")
                same(read.output, answer.output, line)
                same(read.errors.contains("format 99"), true, "\(line): \(read.errors)")
            }
            for line in ["status", "doctor"] {
                let read = desk.run(line)
                same(read.code, .attention, "\(line): \(read)")
                same(read.output.contains("format 99"), true, "\(line): \(read)")
            }
            for line in ["post add --title More --body x", "doctor --repair", "peer add localhost:1"] {
                let refused = desk.run(line)
                same(refused.code, .failed, "\(line): \(refused)")
                same(refused.errors.contains("format 99"), true, "\(line): \(refused)")
            }
            desk.leave()
            spoil(desk.folder.store, "UPDATE log SET count = count + 1")
            spoil(desk.folder.store, "PRAGMA user_version = 6")
            same(desk.run("doctor").code, .failed, "damage fails doctor")
        }
    }

    @Test func `nobody writes where they may not, and nobody changes another node's words`() throws {
        try withTemporaryFolder { root in
            let desk = Desk(withSpaceIn: root)
            let node = try #require(desk.node)
            let other = try #require(SigningKey(seed: World.randomBytes(32)))
            // A post that another node wrote, in a channel of its own.
            let dot = try node.write { store in
                let space = try #require(store.spaceIDs.first)
                return try store.write(space, .evidence, by: other.publicKey, .now(World.wall())) { _ in
                    var draft = Draft()
                    let post = draft.append(
                        .create(kind: Kinds.post.number, initial: [], owned: true))
                    draft.append(.add(.op(post), .number(10), Item.text("theirs"), seen: []))
                    return draft
                }
            }
            let id = RecordName.born(dot).text(kind: "post")
            for line in ["post edit \(id) --title mine", "post delete \(id)"] {
                let answer = desk.run(line)
                same(answer.code, .failed, line)
                same(answer.errors.contains("belongs to"), true, answer.errors)
            }
            // Whoever may write may thank; the change goes where the record lives.
            same(desk.run("post edit \(id) --thanks me").code, .done)
            let shown = desk.run("post show \(id) --json").json
            same(shown["f"]?["title"]?.text, "theirs")
            same(shown["s"]?["thanks"]?.elements?.count, 1)

            // A node that knows a space without belonging to it.
            let genesis = try node.read { try $0.spaces()[0] }
            let guest = Desk(root, "guest")
            same(guest.run("init --name guest").code, .done)
            _ = guest.run("status")
            try guest.node?.write { _ = try $0.add(genesis: genesis.genesis) }
            let word = genesis.id.short
            for line in ["post add --title x", "import \(word) -", "invite \(word)"] {
                same(guest.run(line).code, .failed, line)
            }
            same(guest.run("hash \(word)").code, .done)
        }
    }

    @Test func `an invitation survives being copied, and nothing else passes for one`() throws {
        try withTemporaryFolder { root in
            let desk = Desk(withSpaceIn: root)
            let answer = desk.run(
                "invite S --role reader --expires 2h --address 10.0.0.1:7000 --address [::1]:7001 --json")
            let token = answer.json["token"]?.text ?? ""
            let invitation = try Invitation(token: token)
            same(invitation.addresses, ["10.0.0.1:7000", "[::1]:7001"])
            same(invitation.role, .reader)
            same(hexadecimal(invitation.space.value.bytes), answer.json["space"]?.text)
            same(
                try desk.node?.membership(of: invitation.space).invitations[invitation.key.publicKey]?.role,
                .reader)
            same(
                try Invitation(token: " \(token.lowercased().prefix(40))-\n\(token.dropFirst(40))\n"),
                invitation)
            same(try Invitation(invitation.encoded), invitation)
            var accepted: [String] = []
            var cut = token
            while !cut.isEmpty {
                cut.removeLast()
                if (try? Invitation(token: cut)) != nil { accepted.append(cut) }
            }
            for (i, character) in token.enumerated() {
                var letters = Array(token)
                letters[i] = character == "7" ? "8" : "7"
                if (try? Invitation(token: String(letters))) != nil { accepted.append(String(letters)) }
            }
            for bit in 0..<invitation.encoded.count * 8 {
                var bytes = invitation.encoded
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                // Whatever is accepted is spelled in one way.
                if let other = try? Invitation(bytes), other.encoded != bytes {
                    accepted.append("bit \(bit)")
                }
            }
            same(accepted, [])
            for (text, error) in [
                ("", InvitationError.notAToken), ("PLC2ABC", .unknownVersion), ("PLC1", .damaged),
                ("plc1!", .damaged),
            ] {
                do {
                    _ = try Invitation(token: text)
                    Issue.record("\(text) is an invitation")
                } catch let caught as InvitationError {
                    same(caught, error, text)
                }
            }
        }
    }

    @Test func `a restored node is a new incarnation with the old work`() throws {
        try withTemporaryFolder { root in
            let desk = Desk(withSpaceIn: root)
            same(desk.run("post add --title kept").code, .done)
            same(desk.run("backup copy.db").code, .done)
            same(desk.run("backup copy.db").code, .failed)
            let hash = desk.run("hash S").output
            let epoch = desk.node?.databaseEpoch
            let back = Desk(root, "back")
            same(back.run("restore copy.db").code, .failed)
            let answer = back.run(["restore", "copy.db", "--key", desk.folder.key, "--json"])
            same(
                answer.json["node"]?.text, desk.node.map { hexadecimal($0.identity.publicKey.bytes) },
                answer.errors)
            same(back.run(["restore", "copy.db"]).code, .failed)
            same(back.run("hash S").output, hash)
            same(back.node?.databaseEpoch == epoch, false)
            same(back.run("post add --title new").code, .done)
            // The old logs of both channels, and a new one for what was written since.
            let logs = back.run("status --json").json["spaces"]?.elements?.first?["logs"]
            same(logs, 3)
            same(back.run("doctor --json").json["ok"], true)
            same(desk.run(["restore", root.path + "/desk/key", "--force"]).code, .failed)
            // What fails leaves the key that was there: of a backup that is none, and of a folder that is in use.
            let other = Desk(root, "other")
            same(other.run("init --name other").code, .done)
            let words = { (backup: String) in
                ["restore", backup, "--force", "--key", desk.folder.key]
            }
            let before = other.run("status --json").json["node"]?.text
            same(other.run(words("copy.db")).code, .failed, "restoring a folder that is in use")
            other.leave()
            same(other.run(words(desk.folder.key)).code, .failed, "restoring from what is no backup")
            same(other.run("status --json").json["node"]?.text, before)
        }
    }

    @Test func `doctor finds what is wrong with the state, and repairs it`() throws {
        try withTemporaryFolder { root in
            let desk = Desk(withSpaceIn: root)
            for title in ["a", "b", "c"] { _ = desk.run(["post", "add", "--title", title, "--tags", "x"]) }
            let export = desk.run("export S").output
            same(desk.run("doctor").code, .done)
            // A record disappears from the table behind the back of the store.
            desk.leave()
            spoil(desk.folder.store, "DELETE FROM record WHERE kind = 3 AND id > 0")
            same(desk.run("export S").output == export, false)
            same(desk.run("doctor").code, .failed)
            same(desk.run("doctor --repair").code, .attention)
            same(desk.run("doctor").code, .done)
            same(desk.run("export S").output, export)
        }
    }

    @Test func `names of records are read as they are written`() throws {
        let log = LogID(Bytes16(high: 0x0102_0304_0506_0708, low: 9))
        for (sequence, op) in [(1, 0), (127, 3), (128, 1_023), (1 << 30 - 1, 7)] as [(UInt64, UInt32)] {
            let name = RecordName.born(Dot(log: log, sequence: sequence, op: op))
            for text in [name.digits, name.text(kind: "post"), name.text(kind: "post").lowercased()] {
                same(RecordName(text), name, text)
            }
        }
        let keyed = RecordName.keyed(Bytes16(high: 1, low: 2))
        same(RecordName(keyed.text(kind: "member")), keyed)
        for text in [
            "", "post_", "post_U", "01ARZ3NDEKTSV4RRFFQ69G5FA", "post_00000000000000000000000000000",
        ] {
            same(RecordName(text), nil, text)
        }
    }
}
