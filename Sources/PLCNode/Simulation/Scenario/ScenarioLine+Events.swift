extension ScenarioLine {
    // MARK: When

    mutating func event(end: UInt64) throws(ScenarioProblem) -> Scenario.Event {
        var schedule = try schedule(end: end)
        let action = try action()
        switch action {
        case .kill, .powerCut:
            if schedule.duration == nil, take("start") {
                try need("after")
                schedule.duration = try duration()
            }
        case .partition, .cut, .heal, .start, .freeze, .restore, .clone, .clock, .disk, .diskFree, .bitRot,
            .hostile, .equivocate, .oldVersion, .join, .leave, .write:
            break
        }
        return Scenario.Event(schedule, action)
    }

    private mutating func schedule(end: UInt64) throws(ScenarioProblem) -> Scenario.Schedule {
        switch try need(["on", "from", "every"], { $0 }) {
        case "on":
            let at = try point(end: end)
            return .init(at: at, for: take("for") ? try duration() : nil)
        case "from":
            let at = try point(end: end)
            try need("to")
            return .init(at: at, for: try later(than: at, end: end) - at)
        default:
            let every = try duration()
            try need("from")
            let at = try point(end: end)
            try need("to")
            let until = try later(than: at, end: end)
            return .init(every: every, from: at, to: until, for: take("for") ? try duration() : nil)
        }
    }

    // MARK: What

    private static let actions = [
        "partition", "cut", "heal", "kill", "start", "power", "freeze", "restore", "clone", "clock", "disk",
        "torn", "flip", "hostile", "equivocation", "old", "join", "leave", "write",
    ]

    private mutating func action() throws(ScenarioProblem) -> Scenario.Action {
        switch try need(Self.actions, { $0 }) {
        case "partition":
            let a = try selection()
            try need("from")
            return .partition(a, from: try selection(), take("one way") ? .forth : .both)
        case "cut":
            try need("link")
            let a = try selection()
            try need("to")
            return .cut(a, to: try selection(), take("one way") ? .forth : .both)
        case "heal": return .heal
        case "kill": return .kill(try selection())
        case "start": return .start(try selection())
        case "power":
            try need("cut on")
            return .powerCut(try selection())
        case "freeze": return .freeze(try selection())
        case "restore": return try restore()
        case "clone":
            let node = try name(ScenarioTexts.nodes)
            try need("as")
            return .clone(node, as: try name())
        case "clock": return try clock()
        case "disk": return try disk()
        case "torn":
            try need("writes on")
            return .disk(try selection(), .torn)
        case "flip":
            let bits = try count(from: 1)
            if !take("bit") { try need("bits") }
            try need("on")
            return .bitRot(try selection(), bits: bits)
        case "hostile": return try hostile()
        case "equivocation":
            try need("by")
            return .equivocate(try selection())
        case "old":
            try need("version on")
            return .oldVersion(try selection())
        case "join":
            let nodes = try selection()
            return .join(nodes, space: take("to") ? try name() : nil)
        case "leave": return .leave(try selection())
        default:
            let count = try count(from: 1)
            let kind = try writeKind()
            try need("at")
            let nodes = try selection()
            return .write(nodes, count, kind, space: take("in") ? try name() : nil)
        }
    }

    private mutating func restore() throws(ScenarioProblem) -> Scenario.Action {
        let nodes = try selection()
        try need("from")
        var age = Milliseconds.day
        if !take("yesterday") {
            age = try duration()
            try need("ago")
        }
        let manner = take("by") ? try need(Scenario.RestoreManner.allCases) { $0.rawValue } : .command
        return .restore(nodes, age: age, manner)
    }

    private mutating func clock() throws(ScenarioProblem) -> Scenario.Action {
        try need("of")
        let nodes = try selection()
        if take("to") {
            return .clock(nodes, .year(try count(from: 1970, to: 9999)))
        }
        if take("drifts") { return .clock(nodes, .drift(try drift())) }
        return .clock(nodes, take("right") ? .right : .offset(try offset()))
    }

    private mutating func disk() throws(ScenarioProblem) -> Scenario.Action {
        let faults = [Scenario.DiskFault.full, .failing]
        let fault = take("free") ? nil : try need(faults) { $0.rawValue }
        try need("on")
        let nodes = try selection()
        return fault.map { .disk(nodes, $0) } ?? .diskFree(nodes)
    }

    private mutating func hostile() throws(ScenarioProblem) -> Scenario.Action {
        let nodes = try selection()
        try need("by")
        var behaviours: [Scenario.Behaviour] = []
        repeat {
            behaviours.append(try need(Scenario.Behaviour.allCases) { $0.rawValue })
        } while take(",")
        return .hostile(nodes, behaviours)
    }

    // MARK: Expectations

    mutating func expectation(end: UInt64) throws(ScenarioProblem) -> Scenario.Expectation {
        if take("all") {
            try need("equal")
            let space = take("in") ? try name() : nil
            let nodes = take("among") ? try selection() : nil
            try need("by")
            return .equal(space: space, nodes: nodes, by: try point(end: end))
        }
        if take("every") {
            try need("acknowledged write present")
            if !take("save") { return .writesPresent(except: nil) }
            try need("those of")
            return .writesPresent(except: try selection())
        }
        if take("nothing") {
            try need("of")
            let space = take("any space") ? nil : try name()
            if take("outside") {
                try need("its members")
                return .absent(space: space, nodes: nil)
            }
            try need("on")
            return .absent(space: space, nodes: try selection())
        }
        if take("at") { return try bound() }
        let part = try share()
        try need("of writes everywhere within")
        let within = try duration()
        return .everywhere(perMillion: part, within: within, space: take("in") ? try name() : nil)
    }

    /// `at most` so many bytes, or `at least` so many faults, after the first word.
    private mutating func bound() throws(ScenarioProblem) -> Scenario.Expectation {
        if take("least") {
            let count = try count(from: 1)
            return .faults(try need(Scenario.FaultKind.allCases) { $0.rawValue }, atLeast: count)
        }
        try need("most")
        let bytes = try bytes()
        if take("per") {
            try need("change")
            return .bytesPerChange(bytes)
        }
        let aDay = take("a day")
        try need("through")
        let a = try selection()
        try need("to")
        return .traffic(a: a, b: try selection(), bytes: bytes, aDay: aDay)
    }
}
