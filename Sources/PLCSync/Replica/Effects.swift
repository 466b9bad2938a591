/// A connection's name, given by the shell and never reused.
public struct ConnectionID: Hashable, Comparable, Sendable {
    /// The number.
    public let value: UInt64

    /// The connection with this number.
    public init(_ value: UInt64) { self.value = value }

    /// Whether `a` was given before `b`.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

/// The clocks as the shell read them once for one step.
public struct Now: Sendable {
    /// Milliseconds that only go forward; for time-outs.
    public let monotonic: UInt64
    /// The wall clock; for stamps and what is told to peers.
    public let wall: WallTime

    /// A reading of both clocks.
    public init(monotonic: UInt64, wall: WallTime) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// What a store holds of one log.
public struct LogSnapshot: Sendable {
    /// The log.
    public let descriptor: LogDescriptor
    /// The leaves that are durable.
    public let forest: Forest
    /// The head under which the leaves are verified, which may be that of more; nil without any, and for the node's own
    /// open log, which signs when asked.
    public let head: Head?
    /// The hashes from the last leaf that is durable to the head.
    public let bridge: [Bytes32]
    /// The database's number for the newest move of the head; 0 if there is none.
    public let lsn: UInt64
    /// Whether this node writes it.
    public let isOwn: Bool

    /// A log as a store holds it.
    public init(
        descriptor: LogDescriptor, forest: Forest, head: Head?, bridge: [Bytes32], lsn: UInt64, isOwn: Bool
    ) {
        self.descriptor = descriptor
        self.forest = forest
        self.head = head
        self.bridge = bridge
        self.lsn = lsn
        self.isOwn = isOwn
    }
}

/// What a store holds of one space, apart from the changes.
public struct SpaceSnapshot: Sendable {
    /// The space's founding bytes.
    public let genesis: [UInt8]
    /// Its logs.
    public let logs: [LogSnapshot]
    /// The leaves of its control logs, by author.
    public let control: [(author: PublicKey, leaves: [[UInt8]])]
    /// Up to where each peer was followed.
    public let cursors: [PublicKey: Cursor]

    /// A space as a store holds it.
    public init(
        genesis: [UInt8], logs: [LogSnapshot], control: [(author: PublicKey, leaves: [[UInt8]])],
        cursors: [PublicKey: Cursor]
    ) {
        self.genesis = genesis
        self.logs = logs
        self.control = control
        self.cursors = cursors
    }
}

/// Why a node connects.
public enum Purpose: Hashable, Sendable {
    /// To exchange what both hold.
    case exchange
    /// To be admitted to a space.
    case join(JoinRequest)
}

/// What one needs to be admitted.
public struct JoinRequest: Hashable, Sendable {
    /// The space.
    public let space: SpaceID
    /// The seed of the invitation's key: thirty-two bytes.
    public let seed: [UInt8]
    /// The name to be known by.
    public let name: String

    /// A request for `space`.
    public init(space: SpaceID, seed: [UInt8], name: String) {
        self.space = space
        self.seed = seed
        self.name = name
    }
}

/// A verified stretch of a log, to be stored as it came.
public struct Stretch: Sendable {
    /// The log.
    public let descriptor: LogDescriptor
    /// The first change of the stretch.
    public let from: UInt64
    /// The items, one after the other.
    public let items: [UInt8]
    /// The forest after the stretch.
    public let forest: Forest
    /// The interior nodes of height 8 and more that became complete, in order.
    public let nodes: [(block: Block, hash: Bytes32)]
    /// The head under which the stretch is verified.
    public let head: Head
    /// The hashes from the stretch to the head; none if it reaches it.
    public let bridge: [Bytes32]

    /// A stretch that was verified.
    public init(
        descriptor: LogDescriptor, from: UInt64, items: [UInt8], forest: Forest,
        nodes: [(block: Block, hash: Bytes32)], head: Head, bridge: [Bytes32]
    ) {
        self.descriptor = descriptor
        self.from = from
        self.items = items
        self.forest = forest
        self.nodes = nodes
        self.head = head
        self.bridge = bridge
    }
}

/// What is to become durable at once, or not at all.
public struct Commit: Sendable {
    /// Names the commit in its completion.
    public let id: UInt64
    /// The space.
    public let space: SpaceID
    /// What was received.
    public let stretches: [Stretch]
    /// Up to where peers are followed once this is durable.
    public let cursors: [PublicKey: Cursor]

    /// A commit of these stretches and cursors.
    public init(id: UInt64, space: SpaceID, stretches: [Stretch], cursors: [PublicKey: Cursor]) {
        self.id = id
        self.space = space
        self.stretches = stretches
        self.cursors = cursors
    }
}

/// A request for changes to send.
public struct ReadRequest: Sendable {
    /// One log's part of it.
    public struct Part: Hashable, Sendable {
        /// The log.
        public let log: LogID
        /// The first change.
        public let from: UInt64
        /// The last change that is held.
        public let to: UInt64
        /// The length of the head to prove against.
        public let head: UInt64
        /// The hashes from the last change that is held to the head.
        public let bridge: [Bytes32]
        /// The log's full identity, to which its roots commit.
        public let fullID: Bytes32
        /// The root that the head signs, which what is read must lead to: nothing that the disk has spoilt is sent.
        public let root: Bytes32

        package init(
            _ descriptor: LogDescriptor, from: UInt64, to: UInt64, head: UInt64, bridge: [Bytes32],
            root: Bytes32
        ) {
            log = descriptor.id
            self.from = from
            self.to = to
            self.head = head
            self.bridge = bridge
            fullID = descriptor.fullID
            self.root = root
        }

        /// What is left of the part from leaf `from` on.
        package init(_ part: Part, from: UInt64) {
            log = part.log
            self.from = from
            to = part.to
            head = part.head
            bridge = part.bridge
            fullID = part.fullID
            root = part.root
        }

        /// The hashes from change `next` on to the head, by what `reader` holds; nil if there is nothing to prove.
        package func bridge(
            from next: UInt64, _ reader: some ForestReader, hasher: MerkleHasher
        ) throws -> [Bytes32]? {
            if next > head { return nil }
            if next > to { return bridge }
            return try BridgedForest(reader, count: to, bridge: bridge, to: head, hasher: hasher)
                .bridge(from: next - 1, to: head)
        }
    }

    /// Names the request in its completion.
    public let id: UInt64
    /// The connection that it is for.
    public let connection: ConnectionID
    /// The space.
    public let space: SpaceID
    /// The logs in order.
    public let parts: [Part]
    /// Reading ends before the item with which all items, and the hashes of all parts but the first, would have more
    /// bytes than this; one item is read whatever it has.
    public let maximumBytes: Int
    /// Leaves from which a compressed stream may take, if it begins with what is read; nil if none will do.
    public let common: CommonRun?

    /// How many changes are wanted, of which this request may read only the first.
    public var changes: UInt64 { parts.reduce(0) { $0 + ($1.to - min($1.from - 1, $1.to)) } }

    package init(
        id: UInt64, connection: ConnectionID, space: SpaceID, parts: [Part], maximumBytes: Int,
        common: CommonRun? = nil
    ) {
        self.id = id
        self.connection = connection
        self.space = space
        self.parts = parts
        self.maximumBytes = maximumBytes
        self.common = common
    }
}

/// The leaves of a log, from the first to some other, that this node and a peer both hold for certain.
public struct CommonRun: Hashable, Sendable {
    /// All that is held of the log here.
    public let held: ReadRequest.Part
    /// The last leaf.
    public let through: UInt64
    /// The space and the log as they are called in the session.
    package let handle: UInt64
    package let name: StreamPrefix.Name

    package init(held: ReadRequest.Part, through: UInt64, handle: UInt64, name: StreamPrefix.Name) {
        self.held = held
        self.through = through
        self.handle = handle
        self.name = name
    }
}

/// What a store answers to one part of a request.
public struct ReadPart: Sendable {
    /// The log.
    public let log: LogID
    /// The first change.
    public let from: UInt64
    /// How many items.
    public let count: Int
    /// The items, one after the other.
    public let items: [UInt8]
    /// The change after the last one read.
    public let next: UInt64
    /// The hashes from there to the head; nil if the head is reached.
    public let bridge: [Bytes32]?

    /// A part as it was read.
    public init(log: LogID, from: UInt64, count: Int, items: [UInt8], next: UInt64, bridge: [Bytes32]?) {
        self.log = log
        self.from = from
        self.count = count
        self.items = items
        self.next = next
        self.bridge = bridge
    }
}

/// A log of this node's that has grown, durably.
public struct AuthoredLog: Sendable {
    /// The log.
    public let descriptor: LogDescriptor
    /// Its leaves.
    public let forest: Forest
    /// The number of its head's move.
    public let lsn: UInt64
    /// The new leaves of a control log; empty for others.
    public let control: [[UInt8]]

    /// A log as it has become.
    public init(descriptor: LogDescriptor, forest: Forest, lsn: UInt64, control: [[UInt8]]) {
        self.descriptor = descriptor
        self.forest = forest
        self.lsn = lsn
        self.control = control
    }
}

/// A key that asks to be admitted on an invitation.
public struct Admission: Hashable, Sendable {
    /// What became of it.
    public enum Outcome: Hashable, Sendable {
        /// The key belongs, with the role of the invitation or a greater one.
        case belongs
        /// Another key was admitted on the invitation.
        case isUsed
        /// The grant could not be stored.
        case failed
    }

    /// The space.
    public let space: SpaceID
    /// Who asks.
    public let key: PublicKey
    /// What it becomes.
    public let role: Role
    /// The name to be known by.
    public let name: String
    /// The invitation's public key.
    public let invitation: PublicKey

    package init(space: SpaceID, key: PublicKey, role: Role, name: String, invitation: PublicKey) {
        self.space = space
        self.key = key
        self.role = role
        self.name = name
        self.invitation = invitation
    }

    /// The grant.
    package var draft: Draft {
        var draft = Draft()
        draft.append(.grant(key, role, name: name, invitation: invitation))
        return draft
    }
}

/// A fact that the shell tells the replica.
public enum Input: Sendable {
    /// A space is held: at the start, after it was founded here, or after a join.
    case opened(SpaceSnapshot)
    /// Something of a space was not on the disk as it was written, or not as others hold it: this is what is so now.
    case reopened(SpaceSnapshot)
    /// A connection's handshake is complete; `nonce` is fresh randomness for its session.
    case connected(
        ConnectionID, peer: PublicKey, exporter: [UInt8], isDialer: Bool, nonce: Bytes16, purpose: Purpose)
    /// A frame arrived, decompressed.
    case received(ConnectionID, type: UInt8, body: [UInt8])
    /// A connection is gone, whoever closed it.
    case disconnected(ConnectionID)
    /// A commit is durable; `lsns` numbers the heads that it moved, upward from all numbers given before.
    case committed(UInt64, lsns: [LogID: UInt64])
    /// A commit could not be made; nothing of it is stored.
    case refused(UInt64)
    /// Changes of this node's own are durable.
    case authored(SpaceID, [AuthoredLog])
    /// What became of an admission; of one that was made, `authored` tells the rest.
    case judged(Admission, Admission.Outcome)
    /// A request was answered; nil if the store failed.
    case read(UInt64, [ReadPart]?)
    /// The root of an own log at a lesser length that a peer announced; nil if it cannot be read.
    case looked(ConnectionID, SpaceID, LogID, root: Bytes32?)
    /// The shell asks to be admitted to a space over a connection that stands.
    case join(ConnectionID, JoinRequest)
    /// A second or so has passed.
    case ticked
    /// The shell wants a session to end.
    case ended(ConnectionID, CloseCode)
}

/// What the shell is to do, in order.
public enum Effect: Sendable {
    /// Send a frame.
    case send(ConnectionID, [UInt8])
    /// Close a connection after what was sent to it is out.
    case close(ConnectionID)
    /// Make a commit durable, after those before it. If it cannot be, neither are those that were ordered since:
    /// they build on it, and are refused before any other fact is told.
    case commit(Commit)
    /// Read changes.
    case read(ReadRequest)
    /// Read the root that an own log had at a lesser length: answer with `looked`.
    case look(ConnectionID, SpaceID, LogID, count: UInt64)
    /// Hold the changes of an own log that a peer gave, under a head that this node's key signed, against those that are
    /// stored: if they are others, or more, the log is another's from now on (L-37); answer with `reopened` then.
    case dispute(Stretch)
    /// Admit a key, if it still may be by what is stored when the grant is: answer with `judged`.
    case admit(Admission)
    /// Hold the space that was joined over a connection: store its beginning; answer with `opened`, or end the session.
    case found(ConnectionID, genesis: [UInt8])
    /// Tell whoever listens.
    case report(Event)
}

/// Something that people or programs may want to know.
public enum Event: Sendable {
    /// A session began.
    case opened(ConnectionID, PublicKey)
    /// Both sides of a session hold the same of a space.
    case inSync(ConnectionID, SpaceID)
    /// Nothing is left to do in a session for a space, and yet the two sides differ.
    case quiescent(ConnectionID, SpaceID)
    /// A session ended; the code is the peer's if `isPeer`.
    case closed(ConnectionID, CloseCode, isPeer: Bool)
    /// This node was admitted to a space.
    case joined(ConnectionID, SpaceID)
    /// Changes were received and are durable.
    case received(SpaceID, changes: UInt64)
    /// A log's origin signed two histories, or two nodes share a key, as what a peer holds shows.
    case fork(LogID, SpaceID, peer: PublicKey)
    /// A peer says that it holds more of this node's own open log than this node.
    case ownLogAhead(LogID, SpaceID, peer: PublicKey)
    /// A steward has written something that this version does not know.
    case upgradeNeeded(SpaceID)
}
