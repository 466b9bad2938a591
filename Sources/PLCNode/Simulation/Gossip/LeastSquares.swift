/// The factors, none of them negative, with which columns of numbers come nearest to a sum.
///
/// A factor that would be negative is set to nought and the others are fitted without it.
package struct LeastSquares {
    package private(set) var factors: [Double]

    /// - Parameter rows: the columns of each row, all of one count, and the sum that they are to give.
    package init(_ rows: [(columns: [Double], sum: Double)], columns count: Int) {
        factors = [Double](repeating: 0, count: count)
        var open = Array(0..<count)
        while !open.isEmpty {
            guard let solved = Self.solve(rows, open) else {
                // What two columns say alike, the first says alone.
                open.removeLast()
                continue
            }
            guard let worst = solved.indices.min(by: { solved[$0] < solved[$1] }), solved[worst] < 0 else {
                for (index, column) in open.enumerated() { factors[column] = solved[index] }
                return
            }
            open.remove(at: worst)
        }
    }

    /// The solution of the normal equations by elimination with pivots, or nil if there is none.
    private static func solve(_ rows: [(columns: [Double], sum: Double)], _ open: [Int]) -> [Double]? {
        let count = open.count
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: count + 1), count: count)
        for row in rows {
            for (i, a) in open.enumerated() {
                for (j, b) in open.enumerated() { matrix[i][j] += row.columns[a] * row.columns[b] }
                matrix[i][count] += row.columns[a] * row.sum
            }
        }
        for column in 0..<count {
            let largest = (column..<count).max { abs(matrix[$0][column]) < abs(matrix[$1][column]) } ?? column
            matrix.swapAt(column, largest)
            let pivot = matrix[column][column]
            guard abs(pivot) > 1e-9 else { return nil }
            for row in 0..<count where row != column {
                let factor = matrix[row][column] / pivot
                for place in column...count { matrix[row][place] -= factor * matrix[column][place] }
            }
        }
        return (0..<count).map { matrix[$0][count] / matrix[$0][$0] }
    }
}
