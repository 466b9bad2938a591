package import PLCSync

/// The roots of a log as Specs/log.md defines them, by a few lines of their own: what every forest is held against.
package struct NaiveForest: Sendable {
    /// The trees so far, largest first: how many leaves each has, and its hash.
    private var trees: [(leaves: UInt64, hash: Bytes32)] = []
    private var count: UInt64 = 0

    /// The forest without leaves.
    package init() {}

    /// Appends a leaf.
    package mutating func append(_ leaf: [UInt8]) {
        count += 1
        var tree = (leaves: UInt64(1), hash: Digest.sha256([0], leaf))
        while let last = trees.last, last.leaves == tree.leaves {
            trees.removeLast()
            tree = (2 * tree.leaves, Digest.sha256([1], last.hash.bytes + tree.hash.bytes))
        }
        trees.append(tree)
    }

    /// The root of the log `id`.
    package func root(of id: Bytes32) -> Bytes32 {
        var bytes = ByteWriter()
        bytes.write(byte: 2)
        bytes.write(id)
        bytes.write(bigEndian: count)
        for tree in trees { bytes.write(tree.hash) }
        return Digest.sha256(bytes.bytes)
    }
}
