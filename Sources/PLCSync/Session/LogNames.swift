/// The short names that one side of a session gives to logs: a log is named in full once, then by a number.
package struct LogNames: Sendable {
    /// The most logs that one session names.
    package static let limit = 100_000

    private var numbers: [LogID: UInt64] = [:]
    private var logs: [LogID] = []

    /// No names yet.
    package init() {}

    /// The log that was given `number`, or nil.
    package func log(_ number: UInt64) -> LogID? {
        guard number >= 1, number <= UInt64(logs.count) else { return nil }
        return logs[Int(number) - 1]
    }

    /// The number that `log` was given, or nil.
    func number(of log: LogID) -> UInt64? { numbers[log] }

    /// The number of `log`, given now if it has none; and whether it was.
    mutating func name(_ log: LogID) -> (number: UInt64, isNew: Bool) {
        if let number = numbers[log] { return (number, false) }
        let number = UInt64(numbers.count + 1)
        numbers[log] = number
        logs.append(log)
        return (number, true)
    }
}

/// The names that the peer has given to logs.
package struct PeerLogNames: Sendable {
    private var logs: [LogID] = []
    private var numbers: [LogID: UInt64] = [:]

    /// No names yet.
    package init() {}

    /// How many logs are named.
    var count: Int { logs.count }

    /// The log that the peer gave `number`, or nil.
    package func log(_ number: UInt64) -> LogID? {
        guard number >= 1, number <= UInt64(logs.count) else { return nil }
        return logs[Int(number) - 1]
    }

    /// The number that the peer gave to `log`, or nil.
    package func number(of log: LogID) -> UInt64? { numbers[log] }

    /// Gives `log` the next number; false if it has one, or lies in a channel that there cannot be.
    mutating func append(_ log: LogID) -> Bool {
        guard numbers[log] == nil, log.channel.rawValue < 8 else { return false }
        logs.append(log)
        numbers[log] = UInt64(logs.count)
        return true
    }
}

extension ByteWriter {
    /// Appends a log: 0 and its identity at the first mention, its number afterwards.
    mutating func write(_ log: LogID, _ names: inout LogNames) {
        let (number, isNew) = names.name(log)
        if isNew {
            write(byte: 0)
            write(log.value)
        } else {
            write(varint: number)
        }
    }

    /// Appends the number of entries and the entries.
    mutating func write(_ entries: [Message.HeadEntry], _ names: inout LogNames) {
        write(varint: entries.count)
        for entry in entries {
            write(entry.log, &names)
            write(varint: entry.count)
            write(bigEndian: entry.tag)
        }
    }
}

extension ByteReader {
    /// The next log, as its sender names it.
    mutating func log(_ bytes: borrowing RawSpan, _ names: inout PeerLogNames) throws(Malformed) -> LogID {
        let at = offset
        let number = try varint(bytes)
        guard number == 0 else {
            guard number <= UInt64(LogNames.limit) else { throw Malformed(.limit, at: at) }
            guard let log = names.log(number) else { throw Malformed(.shape, at: at) }
            return log
        }
        let log = LogID(try bytes16(bytes))
        guard names.count < LogNames.limit else { throw Malformed(.limit, at: at) }
        guard names.append(log) else { throw Malformed(.shape, at: at) }
        return log
    }

    /// The next entries, at most `limit`.
    mutating func headEntries(
        _ bytes: borrowing RawSpan, _ names: inout PeerLogNames, limit: Int
    ) throws(Malformed) -> [Message.HeadEntry] {
        var entries: [Message.HeadEntry] = []
        for _ in 0..<(try count(bytes, limit: limit)) {
            let log = try log(bytes, &names)
            let at = offset
            let count = try varint(bytes)
            guard (1...Dot.maximumSequence).contains(count) else { throw Malformed(.shape, at: at) }
            entries.append(Message.HeadEntry(log: log, count: count, tag: try bigEndian32(bytes)))
        }
        return entries
    }
}
