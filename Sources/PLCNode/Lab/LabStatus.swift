/// What all nodes of a lab say at one time, and what that makes of them together.
struct LabStatus: Sendable {
    /// What a node says of itself.
    struct NodeState: Sendable {
        let name: String
        let condition: LabNode.Condition
        let address: Endpoint?
        let clockOffset: Int64
        /// By the identity of the space; nil if the node was not asked, or did not answer.
        var spaces: [String: (hash: String, changes: Int64)]?
        fileprivate var peers: [Peer] = []
    }

    fileprivate struct Peer: Sendable {
        let address: String
        let state: String
        let behind: Int64
        let ahead: Int64
        let isInSync: Bool?
    }

    /// What is known of a link, and what the node that dials says of it.
    struct LinkState: Sendable {
        let a: String
        let b: String
        let isUsed: Bool
        let condition: LabLink.Condition
        /// A word of the dialling node's status; nil if it was not asked or does not dial.
        let state: String?
        let behind: Int64
        let ahead: Int64
        let isInSync: Bool?

        var isConnected: Bool { state == "connected" }
    }

    /// Who of a space's members holds what.
    struct SpaceState: Sendable {
        let name: String
        /// The members that hold the same, by digest, the largest group first.
        let groups: [(hash: String, nodes: [String])]
        /// The members that were not asked, or did not answer.
        let missing: [String]

        var isEqual: Bool { groups.count <= 1 }
    }

    let folder: String
    let nodes: [NodeState]
    let links: [LinkState]
    let spaces: [SpaceState]
    /// The running nodes that reach each other over links that are whole, directly or through others.
    let islands: [[String]]
    /// The identities of the spaces, in the order of the plan.
    let spaceIDs: [(name: String, id: String)]

    /// How many nodes are asked at once.
    private static let atOnce = 8

    /// Asks all nodes that run.
    init(_ lab: Lab) throws {
        folder = lab.folder.path
        let gathered = Locked([String: NodeState]())
        try Lab.each(lab.nodes, atOnce: Self.atOnce) { node in
            let state = Self.state(of: node)
            gathered.withLock { $0[node.name] = state }
        }
        let states = gathered.withLock { $0 }
        nodes = lab.nodes.compactMap { states[$0.name] }
        links = zip(lab.links, try lab.conditions()).map { link, condition in
            let peer = states[link.a]?.peers.first { $0.address == link.endpoint.description }
            return LinkState(
                a: link.a, b: link.b, isUsed: link.isUsed, condition: condition, state: peer?.state,
                behind: peer?.behind ?? 0, ahead: peer?.ahead ?? 0, isInSync: peer?.isInSync)
        }
        spaces = lab.plan.plan.spaces.map { space in
            let id = lab.spaceID(space.name)
            var groups: [(hash: String, nodes: [String])] = []
            var missing: [String] = []
            for member in space.members {
                guard let held = states[member.node]?.spaces else {
                    missing.append(member.node)
                    continue
                }
                // Who has not heard of the space holds nothing of it, which is a difference too.
                let hash = held[id]?.hash ?? "-"
                if let index = groups.firstIndex(where: { $0.hash == hash }) {
                    groups[index].nodes.append(member.node)
                } else {
                    groups.append((hash, [member.node]))
                }
            }
            let order = groups.indices.sorted {
                (-groups[$0].nodes.count, $0) < (-groups[$1].nodes.count, $1)
            }
            return SpaceState(name: space.name, groups: order.map { groups[$0] }, missing: missing)
        }
        islands = Self.islands(of: nodes.filter { $0.condition == .serves }.map(\.name), links)
        spaceIDs = lab.plan.plan.spaces.map { ($0.name, lab.spaceID($0.name)) }
    }

    /// Whether every space is equal on all that were asked.
    var isEqual: Bool { spaces.allSatisfy(\.isEqual) }

    private static func state(of node: LabNode) -> NodeState {
        var state = NodeState(
            name: node.name, condition: node.condition, address: node.address, clockOffset: node.clockOffset)
        // A node that is not well exits with another code, and answers all the same.
        guard state.condition == .serves, let json = (try? node.ask(["status", "--json"]))?.lines.last else {
            return state
        }
        var spaces: [String: (hash: String, changes: Int64)] = [:]
        for space in json["spaces"]?.elements ?? [] {
            guard let id = space["space"]?.text else { continue }
            spaces[id] = (space["hash"]?.text ?? "", space["changes"]?.integer ?? 0)
        }
        state.spaces = spaces
        state.peers = (json["peers"]?.elements ?? []).map { peer in
            let inSync: Bool? = if case .bool(let value)? = peer["inSync"] { value } else { nil }
            return Peer(
                address: peer["address"]?.text ?? "", state: peer["state"]?.text ?? "",
                behind: peer["behind"]?.integer ?? 0, ahead: peer["ahead"]?.integer ?? 0, isInSync: inSync)
        }
        return state
    }

    /// The names in groups that links join, each in the order of names.
    private static func islands(of names: [String], _ links: [LinkState]) -> [[String]] {
        var island = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        for link in links where link.isUsed && link.condition.isOpen {
            guard let a = island[link.a], let b = island[link.b], a != b else { continue }
            for (name, number) in island where number == max(a, b) { island[name] = min(a, b) }
        }
        return Set(island.values).sorted().map { number in names.filter { island[$0] == number } }
    }

    // MARK: For programs

    var json: JSON {
        let nodes: [JSON] = nodes.map { node in
            let held: [JSON] = spaceIDs.compactMap { space in
                node.spaces?[space.id].map {
                    ["name": .text(space.name), "hash": .text($0.hash), "changes": .integer($0.changes)]
                }
            }
            return [
                "name": .text(node.name), "state": .text(node.condition.rawValue),
                "answers": .bool(node.spaces != nil),
                "address": .maybe(node.address) { .text($0.description) },
                "clockOffsetMilliseconds": .integer(node.clockOffset), "spaces": .array(held),
            ]
        }
        let links: [JSON] = links.map { link in
            [
                "a": .text(link.a), "b": .text(link.b), "used": .bool(link.isUsed),
                "forth": .text(link.condition.forth.rawValue), "back": .text(link.condition.back.rawValue),
                "latencyMilliseconds": .integer(Int64(clamping: link.condition.latency)),
                "bitsPerSecond": .maybe(link.condition.bandwidth) { .integer(Int64(clamping: $0)) },
                "state": .maybe(link.state) { .text($0) }, "behind": .integer(link.behind),
                "ahead": .integer(link.ahead), "inSync": .maybe(link.isInSync) { .bool($0) },
            ]
        }
        let spaces: [JSON] = spaces.map { space in
            [
                "name": .text(space.name), "equal": .bool(space.isEqual),
                "groups": .array(
                    space.groups.map { group in
                        ["hash": .text(group.hash), "nodes": .array(group.nodes.map { .text($0) })]
                    }), "missing": .array(space.missing.map { .text($0) }),
            ]
        }
        return [
            "folder": .text(folder), "equal": .bool(isEqual), "nodes": .array(nodes), "links": .array(links),
            "spaces": .array(spaces),
            "islands": .array(islands.map { .array($0.map { .text($0) }) }),
        ]
    }
}
