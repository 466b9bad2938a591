import PLCEntities
import PLCSync

@testable import PLCNode

/// Any text as an invitation: refused, or the one text that spells it, give or take case and spaces.
///
/// The first byte says whether the bytes are the text, or the content that the text spells, with a true hash.
func fuzzToken(_ input: [UInt8]) {
    var feed = Feed(input)
    if feed.byte() & 1 == 0 {
        let text = String(decoding: feed.rest(), as: UTF8.self)
        guard let invitation = try? Invitation(token: text) else { return }
        guard let again = try? Invitation(token: invitation.token) else {
            return law(false, "no token again")
        }
        law(again.encoded == invitation.encoded, "a token spells two invitations")
        return
    }
    let content = feed.rest()
    guard let invitation = try? Invitation(content) else { return }
    law(
        invitation.encoded == content, "\(hexadecimal(content)) is written \(hexadecimal(invitation.encoded))"
    )
    let token = invitation.token
    guard let again = try? Invitation(token: token.lowercased()) else {
        return law(false, "\(token) is refused")
    }
    law(again.encoded == content, "\(token) spells something else")
    law(token.utf8.allSatisfy { $0 < 0x80 }, "\(token) is not ASCII")
}

/// Any bytes as JSON: refused, or a value that is written and read back as itself, without a key twice.
func fuzzJSON(_ input: [UInt8]) {
    let value: JSON
    do throws(JSONError) {
        value = try JSON(parsing: input)
    } catch {
        law((0...input.count).contains(error.offset), "a fault at \(error.offset) of \(input.count) bytes")
        return
    }
    checkKeys(value)
    let written = value.bytes
    guard let again = try? JSON(parsing: written) else {
        return law(false, "refuses what it wrote: \(String(decoding: written, as: UTF8.self))")
    }
    law(again == value, "reads back another value: \(String(decoding: written, as: UTF8.self))")
    law(again.bytes == written, "writes a value in two ways")
}

private func checkKeys(_ value: JSON) {
    switch value {
    case .object(let members):
        law(Set(members.map(\.key)).count == members.count, "a key stands twice in an object")
        for member in members {
            law(nfc(member.key) == member.key, "a key that is not normal")
            checkKeys(member.value)
        }
    case .array(let elements):
        for element in elements { checkKeys(element) }
    case .string(let utf8): law(nfc(utf8) == utf8, "a text that is not normal")
    case .null, .bool, .integer, .number: break
    }
}

/// Any item as JSON, and any JSON as an item: a value of a field is shown, and what was typed is one.
func fuzzValue(_ input: [UInt8]) {
    let bytes = input.span.bytes
    var item = ByteReader(bytes)
    if (try? item.skipItem(bytes, depth: 4)) != nil, item.isAtEnd {
        guard
            let shown = try? JSON(
                item: input, log: { $0 == 0 ? LogID(Bytes16(high: 1 << 56, low: 1)) : nil },
                name: { "\($0.dot.sequence)" })
        else { return law(false, "\(hexadecimal(input)) cannot be shown") }
        _ = shown.bytes
    }
    var reader = JSONReader()
    var writer = ByteWriter()
    guard let token = try? reader.next(bytes), (try? writer.write(value: token, bytes, &reader)) != nil else {
        return
    }
    let written = writer.bytes
    var check = ByteReader(written.span.bytes)
    let isItem = (try? check.skipItem(written.span.bytes, depth: 4)) != nil && check.isAtEnd
    law(isItem, "JSON becomes \(hexadecimal(written)), which is no item")
}

/// Any lines as an import: refused, or ops of which none is ignored (E-36).
func fuzzImport(_ input: [UInt8]) {
    var feed = Feed(input)
    let settings = feed.byte()
    var parser = importParsers[Int(settings & 3)]
    for (number, line) in feed.rest().split(separator: 10, omittingEmptySubsequences: false).enumerated() {
        let line = Array(line)
        do {
            let understood = try parser.parse(line.span.bytes, number: number + 1)
            law((1...256).contains(understood.id.count), "an id of \(understood.id.count) bytes")
            switch understood.action {
            case .create(let ops, let count):
                guard let leaf = Draft.leaf(stamp: 1, count: count, ops: ops) else { continue }
                var change = Change()
                let bytes = leaf.span.bytes
                do throws(Malformed) {
                    try change.decode(bytes)
                } catch {
                    return law(false, "an import is written as no change: \(hexadecimal(leaf))")
                }
                for op in change.ops {
                    if case .unknown = op { law(false, "an import is ignored: \(hexadecimal(leaf))") }
                }
            case .change(let edit):
                for entry in edit.writes + edit.adds + edit.removes {
                    var check = ByteReader(entry.value.span.bytes)
                    let isItem =
                        (try? check.skipItem(entry.value.span.bytes, depth: 4)) != nil && check.isAtEnd
                    law(isItem, "a value that is no item: \(hexadecimal(entry.value))")
                }
            case .delete: break
            }
        } catch {
            _ = "\(error)"
        }
    }
}

/// Parsers as they begin, since finding the fields of all kinds takes longer than most lines.
private let importParsers = (0..<4).map {
    ImportParser(.init(stamps: $0 & 1 == 1, owned: $0 & 2 == 2), space: SpaceID(Bytes32(words: (1, 2, 3, 4))))
}

/// Any text as each of the small things that people type, and as what is drawn for them.
func fuzzTexts(_ input: [UInt8]) {
    var feed = Feed(input)
    let choice = feed.below(12)
    let number = Int(feed.byte())
    let raw = feed.rest()
    let text = String(decoding: raw, as: UTF8.self)
    switch choice {
    case 0:
        guard let code = QRCode(raw, level: QRCode.Level.allCases[number % 4]) else { return }
        law((1...40).contains(code.version) && code.size == 17 + 4 * code.version, "a symbol of no version")
    case 1:
        if let bytes = Base32.decode(text) {
            let plain = text.filter { $0 != "-" }
            law(Base32.encode(bytes).utf8.count == plain.utf8.count, "\(text) spells \(bytes)")
        }
        law(Base32.decode(Base32.encode(raw)) == raw, "base 32 loses bytes")
    case 2:
        if let endpoint = try? Endpoint(parsing: text) {
            law((try? Endpoint(parsing: endpoint.description)) == endpoint, "\(text) is \(endpoint)")
        }
    case 3:
        if let window = DailyWindow(text) { _ = window.contains(number * 6) }
    case 4:
        if let name = RecordName(text) {
            law(RecordName(name.text(kind: "post")) == name, "\(text) is two records")
        }
    case 5:
        let width = number % 100
        for line in wrap(text, width: max(1, width)) { _ = displayWidth(line) }
        law(displayWidth(cut(text, to: width)) <= max(width, 0), "\(text) is cut too wide")
        _ = isolated(text)
    case 6:
        let shown = printable(text)
        law(
            shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) },
            "control in \(text)")
        law(printable(shown) == shown, "printing twice differs")
    case 7:
        let normal = nfc(text)
        law(
            nfc(normal) == normal && nfcInFull(text) == normal,
            "the normal form of \(hexadecimal(raw)) has two forms")
        law((nfc(raw) != nil) == (Array(text.utf8) == raw), "UTF-8 or not: \(hexadecimal(raw))")
    case 8:
        let half = raw.count / 2
        let (a, b) = (
            String(decoding: raw[..<half], as: UTF8.self), String(decoding: raw[half...], as: UTF8.self)
        )
        law(editDistance(a, b) == editDistance(b, a), "a distance there and another back")
        _ = nearest(a, among: [b, "export", ""])
    case 9: _ = isoDate(milliseconds: raw.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    case 10:
        if let version = RecordVersion(text) {
            law(RecordVersion(version.text) == version, "\(text) is two versions")
        }
    default:
        let value = Int(truncatingIfNeeded: raw.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        _ = humanBytes(value) + grouped(value) + humanDuration(.milliseconds(value))
    }
}

/// Any words as a command line: a request, or an error that can be shown.
func fuzzArguments(_ input: [UInt8]) {
    let words = input.split(separator: 0, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    do throws(UsageError) {
        switch try CommandRegistry.table.parse(words) {
        case .help(let topic): _ = CommandRegistry.table.help(topic, width: 20 + words.count)
        case .run(let invocation): law(!invocation.command.isEmpty, "a command without a name")
        }
    } catch {
        _ = error.description
    }
}

/// Any bytes as a request on the control socket: refused, or written and read back as itself.
func fuzzRequest(_ input: [UInt8]) {
    guard let request = ControlSocket.Request(input) else { return }
    guard let again = ControlSocket.Request(request.encoded) else {
        return law(false, "refuses its own request")
    }
    law(again.arguments == request.arguments && again.width == request.width, "a request changes on its way")
}
