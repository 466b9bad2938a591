package import PLCSync

/// What happens in a simulation, as a tester describes it: nodes, links, spaces, work, faults, and what must hold.
///
/// A value without any order or choice that is not written in it; `Specs/scenarios.md` is its grammar. Times are in
/// milliseconds since the scenario's beginning, midnight of its first day.
package struct Scenario: Equatable, Sendable {
    /// What runs it.
    package enum Model: String, Sendable, CaseIterable {
        /// Every node with the production core and store.
        case replicas
        /// Counted logs and no bytes, for more nodes than one machine holds.
        case gossip
    }

    /// The most nodes of one group.
    package static let nodesMax = 100_000
    /// The most pairs of nodes that one line joins, members that one line names, and times that one event happens.
    package static let spelledMax = 5_000_000

    /// A word for files and reports.
    package var name: String
    /// One line for people, or nothing.
    package var title: String?
    /// What runs it.
    package var model = Model.replicas
    /// Where the engine's randomness begins if its caller names no seed.
    package var seed: UInt64?
    /// The date of day 1.
    package var start = CalendarDate.schoolStart
    /// How long it lasts, in milliseconds.
    package var length: UInt64
    /// The nodes, in the order in which reports list them.
    package var groups: [Group] = []
    /// Who can reach whom.
    package var links: [Link] = []
    /// What is replicated among whom.
    package var spaces: [Space] = []
    /// Who writes how much.
    package var workloads: [Workload] = []
    /// What goes wrong, what is mended, and what else happens at a time.
    package var events: [Event] = []
    /// What must hold.
    package var expectations: [Expectation] = []
    /// What a seed draws; a scenario with any is a swarm and cannot be planned before it is drawn.
    package var draws: [Draw] = []

    /// A scenario in which nothing happens.
    package init(name: String, length: UInt64) {
        self.name = name
        self.length = length
    }

    /// Whether a seed has to draw from it first.
    package var isSwarm: Bool { !draws.isEmpty }
}

extension Scenario {
    /// Nodes of one manner: `school-1` to `school-30`, or one called by its name alone.
    package struct Group: Equatable, Sendable {
        /// The name of the group.
        package var name: String
        /// How many nodes it has, or nil for one node that bears the name itself.
        package var count: Int?

        package init(_ name: String, of count: Int?) {
            self.name = name
            self.count = count
        }

        /// How many nodes it has.
        package var size: Int { count ?? 1 }

        /// The name of its node number `number`, counted from 1.
        package func node(_ number: Int) -> String { count == nil ? name : "\(name)-\(number)" }
    }

    /// Some of the nodes, as a line names them.
    package struct Selection: Equatable, Sendable {
        package enum Term: Equatable, Sendable {
            /// Every node.
            case all
            /// Every node that the other side of the same line does not name.
            case others
            /// A node, or all nodes of a group.
            case name(String)
            /// The nodes of a group from one number to another.
            case range(String, Int, Int)
            /// In a line that holds for each node of some group: the nodes of another group that fall to that node.
            case share(String, Assignment)
        }

        package var terms: [Term]
        /// What is taken away again.
        package var except: [Term]

        package init(_ terms: [Term], except: [Term] = []) {
            self.terms = terms
            self.except = except
        }

        package static let all = Selection([.all])
        package static let others = Selection([.others])
        package static func named(_ names: String...) -> Selection { Selection(names.map { .name($0) }) }
    }

    /// How the nodes of a large group fall to the nodes of a small one.
    package enum Assignment: String, Sendable, CaseIterable {
        /// The first to the first, the second to the second, and round again.
        case inTurn = "turn"
        /// The first few to the first, the next few to the second.
        case inBlocks = "blocks"

        /// Which of `few` has number `index` of `many`; all counted from 0.
        package func owner(of index: Int, of many: Int, among few: Int) -> Int {
            switch self {
            case .inTurn: index % few
            case .inBlocks: index * few / many
            }
        }

        /// Which of `many` fall to number `owner` of `few`, in order; all counted from 0.
        package func owned(by owner: Int, of many: Int, among few: Int) -> [Int] {
            switch self {
            case .inTurn: Array(stride(from: owner, to: many, by: few))
            case .inBlocks: Array((owner * many + few - 1) / few..<((owner + 1) * many + few - 1) / few)
            }
        }
    }

    /// The data of one community, or of one for each node of a group.
    package struct Space: Equatable, Sendable {
        /// Its name; for each node of a group, `NAME-1`, `NAME-2` and so on.
        package var name: String
        /// The group for each of whose nodes there is one, if it is not one space.
        package var each: String?
        /// How wide the community is.
        package var level: Genesis.Level
        /// The space that it belongs to.
        package var parent: Parent?
        /// The node that founds it; nil for its first member.
        package var founder: Selection.Term?
        /// Who takes part, and as what.
        package var members: [Membership]

        package init(
            _ name: String, each: String? = nil, level: Genesis.Level, parent: Parent? = nil,
            founder: Selection.Term? = nil, members: [Membership]
        ) {
            self.name = name
            self.each = each
            self.level = level
            self.parent = parent
            self.founder = founder
            self.members = members
        }
    }

    /// The space that another belongs to.
    package struct Parent: Equatable, Sendable {
        package var name: String
        /// Which of several falls to each, if both are one for each node of a group.
        package var share: Assignment?

        package init(_ name: String, share: Assignment? = nil) {
            self.name = name
            self.share = share
        }
    }

    /// Some nodes, and what they may do in a space.
    package struct Membership: Equatable, Sendable {
        package var role: Role
        package var nodes: Selection

        package init(_ role: Role, _ nodes: Selection) {
            self.role = role
            self.nodes = nodes
        }
    }
}
