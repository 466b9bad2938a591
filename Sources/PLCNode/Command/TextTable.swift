/// Rows and columns for people, aligned by what is seen and not by bytes.
package struct TextTable: Sendable {
    /// Where a cell stands in its column.
    package enum Alignment: Sendable {
        /// On the left: words.
        case start
        /// On the right: numbers.
        case end
    }

    /// A column and its title.
    package struct Column: Sendable {
        /// What stands above it; a table without titles has no line for them.
        package let title: String
        /// Where cells stand in it.
        package let alignment: Alignment

        /// A column of this title.
        package init(_ title: String, _ alignment: Alignment = .start) {
            self.title = title
            self.alignment = alignment
        }
    }

    /// A column is not made narrower than this to fit the terminal.
    private static let widthMin = 8

    private let columns: [Column]
    private var rows: [[String]] = []

    /// A table without rows.
    package init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row; cells are made printable, missing ones are empty, and there must not be too many.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count <= columns.count, "\(cells.count) cells for \(columns.count) columns")
        rows.append(cells.map(printable) + Array(repeating: "", count: columns.count - cells.count))
    }

    /// The lines for this stream: on a terminal cut to its width, with right-to-left cells isolated.
    ///
    /// - Complexity: O(text).
    package func lines(for sink: Output.Sink) -> [String] {
        var all = rows
        if columns.contains(where: { !$0.title.isEmpty }) { all.insert(columns.map(\.title), at: 0) }
        var widths = columns.indices.map { i in all.map { displayWidth($0[i]) }.max() ?? 0 }
        if sink.isTerminal { narrow(&widths, to: sink.width) }
        return all.map { row in
            var line = ""
            for (i, cell) in row.enumerated() {
                let shown = sink.isTerminal ? cut(cell, to: widths[i]) : cell
                let padding = String(repeating: " ", count: max(0, widths[i] - displayWidth(shown)))
                let text = sink.isTerminal ? isolated(shown) : shown
                if i > 0 { line += "  " }
                line += columns[i].alignment == .start ? text + padding : padding + text
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Takes from the widest column until the line fits, or nothing is left to take.
    private func narrow(_ widths: inout [Int], to width: Int) {
        var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
        while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > Self.widthMin
        {
            widths[widest] -= 1
            excess -= 1
        }
    }
}
