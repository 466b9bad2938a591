/// Commands that keep a node's data safe and sound.
enum SafetyCommands {
    static let entries: [CommandRegistry.Entry] = []
}
