internal import PLCOracle
import PLCSync

/// What is true whatever the nodes think: every change that was ever made durable by its author, and who belongs where.
struct Truth {
    /// One log as its author wrote it; a class, so that it grows in place.
    final class Log {
        let descriptor: LogDescriptor
        let author: Int
        var leaves: [[UInt8]] = []
        private var forest = NaiveForest()
        /// The root at every length; index 0 is of the empty log.
        var roots: [Bytes32] = []
        /// The greatest stamp up to each change that a clock follows; of control changes, none.
        var newestStamps: [UInt64] = [0]
        /// When each change became durable, in milliseconds of true time.
        var times: [UInt64] = []
        /// So many changes were acknowledged to whoever wrote them.
        var acknowledged: UInt64 = 0
        /// How many changes each member is known to hold.
        var held: [Int: UInt64] = [:]
        /// How many changes are everywhere.
        var everywhere: UInt64 = 0
        /// Whether its node has lost a part of it with a restored backup, knowingly.
        var isCutShort = false

        init(_ descriptor: LogDescriptor, author: Int) {
            self.descriptor = descriptor
            self.author = author
            roots = [forest.root(of: descriptor.fullID)]
        }

        fileprivate func append(_ leaf: [UInt8], at time: UInt64) {
            leaves.append(leaf)
            forest.append(leaf)
            roots.append(forest.root(of: descriptor.fullID))
            times.append(time)
            var change = Change()
            var newest = newestStamps[newestStamps.count - 1]
            if descriptor.channel != .control, (try? change.decode(leaf.span.bytes)) != nil,
                change.stamp <= Clock.maximumStamp
            {
                newest = max(newest, change.stamp)
            }
            newestStamps.append(newest)
        }
    }

    /// One space.
    struct Space {
        let genesis: [UInt8]
        /// Who belongs to it now.
        var members: Set<Int>
        var logs: [LogID] = []
        /// The state digest of every set of changes that was seen, and who showed it first.
        var digests: [Trail: (digest: Bytes32, node: String)] = [:]
    }

    /// One move of a head in a database.
    struct Move {
        let lsn: UInt64
        let log: LogID
        let count: UInt64
    }

    private(set) var logs: [LogID: Log] = [:]
    private(set) var spaces: [SpaceID: Space] = [:]
    /// The moves of the heads of each database, in order: what a cursor speaks of.
    var moves: [UInt64: [SpaceID: [Move]]] = [:]
    /// Draws what is checked now and then; apart from the world's, so that checking changes nothing.
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: ~seed) }

    /// What marks the texts of a space.
    static func mark(of space: String) -> String { "⟦\(space)⟧" }

    // MARK: Members

    mutating func add(_ space: SpaceID, genesis: [UInt8], members: Set<Int>) {
        spaces[space] = Space(genesis: genesis, members: members)
    }

    mutating func join(_ space: SpaceID, _ node: Int) { spaces[space]?.members.insert(node) }

    mutating func leave(_ node: Int) {
        for space in spaces.keys.sorted() { spaces[space]?.members.remove(node) }
    }

    func isMember(_ node: Int, _ space: SpaceID) -> Bool { spaces[space]?.members.contains(node) ?? false }

    /// The node's files are those of a backup: what it wrote since is elsewhere or nowhere.
    mutating func restored(_ node: Int) {
        for log in logs.values where log.author == node { log.isCutShort = true }
    }

    // MARK: Changes

    /// A change is durable at its author.
    mutating func append(_ leaf: [UInt8], to descriptor: LogDescriptor, by author: Int, at time: UInt64) {
        let id = descriptor.id
        if logs[id] == nil { spaces[descriptor.space]?.logs.append(id) }
        let log = logs[id] ?? Log(descriptor, author: author)
        log.append(leaf, at: time)
        logs[id] = log
    }

    /// The greatest stamp that a clock follows among so many changes of each log.
    func newestStamp(_ counts: [LogID: UInt64]) -> UInt64 {
        counts.reduce(0) { newest, held in
            guard let log = logs[held.key] else { return newest }
            return max(newest, log.newestStamps[min(Int(held.value), log.newestStamps.count - 1)])
        }
    }

    /// A change was acknowledged to whoever wrote it.
    mutating func acknowledge(_ log: LogID, _ sequence: UInt64) {
        guard let log = logs[log] else { return }
        log.acknowledged = max(log.acknowledged, sequence)
    }

    /// A member holds so many changes; returns how long each change took that is everywhere now.
    mutating func hold(_ id: LogID, _ count: UInt64, at node: Int, time: UInt64) -> [UInt64] {
        guard id.channel != .control, let log = logs[id] else { return [] }
        log.held[node] = count
        let members = spaces[log.descriptor.space]?.members ?? []
        var least = UInt64(log.leaves.count)
        for member in members { least = min(least, log.held[member] ?? 0) }
        var delays: [UInt64] = []
        while log.everywhere < least {
            delays.append(time - log.times[Int(log.everywhere)])
            log.everywhere += 1
        }
        return delays
    }

    /// The database has come back with less: its later moves were never told.
    mutating func forgetMoves(of epoch: UInt64, above lsn: UInt64) {
        moves[epoch] = moves[epoch]?.mapValues { $0.filter { $0.lsn <= lsn } }
    }

    // MARK: States

    /// The digest that was seen for a set of changes, and where.
    func digest(of space: SpaceID, _ changes: Trail) -> (digest: Bytes32, node: String)? {
        spaces[space]?.digests[changes]
    }

    mutating func note(_ digest: Bytes32, of space: SpaceID, _ changes: Trail, at node: String) {
        spaces[space]?.digests[changes] = (digest, node)
    }

    /// True once in `times`.
    mutating func drawsCheck(outOf times: UInt64) -> Bool { times <= 1 || random.once(in: Int(times)) }

    /// The changes of a space as a node holds them.
    func history(of space: SpaceID, _ counts: [LogID: UInt64]) -> History {
        let held = (spaces[space]?.logs ?? []).filter { $0.channel != .control }
        return History(
            logs: held.compactMap { id in
                guard let log = logs[id], let count = counts[id] else { return nil }
                return History.Log(
                    id: id, key: log.descriptor.key, leaves: Array(log.leaves.prefix(Int(count))))
            })
    }
}
