/// A live record as the fold sees it.
public struct FoldRecord: Hashable, Sendable {
    /// The dot of the create that this store folded first.
    public let id: LocalDot
    /// The number of its kind, which the core only carries.
    public let kind: UInt64
    /// Whether ops on its owned fields count from its creator alone.
    public let isOwned: Bool
    /// Whether two nodes may have created it at once, under the same key.
    public let isKeyed: Bool
    /// Whether an addition of its own change may be kept apart from its birth, as one that replaces others is.
    public let hasAdditionsApart: Bool
    /// The stamp that its initial values have in the order of writes.
    public let stamp: UInt64

    /// A record with these properties.
    public init(
        id: LocalDot, kind: UInt64, isOwned: Bool, isKeyed: Bool, hasAdditionsApart: Bool, stamp: UInt64
    ) {
        self.id = id
        self.kind = kind
        self.isOwned = isOwned
        self.isKeyed = isKeyed
        self.hasAdditionsApart = hasAdditionsApart
        self.stamp = stamp
    }
}

/// The place of a write in the order that decides a register.
public struct WriteStamp: Hashable, Sendable {
    /// The effective stamp.
    public let effective: UInt64
    /// The op that wrote.
    public let dot: LocalDot

    /// The write of `dot` at `effective`.
    public init(effective: UInt64, dot: LocalDot) {
        self.effective = effective
        self.dot = dot
    }
}

/// One field of one record.
public struct FieldKey: Hashable, Sendable {
    /// The record.
    public let record: LocalDot
    /// The field.
    public let field: Field

    /// The field `field` of `record`.
    public init(_ record: LocalDot, _ field: Field) {
        self.record = record
        self.field = field
    }
}

/// Where the fold keeps state: in memory, or in a database inside one transaction.
///
/// Only what differs from a record's birth is kept: values still as created are read from the leaf that created
/// them. No order of calls is promised beyond what one change needs.
public protocol FoldStore {
    /// The identity of log number `index`.
    func logID(_ index: Int) -> LogID
    /// The key that signs log number `index`, or nil if nobody has said.
    func key(ofLog index: Int) -> PublicKey?
    /// Whether two logs are known to belong to different spaces, in which case no op of one is about the other.
    func areStrangers(_ a: Int, _ b: Int) -> Bool
    /// How many changes of log number `index` are folded.
    func length(ofLog index: Int) -> UInt64
    /// Takes note that change `sequence` of log number `log` is being folded; called before its ops are carried out.
    mutating func advance(log: Int, to sequence: UInt64)
    /// The number of the log `id`; nil as long as nothing of it has come.
    ///
    /// A log that is only referred to gets no number: whoever may write could name any number of them.
    func index(of id: LogID) -> Int?

    /// The live record that `dot` created, or for a keyed one, also created.
    mutating func record(_ dot: LocalDot) throws -> FoldRecord?
    /// The live keyed record `id`.
    mutating func record(keyed id: Bytes16) throws -> FoldRecord?
    /// Adds a record born by the op whose bytes are `births[0]`, and, for the digest, its birth additions after it.
    mutating func insert(_ record: FoldRecord, leaf: borrowing RawSpan, births: [Range<Int>]) throws
    /// Adds a keyed record.
    mutating func insert(_ record: FoldRecord, keyed id: Bytes16, key: borrowing RawSpan) throws
    /// Lets `dot` name the keyed record `record` too.
    mutating func alias(_ dot: LocalDot, to record: LocalDot) throws
    /// Removes a record and everything that hangs on it.
    mutating func delete(_ record: FoldRecord) throws

    /// The last `set` that won the field, or nil if it is as created.
    mutating func winner(_ key: FieldKey) throws -> WriteStamp?
    /// Whether the record was created with a value for the field.
    mutating func hasInitialValue(_ key: FieldKey) throws -> Bool
    /// Puts the value at `value` of `leaf`, which holds the op of `stamp`, into a field that no `set` has won yet;
    /// puts nothing if one has, and gives it back.
    mutating func putFirst(
        _ key: FieldKey, _ stamp: WriteStamp, leaf: borrowing RawSpan, value: Range<Int>
    ) throws -> WriteStamp?
    /// Puts a value in place of what the field had.
    mutating func put(
        _ key: FieldKey, _ stamp: WriteStamp, leaf: borrowing RawSpan, value: Range<Int>
    ) throws

    /// Adds an element that was not there at the record's birth: what stands at `value` of the leaf of `dot`.
    mutating func insertElement(
        _ key: FieldKey, _ dot: LocalDot, stamp: UInt64, leaf: borrowing RawSpan, value: Range<Int>
    ) throws
    /// Removes such an element; nothing happens if it is not there.
    mutating func removeElement(_ key: FieldKey, _ dot: LocalDot) throws
    /// Notes that `dot` is removed from the field: one of the birth of the record, which was made by a create, or one
    /// that has not arrived. To note it again changes nothing.
    mutating func mark(_ key: FieldKey, _ dot: LocalDot, isOfBirth: Bool) throws
    /// Notes the same of `dot`, of a log that has no number yet.
    mutating func mark(_ key: FieldKey, _ dot: Dot) throws
    /// Takes the note of one that had not arrived away; false if there is none.
    mutating func unmark(_ key: FieldKey, _ dot: LocalDot) throws -> Bool

    /// Holds the op at `op` until the change that `target` names is folded.
    mutating func hold(_ op: LocalDot, until target: LocalDot) throws
    /// Holds it until the change that `target` names is folded, of a log that has no number yet.
    mutating func hold(_ op: LocalDot, until target: Dot) throws
    /// Gives back the ops that waited for the change of `dot`, in any order.
    mutating func release(_ dot: LocalDot) throws -> [LocalDot]
    /// The bytes of the leaf that `dot` lies in, which is folded.
    mutating func leaf(_ dot: LocalDot) throws -> [UInt8]
}

extension FoldStore {
    /// Whether write `a` comes after write `b`: by effective stamp, then log, change and op (D-15).
    func isLater(_ a: WriteStamp, than b: WriteStamp) -> Bool {
        if a.effective != b.effective { return a.effective > b.effective }
        if planted(.tieByArrival) { return true }
        if planted(.tieByLocalNumber) { return a.dot > b.dot }
        if a.dot.log == b.dot.log { return a.dot > b.dot }
        return logID(a.dot.log) > logID(b.dot.log)
    }

    /// The version of a multi-value register that is shown, of those that are live; nil if none is (D-20).
    public func shown(_ elements: [RecordView.Element]) -> RecordView.Element? {
        elements.max {
            isLater(
                WriteStamp(effective: $1.stamp, dot: $1.dot),
                than: WriteStamp(effective: $0.stamp, dot: $0.dot))
        }
    }
}
