/// The signed length and root of a log: the only thing an origin signs besides a space's beginning.
public struct Head: Hashable, Sendable {
    /// The number of leaves.
    public let count: UInt64
    /// Bit 0: the log is closed.
    ///
    /// No other bit is used.
    public let flags: UInt8
    /// The origin's Ed25519 signature, 64 bytes.
    public let signature: [UInt8]

    /// A head from its parts, which come from anywhere.
    public init(count: UInt64, flags: UInt8, signature: [UInt8]) {
        self.count = count
        self.flags = flags
        self.signature = signature
    }

    /// The bytes that a head's signature covers (L: head signature).
    public static func message(log: Bytes32, count: UInt64, root: Bytes32, flags: UInt8) -> [UInt8] {
        var writer = ByteWriter(capacity: 77)
        writer.write(Array("ES1H".utf8))
        writer.write(log)
        writer.write(bigEndian: count)
        writer.write(root)
        writer.write(byte: flags)
        return writer.bytes
    }

    /// Signs the log `descriptor` at the length and root of `forest`.
    public init(
        signing forest: Forest, of descriptor: LogDescriptor, with key: SigningKey, hasher: MerkleHasher
    ) {
        let root = forest.root(of: descriptor.fullID, hasher: hasher)
        count = forest.count
        flags = 0
        signature = key.sign(
            Self.message(log: descriptor.fullID, count: forest.count, root: root, flags: 0))
    }

    /// Whether the origin of `descriptor` signed `root` at this length.
    public func isValid(root: Bytes32, of descriptor: LogDescriptor) -> Bool {
        isValid(root: root, ofLog: descriptor.fullID, key: descriptor.key)
    }

    /// Whether `key` signed `root` as that of the log `id` at this length.
    public func isValid(root: Bytes32, ofLog id: Bytes32, key: PublicKey) -> Bool {
        flags <= 1 && (1...Dot.maximumSequence).contains(count)
            && key.verifies(signature, over: Self.message(log: id, count: count, root: root, flags: flags))
    }
}
