/// Every kind that this version knows, with every field: the one place where numbers are given.
///
/// A number is never given twice, not even after what had it is gone; a test compares this table with a committed list.
/// What a reader may do with a field beyond its type is the views' business. Source: domain.md 3.3.
public enum Kinds {
    /// The space itself: one in each.
    public static let community = Kind(
        1, "community", isKeyed: true, isExported: false,
        fields: [
            FieldSpec(8, "name", .register, .text),
            FieldSpec(9, "mission", .multi, .text),
            FieldSpec(10, "vision", .multi, .text),
            FieldSpec(11, "quorum", .register, .integer),
            FieldSpec(12, "cadence", .register, .text),
            FieldSpec(13, "joinPolicy", .register, .text),
            FieldSpec(14, "parents", .set, .text),
            FieldSpec(15, "questions", .set, .text),
        ])

    /// A person in the community, by a key that its school gives.
    public static let member = Kind(
        2, "member", isKeyed: true, isExported: false,
        fields: [
            FieldSpec(8, "displayName", .register, .text),
            FieldSpec(9, "title", .register, .text),
            FieldSpec(10, "about", .multi, .text),
            FieldSpec(11, "askMeAbout", .register, .text),
            FieldSpec(12, "publicLabel", .register, .text),
            FieldSpec(13, "status", .register, .text),
            FieldSpec(14, "strengths", .set, .text),
            FieldSpec(15, "wantsToLearn", .set, .text),
            FieldSpec(16, "subjects", .set, .text),
            FieldSpec(17, "grades", .set, .text),
            FieldSpec(18, "languages", .set, .text),
        ])

    /// An idea, a resource, a question, a reflection: something a teacher says.
    public static let post = Kind(
        3, "post", isOwned: true,
        fields: [
            FieldSpec(8, "kind", .register, .text),
            FieldSpec(9, "stance", .register, .text),
            FieldSpec(10, "title", .multi, .text),
            FieldSpec(11, "body", .multi, .text),
            FieldSpec(12, "audience", .constant, .text),
            FieldSpec(13, "nameMode", .register, .text),
            FieldSpec(14, "learningQuestion", .register, .reference),
            FieldSpec(15, "goals", .set, .reference),
            FieldSpec(16, "standards", .set, .text),
            FieldSpec(17, "attachments", .set, .reference),
            FieldSpec(18, "acceptedAnswers", .set, .reference),
            FieldSpec(19, "changeOfMind", .set, .text),
            FieldSpec(64, "thanks", .set, .text),
            FieldSpec(65, "willTry", .set, .text),
            FieldSpec(66, "ideas", .set, .text),
            FieldSpec(67, "votes", .set, .list),
        ])

    /// What a colleague noticed, wondered or suggests about something.
    public static let feedback = Kind(
        4, "feedback", isOwned: true,
        fields: [
            FieldSpec(8, "target", .constant, .reference),
            FieldSpec(9, "type", .constant, .text),
            FieldSpec(10, "body", .multi, .text),
            FieldSpec(11, "place", .constant, .text),
            FieldSpec(64, "ack", .set, .text),
            FieldSpec(65, "response", .multi, .text),
            FieldSpec(66, "resolved", .register, .boolean),
        ])

    /// What a person, a team, a school or a system wants to reach together.
    public static let goal = Kind(
        5, "goal",
        fields: [
            FieldSpec(8, "scope", .constant, .text),
            FieldSpec(9, "owner", .constant, .reference),
            FieldSpec(10, "statement", .multi, .text),
            FieldSpec(11, "why", .multi, .text),
            FieldSpec(12, "baselineNote", .multi, .text),
            FieldSpec(13, "due", .register, .text),
            FieldSpec(14, "status", .multi, .text),
            FieldSpec(15, "lead", .multi, .reference),
            FieldSpec(16, "parents", .set, .reference),
            FieldSpec(17, "strategies", .set, .reference),
            FieldSpec(18, "evidence", .set, .reference),
            FieldSpec(19, "commitments", .set, .reference),
            FieldSpec(64, "consents", .set, .list),
            FieldSpec(65, "withdrawals", .set, .list),
        ])

    /// How one sees whether a goal comes nearer.
    public static let indicator = Kind(
        6, "indicator",
        fields: [
            FieldSpec(8, "goal", .constant, .reference),
            FieldSpec(9, "kind", .constant, .text),
            FieldSpec(10, "name", .register, .text),
            FieldSpec(11, "unit", .register, .text),
            FieldSpec(12, "direction", .register, .text),
            FieldSpec(13, "baseline", .register, .number),
            FieldSpec(14, "target", .register, .number),
            FieldSpec(15, "combine", .register, .text),
        ])

    /// One measurement for an indicator; a wrong one is corrected by another that names it.
    public static let reading = Kind(
        7, "reading", isOwned: true,
        fields: [
            FieldSpec(8, "indicator", .constant, .reference),
            FieldSpec(9, "value", .constant, .number),
            FieldSpec(10, "n", .constant, .integer),
            FieldSpec(11, "period", .constant, .text),
            FieldSpec(12, "contributor", .constant, .text),
            FieldSpec(13, "classCode", .constant, .text),
            FieldSpec(14, "corrects", .constant, .reference),
        ])

    /// All kinds in the order of their numbers.
    public static let all = [community, member, post, feedback, goal, indicator, reading]

    /// The kind of this number, or nil if this version knows none.
    public static func numbered(_ number: UInt64) -> Kind? { all.first { $0.number == number } }

    /// The kind of this name, compared by bytes, or nil.
    public static func named(_ name: some Collection<UInt8>) -> Kind? {
        all.first { $0.name.utf8.elementsEqual(name) }
    }

    /// The key of the one community of a space: null, as an item of CBOR.
    public static let communityKey: [UInt8] = [0xf6]
}
