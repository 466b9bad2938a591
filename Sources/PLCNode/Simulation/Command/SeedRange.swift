/// Seeds from one to another, as `A..B` says.
struct SeedRange: Equatable, Sendable {
    let first: UInt64
    let last: UInt64

    /// The range that a text means, or nil.
    init?(_ text: String) {
        let words = text.split(separator: ".", omittingEmptySubsequences: true)
        guard words.count == 2, text.utf8.count == words[0].utf8.count + 2 + words[1].utf8.count,
            let first = UInt64(words[0]), let last = UInt64(words[1]), first <= last, last < .max
        else { return nil }
        self.first = first
        self.last = last
    }

    /// How many seeds there are.
    var count: UInt64 { last - first + 1 }

    /// Every so-and-so-many-th seed, beginning with some: what one of several processes does.
    struct Part: Equatable, Sendable {
        /// From 1.
        let number: UInt64
        let of: UInt64

        init(_ number: UInt64, of: UInt64) {
            self.number = number
            self.of = of
        }

        /// The part that `K/N` means, or nil.
        init?(_ text: String) {
            let words = text.split(separator: "/")
            guard words.count == 2, let number = UInt64(words[0]), let of = UInt64(words[1]), number >= 1,
                number <= of
            else { return nil }
            self.init(number, of: of)
        }

        var text: String { "\(number)/\(of)" }
    }

    /// The seeds of a part, in order.
    func seeds(_ part: Part) -> [UInt64] {
        guard part.number <= count else { return [] }
        return Array(stride(from: first + part.number - 1, through: last, by: Int(part.of)))
    }
}
