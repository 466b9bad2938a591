/// A link of the lab: a line from a node that dials to one that listens, and the proxy in which it can be disturbed.
///
/// Belongs to the loop's thread, save what never changes.
final class LabLink: @unchecked Sendable {
    /// The node that dials.
    let a: String
    /// The node that listens.
    let b: String
    /// Whether the two share a space; otherwise nobody dials, since they have nothing to say to each other.
    let isUsed: Bool
    let proxy: LabProxy

    /// A link as the plan has it, with nothing in the way yet.
    init(_ a: String, _ b: String, isUsed: Bool, _ loop: EventLoop) throws {
        self.a = a
        self.b = b
        self.isUsed = isUsed
        proxy = try LabProxy(loop)
    }

    var name: String { "\(a):\(b)" }
    var endpoint: Endpoint { proxy.endpoint }

    /// The direction that begins at a node.
    func lane(from node: String) -> LabLane { node == a ? proxy.forth : proxy.back }

    /// Sets the latency and the bandwidth of both directions; nil leaves them as they are.
    func tune(latency: UInt64?, bandwidth: Bandwidth?) {
        for lane in [proxy.forth, proxy.back] {
            if let latency { lane.latency = latency }
            switch bandwidth {
            case .limited(let bits): lane.bandwidth = bits
            case .unlimited: lane.bandwidth = nil
            case nil: break
            }
        }
        proxy.settle()
    }

    /// How much may pass.
    enum Bandwidth: Equatable {
        /// So many bits a second.
        case limited(UInt64)
        case unlimited
    }

    /// What there is to know about it at a moment.
    struct Condition: Sendable {
        let forth: LabLane.State
        let back: LabLane.State
        let latency: UInt64
        let bandwidth: UInt64?

        /// Whether bytes pass both ways: without that nodes have nothing of each other.
        var isOpen: Bool { forth == .open && back == .open }
    }

    var condition: Condition {
        Condition(
            forth: proxy.forth.state, back: proxy.back.state, latency: proxy.forth.latency,
            bandwidth: proxy.forth.bandwidth)
    }
}
