import Foundation

/// One source file as the house rules see it.
struct SourceText {
    /// The path from the root of the package, with forward slashes.
    let path: String
    /// The file as written.
    let text: String
    /// The file with comments and string literals blanked out, line for line; interpolated code stays.
    let code: String

    init(path: String, text: String) {
        self.path = path
        self.text = text
        code = blankingWords(text)
    }

    /// Whether the path lies in the folder, or is the file, that `prefix` names.
    func isUnder(_ prefix: String) -> Bool { path == prefix || path.hasPrefix(prefix + "/") }
}

/// A broken rule, and where.
struct Finding: Hashable, CustomStringConvertible {
    let path: String
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// A regular expression in which `^` is the start of any line.
struct Pattern {
    private let expression: NSRegularExpression

    init(_ pattern: String) {
        do {
            expression = try NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines])
        } catch {
            preconditionFailure("not a regular expression: \(pattern)")
        }
    }

    /// The line, counted from 1, and the first group (the whole match if there is none) of every match.
    func matches(in text: String) -> [(line: Int, word: String)] {
        let whole = text as NSString
        var line = 1
        var position = 0
        return expression.matches(in: text, range: NSRange(location: 0, length: whole.length)).map { match in
            let before = whole.substring(
                with: NSRange(location: position, length: match.range.location - position))
            line += before.utf8.count { $0 == UInt8(ascii: "\n") }
            position = match.range.location
            let word = match.range(at: match.numberOfRanges > 1 ? 1 : 0)
            return (line, word.location == NSNotFound ? "" : whole.substring(with: word))
        }
    }
}

/// Replaces the characters of comments and string literals by spaces.
///
/// It knows nested comments, raw and multi-line strings and interpolations, and nothing else of Swift; a regular
/// expression literal with a quote in it would confuse it to the end of that line.
func blankingWords(_ text: String) -> String {
    let source = Array(text.utf8)
    var result = [UInt8]()
    result.reserveCapacity(source.count)
    var at = 0

    func starts(_ word: String) -> Bool { source[at...].starts(with: word.utf8) }
    func blank(_ count: Int) {
        for byte in source[at..<min(at + count, source.count)] {
            result.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
        }
        at = min(at + count, source.count)
    }
    func blankBlockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && at < source.count
    }
    func blankString(hashes: Int) {
        let pounds = String(repeating: "#", count: hashes)
        blank(hashes)
        let isMultiline = starts("\"\"\"")
        let quote = isMultiline ? "\"\"\"" : "\""
        blank(quote.utf8.count)
        while at < source.count {
            if starts(quote + pounds) { return blank(quote.utf8.count + hashes) }
            if !isMultiline && source[at] == UInt8(ascii: "\n") { return }
            if starts("\\" + pounds + "(") {
                blank(1 + hashes)
                copyInterpolation()
            } else if starts("\\" + pounds) {
                blank(2 + hashes)
            } else {
                blank(1)
            }
        }
    }
    func copyInterpolation() {
        var depth = 0
        repeat {
            if source[at] == UInt8(ascii: "(") { depth += 1 }
            if source[at] == UInt8(ascii: ")") { depth -= 1 }
            copyOne()
        } while depth > 0 && at < source.count
    }
    func copyOne() {
        switch source[at] {
        case UInt8(ascii: "/") where starts("//"):
            while at < source.count && source[at] != UInt8(ascii: "\n") { blank(1) }
        case UInt8(ascii: "/") where starts("/*"):
            blankBlockComment()
        case UInt8(ascii: "\""):
            blankString(hashes: 0)
        case UInt8(ascii: "#"):
            let hashes = source[at...].prefix { $0 == UInt8(ascii: "#") }.count
            if at + hashes < source.count && source[at + hashes] == UInt8(ascii: "\"") {
                blankString(hashes: hashes)
            } else {
                result.append(source[at])
                at += 1
            }
        default:
            result.append(source[at])
            at += 1
        }
    }

    while at < source.count { copyOne() }
    return String(decoding: result, as: UTF8.self)
}
