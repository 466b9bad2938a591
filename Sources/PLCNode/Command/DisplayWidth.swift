/// The number of terminal columns that the text takes.
///
/// Letters are 1, East Asian wide ones and pictures 2, marks and invisible scalars 0. A terminal may disagree about joined
/// pictures and new scripts; nothing but the straightness of columns hangs on it. Source: UAX #11, Unicode 16.
///
/// - Complexity: O(n).
package func displayWidth(_ text: some StringProtocol) -> Int {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text.utf8.count }
    return text.reduce(0) { $0 + displayWidth($1) }
}

/// The number of terminal columns that one character takes.
private func displayWidth(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    if let first = scalars.first {
        let isPicture = first.properties.isEmojiPresentation || scalars.contains { $0.value == 0xfe0f }
        if isPicture { return 2 }
    }
    return scalars.reduce(0) { $0 + displayWidth($1) }
}

private func displayWidth(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20...0x7e: 1
    case 0xad, 0x600...0x605, 0x6dd: 1  // "format" characters that are seen: soft hyphen, Arabic number signs
    case 0x1160...0x11ff, 0xd7b0...0xd7ff: 0  // jamo that join the syllable begun before them
    default:
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control, .lineSeparator, .paragraphSeparator: 0
        default: isWide(scalar.value) ? 2 : 1
        }
    }
}

/// Whether the scalar is East Asian Wide or Fullwidth; unassigned places in wide blocks are wide too.
private func isWide(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3,
        0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6,
        0x16fe0...0x18cff,
        0x1aff0...0x1b2ff, 0x1f200...0x1f2ff, 0x20000...0x3fffd:
        true
    default: false
    }
}

/// The text in lines of at most `width` columns, broken at spaces; a longer word has a line of its own.
///
/// A newline in the text begins a new line, and two of them leave an empty one.
///
/// - Complexity: O(n).
package func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
        var line = ""
        var columns = 0
        for word in paragraph.split(separator: " ") {
            let wordWidth = displayWidth(word)
            if columns > 0, columns + 1 + wordWidth > width {
                lines.append(line)
                line = ""
                columns = 0
            }
            if columns > 0 {
                line += " "
                columns += 1
            }
            line += word
            columns += wordWidth
        }
        lines.append(line)
    }
    return lines
}
