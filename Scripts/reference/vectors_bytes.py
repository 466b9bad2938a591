"""Vectors of Specs/encoding.md and Specs/log.md."""
import struct

import plcref as p
from vectorfile import Book

SEED_A, SEED_B, SEED_C = (bytes([n]) * 32 for n in (0xA1, 0xB2, 0xC3))
KEY_A, KEY_B, KEY_C = map(p.public_key, (SEED_A, SEED_B, SEED_C))
GENESIS = p.encode([1, 1, [KEY_A], bytes(range(16))])
SPACE = p.space_id(GENESIS)


def unhex(s):
    return bytes.fromhex(s)


def cbor_accept():
    book = Book("Deterministic CBOR that a decoder accepts, and encodes back to the same bytes.")

    def add(name, comment, hex, type):
        item = p.decode(unhex(hex))
        assert item.type == type, name
        book.add(name, comment, ("hex", hex), ("type", type))

    edges = [0, 1, 10, 23, 24, 25, 100, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
    for n in edges:
        add(f"uint-{n}", f"E-5: unsigned {n}", p.encode(n).hex(), "uint")
    for n in edges:
        add(f"nint-{n}", f"E-5 E-14: negative {-1 - n}", p.encode(-1 - n).hex(), "nint")
    floats = [0.0, -0.0, 1.0, 1.5, -4.0, 65504.0, 65505.0, 100000.0, 3.4028234663852886e38, 1.1, 1.0e300,
              5.960464477539063e-08, 2.9802322387695312e-08, 6.103515625e-05, 1.401298464324817e-45, 5e-324,
              float("inf"), float("-inf"), 2.0**-25, 16777217.0]
    for i, x in enumerate(floats):
        add(f"float-{i}", f"E-6: float {x!r}", p.encode_float(x).hex(), "float")
    add("nan", "E-7: the only NaN", "f97e00", "float")
    add("false", "E-8: false", "f4", "simple")
    add("true", "E-8: true", "f5", "simple")
    add("null", "E-8: null", "f6", "simple")
    add("bytes-empty", "E-5: no bytes", "40", "bytes")
    add("bytes-4", "E-5: four bytes", "4401020304", "bytes")
    add("bytes-24", "E-5: the first length of two bytes", p.encode(bytes(24)).hex(), "bytes")
    add("bytes-256", "E-5: the first length of three bytes", p.encode(bytes(256)).hex(), "bytes")
    for i, s in enumerate(["", "a", "IETF", "\"\\", "ü", "水", "𐅑", "التعلم", "e\u0301", "\u0000", "\U0010ffff", "\ud7ff\ue000"]):
        add(f"text-{i}", f"E-9: text of {len(s.encode())} bytes", p.encode(s).hex(), "text")
    add("array-empty", "E-4: empty array", "80", "array")
    add("array-3", "E-4: [1, 2, 3]", "83010203", "array")
    add("array-24", "E-5: an array of 24", p.encode([0] * 24).hex(), "array")
    add("map-empty", "E-4: empty map", "a0", "map")
    keys = ["0a", "1864", "20", "617a", "626161", "811864", "8120", "f4"]
    add("map-any-key", "E-10: keys of every type, as in the example of RFC 8949 4.2.1",
        "a8" + "".join(k + "00" for k in keys), "map")
    add("map-nested", "E-10: {\"a\": {\"b\": [1, {\"c\": null}]}}", p.encode({"a": {"b": [1, {"c": None}]}}).hex(), "map")
    add("tag-0", "E-11: tag 0 with a text", p.encode(p.Tag(0, "2013-03-21T20:04:00Z")).hex(), "tag")
    add("tag-2", "E-11: a big number is a tag like any other, even where an integer would do", "c24101", "tag")
    add("tag-40002", "E-24: a reference to a record", p.encode(p.Tag(40002, [0, 1, 0])).hex(), "tag")
    add("tag-max", "E-11: the greatest tag", p.encode(p.Tag(2**64 - 1, None)).hex(), "tag")
    add("depth-8-arrays", "E-12: eight levels", "81" * 7 + "80", "array")
    add("depth-8-scalar", "E-12: a number inside eight levels", "81" * 8 + "00", "array")
    add("depth-8-mixed", "E-12: arrays, maps and tags count alike", "81a100c181a100c181a10000", "array")
    return book


def cbor_reject():
    book = Book("Bytes that a decoder of deterministic CBOR refuses, with the offset and the reason of E-16.")

    def add(name, comment, hex):
        try:
            p.decode(unhex(hex))
        except p.Malformed as fault:
            book.add(name, comment, ("hex", hex), ("offset", fault.offset), ("reason", fault.reason))
            return
        raise AssertionError(name)

    add("empty", "E-4: no bytes at all", "")
    for name, hex in [("uint8", "18"), ("uint16", "1901"), ("uint32", "1a010203"), ("uint64", "1b01020304050607"),
                      ("nint", "38"), ("bytes", "420a"), ("text", "6261"), ("array", "820a"), ("map-value", "a100"),
                      ("map-key", "a1"), ("tag", "c1"), ("tag-argument", "d8"), ("half", "f97e"), ("single", "fa7f8000"),
                      ("double", "fb3ff0000000000000"[:-2]), ("simple-byte", "f8"), ("inner", "83018201")]:
        add(f"truncated-{name}", "E-4 E-16: ends inside an item", hex)
    add("truncated-huge-bytes", "E-15: declares 2^63 bytes", "5b8000000000000000")
    add("truncated-max-bytes", "E-15: declares 2^64 - 1 bytes", "5bffffffffffffffff")
    add("truncated-huge-array", "E-15: declares 2^64 - 1 elements", "9bffffffffffffffff")
    add("truncated-huge-map", "E-15: declares 2^63 pairs", "bb8000000000000000")
    for major in range(8):
        for info in (28, 29, 30):
            add(f"reserved-{major}-{info}", f"E-4: additional information {info}", bytes([major << 5 | info]).hex())
        add(f"indefinite-{major}", "E-4: additional information 31", bytes([major << 5 | 31]).hex())
    add("indefinite-bytes", "E-4: a byte string in chunks", "5f42010243030405ff")
    add("indefinite-array", "E-4: an array of open length", "9f0102ff")
    add("indefinite-inner", "E-4 E-16: an open map inside an array", "8201bf0001ff")
    for hex in ["1800", "1817", "190000", "1900ff", "1a00000000", "1a0000ffff", "1b0000000000000000",
                "1b00000000ffffffff", "3817", "3900ff", "3a0000ffff", "3b00000000ffffffff", "580161", "590001ff",
                "780161", "7900016161", "980100", "99000100", "b8010000", "d80000", "d9000100", "da0000000100"]:
        add(f"nonShortest-{hex}", "E-5: an argument that a shorter form holds", hex)
    for name, hex in [("single-half", "fa3f800000"), ("double-half", "fb3ff0000000000000"),
                      ("double-single", "fb40f86a0000000000"), ("zero", "fa00000000"), ("minus-zero", "fb8000000000000000"),
                      ("infinity-single", "fa7f800000"), ("infinity-double", "fb7ff0000000000000"),
                      ("half-subnormal", "fa33800000"), ("single-subnormal", "fb36a0000000000000")]:
        add(f"float-{name}", "E-6: a shorter float keeps the value", hex)
    for hex in ["f97e01", "f97c01", "f9fe00", "fa7fc00000", "fa7f800001", "fb7ff8000000000000", "fbfff8000000000000"]:
        add(f"nan-{hex}", "E-7: another NaN", hex)
    for hex in ["e0", "f3", "f7", "f800", "f814", "f81f", "f820", "f8ff"]:
        add(f"simple-{hex}", "E-8: a simple value that is none of the three", hex)
    for name, s in [("lone-continuation", b"\x80"), ("overlong-slash", b"\xc0\xaf"), ("overlong-nul", b"\xc0\x80"),
                    ("overlong-3", b"\xe0\x9f\xbf"), ("overlong-4", b"\xf0\x8f\xbf\xbf"), ("surrogate", b"\xed\xa0\x80"),
                    ("surrogate-pair", b"\xed\xa0\x80\xed\xb0\x80"), ("above", b"\xf4\x90\x80\x80"), ("cut", b"a\xe6\xb0"),
                    ("ff", b"\xff"), ("cut-then-ascii", b"\xe6\xb0a")]:
        add(f"utf8-{name}", "E-9: not UTF-8", (p.encode_head(3, len(s)) + s).hex())
    add("unsorted", "E-10: 2 before 1", "a202000100")
    add("unsorted-length-first", "E-10: bytewise, not length first: \"aa\" before 100", "a2626161001864" + "00")
    add("unsorted-negative", "E-10: -1 before 0", "a220000000")
    add("unsorted-inner", "E-10 E-16: in a map inside", "8201a2626200616100")
    add("duplicate", "E-10: 1 twice", "a201000100")
    add("duplicate-third", "E-10: \"b\" twice", "a3616100616200616200")
    add("duplicate-container", "E-10: [] twice", "a280008000")
    add("depth-9-arrays", "E-12: nine arrays", "81" * 8 + "80")
    add("depth-9-map", "E-12: a map at level 9", "81" * 8 + "a0")
    add("depth-9-tag", "E-12: a tag at level 9", "81" * 8 + "c100")
    add("depth-9-tags", "E-12: nine tags", "c1" * 9 + "00")
    add("depth-key", "E-12: a map key counts from the map", "a1" + "81" * 7 + "8000")
    add("depth-before-children", "E-16: found at the head, before the children", "81" * 8 + "81ff")
    add("trailing", "E-13: a second item", "0000")
    add("trailing-after-array", "E-13: a byte after an array", "8101ff")
    add("first-fault", "E-16: the first fault counts", "82f71800")
    return book


def varints():
    book = Book("Varints: accepted ones with their value, rejected ones with the reason of E-3.")
    for n in [0, 1, 127, 128, 129, 255, 300, 16383, 16384, 2**21 - 1, 2**21, 2**28, 2**32, 2**35 - 1, 2**42, 2**49,
              2**56, 2**63 - 1, 2**63, 2**64 - 1]:
        book.add(f"accept-{n}", f"E-2: {n}", ("hex", p.encode_varint(n)), ("value", n))
    for name, hex in [("empty", ""), ("one", "80"), ("nine", "ff" * 9), ("zero-2", "8000"), ("one-2", "8100"),
                      ("127-3", "ff8000"), ("ten-zero", "80" * 9 + "00"), ("ten-two", "80" * 9 + "02"),
                      ("ten-7f", "ff" * 9 + "7f"), ("eleven", "ff" * 10 + "01"), ("eleven-zero", "80" * 10 + "00")]:
        try:
            p.decode_varint(unhex(hex))
        except p.Malformed as fault:
            book.add(f"reject-{name}", f"E-3: {fault.reason}", ("hex", hex), ("reason", fault.reason))
        else:
            raise AssertionError(name)
    return book


REF = bytes([1]) + b"\x11" * 15
REF2 = bytes([1]) + b"\x22" * 15
T = p.Tag

CHANGES = [  # name, comment, channel, change as a Python value
    ("set-int", "E-26: one field of a record of this log", 1, [1 << 16, [], [[1, [0, 7, 0], {3: 80}]]]),
    ("set-text-field", "E-23 E-26: a field with a name", 1, [1, [], [[1, [0, 7, 0], {"note": "x"}]]]),
    ("set-other-log", "E-20 E-21: a record of another log", 1, [1, [REF], [[1, [1, 9, 2], {0: None}]]]),
    ("set-over", "E-26: over", 1, [1, [], [[1, [0, 1, 0], {0: 1}, 2**63 - 1]]]),
    ("set-over-max", "E-26: over is any uint", 1, [1, [], [[1, [0, 1, 0], {0: 1}, 2**64 - 1]]]),
    ("hlc-max", "E-18: the greatest stamp", 1, [2**64 - 1, [], [[4, [0, 1, 0]]]]),
    ("create", "E-25: kind and three fields", 1, [5, [], [[0, 1, {0: "t", 1: 2, "x": [True]}]]]),
    ("create-empty", "E-25: no fields", 1, [5, [], [[0, 0, {}]]]),
    ("create-owned", "E-25: owned", 1, [5, [], [[0, 1, {}, 1]]]),
    ("create-flags-0", "E-25: flags 0 are those of an absent element", 1, [5, [], [[0, 1, {}, 0]]]),
    ("create-kind-max", "E-25: kind is any uint", 1, [5, [], [[0, 2**64 - 1, {}]]]),
    ("create-then-use", "E-22: a record by the index of its operation", 1,
     [5, [], [[0, 1, {0: 1}], [2, 0, 4, "a"], [2, 0, 4, "b"], [1, 0, {0: 2}], [3, 0, 4, [[0, 1, 1]]], [4, 0]]]),
    ("dot-forward", "E-22: a dot may name a later operation of the same change", 1,
     [5, [], [[1, [0, 1, 1], {0: 1}], [0, 1, {}]]]),
    ("add-seen", "E-27: an add that replaces two dots", 1, [5, [REF], [[2, [1, 1, 0], 1, "new", [[0, 3, 1], [1, 2, 0]]]]]),
    ("rem-two", "E-28: two dots", 1, [5, [REF], [[3, [1, 1, 0], "tags", [[1, 1, 1], [1, 1, 1023]]]]]),
    ("del", "E-29: delete", 1, [5, [], [[4, [0, 2**30 - 1, 1023]]]]),
    ("keyed", "E-30: a key of several parts", 1, [5, [], [[6, 7, ["team", 3]], [1, 0, {0: 1}]]]),
    ("keyed-del", "E-30: a del of a keyed record has a good shape (the fold ignores it, D-11)", 1, [5, [], [[6, 7, 0], [4, 0]]]),
    ("ext", "E-18: ext is carried", 1, [5, [], [[4, [0, 1, 0]]], {0: b"salt", 9: [1]}]),
    ("refs-repeated", "E-20: refs may repeat", 1, [5, [REF, REF, REF2], [[4, [3, 1, 0]]]]),
    ("values", "E-24: every type of value", 1,
     [5, [REF], [[0, 1, {0: 0, 1: -1, 2: p.Float(0.5), 3: b"\x00", 4: "ع", 5: [], 6: {"k": [1]}, 7: T(40002, [1, 1, 0]),
                         8: T(40003, [SPACE, REF, 1, 0]), 9: True, 10: None, 11: T(40002, "no reference")}]]]),
    ("nesting", "E-12: a value of four levels in a field stands at levels 5 to 8", 1, [5, [], [[0, 1, {0: [[[[1]]]]}]]]),
    ("nesting-add", "E-12: a value of five levels in an add stands at levels 4 to 8", 1, [5, [], [[2, [0, 1, 0], 0, [[[[[1]]]]]]]]),
    ("field-65535", "E-23: the greatest field number", 1, [5, [], [[1, [0, 1, 0], {65535: 1}]]]),
    ("field-64", "E-23: a name of 64 bytes", 1, [5, [], [[1, [0, 1, 0], {"é" * 32: 1}]]]),
    ("ops-1024", "E-18: 1,024 operations", 1, [5, [], [[4, [0, 1, 0]]] * 1024]),
    ("grant", "E-31: a grant", 0, [5, [], [[32, KEY_B, 2]]]),
    ("grant-name", "E-31: with a name", 0, [5, [], [[32, KEY_B, 3, "مدرسة"]]]),
    ("grant-invitation", "E-31: with an invitation and no name", 0, [5, [], [[32, KEY_B, 1, KEY_C]]]),
    ("grant-all", "E-31: with both", 0, [5, [], [[32, KEY_B, 0, "", KEY_C]]]),
    ("invite", "E-32: an invitation", 0, [5, [], [[64, KEY_C, 2, 1_800_000_000_000]]]),
]

A1 = [4, [0, 1, 0]]  # an operation of a good shape
IGNORED = [  # name, comment, channel, operations
    ("unknown-16", "E-33: a number of the future between good ones", 1, [A1, [16, 1, 2], A1]),
    ("unknown-huge", "E-33: a number of eight bytes", 1, [A1, [2**64 - 1]]),
    ("count-reserved", "E-34: 5 is reserved", 1, [[5, [0, 1, 0], 1, 2, 3], A1]),
    ("seven", "E-34: 7 to 15 are reserved", 1, [[7], A1, [15, {}]]),
    ("not-array", "E-33: an operation that is no array", 1, [0, A1, {}, "x", None]),
    ("empty-array", "E-33: an empty array", 1, [[], A1]),
    ("number-text", "E-33: a number that is a text", 1, [["1", [0, 1, 0], {0: 1}], A1]),
    ("number-negative", "E-33: a negative number", 1, [[-1, [0, 1, 0]], A1]),
    ("create-short", "E-33: a create without fields", 1, [[0, 1], A1]),
    ("create-long", "E-33: a create with an element to spare", 1, [[0, 1, {}, 0, 0], A1]),
    ("create-flags", "E-25: a reserved flag", 1, [[0, 1, {}, 2], [0, 1, {}, 3], [0, 1, {}, True], A1]),
    ("create-kind", "E-25: a kind that is no uint", 1, [[0, -1, {}], [0, "post", {}], [0, p.Float(1.0), {}], A1]),
    ("create-fields", "E-25: fields that are no map", 1, [[0, 1, []], A1]),
    ("set-empty", "E-26: a set of no fields", 1, [[1, [0, 1, 0], {}], A1]),
    ("set-over", "E-26: over that is no uint", 1, [[1, [0, 1, 0], {0: 1}, -1], [1, [0, 1, 0], {0: 1}, None], A1]),
    ("field-65536", "E-23: a field number too great", 1, [[1, [0, 1, 0], {0: 1, 65536: 1}], A1]),
    ("field-name", "E-23: an empty name, and one of 65 bytes", 1, [[1, [0, 1, 0], {"": 1}], [1, [0, 1, 0], {"x" * 65: 1}], A1]),
    ("field-type", "E-23: other types of field", 1, [[1, [0, 1, 0], {-1: 1}], [2, [0, 1, 0], b"f", 1], [2, [0, 1, 0], True, 1], A1]),
    ("dot-ref", "E-21: a log reference beyond refs", 1, [[4, [1, 1, 0]], A1]),
    ("dot-seq-0", "E-21: seq 0", 1, [[4, [0, 0, 0]], A1]),
    ("dot-seq-limit", "E-21: seq 2^30", 1, [[4, [0, 2**30, 0]], A1]),
    ("dot-op", "E-21: op 1024", 1, [[4, [0, 1, 1024]], A1]),
    ("dot-shape", "E-21: dots of two and of four elements, and with a float", 1,
     [[4, [0, 1]], [4, [0, 1, 0, 0]], [4, [0, 1, p.Float(0.0)]], A1]),
    ("index-self", "E-22: the own index", 1, [[4, 0], A1]),
    ("index-later", "E-22: a later operation", 1, [[4, 1], [0, 1, {}]]),
    ("index-beyond", "E-22: an index beyond the operations", 1, [A1, [4, 7]]),
    ("index-not-create", "E-22: an operation that creates nothing", 1, [A1, [4, 0]]),
    ("index-ignored", "E-22: a create that is itself ignored", 1, [[0, 1, {}, 2], [4, 0], A1]),
    ("add-short", "E-27: an add without element", 1, [[2, [0, 1, 0], 1], A1]),
    ("add-seen-empty", "E-27: an empty seen", 1, [[2, [0, 1, 0], 1, "x", []], A1]),
    ("add-seen-bad", "E-21 E-27: one bad dot among good ones", 1, [[2, [0, 1, 0], 1, "x", [[0, 1, 0], [9, 1, 0]]], A1]),
    ("rem-empty", "E-28: no dots", 1, [[3, [0, 1, 0], 1, []], A1]),
    ("rem-bad", "E-21 E-28: one bad dot among good ones", 1, [[3, [0, 1, 0], 1, [[0, 1, 0], [0, 0, 0]]], A1]),
    ("del-long", "E-29: an element to spare", 1, [[4, [0, 1, 0], 0], A1]),
    ("keyed-long", "E-30: an element to spare", 1, [[6, 1, 1, {}], A1, [6, 1]]),
    ("control-in-data", "E-34: control operations in a data channel", 1, [[32, KEY_B, 2], [64, KEY_C, 2, 1], A1]),
    ("data-in-control", "E-34: data operations in channel 0", 0, [[0, 1, {}], [1, [0, 1, 0], {0: 1}], [6, 1, 1], [32, KEY_B, 2]]),
    ("grant-role", "E-31: role 4", 0, [[32, KEY_B, 4], [32, KEY_B, 2]]),
    ("grant-key", "E-31 L-5: a key of 31 bytes, and one of small order", 0, [[32, KEY_B[:31], 2], [32, bytes(32), 2], [32, KEY_B, 2]]),
    ("grant-name", "E-31: a name of 257 bytes", 0, [[32, KEY_B, 2, "x" * 257], [32, KEY_B, 2, "x" * 256]]),
    ("grant-order", "E-31: invitation before name", 0, [[32, KEY_B, 2, KEY_C, "x"], [32, KEY_B, 2]]),
    ("grant-long", "E-31: an element to spare", 0, [[32, KEY_B, 2, "x", KEY_C, 0], [32, KEY_B, 2]]),
    ("invite-short", "E-32: no expiry", 0, [[64, KEY_C, 2], [64, KEY_C, 2, 5]]),
    ("critical", "E-34: a critical operation that this version does not know (D-9)", 0, [[33, KEY_B, []], [32, KEY_B, 2]]),
    ("all", "E-33: no operation left", 1, [[99], [98]]),
]


def changes_accepted():
    book = Book("Leaves that hold a change of which every operation counts, and their meaning.")
    for name, comment, channel, value in CHANGES:
        leaf = p.encode(value)
        change = p.decode_change(leaf, channel == 0)
        assert change and None not in change.ops, name
        pairs = [line.split(": ", 1) for line in p.describe_change(change)]
        book.add(name, comment, ("channel", channel), ("hex", leaf), *pairs)
    return book


def changes_ignored():
    book = Book("Leaves of which operations are ignored (`ignored` lists their indices), or which hold no change (`change: none`).")
    for name, comment, channel, ops in IGNORED:
        leaf = p.encode([7, [], ops])
        change = p.decode_change(leaf, channel == 0)
        ignored = [i for i, op in enumerate(change.ops) if op is None]
        assert ignored, name
        pairs = [line.split(": ", 1) for line in p.describe_change(change)]
        book.add(name, comment, ("channel", channel), ("hex", leaf), ("ignored", " ".join(map(str, ignored))), *pairs)
    good = p.encode([7, [], [A1]])
    none = [
        ("empty", "E-19 L-2: no leaf at all", b""), ("not-cbor", "E-19: no CBOR", b"\xff"), ("text", "E-19: plain text", b"hello"),
        ("trailing", "E-13 E-19: a byte after the change", good + b"\x00"), ("cut", "E-19: cut", good[:-1]),
        ("uint", "E-18: no array", p.encode(7)), ("two", "E-18: two elements", p.encode([7, []])),
        ("five", "E-18: five elements", p.encode([7, [], [A1], {}, 0])), ("hlc-text", "E-18: a stamp that is a text", p.encode(["7", [], [A1]])),
        ("hlc-negative", "E-18: a negative stamp", p.encode([-1, [], [A1]])), ("hlc-float", "E-18: a float as stamp", p.encode([p.Float(7.0), [], [A1]])),
        ("refs-map", "E-18: refs that are no array", p.encode([7, {}, [A1]])), ("refs-15", "E-18: a LogID of 15 bytes", p.encode([7, [bytes(15)], [A1]])),
        ("refs-text", "E-18: a LogID that is a text", p.encode([7, ["x" * 16], [A1]])),
        ("ops-empty", "E-18: no operations", p.encode([7, [], []])), ("ops-1025", "E-18: 1,025 operations", p.encode([7, [], [A1] * 1025])),
        ("ops-map", "E-18: operations that are no array", p.encode([7, [], {}])),
        ("ext-array", "E-18: ext that is no map", p.encode([7, [], [A1], []])), ("ext-text", "E-18: a key of ext that is no uint", p.encode([7, [], [A1], {"x": 1}])),
        ("ext-null", "E-18: ext that is null", p.encode([7, [], [A1], None])),
        ("non-shortest", "E-5 E-19: not deterministic", b"\x83\x18\x07" + good[2:]),
        ("depth", "E-12 E-19: one operation nested too deep spoils the leaf", p.encode([7, [], [A1, [16, [[[[[[1]]]]]]]]])),
        ("bad-utf8", "E-9 E-19: a text that is not UTF-8 spoils the leaf", p.encode([7, [], [A1, [16, "abc"]]]).replace(b"abc", b"a\xffc")),
    ]
    for name, comment, leaf in none:
        assert p.decode_change(leaf) is None, name
        book.add("none-" + name, comment, ("channel", 1), ("hex", leaf), ("change", "none"))
    return book


def ids():
    book = Book("Identifiers: genesis and SpaceID, LogID32 and LogID, ids of keyed records; rejected genesis; keys.")
    for name, comment, value in [
            ("genesis-team", "E-35 L-6: a team", [1, 0, [KEY_A], bytes(16)]),
            ("genesis-school", "E-35 L-6: the space of the other vectors", [1, 1, [KEY_A], bytes(range(16))]),
            ("genesis-parent", "E-35 L-6: with a parent and two founders", [1, 2, [KEY_B, KEY_A], b"\xff" * 16, SPACE]),
            ("genesis-topic", "E-35 L-6: a topic", [1, 5, [KEY_C], bytes(16), SPACE])]:
        data = p.encode(value)
        genesis = p.decode_genesis(data)
        pairs = [("genesis", data), ("level", genesis.level)] + [("founder", f) for f in genesis.founders]
        pairs += [("parent", genesis.parent)] if genesis.parent else []
        book.add(name, comment, *pairs, ("space", p.space_id(data)))
    for name, comment, value in [
            ("version", "E-35: a first element other than 1", [2, 1, [KEY_A], bytes(16)]),
            ("level", "E-35: level 6", [1, 6, [KEY_A], bytes(16)]), ("no-founder", "E-35: no founder", [1, 1, [], bytes(16)]),
            ("founder-short", "E-35: a founder of 31 bytes", [1, 1, [KEY_A[:31]], bytes(16)]),
            ("founder-twice", "E-35: a founder twice", [1, 1, [KEY_A, KEY_A], bytes(16)]),
            ("founders-many", "E-35: 17 founders", [1, 1, [p.public_key(bytes([i]) * 32) for i in range(17)], bytes(16)]),
            ("founder-small-order", "E-35 L-5: a founder of small order", [1, 1, [b"\x01" + bytes(31)], bytes(16)]),
            ("nonce", "E-35: a nonce of 15 bytes", [1, 1, [KEY_A], bytes(15)]), ("parent-null", "E-35: a parent that is null", [1, 1, [KEY_A], bytes(16), None]),
            ("long", "E-35: an element to spare", [1, 1, [KEY_A], bytes(16), SPACE, 0]), ("map", "E-35: no array", {1: 1})]:
        data = p.encode(value)
        try:
            p.decode_genesis(data)
        except p.Malformed:
            book.add("genesis-reject-" + name, comment, ("genesis", data), ("accept", "no"))
        else:
            raise AssertionError(name)
    for i, (key, channel, epoch) in enumerate([(KEY_A, 0, 0), (KEY_A, 1, 0), (KEY_A, 1, 1), (KEY_A, 2, 2**64 - 1), (KEY_B, 1, 0x0102030405060708), (KEY_B, 7, 5)]):
        id32 = p.log_id32(SPACE, key, channel, epoch)
        book.add(f"log-{i}", "L-7 L-8: a log", ("space", SPACE), ("key", key), ("channel", channel), ("epoch", epoch),
                 ("logid32", id32), ("logid", p.log_id(channel, id32)))
    for i, (channel, kind, key) in enumerate([(1, 0, 0), (1, 7, ["team", 3]), (2, 7, ["team", 3]), (1, 2**64 - 1, None), (1, 7, {"a": 1, "b": p.Float(1.5)})]):
        book.add(f"keyed-{i}", "L-10: a keyed record", ("channel", channel), ("kind", kind), ("key", p.encode(key)),
                 ("id", p.keyed_id(channel, kind, p.encode(key))))
    cases = [(f"key-small-order-{i}", "L-5: a point of small order", y) for i, y in enumerate(p.SMALL_ORDER_Y)]
    cases += [(f"key-small-order-{i}-sign", "L-5: the same with the sign bit", y[:31] + bytes([y[31] | 0x80])) for i, y in enumerate(p.SMALL_ORDER_Y)]
    for name, y in [("p", p.P), ("p-plus-1", p.P + 1), ("greatest", 2**255 - 1), ("p-sign", p.P | 1 << 255)]:
        cases.append((f"key-{name}", "L-5: y is not below p", y.to_bytes(32, "little")))
    cases += [("key-short", "L-5: 31 bytes", KEY_A[:31]), ("key-long", "L-5: 33 bytes", KEY_A + b"\x00"),
              ("key-good", "L-5: an ordinary key", KEY_A), ("key-p-minus-2", "L-5: y = p - 2 is below p", (p.P - 2).to_bytes(32, "little"))]
    for name, comment, key in cases:
        book.add(name, comment, ("key", key), ("acceptable", "yes" if p.acceptable_key(key) else "no"))
    return book


FOREST_ID = p.log_id32(SPACE, KEY_A, 1, 7)


def forest():
    book = Book("Merkle forests over the leaves u32be(0), u32be(1), …, of the log with the logid32 of the first block.")
    sizes = list(range(41)) + [63, 64, 65, 100, 127, 128, 255, 256, 257, 1000, 1023, 1024, 1025]
    leaves = [struct.pack(">I", i) for i in range(max(sizes))]
    hashes = [p.leaf_hash(leaf) for leaf in leaves]
    book.add("log", "L-7: the log of this file", ("logid32", FOREST_ID))
    for i in (0, 1, 255):
        book.add(f"leaf-{i}", "L-11: hash of a leaf", ("leaf", leaves[i]), ("hash", hashes[i]))
    book.add("node", "L-12: hash of a node over leaves 0 and 1", ("left", hashes[0]), ("right", hashes[1]), ("hash", p.node_hash(hashes[0], hashes[1])))
    roots = {n: p.root(FOREST_ID, n, p.peaks(hashes, n)) for n in sizes}
    for n in sizes:
        book.add(f"root-{n}", f"L-13 L-14: the forest of {n} leaves", ("n", n), *[("peak", h) for h in p.peaks(hashes, n)], ("root", roots[n]))
    pairs = [(k, n) for n in range(10) for k in range(n + 1)] + [(13, 40), (32, 40), (39, 40), (31, 33), (1, 1025), (512, 1000), (1023, 1024), (1024, 1025), (7, 1000)]
    for k, n in pairs:
        blocks = p.span(k, n)
        book.add(f"bridge-{k}-{n}", f"L-15 L-16 L-17: from {k} to {n}", ("k", k), ("n", n),
                 ("span", " ".join(f"{start}+{height}" for start, height in blocks)), *[("hash", h) for h in p.bridge(hashes, k, n)])
    for m, n in [(1, 1), (1, 2), (2, 3), (3, 7), (4, 7), (7, 8), (8, 8), (13, 40), (31, 257), (1000, 1025), (1024, 1024)]:
        proof = p.consistency_proof(hashes, m, n)
        root_m = p.root(FOREST_ID, m, p.peaks(hashes, m))
        assert p.check_consistency(FOREST_ID, m, root_m, n, roots[n], proof)
        book.add(f"consistency-{m}-{n}", "L-18: valid", ("m", m), ("n", n), ("rootM", root_m), ("rootN", roots[n]),
                 *[("hash", h) for h in proof], ("valid", "yes"))
    good = p.consistency_proof(hashes, 3, 7)
    r3, r7 = (p.root(FOREST_ID, n, p.peaks(hashes, n)) for n in (3, 7))
    for name, comment, m, n, rm, rn, proof in [
            ("short", "a hash too few", 3, 7, r3, r7, good[:-1]), ("long", "a hash too many", 3, 7, r3, r7, good + good[-1:]),
            ("swapped", "two hashes exchanged", 3, 7, r3, r7, good[:2] + good[3:] + good[2:3]), ("other-root", "another old root", 3, 7, roots[4], r7, good),
            ("smaller", "m greater than n", 7, 3, r7, r3, good), ("empty", "no hashes", 3, 7, r3, r7, [])]:
        assert not p.check_consistency(FOREST_ID, m, rm, n, rn, proof), name
        book.add(f"consistency-reject-{name}", f"L-18: {comment}", ("m", m), ("n", n), ("rootM", rm), ("rootN", rn),
                 *[("hash", h) for h in proof], ("valid", "no"))
    for s, n in [(1, 1), (1, 2), (2, 2), (3, 3), (1, 7), (4, 7), (5, 7), (7, 7), (8, 8), (17, 40), (33, 40), (40, 40), (1000, 1025), (1025, 1025)]:
        proof = p.inclusion_proof(hashes, s, n)
        assert p.check_inclusion(FOREST_ID, s, hashes[s - 1], n, roots[n], proof)
        book.add(f"inclusion-{s}-{n}", "L-19: valid", ("seq", s), ("n", n), ("leafHash", hashes[s - 1]), ("root", roots[n]),
                 *[("hash", h) for h in proof], ("valid", "yes"))
    good = p.inclusion_proof(hashes, 4, 7)
    for name, comment, s, n, leaf, proof in [
            ("short", "a hash too few", 4, 7, hashes[3], good[:-1]), ("long", "a hash too many", 4, 7, hashes[3], good + good[-1:]),
            ("other-seq", "another position", 3, 7, hashes[3], good), ("other-leaf", "another leaf", 4, 7, hashes[4], good),
            ("zero", "seq 0", 0, 7, hashes[3], good), ("beyond", "seq beyond n", 8, 7, hashes[3], good)]:
        assert not p.check_inclusion(FOREST_ID, s, leaf, n, roots[7], proof), name
        book.add(f"inclusion-reject-{name}", f"L-19: {comment}", ("seq", s), ("n", n), ("leafHash", leaf), ("root", roots[7]),
                 *[("hash", h) for h in proof], ("valid", "no"))
    hole = lambda start, height: ("hole", height, p.block_hash(hashes[start:start + (1 << height)]))
    leaf = lambda i: ("leaf", leaves[i])
    for name, comment, k, items in [
            ("leaves", "L-23: three leaves", 0, [leaf(0), leaf(1), leaf(2)]),
            ("one-leaf", "L-20: a hole of one leaf", 0, [leaf(0), hole(1, 0), leaf(2)]),
            ("block", "L-20: a hole of four leaves, then leaves", 0, [hole(0, 2), leaf(4), hole(5, 0), hole(6, 1)]),
            ("first-bigger", "L-20: any height fits at 0", 0, [hole(0, 5), hole(32, 3)]),
            ("after-prefix", "L-17 L-20: after a prefix of 6", 6, [hole(6, 1), hole(8, 3), leaf(16)])]:
        peak_list, n = p.append_items(p.peaks(hashes, k), k, items)
        assert peak_list == p.peaks(hashes, n)
        book.add(f"items-{name}", comment, ("k", k), ("count", len(items)), ("items", p.encode_items(items)), ("n", n),
                 ("root", p.root(FOREST_ID, n, peak_list)), ("valid", "yes"))
    for name, comment, k, items in [("odd", "L-21: height 1 at position 1", 1, [hole(0, 1)]), ("middle", "L-21: height 2 at position 6", 6, [hole(0, 2)])]:
        try:
            p.append_items(p.peaks(hashes, k), k, items)
        except p.Malformed:
            book.add(f"items-reject-{name}", comment, ("k", k), ("count", len(items)), ("items", p.encode_items(items)), ("valid", "no"))
        else:
            raise AssertionError(name)
    for name, comment, data in [("empty-leaf", "L-23: a leaf of no bytes", b"\x00"), ("long-leaf", "L-23: a leaf of 65,537 bytes (declared)", p.encode_varint(2 * 65_537)),
                                ("height-41", "L-20 L-23: a hole of height 41", p.encode_varint(83) + bytes(32)), ("cut-leaf", "L-23: a leaf cut short", b"\x06\x00\x00"),
                                ("cut-hole", "L-23: a hole cut short", b"\x01" + bytes(31))]:
        book.add(f"items-reject-{name}", comment, ("k", 0), ("count", 1), ("items", data), ("valid", "no"))
    return book


def heads():
    book = Book("Signed heads: the signed message, the signature of the seed's key, and refused ones.")
    hashes = [p.leaf_hash(struct.pack(">I", i)) for i in range(40)]
    for i, (seed, channel, n, flags) in enumerate([(SEED_A, 1, 1, 0), (SEED_A, 1, 40, 0), (SEED_A, 1, 40, 1), (SEED_B, 0, 7, 0), (SEED_C, 2, 33, 0)]):
        key = p.public_key(seed)
        id32 = p.log_id32(SPACE, key, channel, 7)
        root_n = p.root(id32, n, p.peaks(hashes, n))
        message = p.head_message(id32, n, root_n, flags)
        signature = p.sign(seed, message)
        assert p.check_head(key, id32, n, root_n, flags, signature)
        book.add(f"head-{i}", "L-24 L-25: a valid head over the leaves of forest.txt", ("seed", seed), ("key", key), ("logid32", id32), ("n", n),
                 ("root", root_n), ("flags", flags), ("message", message), ("signature", signature), ("valid", "yes"))
    key, seed = KEY_A, SEED_A
    id32 = p.log_id32(SPACE, key, 1, 7)
    root_n = p.root(id32, 40, p.peaks(hashes, 40))
    good = p.sign(seed, p.head_message(id32, 40, root_n, 0))
    s = int.from_bytes(good[32:], "little")
    identity = b"\x01" + bytes(31)
    forged = identity + bytes(32)   # R = identity, s = 0: verifies for A = identity under RFC 8032 without key checks

    def add(name, comment, key, n, root_n, flags, signature):
        assert not p.check_head(key, id32, n, root_n, flags, signature), name
        book.add("reject-" + name, comment, ("key", key), ("logid32", id32), ("n", n), ("root", root_n), ("flags", flags),
                 ("message", p.head_message(id32, n, root_n, flags)), ("signature", signature), ("valid", "no"))

    add("other-n", "L-24: another n", key, 39, root_n, 0, good)
    add("other-root", "L-24: another root", key, 40, bytes(32), 0, good)
    add("other-flags", "L-25: the closed flag added", key, 40, root_n, 1, good)
    add("other-key", "L-24: another key", KEY_B, 40, root_n, 0, good)
    other = p.log_id32(SPACE, key, 1, 8)
    add("other-log", "L-14 L-24: signed for another epoch of the log", key, 40, root_n, 0, p.sign(seed, p.head_message(other, 40, root_n, 0)))
    add("n-0", "L-24: a head of no leaves", key, 0, p.root(id32, 0, []), 0, p.sign(seed, p.head_message(id32, 0, p.root(id32, 0, []), 0)))
    add("flags-2", "L-25: a reserved flag, validly signed", key, 40, root_n, 2, p.sign(seed, p.head_message(id32, 40, root_n, 2)))
    add("s-plus-order", "L-26: s is not below the group order", key, 40, root_n, 0, good[:32] + (s + p.ORDER).to_bytes(32, "little"))
    add("s-order", "L-26: s equal to the group order", key, 40, root_n, 0, good[:32] + p.ORDER.to_bytes(32, "little"))
    add("bit", "L-26: one bit of s flipped", key, 40, root_n, 0, good[:32] + bytes([good[32] ^ 1]) + good[33:])
    add("r-bit", "L-26: one bit of R flipped", key, 40, root_n, 0, bytes([good[0] ^ 1]) + good[1:])
    add("zero", "L-26: all zeros", key, 40, root_n, 0, bytes(64))
    for i, y in enumerate(p.SMALL_ORDER_Y):
        add(f"small-order-{i}", "L-5 L-26: a key of small order, with a signature that libraries may accept", y, 40, root_n, 0, forged)
    add("identity-r-noncanonical", "L-26: R is compared as bytes", identity, 40, root_n, 0, (p.P + 1).to_bytes(32, "little") + bytes(32))
    add("key-noncanonical", "L-5: y = p + 1, the identity written otherwise", (p.P + 1).to_bytes(32, "little"), 40, root_n, 0, forged)
    off = next(bytes([i]) + bytes(31) for i in range(2, 50) if p.point_decode(bytes([i]) + bytes(31)) is None)
    add("off-curve", "L-26: a key that is no point", off, 40, root_n, 0, good)
    # A mixed-order R: valid only with the cofactor. R' = R + T where T has order 8 makes 8·(…) agree and the bytes differ.
    torsion = p.point_decode(p.SMALL_ORDER_Y[3])
    a, prefix = p.secret(seed)
    r = int.from_bytes(p.hashlib.sha512(prefix + b"mixed").digest(), "little") % p.ORDER
    big_r = p.point_encode(p.point_add(p.point_mul(r, p.BASE), torsion))
    message = p.head_message(id32, 40, root_n, 0)
    h = int.from_bytes(p.hashlib.sha512(big_r + key + message).digest(), "little") % p.ORDER
    add("cofactor", "L-26: valid only if both sides are multiplied by the cofactor", key, 40, root_n, 0, big_r + ((r + h * a) % p.ORDER).to_bytes(32, "little"))
    return book


def pages():
    book = Book("Seals of pages (L-40): byte i of a page is (i·i + i÷8) mod 256, or 0.")
    for name, comment, number, page in [
            ("first", "L-40: the first page", 1, p.patterned_page()), ("same-elsewhere", "L-40: the same bytes as another page", 70_000, p.patterned_page()),
            ("zero", "L-40: a page of zeros", 2, bytes(p.PAGE))]:
        book.add(name, comment, ("number", number), ("pattern", "no" if name == "zero" else "yes"), ("seal", p.seal(page, number)))
    return book


BOOKS = {"pages": pages, "cbor-accept": cbor_accept, "cbor-reject": cbor_reject, "varint": varints, "change-accept": changes_accepted,
         "change-ignored-ops": changes_ignored, "ids": ids, "forest": forest, "heads": heads}
