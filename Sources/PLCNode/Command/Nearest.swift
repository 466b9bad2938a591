/// The candidate that `word` was probably meant to be, or nil if none is near.
///
/// One slip in three letters is forgiven; after that, a word that only one candidate begins with is taken as a short form of it.
package func nearest(_ word: String, among candidates: [String]) -> String? {
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
        let distance = editDistance(word, candidate)
        let limit = min(word.unicodeScalars.count, candidate.unicodeScalars.count) / 3
        if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    if let best { return best.candidate }
    let longer = candidates.filter { $0.hasPrefix(word) }
    return word.isEmpty || longer.count != 1 ? nil : longer[0]
}

/// The least number of letters to insert, delete, replace, or swap with a neighbour, to make one word of the other.
///
/// No letter is touched twice (optimal string alignment). Source: Damerau, A technique for computer detection and
/// correction of spelling errors, 1964.
///
/// - Complexity: O(n·m) in time, O(m) in memory; words are cut at 64 scalars.
package func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.unicodeScalars.prefix(64))
    let b = Array(b.unicodeScalars.prefix(64))
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                distance = min(distance, beforeLast[j - 1] + 1)
            }
            row.append(distance)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
