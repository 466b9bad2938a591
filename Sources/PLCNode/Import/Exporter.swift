import PLCEntities
package import PLCSync

/// Writes the live records of a space as JSON lines: the format of imports, in one order, with one spelling.
///
/// Two replicas that hold the same changes write the same bytes. Holds the names of records that were not imported,
/// and one record at a time.
package struct Exporter {
    private let view: StoreView
    private let space: SpaceID
    private let includesAllKinds: Bool
    private var writer = JSONWriter()

    /// An exporter of `space`; also of what describes the space itself, if `allKinds`.
    package init(_ view: StoreView, space: SpaceID, allKinds: Bool = false) {
        self.view = view
        self.space = space
        includesAllKinds = allKinds
    }

    /// Calls `body` with the lines, newlines included, some at a time; returns how many records there were.
    package mutating func run(_ body: ([UInt8]) throws -> Void) throws -> Int {
        var natives: [(id: [UInt8], record: FoldRecord)] = []
        try view.forEachNative(space) { record in
            guard isIncluded(record) else { return }
            natives.append((try view.identity(of: record, importedID: nil), record))
        }
        natives.sort { $0.id.lexicographicallyPrecedes($1.id) }
        var count = 0
        var next = 0
        var group: (id: [UInt8], record: LocalDot)?
        func emit(_ id: [UInt8], _ record: FoldRecord) throws {
            try write(id, record)
            count += 1
            if writer.bytes.count >= Self.pieceBytes {
                try body(writer.bytes)
                writer.removeAll()
            }
        }
        func emitGroup() throws {
            guard let (id, dot) = group, let record = try view.record(dot), isIncluded(record) else { return }
            while next < natives.count, natives[next].id.lexicographicallyPrecedes(id) {
                try emit(natives[next].id, natives[next].record)
                next += 1
            }
            try emit(id, record)
        }
        try view.forEachImported(space) { id, record in
            if let same = group, same.id == id {
                if try view.dot(record) < view.dot(same.record) { group = (id, record) }
                return
            }
            try emitGroup()
            group = (id, record)
        }
        try emitGroup()
        for (id, record) in natives[next...] { try emit(id, record) }
        if !writer.bytes.isEmpty { try body(writer.bytes) }
        writer.removeAll()
        return count
    }

    /// Lines are handed out in pieces of about so many bytes.
    private static let pieceBytes = 1 << 16

    private func isIncluded(_ record: FoldRecord) -> Bool {
        includesAllKinds || Kinds.numbered(record.kind)?.isExported ?? true
    }

    private mutating func write(_ id: [UInt8], _ record: FoldRecord) throws {
        let reading = try view.reading(record)
        writer.beginObject()
        writer.key("id")
        writer.string(id)
        writer.key("t")
        writer.string(reading.kind?.name ?? "#\(record.kind)")
        writer.key("f")
        writer.beginObject()
        let values = reading.values.map { (name: FieldSlots.name(of: $0.field, in: reading.kind), value: $0) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
        for (name, value) in values {
            writer.key(name)
            try write(value.shown)
        }
        writer.endObject()
        writer.key("s")
        writer.beginObject()
        let sets = reading.sets.map { (name: FieldSlots.name(of: $0.field, in: reading.kind), set: $0) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
        for (name, set) in sets {
            writer.key(name)
            try writeSorted(set.elements)
        }
        writer.endObject()
        let versions = values.filter { !$0.value.others.isEmpty }
        if !versions.isEmpty {
            writer.key("v")
            writer.beginObject()
            for (name, value) in versions {
                writer.key(name)
                try writeSorted(value.others)
            }
            writer.endObject()
        }
        writer.endObject()
        writer.newline()
    }

    private mutating func write(_ version: RecordReading.Version) throws {
        try writer.value(
            item: version.value, log: { try view.log($0, in: version.dot) }, name: { try view.text(of: $0) })
    }

    /// Writes values as an array in the order of their bytes: those of a text, or of the JSON of anything else.
    private mutating func writeSorted(_ versions: [RecordReading.Version]) throws {
        var keyed: [(key: [UInt8], version: RecordReading.Version)] = []
        for version in versions {
            if let text = RecordReading.text(version.value) {
                keyed.append((text, version))
            } else {
                var part = JSONWriter()
                try part.value(
                    item: version.value, log: { try view.log($0, in: version.dot) },
                    name: { try view.text(of: $0) })
                keyed.append((part.bytes, version))
            }
        }
        keyed.sort { a, b in
            a.key == b.key
                ? a.version.value.lexicographicallyPrecedes(b.version.value)
                : a.key.lexicographicallyPrecedes(b.key)
        }
        writer.beginArray()
        for (_, version) in keyed { try write(version) }
        writer.endArray()
    }
}
