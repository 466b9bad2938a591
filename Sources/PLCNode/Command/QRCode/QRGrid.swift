/// The modules of a symbol while it is drawn.
struct QRGrid: Equatable, Sendable {
    /// The number of modules on a side.
    let size: Int
    private var dark: [Bool]
    /// Where the patterns are that carry no data and are never masked.
    private var reserved: [Bool]

    subscript(x: Int, y: Int) -> Bool { dark[y * size + x] }

    /// Whether the module belongs to a pattern and not to the data.
    func isReserved(_ x: Int, _ y: Int) -> Bool { reserved[y * size + x] }

    /// The patterns of a version, and room for its data.
    init(version: Int) {
        size = 17 + 4 * version
        dark = [Bool](repeating: false, count: size * size)
        reserved = dark
        for i in 0..<size {
            set(6, i, i % 2 == 0)
            set(i, 6, i % 2 == 0)
        }
        for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] { drawFinder(x, y) }
        let centres = QRTables.alignment(version: version)
        for y in centres {
            for x in centres where !isFinderCorner(x, y) { drawAlignment(x, y) }
        }
        if version >= 7 { drawVersion(version) }
        drawFormat(level: .low, mask: 0)  // reserves the place
    }

    private mutating func set(_ x: Int, _ y: Int, _ isDark: Bool) {
        dark[y * size + x] = isDark
        reserved[y * size + x] = true
    }

    // MARK: - Patterns

    /// Three rings and the light separator around them.
    private mutating func drawFinder(_ centreX: Int, _ centreY: Int) {
        for dy in -4...4 {
            for dx in -4...4 {
                let x = centreX + dx
                let y = centreY + dy
                let ring = max(abs(dx), abs(dy))
                if x >= 0, y >= 0, x < size, y < size { set(x, y, ring != 2 && ring != 4) }
            }
        }
    }

    private mutating func drawAlignment(_ centreX: Int, _ centreY: Int) {
        for dy in -2...2 {
            for dx in -2...2 { set(centreX + dx, centreY + dy, max(abs(dx), abs(dy)) != 1) }
        }
    }

    private func isFinderCorner(_ x: Int, _ y: Int) -> Bool {
        (x == 6 || y == 6) && (x == 6 || x == size - 7) && (y == 6 || y == size - 7)
    }

    private mutating func drawVersion(_ version: Int) {
        let bits = QRBCH.version(version)
        for i in 0..<18 {
            let a = size - 11 + i % 3
            let b = i / 3
            set(a, b, bits >> i & 1 == 1)
            set(b, a, bits >> i & 1 == 1)
        }
    }

    /// Draws level and mask twice, around the first finder and beside the two others, and the module that is always dark.
    mutating func drawFormat(level: QRCode.Level, mask: Int) {
        let bits = QRBCH.format(level: level, mask: mask)
        for i in 0..<15 {
            let isDark = bits >> i & 1 == 1
            // The timing patterns in row and column 6 are stepped over.
            switch i {
            case 0...5: set(8, i, isDark)
            case 6, 7: set(8, i + 1, isDark)
            case 8: set(7, 8, isDark)
            default: set(14 - i, 8, isDark)
            }
            if i < 8 { set(size - 1 - i, 8, isDark) } else { set(8, size - 15 + i, isDark) }
        }
        set(8, size - 8, true)
    }

    // MARK: - Data

    /// The places of the data bits in order: two columns at a time from the right, up and down in turn.
    func dataPath() -> [(x: Int, y: Int)] {
        var path: [(x: Int, y: Int)] = []
        var isUpward = true
        var right = size - 1
        while right > 0 {
            if right == 6 { right = 5 }  // the timing column
            for i in 0..<size {
                let y = isUpward ? size - 1 - i : i
                for x in [right, right - 1] where !isReserved(x, y) { path.append((x, y)) }
            }
            isUpward.toggle()
            right -= 2
        }
        return path
    }

    /// Draws the codewords along the path; the few bits that remain stay light.
    mutating func place(_ codewords: [UInt8]) {
        for (i, place) in dataPath().enumerated() where i / 8 < codewords.count {
            dark[place.y * size + place.x] = codewords[i / 8] >> UInt8(7 - i % 8) & 1 == 1
        }
    }

    /// Inverts the data modules that the mask names; doing it twice undoes it.
    mutating func apply(mask: Int) {
        for y in 0..<size {
            for x in 0..<size where !isReserved(x, y) && Self.isInverted(x, y, mask) {
                dark[y * size + x].toggle()
            }
        }
    }

    /// ISO/IEC 18004, table 10.
    private static func isInverted(_ x: Int, _ y: Int, _ mask: Int) -> Bool {
        switch mask {
        case 0: (x + y) % 2 == 0
        case 1: y % 2 == 0
        case 2: x % 3 == 0
        case 3: (x + y) % 3 == 0
        case 4: (x / 3 + y / 2) % 2 == 0
        case 5: x * y % 2 + x * y % 3 == 0
        case 6: (x * y % 2 + x * y % 3) % 2 == 0
        default: ((x + y) % 2 + x * y % 3) % 2 == 0
        }
    }
}

/// The two short codes that tell a reader what it looks at.
///
/// Source: ISO/IEC 18004, annexes C and D.
package enum QRBCH {
    /// Fifteen bits: level, mask, ten check bits, and a pattern over all so that they are never all light.
    package static func format(level: QRCode.Level, mask: Int) -> Int {
        let levels: [QRCode.Level: Int] = [.low: 1, .medium: 0, .quartile: 3, .high: 2]
        let data = (levels[level] ?? 0) << 3 | mask
        return (data << 10 | remainder(data, degree: 10, by: 0x537)) ^ 0x5412
    }

    /// Eighteen bits: the version and twelve check bits.
    package static func version(_ version: Int) -> Int {
        version << 12 | remainder(version, degree: 12, by: 0x1f25)
    }

    private static func remainder(_ data: Int, degree: Int, by generator: Int) -> Int {
        var rest = data
        for _ in 0..<degree { rest = rest << 1 ^ (rest >> (degree - 1) & 1) * generator }
        return rest
    }
}
