import Foundation
import PLCNode
import Testing

/// Stores that an earlier version left behind, each in Tests/Golden: they are opened for ever, and say what they said then.
@Suite struct GoldenStoreTests {
    /// The folder with one folder a schema.
    private static let folder: URL = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder.appending(path: "Golden")
    }()

    private static let versions = [4]

    /// Two nodes wrote this community, apart and together: 300 imported records, so that blocks are sealed and hashes
    /// stored; a goal with two statements that stand beside each other; a deletion against an edit.
    @Test("an old store opens, is sound, gives the export that it gave, and goes on", arguments: versions)
    func opens(version: Int) throws {
        let golden = Self.folder.appending(path: "store-\(version)")
        let exported = try String(contentsOf: golden.appending(path: "export.jsonl"), encoding: .utf8)
        try withTemporaryFolder { root in
            let desk = Desk(root)
            try FileManager.default.createDirectory(
                atPath: desk.folder.path, withIntermediateDirectories: true)
            for name in ["key", "store.db"] {
                let bytes = try Data(contentsOf: golden.appending(path: name))
                try FileSystem.write(
                    Array(bytes), to: "\(desk.folder.path)/\(name)", mode: 0o600)
            }
            same(desk.run("export Golden").output, exported, "the export of schema \(version)")
            let doctor = desk.run("doctor --json")
            same(doctor.code, .done, "\(doctor)")
            let status = desk.run("status --json").json
            same(status["spaces"]?.elements?.first?["hash"]?.text?.prefix(8), "b236a955", "\(status)")
            same(desk.run("post add --title New --body words").code, .done, "a new post")
            same(desk.run("export Golden").output.split(separator: "\n").count, 302, "records and one more")
            same(desk.run("doctor").code, .done, "it is sound with the new post")
        }
    }
}
