/// Says what is not well-formed in a piece of XML: enough of the grammar for what reports write.
struct WellFormedness {
    /// What is wrong first, or nil.
    let complaint: String?
    /// The texts between the tags, references resolved.
    private(set) var texts: [String] = []

    init(_ xml: some StringProtocol) {
        var open: [String] = []
        var rest = Substring(xml)
        var found: String?
        while found == nil, let start = rest.firstIndex(where: { $0 == "<" || $0 == "&" || $0 == ">" }) {
            texts.append(String(rest[..<start]))
            let from = rest[start...]
            switch from.first {
            case ">": found = "a bare > before \(from.prefix(20))"
            case "&":
                guard let end = from.firstIndex(of: ";"),
                    ["&amp", "&lt", "&gt", "&quot", "&#39"].contains(from[..<end])
                else {
                    found = "no reference: \(from.prefix(12))"
                    continue
                }
                rest = from[from.index(after: end)...]
            default:
                guard let end = from.firstIndex(of: ">") else {
                    found = "a tag without end: \(from.prefix(30))"
                    continue
                }
                let tag = from[from.index(after: start)..<end]
                found = Self.read(tag, &open)
                rest = from[from.index(after: end)...]
            }
        }
        if found == nil, !open.isEmpty { found = "never closed: \(open)" }
        complaint = found
    }

    /// Reads a tag without its angle brackets; returns what is wrong with it.
    private static func read(_ tag: Substring, _ open: inout [String]) -> String? {
        if tag.first == "/" {
            let name = String(tag.dropFirst())
            return open.popLast() == name ? nil : "</\(name)> closes another"
        }
        let isEmpty = tag.last == "/"
        var rest = isEmpty ? tag.dropLast() : tag
        let name = rest.prefix { $0.isLetter || $0.isNumber }
        guard !name.isEmpty else { return "no name in <\(tag)>" }
        rest = rest.dropFirst(name.count)
        var seen: Set<String> = []
        while !rest.isEmpty {
            guard rest.first == " ", let equals = rest.firstIndex(of: "=") else {
                return "no attribute in <\(tag)>"
            }
            let attribute = String(rest[rest.index(after: rest.startIndex)..<equals])
            guard seen.insert(attribute).inserted else { return "\(attribute) twice in <\(tag)>" }
            let quoted = rest[rest.index(after: equals)...]
            guard quoted.first == "\"", let end = quoted.dropFirst().firstIndex(of: "\"") else {
                return "no quotes around \(attribute) in <\(tag)>"
            }
            guard !quoted[..<end].contains("<") else { return "a bare < in \(attribute)" }
            rest = quoted[quoted.index(after: end)...]
        }
        if !isEmpty { open.append(String(name)) }
        return nil
    }

    /// The elements of a name in a page, with all that is in them.
    static func elements(_ name: String, in page: String) -> [Substring] {
        var found: [Substring] = []
        var rest = page[...]
        while let start = rest.range(of: "<\(name)"),
            let end = rest[start.upperBound...].range(of: "</\(name)>")
        {
            found.append(rest[start.lowerBound..<end.upperBound])
            rest = rest[end.upperBound...]
        }
        return found
    }
}

extension StringProtocol {
    /// Where a text stands first, without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        guard let first = text.first else { return nil }
        var from = startIndex
        while let start = self[from...].firstIndex(of: first) {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            from = index(after: start)
        }
        return nil
    }
}
