/// What people may ask.
extension Replica {
    /// How this node and one peer stand in a space.
    public struct SpaceStatus: Sendable {
        /// The space.
        public let space: SpaceID
        /// Whether both hold the same, by the peer's last word.
        public let isInSync: Bool
        /// How many changes the peer has announced that are not durable here.
        public let behind: UInt64
        /// How many changes are here that the peer has not said to hold.
        public let ahead: UInt64
        /// Whether the first exchange is over: nothing is pending, owed or being compared.
        public let isQuiescent: Bool
        /// Changes that were sent to the peer in this session.
        public let changesSent: UInt64
        /// Changes that were received from the peer in this session.
        public let changesReceived: UInt64

        /// The same, with the changes counted from an earlier status of the same session on.
        public func since(_ earlier: SpaceStatus) -> SpaceStatus {
            SpaceStatus(
                space: space, isInSync: isInSync, behind: behind, ahead: ahead, isQuiescent: isQuiescent,
                changesSent: changesSent - earlier.changesSent,
                changesReceived: changesReceived - earlier.changesReceived)
        }
    }

    /// How this node and the peer of a connection stand, space by space.
    public mutating func status(of id: ConnectionID) -> [SpaceStatus] {
        guard let session = sessions[id] else { return [] }
        return session.spaces.keys.sorted().compactMap { space in
            guard let shared = session.spaces[space], let state = spaces[space], shared.started else {
                return nil
            }
            let isInSync = isInSync(id, space)
            let behind = shared.pending.reduce(UInt64(0)) { sum, want in
                sum + want.value - min(want.value, state.logs[want.key]?.durable.count ?? 0)
            }
            let ahead =
                isInSync
                ? 0
                : state.moved(since: 0).reduce(UInt64(0)) { sum, log in
                    let mine = state.logs[log]?.count ?? 0
                    return sum + mine - min(mine, shared.peerCounts[log] ?? 0)
                }
            let isQuiescent =
                shared.pending.isEmpty && !shared.awaitsMore && !shared.reconciling && !shared.owesAck
                && shared.toAnnounce.isEmpty && shared.unanswered == 0
            return SpaceStatus(
                space: space, isInSync: isInSync, behind: behind, ahead: ahead, isQuiescent: isQuiescent,
                changesSent: shared.changesSent, changesReceived: shared.changesReceived)
        }
    }

    /// Whether a space is held here.
    public func holds(_ space: SpaceID) -> Bool { spaces[space] != nil }

    /// The name under which `key` was admitted to a space of this node's; empty if it was to none, or founded it.
    public func name(of key: PublicKey) -> String {
        for space in spaces.keys.sorted() {
            if let name = spaces[space]?.membership.members[key]?.name, !name.isEmpty { return name }
        }
        return ""
    }

    /// The median difference of wall clocks that peers have shown, in milliseconds (peer − own); 0 without peers.
    public var clockOffset: Int64 {
        let sorted = offsets.values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
