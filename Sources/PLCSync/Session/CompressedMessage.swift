extension Message {
    /// What a COMPRESSED frame says before its zstd bytes, which are the shell's to read.
    package struct Compressed: Hashable, Sendable {
        /// How the frame stands to the stream that the ones before it carried.
        package enum Stream: Hashable, Sendable {
            /// It continues the stream.
            case goesOn
            /// It begins a new one, which may take from the leaves of a prefix.
            case begins(StreamPrefix?)
            /// It only says that there is no stream any more, and carries nothing.
            case ends
        }

        /// How many bytes one byte may become, beyond the first `freeBytes`.
        package static let maximumRatio = 64
        /// So many bytes may come of any few.
        package static let freeBytes = 4_096

        package var stream: Stream
        /// The bytes of the DATA body inside.
        package var count: Int

        package init(stream: Stream, count: Int) {
            self.stream = stream
            self.count = count
        }

        /// Whether so few zstd bytes may become `count`, so that the receiver does not take them for a bomb.
        package static func allows(_ count: Int, from packed: Int) -> Bool {
            count <= freeBytes + packed * maximumRatio
        }

        /// The frame around `packed`.
        package func encode(_ packed: [UInt8]) -> [UInt8] {
            var w = ByteWriter(capacity: packed.count + 40)
            var flags: UInt8 = 0
            switch stream {
            case .goesOn: break
            case .begins(nil): flags = Flag.fresh
            case .begins: flags = Flag.fresh | Flag.prefixed
            case .ends: flags = Flag.end
            }
            w.write(byte: flags)
            w.write(byte: Frame.Kind.data.rawValue)
            w.write(varint: count)
            if case .begins(let prefix?) = stream { prefix.write(to: &w) }
            w.write(packed)
            return Frame.encode(.compressed, w.bytes)
        }

        /// Reads the fields of a body and checks what they allow; `packed` is where its zstd bytes lie.
        package init(_ b: borrowing RawSpan, packed: inout Range<Int>) throws(Malformed) {
            var r = ByteReader(b)
            let flags = try r.byte(b)
            guard try r.byte(b) == Frame.Kind.data.rawValue else { throw Malformed(.shape, at: 1) }
            let at = r.offset
            count = try r.count(b, limit: Frame.maximumDataBytes)
            switch flags {
            case 0: stream = .goesOn
            case Flag.fresh: stream = .begins(nil)
            case Flag.fresh | Flag.prefixed: stream = .begins(try StreamPrefix(b, &r))
            case Flag.end:
                guard count == 0, r.isAtEnd else { throw Malformed(.shape, at: at) }
                stream = .ends
            default: throw Malformed(.shape, at: 0)
            }
            guard count > 0 || stream == .ends else { throw Malformed(.shape, at: at) }
            packed = r.offset..<b.byteCount
            guard Self.allows(count, from: packed.count) else { throw Malformed(.limit, at: at) }
        }

        private enum Flag {
            static let fresh: UInt8 = 1
            static let prefixed: UInt8 = 2
            static let end: UInt8 = 4
        }
    }
}
