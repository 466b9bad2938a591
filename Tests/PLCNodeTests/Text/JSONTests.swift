import PLCNode
import Testing

@Suite struct JSONTests {
    private func parse(_ bytes: [UInt8]) -> Result<JSON, JSONError> {
        Result { () throws(JSONError) in try JSON(parsing: bytes) }
    }

    /// A text with one of everything.
    private static let sample = Array(
        #"{"id":"01K2","t":"post","f":{"title":"سؤال \"مهم\" \ud83d\ude00","n":3,"x":-1.5e-3,"ok":true,"no":null},"s":{"t":[]}}"#
            .utf8)

    @Test func `accepted texts are written back compactly`() {
        let cases: [(String, String)] = [
            (" [ ] ", "[]"), ("{ }", "{}"), ("\t[1 ,\n2\r]", "[1,2]"), ("null", "null"), ("true", "true"),
            ("false", "false"), ("0", "0"), ("-0", "0"), ("-0.0", "-0.0"), ("1.0", "1.0"), ("1E2", "100.0"),
            ("1e+2", "100.0"), ("9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808", "-9223372036854775808"), ("0.1", "0.1"), ("1e-7", "1e-07"),
            ("123456789.123456789", "123456789.12345679"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("5e-324", "5e-324"), ("1e-400", "0.0"), ("1e16", "1e+16"),
            ("9007199254740993.0", "9007199254740992.0"), ("-9223372036854775.808", "-9223372036854776.0"),
            ("0.3e1", "3.0"),
            (#""""#, #""""#), (#""\u0041\/\b\f\n\r\t\"\\""#, #""A/\b\f\n\r\t\"\\""#),
            (#""\u001f\u007F""#, "\"\\u001f\u{7f}\""),
            (#""\ud83d\ude00""#, "\"😀\""), (#""\u0627\u0654""#, "\"أ\""),
            ("\"\u{627}\u{654}\"", "\"\u{623}\""),
            ("\"e\\u0301\"", "\"\u{e9}\""), (#"{"b":1,"a":{"b":2}}"#, #"{"b":1,"a":{"b":2}}"#),
            (#"{"":""}"#, #"{"":""}"#),
            (#"[[{"a":[1,{"b":[]}]}]]"#, #"[[{"a":[1,{"b":[]}]}]]"#), (#""\u0000""#, #""\u0000""#),
            (
                String(repeating: "[", count: 32) + String(repeating: "]", count: 32),
                String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
            ),
        ]
        for (text, written) in cases {
            same(
                parse(Array(text.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) }, .success(written),
                text)
        }
    }

    @Test func `what is wrong is named with its place`() {
        let deep = String(repeating: "[", count: 33)
        let many = (0..<40).map { "\"k\($0)\":0" }.joined(separator: ",")
        let cases: [(String, Int, JSONError.Reason)] = [
            ("", 0, .truncated), ("  ", 2, .truncated), ("[", 1, .truncated), ("[1", 2, .truncated),
            ("[1,", 3, .truncated), ("{", 1, .truncated), (#"{"a""#, 4, .truncated),
            (#"{"a":"#, 5, .truncated),
            (#"{"a":1,"#, 7, .truncated), (#""abc"#, 4, .truncated), (#""abc\"#, 4, .truncated),
            ("tru", 3, .truncated),
            ("-", 1, .truncated), ("1.", 2, .truncated), ("1e", 2, .truncated), ("1e+", 3, .truncated),
            ("x", 0, .unexpected), ("[1 2]", 3, .unexpected), ("[1,]", 3, .unexpected),
            ("[,1]", 1, .unexpected),
            ("{]", 1, .expectedKey), ("[}", 1, .unexpected), ("[1}", 2, .unexpected),
            (#"{"a":1]"#, 6, .unexpected),
            (#"{"a":}"#, 5, .unexpected), (#"{"a":1,}"#, 7, .expectedKey), ("{1:2}", 1, .expectedKey),
            (#"{"a" 1}"#, 5, .expectedColon), ("truE", 0, .unexpected), ("NaN", 0, .unexpected),
            ("Infinity", 0, .unexpected), ("-Infinity", 1, .number), ("'a'", 0, .unexpected),
            ("[1]x", 3, .trailing),
            ("1 2", 2, .trailing), ("null,", 4, .trailing), ("01", 0, .number), ("-01", 1, .number),
            ("+1", 0, .unexpected),
            (".5", 0, .unexpected), ("1.x", 2, .number), ("1.e5", 2, .number), ("1ex", 2, .number),
            ("--1", 1, .number),
            ("0x10", 1, .trailing), ("9223372036854775808", 0, .range), ("-9223372036854775809", 0, .range),
            ("[18446744073709551616]", 1, .range), ("1e309", 0, .range),
            ("-1e99999999999999999999", 0, .range),
            (deep, 32, .depth), (#"{"a":1,"a":2}"#, 8, .duplicateKey),
            (#"{"a":1,"\u0061":2}"#, 8, .duplicateKey),
            ("{\"\u{e9}\":1,\"e\u{301}\":2}", 9, .duplicateKey),
            (#"[{"a":{"b":1,"c":2,"b":3}}]"#, 20, .duplicateKey),
            ("{\(many),\"k17\":1}", many.utf8.count + 3, .duplicateKey),
            ("\"\u{1}\"", 1, .control), ("\"a\nb\"", 2, .control), (#""\x""#, 1, .escape),
            (#""\u12g4""#, 1, .escape),
            (#""\u12"#, 1, .escape), (#""\ud800""#, 1, .surrogate), (#""a\udc00""#, 2, .surrogate),
            (#""\ud800\u0041""#, 1, .surrogate), (#""\ud800\ud800""#, 1, .surrogate),
            ("\u{feff}1", 0, .unexpected),
        ]
        for (text, offset, reason) in cases {
            same(parse(Array(text.utf8)), .failure(JSONError(offset: offset, reason: reason)), text)
        }
        same(parse([0x22, 0x61, 0xed, 0xa0, 0x80, 0x22]), .failure(JSONError(offset: 2, reason: .utf8)))
        same(parse([0x22, 0xd8, 0x22]), .failure(JSONError(offset: 1, reason: .utf8)))
    }

    @Test func `every truncation is an error, and every changed byte is an error or a value`() throws {
        let sample = Self.sample
        let whole = try JSON(parsing: sample)
        same(try JSON(parsing: whole.bytes), whole)
        for count in 0..<sample.count {
            if case .success(let value) = parse(Array(sample[..<count])) {
                Issue.record("\(count) bytes are \(value)")
            }
        }
        for at in sample.indices {
            for byte in Array("\0\n {}[],:\"\\aeEu0159+-.".utf8) + [
                0x7f, 0x80, 0xbf, 0xc0, 0xcc, 0xd9, 0xe2, 0xed, 0xf4, 0xff,
            ] {
                var bytes = sample
                bytes[at] = byte
                // A value must survive being written; anything else must have an offset inside the text.
                switch parse(bytes) {
                case .success(let value): same(parse(value.bytes), .success(value), "\(at), \(byte)")
                case .failure(let error): same(error.offset <= bytes.count, true, "\(at), \(byte)")
                }
            }
        }
    }

    @Test func `the tokens of a line arrive in order, plain texts as ranges`() throws {
        let line = Array(#"{"id":"é","n":[1,2.5],"e":"\n"}"#.utf8)
        let bytes = line.span.bytes
        var reader = JSONReader()
        for _ in 0..<2 {
            reader.restart()
            var story: [String] = []
            var token = try reader.next(bytes)
            while token != .end {
                switch token {
                case .key(let key): story.append("key \(key.string(in: bytes)) \(key.equals("n", in: bytes))")
                case .string(let text): story.append("string \(text.utf8(in: bytes)) \(text.isPlain)")
                default: story.append("\(token)")
                }
                token = try reader.next(bytes)
            }
            same(
                story,
                [
                    "beginObject", "key id false", "string [195, 169] true", "key n true", "beginArray",
                    "integer(1)",
                    "number(2.5)", "endArray", "key e false", "string [10] false", "endObject",
                ])
            same(try reader.next(bytes), .end)
        }
    }

    @Test func `doubles are read as the standard library reads them, and written so that they return`() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<20_000 {
            let digits = String(
                UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0...60, using: &random))
            let text =
                "\(digits).\(UInt32.random(in: 0...99999, using: &random))e\(Int.random(in: -340...300, using: &random))"
            guard let value = Double(text), value.isFinite else { continue }
            same(parse(Array(text.utf8)), .success(.number(value)), text)
            same(parse(JSON.number(value).bytes), .success(.number(value)), text)
        }
        same(JSON.number(.nan).bytes, Array("null".utf8))
        same(JSON.number(-.infinity).bytes, Array("null".utf8))
    }

    @Test func `many keys that look alike are compared in little time`() {
        // The first eight and the last eight bytes are all equal, so that fingerprints tell nothing.
        func text(_ last: Int) -> [UInt8] {
            let keys =
                (0..<20_000).map { "\"12345678-\(100_000 + $0)-12345678\":0" } + [
                    "\"12345678-\(last)-12345678\":0"
                ]
            return Array("{\(keys.joined(separator: ","))}".utf8)
        }
        same(parse(text(120_000)).map { _ in true }, .success(true))
        same(parse(text(100_500)), .failure(JSONError(offset: 20_000 * 29 + 2, reason: .duplicateKey)))
    }

    @Test func `literals and look-ups`() {
        let value: JSON = ["id": "01", "n": 3, "ok": true, "tags": ["ا\u{654}", nil]]
        same(value["id"]?.text, "01")
        same(value["n"]?.integer, 3)
        same(value["tags"]?.elements?.count, 2)
        same(value["none"], nil)
        same(String(decoding: value.bytes, as: UTF8.self), #"{"id":"01","n":3,"ok":true,"tags":["أ",null]}"#)
    }
}
