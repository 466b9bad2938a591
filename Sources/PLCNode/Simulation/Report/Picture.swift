/// A drawing without a word in it, stretched to the place that it is given.
///
/// Texts stand beside it as HTML: they wrap on a telephone, and in Arabic the page mirrors the drawing as a whole.
struct Picture {
    /// The width of its own coordinates, of which none needs a fraction.
    static let width = 10_000
    /// The height of its own coordinates.
    static let height = 100

    private var shapes = Markup()

    /// An empty drawing.
    init() {}

    /// Where a share of the width is, from 0 to 1.
    static func x(_ share: Double) -> Int { Int((min(max(share, 0), 1) * Double(width)).rounded()) }

    /// Where a share of the height is, from 0 at the bottom to 1 at the top.
    static func y(_ share: Double) -> Int { height - Int((min(max(share, 0), 1) * Double(height)).rounded()) }

    /// A box from one share of the width to another, `tall` of the height from the bottom.
    struct Box {
        let from: Double
        let to: Double
        var tall = 1.0
    }

    /// Boxes of one look, in one path.
    ///
    /// - Parameter least: so wide is each at the least, so that it is seen however short it is.
    mutating func draw(_ boxes: [Box], _ look: StaticString, least: Int = 8) {
        var path = ""
        for box in boxes {
            let x = Self.x(box.from)
            let width = max(Self.x(box.to) - x, least)
            path += "M\(x) \(Self.height)V\(Self.y(box.tall))h\(width)V\(Self.height)z"
        }
        if !path.isEmpty { shapes.mark("path", [("class", "\(look)"), ("d", path)]) }
    }

    /// A stroke through points, given as shares of width and height.
    mutating func stroke(_ points: [(x: Double, y: Double)], _ look: StaticString) {
        let path = Self.path(points)
        if !path.isEmpty { shapes.mark("path", [("class", "\(look)"), ("d", path)]) }
    }

    /// The surface under points.
    mutating func fill(under points: [(x: Double, y: Double)], _ look: StaticString) {
        guard let first = points.first, let last = points.last else { return }
        let path =
            "M\(Self.x(first.x)) \(Self.height)L" + Self.path(points).dropFirst()
            + "L\(Self.x(last.x)) \(Self.height)z"
        shapes.mark("path", [("class", "\(look)"), ("d", path)])
    }

    /// Thin lines up and down at shares of the width.
    mutating func ticks(_ shares: [Double]) {
        let path = shares.map { "M\(Self.x($0)) 0V\(Self.height)" }.joined()
        if !path.isEmpty { shapes.mark("path", [("class", "tick"), ("d", path)]) }
    }

    /// Thin lines across at shares of the height.
    mutating func levels(_ shares: [Double]) {
        let path = shares.map { "M0 \(Self.y($0))H\(Self.width)" }.joined()
        if !path.isEmpty { shapes.mark("path", [("class", "tick"), ("d", path)]) }
    }

    /// Points that add nothing to the line are left out.
    private static func path(_ points: [(x: Double, y: Double)]) -> String {
        let all = points.map { (x: x($0.x), y: y($0.y)) }
        var path = ""
        for (index, point) in all.enumerated() {
            if index > 0, index + 1 < all.count, all[index - 1].y == point.y, all[index + 1].y == point.y {
                continue
            }
            path += "\(path.isEmpty ? "M" : "L")\(point.x) \(point.y)"
        }
        return path
    }

    /// The drawing as an element; `label` says to who does not see it what it shows.
    ///
    /// - Parameter width: how much of the width is shown, from its beginning; in a legend the hatches need it small.
    func svg(_ look: StaticString, label: String, width: Int = Self.width) -> Markup {
        var markup = Markup()
        markup.element(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"), ("class", "\(look)"), ("role", "img"),
                ("aria-label", label), ("viewBox", "0 0 \(width) \(Self.height)"),
                ("preserveAspectRatio", "none"),
            ]
        ) { $0.append(shapes) }
        return markup
    }

    /// The hatches that looks refer to; stands once in a page.
    static var hatches: Markup {
        var markup = Markup()
        markup.element(
            "svg",
            [("xmlns", "http://www.w3.org/2000/svg"), ("class", "hatches"), ("aria-hidden", "true")]
        ) { svg in
            svg.element("defs") { defs in
                for (name, path, ink) in [
                    ("hatch-cut", "M0 60L60 60L120 0L60 0z", "#a3241b"),
                    ("hatch-down", "M0 0h60v30h-60zM60 30h60v30h-60z", "#6b6b6b"),
                    ("hatch-back", "M0 0h50v60h-50z", "#0b5c63"),
                ] {
                    defs.element(
                        "pattern",
                        [
                            ("id", name), ("width", "120"), ("height", "60"),
                            ("patternUnits", "userSpaceOnUse"),
                        ]
                    ) {
                        $0.mark("rect", [("width", "120"), ("height", "60"), ("fill", "#fff")])
                        $0.mark("path", [("d", path), ("fill", ink)])
                    }
                }
            }
        }
        return markup
    }
}
