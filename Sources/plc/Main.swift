import PLCNode

@main
struct Main {
    static func main() {
        runCommandLine()
    }
}
