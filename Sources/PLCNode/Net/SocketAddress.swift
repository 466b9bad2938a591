package import PLCSync

#if canImport(Glibc)
    import Glibc
#endif

/// An IPv4 or IPv6 address with a port.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address without the port.
    package enum Host: Hashable, Sendable {
        case v4(UInt32)
        /// The scope names the interface of a link-local address, otherwise it is 0.
        case v6(Bytes16, scope: UInt32)
    }

    package let host: Host
    package let port: UInt16

    package init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Whether only this machine can have it.
    package var isLoopback: Bool {
        switch host {
        case .v4(let address): address >> 24 == 127
        case .v6(let address, _): address == Bytes16(high: 0, low: 1)
        }
    }

    /// What to count connections by: an IPv4 address, or the /64 network that every IPv6 user owns.
    var origin: Host {
        switch host {
        case .v4: host
        case .v6(let address, let scope): .v6(Bytes16(high: address.high, low: 0), scope: scope)
        }
    }

    package var description: String {
        switch host {
        case .v4(let address):
            return "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255):\(port)"
        case .v6(let address, let scope):
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            let bytes = address.bytes
            guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
                return "[?]:\(port)"
            }
            let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return scope == 0 ? "[\(name)]:\(port)" : "[\(name)%\(scope)]:\(port)"
        }
    }
}

extension SocketAddress {
    /// The address that the system wrote, or nil for another family.
    init?(_ storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in.self) }
            host = .v4(UInt32(bigEndian: address.sin_addr.s_addr))
            port = UInt16(bigEndian: address.sin_port)
        case AF_INET6:
            let address = withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in6.self) }
            guard let bytes = withUnsafeBytes(of: address.sin6_addr, { Bytes16($0.bytes) }) else {
                return nil
            }
            host = .v6(bytes, scope: address.sin6_scope_id)
            port = UInt16(bigEndian: address.sin6_port)
        default: return nil
        }
    }

    /// The address in an answer of getaddrinfo, or nil for another family or a wrong length.
    init?(_ pointer: UnsafePointer<sockaddr>, length: socklen_t) {
        var storage = sockaddr_storage()
        guard Int(length) <= MemoryLayout<sockaddr_storage>.size else { return nil }
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: Int(length)))
        }
        self.init(storage)
    }

    var family: Int32 {
        switch host {
        case .v4: AF_INET
        case .v6: AF_INET6
        }
    }

    /// Calls `body` with the address as the system wants it.
    func withSystemAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        func pass<A>(_ address: A) -> R {
            withUnsafeBytes(of: address) { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) { pointer in
                    guard let start = pointer.baseAddress else { preconditionFailure("an address has bytes") }
                    return body(start, socklen_t(bytes.count))
                }
            }
        }
        switch host {
        case .v4(let value):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = value.bigEndian
            address.sin_port = port.bigEndian
            return pass(address)
        case .v6(let value, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: value.bytes) }
            address.sin6_scope_id = scope
            address.sin6_port = port.bigEndian
            return pass(address)
        }
    }
}
