/// A piece of HTML or SVG that is well-formed by construction: texts are escaped, and what is opened is closed.
///
/// Names of elements and attributes are literals of the source, so that nobody's text can become one.
package struct Markup {
    /// An attribute and its value.
    typealias Attribute = (name: StaticString, value: String)

    /// What was written so far.
    private(set) var text = ""

    /// Nothing yet.
    init() {}

    /// An element with what `body` writes into it.
    mutating func element(
        _ name: StaticString, _ attributes: [Attribute] = [], _ body: (inout Markup) -> Void
    ) {
        open(name, attributes, end: ">")
        body(&self)
        text += "</\(name)>"
    }

    /// An element with a text in it.
    mutating func element(_ name: StaticString, _ attributes: [Attribute] = [], _ content: String) {
        element(name, attributes) { $0.say(content) }
    }

    /// An element of SVG with nothing in it.
    mutating func mark(_ name: StaticString, _ attributes: [Attribute]) { open(name, attributes, end: "/>") }

    /// A text.
    mutating func say(_ content: String) { text += Self.escaped(content) }

    /// A name or a figure, which keeps its own direction whatever stands around it.
    mutating func apart(_ content: String) { element("bdi", [], content) }

    /// Words of a scenario or of the engine, which are English in every report.
    mutating func words(_ content: String, _ attributes: [Attribute] = []) {
        element("bdi", [("lang", "en"), ("dir", "ltr")] + attributes, content)
    }

    /// What another piece holds.
    mutating func append(_ other: Markup) { text += other.text }

    /// A line of the source that is markup already.
    mutating func literal(_ markup: StaticString) { text += "\(markup)" }

    private mutating func open(_ name: StaticString, _ attributes: [Attribute], end: StaticString) {
        text += "<\(name)"
        for (name, value) in attributes { text += " \(name)=\"\(Self.escaped(value))\"" }
        text += "\(end)"
    }

    /// The text with nothing in it that HTML or XML could take for markup, or that turns its neighbours round.
    package static func escaped(_ content: String) -> String {
        var result = ""
        for scalar in printable(content).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // No character of XML 1.0.
            case "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
