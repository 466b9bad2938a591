import PLCNode
import PLCSync
import Testing

@Suite struct ValueTests {
    private func item(_ json: String) throws -> [UInt8] {
        var writer = ByteWriter()
        var reader = JSONReader()
        let bytes = Array(json.utf8)
        let span = bytes.span.bytes
        try writer.write(value: try reader.next(span), span, &reader)
        return writer.bytes
    }

    @Test func `values are one item each, in one spelling`() throws {
        let cases: [(json: String, item: String, back: String)] = [
            ("1", "01", "1"), ("-1", "20", "-1"), ("1.0", "f93c00", "1.0"), ("1e2", "f95640", "100.0"),
            ("9223372036854775807", "1b7fffffffffffffff", "9223372036854775807"),
            ("-9223372036854775808", "3b7fffffffffffffff", "-9223372036854775808"),
            ("0.1", "fb3fb999999999999a", "0.1"), ("true", "f5", "true"), ("false", "f4", "false"),
            ("null", "f6", "null"),
            (#""a""#, "6161", #""a""#), (#""e\u0301""#, "62c3a9", #""é""#), (#""\n""#, "610a", #""\n""#),
            ("[]", "80", "[]"), ("[1,[2]]", "82018102", "[1,[2]]"),
            (#"{"bb":1,"a":2}"#, "a26161026262" + "6201", #"{"a":2,"bb":1}"#),
            (#"[[[[1]]]]"#, "8181818101", "[[[[1]]]]"),
        ]
        for (json, expected, back) in cases {
            let item = try item(json)
            same(hexadecimal(item), expected, json)
            same(String(decoding: try JSON(item: item, name: { _ in "?" }).bytes, as: UTF8.self), back, json)
        }
        for json in ["[[[[[1]]]]]", #"{"a":{"a":{"a":{"a":{}}}}}"#] {
            same((try? item(json)) == nil, true, json)
        }
    }

    @Test func `what JSON has no form for is still shown`() throws {
        let log = LogID(Bytes16(high: 1 << 56, low: 7))
        let cases: [(item: String, shown: String)] = [
            ("43010203", #""010203""#), ("f97e00", "null"), ("c101", "1"), ("a10102", #"{"01":2}"#),
            ("1bffffffffffffffff", #""1bffffffffffffffff""#),
            ("3bffffffffffffffff", "-1.8446744073709552e+19"),
            ("d99c42830005" + "02", #""local 5 2""#), ("d99c42830105" + "02", "[1,5,2]"),
            ("d99c428001", "[]"),
        ]
        for (hex, shown) in cases {
            let item = try #require(bytes(hexadecimal: hex))
            let json = try JSON(
                item: item, log: { $0 == 0 ? log : nil },
                name: { "\($0.space == nil ? "local" : "foreign") \($0.dot.sequence) \($0.dot.op)" })
            same(String(decoding: json.bytes, as: UTF8.self), shown, hex)
        }
        let space = SpaceID(Bytes32(words: (1, 2, 3, 4)))
        let reference = Item.reference(Dot(log: log, sequence: 9, op: 3), in: space)
        let read = Reference(item: reference, log: { _ in nil })
        same(read, Reference(space: space, dot: Dot(log: log, sequence: 9, op: 3)))
        same(Reference(item: [0x01], log: { _ in nil }), nil)
    }
}
