/// `plc demo`: the demonstration, in a folder that it removes unless it is to be kept.
enum DemoCommand {
    @Sendable static func run(_ context: CommandContext) throws -> ExitCode {
        let kept = context.invocation.value("keep")
        let root = try kept ?? FileSystem.temporaryFolder("plc-demo")
        defer { if kept == nil { FileSystem.removeFolder(root) } }
        let began = EventLoop.clock()
        var demonstration = Demonstration(output: context.output, root: root)
        do {
            try demonstration.play()
        } catch let failure as Demonstration.Failure {
            throw CommandError(LiveTexts.demoFailed, failure.description)
        }
        let tenths = (EventLoop.clock() - began) / 100
        try context.say(LiveTexts.demoDone, "\(tenths / 10).\(tenths % 10)")
        return .done
    }
}
