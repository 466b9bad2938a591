extension QRGrid {
    /// How hard the symbol is to read: the mask with the least is taken (ISO/IEC 18004, 7.8.3.1).
    func penalty() -> Int {
        var result = 0
        for i in 0..<size {
            result += linePenalty { self[$0, i] }
            result += linePenalty { self[i, $0] }
        }
        return result + blockPenalty() + balancePenalty()
    }

    /// Runs of five or more of one colour, and what could be taken for a finder: 1011101 beside four light modules.
    private func linePenalty(_ module: (Int) -> Bool) -> Int {
        var result = 0
        var run = 0
        var window = 0
        for i in 0..<size {
            run = i > 0 && module(i) == module(i - 1) ? run + 1 : 1
            if run == 5 { result += 3 } else if run > 5 { result += 1 }
            window = (window << 1 | (module(i) ? 1 : 0)) & 0x7ff
            if i >= 10, window == 0b101_1101_0000 || window == 0b000_0101_1101 { result += 40 }
        }
        return result
    }

    /// Squares of two by two in one colour.
    private func blockPenalty() -> Int {
        var result = 0
        for y in 1..<size {
            for x in 1..<size {
                let isDark = self[x, y]
                if isDark == self[x - 1, y], isDark == self[x, y - 1], isDark == self[x - 1, y - 1] {
                    result += 3
                }
            }
        }
        return result
    }

    /// Ten for each full five per cent by which dark and light are out of balance.
    private func balancePenalty() -> Int {
        var darkCount = 0
        for y in 0..<size {
            for x in 0..<size where self[x, y] { darkCount += 1 }
        }
        let total = size * size
        return abs(darkCount * 20 - total * 10) / total * 10
    }
}
