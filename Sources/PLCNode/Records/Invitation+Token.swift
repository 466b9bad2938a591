package import PLCSync

/// Why a text is no invitation.
package enum InvitationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It does not begin as an invitation does.
    case notAToken
    /// It is of a newer form.
    case unknownVersion
    /// A character is missing, wrong or too many.
    case damaged

    package var description: String {
        switch self {
        case .notAToken: "this is no invitation: one begins with PLC1"
        case .unknownVersion: "the invitation is of a newer form; upgrade plc"
        case .damaged: "the invitation is damaged: copy it again, whole"
        }
    }
}

extension Invitation {
    private static let prefix = "PLC"
    private static let version = "1"

    /// The invitation as text: `PLC1`, then its bytes and four bytes of their hash in Crockford's base 32.
    ///
    /// Upper-case letters and digits alone, so that a QR code takes them in its alphanumeric mode.
    package var token: String {
        let bytes = encoded
        return Self.prefix + Self.version + Base32.encode(bytes + Self.check(bytes))
    }

    private static func check(_ bytes: [UInt8]) -> [UInt8] { Array(Digest.sha256(bytes).bytes.prefix(4)) }

    /// The invitation that a text spells; white space and hyphens do not matter, nor does case.
    package init(token: String) throws(InvitationError) {
        let text = token.uppercased().filter { !$0.isWhitespace && $0 != "-" }
        guard text.hasPrefix(Self.prefix) else { throw .notAToken }
        let rest = text.dropFirst(Self.prefix.count)
        guard rest.hasPrefix(Self.version) else {
            throw rest.first?.isNumber ?? false ? .unknownVersion : .notAToken
        }
        guard let bytes = Base32.decode(rest.dropFirst(Self.version.count)), bytes.count > 4 else {
            throw .damaged
        }
        let content = Array(bytes.dropLast(4))
        guard Self.check(content) == Array(bytes.suffix(4)) else { throw .damaged }
        do throws(Malformed) {
            self = try Invitation(content)
        } catch {
            throw .damaged
        }
    }
}
