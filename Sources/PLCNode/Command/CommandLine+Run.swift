#if canImport(Glibc)
    internal import Glibc
#endif

/// Runs the command that the process's arguments name, and exits with its code.
public func runCommandLine() -> Never {
    let arguments = Array(CommandLine.arguments.dropFirst())
    ChildProcess.endWithKeeper()
    // Before any thread starts: what a node or a lab that runs does on a signal, its loop decides. Others end.
    let hasLoop = arguments.first == "serve" || arguments.starts(with: ["lab", "run"])
    Signals.block(hasLoop ? Signals.termination : [])
    CommandRegistry.register("serve", ServeCommand.run)
    CommandRegistry.register("sync", ExchangeCommands.sync)
    CommandRegistry.register("join", ExchangeCommands.join)
    CommandRegistry.register("demo", DemoCommand.run)
    CommandRegistry.register("bench", BenchCommand.run)
    CommandRegistry.register("simulate", SimulateCommand.run)
    exit(CommandRunner(arguments: arguments, output: .process()).run().rawValue)
}
