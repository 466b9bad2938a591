/// The bytes of a try, read as a script: numbers and pieces from the front; what is missing is zero.
struct Feed {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at >= bytes.count }

    mutating func byte() -> UInt8 {
        guard at < bytes.count else { return 0 }
        defer { at += 1 }
        return bytes[at]
    }

    /// Two bytes, the greater first.
    mutating func short() -> Int { Int(byte()) << 8 | Int(byte()) }

    /// A number of 0 to 8 bytes, so that small ones are as likely as large ones.
    mutating func number() -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<byte() % 9 { value = value << 8 | UInt64(byte()) }
        return value
    }

    /// A number below `limit`.
    mutating func below(_ limit: Int) -> Int { Int(byte()) % limit }

    mutating func take(_ count: Int) -> [UInt8] {
        let end = min(bytes.count, at + count)
        defer { at = end }
        return Array(bytes[at..<end])
    }

    /// A piece: its length in one byte, or in two if that is 255, and the bytes.
    mutating func piece() -> [UInt8] {
        let short = Int(byte())
        return take(short < 255 ? short : self.short())
    }

    mutating func rest() -> [UInt8] { take(bytes.count) }
}
