/// `plc lab write`: what a person at a node does, so many times.
struct LabWriter {
    let node: LabNode
    /// The identity of the space.
    let space: String

    /// The most in one command.
    static let countMax = 100_000

    /// Writes one of a kind, with the commands that people use; what it needs and is not there is written first.
    func write(_ kind: Scenario.WriteKind) throws {
        let title = "\(kind.rawValue) \(node.nextNumber()) of \(node.name)"
        switch kind {
        case .post: _ = try post(title)
        case .feedback:
            let target = try newest("post") ?? post(title)
            try add(["feedback", "add", "--target", target, "--body", title])
        case .goal: _ = try goal(title)
        case .reading:
            let indicator = try newest("goal indicator") ?? indicator(title)
            try add(["goal", "reading", "add", "--indicator", indicator, "--value", "\(node.nextNumber())"])
        case .edit:
            // Everybody edits the newest goal, so that those who are apart disagree.
            guard let goal = try newest("goal") else {
                _ = try goal(title)
                return
            }
            try node.tell(["goal", "edit", goal, "--statement", title])
        // Of a post only its writer may change the words or take it back.
        case .tag: try node.tell(["post", "edit", try node.lastPost ?? post(title), "--tags", title])
        case .delete:
            let post = try node.lastPost ?? post(title)
            try node.tell(["post", "delete", post])
            node.forget(post)
        }
    }

    private func post(_ title: String) throws -> String {
        let words = ["post", "add", "--space", space, "--title", title, "--body", "Written in the lab."]
        let post = try node.text(words, "id")
        node.remember(post)
        return post
    }

    private func goal(_ title: String) throws -> String {
        try node.text(["goal", "add", "--space", space, "--statement", title], "id")
    }

    private func indicator(_ title: String) throws -> String {
        let goal = try newest("goal") ?? goal(title)
        return try node.text(
            ["goal", "indicator", "add", "--space", space, "--goal", goal, "--name", title], "id")
    }

    private func add(_ words: [String]) throws { try node.tell(words + ["--space", space]) }

    /// The newest record of a kind in the space, if there is one.
    private func newest(_ noun: String) throws -> String? {
        let words = noun.split(separator: " ").map(String.init)
        return try node.ask(words + ["list", "--space", space, "--limit", "1", "--json"]).lines.first?["id"]?
            .text
    }
}
