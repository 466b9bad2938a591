/// The nodes of a scenario by name and number, to look selections up in.
///
/// Numbers are positions in the order of nodes, from 0.
struct ScenarioDirectory {
    /// The names of all nodes.
    let names: [String]
    /// The group of each node.
    let groupNames: [String]
    /// How many nodes there are without the clones, which come last.
    let declared: Int
    private let groups: [String: Range<Int>]
    private let numbers: [String: Int]

    /// The directory of `groups` and of the nodes `clones`, which are groups of their own.
    ///
    /// Of two nodes of one name the first counts; `Scenario.misfits` complains.
    init(_ groups: [Scenario.Group], clones: [String]) {
        var names: [String] = []
        var groupNames: [String] = []
        var ranges: [String: Range<Int>] = [:]
        for group in groups + clones.map({ Scenario.Group($0, of: nil) }) {
            let start = names.count
            // What nobody could hold is reported, not made.
            let size = group.size <= Scenario.nodesMax ? max(group.size, 0) : 0
            for number in 0..<size { names.append(group.node(number + 1)) }
            groupNames += Array(repeating: group.name, count: names.count - start)
            if ranges[group.name] == nil { ranges[group.name] = start..<names.count }
        }
        self.names = names
        declared = names.count - clones.count
        self.groupNames = groupNames
        self.groups = ranges
        numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    }

    /// Every word that names a node or a group, in order.
    var words: [String] {
        var words: [String] = []
        for (name, group) in zip(names, groupNames) {
            if words.last != group, group != name, groups[group]?.lowerBound == numbers[name] {
                words.append(group)
            }
            words.append(name)
        }
        return words
    }

    /// The nodes of a group, or nil if there is no such group.
    func group(_ name: String) -> Range<Int>? { groups[name] }

    /// The one node for which a line is read that holds for each node of a group.
    struct One {
        let group: String
        /// Which of the group it is, from 0.
        let index: Int
    }

    /// Why a term means nothing.
    enum Miss: Error, Equatable {
        case noNode, noGroup, outside(count: Int), backwards, shareWithoutEach
    }

    /// The nodes that `term` means, in order; of `others`, the caller takes the opposite away.
    ///
    /// A clone is meant only where it is named.
    func nodes(_ term: Scenario.Selection.Term, one: One? = nil) throws(Miss) -> [Int] {
        switch term {
        case .all, .others: return Array(0..<declared)
        case .name(let name):
            if let one, one.group == name, let range = groups[name] {
                return [range.lowerBound + one.index]
            }
            if let range = groups[name] { return Array(range) }
            if let number = numbers[name] { return [number] }
            throw .noNode
        case .range(let name, let from, let to):
            guard let range = groups[name] else { throw .noGroup }
            if from > to { throw .backwards }
            guard from >= 1, to <= range.count else {
                throw .outside(count: range.count)
            }
            return Array(range.lowerBound + from - 1..<range.lowerBound + to)
        case .share(let name, let assignment):
            guard let range = groups[name] else { throw .noGroup }
            guard let one, let few = groups[one.group]?.count else {
                throw .shareWithoutEach
            }
            return assignment.owned(by: one.index, of: range.count, among: few).map { range.lowerBound + $0 }
        }
    }

    /// The nodes of a selection as it is written, each once; what means nothing is left out.
    ///
    /// `opposite` are the nodes of the other side of the line, which `others` excludes.
    func written(_ selection: Scenario.Selection, opposite: [Int] = [], one: One? = nil) -> [Int] {
        var taken = Set<Int>()
        for term in selection.except { taken.formUnion((try? nodes(term, one: one)) ?? []) }
        if selection.terms.contains(.others) { taken.formUnion(opposite) }
        var result: [Int] = []
        for term in selection.terms {
            let found = (try? nodes(term, one: one)) ?? []
            result += found.filter { taken.insert($0).inserted }
        }
        return result
    }

    /// The same in the order of nodes.
    func chosen(_ selection: Scenario.Selection, opposite: [Int] = [], one: One? = nil) -> [Int] {
        written(selection, opposite: opposite, one: one).sorted()
    }

    /// The two sides of a line, of which one may be the others of the other.
    func sides(_ a: Scenario.Selection, _ b: Scenario.Selection) -> ([Int], [Int]) {
        let first = chosen(a, opposite: a.terms.contains(.others) ? chosen(b) : [])
        return (first, chosen(b, opposite: first))
    }

    /// The pairs that a link joins, each once and none with itself, in the order of the first side.
    func pairs(_ link: Scenario.Link) -> [(Int, Int)] {
        let (a, b) = sides(link.a, link.b)
        var found: [(Int, Int)] = []
        switch link.pattern {
        case .each:
            for x in a { for y in b { found.append((x, y)) } }
        case .assigned(let assignment):
            guard !b.isEmpty else { return [] }
            for (i, x) in a.enumerated() {
                found.append((x, b[assignment.owner(of: i, of: a.count, among: b.count)]))
            }
        case .ring, .chain:
            let known = Set(a)
            let all = a + b.filter { !known.contains($0) }
            for (x, y) in zip(all, all.dropFirst()) { found.append((x, y)) }
            if link.pattern == .ring, all.count > 2, let x = all.last, let y = all.first {
                found.append((x, y))
            }
        case .some(let count):
            guard !b.isEmpty else { return [] }
            for (i, x) in a.enumerated() {
                for k in 0..<min(count, b.count) {
                    // Of one's own group, begin with the next; of another, with the one at one's own place.
                    let step = b.count * k / min(count, b.count)
                    found.append((x, b[(i * b.count / max(a.count, 1) + step + (a == b ? 1 : 0)) % b.count]))
                }
            }
        }
        var seen = Set<UInt64>()
        return found.filter { x, y in
            x != y && seen.insert(UInt64(min(x, y)) << 32 | UInt64(max(x, y))).inserted
        }
    }
}
