/// Who belongs to a space and as what: a pure function of its genesis and the set of its control changes.
///
/// A grant counts if a steward's control log carries it; founders are stewards. Order of arrival makes no difference:
/// the least fixpoint is taken. Source: Specs/data-model.md.
public struct Membership: Sendable {
    /// A key that was admitted.
    public struct Member: Hashable, Sendable {
        /// The greatest role that was granted.
        public var role: Role
        /// The name it was admitted under; empty for founders.
        public var name: String
    }

    /// An invitation that a steward made.
    public struct Invitation: Hashable, Sendable {
        /// What the invited becomes.
        public let role: Role
        /// When it ends, in milliseconds since 1970; judged once, by whoever admits.
        public let expiry: UInt64
        /// Who was admitted on it.
        public var admitted: PublicKey?

        /// Whether it has ended by the clock of whoever judges.
        public func isExpired(at wall: WallTime) -> Bool { wall.milliseconds >= expiry }
    }

    private struct Fact: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            case grant(PublicKey, Role, name: [UInt8], invitation: PublicKey?)
            case invite(PublicKey, Role, expiry: UInt64)
            case unknownCritical(UInt64)
        }
        let author: PublicKey
        let kind: Kind
    }

    private var facts: [Fact] = []
    private let founders: [PublicKey]
    private var change = Change()

    /// The members by key.
    public private(set) var members: [PublicKey: Member] = [:]
    /// The invitations by their public key.
    public private(set) var invitations: [PublicKey: Invitation] = [:]
    /// Whether a steward has written something critical that this version does not know (D-9).
    public private(set) var needsUpgrade = false

    /// The membership at the beginning.
    public init(_ genesis: Genesis) {
        founders = genesis.founders
        evaluate()
    }

    /// The role of `key`, or nil if it does not belong.
    public func role(of key: PublicKey) -> Role? { members[key]?.role }

    /// Whether an invitation has nothing to add to what `key` is: it has the role or a greater one, or was admitted on it.
    public func belongs(_ key: PublicKey, by invitation: PublicKey) -> Bool {
        guard let role = role(of: key), let offer = invitations[invitation] else { return false }
        return role >= offer.role || offer.admitted == key
    }

    /// Whether the logs of `key` in `channel` count.
    public func counts(_ key: PublicKey, in channel: Channel) -> Bool {
        guard channel.rawValue < Channel.limit, let role = role(of: key) else { return false }
        return channel == .control ? role >= .steward : role >= .writer
    }

    /// Takes in control leaves of `author`, in any order relative to others.
    public mutating func insert(_ leaves: [[UInt8]], by author: PublicKey) {
        for leaf in leaves {
            let bytes = leaf.span.bytes
            do { try change.decode(bytes) } catch { continue }
            for op in change.ops {
                if let kind = Self.fact(op, bytes) { facts.append(Fact(author: author, kind: kind)) }
            }
        }
        evaluate()
    }

    private static func fact(_ op: Change.Op, _ leaf: borrowing RawSpan) -> Fact.Kind? {
        switch op {
        case .grant(let key, let role, let name, let invitation):
            guard let role = Role(rawValue: role) else { return nil }
            let name = name.map { leaf.extracting($0).array } ?? []
            return .grant(key, role, name: name, invitation: invitation.map { PublicKey($0) })
        case .invite(let key, let role, let expiry):
            guard let role = Role(rawValue: role) else { return nil }
            return .invite(PublicKey(key), role, expiry: expiry)
        case .unknown(let number?) where (33..<64).contains(number):
            // 32 in a wrong shape is no more than ignored.
            return .unknownCritical(number)
        default:
            return nil
        }
    }

    /// Takes the least fixpoint: each round admits on the word of the stewards known so far.
    ///
    /// O(facts × depth).
    private mutating func evaluate() {
        members = [:]
        for founder in founders { members[founder] = Member(role: .steward, name: "") }
        var changed = true
        while changed {
            changed = false
            for fact in facts where members[fact.author]?.role == .steward {
                guard case .grant(let key, let role, let nameBytes, _) = fact.kind else { continue }
                let name = String(decoding: nameBytes, as: UTF8.self)
                if let known = members[key] {
                    // Of equal grants the bytewise smallest name is shown, so that all nodes show the same.
                    let names =
                        !name.isEmpty
                        && (known.name.isEmpty || name.utf8.lexicographicallyPrecedes(known.name.utf8))
                    guard role > known.role || (role == known.role && names) else { continue }
                }
                members[key] = Member(role: role, name: name)
                changed = true
            }
        }
        invitations = [:]
        needsUpgrade = false
        for fact in facts where members[fact.author]?.role == .steward {
            switch fact.kind {
            case .invite(let key, let role, let expiry):
                // One key in two invitations: the lesser role and the earlier end, whichever came first.
                let known = invitations[key]
                invitations[key] = Invitation(
                    role: min(role, known?.role ?? role), expiry: min(expiry, known?.expiry ?? expiry),
                    admitted: nil)
            case .unknownCritical:
                needsUpgrade = true
            case .grant:
                break
            }
        }
        for fact in facts where members[fact.author]?.role == .steward {
            guard case .grant(let key, _, _, let invitation?) = fact.kind else { continue }
            let known = invitations[invitation]?.admitted ?? key
            invitations[invitation]?.admitted = min(key, known)
        }
    }
}
