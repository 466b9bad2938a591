import PLCEntities
import PLCSync

/// What one line of an import says, understood but not yet applied.
struct ImportLine: Sendable {
    /// What the line does.
    enum Action: Sendable {
        /// Creates a record: `count` encoded ops.
        case create(ops: [UInt8], count: Int)
        /// Writes fields, adds elements, removes elements.
        case change(RecordEdit)
        /// Deletes the record.
        case delete
    }

    /// The number of the line in its file, from 1.
    let number: Int
    /// What the ledger knows it by.
    let ledgerID: LineID
    /// The identity of the record.
    let id: [UInt8]
    /// The kind of the record.
    let kind: UInt64
    /// The stamp that the line asks for; nil for the node's clock.
    let stamp: UInt64?
    /// What to do.
    let action: Action
}

/// Why a line is not applied.
struct BadLine: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Understands lines of JSON as records and changes.
///
/// Keeps its memory from line to line; one thread at a time.
struct ImportParser {
    /// How lines are to be understood.
    struct Settings: Sendable {
        /// Stamp changes with the times that the lines give.
        var stamps = false
        /// Mark created records as owned by this node.
        var owned = false
    }

    /// The longest identity, in bytes.
    static let maximumIDBytes = 256

    private let settings: Settings
    private let seed: [UInt8]
    private let digest = Digest(.sha256)
    private var reader = JSONReader()
    private var kinds: [FieldSlots] = Kinds.all.map { FieldSlots($0) }
    private var lastTime: UInt64 = 0
    private var lastStamp: UInt64 = 0

    // What the line under way has said so far.
    private var values = ByteWriter(capacity: 4_096)
    private var writes: [(slot: Int, value: Range<Int>)] = []
    private var versions: [(slot: Int, value: Range<Int>)] = []
    private var elements: [(slot: Int, value: Range<Int>)] = []
    private var adds: [(slot: Int, value: Range<Int>)] = []
    private var removes: [(slot: Int, value: Range<Int>)] = []

    /// A parser for lines that go to `space`.
    init(_ settings: Settings, space: SpaceID) {
        self.settings = settings
        seed = space.value.bytes
    }

    /// What the line says, or why it cannot be applied.
    mutating func parse(_ line: borrowing RawSpan, number: Int) throws -> ImportLine {
        digest.update(seed)
        digest.update(line)
        let hash = Int64(bitPattern: digest.finish().words.0)
        var kind: Int?
        if let line = try read(line, number, hash, &kind) { return line }
        // The fields came before the kind: find that first.
        let value = try JSON(parsing: line, with: &reader)
        guard case .string(let name)? = value["t"] else { throw BadLine("\"t\", the kind, is missing") }
        kind = try self.kind(name)
        guard let line = try read(line, number, hash, &kind) else {
            preconditionFailure("the kind is known")
        }
        return line
    }

    private func kind(_ name: [UInt8]) throws -> Int {
        guard let index = kinds.firstIndex(where: { $0.kind.name.utf8.elementsEqual(name) }) else {
            throw BadLine("no kind '\(printable(String(decoding: name, as: UTF8.self)))'")
        }
        guard !kinds[index].kind.isKeyed else {
            throw BadLine("records of kind '\(kinds[index].kind.name)' are not imported")
        }
        return index
    }

    private mutating func restart() {
        reader.restart()
        values.removeAll()
        writes.removeAll(keepingCapacity: true)
        versions.removeAll(keepingCapacity: true)
        elements.removeAll(keepingCapacity: true)
        adds.removeAll(keepingCapacity: true)
        removes.removeAll(keepingCapacity: true)
    }

    /// Reads the line once; nil if fields came before the kind was known.
    private mutating func read(
        _ bytes: borrowing RawSpan, _ number: Int, _ hash: Int64, _ kind: inout Int?
    ) throws -> ImportLine? {
        restart()
        var id: [UInt8]?
        var at: Int64?
        var creates = false
        var deletes = false
        guard try reader.next(bytes) == .beginObject else { throw BadLine("a line is one object") }
        while case .key(let key) = try reader.next(bytes) {
            if key.equals("id", in: bytes) {
                id = try readID(bytes)
            } else if key.equals("t", in: bytes) {
                guard case .string(let text) = try reader.next(bytes) else {
                    throw BadLine("\"t\" is the name of a kind")
                }
                kind = try self.kind(text.utf8(in: bytes))
            } else if key.equals("at", in: bytes) {
                guard case .integer(let value) = try reader.next(bytes) else {
                    throw BadLine("\"at\" is a number of milliseconds since 1970")
                }
                at = value
            } else if key.equals("del", in: bytes) {
                deletes = try readFlag("del", bytes)
            } else if key.equals("new", in: bytes) {
                creates = try readFlag("new", bytes)
            } else {
                guard let kind else { return nil }
                kinds[kind].trim()
                try readFields(key, kind, bytes)
            }
        }
        guard try reader.next(bytes) == .end else { preconditionFailure("an object ends the line") }
        guard let id else { throw BadLine("\"id\" is missing") }
        guard let kind else { throw BadLine("\"t\", the kind, is missing") }
        let isRecord = creates || at == nil && !deletes && adds.isEmpty && removes.isEmpty
        let time = at ?? (isRecord ? createdAt(kind) : nil)
        let stamp = try stamp(time)
        let action: ImportLine.Action
        if deletes {
            action = .delete
        } else if isRecord {
            action = try creation(id, kind)
        } else {
            action = try change(kind)
        }
        return ImportLine(
            number: number, ledgerID: LineID(time: time ?? 0, hash: hash), id: id,
            kind: kinds[kind].kind.number, stamp: stamp, action: action)
    }

    private mutating func readID(_ bytes: borrowing RawSpan) throws -> [UInt8] {
        guard case .string(let text) = try reader.next(bytes) else { throw BadLine("\"id\" is a text") }
        let id = text.utf8(in: bytes)
        guard (1...Self.maximumIDBytes).contains(id.count) else {
            throw BadLine("\"id\" has 1 to \(Self.maximumIDBytes) bytes")
        }
        return id
    }

    private mutating func readFlag(_ name: String, _ bytes: borrowing RawSpan) throws -> Bool {
        guard case .bool(let value) = try reader.next(bytes) else {
            throw BadLine("\"\(name)\" is true or false")
        }
        return value
    }

    private mutating func readFields(_ key: JSONText, _ kind: Int, _ bytes: borrowing RawSpan) throws {
        if key.equals("f", in: bytes) {
            try readObject("f", kind, bytes) { parser, slot, bytes in
                parser.writes.append((slot, try parser.readValue(bytes)))
            }
        } else if key.equals("s", in: bytes) {
            try readObject("s", kind, bytes) { parser, slot, bytes in
                try parser.readElements("s", bytes) { $0.elements.append((slot, $1)) }
            }
        } else if key.equals("v", in: bytes) {
            try readObject("v", kind, bytes) { parser, slot, bytes in
                try parser.readElements("v", bytes) { $0.versions.append((slot, $1)) }
            }
        } else if key.equals("s+", in: bytes) {
            try readObject("s+", kind, bytes) { parser, slot, bytes in
                try parser.readElements("s+", bytes) { $0.adds.append((slot, $1)) }
            }
        } else if key.equals("s-", in: bytes) {
            try readObject("s-", kind, bytes) { parser, slot, bytes in
                try parser.readElements("s-", bytes) { $0.removes.append((slot, $1)) }
            }
        } else {
            throw BadLine("no key '\(printable(key.string(in: bytes)))' is known in a line")
        }
    }

    private mutating func readObject(
        _ name: String, _ kind: Int, _ bytes: borrowing RawSpan,
        _ body: (inout Self, Int, borrowing RawSpan) throws -> Void
    ) throws {
        guard try reader.next(bytes) == .beginObject else { throw BadLine("\"\(name)\" is an object") }
        while case .key(let text) = try reader.next(bytes) {
            guard let slot = kinds[kind].slot(text, bytes) else {
                throw BadLine("the name of a field has 1 to \(Field.maximumNameBytes) bytes")
            }
            try body(&self, slot, bytes)
        }
    }

    private mutating func readValue(_ bytes: borrowing RawSpan) throws -> Range<Int> {
        let start = values.count
        try values.write(value: try reader.next(bytes), bytes, &reader)
        return start..<values.count
    }

    private mutating func readElements(
        _ name: String, _ bytes: borrowing RawSpan, _ body: (inout Self, Range<Int>) -> Void
    ) throws {
        guard try reader.next(bytes) == .beginArray else {
            throw BadLine("in \"\(name)\" every field has an array of elements")
        }
        while true {
            let token = try reader.next(bytes)
            if token == .endArray { return }
            let start = values.count
            try values.write(value: token, bytes, &reader)
            body(&self, start..<values.count)
        }
    }

    // MARK: Times

    /// The creation time that the record's fields tell.
    private func createdAt(_ kind: Int) -> Int64? {
        for (slot, range) in writes where kinds[kind].slots[slot].spec?.number == 2 {
            let bytes = values.bytes.span.bytes
            var reader = ByteReader(range)
            return (try? reader.unsigned(bytes)).flatMap { Int64(exactly: $0) }
        }
        return nil
    }

    /// The stamp of a line that happened at `time`; nil if the node's clock is to stamp it.
    private mutating func stamp(_ time: Int64?) throws -> UInt64? {
        guard settings.stamps else { return nil }
        guard let time else { throw BadLine("--stamps needs \"at\", or \"createdAt\" of a record") }
        guard (0..<1 << 47).contains(time) else { throw BadLine("the time \(time) is out of range") }
        guard time >= lastTime else {
            throw BadLine("the time \(time) is before that of an earlier line, \(lastTime)")
        }
        lastTime = UInt64(time)
        lastStamp = max(lastTime << 16, lastStamp + 1)
        return lastStamp
    }

    // MARK: Actions

    private func checked(
        _ kind: Int, _ entries: [(slot: Int, value: Range<Int>)], isElement: Bool, creating: Bool
    ) throws {
        let bytes = values.bytes.span.bytes
        for (slot, range) in entries {
            guard let spec = kinds[kind].slots[slot].spec else { continue }
            if isElement { try spec.checkElements() } else { try spec.checkWrite(creating: creating) }
            try spec.check(value: bytes.extracting(range))
        }
    }

    /// The ops that create the record: one create with the registers, then an addition for every version and element.
    private mutating func creation(_ id: [UInt8], _ kind: Int) throws -> ImportLine.Action {
        guard adds.isEmpty, removes.isEmpty else {
            throw BadLine("the elements of a new record stand in \"s\"")
        }
        try checked(kind, writes, isElement: false, creating: true)
        try checked(kind, versions, isElement: false, creating: true)
        try checked(kind, elements, isElement: true, creating: true)
        let slots = kinds[kind].slots
        for (slot, _) in versions where slots[slot].spec?.type != .multi {
            throw BadLine("'\(printable(String(decoding: slots[slot].name, as: UTF8.self)))' has one version")
        }
        let ranks = kinds[kind].ranks
        let initial = writes.filter { slots[$0.slot].spec?.type != .multi }
            .sorted { ranks[$0.slot] < ranks[$1.slot] }
        var ops = ByteWriter(capacity: values.count + id.count + writes.count * 12 + elements.count * 16 + 32)
        ops.write(arrayOf: settings.owned ? 4 : 3)
        ops.write(cbor: UInt64(0))
        ops.write(cbor: kinds[kind].kind.number)
        ops.write(mapOf: initial.count + 1)
        ops.write(field: CommonField.importedID)
        ops.write(text: id)
        let bytes = values.bytes.span.bytes
        for (slot, range) in initial {
            ops.write(slots[slot].encoded)
            ops.write(bytes.extracting(range))
        }
        if settings.owned { ops.write(cbor: UInt64(1)) }
        var count = 1
        func add(_ slot: Int, _ range: Range<Int>) {
            ops.write(arrayOf: 4)
            ops.write(cbor: UInt64(2))
            ops.write(cbor: UInt64(0))
            ops.write(slots[slot].encoded)
            ops.write(values.bytes.span.bytes.extracting(range))
            count += 1
        }
        // The version that is shown comes last: of equal stamps, the greatest op counts.
        for (slot, range) in versions { add(slot, range) }
        for (slot, range) in writes where slots[slot].spec?.type == .multi { add(slot, range) }
        for (slot, range) in elements { add(slot, range) }
        return .create(ops: ops.bytes, count: count)
    }

    private func change(_ kind: Int) throws -> ImportLine.Action {
        guard elements.isEmpty, versions.isEmpty else {
            throw BadLine("\"s\" and \"v\" belong to a new record; elements are changed by \"s+\" and \"s-\"")
        }
        try checked(kind, writes, isElement: false, creating: false)
        try checked(kind, adds, isElement: true, creating: false)
        try checked(kind, removes, isElement: true, creating: false)
        let slots = kinds[kind].slots
        func entries(_ all: [(slot: Int, value: Range<Int>)]) -> [RecordEdit.Entry] {
            all.map {
                RecordEdit.Entry(
                    field: slots[$0.slot].field, isMulti: slots[$0.slot].spec?.type == .multi,
                    value: values.bytes.span.bytes.extracting($0.value).array)
            }
        }
        var edit = RecordEdit()
        edit.writes = entries(writes)
        edit.adds = entries(adds)
        edit.removes = entries(removes)
        return .change(edit)
    }
}
