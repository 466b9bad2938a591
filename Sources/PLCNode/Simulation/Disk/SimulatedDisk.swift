internal import PLCOracle

/// The files of one simulated machine: what a process sees of them, and what a power cut would leave.
///
/// A write is seen at once and is durable when its file is synced. Between the two it is in doubt: a power cut keeps,
/// loses or tears each of the writes in doubt by itself, in whatever order they were made. So the model is that of a disk
/// with a cache and sectors, and without a journal; what holds here holds on better disks. What a process that is
/// killed has written, stays.
///
/// Time and chance come from outside; two disks that are told the same hold the same bytes.
package final class SimulatedDisk {
    /// Bytes that a power cut keeps or loses as one.
    static let sectorBytes = 512

    /// A write that no sync has covered yet.
    struct Doubt {
        let offset: Int
        /// What was written; empty if the file was cut to `offset`.
        let bytes: [UInt8]
        /// What stood there before, up to the file's end.
        let before: [UInt8]
        /// How long the file was before.
        let lengthBefore: Int
    }

    /// One file.
    final class File {
        var content: [UInt8] = []
        var doubts: [Doubt] = []
        /// Whether its name outlives a power cut.
        var isNamed = false
        var locks = FileLocks()
        var memory = SharedMemory()
    }

    /// What goes wrong, and how often it has.
    package struct Faults {
        /// Bytes that all files together may have; nil without a limit.
        package var capacity: Int?
        /// How many syncs from now on one fails, once; nil for none.
        package var failingSync: Int?
        /// Chances out of a million that a read or a write fails with an I/O error.
        var readErrors = 0
        var writeErrors = 0
        /// Whether syncs do nothing and say that they did.
        var syncsLie = false
        /// So many operations from now on the process ends inside one; nil for never.
        var stopAfter: Int?
    }

    /// How often each fault has happened.
    struct Tally: Equatable {
        var full = 0
        var readErrors = 0
        var writeErrors = 0
        var failedSyncs = 0
        var lostWrites = 0
        var tornWrites = 0
        var keptWrites = 0
        var flippedBits = 0
        var stops = 0
    }

    private(set) var files: [String: File] = [:]
    package var faults = Faults()
    private(set) var tally = Tally()
    private var random: SplitMix64
    /// Counts processes: a handle of an earlier one does nothing any more.
    private(set) var process = 0
    /// Whether the present process was stopped in the middle of an operation.
    private(set) var isStopped = false
    /// Everything that was written, cut and synced, as a running hash.
    private(set) var trail = Trail()
    private(set) var syncs = 0
    /// The name in SQLite's list of the file system that seals pages on this disk.
    package private(set) var name = ""
    private var registration: SQLiteFileSystem?
    private var seals: SealedFiles?

    /// An empty disk; `seed` decides what power cuts leave.
    package init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        let registration = SQLiteFileSystem(self)
        self.registration = registration
        let seals = SealedFiles(over: registration.name)
        self.seals = seals
        name = seals.name
    }

    // MARK: Processes

    /// The process is gone, and with it its locks and its memory; its writes stay.
    package func endProcess() {
        process += 1
        isStopped = false
        faults.stopAfter = nil
        for file in files.values {
            file.locks = FileLocks()
            file.memory = SharedMemory()
        }
    }

    /// The power is gone: writes in doubt are kept, lost or torn.
    package func cutPower() {
        endProcess()
        for path in files.keys.sorted(by: Self.precedes) {
            guard let file = files[path] else { continue }
            guard file.isNamed || random.once(in: 2) else {
                files[path] = nil
                continue
            }
            settle(file)
        }
    }

    private static func precedes(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }

    /// Undoes all that is in doubt, and makes again what has reached the disk.
    private func settle(_ file: File) {
        for doubt in file.doubts.reversed() {
            if doubt.lengthBefore < file.content.count {
                file.content.removeSubrange(doubt.lengthBefore...)
            } else {
                file.content.append(
                    contentsOf: repeatElement(0, count: doubt.lengthBefore - file.content.count))
            }
            file.content.replaceSubrange(doubt.offset..<doubt.offset + doubt.before.count, with: doubt.before)
        }
        for doubt in file.doubts {
            switch random.below(4) {
            case 0: tally.lostWrites += 1
            case 1:
                tally.tornWrites += 1
                tear(doubt, file)
            default:
                tally.keptWrites += 1
                put(doubt.bytes[...], at: doubt.offset, cuts: doubt.bytes.isEmpty, file)
            }
        }
        file.doubts = []
    }

    /// Keeps some sectors of a write.
    private func tear(_ doubt: Doubt, _ file: File) {
        guard !doubt.bytes.isEmpty else { return }
        var offset = doubt.offset
        let end = doubt.offset + doubt.bytes.count
        while offset < end {
            let next = min(end, (offset / Self.sectorBytes + 1) * Self.sectorBytes)
            if random.once(in: 2) {
                put(
                    doubt.bytes[offset - doubt.offset..<next - doubt.offset], at: offset, cuts: false, file)
            }
            offset = next
        }
    }

    private func put(_ bytes: ArraySlice<UInt8>, at offset: Int, cuts: Bool, _ file: File) {
        if cuts {
            if offset < file.content.count { file.content.removeSubrange(offset...) }
            return
        }
        let end = offset + bytes.count
        if end > file.content.count {
            file.content.append(contentsOf: repeatElement(0, count: end - file.content.count))
        }
        file.content.replaceSubrange(offset..<end, with: bytes)
    }

    // MARK: What rots, and what people do

    /// Flips one bit at rest; false if the file has no such byte.
    @discardableResult
    package func flipBit(of path: String, at bit: Int) -> Bool {
        guard let file = files[path], bit / 8 < file.content.count else { return false }
        file.content[bit / 8] ^= 1 << UInt8(bit % 8)
        tally.flippedBits += 1
        return true
    }

    /// How many bytes a file has; 0 if there is none.
    func bytes(of path: String) -> Int { files[path]?.content.count ?? 0 }

    /// How many bytes all files have.
    var usedBytes: Int { files.values.reduce(0) { $0 + $1.content.count } }

    /// The files as a person who copies them while no process runs gets them.
    package func copy() -> [(path: String, content: [UInt8])] {
        files.keys.sorted(by: Self.precedes).map { ($0, files[$0]?.content ?? []) }
    }

    /// Replaces all files by copies, which are durable.
    package func replace(with copies: [(path: String, content: [UInt8])]) {
        endProcess()
        files = [:]
        for (path, content) in copies {
            let file = File()
            file.content = content
            file.isNamed = true
            files[path] = file
        }
    }

    /// Whether `marker` stands in any file.
    func contains(_ marker: [UInt8]) -> Bool { files.values.contains { $0.content.contains(marker) } }

    /// Puts one file in the place of another, which is kept under a third name; durable at once.
    package func replace(_ path: String, by other: String, keeping kept: String) {
        files[kept] = files[path]
        files[path] = files.removeValue(forKey: other)
        files[path]?.isNamed = true
    }

    // MARK: Operations, on behalf of SQLite

    /// Why an operation is refused.
    enum Refusal: Error {
        case full, readError, writeError, syncError
    }

    /// Opens a file, which is made if `creates`; nil if there is none.
    func file(_ path: String, creates: Bool) -> File? {
        if let file = files[path] { return file }
        guard creates else { return nil }
        let file = File()
        files[path] = file
        return file
    }

    /// Reads into `buffer`, where what lies behind the file's end is zero; returns how many bytes the file had.
    func read(_ file: File, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int
    {
        if faults.readErrors > 0, random.below(1_000_000) < faults.readErrors {
            tally.readErrors += 1
            throw .readError
        }
        let count = max(0, min(buffer.count, file.content.count - offset))
        file.content.withUnsafeBytes { content in
            if count > 0 {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: content[offset..<offset + count]))
            }
        }
        if count < buffer.count { buffer[count...].initializeMemory(as: UInt8.self, repeating: 0) }
        return count
    }

    /// Writes, in doubt until the next sync.
    func write(_ bytes: UnsafeRawBufferPointer, to file: File, at offset: Int) throws(Refusal) {
        try operate()
        let end = offset + bytes.count
        if let capacity = faults.capacity, end > file.content.count,
            usedBytes + end - file.content.count > capacity
        {
            tally.full += 1
            throw .full
        }
        if faults.writeErrors > 0, random.below(1_000_000) < faults.writeErrors {
            tally.writeErrors += 1
            throw .writeError
        }
        let kept = max(0, min(end, file.content.count) - offset)
        file.doubts.append(
            Doubt(
                offset: offset, bytes: [UInt8](bytes),
                before: kept > 0 ? Array(file.content[offset..<offset + kept]) : [],
                lengthBefore: file.content.count))
        if end > file.content.count {
            file.content.append(contentsOf: repeatElement(0, count: end - file.content.count))
        }
        file.content.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[offset..<end]).copyMemory(from: bytes)
        }
        trail.note(UInt64(offset))
        trail.note(bytes)
    }

    /// Cuts a file to `length`, in doubt until the next sync.
    func truncate(_ file: File, to length: Int) throws(Refusal) {
        try operate()
        guard length < file.content.count else { return }
        file.doubts.append(
            Doubt(
                offset: length, bytes: [], before: Array(file.content[length...]),
                lengthBefore: file.content.count))
        file.content.removeSubrange(length...)
        trail.note(UInt64(length))
    }

    /// Makes durable what was written to a file, and its name.
    func sync(_ file: File) throws(Refusal) {
        try operate()
        if let left = faults.failingSync {
            faults.failingSync = left > 0 ? left - 1 : nil
            if left == 0 {
                tally.failedSyncs += 1
                throw .syncError
            }
        }
        syncs += 1
        trail.note(UInt64(file.doubts.count))
        guard !faults.syncsLie else { return }
        file.doubts = []
        file.isNamed = true
    }

    /// Removes a file, on behalf of a process.
    func delete(_ path: String) throws(Refusal) {
        try operate()
        files[path] = nil
    }

    /// Counts an operation that changes something; from the one that stops the process on, nothing changes any more.
    private func operate() throws(Refusal) {
        if let left = faults.stopAfter {
            if left == 0, !isStopped {
                isStopped = true
                tally.stops += 1
            }
            faults.stopAfter = max(0, left - 1)
        }
        if isStopped { throw .writeError }
    }
}

extension SimulatedDisk: StoreFiles {
    package var fileSystem: String { name }

    package func exists(_ path: String) -> Bool { files[path] != nil }

    package func mark(_ path: String) { file(path, creates: true)?.isNamed = true }

    package func remove(_ path: String) { files[path] = nil }
}

extension [UInt8] {
    /// Whether `marker` stands somewhere in these bytes.
    fileprivate func contains(_ marker: [UInt8]) -> Bool {
        guard let first = marker.first, marker.count <= count else { return false }
        var start = startIndex
        while let found = self[start...].firstIndex(of: first), found + marker.count <= endIndex {
            if self[found..<found + marker.count].elementsEqual(marker) { return true }
            start = found + 1
        }
        return false
    }
}
