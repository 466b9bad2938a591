/// The text with nothing in it that could command a terminal or leave its cell.
///
/// What peers and people write is shown to others: an escape sequence could repaint the screen, and an unclosed
/// direction mark could turn the rest of the line round. White space becomes a space, other control characters
/// U+FFFD; embeddings, overrides and isolates are left out, while the single marks (LRM, RLM, ALM) stay.
package func printable(_ text: String) -> String {
    let isClean = text.unicodeScalars.allSatisfy { !isControl($0) && !isDirectionPair($0) }
    if isClean { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !isDirectionPair(scalar) {
        switch scalar {
        case "\n", "\t", "\r", "\u{85}", "\u{2028}", "\u{2029}": result.append(" ")
        default: result.append(isControl(scalar) ? "\u{fffd}" : scalar)
        }
    }
    return String(result)
}

/// The text between U+2068 and U+2069 if there is right-to-left writing in it, otherwise the text.
///
/// A terminal that reorders then reorders within the text, and does not swap it with its neighbours. Source: UAX #9.
package func isolated(_ text: String) -> String {
    text.unicodeScalars.contains(where: isRightToLeft) ? "\u{2068}" + text + "\u{2069}" : text
}

/// The text, or its beginning and an ellipsis, in at most `width` columns.
package func cut(_ text: String, to width: Int) -> String {
    if displayWidth(text) <= width { return text }
    var result = ""
    var columns = 0
    for character in text {
        let next = displayWidth(String(character))
        if columns + next > width - 1 { break }
        result.append(character)
        columns += next
    }
    return width > 0 ? result + "…" : ""
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
}

private func isDirectionPair(_ scalar: Unicode.Scalar) -> Bool {
    (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
}

/// Whether the scalar lies in a block of right-to-left scripts: Hebrew, Arabic, Syriac and their kin.
private func isRightToLeft(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x590...0x8ff, 0x200f, 0xfb1d...0xfdff, 0xfe70...0xfefe, 0x10800...0x10fff, 0x1e800...0x1efff: true
    default: false
    }
}
