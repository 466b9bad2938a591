/// What a node may do in a space; each role includes the ones before it.
public enum Role: UInt64, Comparable, Sendable, CaseIterable {
    /// Holds and forwards.
    case relay = 0
    /// Reads.
    case reader = 1
    /// Writes.
    case writer = 2
    /// Admits others.
    case steward = 3

    /// The role's name, as the command line spells it.
    public var name: String {
        switch self {
        case .relay: "relay"
        case .reader: "reader"
        case .writer: "writer"
        case .steward: "steward"
        }
    }

    /// The role of that name, or nil.
    public init?(name: String) {
        guard let role = Self.allCases.first(where: { Array($0.name.utf8) == Array(name.utf8) }) else {
            return nil
        }
        self = role
    }

    /// The order of what a role may do.
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
