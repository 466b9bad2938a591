package import PLCSync

#if canImport(Glibc)
    internal import Glibc
#endif

/// What a command has to work with: what it was asked, where it answers, and the node that it is about.
package struct CommandContext: Sendable {
    /// What was asked.
    package let invocation: Invocation
    /// Where results and notes go.
    package let output: Output
    /// The node's folder.
    package let folder: NodeFolder
    /// The open node; nil for commands that need none.
    package let node: Node?
    /// The live side of the node, while it is being served.
    package let service: (any NodeService)?
    /// Standard input.
    package let input: CommandInput
    /// The folder that relative paths are relative to, when the command runs in another process than it was typed in.
    package let workingDirectory: String?

    /// A command's surroundings.
    package init(
        invocation: Invocation, output: Output, folder: NodeFolder, node: Node?,
        service: (any NodeService)? = nil,
        input: CommandInput = .none, workingDirectory: String? = nil
    ) {
        self.invocation = invocation
        self.output = output
        self.folder = folder
        self.node = node
        self.service = service
        self.input = input
        self.workingDirectory = workingDirectory
    }

    /// The path that the word of a command line means.
    package func path(_ word: String) -> String {
        guard let workingDirectory, !word.hasPrefix("/") else { return word }
        return workingDirectory + "/" + word
    }
}

/// Standard input, where a command may have it.
package struct CommandInput: Sendable {
    /// Gives at most so many bytes; none at the end.
    ///
    /// Nil if there is no input.
    package let read: (@Sendable (Int) throws -> [UInt8])?

    /// No input: the command runs in another process than it was typed in.
    package static let none = CommandInput(read: nil)

    /// The process's own standard input.
    package static let process = CommandInput { limit in
        var code = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            repeat {
                code = Glibc.read(0, buffer.baseAddress, limit)
            } while code < 0 && errno == EINTR
            count = max(0, code)
        }
        guard code >= 0 else { throw FileError("cannot read the standard input") }
        return bytes
    }

    /// An input that gives what `read` gives.
    package init(read: (@Sendable (Int) throws -> [UInt8])?) { self.read = read }
}

/// The live side of a node: facts that only the process that serves it knows.
package protocol NodeService: AnyObject, Sendable {
    /// Peers, alarms and clocks as they are now; nil if no peer is met.
    func liveStatus() -> LiveStatus?
}

/// What a served node knows of its peers.
package struct LiveStatus: Sendable {
    /// One peer.
    package struct Peer: Sendable {
        /// Where it is dialled, or where it came from.
        package var address: String
        /// Who it is, once it was reached.
        package var node: PublicKey?
        /// What its spaces call it.
        package var name: String
        /// A word such as `connected`, `dialling` or `waiting`.
        package var state: String
        /// When it was last reached, in milliseconds since 1970.
        package var lastContact: UInt64?
        /// Announced changes that are not here yet.
        package var behind: UInt64
        /// Changes that it has not said to hold.
        package var ahead: UInt64
        /// Whether both hold the same, by space.
        package var inSync: [(space: SpaceID, isInSync: Bool)]

        /// A peer with these properties.
        package init(
            address: String, node: PublicKey?, name: String, state: String, lastContact: UInt64?,
            behind: UInt64,
            ahead: UInt64, inSync: [(space: SpaceID, isInSync: Bool)]
        ) {
            self.address = address
            self.node = node
            self.name = name
            self.state = state
            self.lastContact = lastContact
            self.behind = behind
            self.ahead = ahead
            self.inSync = inSync
        }
    }

    /// The peers, in the order to show.
    package var peers: [Peer]
    /// What somebody should look at, in words.
    package var alarms: [String]
    /// Logs that are damaged on this node's disk, and are not sent.
    package var damagedLogs: [LogID]
    /// How far the peers' clocks are ahead of this node's, in milliseconds; nil without peers.
    package var clockOffsetMilliseconds: Int64?

    /// Facts as given.
    package init(
        peers: [Peer] = [], alarms: [String] = [], damagedLogs: [LogID] = [],
        clockOffsetMilliseconds: Int64? = nil
    ) {
        self.peers = peers
        self.alarms = alarms
        self.damagedLogs = damagedLogs
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
    }
}
