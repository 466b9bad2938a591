/// The rules of the house that a reader of text can check; `swift format` and the compiler check the others.
///
/// Each rule is a function of files, so that a test can plant a bad one. To change a rule, change its table.
enum HouseRules {
    /// Everything that is wrong with `files`, in the order of paths and lines.
    static func findings(in files: [SourceText]) -> [Finding] {
        let found =
            files.flatMap { imports($0) + bannedWords($0) + length($0) + promises($0) } + floors(files)
        return found.sorted { ($0.path, $0.line, $0.message) < ($1.path, $1.line, $1.message) }
    }

    // MARK: Imports

    private static let system: Set<String> = ["Swift", "Glibc", "Musl", "Darwin", "Synchronization"]
    private static let node: Set<String> = system.union(["PLCSync", "PLCEntities", "CZstd"])

    /// Which modules may be imported where; of several folders that hold a file, the last in the table counts.
    ///
    /// The compiler checks targets, but lets a target import what its dependencies import, and knows no folders.
    static let allowedImports: [(place: String, modules: Set<String>)] = [
        ("Sources/PLCSync", []),
        ("Sources/PLCSync/Bytes/Digest.swift", ["COpenSSL"]),
        ("Sources/PLCSync/Trust/Signature.swift", ["COpenSSL"]),
        ("Sources/PLCEntities", ["PLCSync"]),
        ("Sources/PLCOracle", ["PLCSync"]),
        ("Sources/PLCNode", node),
        ("Sources/PLCNode/Store", node.union(["CSQLite"])),
        ("Sources/PLCNode/Net", node.union(["CLinux", "COpenSSL"])),
        ("Sources/PLCNode/Shell", node.union(["CLinux", "COpenSSL"])),
        ("Sources/PLCNode/Simulation", node.union(["PLCOracle"])),
        ("Sources/PLCNode/Simulation/Disk", node.union(["PLCOracle", "CSQLite"])),
        ("Sources/PLCNode/Bench/Meter.swift", node.union(["CLinux"])),
        ("Sources/PLCNode/Command/Output+Process.swift", node.union(["CLinux"])),
        ("Sources/plc", ["PLCNode"]),
    ]

    private static let importLine = Pattern(
        #"^[ \t]*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"#
            + #"(?:(?:struct|class|enum|protocol|typealias|func|var|let)\s+)?([A-Za-z_]\w*)"#)

    /// A module that the file's folder may not know.
    static func imports(_ file: SourceText) -> [Finding] {
        guard let rule = allowedImports.last(where: { file.isUnder($0.place) }) else { return [] }
        return importLine.matches(in: file.code).filter { !rule.modules.contains($0.word) }.map {
            let allowed = rule.modules.isEmpty ? "nothing" : rule.modules.sorted().joined(separator: ", ")
            return Finding(
                path: file.path, line: $0.line,
                message: "imports \($0.word); \(rule.place) may import \(allowed)")
        }
    }

    // MARK: Words

    /// Words that a place may not say, and what to say in their stead.
    struct Ban {
        let places: [String]
        let pattern: Pattern
        let instead: String

        init(_ places: [String], _ pattern: String, instead: String) {
            self.places = places
            self.pattern = Pattern(pattern)
            self.instead = instead
        }
    }

    private static let core = ["Sources/PLCSync", "Sources/PLCEntities", "Sources/PLCOracle"]

    /// The core is a function of its inputs: time, randomness, bytes and completions arrive as arguments.
    static let bans: [Ban] = [
        Ban(
            core, #"\.random\(|\.shuffle(?:d)?\(|\.randomElement\(|\bSystemRandomNumberGenerator\b|\bUUID\("#,
            instead: "draw from the generator that the caller passes"),
        Ban(
            core,
            #"\bDate\(|\bContinuousClock\b|\bSuspendingClock\b|\bclock_gettime\b|\bgettimeofday\b|"#
                + #"\bTask\.sleep\b|(?<![\w.])(?:time|sleep|usleep|nanosleep)\("#,
            instead: "take the time as an argument"),
        Ban(
            core, #"\bgetenv\b|\bProcessInfo\b|\bCommandLine\b"#,
            instead: "take settings as an argument"),
        Ban(
            core,
            // A message, a case or a method may be called `open`; the function of the system is called bare.
            #"(?<![\w.])(?<!func )(?<!case )(?:open|fopen|socket|connect|epoll_\w+)\(|"#
                + #"\bFileManager\b|\bFileHandle\b|(?<![\w.])(?:print|debugPrint|dump|readLine)\("#,
            instead: "return an effect; the shell touches the world"),
        Ban(
            core,
            #"\bTask\s*(?:\{|\.detached)|\bawait\b|\basync\b|^[ \t]*(?:\w+ )*actor [A-Z]|\bDispatchQueue\b"#,
            instead: "the core runs to its end in one step; concurrency is the shell's"),
        Ban(
            ["Sources"], #"\btry!|\bfatalError\("#,
            instead: "throw what the world did wrong; preconditionFailure with the state for what we did"),
        Ban(
            ["Sources", "Tests"], #"\bThread\.sleep\b|(?<![\w.])u?sleep\("#,
            instead: "wait for the event, not for the time"),
    ]

    /// A word that the file's folder may not use.
    static func bannedWords(_ file: SourceText) -> [Finding] {
        bans.filter { $0.places.contains(where: file.isUnder) }.flatMap { ban in
            ban.pattern.matches(in: file.code).map {
                let word = $0.word.split(separator: " ").joined(separator: " ")
                return Finding(path: file.path, line: $0.line, message: "says \(word): \(ban.instead)")
            }
        }
    }

    private static let promise = Pattern(#"\b(TO"# + #"DO|FIX"# + #"ME|XX"# + #"X)\b"#)

    /// A note to do something later, which is an issue and not a comment.
    static func promises(_ file: SourceText) -> [Finding] {
        promise.matches(in: file.text).map {
            Finding(path: file.path, line: $0.line, message: "says \($0.word): do it, or open an issue")
        }
    }

    // MARK: Length

    /// The lines that a file may have: one idea is seldom longer.
    static let linesMax = 600

    /// A file of more than `linesMax` lines.
    static func length(_ file: SourceText) -> [Finding] {
        let lines = file.text.utf8.count { $0 == UInt8(ascii: "\n") }
        guard lines > linesMax else { return [] }
        return [
            Finding(
                path: file.path, line: lines, message: "has \(lines) lines of at most \(linesMax); cut it")
        ]
    }

    // MARK: Floors

    /// The floors of PLCSync, the lowest first; a file may name what its own floor or a lower one declares.
    ///
    /// Keys, signatures and roles are floors of their own: Trust decides with logs, and logs are signed and carry
    /// grants. Of several entries that hold a file, the longest counts.
    static let syncFloors = [
        "Bytes", "Clock", "Trust/Signature.swift", "Trust/Role.swift", "Log", "Trust", "Fold", "Session",
        "Replica",
    ]

    private static let modifiers =
        #"(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|final|indirect|nonisolated)\s+)*"#
    private static let declaration = #"(?:struct|enum|class|protocol|actor)\s+([A-Za-z_]\w*)"#
    private static let topLevelType = Pattern("^" + modifiers + declaration)
    private static let anyType = Pattern(
        #"\b(?:typealias|associatedtype|struct|enum|class|protocol|actor)\s+(\w+)"#)
    private static let capitalized = Pattern(#"(?<![\w.])([A-Z]\w*)\b"#)

    /// The floor that the file stands on, or nil if its folder is not in the table.
    static func floor(of file: SourceText) -> Int? {
        syncFloors.indices.filter { file.isUnder("Sources/PLCSync/" + syncFloors[$0]) }
            .max { syncFloors[$0].utf8.count < syncFloors[$1].utf8.count }
    }

    /// A file of PLCSync that names a type of a higher floor, or stands on none.
    ///
    /// A name that the file's own floor or a lower one declares too, nested or not, is taken to mean that one.
    static func floors(_ files: [SourceText]) -> [Finding] {
        var findings = [Finding]()
        var stories = [(file: SourceText, floor: Int)]()
        for file in files where file.isUnder("Sources/PLCSync") {
            if let floor = floor(of: file) {
                stories.append((file, floor))
            } else {
                findings.append(
                    Finding(
                        path: file.path, line: 1,
                        message: "stands on no floor: \(syncFloors.joined(separator: " < "))"))
            }
        }

        var home = [String: Int]()  // the lowest floor that declares a name at top level
        var known = [Set<String>](repeating: [], count: syncFloors.count)  // every name that a floor declares
        for (file, floor) in stories {
            for (_, name) in topLevelType.matches(in: file.code) {
                home[name] = min(home[name] ?? floor, floor)
            }
            for (_, name) in anyType.matches(in: file.code) { known[floor].insert(name) }
        }
        for (file, floor) in stories {
            var reported = Set<String>()
            for (line, name) in capitalized.matches(in: file.code) {
                guard let theirs = home[name], theirs > floor, reported.insert(name).inserted,
                    !known[...floor].contains(where: { $0.contains(name) })
                else { continue }
                findings.append(
                    Finding(
                        path: file.path, line: line,
                        message:
                            "\(syncFloors[floor]) names \(name) of \(syncFloors[theirs]), which is above it"))
            }
        }
        return findings
    }
}
