internal import PLCSync

extension Scenario {
    /// The scenario as text that reads back as the same scenario, a line an entry, each manner after an empty line.
    package var printed: String {
        var head = ["scenario \(name)"]
        if let title { head.append("title \(title)") }
        if model == .gossip { head.append("runs by gossip") }
        if let seed { head.append("seed \(seed)") }
        if start != .schoolStart { head.append("starts \(start.printed)") }
        head.append("lasts \(PLCNode.printed(duration: length))")
        let parts = [
            head, groups.map(\.printed), links.map(\.printed), spaces.map(\.printed),
            workloads.map(\.printed), draws.map(\.printed), events.map(\.printed),
            expectations.map(\.printed),
        ]
        return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }
}

// MARK: Quantities

/// A length of time in its largest unit that needs no fraction, such as `90 min`.
func printed(duration: UInt64) -> String {
    let units = [
        ("days", Milliseconds.day), ("h", Milliseconds.hour), ("min", Milliseconds.minute),
        ("s", Milliseconds.second),
    ]
    for (unit, length) in units where duration > 0 && duration % length == 0 {
        let count = duration / length
        return count == 1 && unit == "days" ? "1 day" : "\(count) \(unit)"
    }
    return "\(duration) ms"
}

/// A time as the day and the hour, such as `day 10 at 09:20`.
func printed(point: UInt64) -> String {
    let day = "day \(point / Milliseconds.day + 1)"
    let rest = point % Milliseconds.day
    if rest == 0 { return day }
    var text = "\(day) at \(printed(minute: Int(rest / Milliseconds.minute)))"
    let seconds = rest % Milliseconds.minute
    if seconds > 0 { text += ":" + padded(seconds / 1_000, 2) }
    if seconds % 1_000 > 0 { text += "." + padded(seconds % 1_000, 3) }
    return text
}

/// A number of millionths as a percentage, such as `0.25 %`.
func printed(perMillion: Int) -> String {
    var fraction = padded(UInt64(perMillion % 10_000), 4)
    while fraction.last == "0" { fraction.removeLast() }
    return "\(perMillion / 10_000)\(fraction.isEmpty ? "" : "." + fraction) %"
}

func printed(bandwidth: UInt64) -> String {
    if bandwidth % 1_000_000 == 0 { return "\(bandwidth / 1_000_000) Mbit/s" }
    return bandwidth % 1_000 == 0 ? "\(bandwidth / 1_000) kbit/s" : "\(bandwidth) bit/s"
}

func printed(bytes: UInt64) -> String {
    for (unit, scale) in [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)] as [(String, UInt64)]
    where bytes > 0 && bytes % scale == 0 {
        return "\(bytes / scale) \(unit)"
    }
    return "\(bytes) bytes"
}

/// A minute of the day as `HH:MM`.
func printed(minute: Int) -> String {
    "\(padded(UInt64(minute / 60), 2)):\(padded(UInt64(minute % 60), 2))"
}

private func padded(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension CalendarDate {
    /// As `2026-09-06`.
    package var printed: String { "\(year)-\(padded(UInt64(month), 2))-\(padded(UInt64(day), 2))" }
}

extension Hours {
    /// As `07:00-15:00`.
    var printed: String { "\(PLCNode.printed(minute: from))-\(PLCNode.printed(minute: to))" }
}

extension Weekdays {
    /// As `sun..thu`, or with commas if they are not in a row.
    var printed: String {
        let days = Self.names.indices.filter { contains(Weekdays(index: $0)) }
        guard let first = days.first, let last = days.last else { return "no day" }
        if days.count > 2, last - first + 1 == days.count {
            return "\(Self.names[first])..\(Self.names[last])"
        }
        return days.map { Self.names[$0] }.joined(separator: ", ")
    }
}

// MARK: Nodes, links, spaces

extension Scenario.Group {
    var printed: String { count.map { "group \(name) of \($0)" } ?? "node \(name)" }
}

extension Scenario.Selection.Term {
    var printed: String {
        switch self {
        case .all: "all"
        case .others: "all others"
        case .name(let name): name
        case .range(let name, let from, let to): "\(name)-\(from)..\(name)-\(to)"
        case .share(let name, let assignment): "\(name) in \(assignment.rawValue)"
        }
    }

    /// The group that it names, if it cannot be a node.
    var group: String? {
        switch self {
        case .range(let name, _, _), .share(let name, _): name
        case .all, .others, .name: nil
        }
    }
}

extension Scenario.Selection {
    var printed: String {
        let taken = terms.map(\.printed).joined(separator: ", ")
        return except.isEmpty ? taken : taken + " except " + except.map(\.printed).joined(separator: ", ")
    }
}

extension Scenario.Link {
    var printed: String {
        let pairs =
            switch pattern {
            case .each: ""
            case .assigned(let assignment): " in \(assignment.rawValue)"
            case .ring: " in a ring"
            case .chain: " in a chain"
            case .some(let count): " with \(count) each"
            }
        return (["link \(a.printed) to \(b.printed)\(pairs)"] + profile.words).joined(separator: "  ")
    }
}

extension LinkProfile {
    /// What differs from a link about which nothing is said.
    fileprivate var words: [String] {
        let usual = LinkProfile()
        var words: [String] = []
        func add(_ is: Bool, _ text: @autoclosure () -> String) { if `is` { words.append(text()) } }
        add(latency != usual.latency, "latency \(printed(duration: latency))")
        add(spread != usual.spread, "spread \(printed(duration: spread))")
        add(lossPerMillion > 0, "loss \(printed(perMillion: lossPerMillion))")
        add(duplicatesPerMillion > 0, "duplicates \(printed(perMillion: duplicatesPerMillion))")
        add(reorderedPerMillion > 0, "reorders \(printed(perMillion: reorderedPerMillion))")
        if let bandwidth { words.append("bandwidth \(printed(bandwidth: bandwidth))") }
        let hours = timetable.hours.map(\.printed).joined(separator: ", ")
        add(!hours.isEmpty, "open \(hours)")
        add(timetable.weekdays != .all, "on \(timetable.weekdays.printed)")
        for closure in timetable.closures {
            words.append(
                "closed from \(printed(point: closure.lowerBound)) to \(printed(point: closure.upperBound))")
        }
        if let flapping = timetable.flapping {
            words.append("up \(printed(duration: flapping.up)) down \(printed(duration: flapping.down))")
        }
        if case .meet(let every) = manner { words.append("meet every \(printed(duration: every))") }
        return words
    }
}

extension Scenario.Space {
    var printed: String {
        var words = ["space \(name)"]
        if let each { words.append("for each \(each)") }
        words.append("level \(level.name)")
        if let parent {
            words.append("parent \(parent.name)\(parent.share.map { " in \($0.rawValue)" } ?? "")")
        }
        if let founder { words.append("founder \(founder.printed)") }
        for membership in members {
            let word = membership.role == .writer ? "members" : membership.role.name + "s"
            words.append("\(word) \(membership.nodes.printed)")
        }
        return words.joined(separator: "  ")
    }
}

extension Scenario.WriteKind {
    /// With its number, as `6 posts`.
    func counted(_ count: Int) -> String {
        count == 1 || self == .feedback ? "\(count) \(rawValue)" : "\(count) \(rawValue)s"
    }
}

extension Scenario.Workload {
    var printed: String {
        var words = ["write \(nodes.printed)"]
        if let space { words.append("in \(space)") }
        words += rates.map { "\($0.kind.counted($0.count)) a \($0.period.rawValue)" }
        if conflictsPerMillion > 0 {
            words.append("conflicts \(PLCNode.printed(perMillion: conflictsPerMillion))")
        }
        if let hours {
            words.append(
                "from \(PLCNode.printed(minute: hours.from)) to \(PLCNode.printed(minute: hours.to))")
        }
        if weekdays != .all { words.append("on \(weekdays.printed)") }
        if let until { words.append("until \(PLCNode.printed(point: until))") }
        return words.joined(separator: "  ")
    }
}
