#if canImport(Glibc)
    import Glibc
#endif

/// Runs the command that the process's arguments name, and exits with its code.
public func runCommandLine() -> Never {
    exit(2)
}
