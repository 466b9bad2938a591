internal import PLCSync

/// Counts how often one side of a session waited for an answer before it could go on.
///
/// However much was asked at once, and however many frames answer, it is one wait. Credit, acknowledgements and signs
/// of life pass beside the exchange: nobody waits for them in order to go on. Nor is the listener's OPEN an answer,
/// as it comes unasked.
package struct RoundTrips {
    /// What was asked and not answered.
    private struct Asked: OptionSet {
        let rawValue: UInt8

        /// What the other has: HELLO and OPEN.
        static let opening = Asked(rawValue: 1)
        /// To be admitted: JOIN.
        static let admission = Asked(rawValue: 2)
        /// What of an announcement is wanted: HEADS.
        static let announcement = Asked(rawValue: 4)
        /// Changes: WANT.
        static let changes = Asked(rawValue: 8)
        /// Where the two differ: RECON.
        static let comparison = Asked(rawValue: 16)
    }

    /// The waits that are over.
    package private(set) var count = 0
    private var asked: Asked = []

    package init() {}

    /// Notes a frame of this type that this side sends.
    package mutating func sent(_ type: UInt8) {
        switch Frame.Kind(rawValue: type) {
        case .hello, .open: asked.insert(.opening)
        case .join: asked.insert(.admission)
        case .heads: asked.insert(.announcement)
        case .want: asked.insert(.changes)
        case .recon: asked.insert(.comparison)
        case .ack, .data, .compressed, .ping, .pong, .close, .welcome, .credit, nil: break
        }
    }

    /// Notes a frame of this type that the peer sends; a compressed one as what is inside.
    package mutating func received(_ type: UInt8) {
        let answers: Asked =
            switch Frame.Kind(rawValue: type) {
            case .welcome: .admission
            case .heads, .recon: [.opening, .comparison]
            case .want: .announcement
            case .data: .changes
            case .hello, .open, .ack, .compressed, .ping, .pong, .close, .join, .credit, nil: []
            }
        guard !asked.isDisjoint(with: answers) else { return }
        count += 1
        asked = []
    }
}
