package import PLCSync

/// Something about a log that people should know: kept until it is so no more.
package struct LogAlarm: Hashable, Sendable {
    /// What it is about.
    package enum Kind: String, Sendable, CaseIterable {
        /// A peer holds another history of the log: the changes that only one of the two has do not pass between them.
        case fork
        /// A peer says that it holds more of this node's own log, and has not shown it.
        case ahead
        /// This node's folder was an older copy: the log was given up, and what only this node had was written anew.
        case copied
    }

    /// What it is about.
    package let kind: Kind
    /// The log.
    package let log: LogID
    /// Its space.
    package let space: SpaceID
    /// Who showed it; nil if it is settled.
    package let peer: PublicKey?
    /// When it was first seen, in milliseconds since 1970.
    package let time: UInt64
    /// How many changes were written anew.
    package let reissued: UInt64
}

extension Store {
    /// Notes an alarm, unless the same is noted of the same peer.
    package func raise(
        _ kind: LogAlarm.Kind, _ log: LogID, _ space: SpaceID, peer: PublicKey, at wall: WallTime
    ) throws {
        try database.prepare(
            "INSERT OR IGNORE INTO alarm (kind, log, space, peer, time, reissued) VALUES (?1, ?2, ?3, ?4, ?5, 0)"
        ).bind(1, text: kind.rawValue).bind(2, log.value.bytes).bind(3, space.value.bytes)
            .bind(4, peer.bytes).bind(5, wall.milliseconds).run()
    }

    /// Forgets the alarms about a peer, with which this node is in sync in a space.
    package func settleAlarms(_ space: SpaceID, peer: PublicKey) throws {
        try database.prepare("DELETE FROM alarm WHERE space = ?1 AND peer = ?2")
            .bind(1, space.value.bytes).bind(2, peer.bytes).run()
    }

    /// Notes, in place of the alarms about an own log, that it was given up.
    func settleAlarms(_ given: GivenUpLog, at wall: WallTime) throws {
        try database.prepare("DELETE FROM alarm WHERE log = ?1").bind(1, given.log.value.bytes).run()
        try database.prepare(
            """
            INSERT OR REPLACE INTO alarm (kind, log, space, peer, time, reissued)
            VALUES ('copied', ?1, ?2, x'', ?3, ?4)
            """
        ).bind(1, given.log.value.bytes).bind(2, given.space.value.bytes).bind(3, wall.milliseconds)
            .bind(4, given.reissued).run()
    }
}

extension StoreView {
    /// So long people are told that a log was given up, in milliseconds.
    private static let copiedShown: UInt64 = 7 * 86_400_000

    /// The alarms about logs, oldest first; those that are settled only for a week.
    package func alarms(at wall: WallTime) throws -> [LogAlarm] {
        let rows = try database.prepare(
            "SELECT kind, log, space, peer, time, reissued FROM alarm ORDER BY time, kind, log, peer")
        defer { rows.reset() }
        var alarms: [LogAlarm] = []
        while try rows.step() {
            guard let kind = LogAlarm.Kind(rawValue: rows.text(0)), let log = Bytes16(rows.bytes(1)),
                let space = Bytes32(rows.bytes(2))
            else { throw StoreError.damaged("an alarm cannot be read") }
            let alarm = LogAlarm(
                kind: kind, log: LogID(log), space: SpaceID(space),
                peer: Bytes32(rows.bytes(3)).map { PublicKey($0) }, time: rows.number(4),
                reissued: rows.number(5))
            let age = wall.milliseconds - min(alarm.time, wall.milliseconds)
            if kind != .copied || age <= Self.copiedShown { alarms.append(alarm) }
        }
        return alarms
    }
}
