import PLCOracle

/// One space of the model: who belongs to it, and how many changes of each followed log each member holds.
package struct GossipSpace {
    /// One log that is followed.
    package struct Log {
        /// The node that writes it.
        let author: Int
        /// When each change is written, in milliseconds, in order.
        package let times: [UInt64]
        /// How many of them have been written.
        package internal(set) var written = 0
        /// How many members hold exactly so many of its changes.
        var holders: [Int32]
        /// How many changes are at every member, and at nearly every one.
        var everywhere = Frontier()
        var wide = Frontier()
    }

    /// Up to which change enough members hold a log.
    struct Frontier {
        /// So many changes are held by enough.
        var count = 0
        /// How many members hold no more than that.
        var notBeyond: Int32 = 0
    }

    let name: String
    /// The nodes that ever belong to it, in order.
    let nodes: [Int]
    /// The followed logs.
    package internal(set) var logs: [Log]
    /// How many logs a followed one stands for.
    let scale: Double
    /// For each member in the order of `nodes` what it holds of each log: its row.
    package internal(set) var counts: [UInt16]
    /// Whether each member belongs to it now.
    var isMember: [Bool]
    private(set) var memberCount: Int32 = 0
    /// Of 100 members, those that need not hold a change for it to be nearly everywhere.
    static let wideMissing: Int32 = 1
    /// How long followed changes took to every member, and to nearly every one, in milliseconds.
    package internal(set) var delays: [UInt64] = []
    package internal(set) var wideDelays: [UInt64] = []

    package init(name: String, nodes: [Int], logs: [(author: Int, times: [UInt64])], scale: Double) {
        self.name = name
        self.nodes = nodes
        self.scale = scale
        self.logs = logs.map {
            Log(author: $0.author, times: $0.times, holders: [Int32](repeating: 0, count: $0.times.count + 1))
        }
        counts = [UInt16](repeating: 0, count: nodes.count * logs.count)
        isMember = [Bool](repeating: false, count: nodes.count)
    }

    /// How many changes of followed logs have been written.
    var written: Int { logs.reduce(0) { $0 + $1.written } }

    // MARK: Members

    /// A member begins to belong, holding nothing yet.
    package mutating func join(_ place: Int) {
        guard !isMember[place] else { return }
        isMember[place] = true
        memberCount += 1
        for log in logs.indices {
            logs[log].holders[Int(counts[place * logs.count + log])] += 1
            // It holds nothing, which is no more than anybody.
            logs[log].everywhere.notBeyond += 1
            logs[log].wide.notBeyond += 1
        }
    }

    /// A member is gone for good; what the others hold may be everywhere now.
    package mutating func leave(_ place: Int, at time: UInt64) {
        guard isMember[place] else { return }
        isMember[place] = false
        memberCount -= 1
        for log in logs.indices {
            let held = Int(counts[place * logs.count + log])
            logs[log].holders[held] -= 1
            if held <= logs[log].everywhere.count { logs[log].everywhere.notBeyond -= 1 }
            if held <= logs[log].wide.count { logs[log].wide.notBeyond -= 1 }
            advance(log, at: time)
        }
    }

    // MARK: Changes

    /// The author of a log has written what was due by `time`.
    package mutating func write(_ log: Int, at place: Int, until time: UInt64) -> Bool {
        let before = logs[log].written
        while logs[log].written < logs[log].times.count, logs[log].times[logs[log].written] <= time {
            logs[log].written += 1
        }
        guard logs[log].written > before else { return false }
        hold(log, UInt16(logs[log].written), at: place, time: time)
        return true
    }

    /// A member holds more of a log from `time` on.
    package mutating func hold(_ log: Int, _ count: UInt16, at place: Int, time: UInt64) {
        let index = place * logs.count + log
        let before = Int(counts[index])
        counts[index] = count
        guard isMember[place] else { return }
        logs[log].holders[before] -= 1
        logs[log].holders[Int(count)] += 1
        var isFurther = false
        if before <= logs[log].everywhere.count, Int(count) > logs[log].everywhere.count {
            logs[log].everywhere.notBeyond -= 1
            isFurther = true
        }
        if before <= logs[log].wide.count, Int(count) > logs[log].wide.count {
            logs[log].wide.notBeyond -= 1
            isFurther = true
        }
        if isFurther { advance(log, at: time) }
    }

    /// Notes which changes enough members hold now.
    private mutating func advance(_ log: Int, at time: UInt64) {
        let missing = memberCount * Self.wideMissing / 100
        while logs[log].everywhere.count < logs[log].written, logs[log].everywhere.notBeyond == 0 {
            let written = logs[log].times[logs[log].everywhere.count]
            delays.append(time - min(written, time))
            logs[log].everywhere.count += 1
            logs[log].everywhere.notBeyond += logs[log].holders[logs[log].everywhere.count]
        }
        while logs[log].wide.count < logs[log].written, logs[log].wide.notBeyond <= missing {
            let written = logs[log].times[logs[log].wide.count]
            wideDelays.append(time - min(written, time))
            logs[log].wide.count += 1
            logs[log].wide.notBeyond += logs[log].holders[logs[log].wide.count]
        }
    }

    // MARK: Exchanges

    /// What moves in one direction of an exchange, among followed logs.
    package struct Movement {
        package internal(set) var heads = 0
        package internal(set) var changes = 0
    }

    /// What each of two members lacks that the other holds: to `a`, and to `b`.
    package func lacking(_ a: Int, _ b: Int) -> (Movement, Movement) {
        var (forA, forB) = (Movement(), Movement())
        compare(a, b) { _, ofA, ofB in
            if ofA < ofB {
                forA.heads += 1
                forA.changes += Int(ofB - ofA)
            } else {
                forB.heads += 1
                forB.changes += Int(ofA - ofB)
            }
        }
        return (forA, forB)
    }

    /// Two members hold the same from `time` on.
    package mutating func exchange(_ a: Int, _ b: Int, at time: UInt64) {
        var moved: [(log: Int, place: Int, count: UInt16)] = []
        compare(a, b) { log, ofA, ofB in
            moved.append(ofA < ofB ? (log, a, ofB) : (log, b, ofA))
        }
        for (log, place, count) in moved { hold(log, count, at: place, time: time) }
    }

    /// Calls `body` for each log of which two members hold different numbers of changes.
    ///
    /// - Complexity: O(logs), sixteen at a step where they are equal.
    private func compare(_ a: Int, _ b: Int, _ body: (Int, UInt16, UInt16) -> Void) {
        let width = logs.count
        counts.withUnsafeBytes { bytes in
            let (rowA, rowB) = (a * width * 2, b * width * 2)
            var log = 0
            while log < width {
                if log + 16 <= width {
                    let ofA = bytes.loadUnaligned(fromByteOffset: rowA + log * 2, as: SIMD16<UInt16>.self)
                    let ofB = bytes.loadUnaligned(fromByteOffset: rowB + log * 2, as: SIMD16<UInt16>.self)
                    if ofA == ofB {
                        log += 16
                        continue
                    }
                }
                for index in log..<min(log + 16, width) {
                    let ofA = bytes.loadUnaligned(fromByteOffset: rowA + index * 2, as: UInt16.self)
                    let ofB = bytes.loadUnaligned(fromByteOffset: rowB + index * 2, as: UInt16.self)
                    if ofA != ofB { body(index, ofA, ofB) }
                }
                log += 16
            }
        }
    }

    /// How many changes of followed logs a member lacks.
    package func lacks(_ place: Int) -> Int {
        guard isMember[place] else { return 0 }
        var lacks = 0
        for log in logs.indices { lacks += logs[log].written - Int(counts[place * logs.count + log]) }
        return lacks
    }
}
