import Foundation
import PLCOracle
import PLCSync
import Testing

/// What an earlier version said on the wire, in Tests/Golden: it is understood for ever.
@Suite struct CaptureTests {
    private static let versions = [1]

    private static func file(_ version: Int) -> URL {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder.appending(path: "Golden/wire-\(version).txt")
    }

    /// What each node holds, a line a log.
    private static func holdings(_ story: Story, _ space: SpaceID) -> [String] {
        story.nodes.indices.flatMap { node in
            let logs = story.nodes[node].disk.spaces[space]?.logs ?? [:]
            return logs.sorted { $0.key < $1.key }.map { id, log in
                let root = log.forest.root(of: log.descriptor.fullID, hasher: MerkleHasher())
                let name = hexadecimal(id.value.bytes)
                return "holds \(node) \(name) \(log.forest.count) \(hexadecimal(root.bytes))"
            }
        }
    }

    /// The lines of a capture: `meet`, then each frame as `to NODE BYTES`; at the end what each node holds.
    private static func capture() -> [String] {
        var lines: [String] = []
        let (story, space) = Story.threeMeetings { story in
            lines.append("meet")
            while let letter = story.letters.first {
                lines.append("to \(letter.to) \(hexadecimal(letter.frame))")
                story.carryOne()
            }
        }
        return lines + holdings(story, space)
    }

    /// The nodes of today hear what those of then said, whatever they say themselves.
    @Test("an old session is followed to its end", arguments: versions)
    func replay(version: Int) throws {
        let text = try String(contentsOf: Self.file(version), encoding: .utf8)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        var meetings = lines.split(separator: "meet")[...]
        let (story, space) = try Story.threeMeetings { story in
            let connection = try #require(story.lines.first { $0.value.isOpen }?.key)
            for line in meetings.popFirst() ?? [] where line.hasPrefix("to ") {
                let words = line.split(separator: " ")
                let to = try #require(Int(words[1]))
                story.letters = [
                    Story.Letter(connection: connection, from: 1 - to, to: to, frame: try unhex(words[2]))
                ]
                story.carryOne()
            }
            story.letters = []
        }
        let held = lines.filter { $0.hasPrefix("holds") }.map(String.init)
        same(Self.holdings(story, space), held, "at the end")
        same(story.nodes.flatMap(\.faults), [], "faults")
    }

    /// The capture of this version, to be kept when it is released: `PLC_CAPTURE=FILE make test`.
    @Test("a session is the same in every process, so that it can be captured")
    func captures() throws {
        let lines = Self.capture()
        same(lines, Self.capture(), "a second time")
        guard let path = ProcessInfo.processInfo.environment["PLC_CAPTURE"] else { return }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
    }
}
