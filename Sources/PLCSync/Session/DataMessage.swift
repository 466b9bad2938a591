extension Message {
    /// Changes of one or more logs of a space, with what proves them.
    package struct Data: Sendable {
        /// A stretch of one log.
        package struct Section: Sendable {
            package var log: LogID
            /// The key and the epoch that the log's identity is made of, for one who did not know it.
            package var description: (key: Bytes32, epoch: UInt64)?
            /// The head that the stretch is proved against, at its first mention.
            package var head: Head?
            /// The first change of the stretch.
            package var from: UInt64
            /// How many items follow.
            package var count: Int
            /// The items, one after the other, as in `LogItem`.
            package var items: [UInt8]
            /// The hashes of the blocks between the stretch and the head; nil if it reaches the head.
            package var bridge: [Bytes32]?
            /// Whether the sender has no more of this log than this.
            package var isLast: Bool
            /// Whether an item is a hole. Holes are legal only below a checkpoint, and there are none yet.
            package private(set) var hasHole = false

            package init(
                log: LogID, description: (key: Bytes32, epoch: UInt64)?, head: Head?, from: UInt64,
                count: Int,
                items: [UInt8], bridge: [Bytes32]?, isLast: Bool
            ) {
                self.log = log
                self.description = description
                self.head = head
                self.from = from
                self.count = count
                self.items = items
                self.bridge = bridge
                self.isLast = isLast
            }
        }

        /// The most sections of one message.
        package static let maximumSections = 512
        /// The most hashes of one bridge: two for each bit of a length.
        package static let maximumBridge = 64

        package var handle: UInt64
        package var sections: [Section]

        package init(handle: UInt64, sections: [Section]) {
            self.handle = handle
            self.sections = sections
        }

        /// The body of the frame, which the shell may compress.
        package func encode(_ names: inout LogNames) -> [UInt8] {
            var w = ByteWriter(capacity: sections.reduce(16) { $0 + $1.items.count + 160 })
            w.write(varint: handle)
            w.write(varint: sections.count)
            for section in sections { section.write(to: &w, &names) }
            return w.bytes
        }

        package init(_ b: borrowing RawSpan, _ names: inout PeerLogNames) throws(Malformed) {
            var r = ByteReader(b)
            handle = try r.handle(b)
            sections = []
            let at = r.offset
            let count = try r.count(b, limit: Self.maximumSections)
            guard count > 0 else { throw Malformed(.shape, at: at) }
            for _ in 0..<count {
                sections.append(try Section(b, &r, &names))
            }
            try r.finish()
        }
    }
}

extension Message.Data.Section {
    private enum Flag {
        static let described: UInt8 = 1
        static let headed: UInt8 = 2
        static let bridged: UInt8 = 4
        static let last: UInt8 = 8
        static let all: UInt8 = 15
    }

    fileprivate func write(to w: inout ByteWriter, _ names: inout LogNames) {
        w.write(log, &names)
        var flags: UInt8 = 0
        if description != nil { flags |= Flag.described }
        if head != nil { flags |= Flag.headed }
        if bridge != nil { flags |= Flag.bridged }
        if isLast { flags |= Flag.last }
        w.write(byte: flags)
        if let description {
            w.write(description.key)
            w.write(bigEndian: description.epoch)
        }
        if let head {
            w.write(varint: head.count)
            w.write(byte: head.flags)
            w.write(head.signature)
        }
        w.write(varint: from)
        w.write(varint: count)
        w.write(items)
        if let bridge {
            w.write(varint: bridge.count)
            for hash in bridge { w.write(hash) }
        }
    }

    fileprivate init(
        _ b: borrowing RawSpan, _ r: inout ByteReader, _ names: inout PeerLogNames
    ) throws(Malformed) {
        log = try r.log(b, &names)
        let at = r.offset
        let flags = try r.byte(b)
        guard flags & ~Flag.all == 0 else { throw Malformed(.shape, at: at) }
        description = nil
        if flags & Flag.described != 0 { description = (try r.bytes32(b), try r.bigEndian64(b)) }
        head = nil
        if flags & Flag.headed != 0 {
            let at = r.offset
            let count = try r.varint(b)
            guard (1...Dot.maximumSequence).contains(count) else { throw Malformed(.shape, at: at) }
            let headFlags = try r.byte(b)
            guard headFlags <= 1 else { throw Malformed(.shape, at: at) }
            head = Head(count: count, flags: headFlags, signature: try r.array(b, 64))
        }
        let fromAt = r.offset
        from = try r.varint(b)
        guard (1...Dot.maximumSequence).contains(from) else { throw Malformed(.shape, at: fromAt) }
        count = try r.countWithin(b)
        let start = r.offset
        var end = from - 1
        for _ in 0..<count {
            switch try r.logItem(b) {
            case .leaf: end += 1
            case .hole(let height, _):
                hasHole = true
                end += 1 << UInt64(height)
            }
            guard end <= head?.count ?? Dot.maximumSequence else { throw Malformed(.shape, at: fromAt) }
        }
        items = b.extracting(start..<r.offset).array
        bridge = nil
        if flags & Flag.bridged != 0 {
            var hashes: [Bytes32] = []
            let at = r.offset
            let count = try r.count(b, limit: Message.Data.maximumBridge)
            guard count > 0 else { throw Malformed(.shape, at: at) }
            for _ in 0..<count { hashes.append(try r.bytes32(b)) }
            bridge = hashes
        }
        isLast = flags & Flag.last != 0
    }
}
