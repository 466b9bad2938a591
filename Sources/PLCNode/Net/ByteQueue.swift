/// Bytes that wait to go out, taken from the front in any portions.
///
/// Holds no memory while empty, since a node keeps a thousand idle connections; appending and consuming are
/// amortised constant time a byte.
struct ByteQueue {
    private var bytes: [UInt8] = []
    private var head = 0

    var count: Int { bytes.count - head }
    var isEmpty: Bool { head == bytes.count }

    mutating func append(_ more: [UInt8]) {
        // The common case, an empty queue, shares the caller's array instead of copying it.
        if isEmpty { bytes = more } else { bytes += more }
    }

    mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

    /// Makes room for `count` more, so that appending in small portions does not grow it repeatedly.
    mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    /// Forgets the first `count` bytes.
    mutating func consume(_ count: Int) {
        precondition(count <= self.count, "consuming more than there is")
        head += count
        if isEmpty {
            self = ByteQueue()
        } else if head > 65_536, head > bytes.count / 2 {
            bytes.removeFirst(head)
            head = 0
        }
    }

    /// Calls `body` with the first bytes, at most `limit`.
    func withPrefix<R, E: Error>(_ limit: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R
    {
        try bytes.span.bytes.extracting(head..<head + min(limit, count)).withUnsafeBytes(body)
    }
}
