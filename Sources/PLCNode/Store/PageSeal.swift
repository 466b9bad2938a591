/// The seal of a page of the database: eight bytes at its end, by which a page is known that is not what was written, or not
/// where it was written.
///
/// XXH64 of the bytes before, seeded with the page's number, little-endian. Source: L-40; "xxHash fast digest algorithm",
/// version 0.1.1.
package enum PageSeal {
    /// How many bytes every page of the database has.
    package static let pageBytes = 4_096
    /// How many of them are its seal.
    package static let count = 8

    private static let content = pageBytes - count
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63

    /// How many words the four lanes take each; the last words of a page are taken after them.
    private static let turns = content / 32

    /// The seal of what stands in `page`, as page `number`, from 1.
    package static func seal(_ page: UnsafeRawPointer, number: UInt64) -> UInt64 {
        var lanes = start(number)
        for turn in 0..<turns {
            lanes.0 = round(lanes.0, word(page, turn * 32))
            lanes.1 = round(lanes.1, word(page, turn * 32 + 8))
            lanes.2 = round(lanes.2, word(page, turn * 32 + 16))
            lanes.3 = round(lanes.3, word(page, turn * 32 + 24))
        }
        return finish(page, lanes)
    }

    private typealias Lanes = (UInt64, UInt64, UInt64, UInt64)

    private static func start(_ number: UInt64) -> Lanes {
        (number &+ prime1 &+ prime2, number &+ prime2, number, number &- prime1)
    }

    /// What the lanes come to, with the last words of the page.
    private static func finish(_ page: UnsafeRawPointer, _ lanes: Lanes) -> UInt64 {
        var sum = turn(lanes.0, 1) &+ turn(lanes.1, 7) &+ turn(lanes.2, 12) &+ turn(lanes.3, 18)
        sum = merge(sum, lanes.0)
        sum = merge(sum, lanes.1)
        sum = merge(sum, lanes.2)
        sum = merge(sum, lanes.3)
        sum &+= UInt64(content)
        for offset in stride(from: turns * 32, to: content, by: 8) {
            sum = turn(sum ^ round(0, word(page, offset)), 27) &* prime1 &+ prime4
        }
        sum = (sum ^ sum >> 33) &* prime2
        sum = (sum ^ sum >> 29) &* prime3
        return sum ^ sum >> 32
    }

    /// Whether the seal of a page is that of its bytes and its number.
    static func holds(_ page: UnsafeRawPointer, number: UInt64) -> Bool {
        word(page, content) == seal(page, number: number)
    }

    /// Writes the seal of a page at its end.
    static func write(_ page: UnsafeMutableRawPointer, number: UInt64) {
        let sum = seal(page, number: number)
        page.storeBytes(of: sum.littleEndian, toByteOffset: content, as: UInt64.self)
    }

    /// Turns back the one bit of a page, or of its seal, that is not as it was written; false if it is not one.
    ///
    /// Every bit is tried, of which each changes one lane from its word on: a few milliseconds. That another page bears the same
    /// seal and differs in one bit has a chance of one in 2^49.
    static func correct(_ page: UnsafeMutableRawPointer, number: UInt64) -> Bool {
        let wanted = word(page, content)
        if (wanted ^ seal(page, number: number)).nonzeroBitCount == 1 {
            write(page, number: number)
            return true
        }
        let first = start(number)
        let ends = [first.0, first.1, first.2, first.3].enumerated().map { lane, start in
            (0..<turns).reduce(start) { round($0, word(page, $1 * 32 + lane * 8)) }
        }
        for (lane, start) in [first.0, first.1, first.2, first.3].enumerated() {
            var before = start
            for turn in 0..<turns {
                let offset = turn * 32 + lane * 8
                let found = word(page, offset)
                for bit in 0..<64 {
                    var end = round(before, found ^ 1 << bit)
                    for later in turn + 1..<turns { end = round(end, word(page, later * 32 + lane * 8)) }
                    let lanes = (
                        lane == 0 ? end : ends[0], lane == 1 ? end : ends[1], lane == 2 ? end : ends[2],
                        lane == 3 ? end : ends[3]
                    )
                    guard finish(page, lanes) == wanted else { continue }
                    page.storeBytes(
                        of: (found ^ 1 << bit).littleEndian, toByteOffset: offset, as: UInt64.self)
                    return true
                }
                before = round(before, found)
            }
        }
        for offset in stride(from: turns * 32, to: content, by: 8) {
            let found = word(page, offset)
            for bit in 0..<64 {
                page.storeBytes(of: (found ^ 1 << bit).littleEndian, toByteOffset: offset, as: UInt64.self)
                if seal(page, number: number) == wanted { return true }
            }
            page.storeBytes(of: found.littleEndian, toByteOffset: offset, as: UInt64.self)
        }
        return false
    }

    private static func word(_ page: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: page.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        turn(lane &+ word &* prime2, 31) &* prime1
    }

    private static func merge(_ sum: UInt64, _ lane: UInt64) -> UInt64 {
        (sum ^ round(0, lane)) &* prime1 &+ prime4
    }

    private static func turn(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value &<< bits | value &>> (64 &- bits)
    }
}
