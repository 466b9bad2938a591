import Foundation
import PLCSync
import Testing

/// A file of Specs/vectors: examples in bytes, in the format that Specs/README.md describes.
struct Vectors {
    /// One example: its name, and its other lines in order.
    struct Block {
        let name: String
        let lines: [(key: String, value: String)]

        /// The values of a key.
        func all(_ key: String) -> [String] { lines.filter { $0.key == key }.map(\.value) }

        /// The value of a key that stands there once, or nil.
        func optional(_ key: String) -> String? { all(key).first }

        /// The value of a key.
        func text(_ key: String) throws -> String {
            try #require(optional(key), "\(name) has no \(key)")
        }

        /// The bytes that a key's value spells.
        func bytes(_ key: String) throws -> [UInt8] { try unhex(text(key)) }

        /// The bytes that each value of a key spells.
        func allBytes(_ key: String) throws -> [[UInt8]] { try all(key).map(unhex) }

        /// The hashes that the values of a key spell.
        func hashes(_ key: String) throws -> [Bytes32] { try allBytes(key).map { try #require(Bytes32($0)) } }

        /// The hash that a key's value spells.
        func hash(_ key: String) throws -> Bytes32 { try #require(Bytes32(bytes(key))) }

        /// The number that a key's value spells.
        func number(_ key: String) throws -> UInt64 { try #require(UInt64(text(key))) }
    }

    let blocks: [Block]

    /// The blocks of the file `name`.
    init(_ name: String) throws {
        let url = Self.folder.appending(path: "\(name).txt")
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        var blocks: [Block] = []
        var lines: [(key: String, value: String)] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) + [Substring()] {
            if line.utf8.first == UInt8(ascii: "#") { continue }
            if let colon = line.firstIndex(of: ":") {
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                lines.append((String(line[..<colon]), String(value)))
            } else if let first = lines.first {
                try #require(first.key == "name" && line.isEmpty, "a block of \(name) is out of shape")
                blocks.append(Block(name: "\(name)/\(first.value)", lines: Array(lines.dropFirst())))
                lines = []
            }
        }
        try #require(!blocks.isEmpty)
        self.blocks = blocks
    }

    /// The blocks whose name begins with `prefix`; at least one.
    func named(_ prefix: String) throws -> [Block] {
        let found = blocks.filter {
            $0.name.utf8.drop { $0 != UInt8(ascii: "/") }.dropFirst().starts(with: prefix.utf8)
        }
        try #require(!found.isEmpty)
        return found
    }

    /// Specs/vectors, found from this file.
    private static let folder: URL = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        return folder.appending(path: "Specs/vectors")
    }()
}

/// The bytes that `text` spells.
func unhex(_ text: some StringProtocol) throws -> [UInt8] {
    let found = bytes(hexadecimal: text)
    return try #require(found, "\(text) is not hexadecimal")
}

/// Reports `found` if it is not `expected`, with the name of the example; one `#expect` for all tables.
func same<Value: Equatable>(
    _ found: Value, _ expected: Value, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    if found != expected {
        Issue.record("\(name): found \(found), expected \(expected)", sourceLocation: sourceLocation)
    }
}

/// What decoding says: nil, or the fault.
func fault(_ decode: () throws(Malformed) -> Void) -> Malformed? {
    do throws(Malformed) {
        try decode()
        return nil
    } catch {
        return error
    }
}
