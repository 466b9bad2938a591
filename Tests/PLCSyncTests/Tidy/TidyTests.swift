import Foundation
import Testing

/// The style of the house as a test: the rules are tables in `HouseRules`.
@Suite struct TidyTests {
    /// The folder of the package, four above this file.
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func files(in folders: [String]) throws -> [SourceText] {
        try folders.flatMap { folder in
            let walk = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
            let names = (walk?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".swift") }
            return try names.sorted().map { name in
                let path = "\(folder)/\(name)"
                let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
                return SourceText(path: path, text: text)
            }
        }
    }

    @Test func `the sources keep the rules of the house`() throws {
        let files = try Self.files(in: ["Sources", "Tests"])
        #expect(
            files.contains { $0.path == "Tests/PLCSyncTests/Tidy/TidyTests.swift" },
            "the walk reads this package")
        #expect(files.contains { $0.isUnder("Sources/PLCSync") })
        let findings = HouseRules.findings(in: files)
        #expect(findings.isEmpty, "\n\(findings.map(\.description).joined(separator: "\n"))")
    }

    /// What is planted, where, and what must be said of it.
    struct Canary: Sendable, CustomTestStringConvertible {
        let path: String
        let text: String
        let finding: String

        var testDescription: String { finding }
    }

    private static let canaries: [Canary] = [
        Canary(
            path: "Sources/PLCSync/Log/A.swift", text: "import Foundation\n", finding: "imports Foundation"),
        Canary(
            path: "Sources/PLCSync/Log/A.swift", text: "internal import COpenSSL\n",
            finding: "imports COpenSSL"),
        Canary(
            path: "Sources/PLCSync/Fold/A.swift", text: "@preconcurrency import Glibc\n",
            finding: "imports Glibc"),
        Canary(
            path: "Sources/PLCEntities/A.swift", text: "\n  import struct Dispatch.Time\n",
            finding: "Dispatch"),
        Canary(path: "Sources/PLCEntities/A.swift", text: "import CSQLite\n", finding: "imports CSQLite"),
        Canary(
            path: "Sources/PLCNode/Web/A.swift", text: "import Foundation\n", finding: "imports Foundation"),
        Canary(path: "Sources/PLCNode/Net/A.swift", text: "import CSQLite\n", finding: "imports CSQLite"),
        Canary(path: "Sources/PLCNode/Store/A.swift", text: "import CLinux\n", finding: "imports CLinux"),
        Canary(
            path: "Sources/PLCNode/Command/A.swift", text: "import COpenSSL\n", finding: "imports COpenSSL"),
        Canary(path: "Sources/plc/Main.swift", text: "import PLCSync\n", finding: "imports PLCSync"),
        Canary(
            path: "Sources/PLCSync/Log/A.swift", text: "let n = Int.random(in: 0...9)\n", finding: ".random("),
        Canary(path: "Sources/PLCSync/Log/A.swift", text: "let n = list.shuffled()\n", finding: ".shuffled("),
        Canary(path: "Sources/PLCEntities/A.swift", text: "let now = Date()\n", finding: "Date("),
        Canary(
            path: "Sources/PLCEntities/A.swift", text: "let c = ContinuousClock()\n",
            finding: "ContinuousClock"),
        Canary(
            path: "Sources/PLCSync/Clock/A.swift", text: "clock_gettime(0, &t)\n", finding: "clock_gettime"),
        Canary(path: "Sources/PLCSync/Log/A.swift", text: "let home = getenv(name)\n", finding: "getenv"),
        Canary(path: "Sources/PLCSync/Log/A.swift", text: "let file = open(path, 0)\n", finding: "open("),
        Canary(path: "Sources/PLCSync/Log/A.swift", text: "Task { step() }\n", finding: "Task {"),
        Canary(path: "Sources/PLCSync/Log/A.swift", text: "let a = await peer.head\n", finding: "await"),
        Canary(path: "Sources/PLCSync/Log/A.swift", text: "public actor Peer {}\n", finding: "actor"),
        Canary(path: "Sources/PLCSync/Log/A.swift", text: "let s = \"\\(print(1))\"\n", finding: "print("),
        Canary(path: "Sources/PLCNode/Web/A.swift", text: "let a = try! read()\n", finding: "try!"),
        Canary(path: "Sources/PLCNode/Web/A.swift", text: "fatalError(\"no\")\n", finding: "fatalError("),
        Canary(path: "Tests/PLCNodeTests/A.swift", text: "sleep(1)\n", finding: "sleep("),
        Canary(path: "Sources/PLCNode/Web/A.swift", text: "// FIX" + "ME later\n", finding: "open an issue"),
        Canary(path: "Tests/PLCNodeTests/A.swift", text: "/* TO" + "DO */\n", finding: "open an issue"),
        Canary(
            path: "Sources/PLCNode/Web/A.swift",
            text: String(repeating: "\n", count: HouseRules.linesMax + 1),
            finding: "has 601 lines"),
        Canary(
            path: "Sources/PLCSync/Wire/A.swift", text: "struct Frame {}\n", finding: "stands on no floor"),
        Canary(
            path: "Sources/PLCSync/Bytes/A.swift", text: "func f(_ log: borrowing MerkleLog) {}\n",
            finding: "Bytes names MerkleLog of Log"),
        Canary(
            path: "Sources/PLCSync/Log/A.swift", text: "let s: [Session.State] = []\n",
            finding: "Log names Session of Session"),
        Canary(
            path: "Sources/PLCSync/Trust/Signature.swift", text: "let s: Grant\n",
            finding: "Trust/Signature.swift names Grant of Trust"),
    ]

    /// What the higher floors declare, for the canaries on the lower ones to name.
    private static let house = [
        SourceText(path: "Sources/PLCSync/Trust/Grant.swift", text: "public struct Grant: Sendable {}\n"),
        SourceText(path: "Sources/PLCSync/Log/MerkleLog.swift", text: "public final class MerkleLog {}\n"),
        SourceText(
            path: "Sources/PLCSync/Session/Session.swift",
            text: "@frozen public struct Session: ~Copyable {}\n"),
    ]

    @Test("a planted fault is found, and nothing else", arguments: canaries)
    func canary(_ canary: Canary) {
        let findings = HouseRules.findings(
            in: Self.house + [SourceText(path: canary.path, text: canary.text)])
        let found = findings.map(\.description)
        #expect(
            found.count == 1 && found.allSatisfy { $0.hasPrefix(canary.path) && $0.contains(canary.finding) })
    }

    @Test func `what only looks like a fault is left alone`() {
        let text = ##"""
            /// Opens with open(path), then print(it); /* import Foundation */ Task { } MerkleLog
            /* a /* nested */ await */
            public enum Message {
                case open(mask: UInt8)
                enum Session {}
            }
            func open(_ message: Message) -> String {
                session.open(message)
                reopen(message)
                let taskForce = #"try! \(x) "await" Date()"#
                let lines = """
                    fatalError( "quoted" Session
                    import Glibc
                    """
                return "await \"Date()\" \(lines + "print()") \(Message.Grant.self)" + taskForce
            }
            """##
        let planted = SourceText(path: "Sources/PLCSync/Bytes/A.swift", text: text)
        #expect(HouseRules.findings(in: Self.house + [planted]).map(\.description) == [])
    }

    @Test func `blanking keeps the lines and the code`() {
        let cases = [
            ("a // b\nc", "a_____\nc"),
            ("a /* b /* c\n */ */ d", "a__________\n_______d"),
            ("f(\"x\\\"y\")", "f(______)"),
            ("\"a\\(b(\"c\"))d\" e", "___(b(___))___e"),
            ("\"\"\"\n\"q\"\n\"\"\" e", "___\n___\n____e"),
            ("#\"a\"b\\(c)\"# e", "____________e"),
            ("#if X", "#if_X"),
        ]
        for (text, code) in cases {
            #expect(blankingWords(text).replacingOccurrences(of: " ", with: "_") == code)
        }
    }
}
