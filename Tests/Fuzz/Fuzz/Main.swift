import Glibc
import PLCSync

/// What one target does with the bytes of one try; it ends the process if a law does not hold.
typealias Target = @Sendable (_ input: [UInt8]) -> Void

/// The targets by name, in the order in which they are run.
let targets: [(name: String, run: Target)] = [
    ("cbor", fuzzCBOR),
    ("change", fuzzChange),
    ("fold", fuzzFold),
    ("control", fuzzControl),
    ("genesis", fuzzGenesis),
    ("items", fuzzItems),
    ("head", fuzzHead),
    ("frames", fuzzFrames),
    ("messages", fuzzMessages),
    ("decompress", fuzzDecompress),
    ("compress", fuzzCompress),
    ("session", fuzzSession),
    ("token", fuzzToken),
    ("json", fuzzJSON),
    ("value", fuzzValue),
    ("import", fuzzImport),
    ("texts", fuzzTexts),
    ("arguments", fuzzArguments),
    ("request", fuzzRequest),
]

/// Ends the process, as a crash does, unless `holds`.
func law(_ holds: Bool, _ what: @autoclosure () -> String) {
    if holds { return }
    let line = Array("FUZZ: broken law: \(what())\n".utf8)
    _ = write(2, line, line.count)
    abort()
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The chosen target; a C function pointer captures nothing.
nonisolated(unsafe) private var chosen: Target = { _ in }

/// Runs the target that FUZZ_TARGET names with libFuzzer's arguments; `list` prints the names, `record` first inputs.
///
/// The name is no argument because libFuzzer starts the program again when it merges corpora. SwiftPM gives the
/// entry point of an executable this name, and libFuzzer's own `main` stays out.
@_cdecl("Fuzz_main")
public func fuzzMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets.first(where: { $0.name == name }) else {
        if name == "record" {
            for (target, input) in recordings() { print(target, hexadecimal(input)) }
            return 0
        }
        print(targets.map(\.name).joined(separator: "\n"))
        return name == "list" ? 0 : 2
    }
    chosen = target.run
    var count = count
    guard var arguments else { return 2 }
    return runDriver(&count, &arguments) { bytes, size in
        chosen(Array(UnsafeBufferPointer(start: bytes, count: size)))
        return 0
    }
}
