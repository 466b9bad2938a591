import PLCEntities
import PLCSync

/// The fields of one kind as lines of JSON name them: the declared ones, and those that were met on the way.
///
/// A line's fields are noted as slots, so that a field that occurs in every line is spelled and looked up once.
struct FieldSlots {
    /// One field.
    struct Slot {
        /// The name in JSON.
        let name: [UInt8]
        /// The name in a change.
        let field: Field
        /// The same as an item of CBOR.
        let encoded: [UInt8]
        /// The declaration, if the kind has one.
        let spec: FieldSpec?
    }

    /// So many undeclared names are kept for later lines.
    private static let limit = 1_024

    let kind: Kind
    private(set) var slots: [Slot]
    /// The places of slots in the order of the encodings.
    private(set) var ranks: [Int] = []

    init(_ kind: Kind) {
        self.kind = kind
        slots = kind.fields.map {
            Slot(name: Array($0.name.utf8), field: $0.field, encoded: $0.field.encoded, spec: $0)
        }
        rank()
    }

    /// Makes room again after many undeclared names, between two lines.
    mutating func trim() {
        if slots.count > Self.limit { self = FieldSlots(kind) }
    }

    private mutating func rank() {
        let order = slots.indices.sorted { slots[$0].field < slots[$1].field }
        ranks = [Int](repeating: 0, count: slots.count)
        for (rank, slot) in order.enumerated() { ranks[slot] = rank }
    }

    /// The slot of the field that `text` names, or nil if no field can be named so.
    ///
    /// - Complexity: O(fields), without allocating for a name that was met before.
    mutating func slot(_ text: JSONText, _ bytes: borrowing RawSpan) -> Int? {
        if text.isPlain {
            for index in slots.indices where Self.equal(slots[index].name, bytes, text) { return index }
        }
        let name = text.utf8(in: bytes)
        if let index = slots.firstIndex(where: { $0.name == name }) { return index }
        guard let field = Self.field(name) else { return nil }
        slots.append(Slot(name: name, field: field, encoded: field.encoded, spec: kind.spec(of: field)))
        rank()
        return slots.count - 1
    }

    private static func equal(_ name: [UInt8], _ bytes: borrowing RawSpan, _ text: JSONText) -> Bool {
        guard name.count == text.count else { return false }
        for i in 0..<name.count where name[i] != bytes.byte(text.start + i) { return false }
        return true
    }

    /// The field of an undeclared name: `#` and a number for one that a newer version declares, otherwise the name.
    static func field(_ name: [UInt8]) -> Field? {
        if name.first == UInt8(ascii: "#"),
            let number = UInt64(String(decoding: name.dropFirst(), as: UTF8.self)),
            number < Field.numberLimit, number > 0
        {
            return .number(number)
        }
        return (1...Field.maximumNameBytes).contains(name.count) ? .name(name) : nil
    }

    /// The name in JSON of a field.
    static func name(of field: Field, in kind: Kind?) -> [UInt8] {
        switch field {
        case .name(let name): name
        case .number(let number): Array((kind?.spec(of: field)?.name ?? "#\(number)").utf8)
        }
    }
}
