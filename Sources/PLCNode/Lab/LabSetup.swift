internal import PLCSync

/// How a lab comes up: nodes are made and served, spaces founded, members invited, and links dialled, all by the
/// commands that people use.
struct LabSetup {
    let lab: Lab
    /// When it must be ready, by the monotonic clock in milliseconds.
    let deadline: UInt64
    /// How long it has in all, in milliseconds, for people.
    let patience: UInt64
    /// Told how far each step is; what it throws ends the setting up.
    let progress: @Sendable (LabStep, _ done: Int, _ of: Int) throws -> Void

    /// How many nodes are made or asked at once; a machine has few cores, and they wait for disks.
    private static let atOnce = 8
    /// How many are admitted by one founder at once: a node takes no more strangers from one address at a time.
    private static let joinsAtOnce = 3
    /// How often a member tries to join.
    private static let joinAttempts = 5
    /// How long joining may be silent, in milliseconds.
    private static let joinMilliseconds = 30_000
    /// How long the links may take to be connected before the lab counts as up without them, in milliseconds.
    private static let connectMilliseconds: UInt64 = 15_000

    func run() throws {
        try makeNodes()
        try serve()
        try foundSpaces()
        try waitUntilEqual()
        try dial()
        try tune()
    }

    // MARK: Steps

    private func makeNodes() throws {
        try each(lab.nodes, .nodes, atOnce: Self.atOnce) { node in
            let buffer = OutputBuffer()
            let words = ["init", "--dir", node.folder.path, "--name", node.name]
            guard CommandRunner(arguments: words, output: buffer.output).run() == .done else {
                throw CommandError(
                    LabTexts.commandFailed, "init", node.name, String(decoding: buffer.stderr, as: UTF8.self))
            }
        }
    }

    private func serve() throws {
        try each(lab.nodes, .served, atOnce: Self.atOnce) { try lab.start($0) }
    }

    /// Founds the spaces and has their members join: parents first, spaces of one depth at the same time.
    private func foundSpaces() throws {
        var depths: [String: Int] = [:]
        for space in lab.plan.plan.spaces {
            depths[space.name] = (space.parent.flatMap { depths[$0] } ?? -1) + 1
        }
        let all = lab.plan.plan.spaces
        let founded = Counter(of: all.count)
        let joined = Counter(of: all.reduce(0) { $0 + $1.members.count - 1 })
        for depth in 0...(depths.values.max() ?? 0) {
            let spaces = all.filter { depths[$0.name] == depth }
            try Lab.each(spaces, atOnce: Self.atOnce) { space in
                try found(space)
                try progress(.spaces, founded.next(), founded.total)
            }
            // Of one founder, all joins pass through one gate, whatever the space.
            var members: [(founder: String, joins: [Join])] = []
            for space in spaces {
                let joins = space.members.filter { $0.node != space.founder }.map {
                    Join(space: space, member: $0)
                }
                if let index = members.firstIndex(where: { $0.founder == space.founder }) {
                    members[index].joins += joins
                } else {
                    members.append((space.founder, joins))
                }
            }
            let gates = members
            try Lab.each(Array(gates.indices), atOnce: Self.atOnce) { index in
                try Lab.each(gates[index].joins, atOnce: Self.joinsAtOnce) { join in
                    try check(.joined)
                    try self.join(join)
                    try progress(.joined, joined.next(), joined.total)
                }
            }
        }
    }

    private struct Join: Sendable {
        let space: ScenarioPlan.Space
        let member: ScenarioPlan.Member
    }

    private func found(_ space: ScenarioPlan.Space) throws {
        try check(.spaces)
        var words = ["space", "create", "--level", space.level.name, "--name", space.name]
        // Who does not hold the wider space cannot name it.
        if let parent = space.parent, let wider = try? lab.plan.space(parent),
            wider.members.contains(where: { $0.node == space.founder })
        {
            words += ["--parent", lab.spaceID(parent)]
        }
        lab.founded(space.name, as: try lab.node(space.founder).text(words, "space"))
    }

    /// Invites a member and has it join: over its link to the founder if it dials one, else by an introduction.
    private func join(_ join: Join) throws {
        let founder = lab.node(join.space.founder)
        let member = lab.node(join.member.node)
        let link = lab.links.first { $0.a == member.name && $0.b == founder.name }
        let way = try link?.endpoint ?? lab.introduce(to: founder)
        let token = try founder.text(
            [
                "invite", lab.spaceID(join.space.name), "--role", join.member.role.name, "--address",
                way.description,
            ], "token")
        for attempt in 1... {
            let answer = try member.ask(["join", token, "--json"], silentAtMost: Self.joinMilliseconds)
            if answer.code == .done { return }
            // Many strangers at once are turned away; the invitation holds until it was used.
            if attempt == Self.joinAttempts { throw member.failure(answer) }
            try check(.joined)
            LabFolder.pause()
        }
    }

    /// Waits until every member of every space holds the same, so that all know each other before the ways change.
    private func waitUntilEqual() throws {
        let spaces = lab.plan.plan.spaces
        for (done, space) in spaces.enumerated() {
            let id = lab.spaceID(space.name)
            while true {
                let hashes = Set(try space.members.map { try lab.node($0.node).text(["hash", id], "hash") })
                if hashes.count <= 1 { break }
                try check(.equal)
                LabFolder.pause()
            }
            try progress(.equal, done + 1, spaces.count)
        }
    }

    /// Has the nodes dial over the links of the plan, and no other way.
    private func dial() throws {
        let links = lab.links
        try Lab.each(lab.nodes, atOnce: Self.atOnce) { node in
            var wanted = Set(links.filter { $0.a == node.name && $0.isUsed }.map(\.endpoint.description))
            for line in try node.ask(["peer", "list", "--json"]).lines {
                guard let address = line["address"]?.text else { continue }
                // A link over which the node joined is a peer already.
                if wanted.remove(address) == nil { try node.tell(["peer", "remove", address]) }
            }
            for address in wanted.sorted() { try node.tell(["peer", "add", address]) }
        }
        try lab.endIntroductions()
        let used = links.indices.filter { links[$0].isUsed }
        let until = min(deadline, EventLoop.clock() + Self.connectMilliseconds)
        var last = -1
        while true {
            let connected = try LabStatus(lab).links.count { $0.isConnected }
            if connected != last { try progress(.connected, connected, used.count) }
            last = connected
            // What is not connected in time is not in the way: it is shown in the status.
            if connected >= used.count || EventLoop.clock() > until { return }
            LabFolder.pause()
        }
    }

    /// Gives the links what the plan says of them.
    private func tune() throws {
        let profiles = lab.plan.plan.links.map(\.profile)
        for (number, profile) in profiles.enumerated() {
            try lab.change([number]) { link in
                link.tune(
                    latency: profile.latency, bandwidth: profile.bandwidth.map { .limited($0) } ?? .unlimited)
            }
        }
    }

    // MARK: Limits

    /// Throws if there is no time left, or the lab is to end.
    private func check(_ step: LabStep) throws {
        if lab.isCancelled { throw CommandError(LabTexts.cancelled) }
        guard EventLoop.clock() < deadline else {
            throw CommandError(
                LabTexts.tooSlow, humanDuration(.milliseconds(Int64(patience))), step.phrase.english)
        }
    }

    private func each<Item: Sendable>(
        _ items: [Item], _ step: LabStep, atOnce: Int, _ body: @escaping @Sendable (Item) throws -> Void
    ) throws {
        let counter = Counter(of: items.count)
        try Lab.each(items, atOnce: atOnce) { item in
            try check(step)
            try body(item)
            try progress(step, counter.next(), counter.total)
        }
    }

    private final class Counter: Sendable {
        let total: Int
        private let done = Locked(0)

        init(of total: Int) { self.total = total }

        func next() -> Int {
            done.withLock { done in
                done += 1
                return done
            }
        }
    }
}

/// What is done while a lab comes up.
enum LabStep: String, Sendable, CaseIterable {
    case nodes, served, spaces, joined, equal, connected

    /// What is counted.
    var phrase: Phrase {
        switch self {
        case .nodes: LabTexts.stepNodes
        case .served: LabTexts.stepServed
        case .spaces: LabTexts.stepSpaces
        case .joined: LabTexts.stepJoined
        case .equal: LabTexts.stepEqual
        case .connected: LabTexts.stepConnected
        }
    }
}
