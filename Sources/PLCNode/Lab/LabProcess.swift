#if canImport(Glibc)
    internal import Glibc
#endif

/// The lab's own process: owns nodes and links, and answers commands until it is told to end.
enum LabProcess {
    /// `plc lab run`: says in lines of JSON how far it is, then what there is.
    @Sendable static func run(_ context: CommandContext) throws -> ExitCode {
        let invocation = context.invocation
        let folder = try LabFolder(context)
        let plan = try LabCommands.plan(context.path(invocation.word("SCENARIO")), context.language)
        let port = try LabCommands.port(invocation, nodes: plan.nodes.count)
        let patience = try LabCommands.within(invocation, or: LabCommands.upMilliseconds)
        guard !folder.isLab, folder.isEmpty else { throw CommandError(LabTexts.folderInUse, folder.path) }
        ChildProcess.leaveTerminal()
        let lab = try Lab(plan, in: folder, port: port)
        try folder.create(plan.plan.name)
        let control = Locked<ControlServer?>(nil)
        let failure = Locked<(any Error)?>(nil)
        let isSetUp = Promise<Void>()
        var signals = 0
        try lab.loop.onSignal { _ in
            signals += 1
            // The nodes end with this process, so nothing runs on if it does not wait.
            if signals > 1 { _exit(ExitCode.failed.rawValue) }
            lab.cancel()
            // Not on this thread, which both need.
            _ = NamedThread("end", isDetached: true) {
                _ = try? isSetUp.wait()
                lab.end()
            }
        }
        let setup = NamedThread("setup") {
            do {
                let began = EventLoop.clock()
                let setup = LabSetup(lab: lab, deadline: began + patience, patience: patience) {
                    step, done, total in
                    try context.output.line([
                        "step": .text(step.rawValue), "done": .integer(Int64(done)),
                        "of": .integer(Int64(total)),
                    ])
                }
                try setup.run()
                let server = try ControlServer(path: folder.control) { request, output in
                    LabAnswers(lab).answer(request, output)
                }
                control.withLock { $0 = server }
                try context.output.line(ready(lab, EventLoop.clock() - began))
            } catch {
                failure.withLock { $0 = error }
                context.output.note("plc: \(error)")
                // Who started the lab may have gone; that is one more reason to end.
                _ = try? context.output.line(["failed": .text("\(error)")])
                lab.end()
            }
            isSetUp.fulfil(.success(()))
        }
        lab.loop.run()
        setup.join()
        control.withLock { $0 }?.stop()
        return failure.withLock { $0 } == nil ? .done : .failed
    }

    /// What there is, for who started the lab.
    private static func ready(_ lab: Lab, _ milliseconds: UInt64) -> JSON {
        [
            "scenario": .text(lab.plan.plan.name), "folder": .text(lab.folder.path),
            "milliseconds": .integer(Int64(clamping: milliseconds)), "process": .integer(Int64(getpid())),
            "nodes": .array(
                lab.nodes.map { node in
                    [
                        "name": .text(node.name), "address": .maybe(node.address) { .text($0.description) },
                        "folder": .text(node.folder.path),
                    ]
                }), "links": .integer(Int64(lab.links.count)),
            "spaces": .integer(Int64(lab.plan.plan.spaces.count)),
        ]
    }
}
