internal import CLinux
package import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// The changes whose folding has ended the process, in a file beside the store.
///
/// While a change is folded, what the file is to say of it stands in memory, and only a signal of a crash of the folding
/// thread has it written: a process that is killed, or loses its power, says nothing. The file is a list of such
/// records, and is there only if there is one; what cannot be read of it, and what another version of the program wrote, counts
/// for nothing. Where it cannot be written, nothing is remembered.
///
/// | offset | bytes | record |
/// |---|---|---|
/// | 0 | 8 | `"PLCcrsh1"` |
/// | 8 | 16 | the beginning of the hash of the program's version |
/// | 24 | 16 | the log |
/// | 40 | 8 | the number of the change, big-endian |
/// | 48 | 4 | 1 if it was being written here, else 0 |
/// | 52 | 4 | the length of the leaf |
/// | 56 | | the leaf |
package final class CrashFile: FoldWatch {
    /// So many crashes bar a change.
    static let limit = 2
    /// The most records that are kept: the newest.
    static let recordsMax = 64
    private static let headBytes = 56
    private static let recordBytes = headBytes + LogItem.maximumLeafBytes
    private static let magic = Array("PLCcrsh1".utf8)

    /// One crash.
    private struct Record {
        let log: LogID
        let sequence: UInt64
        let isWritten: Bool
        let leaf: [UInt8]
        let bytes: [UInt8]
    }

    private let path: String
    private let bait = World.crashBytes
    private let program: [UInt8]
    private var records: [Record] = []
    /// What is written if the thread crashes; it stays where it is, as the signal's handler is told.
    private let mark: UnsafeMutableRawPointer
    private let name: UnsafeMutablePointer<CChar>?
    /// The change that is folded, if there are records of it.
    private var known: Record?

    /// What the file at `path` says to this version of the program; from now on crashes are noted in it.
    package init(_ path: String, version: String = Product.version) {
        self.path = path
        program = Array(Digest.sha256(Array(version.utf8)).bytes.prefix(16))
        mark = .allocate(byteCount: Self.recordBytes, alignment: 8)
        name = strdup(path)
        mark.copyMemory(from: Self.magic, byteCount: 8)
        (mark + 8).copyMemory(from: program, byteCount: 16)
        load()
        plc_crash_watch()
    }

    deinit {
        plc_crash_note(nil, nil, 0)
        mark.deallocate()
        free(name)
    }

    private func load() {
        guard access(path, F_OK) == 0 else { return }
        let bytes = (try? FileSystem.read(path, limit: Self.recordsMax * Self.recordBytes)) ?? []
        var reader = ByteReader(bytes.span.bytes)
        while let record = Self.record(&reader, bytes, program) { records.append(record) }
        records.removeFirst(max(0, records.count - Self.recordsMax / 2))
        if records.reduce(0, { $0 + $1.bytes.count }) != bytes.count || bytes.isEmpty { store() }
    }

    /// The next record; nil at the end, and where none is whole and of this program.
    private static func record(_ reader: inout ByteReader, _ bytes: [UInt8], _ program: [UInt8]) -> Record? {
        let span = bytes.span.bytes
        let start = reader.offset
        guard let head = try? reader.array(span, 24), head == magic + program,
            let log = try? reader.bytes16(span), let sequence = try? reader.bigEndian64(span),
            let written = try? reader.bigEndian32(span), let count = try? reader.bigEndian32(span),
            count <= LogItem.maximumLeafBytes, let leaf = try? reader.array(span, Int(count))
        else { return nil }
        return Record(
            log: LogID(log), sequence: sequence, isWritten: written == 1, leaf: leaf,
            bytes: Array(bytes[start..<reader.offset]))
    }

    /// Has the file say what is known; without a word if that cannot be, as it is only said again then.
    private func store() {
        if records.isEmpty {
            unlink(path)
        } else {
            try? FileSystem.write(records.flatMap(\.bytes), to: path, mode: 0o600)
        }
    }

    // MARK: FoldWatch

    package func bars(
        _ leaf: borrowing RawSpan, _ log: LogID, _ sequence: UInt64, isWritten: Bool
    ) -> Bool {
        known = nil
        guard !records.isEmpty else { return false }
        let bytes = leaf.array
        let same = records.filter { Self.isSame($0, bytes, log, sequence, isWritten) }
        known = same.first
        return same.count >= Self.limit
    }

    private static func isSame(
        _ record: Record, _ leaf: [UInt8], _ log: LogID, _ sequence: UInt64, _ isWritten: Bool
    ) -> Bool {
        guard record.isWritten == isWritten else { return false }
        if isWritten { return content(record.leaf) == content(leaf) }
        return record.log == log && record.sequence == sequence && record.leaf == leaf
    }

    /// What a change says, without its stamp and the times in it: numbers that take more than four bytes.
    private static func content(_ leaf: [UInt8]) -> [UInt8] {
        let span = leaf.span.bytes
        var reader = ByteReader(span)
        var content: [UInt8] = []
        while !reader.isAtEnd {
            let start = reader.offset
            guard let head = try? reader.head(span) else { return leaf }
            if head.major == .unsigned, head.argument > UInt32.max { continue }
            if head.major == .bytes || head.major == .text {
                guard (try? reader.take(Int(clamping: head.argument))) != nil else { return leaf }
            }
            content += leaf[start..<reader.offset]
        }
        return content
    }

    package func begin(_ leaf: borrowing RawSpan, _ log: LogID, _ sequence: UInt64, isWritten: Bool) {
        precondition(leaf.byteCount <= LogItem.maximumLeafBytes, "a leaf has \(leaf.byteCount) bytes")
        mark.storeBytes(of: log.value.high.bigEndian, toByteOffset: 24, as: UInt64.self)
        mark.storeBytes(of: log.value.low.bigEndian, toByteOffset: 32, as: UInt64.self)
        mark.storeBytes(of: sequence.bigEndian, toByteOffset: 40, as: UInt64.self)
        mark.storeBytes(of: UInt32(isWritten ? 1 : 0).bigEndian, toByteOffset: 48, as: UInt32.self)
        mark.storeBytes(of: UInt32(leaf.byteCount).bigEndian, toByteOffset: 52, as: UInt32.self)
        leaf.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: mark + Self.headBytes, count: bytes.count).copyMemory(
                from: bytes)
        }
        plc_crash_note(name, mark, Self.headBytes + leaf.byteCount)
        if !bait.isEmpty { crash(leaf.array) }
    }

    /// For tests: ends the process if a change has the bytes that it is to crash on.
    private func crash(_ leaf: [UInt8]) {
        let isBait = leaf.indices.contains { leaf[$0...].starts(with: bait) }
        precondition(!isBait, "a change has the bytes of \(World.crashVariable)")
    }

    package func end() {
        plc_crash_note(nil, nil, 0)
        guard let known else { return }
        records.removeAll {
            Self.isSame($0, known.leaf, known.log, known.sequence, known.isWritten)
        }
        self.known = nil
        store()
    }

    package func forget() {
        records = []
        if access(path, F_OK) == 0 { store() }
    }
}
