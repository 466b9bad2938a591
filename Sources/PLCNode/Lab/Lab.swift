#if canImport(Glibc)
    internal import Glibc
#endif

/// A lab: the nodes of a scenario as processes, and between them links that can be disturbed.
///
/// The loop's thread passes bytes on, and starts every node: a node is killed when the thread that started it ends. All
/// else is done on the threads of those who ask.
final class Lab: @unchecked Sendable {
    let folder: LabFolder
    let plan: LabPlan
    let loop: EventLoop
    let nodes: [LabNode]
    let links: [LabLink]
    /// The journal: what was asked of the lab, and when.
    let log: Log
    /// Where members without a link to a founder are admitted; gone once all are.
    private var introductions: [LabProxy] = []
    /// Held by whoever changes nodes or links, one at a time.
    let changing = Locked(())
    private let spaceIDs = Locked<[String: String]>([:])
    private let hasEnded = Locked(false)
    private let isToEnd = Locked(false)

    /// How long an answer may take to reach who asked, once the lab has ended, in milliseconds.
    private static let farewellMilliseconds: UInt64 = 200

    /// Makes the links; nodes listen at `port` and those after it, or where the system says if that is 0.
    init(_ plan: LabPlan, in folder: LabFolder, port: UInt16) throws {
        self.plan = plan
        self.folder = folder
        log = Log(level: .info) { folder.append($0) }
        let loop = try EventLoop()
        self.loop = loop
        nodes = plan.nodes.enumerated().map { index, name in
            LabNode(name, in: folder, port: port == 0 ? 0 : port + UInt16(index))
        }
        links = try plan.plan.links.map { link in
            try LabLink(link.a, link.b, isUsed: plan.share(link.a, link.b), loop)
        }
    }

    // MARK: Threads

    /// Runs `body` on the loop's thread, and waits for what it gives.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let promise = Promise<Value>()
        loop.submit { promise.fulfil(Result { try body() }) }
        return try promise.wait()
    }

    /// Runs `body` for each item on some threads at once; throws the first error once all have ended.
    static func each<Item: Sendable>(
        _ items: [Item], atOnce: Int, _ body: @escaping @Sendable (Item) throws -> Void
    ) throws {
        let next = Locked(0)
        let failure = Locked<(any Error)?>(nil)
        let threads = (0..<min(atOnce, items.count)).map { _ in
            NamedThread("lab") {
                while true {
                    let index = next.withLock { index in
                        index += 1
                        return index - 1
                    }
                    guard index < items.count, failure.withLock({ $0 == nil }) else { return }
                    do {
                        try body(items[index])
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    // MARK: Nodes

    func node(_ name: String) -> LabNode {
        guard let node = nodes.first(where: { $0.name == name }) else {
            preconditionFailure("'\(name)' is of the plan, so there is a node")
        }
        return node
    }

    /// The identity of a space of the plan, once it was founded.
    func spaceID(_ name: String) -> String { spaceIDs.withLock { $0[name] ?? "" } }

    func founded(_ name: String, as id: String) { spaceIDs.withLock { $0[name] = id } }

    /// Starts a node, and leads its links to where it listens.
    func start(_ node: LabNode) throws {
        try onLoop { try node.spawn() }
        let address = try node.waitUntilServed()
        try onLoop { [self] in
            for link in links where link.b == node.name { link.proxy.target = address.port }
        }
    }

    /// Ends a node at once; false if it does not run.
    func kill(_ node: LabNode) throws -> Bool {
        guard node.kill() else { return false }
        try onLoop { [self] in
            for link in links where link.b == node.name { link.proxy.target = nil }
        }
        return true
    }

    // MARK: Introductions

    /// A way from a member to a founder that is there while the lab comes up.
    func introduce(to founder: LabNode) throws -> Endpoint {
        guard let port = founder.address?.port else { throw CommandError(LabTexts.stopped, founder.name) }
        return try onLoop { [self] in
            let proxy = try LabProxy(loop)
            proxy.target = port
            introductions.append(proxy)
            return proxy.endpoint
        }
    }

    /// Closes the ways that the plan does not have.
    func endIntroductions() throws {
        try onLoop { [self] in
            for proxy in introductions { proxy.close() }
            introductions = []
        }
    }

    // MARK: Links

    /// Changes links by number, and applies it.
    func change(_ numbers: [Int], _ body: @escaping @Sendable (LabLink) -> Void) throws {
        try onLoop { [self] in
            for number in numbers {
                body(links[number])
                links[number].proxy.settle()
            }
        }
    }

    /// What the links are like now.
    func conditions() throws -> [LabLink.Condition] { try onLoop { [self] in links.map(\.condition) } }

    /// Has the nodes that dial over these links try at once, instead of when their patience says.
    ///
    /// Who was not reached waits up to five minutes; a tester who heals a link wants to see it used. Nobody waits for it.
    func summon(_ numbers: [Int]) {
        for link in numbers.map({ links[$0] }) where link.isUsed {
            let node = node(link.a)
            guard node.condition == .serves else { continue }
            _ = NamedThread("summon", isDetached: true) {
                // That it fails is seen in the status.
                _ = try? node.ask(["sync", "--peer", link.endpoint.description, "--json"])
            }
        }
    }

    // MARK: The end

    /// Has what takes long give up soon; `end` comes next.
    func cancel() { isToEnd.withLock { $0 = true } }

    /// Whether `cancel` was called.
    var isCancelled: Bool { isToEnd.withLock { $0 } }

    /// Ends the nodes, removes the folder, and then ends the loop; once, after whatever is being changed.
    func end() {
        changing.withLock { _ in
            let isDone = hasEnded.withLock { ended in
                defer { ended = true }
                return ended
            }
            if isDone { return }
            for node in nodes { node.terminate() }
            for node in nodes { node.finish() }
            folder.remove()
            loop.submit { [loop] in loop.schedule(after: Self.farewellMilliseconds) { loop.stop() } }
        }
    }
}
