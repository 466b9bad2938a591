/// Where a node listens or is found: a host name or address, and a port.
///
/// Never an identity: who answers there is proven by a key.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name, an IPv4 or IPv6 address without brackets, or nothing for all addresses of this machine.
    package let host: String
    /// The TCP port; 0 has the system choose one when listening.
    package let port: UInt16

    /// The endpoint of `host` and `port`, unchecked.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, `1.2.3.4:PORT` or `[::1]:PORT`; `:PORT` and `*:PORT` mean all addresses.
    package init(parsing text: String) throws(NetError) {
        func malformed(_ reason: String) -> NetError { .malformedEndpoint(text, reason) }
        guard let colon = text.lastIndex(of: ":") else { throw malformed("no port; write HOST:PORT") }
        var host = String(text[..<colon])
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(digits)
        else { throw malformed("the port must be a number from 0 to 65535") }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard host.contains(":") else { throw malformed("brackets are for IPv6 addresses") }
        } else if host.contains(":") {
            throw malformed("write an IPv6 address in brackets: [\(host)]:\(port)")
        }
        if host == "*" { host = "" }
        let allowed = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "%"):
                true
            default: false
            }
        }
        guard allowed, host.utf8.count <= 253 else { throw malformed("not the name of a host") }
        self.init(host: host, port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why an address could not be used.
package enum NetError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text is no endpoint, for this reason.
    case malformedEndpoint(String, String)
    /// The host could not be found, for this reason.
    case unknownHost(String, String)
    /// Another process listens there.
    case addressInUse(Endpoint)
    /// The address does not belong to this machine.
    case addressNotHere(Endpoint)
    /// The system does not let this process listen there; ports below 1024 are root's.
    case notPermitted(Endpoint)
    /// A system call failed otherwise.
    case system(SystemError)

    package var description: String {
        switch self {
        case .malformedEndpoint(let text, let reason): "\u{201c}\(text)\u{201d} is no address: \(reason)"
        case .unknownHost(let host, let reason): "host \u{201c}\(host)\u{201d} not found: \(reason)"
        case .addressInUse(let endpoint): "\(endpoint) is in use by another process; choose another port"
        case .addressNotHere(let endpoint): "\(endpoint) is no address of this machine"
        case .notPermitted(let endpoint): "not permitted to listen at \(endpoint); choose a port above 1023"
        case .system(let error): error.description
        }
    }
}
