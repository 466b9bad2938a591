/// Leaves that both sides of a session hold, from which compressed streams take (S-47): which to offer, and which the
/// peer means.
///
/// Only numbers of leaves are seen here; the shell reads them, and decides whether a stream is worth it.
extension Replica {
    /// So many leaves are as good as more.
    private static let ampleLeaves: UInt64 = 1_024

    /// Where the leaves stand that a peer's stream takes from.
    package enum NamedRun: Hashable, Sendable {
        /// They are on the disk, among what is held of this log of this space.
        case held(ReadRequest.Part, SpaceID)
        /// They are verified, and on their way there.
        case arriving
    }

    /// Leaves that the peer holds by its own word, for a stream that answers these wants; nil if it is not known to
    /// hold any of that channel.
    ///
    /// What the logs that it wants begin with comes first, as it resembles most what follows.
    func commonRun(_ session: Session, _ wants: ArraySlice<Session.Want>) -> CommonRun? {
        guard let first = wants.first, let shared = session.spaces[first.space], let mine = shared.sent,
            !unlikePeers.contains(session.peer),
            session.hello.map({ $0.features & Message.Hello.plainStreams == 0 }) ?? false
        else { return nil }
        var best: (log: LogID, count: UInt64)?
        func consider(_ log: LogID, _ count: UInt64) {
            let known = min(best?.count ?? 0, Self.ampleLeaves)
            if min(count, Self.ampleLeaves) > known { best = (log, count) }
        }
        for want in wants where want.log.channel == first.log.channel { consider(want.log, want.held) }
        if let other = shared.common[first.log.channel] { consider(other.log, other.count) }
        guard let best, let held = spaces[first.space]?.logs[best.log]?.held, best.count <= held.to else {
            return nil
        }
        let name: StreamPrefix.Name =
            if let number = session.names.number(of: best.log) {
                .sender(number)
            } else if let number = session.peerNames.number(of: best.log) {
                .receiver(number)
            } else {
                .full(best.log)
            }
        return CommonRun(held: held, through: best.count, handle: mine.handle, name: name)
    }

    /// The leaves that a peer's frame names; throws if this node does not hold them in that space.
    package func run(named prefix: StreamPrefix, on id: ConnectionID) throws(Malformed) -> NamedRun {
        let space = try startedSpace(id, prefix.handle)
        guard let session = sessions[id], session.phase == .open,
            session.spaces[space]?.isRestricted == false
        else { throw Malformed(.shape, at: 0) }
        let named: LogID? =
            switch prefix.log {
            case .full(let log): log
            case .sender(let number): session.peerNames.log(number)
            case .receiver(let number): session.names.log(number)
            }
        guard let named, let log = spaces[space]?.logs[named], prefix.through <= log.verified.count
        else { throw Malformed(.shape, at: 0) }
        return prefix.through <= log.durable.count ? .held(log.held, space) : .arriving
    }

    /// Notes that the leaves that a peer's stream takes from have other bytes here, by a fork say: in sessions to come
    /// the peer is asked for streams that take from nothing.
    package mutating func noteUnlike(_ id: ConnectionID) {
        if let peer = sessions[id]?.peer { unlikePeers.insert(peer) }
    }

    /// Notes that a session ends by the peer's word: who finds fault with it may hold other leaves than it said, and is
    /// sent streams that take from nothing.
    mutating func noteClose(_ id: ConnectionID, _ code: CloseCode) {
        guard let session = sessions[id], session.hasOfferedPrefix, code == .protocolError else { return }
        unlikePeers.insert(session.peer)
    }
}

extension SpaceSession {
    /// Notes that the peer says it holds the first `count` leaves of a log, which are held here too.
    mutating func note(common log: LogID, _ count: UInt64) {
        guard count > common[log.channel]?.count ?? 0 else { return }
        common[log.channel] = (log, count)
    }
}
