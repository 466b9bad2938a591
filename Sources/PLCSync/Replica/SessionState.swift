/// What passes between this node and one peer over one connection; gone with the connection.
struct Session: Sendable {
    /// How far the session has come.
    enum Phase: Hashable, Sendable {
        /// The peer's HELLO is awaited. Follows: `open`, `closed`.
        case greeting
        /// Spaces are exchanged. Follows: `closed`.
        case open
        /// CLOSE was sent or received; what still arrives is passed over.
        case closed
    }

    /// The rest of a log that the peer asked for.
    struct Want: Sendable {
        let space: SpaceID
        let log: LogID
        let from: UInt64
        /// The leaves up to this one the peer held when it asked.
        let held: UInt64
    }

    /// What is being read for the peer: the first wants, and the heads as they were when it began.
    struct Reading: Sendable {
        let id: UInt64
        let space: SpaceID
        let parts: [ReadRequest.Part]
        let heads: [Head]
        /// The bytes that the answer may have.
        let allowed: UInt64
    }

    let connection: ConnectionID
    let peer: PublicKey
    let exporter: [UInt8]
    let isDialer: Bool
    /// Why this node connected, or why it keeps the connection, if the peer has dialled it.
    var purpose: Purpose
    let nonce: Bytes16
    var phase = Phase.greeting
    var hello: Message.Hello?
    /// By how much the peer's wall clock was ahead of this node's at its HELLO, in milliseconds.
    var clockOffset: Int64 = 0
    /// The spaces of the session, by identity.
    var spaces: [SpaceID: SpaceSession] = [:]
    /// The space that the peer's handle means.
    var handles: [UInt64: SpaceID] = [:]
    var nextHandle: UInt64 = 1
    var names = LogNames()
    var peerNames = PeerLogNames()
    /// What the peer opened and this node does not know, or not yet.
    var unmatched: [Message.Open] = []
    /// DATA bytes: what the peer allows and what was sent; what was allowed to the peer and what came.
    var sendCredit: UInt64 = Session.initialCredit
    var sentData: UInt64 = 0
    var grantedCredit: UInt64 = Session.initialCredit
    var receivedData: UInt64 = 0
    /// What the peer asked for and has not got, in order.
    var wants: [Want] = []
    var describe: Set<LogID> = []
    /// The lengths of the heads that the peer was given.
    var sentHeads: [LogID: UInt64] = [:]
    /// The read for this session that is on its way.
    var reading: Reading?
    /// Whether the shell was offered leaves that both hold, for a stream to begin with.
    var hasOfferedPrefix = false
    /// DATA bytes that are stored or were of no use.
    var processedData: UInt64 = 0
    /// WANT messages so far.
    var wantsSent: UInt64 = 0
    /// The newest WANT that was answered in part, and when that last came on.
    var progress: (order: UInt64, at: UInt64) = (0, 0)
    /// The request to be admitted that this node has made and that was not answered.
    var joining: JoinRequest?
    /// Bytes of frames that arrived while the peer belonged to nothing.
    var strangerBytes = 0
    var lastReceived: UInt64
    var lastSent: UInt64
    var openedAt: UInt64
    /// The invitation on which the peer asks to be admitted, until the grant is durable.
    var admitting: (space: SpaceID, key: PublicKey)?

    /// DATA bytes that may be sent before any CREDIT.
    static let initialCredit: UInt64 = limit(1_048_576, tight: 131_072)
    /// How long a session may take to begin, and a stranger to be admitted, in milliseconds.
    static let greetingTimeout: UInt64 = 5_000
    /// The most that is taken from a peer that does not belong, in bytes.
    static let maximumStrangerBytes = 8_192
    /// Credit is renewed once this many bytes of it are free, so that it is not sent for every batch.
    static let creditStep: UInt64 = limit(262_144, tight: 4_096)
    /// After this silence a PING is sent, in milliseconds.
    static let pingInterval: UInt64 = 15_000
    /// After this silence the peer is taken for dead, in milliseconds.
    static let deadInterval: UInt64 = 45_000
    /// The most spaces of one session.
    static let maximumSpaces = 64

    /// The salt of the session's tags: the dialer's nonce, then the listener's.
    var salt: [UInt8] {
        guard let hello else { return [] }
        return isDialer ? nonce.bytes + hello.nonce.bytes : hello.nonce.bytes + nonce.bytes
    }
}

/// What passes between two nodes about one space.
struct SpaceSession: Sendable {
    /// This node's OPEN, once sent.
    var sent: Message.Open?
    /// The peer's OPEN, once received.
    var received: Message.Open?
    /// Whether the peer is not known to belong: control is pulled, nothing is served.
    var isRestricted: Bool
    /// Whether the first comparison was made.
    var started = false

    // As source.
    /// Heads are announced up to this lsn of this node's.
    var announced: UInt64 = 0
    /// The lsn of the newest HEADS.
    var lastHeads: UInt64 = 0
    /// HEADS messages, and reconciliations, that the peer has not answered.
    var unanswered = 0
    /// What is to be announced, up to `announced`, as soon as the peer has answered.
    var toAnnounce: ArraySlice<LogID> = []

    // As sink.
    /// What the peer holds of each log, by its own word or because it was sent.
    var peerCounts: [LogID: UInt64] = [:]
    /// Of each channel a log of which both hold much, by the peer's own word, and how much.
    var common: [Channel: (log: LogID, count: UInt64)] = [:]
    /// Logs of which the peer announced more than is durable here.
    var pending: [LogID: UInt64] = [:]
    /// The heads that the peer sent for logs that it was asked for, to which its next stretches lead.
    var heads: [LogID: Head] = [:]
    /// Pending logs that another peer was asked for because this one did not deliver.
    var abandoned: Set<LogID> = []
    /// Logs of which the peer sent a hole, which this version cannot take in: not asked of it again (L-22).
    var holed: Set<LogID> = []
    /// Logs that the peer announced and that are not asked of it: their keys are not admitted, as far as this node
    /// knows, or they are `holed`.
    ///
    /// While there are any, the peer is not followed further.
    var unadmitted: [LogID: UInt64] = [:]
    /// What the peer gives of this node's own open logs, because it announced what this node does not hold.
    var contests: [LogID: Contest] = [:]
    /// Own logs of which the peer announced less than is held, until it is known whether it is the same.
    var lookedAt: [LogID: Message.HeadEntry] = [:]
    /// The lengths of own logs for which the peer was heard: another is heard if it is greater.
    var contested: [LogID: UInt64] = [:]
    /// The peer has announced everything up to this lsn of its own.
    var upTo: UInt64 = 0
    /// Whether HEADS that belong together are still coming.
    var awaitsMore = false
    /// Whether an ACK is owed.
    var owesAck = false
    /// The lsn of the peer's up to which this node has followed it durably.
    var followed: UInt64 = 0

    // Reconciliation.
    var reconciling = false
    var rounds = 0
    /// The ranges of a message that is not whole, and how many entries they have.
    var collected: [Reconciliation.Range] = []
    var collectedEntries = 0
    /// How many messages have come since when, and how many heads were told in answer.
    var reconciliations: (since: UInt64, messages: Int, told: Int) = (0, 0, 0)
    var reconciledAt: UInt64?

    /// Changes that were sent and received in this session.
    var changesSent: UInt64 = 0
    var changesReceived: UInt64 = 0

    /// What the peer last said that it holds, and as of which lsn of its own.
    var peerFingerprint: Bytes16?
    var peerToldLsn: UInt64 = 0
    /// What this node last said that it holds.
    var told = Bytes16.zero
    var peerAcked: UInt64 = 0
    var reportedInSync = false

    /// The most HEADS messages without an answer.
    static let maximumUnanswered = 4

    /// Whether nothing that the peer announced is missing, and no announcement is under way.
    var isSettled: Bool { pending.isEmpty && !isContesting && !awaitsMore && !reconciling }

    /// Whether it is not known yet if the peer holds more, or other changes, of an own log.
    var isContesting: Bool { !contests.isEmpty || !lookedAt.isEmpty }

    /// Whether everything that the peer announced is held.
    var holdsAll: Bool { isSettled && unadmitted.isEmpty && !isRestricted }

    /// Notes that the peer has announced everything up to `lsn`.
    ///
    /// A store keeps the number as a signed one; no database counts further than that.
    mutating func raise(upTo lsn: UInt64) { upTo = max(upTo, min(lsn, UInt64(Int64.max))) }

    /// Notes what the peer says that it holds; zeros say nothing.
    mutating func hear(_ fingerprint: Bytes16, lsn: UInt64) {
        peerFingerprint = fingerprint == .zero ? nil : fingerprint
        peerToldLsn = lsn
    }

    /// Crosses off what has become durable.
    mutating func crossOff(_ logs: [LogID: LogState]) {
        guard !pending.isEmpty else { return }
        pending = pending.filter {
            (planted(.ackBeforeDurable) ? logs[$0.key]?.verified : logs[$0.key]?.durable)?.count ?? 0
                < $0.value
        }
        for log in abandoned where pending[log] == nil {
            abandoned.remove(log)
            heads[log] = nil
        }
    }

    /// Takes up what was passed over, after a change of roles.
    mutating func reconsider(_ space: Space, _ isMember: Bool, _ change: RoleChange, _ databaseEpoch: UInt64)
    {
        if let since = change.countedSince, !planted(.lateCountedForgotten) {
            announced = min(announced, since - 1)
        }
        if isRestricted, isMember {
            isRestricted = false
            owesAck = started
            announced = received?.cursor.flatMap { $0.isValid(databaseEpoch, space.lsn) ? $0.lsn : nil } ?? 0
        }
        for (log, count) in unadmitted where !isRestricted || log.channel == .control {
            guard !holed.contains(log) else { continue }
            unadmitted[log] = nil
            guard space.logs[log]?.durable.count ?? 0 < count else { continue }
            pending[log] = max(pending[log] ?? 0, count)
            owesAck = started
        }
    }
}

extension Bytes16 {
    /// Sixteen zeros, which as a fingerprint say nothing.
    static let zero = Bytes16(high: 0, low: 0)
}
