/// `plc lab check`: waits until all members of every space hold the same, and compares what they would show.
struct LabCheck {
    let lab: Lab
    /// In milliseconds.
    let within: UInt64
    let language: Language

    /// What came of one space.
    struct Finding {
        let space: String
        let nodes: [String]
        let hash: String
        let bytes: Int
    }

    /// Why it failed, in lines for people.
    struct Difference: Error {
        let lines: [String]
    }

    /// What all came to; `leftOut` did not run.
    struct Outcome {
        var findings: [Finding] = []
        var leftOut: [String] = []
        var milliseconds: UInt64 = 0
    }

    /// How long an export may be silent, in milliseconds.
    private static let exportMilliseconds = 60_000
    /// The most of a line that is quoted, in characters.
    private static let quoteMax = 160

    func run() throws -> Outcome {
        let began = EventLoop.clock()
        var outcome = Outcome()
        outcome.leftOut = lab.nodes.filter { $0.condition != .serves }.map(\.name)
        for space in lab.plan.plan.spaces {
            let members = space.members.map(\.node).filter { !outcome.leftOut.contains($0) }.map {
                lab.node($0)
            }
            guard !members.isEmpty else { continue }
            outcome.findings.append(try check(space.name, members, began))
        }
        outcome.milliseconds = EventLoop.clock() - began
        return outcome
    }

    private func check(_ space: String, _ members: [LabNode], _ began: UInt64) throws -> Finding {
        let id = lab.spaceID(space)
        while true {
            let hashes = try self.hashes(members, id)
            let isLate = EventLoop.clock() > began + within
            if Set(hashes).count == 1 {
                let difference = try compare(space, members, id)
                switch difference {
                case .none(let bytes):
                    return Finding(space: space, nodes: members.map(\.name), hash: hashes[0], bytes: bytes)
                case .found(let lines):
                    // Somebody may have written in between: only what differs while the digests do not is wrong.
                    if try self.hashes(members, id) == hashes { throw Difference(lines: lines) }
                }
            }
            if isLate {
                let all = zip(members, hashes).map { "\($0.name) \($1.prefix(8))" }.joined(separator: ", ")
                let time = humanDuration(.milliseconds(Int64(within)))
                var lines = [LabTexts.checkDigests.text(language, [space, time, all])]
                if case .found(let more) = try compare(space, members, id) { lines += more }
                throw Difference(lines: lines)
            }
            LabFolder.pause()
        }
    }

    private func hashes(_ members: [LabNode], _ id: String) throws -> [String] {
        try members.map { try $0.text(["hash", id], "hash") }
    }

    private enum Comparison {
        case none(bytes: Int)
        case found([String])
    }

    /// Compares the exports of all with that of the first, byte by byte.
    private func compare(_ space: String, _ members: [LabNode], _ id: String) throws -> Comparison {
        let first = try export(members[0], id)
        for member in members.dropFirst() {
            let other = try export(member, id)
            guard let at = Self.difference(first, other) else { continue }
            let place = LabTexts.checkExports.text(
                language, [space, members[0].name, member.name, "\(grouped(at))"])
            return .found([place, quote(members[0], first, at), quote(member, other, at)])
        }
        return .none(bytes: first.count)
    }

    private func export(_ node: LabNode, _ id: String) throws -> [UInt8] {
        let answer = try node.ask(["export", id], silentAtMost: Self.exportMilliseconds)
        guard answer.code == .done else { throw node.failure(answer) }
        return answer.output
    }

    /// The first place at which two rows of bytes differ; nil if they are the same.
    static func difference(_ a: [UInt8], _ b: [UInt8]) -> Int? {
        if a == b { return nil }
        return zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
    }

    /// The line of an export in which a place is.
    private func quote(_ node: LabNode, _ bytes: [UInt8], _ at: Int) -> String {
        let end = UInt8(ascii: "\n")
        let start = (bytes[..<at].lastIndex(of: end) ?? -1) + 1
        let line = bytes[start...].prefix { $0 != end }
        if line.isEmpty { return LabTexts.checkNothing.text(language, [node.name]) }
        let text = cut(String(decoding: line, as: UTF8.self), to: Self.quoteMax)
        return LabTexts.checkLine.text(language, [node.name, text])
    }
}
