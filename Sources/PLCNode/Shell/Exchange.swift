package import PLCSync

/// One meeting with a peer, from dialling to both holding the same: what `plc sync` and `plc join` wait for.
package struct Exchange: Sendable {
    /// Whom to meet, and why.
    package struct Target: Sendable {
        /// Where the peer listens.
        package let endpoint: Endpoint
        /// The key it must have; nil accepts any, and what it may have is decided space by space.
        package let node: PublicKey?
        /// Why.
        package let purpose: Purpose

        /// The peer at `endpoint`.
        package init(endpoint: Endpoint, node: PublicKey?, purpose: Purpose = .exchange) {
            self.endpoint = endpoint
            self.node = node
            self.purpose = purpose
        }
    }

    /// How a meeting ended.
    package enum Ending: Sendable {
        /// Both sides hold the same of every space that they share.
        case inSync
        /// Nothing is left to exchange, and yet the sides differ.
        case differs
        /// The two nodes share no space.
        case noCommonSpace
        /// The connection could not be made, or ended too early.
        case failed(String)
        /// The peer closed, or this side had to.
        case closed(CloseCode, isPeer: Bool)
    }

    /// What came of a meeting.
    package struct Outcome: Sendable {
        package let target: Target
        package let ending: Ending
        /// The peer, if it was reached; totals are those of the meeting, though the connection may be older.
        package let status: Server.PeerStatus?
        /// How long it took, in milliseconds.
        package let milliseconds: UInt64
    }

    /// How long a peer may leave this node without a common space before that is taken for an answer, in milliseconds.
    private static let patience: UInt64 = 2_000

    /// Meets a peer through a server that is running on another thread; blocks until it is over.
    package static func meet(
        _ target: Target, through server: Server,
        progress: @escaping @Sendable (Server.PeerStatus) -> Void = { _ in }
    ) -> Outcome {
        let promise = Promise<Outcome>()
        server.loop.submit { Meeting(target, server, promise, progress).begin() }
        do {
            return try promise.wait()
        } catch {
            preconditionFailure("a meeting is not thrown: \(error)")
        }
    }

    /// Meets peers one after the other with a server of its own, while nobody serves the node.
    package static func meet(
        _ targets: [Target], as node: Node, log: Log, budget: Int? = nil,
        progress: @escaping @Sendable (Server.PeerStatus) -> Void = { _ in }
    ) throws -> [Outcome] {
        let server = try Server(node, log: log)
        server.budget = budget
        try server.start()
        // A store that can be used no more ends the meeting: nobody would answer it.
        let failure = Locked<(any Error)?>(nil)
        node.onFatal { error in
            failure.withLock { $0 = error }
            server.loop.submit { server.failed(error, isForGood: true) }
        }
        let thread = NamedThread("loop") { server.run() }
        var outcomes: [Outcome] = []
        for target in targets where failure.withLock({ $0 }) == nil {
            outcomes.append(meet(target, through: server, progress: progress))
        }
        server.stop()
        thread.join()
        server.close()
        if let error = failure.withLock({ $0 }) { throw error }
        return outcomes
    }

    /// The state of one meeting, on the loop's thread.
    private final class Meeting: @unchecked Sendable {
        private let target: Target
        private let server: Server
        private let promise: Promise<Outcome>
        private let progress: (Server.PeerStatus) -> Void
        private let began: UInt64
        private var connection: ConnectionID?
        /// Whether the connection was made for this meeting, and ends with it.
        private var isOwn = true
        private var observer: Int?
        private var hasJoined = false
        private var closeCode: (CloseCode, isPeer: Bool)?
        private var last: Server.PeerStatus?
        /// What had passed over each connection before the meeting.
        private var before: [ConnectionID: Server.PeerStatus] = [:]

        init(
            _ target: Target, _ server: Server, _ promise: Promise<Outcome>,
            _ progress: @escaping (Server.PeerStatus) -> Void
        ) {
            self.target = target
            self.server = server
            self.promise = promise
            self.progress = progress
            began = server.loop.now
        }

        func begin() {
            for status in server.peerStatuses() { before[status.connection] = status }
            observer = server.observe { [self] event in observed(event) }
            if let error = server.storeFailure { return finish(.failed("\(error)")) }
            if target.purpose == .exchange, let standing = server.summon(target.endpoint) {
                return watch(standing)
            }
            connection = server.dial(
                target.endpoint, node: target.node, purpose: target.purpose, isPersistent: false)
            if connection == nil { finish(.failed("the time of day is outside the window")) }
        }

        /// Meets over a connection that others use too, and leaves it standing.
        private func watch(_ standing: ConnectionID) {
            isOwn = false
            connection = standing
            closeCode = nil
            _ = server.loop.schedule(after: Exchange.patience) { [self] in giveUpWithoutSpaces() }
            server.loop.later { [self] in look() }
        }

        private func observed(_ event: ServerEvent) {
            switch event {
            case .closed(let id, let reason) where id == connection:
                if let (code, isPeer) = closeCode { return finish(.closed(code, isPeer: isPeer)) }
                finish(.failed("\(reason)"))
            case .replica(.closed(let id, let code, let isPeer)) where id == connection:
                // Of two connections with one peer one was kept: the meeting goes on there.
                if code == .replaced, let peer = status?.node,
                    let kept = server.peerStatuses().first(where: { $0.node == peer && $0.connection != id })
                {
                    return watch(kept.connection)
                }
                closeCode = (code, isPeer)
                look()
            case .replica(.joined(let id, _)) where id == connection:
                hasJoined = true
                server.loop.later { [self] in look() }
            case .replica(.opened(let id, _)) where id == connection:
                _ = server.loop.schedule(after: Exchange.patience) { [self] in giveUpWithoutSpaces() }
                server.loop.later { [self] in look() }
            case .replica:
                // What is durable may concern this meeting whoever reports it.
                server.loop.later { [self] in look() }
            case .failed(let error):
                finish(.failed("\(error)"))
            case .closed:
                break
            }
        }

        private var status: Server.PeerStatus? {
            let found = server.peerStatuses().first { $0.connection == connection }
            return found.map { status in before[status.connection].map(status.since) ?? status }
        }

        private func look() {
            guard observer != nil, let status else { return }
            last = status
            progress(status)
            guard !status.spaces.isEmpty, status.spaces.allSatisfy(\.isQuiescent) else { return }
            if case .join(let request) = target.purpose {
                guard status.spaces.contains(where: { $0.space == request.space }) else { return }
            }
            if status.spaces.allSatisfy(\.isInSync) { finish(.inSync) }
        }

        private func giveUpWithoutSpaces() {
            guard observer != nil, let status else { return }
            if status.spaces.isEmpty, target.purpose == .exchange { return finish(.noCommonSpace) }
            if status.spaces.allSatisfy(\.isQuiescent), !status.spaces.allSatisfy(\.isInSync) {
                last = status
                return finish(.differs)
            }
            _ = server.loop.schedule(after: Exchange.patience) { [self] in giveUpWithoutSpaces() }
        }

        private func finish(_ ending: Ending) {
            guard let observer else { return }
            server.forget(observer)
            self.observer = nil
            let outcome = Outcome(
                target: target, ending: ending, status: last, milliseconds: server.loop.now - began)
            if let connection, isOwn { server.end(connection) }
            promise.fulfil(.success(outcome))
        }
    }
}
