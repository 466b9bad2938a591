internal import PLCEntities
internal import PLCOracle
import PLCSync

/// What people do at the nodes.
extension SimulatedWorld {
    /// Puts the day's writes in the queue, each at a time of its own.
    func beginDay() {
        let day = scenarioTime / Milliseconds.day
        for link in links.indices { links[link].bytesToday = [0, 0] }
        if (day + 1) * Milliseconds.day < plan.length {
            schedule(.midnight, at: (day + 1) * Milliseconds.day)
        }
        for workload in plan.workloads
        where workload.weekdays.contains(daysSince1970: plan.start.daysSince1970 + day) {
            let allowed = spaces.indices.filter { workload.spaces.contains(spaces[$0].name) }
            let from = UInt64(workload.hours?.from ?? 0) * Milliseconds.minute
            var to = UInt64(workload.hours?.to ?? 1_440) * Milliseconds.minute
            if to <= from { to += Milliseconds.day }
            for rate in workload.rates {
                for _ in 0..<count(of: rate) {
                    var at = day * Milliseconds.day + from + UInt64(random.below(Int(to - from)))
                    let isConflict = random.happens(perMillion: workload.conflictsPerMillion)
                    // What is to meet another's write may do so in one millisecond: then their stamps are equal.
                    if isConflict { at -= at % (10 * Milliseconds.minute) }
                    guard at < min(plan.length, workload.until) else { continue }
                    schedule(
                        .write(
                            node: index(workload.node), rate.kind, spaces: allowed, isConflict: isConflict),
                        at: at)
                }
            }
        }
    }

    /// How many of these are written today.
    private func count(of rate: Scenario.WriteRate) -> Int {
        let perDay = UInt64(rate.count) * Milliseconds.day
        let whole = perDay / rate.period.length
        let rest = Int(perDay % rate.period.length * 1_000_000 / rate.period.length)
        return Int(whole) + (random.happens(perMillion: rest) ? 1 : 0)
    }

    /// Somebody at a node writes something of that kind, if there is something to write about.
    func work(_ node: Int, _ kind: Scenario.WriteKind, _ allowed: [Int], _ isConflict: Bool) {
        let machine = nodes[node]
        // As the commands do: who may write is decided by what the node itself knows.
        let open = allowed.filter {
            let role = machine.host?.replica.role(of: machine.key, in: spaces[$0].id)
            return role == .writer || role == .steward
        }
        guard !open.isEmpty else { return record.writesRefused += 1 }
        let space = random.pick(open)
        if node != spaces[space].founder, spaces[space].members[node]?.role == .steward, random.once(in: 4) {
            return invite(to: space, by: node)
        }
        switch kind {
        case .post:
            create(node, space, Kinds.post, [(8, "idea"), (12, "space")], multi: [(10, 40), (11, 300)])
        case .feedback:
            create(node, space, Kinds.feedback, [(9, "praise"), (11, "lesson")], multi: [(10, 160)])
        case .goal: create(node, space, Kinds.goal, [(8, "team"), (13, "2027-06-30")], multi: [(10, 120)])
        case .reading where random.once(in: 2): introduce(node, space)
        case .reading: create(node, space, Kinds.reading, [(11, "2026-W40"), (13, "5b")], multi: [])
        case .edit: edit(node, space, isConflict)
        case .tag: tag(node, space, isConflict)
        case .delete: delete(node, space)
        }
    }

    // MARK: Kinds of work

    private func create(
        _ node: Int, _ space: Int, _ kind: Kind, _ registers: [(UInt64, String)], multi: [(UInt64, Int)]
    ) {
        let texts = multi.map { (Field.number($0.0), text(space, node, length: $0.1)) }
        write(at: node, spaces[space].id, .core) { _, _, _ in
            var draft = Draft()
            let initial = registers.map { (Field.number($0.0), Self.cbor($0.1)) }
            draft.append(.create(kind: kind.number, initial: initial, owned: kind.isOwned))
            for (field, value) in texts { draft.append(.add(.op(0), field, value, seen: [])) }
            return draft
        } onSuccess: { [unowned self] dot, _ in
            spaces[space].records.append((dot, kind.number, node))
        }
    }

    /// Some record of these kinds, by chance; with `mine`, one that the node itself has made.
    private func record(_ node: Int, _ space: Int, kinds: Set<UInt64>, mine: Bool = false) -> (Dot, UInt64)? {
        let all = spaces[space].records
        guard !all.isEmpty else { return nil }
        for _ in 0..<8 {
            let found = all[random.below(all.count)]
            if kinds.contains(found.kind), !mine || found.author == node { return (found.dot, found.kind) }
        }
        return nil
    }

    private func edit(_ node: Int, _ space: Int, _ isConflict: Bool) {
        let goals = spaces[space].records.filter { $0.kind == Kinds.goal.number }
        // Everybody whose edit is to meet another's goes to the goal of the hour.
        let found: (Dot, UInt64)? =
            isConflict && !goals.isEmpty
            ? (goals[Int(scenarioTime / Milliseconds.hour) % goals.count].dot, Kinds.goal.number)
            : record(node, space, kinds: [Kinds.goal.number, Kinds.indicator.number])
        guard let (dot, kind) = found else {
            return create(node, space, Kinds.goal, [(8, "team"), (13, "2027-06-30")], multi: [(10, 120)])
        }
        let isRegister = kind != Kinds.goal.number || random.once(in: 2)
        let field = Field.number(isRegister ? 13 : 10)
        let value = isRegister ? Self.cbor("2027-\(random.pick(100...999))") : text(space, node, length: 120)
        let key = nodes[node].key
        let id = spaces[space].id
        write(at: node, id, .core) { store, stamp, _ in
            guard let record = try store.record(.born(dot), space: id) else { return nil }
            var edit = RecordEdit()
            edit.writes = [RecordEdit.Entry(field: field, isMulti: !isRegister, value: value)]
            return try store.draft(edit, of: record, by: key, stamp: stamp, statesOver: true)
        } onSuccess: { [unowned self] written, incarnation in
            self.record.conflicts.note(written, to: field, of: dot, isRegister: isRegister) {
                nodes[node].counts[$0] ?? 0
            }
            checkRead(nodes[node], incarnation, dot, field, value, isRegister: isRegister)
        }
        if isConflict { self.record.conflictingEdits += 1 }
    }

    /// A steward beside the founder invites somebody who never comes.
    private func invite(to space: Int, by node: Int) {
        guard let key = SigningKey(seed: random.bytes(32)) else {
            preconditionFailure("thirty-two bytes are a key's seed")
        }
        write(at: node, spaces[space].id, .control) { _, _, _ in
            var draft = Draft()
            draft.append(.invite(key.publicKey, .writer, expiry: .max >> 1))
            return draft
        }
    }

    /// Writes what is known of a member, whom others may introduce at the same time.
    private func introduce(_ node: Int, _ space: Int) {
        let key = Self.cbor("member-\(random.below(6))")
        let name = text(space, node, length: 40)
        write(at: node, spaces[space].id, .core) { _, _, _ in
            var draft = Draft()
            draft.append(.keyed(kind: Kinds.member.number, key: key))
            draft.append(.set(.op(0), [(.number(64), name)], over: nil))
            draft.append(.add(.op(0), .number(65), key, seen: []))
            return draft
        }
    }

    private func tag(_ node: Int, _ space: Int, _ isConflict: Bool) {
        let posts = isConflict ? spaces[space].records.filter { $0.kind == Kinds.post.number } : []
        // Tags that are to meet are of one or two members, and go to the post of the hour.
        let ofTheHour =
            posts.isEmpty ? nil : posts[Int(scenarioTime / Milliseconds.hour) % posts.count].dot
        guard let dot = ofTheHour ?? record(node, space, kinds: [Kinds.post.number])?.0 else { return }
        let value = Self.cbor("member-\(random.below(isConflict ? 2 : 12))")
        let removes = random.once(in: 3)
        let key = nodes[node].key
        let id = spaces[space].id
        write(at: node, id, .core) { store, stamp, _ in
            guard let record = try store.record(.born(dot), space: id) else { return nil }
            var edit = RecordEdit()
            let entry = RecordEdit.Entry(field: .number(64), isMulti: false, value: value)
            if removes { edit.removes = [entry] } else { edit.adds = [entry] }
            return try store.draft(edit, of: record, by: key, stamp: stamp, statesOver: true)
        }
    }

    private func delete(_ node: Int, _ space: Int) {
        let personal: Set<UInt64> = [Kinds.post.number, Kinds.feedback.number]
        let goal = random.once(in: 2) ? record(node, space, kinds: [Kinds.goal.number]) : nil
        // Now and then another's, as no command of ours does: it must be without effect.
        let found =
            goal ?? record(node, space, kinds: personal, mine: !random.once(in: 8))
            ?? record(node, space, kinds: [Kinds.goal.number])
        guard let (dot, _) = found else { return }
        let id = spaces[space].id
        write(at: node, id, .core) { store, _, _ in
            guard try store.record(.born(dot), space: id) != nil else { return nil }
            var draft = Draft()
            draft.append(.delete(.dot(dot)))
            return draft
        }
    }

    // MARK: Writing

    /// Writes one change at a node as a command would; `draft` gives nil if there is nothing to write about.
    func write(
        at node: Int, _ space: SpaceID, _ channel: Channel, isSetUp: Bool = false,
        _ draft: @escaping (Store, UInt64, LogID) throws -> Draft?,
        onSuccess: @escaping (Dot, Int) -> Void = { _, _ in }
    ) {
        let machine = nodes[node]
        guard machine.isRunning else { return record.writesRefused += 1 }
        let incarnation = machine.incarnation
        let wall = machine.now.wall
        let began = time
        var leaf: [UInt8] = []
        machine.submit({ store throws -> Dot in
            try store.write(space, channel, by: machine.key, .now(wall)) { stamp, log in
                guard let draft = try draft(store, stamp, log), !draft.isEmpty else { throw NothingToWrite() }
                leaf = draft.encode(stamp: stamp, log: log) ?? []
                return leaf.isEmpty ? nil : leaf
            }
        }) { [unowned self] result in
            switch result {
            case .success(let dot):
                // Nobody is told anything by a process that was stopped on the way.
                guard machine.isTold else { return }
                acknowledge(machine, space, dot, leaf, at: wall, beganAt: began)
                if !machine.disk.isStopped { onSuccess(dot, incarnation) }
            case .failure(let error):
                guard !(error is NothingToWrite) else { return }
                record.writesRefused += 1
                machine.refused.insert(leaf)
            }
        }
    }

    /// There was nothing to write about after all.
    private struct NothingToWrite: Error {}

    /// A text of a space, with its mark, so that it is found where it does not belong.
    private func text(_ space: Int, _ node: Int, length: Int) -> [UInt8] {
        var text = Truth.mark(of: spaces[space].name) + " \(nodes[node].name)"
        while text.utf8.count < length { text += " " + random.pick(Self.words) }
        return Self.cbor(text)
    }

    static func cbor(_ text: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(text: text)
        return writer.bytes
    }

    private static let words = [
        "قراءة", "كسور", "مجموعة", "تغذية", "راجعة", "صف", "هدف", "دليل", "reading", "fractions", "groups",
        "evidence", "practice", "lesson", "peer", "notes",
    ]
}
