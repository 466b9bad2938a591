/// The messages of a session, each with its encoding and its decoding.
///
/// Decoders are total and allocate no more than the bytes they were given warrant. Source: Specs/session.md.
package enum Message {
    /// What both sides say first.
    package struct Hello: Hashable, Sendable {
        package var minimumVersion: UInt8 = 1
        package var maximumVersion: UInt8 = 1
        package var features: UInt32 = 0
        /// The feature that streams to the sender take from nothing: the two hold different leaves of some log.
        package static let plainStreams: UInt32 = 1
        /// The sender's wall clock in milliseconds since 1970.
        package var wallClock: UInt64
        /// Sixteen random bytes that salt the session's tags.
        package var nonce: Bytes16
        /// The identity of the sender's database, new after a restore.
        package var databaseEpoch: UInt64

        package init(wallClock: UInt64, nonce: Bytes16, databaseEpoch: UInt64) {
            self.wallClock = wallClock
            self.nonce = nonce
            self.databaseEpoch = databaseEpoch
        }

        package func encode() -> [UInt8] {
            var w = ByteWriter(capacity: 40)
            w.write(byte: minimumVersion)
            w.write(byte: maximumVersion)
            w.write(bigEndian: features)
            w.write(bigEndian: wallClock)
            w.write(nonce)
            w.write(bigEndian: databaseEpoch)
            return Frame.encode(.hello, w.bytes)
        }

        package init(_ b: borrowing RawSpan) throws(Malformed) {
            var r = ByteReader(b)
            minimumVersion = try r.byte(b)
            maximumVersion = try r.byte(b)
            features = try r.bigEndian32(b)
            wallClock = try r.bigEndian64(b)
            nonce = try r.bytes16(b)
            databaseEpoch = try r.bigEndian64(b)
            try r.finish()
            guard minimumVersion >= 1, minimumVersion <= maximumVersion else {
                throw Malformed(.shape, at: 0)
            }
        }
    }

    /// Offers one space: what the sender holds of it, and up to where it has followed the receiver.
    package struct Open: Hashable, Sendable {
        /// The most spaces that one side opens in a session.
        package static let maximumHandle: UInt64 = 64

        /// The sender's number for the space in this session.
        package var handle: UInt64
        /// Names the space to those who know it.
        package var token: UInt64
        /// Bit 0: the sender wants to be told of changes as they come.
        package var flags: UInt8
        /// Bit c: the sender takes part in channel c.
        package var channelMask: UInt8
        /// How many logs the sender holds something of.
        package var logs: UInt64
        package var fingerprint: Bytes16
        /// The sender's newest log sequence number.
        package var lsn: UInt64
        /// Up to where the sender has followed the receiver, or nil.
        package var cursor: Cursor?

        package init(
            handle: UInt64, token: UInt64, flags: UInt8, channelMask: UInt8, logs: UInt64,
            fingerprint: Bytes16, lsn: UInt64, cursor: Cursor?
        ) {
            self.handle = handle
            self.token = token
            self.flags = flags
            self.channelMask = channelMask
            self.logs = logs
            self.fingerprint = fingerprint
            self.lsn = lsn
            self.cursor = cursor
        }

        package func encode() -> [UInt8] {
            var w = ByteWriter(capacity: 64)
            w.write(varint: handle)
            w.write(bigEndian: token)
            w.write(byte: flags)
            w.write(byte: channelMask)
            w.write(varint: logs)
            w.write(fingerprint)
            w.write(varint: lsn)
            w.write(byte: cursor == nil ? 0 : 1)
            if let cursor {
                w.write(bigEndian: cursor.epoch)
                w.write(varint: cursor.lsn)
            }
            return Frame.encode(.open, w.bytes)
        }

        package init(_ b: borrowing RawSpan) throws(Malformed) {
            var r = ByteReader(b)
            handle = try r.handle(b)
            token = try r.bigEndian64(b)
            let flagsAt = r.offset
            flags = try r.byte(b)
            guard flags <= 1 else { throw Malformed(.shape, at: flagsAt) }
            channelMask = try r.byte(b)
            logs = try r.varint(b)
            fingerprint = try r.bytes16(b)
            lsn = try r.varint(b)
            let at = r.offset
            switch try r.byte(b) {
            case 0: cursor = nil
            case 1: cursor = Cursor(epoch: try r.bigEndian64(b), lsn: try r.varint(b))
            default: throw Malformed(.shape, at: at)
            }
            try r.finish()
        }
    }

    /// One log's head as it is announced.
    package struct HeadEntry: Hashable, Sendable {
        package var log: LogID
        package var count: UInt64
        /// Four bytes that differ if the roots do.
        package var tag: UInt32

        package init(log: LogID, count: UInt64, tag: UInt32) {
            self.log = log
            self.count = count
            self.tag = tag
        }
    }

    /// Announces heads that moved.
    package struct Heads: Hashable, Sendable {
        /// The most entries of one message.
        package static let maximumEntries = limit(512, tight: 2)

        package var handle: UInt64
        /// The announcement is complete up to this log sequence number of the sender.
        package var lsn: UInt64
        /// Whether more messages follow before that is so.
        package var more: Bool
        package var entries: [HeadEntry]

        package init(handle: UInt64, lsn: UInt64, more: Bool, entries: [HeadEntry]) {
            self.handle = handle
            self.lsn = lsn
            self.more = more
            self.entries = entries
        }

        package func encode(_ names: inout LogNames) -> [UInt8] {
            var w = ByteWriter(capacity: 16 + entries.count * 24)
            w.write(varint: handle)
            w.write(varint: lsn)
            w.write(byte: more ? 1 : 0)
            w.write(entries, &names)
            return Frame.encode(.heads, w.bytes)
        }

        package init(_ b: borrowing RawSpan, _ names: inout PeerLogNames) throws(Malformed) {
            var r = ByteReader(b)
            handle = try r.handle(b)
            lsn = try r.varint(b)
            more = try r.flag(b)
            entries = try r.headEntries(b, &names, limit: Self.maximumEntries)
            try r.finish()
        }
    }

    /// Says that all announcements up to a point are held durably, and what the sender holds now.
    package struct Ack: Hashable, Sendable {
        package var handle: UInt64
        /// The receiver's log sequence number up to which the sender holds everything.
        package var upTo: UInt64
        package var fingerprint: Bytes16
        /// The sender's newest log sequence number.
        package var lsn: UInt64

        package init(handle: UInt64, upTo: UInt64, fingerprint: Bytes16, lsn: UInt64) {
            self.handle = handle
            self.upTo = upTo
            self.fingerprint = fingerprint
            self.lsn = lsn
        }

        package func encode() -> [UInt8] {
            var w = ByteWriter(capacity: 32)
            w.write(varint: handle)
            w.write(varint: upTo)
            w.write(fingerprint)
            w.write(varint: lsn)
            return Frame.encode(.ack, w.bytes)
        }

        package init(_ b: borrowing RawSpan) throws(Malformed) {
            var r = ByteReader(b)
            handle = try r.handle(b)
            upTo = try r.varint(b)
            fingerprint = try r.bytes16(b)
            lsn = try r.varint(b)
            try r.finish()
        }
    }

    /// Asks for the changes of logs that the receiver announced.
    package struct Want: Hashable, Sendable {
        /// One log's missing changes.
        package struct Entry: Hashable, Sendable {
            /// The log's number in the receiver's numbering.
            package var reference: UInt64
            /// The first change wanted.
            package var from: UInt64
            /// The last change wanted, at least; the answer may go on to the receiver's head.
            package var to: UInt64
            /// Whether the log must be described first.
            package var describe: Bool

            package init(reference: UInt64, from: UInt64, to: UInt64, describe: Bool) {
                self.reference = reference
                self.from = from
                self.to = to
                self.describe = describe
            }
        }

        /// The most entries of one message.
        package static let maximumEntries = 512

        package var handle: UInt64
        package var entries: [Entry]

        package init(handle: UInt64, entries: [Entry]) {
            self.handle = handle
            self.entries = entries
        }

        package func encode() -> [UInt8] {
            var w = ByteWriter(capacity: 8 + entries.count * 10)
            w.write(varint: handle)
            w.write(varint: entries.count)
            for entry in entries {
                w.write(varint: entry.reference)
                w.write(varint: entry.from)
                w.write(varint: entry.to)
                w.write(byte: entry.describe ? 1 : 0)
            }
            return Frame.encode(.want, w.bytes)
        }

        package init(_ b: borrowing RawSpan) throws(Malformed) {
            var r = ByteReader(b)
            handle = try r.handle(b)
            entries = []
            let countAt = r.offset
            let count = try r.count(b, limit: Self.maximumEntries)
            guard count > 0 else { throw Malformed(.shape, at: countAt) }
            for _ in 0..<count {
                let at = r.offset
                let reference = try r.varint(b)
                let from = try r.varint(b)
                let to = try r.varint(b)
                guard reference >= 1, from >= 1, from <= to, to <= Dot.maximumSequence else {
                    throw Malformed(.shape, at: at)
                }
                entries.append(Entry(reference: reference, from: from, to: to, describe: try r.flag(b)))
            }
            try r.finish()
        }
    }

    /// Asks to be admitted to a space, on an invitation.
    package struct Join: Hashable, Sendable {
        /// The longest name, in bytes.
        package static let maximumNameBytes = 256

        package var invitation: Bytes32
        /// The invitation key's signature over the session and the sender's key: 64 bytes.
        package var signature: [UInt8]
        package var name: [UInt8]

        package init(invitation: Bytes32, signature: [UInt8], name: [UInt8]) {
            self.invitation = invitation
            self.signature = signature
            self.name = name
        }

        /// The bytes that the signature covers.
        package static func message(exporter: [UInt8], key: PublicKey) -> [UInt8] {
            Array("ES1J".utf8) + exporter + key.bytes
        }

        package func encode() -> [UInt8] {
            var w = ByteWriter(capacity: 128)
            w.write(invitation)
            w.write(signature)
            w.write(varint: name.count)
            w.write(name)
            return Frame.encode(.join, w.bytes)
        }

        package init(_ b: borrowing RawSpan) throws(Malformed) {
            var r = ByteReader(b)
            invitation = try r.bytes32(b)
            signature = try r.array(b, 64)
            let at = r.offset
            let count = try r.count(b, limit: b.byteCount)
            guard count <= Self.maximumNameBytes else { throw Malformed(.shape, at: at) }
            let range = try r.take(count)
            guard isUTF8(b, range) else { throw Malformed(.utf8, at: range.lowerBound) }
            name = b.extracting(range).array
            try r.finish()
        }
    }

    /// Ends the session and says why.
    package struct Close: Hashable, Sendable {
        package var code: CloseCode
        /// When to try again, in seconds; 0 leaves it to the receiver.
        package var retryAfter: UInt64

        package init(code: CloseCode, retryAfter: UInt64 = 0) {
            self.code = code
            self.retryAfter = retryAfter
        }

        package func encode() -> [UInt8] {
            var w = ByteWriter(capacity: 8)
            w.write(byte: code.rawValue)
            w.write(varint: retryAfter)
            return Frame.encode(.close, w.bytes)
        }

        package init(_ b: borrowing RawSpan) throws(Malformed) {
            var r = ByteReader(b)
            code = CloseCode(rawValue: try r.byte(b))
            retryAfter = try r.varint(b)
            try r.finish()
        }
    }

    /// The founding bytes of a space, sent to a key that was admitted.
    package static func welcome(genesis: [UInt8]) -> [UInt8] {
        var w = ByteWriter(capacity: genesis.count + 2)
        w.write(varint: genesis.count)
        w.write(genesis)
        return Frame.encode(.welcome, w.bytes)
    }

    /// The founding bytes that a WELCOME carries.
    package static func genesis(welcome b: borrowing RawSpan) throws(Malformed) -> [UInt8] {
        var r = ByteReader(b)
        let genesis = try r.array(b, try r.count(b, limit: Frame.maximumBodyBytes))
        try r.finish()
        guard !genesis.isEmpty else { throw Malformed(.shape, at: 0) }
        return genesis
    }

    /// The total that a CREDIT allows.
    package static func total(credit b: borrowing RawSpan) throws(Malformed) -> UInt64 {
        var r = ByteReader(b)
        let total = try r.varint(b)
        try r.finish()
        return total
    }

    /// The wall clock that a PING or a PONG tells.
    package static func wallClock(ping b: borrowing RawSpan) throws(Malformed) -> UInt64 {
        var r = ByteReader(b)
        let wallClock = try r.bigEndian64(b)
        try r.finish()
        return wallClock
    }

    /// Allows the receiver to have sent `total` bytes of DATA bodies in this session.
    package static func credit(total: UInt64) -> [UInt8] {
        var w = ByteWriter()
        w.write(varint: total)
        return Frame.encode(.credit, w.bytes)
    }

    /// Asks for, or gives, a sign of life that carries the sender's wall clock in milliseconds since 1970.
    package static func ping(_ kind: Frame.Kind, wallClock: UInt64) -> [UInt8] {
        var w = ByteWriter()
        w.write(bigEndian: wallClock)
        return Frame.encode(kind, w.bytes)
    }
}

/// Up to where one node has followed another: an lsn of the other's database.
public struct Cursor: Hashable, Sendable {
    /// The database that the number belongs to.
    public let epoch: UInt64
    /// The log sequence number.
    public let lsn: UInt64

    /// The place `lsn` in the database `epoch`.
    public init(epoch: UInt64, lsn: UInt64) {
        self.epoch = epoch
        self.lsn = lsn
    }
}

/// Why a session ended.
public struct CloseCode: RawRepresentable, Hashable, Sendable {
    /// The byte that stands for it in CLOSE.
    public let rawValue: UInt8

    /// The code that this byte stands for, known or not.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// All that was to do is done.
    public static let done = Self(rawValue: 0)
    /// The peer broke the protocol, or seems to have.
    public static let protocolError = Self(rawValue: 1)
    /// No common version, or a message that this version does not know.
    public static let unsupportedVersion = Self(rawValue: 2)
    /// The peer belongs to no space of this node's.
    public static let notAdmitted = Self(rawValue: 3)
    /// The peer exceeded a limit.
    public static let limitExceeded = Self(rawValue: 4)
    /// The node stops.
    public static let shuttingDown = Self(rawValue: 5)
    /// Another connection with the same peer is kept.
    public static let replaced = Self(rawValue: 6)
    /// The peer has this node's own key.
    public static let ownIdentity = Self(rawValue: 7)
    /// No steward wrote such an invitation, as far as this node knows.
    public static let unknownInvitation = Self(rawValue: 8)
    /// The invitation's time is over.
    public static let invitationExpired = Self(rawValue: 9)
    /// The invitation has admitted another key.
    public static let invitationUsed = Self(rawValue: 10)
    /// A steward wrote something that this version does not know.
    public static let upgradeNeeded = Self(rawValue: 11)
    /// The node cannot store or read at the moment.
    public static let busy = Self(rawValue: 12)
    /// No sign of life came in time.
    public static let idle = Self(rawValue: 13)

    /// What the code means, for people.
    public var meaning: String {
        let meanings = [
            "done", "protocol error", "unsupported version", "not admitted", "limit exceeded",
            "shutting down", "replaced by a newer connection", "that is this node itself",
            "the invitation is not known there", "the invitation has expired",
            "the invitation was used already",
            "an upgrade is needed", "busy", "no sign of life",
        ]
        return Int(rawValue) < meanings.count ? meanings[Int(rawValue)] : "code \(rawValue)"
    }
}

extension Malformed {
    /// What a session with the peer who sent this ends with.
    package var closeCode: CloseCode { reason == .limit ? .limitExceeded : .protocolError }
}

extension ByteReader {
    /// The next varint as a number that the sender gave to a space.
    mutating func handle(_ bytes: borrowing RawSpan) throws(Malformed) -> UInt64 {
        let at = offset
        let handle = try varint(bytes)
        guard handle >= 1 else { throw Malformed(.shape, at: at) }
        guard handle <= Message.Open.maximumHandle else { throw Malformed(.limit, at: at) }
        return handle
    }

    /// The next varint as a count of things of at least a byte each, all of which are still to be read.
    mutating func countWithin(_ bytes: borrowing RawSpan) throws(Malformed) -> Int {
        let at = offset
        let value = try varint(bytes)
        guard let count = Int(exactly: value), count <= remaining else { throw Malformed(.truncated, at: at) }
        return count
    }

    /// The next byte as a flag: 0 or 1.
    mutating func flag(_ bytes: borrowing RawSpan) throws(Malformed) -> Bool {
        let at = offset
        switch try byte(bytes) {
        case 0: return false
        case 1: return true
        default: throw Malformed(.shape, at: at)
        }
    }
}
