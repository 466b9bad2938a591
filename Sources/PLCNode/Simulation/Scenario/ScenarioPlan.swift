package import PLCSync

/// A scenario spelled out: every node, link, space, piece of work and event by name, nothing left to look up.
///
/// Nodes are named by strings, in the order of `nodes`; equal scenarios have equal plans.
package struct ScenarioPlan: Equatable, Sendable {
    package struct Node: Equatable, Sendable {
        package var name: String
        /// The group it was declared in.
        package var group: String
        /// When it first runs, in milliseconds since the beginning.
        package var startsAt: UInt64
    }

    package struct Link: Equatable, Sendable {
        package var a: String
        package var b: String
        package var profile: LinkProfile
    }

    package struct Member: Equatable, Sendable {
        package var node: String
        package var role: Role
        /// When it is invited, in milliseconds since the beginning.
        package var joinsAt: UInt64
    }

    package struct Space: Equatable, Sendable {
        package var name: String
        package var level: Genesis.Level
        /// The name of a space that stands before it in the plan.
        package var parent: String?
        /// The node that founds it; a member.
        package var founder: String
        /// The members, the founder among them, in the order of nodes.
        package var members: [Member]
    }

    /// What one node does day by day.
    package struct Workload: Equatable, Sendable {
        package var node: String
        /// The spaces it may write to in this work, in the order of spaces; not empty.
        package var spaces: [String]
        package var rates: [Scenario.WriteRate]
        package var conflictsPerMillion: Int
        package var hours: Hours?
        package var weekdays: Weekdays
        /// When it stops, in milliseconds since the beginning.
        package var until: UInt64
    }

    /// One thing that happens at one time.
    package struct Event: Equatable, Sendable {
        /// Milliseconds since the beginning.
        package var time: UInt64
        package var step: Step
        /// The index of the scenario's event that it comes from.
        package var origin: Int
        /// What plc must learn before the engine can do it, or nil.
        package var waitsFor: String?
    }

    package enum Step: Equatable, Sendable {
        /// From now on nothing passes from `from` to `to`, nor back if `bothWays`; `isPartition` is for reports.
        case cut(id: Int, from: [String], to: [String], bothWays: Bool, isPartition: Bool)
        /// The cut of that number ends; nothing if it has already.
        case mend(id: Int)
        /// All cuts end that have begun.
        case mendAll
        case kill(String)
        /// Runs again; nothing if it does already.
        case start(String)
        case powerCut(String)
        case freeze(String)
        case thaw(String)
        /// The node's store is kept aside under a number.
        case backUp(String, id: Int)
        case restore(String, id: Int, Scenario.RestoreManner)
        case clone(String, as: String)
        /// The node's clock is so many milliseconds ahead of the truth, and gains so many microseconds a second.
        case clock(String, offset: Int64, drift: Int)
        case disk(String, Scenario.DiskFault)
        case diskMended(String, Scenario.DiskFault)
        case bitRot(String, bits: Int)
        case hostile(String, [Scenario.Behaviour])
        case honest(String)
        case equivocate(String)
        case oldVersion(String)
        case newVersion(String)
        /// The node is invited to the spaces, and begins to run if it did not.
        case join(String, spaces: [String])
        case leave(String)
        case write(String, Int, Scenario.WriteKind, spaces: [String])
    }

    package enum Expectation: Equatable, Sendable {
        /// For each space its members among whom it must be equal at `by`, those that have left aside.
        case equal(spaces: [SpaceNodes], by: UInt64)
        /// What was acknowledged is present at every member that has not left, save what the nodes of `except` wrote.
        case writesPresent(except: [String])
        /// On each of the links, `bytes` from the first to the second, in all or on each day.
        case traffic(links: [Pair], bytes: UInt64, aDay: Bool)
        /// Nothing of the spaces is ever in the stores of `nodes`, or, if nil, of any node that is no member.
        case absent(spaces: [String], nodes: [String]?)
        case bytesPerChange(UInt64)
        case everywhere(perMillion: Int, within: UInt64, spaces: [String])
        case faults(Scenario.FaultKind, atLeast: Int)
    }

    package struct SpaceNodes: Equatable, Sendable {
        package var space: String
        package var nodes: [String]

        package init(space: String, nodes: [String]) {
            self.space = space
            self.nodes = nodes
        }
    }

    package struct Pair: Hashable, Sendable {
        package var from: String
        package var to: String

        package init(from: String, to: String) {
            self.from = from
            self.to = to
        }
    }

    package var name: String
    package var model: Scenario.Model
    package var start: CalendarDate
    /// In milliseconds.
    package var length: UInt64
    package var nodes: [Node]
    package var links: [Link]
    /// Parents before children.
    package var spaces: [Space]
    package var workloads: [Workload]
    /// In the order of time; of the same time, what ends stands before what begins.
    package var events: [Event]
    package var expectations: [Expectation]

    /// What plc must learn before all of it can be run; empty for most.
    package var waitsFor: [String] {
        var found: [String] = []
        for event in events {
            if let need = event.waitsFor, !found.contains(need) { found.append(need) }
        }
        return found
    }
}
