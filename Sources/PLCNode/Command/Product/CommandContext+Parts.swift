import PLCEntities
import PLCSync

/// What many commands need.
extension CommandContext {
    /// The language in which to speak to people: the node's, or for a new one that of the command line.
    package var language: Language {
        node.flatMap { Language(rawValue: $0.language) }
            ?? invocation.options["lang"]?.last.flatMap { Language(rawValue: $0) } ?? .english
    }

    /// The node, for commands that need one.
    package func requireNode() throws -> Node {
        guard let node else { throw StoreError.notANode(folder.path) }
        return node
    }

    /// Says a sentence as the result; nothing if the answer is JSON.
    func say(_ phrase: Phrase, _ arguments: String...) throws {
        if !invocation.isJSON { try output.line(phrase.text(language, arguments)) }
    }

    /// Tells people something besides the result.
    func note(_ phrase: Phrase, _ arguments: String...) { output.note(phrase.text(language, arguments)) }

    /// A sentence in the language of the node.
    func text(_ phrase: Phrase, _ arguments: String...) -> String { phrase.text(language, arguments) }

    // MARK: Spaces

    /// The space that a word means: its name, the beginning of its identity, or the whole of it.
    func space(_ word: String) throws -> SpaceID {
        let node = try requireNode()
        let wanted = nfc(word)
        let (byName, byID) = try node.read { view in
            let spaces = try view.spaces().map(\.id)
            let named = try spaces.filter { try view.name(of: $0).map { nfc($0) } == wanted }
            let prefix = word.lowercased()
            let matching = spaces.filter { !prefix.isEmpty && hexadecimal($0.value.bytes).hasPrefix(prefix) }
            return (named, matching)
        }
        if let whole = byID.first, word.utf8.count == 64 { return whole }
        let found = byName.isEmpty ? byID : byName
        guard let first = found.first else { throw CommandError(Texts.noSpace, word) }
        guard found.count == 1 else {
            throw CommandError(
                Texts.manySpaces, word, found.map(\.short).joined(separator: text(Texts.separator)))
        }
        return first
    }

    /// The space of `--space`; if the node has only one, that need not be said.
    func chosenSpace() throws -> SpaceID {
        if let word = invocation.value("space") { return try space(word) }
        let spaces = try requireNode().read { try $0.spaces().map(\.id) }
        guard let only = spaces.first else { throw CommandError(Texts.noSpaces) }
        guard spaces.count == 1 else { throw CommandError(Texts.whichSpace) }
        return only
    }

    /// Throws unless this node may write to the space.
    func requireRole(_ role: Role, in space: SpaceID) throws {
        let node = try requireNode()
        let membership = try node.membership(of: space)
        if membership.needsUpgrade { throw CommandError(Texts.needsUpgrade, space.short) }
        guard let own = membership.role(of: node.identity.publicKey), own >= role else {
            throw CommandError(role == .steward ? Texts.notASteward : Texts.notAWriter, space.short)
        }
    }

    // MARK: Records

    /// The live record that a word names, and the space that it lives in: by imported identity, then by name.
    func record(
        _ word: String, in space: SpaceID? = nil, kind: Kind? = nil, _ view: StoreView
    ) throws -> (record: FoldRecord, space: SpaceID) {
        let spaces = try space.map { [$0] } ?? view.spaces().map(\.id)
        let name = RecordName(word)
        for space in spaces {
            var found = try view.imported(nfc(word), space: space).first
            if found == nil, let name { found = try view.record(name, space: space) }
            guard let found else { continue }
            if let kind, found.kind != kind.number {
                throw CommandError(
                    Texts.otherKind, word, Kinds.numbered(found.kind)?.name ?? "#\(found.kind)", kind.name)
            }
            return (found, space)
        }
        throw CommandError(Texts.noRecord, word)
    }
}
