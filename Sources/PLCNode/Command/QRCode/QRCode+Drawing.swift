extension QRCode {
    /// The lines to print: two rows of modules in each, and a light margin.
    ///
    /// With colours, for a terminal, modules are black on white whatever the theme: a reader needs dark on light. Without,
    /// dark modules are drawn in ink, which is right on paper and on a light background.
    ///
    /// - Parameter margin: the quiet zone in modules: the standard wants 4; 2 will do on a screen with space around.
    package func lines(colours: Bool, margin: Int = 4) -> [String] {
        // 16 and 231 are black and white in the fixed part of the palette, which themes leave alone.
        let begin = colours ? "\u{1b}[38;5;16;48;5;231m" : ""
        let end = colours ? "\u{1b}[0m" : ""
        return stride(from: -margin, to: size + margin, by: 2).map { y in
            var line = begin
            for x in -margin..<size + margin {
                switch (self[x, y], self[x, y + 1]) {
                case (true, true): line += "█"
                case (true, false): line += "▀"
                case (false, true): line += "▄"
                case (false, false): line += " "
                }
            }
            return line + end
        }
    }

    /// The symbol as a picture: portable bitmap, plain format (P1), `scale` pixels a module.
    package func portableBitmap(scale: Int = 4, margin: Int = 4) -> [UInt8] {
        let side = (size + 2 * margin) * scale
        var bytes = Array("P1\n\(side) \(side)\n".utf8)
        bytes.reserveCapacity(bytes.count + side * (side + side / 64 + 2))
        for y in 0..<side {
            for x in 0..<side {
                bytes.append(
                    self[x / scale - margin, y / scale - margin] ? UInt8(ascii: "1") : UInt8(ascii: "0"))
                // Lines of the plain format have at most 70 characters.
                if x % 64 == 63 || x == side - 1 { bytes.append(UInt8(ascii: "\n")) }
            }
        }
        return bytes
    }
}
