import Glibc
import PLCNode
import Testing

@Suite struct TerminalTests {
    @Test func `display widths`() {
        let cases: [(String, Int)] = [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("مرحبا", 5), ("مُجْتَمَعُ", 5), ("لا", 2), ("٣٤", 2),
            ("۝", 1),
            ("教師", 4), ("ｆ", 2), ("ﾊ", 1), ("한", 2), ("\u{1112}\u{1161}\u{11ab}", 2), ("か\u{3099}", 2),
            ("👩‍🏫", 2),
            ("👩🏽‍🏫", 2), ("🇸🇦", 2), ("❤️", 2), ("✓", 1), ("\u{200f}", 0), ("\u{2068}ا\u{2069}", 1),
            ("a\u{200d}b", 2),
            ("\u{ad}", 1), ("…", 1), ("　", 2), ("\u{1b}", 0), ("נִקּוּד", 4),
        ]
        for (text, width) in cases { same(displayWidth(text), width, "the width of '\(text)'") }
    }

    @Test func `texts are wrapped and cut by width`() {
        same(wrap("a bb ccc dddd", width: 6), ["a bb", "ccc", "dddd"])
        same(wrap("教師 教師 x", width: 6), ["教師", "教師 x"])
        same(wrap("toolongword a\n\nb", width: 5), ["toolongword", "a", "", "b"])
        same(wrap("", width: 5), [""])
        let cuts: [(String, Int, String)] = [
            ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("教師教師", 6, "教師…"), ("教師教師", 5, "教師…"),
            ("abc", 1, "…"),
            ("abc", 0, ""), ("مُجْتَمَعُ", 3, "مُجْ…"),
        ]
        for (text, width, expected) in cuts {
            same(cut(text, to: width), expected, "\(text) cut to \(width)")
        }
    }

    @Test func `what others wrote cannot command the terminal`() {
        let cases: [(String, String)] = [
            ("plain علم", "plain علم"), ("a\nb\tc", "a b c"), ("\u{1b}[2J", "\u{fffd}[2J"),
            ("\u{9b}2J", "\u{fffd}2J"),
            ("a\u{202e}b\u{2066}c\u{2069}", "abc"), ("a\u{200f}b", "a\u{200f}b"),
            ("\u{7f}\u{0}", "\u{fffd}\u{fffd}"),
        ]
        for (text, expected) in cases { same(printable(text), expected) }
    }

    @Test func `a table is plain in a pipe, and isolates and cuts on a terminal`() {
        var table = TextTable([.init("space"), .init("records", .end), .init("name")])
        table.add(["01K", "7", "علوم"])
        table.add(["01KXYZ", "12,345", "Mathematics, grade 7\n"])
        table.add(["教師"])
        let buffer = OutputBuffer()
        same(
            table.lines(for: buffer.output.stdout),
            [
                "space   records  name", "01K           7  علوم", "01KXYZ   12,345  Mathematics, grade 7",
                "教師",
            ])
        let terminal = OutputBuffer(isTerminal: true, width: 30)
        same(
            table.lines(for: terminal.output.stdout),
            [
                "space   records  name", "01K           7  \u{2068}علوم\u{2069}",
                "01KXYZ   12,345  Mathematics,…", "教師",
            ])
    }

    @Test func `sizes, times and numbers`() {
        let sizes: [(Int, String)] = [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1449, "1.4 kB"), (99_949, "99.9 kB"),
            (99_950, "100 kB"),
            (999_499, "999 kB"), (999_500, "1.0 MB"), (1_500_000, "1.5 MB"), (123_456_789, "123 MB"),
            (.max, "9.2 EB"), (1_000_000_000_000_000, "1.0 PB"),
        ]
        for (count, text) in sizes { same(humanBytes(count), text) }
        let times: [(Duration, String)] = [
            (.zero, "0 ms"), (.milliseconds(42), "42 ms"), (.milliseconds(840), "0.8 s"),
            (.milliseconds(9_949), "9.9 s"),
            (.milliseconds(9_950), "10 s"), (.seconds(59), "59 s"), (.seconds(60), "1 min"),
            (.seconds(200), "3 min 20 s"),
            (.seconds(3_600), "1 h"), (.seconds(7_500), "2 h 5 min"), (.seconds(273_600), "3 d 4 h"),
            (.seconds(-5), "-5.0 s"),
        ]
        for (duration, text) in times { same(humanDuration(duration), text) }
        same([0, 999, 1000, -1_234_567].map(grouped), ["0", "999", "1,000", "-1,234,567"])
    }

    @Test func `progress is drawn ten times a second on a terminal, and never in a pipe`() {
        let start = ContinuousClock.now
        for isTerminal in [true, false] {
            let buffer = OutputBuffer(isTerminal: isTerminal, width: 80)
            var progress = Progress("import", total: 10_000, on: buffer.output.stderr, at: start)
            for step in 0..<100 { progress.update(step * 50, at: start + .milliseconds(step * 20)) }
            progress.finish()
            let drawings = String(decoding: buffer.stderr, as: UTF8.self).split(separator: "\r")
            same(drawings.count, isTerminal ? 21 : 0)
            guard isTerminal else { continue }
            same(drawings[0], "import  [....................]  0%  0 of 10,000\u{1b}[K")
            same(
                drawings[19],
                "import  [#########...........]  47%  4,750 of 10,000  2,500/s  2.1 s left\u{1b}[K")
            same(drawings[20], "\u{1b}[K")
        }
    }

    @Test func `output is written whole, and a closed reader is an error of its own`() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        same(pipe(&ends), 0)
        // A full pipe that must not block: the rest has to wait for the reader.
        same(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0)
        let reader = Reader(ends[0])
        let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try writeAll(bytes, to: ends[1])
        close(ends[1])
        same(reader.join(), bytes)

        same(pipe(&ends), 0)
        close(ends[0])
        same(failure { () throws(OutputError) in try writeAll([1], to: ends[1]) }, .closed)
        close(ends[1])
        same(failure { () throws(OutputError) in try writeAll([1], to: -1) }, .system(EBADF))
        same("\(OutputError.system(EBADF))", "the output cannot be written: Bad file descriptor")
        same(OutputError.closed.exitCode.rawValue, 141)
        same(Output.Sink(descriptor: -1).isTerminal, false)
    }

    private func failure(_ body: () throws(OutputError) -> Void) -> OutputError? {
        do throws(OutputError) { try body() } catch { return error }
        return nil
    }

    /// Reads a descriptor to its end on a thread of its own.
    private final class Reader {
        private final class Box {
            let descriptor: Int32
            var bytes: [UInt8] = []
            init(_ descriptor: Int32) { self.descriptor = descriptor }
        }
        private let box: Box
        private var thread = pthread_t()

        init(_ descriptor: Int32) {
            box = Box(descriptor)
            pthread_create(
                &thread, nil,
                { pointer in
                    guard let pointer else { return nil }
                    let box = Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue()
                    var part = [UInt8](repeating: 0, count: 50_000)
                    while case let count = read(box.descriptor, &part, part.count), count > 0 {
                        box.bytes += part[..<count]
                    }
                    close(box.descriptor)
                    return nil
                }, Unmanaged.passUnretained(box).toOpaque())
        }

        func join() -> [UInt8] {
            pthread_join(thread, nil)
            return box.bytes
        }
    }
}
