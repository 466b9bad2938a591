import PLCOracle
import PLCSync
import Testing

@Suite("The vectors of changes")
struct ChangeVectorTests {
    @Test(
        "E-18 E-20 E-21 E-22 E-23 E-24 E-25 E-26 E-27 E-28 E-29 E-30 E-31 E-32: changes are read as they are meant"
    )
    func accepted() throws {
        var change = Change()
        for block in try Vectors("change-accept").blocks {
            let leaf = try block.bytes("hex")
            try change.decode(leaf.span.bytes)
            let expected = block.lines.filter { ["hlc", "ref", "op"].contains($0.key) }.map {
                "\($0.key): \($0.value)"
            }
            same(describe(change, leaf, isControl: try block.number("channel") == 0), expected, block.name)
            for count in leaf.indices {
                let part = Array(leaf[..<count])
                let found = fault { () throws(Malformed) in try change.decode(part.span.bytes) }
                same(found?.reason, .truncated, "\(block.name) cut to \(count)")
                same(change.ops.count, 0, "\(block.name) cut to \(count)")
            }
        }
    }

    @Test(
        "E-19 E-33 E-34: what this version does not know is ignored alone, and what is no change has no operations"
    )
    func ignored() throws {
        var change = Change()
        for block in try Vectors("change-ignored-ops").blocks {
            let leaf = try block.bytes("hex")
            let isChange = fault { () throws(Malformed) in try change.decode(leaf.span.bytes) } == nil
            same(isChange, block.optional("change") != "none", block.name)
            guard isChange else {
                same(change.ops.count, 0, block.name)
                continue
            }
            let expected = block.lines.filter { ["hlc", "ref", "op"].contains($0.key) }.map {
                "\($0.key): \($0.value)"
            }
            same(describe(change, leaf, isControl: try block.number("channel") == 0), expected, block.name)
        }
    }
}
