/// A QR code: an invitation or a key on a screen or on paper, read by a telephone.
///
/// The text goes in as one segment: alphanumeric when every byte is a digit, an upper-case letter or one of `$%*+-./:`
/// and the space, which takes 5.5 bits a byte, otherwise as bytes. The smallest version that holds it is taken.
/// Source: ISO/IEC 18004:2015 (model 2; no Micro QR, no kanji, no ECI).
package struct QRCode: Equatable, Sendable {
    /// How much of the symbol may be lost: about 7, 15, 25 and 30 per cent.
    package enum Level: Int, Sendable, CaseIterable {
        case low, medium, quartile, high
    }

    /// 1 to 40.
    package let version: Int
    /// How much redundancy it carries.
    package let level: Level
    /// Which of the eight masks lies over the data.
    package let mask: Int
    /// The modules, without the quiet zone.
    let grid: QRGrid

    /// The number of modules on a side: 17 + 4 · version.
    package var size: Int { grid.size }

    /// The symbol for these bytes, or nil if even version 40 cannot hold them.
    ///
    /// - Complexity: O(modules), eight times for the choice of the mask.
    package init?(_ bytes: [UInt8], level: Level = .medium) {
        guard let (version, data) = QRSegment.encode(bytes, level: level) else { return nil }
        let codewords = QRCodewords.protect(data, version: version, level: level)
        var blank = QRGrid(version: version)
        blank.place(codewords)
        let candidates = (0..<8).map { mask in
            var grid = blank
            grid.apply(mask: mask)
            grid.drawFormat(level: level, mask: mask)
            return grid
        }
        let penalties = candidates.map { $0.penalty() }
        let best = penalties.indices.min { penalties[$0] < penalties[$1] } ?? 0
        self.version = version
        self.level = level
        mask = best
        grid = candidates[best]
    }

    /// Whether the module in column `x` and row `y` is dark; everything outside is light.
    package subscript(x: Int, y: Int) -> Bool {
        x >= 0 && y >= 0 && x < size && y < size && grid[x, y]
    }
}
