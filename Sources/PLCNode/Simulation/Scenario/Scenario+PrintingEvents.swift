extension Scenario.Event {
    var printed: String {
        // A process that dies says after how long it starts again; all else says until when it lasts.
        switch action {
        case .kill, .powerCut:
            var once = schedule
            once.duration = nil
            let again = schedule.duration.map { " start after \(PLCNode.printed(duration: $0))" } ?? ""
            return "\(once.printed) \(action.printed)\(again)"
        case .partition, .cut, .heal, .start, .freeze, .restore, .clone, .clock, .disk, .diskFree, .bitRot,
            .hostile, .equivocate, .oldVersion, .join, .leave, .write:
            return "\(schedule.printed) \(action.printed)"
        }
    }
}

extension Scenario.Schedule {
    var printed: String {
        let first = PLCNode.printed(point: at)
        guard let every, let until else {
            return duration.map { "from \(first) to \(PLCNode.printed(point: at + $0))" } ?? "on \(first)"
        }
        let lasting = duration.map { " for \(PLCNode.printed(duration: $0))" } ?? ""
        return "every \(PLCNode.printed(duration: every)) from \(first) to \(PLCNode.printed(point: until))"
            + lasting
    }
}

extension Scenario.Action {
    /// The words that begin it.
    var words: String {
        switch self {
        case .partition: "partition"
        case .cut: "cut link"
        case .heal: "heal"
        case .kill: "kill"
        case .start: "start"
        case .powerCut: "power cut"
        case .freeze: "freeze"
        case .restore: "restore"
        case .clone: "clone"
        case .clock: "clock"
        case .disk(_, .torn): "torn writes"
        case .disk(_, let fault): "disk \(fault.rawValue)"
        case .diskFree: "disk free"
        case .bitRot: "flip"
        case .hostile: "hostile"
        case .equivocate: "equivocation"
        case .oldVersion: "old version"
        case .join: "join"
        case .leave: "leave"
        case .write: "write"
        }
    }

    var printed: String {
        func oneWay(_ ways: Scenario.Ways) -> String { ways == .forth ? " one way" : "" }
        func within(_ space: String?, _ word: String) -> String { space.map { " \(word) \($0)" } ?? "" }
        switch self {
        case .partition(let a, let b, let ways):
            return "\(words) \(a.printed) from \(b.printed)\(oneWay(ways))"
        case .cut(let a, let b, let ways): return "\(words) \(a.printed) to \(b.printed)\(oneWay(ways))"
        case .heal: return words
        case .kill(let nodes), .start(let nodes), .freeze(let nodes), .leave(let nodes):
            return "\(words) \(nodes.printed)"
        case .powerCut(let nodes), .disk(let nodes, _), .diskFree(let nodes), .oldVersion(let nodes):
            return "\(words) on \(nodes.printed)"
        case .restore(let nodes, let age, let manner):
            let from = age == Milliseconds.day ? "yesterday" : "\(PLCNode.printed(duration: age)) ago"
            let by = manner == .command ? "" : " by \(manner.rawValue)"
            return "\(words) \(nodes.printed) from \(from)\(by)"
        case .clone(let node, let name): return "\(words) \(node) as \(name)"
        case .clock(let nodes, let fault): return "\(words) of \(nodes.printed) \(fault.printed)"
        case .bitRot(let nodes, let bits):
            return "\(words) \(bits) \(bits == 1 ? "bit" : "bits") on \(nodes.printed)"
        case .hostile(let nodes, let behaviours):
            return "\(words) \(nodes.printed) by \(behaviours.map(\.rawValue).joined(separator: ", "))"
        case .equivocate(let nodes): return "\(words) by \(nodes.printed)"
        case .join(let nodes, let space): return "\(words) \(nodes.printed)\(within(space, "to"))"
        case .write(let nodes, let count, let kind, let space):
            return "\(words) \(kind.counted(count)) at \(nodes.printed)\(within(space, "in"))"
        }
    }
}

extension Scenario.ClockFault {
    fileprivate var printed: String {
        switch self {
        case .year(let year): "to \(year)"
        case .offset(let offset):
            "\(offset < 0 ? "-" : "+")\(PLCNode.printed(duration: offset.magnitude))"
        case .drift(let drift): "drifts \(drift < 0 ? "-" : "+")\(drift.magnitude) ppm"
        case .right: "right"
        }
    }
}

extension Scenario.Expectation {
    var printed: String {
        func within(_ space: String?) -> String { space.map { " in \($0)" } ?? "" }
        switch self {
        case .equal(let space, let nodes, let by):
            let among = nodes.map { " among \($0.printed)" } ?? ""
            return "expect all equal\(within(space))\(among) by \(PLCNode.printed(point: by))"
        case .writesPresent(let except):
            let save = except.map { " save those of \($0.printed)" } ?? ""
            return "expect every acknowledged write present\(save)"
        case .traffic(let a, let b, let bytes, let aDay):
            return "expect at most \(PLCNode.printed(bytes: bytes))\(aDay ? " a day" : "")"
                + " through \(a.printed) to \(b.printed)"
        case .absent(let space, let nodes):
            let place = nodes.map { "on \($0.printed)" } ?? "outside its members"
            return "expect nothing of \(space ?? "any space") \(place)"
        case .bytesPerChange(let bytes):
            return "expect at most \(PLCNode.printed(bytes: bytes)) per change"
        case .everywhere(let perMillion, let time, let space):
            return "expect \(PLCNode.printed(perMillion: perMillion)) of writes everywhere within "
                + PLCNode.printed(duration: time) + within(space)
        case .faults(let kind, let count): return "expect at least \(count) \(kind.rawValue)"
        }
    }
}

extension Scenario.Draw {
    var printed: String {
        let usual = Self.usualChance(dial)
        let chance =
            chancePerMillion == usual ? "" : " in \(PLCNode.printed(perMillion: chancePerMillion)) of runs"
        return "draw \(dial.rawValue) \(text(range.lowerBound)) to \(text(range.upperBound))\(chance)"
    }

    /// A fault is on for half of the seeds, all else for all.
    package static func usualChance(_ dial: Scenario.Dial) -> Int { dial.isFault ? 500_000 : 1_000_000 }

    private func text(_ number: UInt64) -> String {
        switch dial.unit {
        case .count: "\(number)"
        case .duration: PLCNode.printed(duration: number)
        case .perMillion: PLCNode.printed(perMillion: Int(number))
        case .bitsPerSecond: PLCNode.printed(bandwidth: number)
        }
    }
}
