#if canImport(Glibc)
    internal import Glibc
#endif

/// Runs the command that the process's arguments name, and exits with its code.
public func runCommandLine() -> Never {
    let arguments = Array(CommandLine.arguments.dropFirst())
    // Before any thread starts: what a node that is being served does on a signal, its loop decides. Others end.
    Signals.block(arguments.first == "serve" ? Signals.termination : [])
    CommandRegistry.register("serve", ServeCommand.run)
    CommandRegistry.register("sync", ExchangeCommands.sync)
    CommandRegistry.register("join", ExchangeCommands.join)
    CommandRegistry.register("demo", DemoCommand.run)
    CommandRegistry.register("bench", BenchCommand.run)
    CommandRegistry.register("simulate", SimulateCommand.run)
    exit(CommandRunner(arguments: arguments, output: .process()).run().rawValue)
}
