"""plcref: a second implementation of the plc formats and laws, written from Specs/ alone.

It is naive on purpose: it takes whole inputs, keeps no incremental state, and prefers the shape of the clause to
speed. Nothing here is shared with the Swift implementation. Python 3 standard library only.

Order of the file: varint, CBOR, change, identifiers, Merkle forest, Ed25519, heads, clock, membership, fold, digest
(frames and messages are in plcref_session.py).
"""

import hashlib
import math
import struct
from dataclasses import dataclass, field as dataclass_field

LEAF_MAX = 65_536  # bytes; L-2
OPS_MAX = 1_024  # operations of one change; E-18
FOUNDERS_MAX = 16  # keys; E-35
NESTING_MAX = 8  # levels; E-12
SEQ_LIMIT = 1 << 30  # seq and n are below this; L-3
STAMP_LIMIT = 1 << 63  # stamps at or above this are void; C-5
U64 = 1 << 64


class Malformed(Exception):
    """Bytes that a decoder refuses: one reason word and the offset of the thing at fault."""

    def __init__(self, reason, offset):
        super().__init__(f"{reason} at {offset}")
        self.reason, self.offset = reason, offset


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def u64(n):
    return struct.pack(">Q", n)


# ---------------------------------------------------------------------------------------------------- varint (E-2)


def encode_varint(n):
    assert 0 <= n < U64
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def decode_varint(data, at=0):
    """The number at `at`, and the offset after it."""
    value = 0
    for i in range(10):
        if at + i >= len(data):
            raise Malformed("truncated", at)
        byte = data[at + i]
        if i == 9 and byte > 1:
            raise Malformed("overflow", at)
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            if byte == 0 and i > 0:
                raise Malformed("nonShortest", at)
            return value, at + i + 1
    raise Malformed("overflow", at)


# ------------------------------------------------------------------------------------------------------ CBOR (E-4…)


class Float:
    """A CBOR float, kept apart from integers: 1.0 and 1 are different values."""

    def __init__(self, value):
        self.value = value


@dataclass
class Item:
    """One decoded data item: its major type as a word, its value, and the bytes that it came from.

    Values: uint and nint int; bytes bytes; text str; array [Item]; map [(Item, Item)]; tag (int, Item);
    simple False, True or None; float Float.
    """

    type: str
    value: object
    raw: bytes


class Tag:
    def __init__(self, number, content):
        self.number, self.content = number, content


def encode_head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << (8 * size):
            return bytes([major << 5 | info]) + n.to_bytes(size, "big")
    raise ValueError(n)


def encode_float(x):
    if math.isnan(x):
        return b"\xf9\x7e\x00"
    for head, form in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            packed = struct.pack(form, x)
        except OverflowError:
            continue
        if struct.unpack(form, packed)[0] == x:
            return head + packed
    return b"\xfb" + struct.pack(">d", x)


def encode(x):
    """The one encoding of a Python value; an Item stands for its own bytes."""
    if isinstance(x, Item):
        return x.raw
    if x is False:
        return b"\xf4"
    if x is True:
        return b"\xf5"
    if x is None:
        return b"\xf6"
    if isinstance(x, int):
        return encode_head(0, x) if x >= 0 else encode_head(1, -1 - x)
    if isinstance(x, Float):
        return encode_float(x.value)
    if isinstance(x, bytes):
        return encode_head(2, len(x)) + x
    if isinstance(x, str):
        b = x.encode("utf-8")
        return encode_head(3, len(b)) + b
    if isinstance(x, (list, tuple)):
        return encode_head(4, len(x)) + b"".join(map(encode, x))
    if isinstance(x, dict):
        pairs = sorted((encode(k), encode(v)) for k, v in x.items())
        return encode_head(5, len(pairs)) + b"".join(k + v for k, v in pairs)
    if isinstance(x, Tag):
        return encode_head(6, x.number) + encode(x.content)
    raise TypeError(x)


def decode_item(data, at=0, level=1):
    """The item at `at`, and the offset after it; `level` is what an array here would count as."""
    start = at
    if at >= len(data):
        raise Malformed("truncated", start)
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info == 31:
        raise Malformed("indefinite", start)
    if info >= 28:
        raise Malformed("reserved", start)
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    if at + size > len(data):
        raise Malformed("truncated", start)
    argument_bytes = data[at : at + size]
    argument = int.from_bytes(argument_bytes, "big") if size else info
    at += size

    def done(type, value):
        return Item(type, value, data[start:at]), at

    if major == 7:
        if size <= 1:
            if size == 0 and info in (20, 21, 22):
                return done("simple", {20: False, 21: True, 22: None}[info])
            raise Malformed("simple", start)
        value = struct.unpack({2: ">e", 4: ">f", 8: ">d"}[size], argument_bytes)[0]
        if math.isnan(value) and data[start:at] != b"\xf9\x7e\x00":
            raise Malformed("nan", start)
        if encode_float(value) != data[start:at]:
            raise Malformed("nonShortest", start)
        return done("float", Float(value))
    if size and argument < {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[size]:
        raise Malformed("nonShortest", start)
    if major == 0:
        return done("uint", argument)
    if major == 1:
        return done("nint", -1 - argument)
    if major in (2, 3):
        if at + argument > len(data):
            raise Malformed("truncated", start)
        content = data[at : at + argument]
        at += argument
        if major == 2:
            return done("bytes", content)
        try:
            return done("text", content.decode("utf-8"))
        except UnicodeDecodeError:
            raise Malformed("utf8", start) from None
    if level > NESTING_MAX:
        raise Malformed("depth", start)
    if major == 4:
        items = []
        for _ in range(argument):
            item, at = decode_item(data, at, level + 1)
            items.append(item)
        return done("array", items)
    if major == 6:
        content, at = decode_item(data, at, level + 1)
        return done("tag", (argument, content))
    pairs = []
    for _ in range(argument):
        key_at = at
        key, at = decode_item(data, at, level + 1)
        if pairs and key.raw == pairs[-1][0].raw:
            raise Malformed("duplicateKey", key_at)
        if pairs and key.raw < pairs[-1][0].raw:
            raise Malformed("unsortedKeys", key_at)
        value, at = decode_item(data, at, level + 1)
        pairs.append((key, value))
    return done("map", pairs)


def decode(data):
    """The one item that is all of `data`."""
    item, at = decode_item(data)
    if at != len(data):
        raise Malformed("trailing", at)
    return item


# --------------------------------------------------------------------------------------------------- change (E-18…)


@dataclass(frozen=True, order=True)
class Dot:
    """A position in a log: the name of a record or of an element of a set."""

    log: bytes
    seq: int
    op: int

    def bytes(self):
        return self.log + u64(self.seq) + u64(self.op)

    def text(self):
        return f"{self.log.hex()}/{self.seq}/{self.op}"


@dataclass
class Op:
    """One operation. `rec` is ("dot", (ref, seq, op)) or ("index", i); dots are (ref, seq, op)."""

    name: str
    raw: bytes
    rec: tuple = None
    kind: int = None
    fields: list = dataclass_field(default_factory=list)  # [(field Item, value Item)]
    owned: bool = False
    over: int = None
    dots: list = dataclass_field(default_factory=list)  # seen of an add, dots of a rem
    value: Item = None  # elem of an add, key of a keyed
    key: bytes = None  # of a grant or an invite
    role: int = None
    label: str = None
    invitation: bytes = None
    expiry: int = None


@dataclass
class Change:
    hlc: int
    refs: list
    ops: list  # Op, or None where the operation is ignored
    numbers: list  # the number of each op, or None if it has none


def is_uint(item, limit=U64):
    return item.type == "uint" and item.value < limit


def is_bytes(item, size):
    return item.type == "bytes" and len(item.value) == size


def is_field(item):
    return is_uint(item, 1 << 16) or item.type == "text" and 1 <= len(item.value.encode()) <= 64


def read_dot(item, refs):
    if item.type != "array" or len(item.value) != 3 or not all(is_uint(x) for x in item.value):
        return None
    ref, seq, op = (x.value for x in item.value)
    if ref > len(refs) or not 1 <= seq < SEQ_LIMIT or op >= OPS_MAX:
        return None
    return ref, seq, op


def read_dots(item, refs):
    if item.type != "array" or not item.value:
        return None
    dots = [read_dot(x, refs) for x in item.value]
    return None if None in dots else dots


def read_rec(item, refs, earlier):
    if item.type == "uint":
        if item.value < len(earlier) and earlier[item.value] and earlier[item.value].name in ("create", "keyed"):
            return "index", item.value
        return None
    dot = read_dot(item, refs)
    return dot and ("dot", dot)


def read_fields(item, at_least):
    if item.type != "map" or len(item.value) < at_least or not all(is_field(k) for k, _ in item.value):
        return None
    return item.value


def read_op(item, refs, earlier, control):
    """The operation, or None if this version ignores it (E-33)."""
    if item.type != "array" or not item.value or item.value[0].type != "uint":
        return None
    number, a = item.value[0].value, item.value[1:]
    if control:
        return read_control_op(number, a, item.raw)
    if number == 0 and len(a) in (2, 3):
        fields = read_fields(a[1], 0)
        if is_uint(a[0]) and fields is not None and (len(a) == 2 or is_uint(a[2], 2)):
            return Op("create", item.raw, kind=a[0].value, fields=fields, owned=len(a) == 3 and a[2].value == 1)
    elif number == 1 and len(a) in (2, 3):
        rec, fields = read_rec(a[0], refs, earlier), read_fields(a[1], 1)
        if rec and fields and (len(a) == 2 or is_uint(a[2])):
            return Op("set", item.raw, rec=rec, fields=fields, over=a[2].value if len(a) == 3 else None)
    elif number == 2 and len(a) in (3, 4):
        rec = read_rec(a[0], refs, earlier)
        dots = read_dots(a[3], refs) if len(a) == 4 else []
        if rec and is_field(a[1]) and dots is not None:
            return Op("add", item.raw, rec=rec, fields=[(a[1], None)], value=a[2], dots=dots)
    elif number == 3 and len(a) == 3:
        rec, dots = read_rec(a[0], refs, earlier), read_dots(a[2], refs)
        if rec and is_field(a[1]) and dots:
            return Op("rem", item.raw, rec=rec, fields=[(a[1], None)], dots=dots)
    elif number == 4 and len(a) == 1:
        rec = read_rec(a[0], refs, earlier)
        if rec:
            return Op("del", item.raw, rec=rec)
    elif number == 6 and len(a) == 2:
        if is_uint(a[0]):
            return Op("keyed", item.raw, kind=a[0].value, value=a[1])
    return None


def read_control_op(number, a, raw):
    if number == 32 and 2 <= len(a) <= 4:
        if not (is_bytes(a[0], 32) and acceptable_key(a[0].value) and is_uint(a[1], 4)):
            return None
        op, rest = Op("grant", raw, key=a[0].value, role=a[1].value), a[2:]
        if rest and rest[0].type == "text":
            op.label = rest.pop(0).value
            if len(op.label.encode()) > 256:
                return None
        if rest and is_bytes(rest[0], 32):
            op.invitation = rest.pop(0).value
        return None if rest else op
    if number == 64 and len(a) == 3:
        if is_bytes(a[0], 32) and is_uint(a[1], 4) and is_uint(a[2]):
            return Op("invite", raw, invitation=a[0].value, role=a[1].value, expiry=a[2].value)
    return None


def decode_change(leaf, control=False):
    """The change in a leaf, or None if the leaf has no operations (E-19)."""
    if not 1 <= len(leaf) <= LEAF_MAX:
        return None
    try:
        top = decode(leaf)
    except Malformed:
        return None
    if top.type != "array" or len(top.value) not in (3, 4):
        return None
    hlc, refs, ops = top.value[:3]
    if hlc.type != "uint" or refs.type != "array" or not all(is_bytes(r, 16) for r in refs.value):
        return None
    if ops.type != "array" or not 1 <= len(ops.value) <= OPS_MAX:
        return None
    if len(top.value) == 4:
        ext = top.value[3]
        if ext.type != "map" or not all(k.type == "uint" for k, _ in ext.value):
            return None
    change = Change(hlc.value, [r.value for r in refs.value], [], [])
    for item in ops.value:
        change.ops.append(read_op(item, change.refs, change.ops, control))
        numbered = item.type == "array" and item.value and item.value[0].type == "uint"
        change.numbers.append(item.value[0].value if numbered else None)
    return change


def field_text(item):
    return str(item.value) if item.type == "uint" else "t" + item.value.encode().hex()


def describe_change(change):
    """The text form of a change used by the vectors (Specs/README.md)."""

    def rec(r):
        return f"#{r[1]}" if r[0] == "index" else "/".join(map(str, r[1]))

    lines = [f"hlc: {change.hlc}"] + [f"ref: {r.hex()}" for r in change.refs]
    for i, op in enumerate(change.ops):
        words = [str(i), op.name if op else "ignored"]
        if op and op.name in ("create", "keyed"):
            words.append(str(op.kind))
        if op and op.owned:
            words.append("owned")
        if op and op.rec:
            words.append(rec(op.rec))
        if op and op.over is not None:
            words += ["over", str(op.over)]
        for f, v in op.fields if op else []:
            words += ["field", field_text(f)] + ([v.raw.hex()] if v else [])
        if op and op.value:
            words += ["value", op.value.raw.hex()]
        if op and op.dots:
            words += ["dots"] + ["/".join(map(str, d)) for d in op.dots]
        if op and op.key:
            words.append(op.key.hex())
        if op and op.name == "invite":
            words.append(op.invitation.hex())
        if op and op.role is not None:
            words += ["role", str(op.role)]
        if op and op.expiry is not None:
            words += ["expiry", str(op.expiry)]
        if op and op.label is not None:
            words += ["name", "t" + op.label.encode().hex()]
        if op and op.name == "grant" and op.invitation:
            words += ["invitation", op.invitation.hex()]
        lines.append("op: " + " ".join(words))
    return lines


# ----------------------------------------------------------------------------------------------- identifiers (L-4…)


@dataclass
class Genesis:
    level: int
    founders: list
    nonce: bytes
    parent: bytes


def decode_genesis(data):
    """The genesis, or Malformed (E-35)."""
    top = decode(data)
    a = top.value
    if top.type != "array" or len(a) not in (4, 5) or not (is_uint(a[0]) and a[0].value == 1) or not is_uint(a[1], 6):
        raise Malformed("shape", 0)
    if a[2].type != "array" or not 1 <= len(a[2].value) <= FOUNDERS_MAX or not all(is_bytes(f, 32) for f in a[2].value):
        raise Malformed("shape", 0)
    founders = [f.value for f in a[2].value]
    if not all(map(acceptable_key, founders)) or len(set(founders)) != len(founders):
        raise Malformed("shape", 0)
    if not is_bytes(a[3], 16) or len(a) == 5 and not is_bytes(a[4], 32):
        raise Malformed("shape", 0)
    return Genesis(a[1].value, founders, a[3].value, a[4].value if len(a) == 5 else None)


def space_id(genesis_bytes):
    return sha256(b"ES1G", genesis_bytes)


def log_id32(space, key, channel, epoch):
    return sha256(b"ES1L", space, key, bytes([channel]), u64(epoch))


def log_id(channel, id32):
    return bytes([channel]) + id32[:15]


def keyed_id(channel, kind, key_bytes):
    return bytes([channel]) + sha256(b"ES1K", u64(kind), key_bytes)[:15]


# ------------------------------------------------------------------------------------------------ seals of pages (L-40)

PAGE, SEAL = 4096, 8
XXH = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63)


def xxh64(data, seed):
    """XXH64 of data whose length is a multiple of 8, and at least 32."""
    assert len(data) >= 32 and len(data) % 8 == 0
    turn = lambda x, n: (x << n | x >> 64 - n) % U64
    mix = lambda lane, word: turn((lane + word * XXH[1]) % U64, 31) * XXH[0] % U64
    words = struct.unpack(f"<{len(data) // 8}Q", data)
    lanes = [(seed + XXH[0] + XXH[1]) % U64, (seed + XXH[1]) % U64, seed, (seed - XXH[0]) % U64]
    whole = len(words) // 4 * 4
    for i in range(whole):
        lanes[i % 4] = mix(lanes[i % 4], words[i])
    total = sum(turn(lane, n) for lane, n in zip(lanes, (1, 7, 12, 18))) % U64
    for lane in lanes:
        total = ((total ^ mix(0, lane)) * XXH[0] + XXH[3]) % U64
    total = (total + len(data)) % U64
    for word in words[whole:]:
        total = (turn(total ^ mix(0, word), 27) * XXH[0] + XXH[3]) % U64
    total = (total ^ total >> 33) * XXH[1] % U64
    total = (total ^ total >> 29) * XXH[2] % U64
    return total ^ total >> 32


def patterned_page():
    return bytes((i * i + i // 8) % 256 for i in range(PAGE))


def seal(page, number):
    """The last bytes of page `number`, from 1, of a store's file."""
    return struct.pack("<Q", xxh64(page[: PAGE - SEAL], number))


# --------------------------------------------------------------------------------------------- Merkle forest (L-11…)


def leaf_hash(leaf):
    return sha256(b"\x00", leaf)


def node_hash(left, right):
    return sha256(b"\x01", left, right)


def block_hash(hashes):
    """The hash of a perfect tree over 2^h leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    half = len(hashes) // 2
    return node_hash(block_hash(hashes[:half]), block_hash(hashes[half:]))


def span(k, n):
    """The aligned blocks that cover the leaves (k, n], as (start, height)."""
    out = []
    while k < n:
        h = 0
        while k % (2 << h) == 0 and k + (2 << h) <= n:
            h += 1
        out.append((k, h))
        k += 1 << h
    return out


def bridge(hashes, k, n):
    return [block_hash(hashes[p : p + (1 << h)]) for p, h in span(k, n)]


def peaks(hashes, n=None):
    return bridge(hashes, 0, len(hashes) if n is None else n)


def extend(peak_list, n, height, hash):
    """The peaks after a block of 2^height leaves is appended to n leaves; (peaks, n)."""
    if n % (1 << height) != 0:
        raise Malformed("unaligned", 0)
    heights = [h for _, h in span(0, n)]
    peak_list = list(peak_list)
    assert len(heights) == len(peak_list)
    heights.append(height)
    peak_list.append(hash)
    while len(heights) > 1 and heights[-1] == heights[-2]:
        right, left = peak_list.pop(), peak_list.pop()
        heights.pop()
        heights[-1] += 1
        peak_list.append(node_hash(left, right))
    return peak_list, n + (1 << height)


def root(id32, n, peak_list):
    return sha256(b"\x02", id32, u64(n), *peak_list)


def cross_bridge(peak_list, k, n, hashes):
    """The peaks of n from the peaks of k and bridge(k, n), or Malformed."""
    blocks = span(k, n)
    if len(blocks) != len(hashes):
        raise Malformed("count", 0)
    for (_, height), hash in zip(blocks, hashes):
        peak_list, k = extend(peak_list, k, height, hash)
    return peak_list


def consistency_proof(hashes, m, n):
    return peaks(hashes, m) + bridge(hashes, m, n)


def check_consistency(id32, m, root_m, n, root_n, proof):
    count = bin(m).count("1")
    if m > n or len(proof) < count or root(id32, m, proof[:count]) != root_m:
        return False
    try:
        return root(id32, n, cross_bridge(proof[:count], m, n, proof[count:])) == root_n
    except Malformed:
        return False


def inclusion_proof(hashes, seq, n):
    blocks = span(0, n)
    ((start, height),) = [(p, h) for p, h in blocks if p < seq <= p + (1 << h)]
    index, proof = seq - 1, []
    for h in range(height):
        sibling = (index >> h ^ 1) << h
        proof.append(block_hash(hashes[sibling : sibling + (1 << h)]))
    return proof + [block_hash(hashes[p : p + (1 << h)]) for p, h in blocks if p != start]


def check_inclusion(id32, seq, hash, n, root_n, proof):
    if not 1 <= seq <= n:
        return False
    blocks = span(0, n)
    ((which, (start, height)),) = [(i, b) for i, b in enumerate(blocks) if b[0] < seq <= b[0] + (1 << b[1])]
    if len(proof) != height + len(blocks) - 1:
        return False
    for h in range(height):
        hash = node_hash(proof[h], hash) if (seq - 1) >> h & 1 else node_hash(hash, proof[h])
    others = proof[height:]
    return root(id32, n, others[:which] + [hash] + others[which:]) == root_n


def encode_items(items):
    """Items of DATA: ("leaf", bytes) or ("hole", height, hash)."""
    out = b""
    for item in items:
        if item[0] == "leaf":
            out += encode_varint(2 * len(item[1])) + item[1]
        else:
            out += encode_varint(2 * item[1] + 1) + item[2]
    return out


def append_items(peak_list, n, items):
    for item in items:
        if item[0] == "leaf":
            peak_list, n = extend(peak_list, n, 0, leaf_hash(item[1]))
        else:
            peak_list, n = extend(peak_list, n, item[1], item[2])
    return peak_list, n


# ------------------------------------------------------------------------------------------- Ed25519, RFC 8032 (L-26)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - xx) % P or x == 0 and sign:
        return None
    return P - x if x & 1 != sign else x


def point_add(a, b):
    p, q = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    r, s = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_mul(n, point):
    out = (0, 1, 1, 0)
    while n:
        if n & 1:
            out = point_add(out, point)
        point = point_add(point, point)
        n >>= 1
    return out


def point_encode(point):
    z = pow(point[2], P - 2, P)
    x, y = point[0] * z % P, point[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def point_decode(data):
    n = int.from_bytes(data, "little")
    y, sign = n & (1 << 255) - 1, n >> 255
    x = recover_x(y % P, sign)
    return None if x is None else (x, y % P, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def secret(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
    return a, h[32:]


def public_key(seed):
    return point_encode(point_mul(secret(seed)[0], BASE))


def sign(seed, message):
    a, prefix = secret(seed)
    key = public_key(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % ORDER
    big_r = point_encode(point_mul(r, BASE))
    h = int.from_bytes(hashlib.sha512(big_r + key + message).digest(), "little") % ORDER
    return big_r + ((r + h * a) % ORDER).to_bytes(32, "little")


SMALL_ORDER_Y = [
    bytes.fromhex(y)
    for y in (
        "00" * 32,
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
]


def acceptable_key(key):
    """L-5: y < p, and y is none of the five of the points of small order."""
    if len(key) != 32:
        return False
    y = key[:31] + bytes([key[31] & 0x7F])
    return int.from_bytes(y, "little") < P and y not in SMALL_ORDER_Y


def verify(key, message, signature):
    """L-26: s < L, no cofactor, and R compared as bytes."""
    if len(signature) != 64 or not acceptable_key(key) or point_decode(key) is None:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER:
        return False
    x, y, z, t = point_decode(key)
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    expected = point_add(point_mul(s, BASE), point_mul(h, (P - x, y, z, P - t)))
    return point_encode(expected) == signature[:32]


# ----------------------------------------------------------------------------------------------------- heads (L-24…)


def head_message(id32, n, root_n, flags):
    return b"ES1H" + id32 + u64(n) + root_n + bytes([flags])


def check_head(key, id32, n, root_n, flags, signature):
    return 1 <= n < SEQ_LIMIT and flags in (0, 1) and verify(key, head_message(id32, n, root_n, flags), signature)


# ------------------------------------------------------------------------------------------------------ clock (C-4…)


def next_stamp(now, last):
    now = min(max(now, 0), (1 << 47) - 1)
    return min(max(now << 16, min(last, (now + 600_000) << 16)) + 1, STAMP_LIMIT - 1)


def last_stamp(applied):
    """C-3: the greatest stamp that is not void."""
    return max([stamp for stamp in applied if stamp < STAMP_LIMIT], default=0)


def counted_stamp(hlc):
    """C-5: a void stamp counts as 0."""
    return 0 if hlc >= STAMP_LIMIT else hlc


def effective_stamp(hlc, over=None):
    """The eff of a set (C-7), or None if the set is a no-op (C-5)."""
    if hlc >= STAMP_LIMIT:
        return None
    return hlc if over is None else max(hlc, min(over + 1, STAMP_LIMIT - 1))


def over_needed(shown_eff, hlc):
    """The `over` that a writer gives (C-9), or None."""
    return shown_eff if shown_eff >= hlc else None


# ------------------------------------------------------------------------------------------------- membership (D-1…)

RELAY, READER, WRITER, STEWARD = range(4)
KNOWN_CRITICAL = {32}


@dataclass
class Log:
    """A log as the fold sees it: whose it is, and its leaves 1 … n."""

    id: bytes
    key: bytes
    leaves: list

    @property
    def channel(self):
        return self.id[0]


@dataclass
class Membership:
    roles: dict  # key -> role
    invitations: dict  # invitation -> (role, expiry), known ones
    used: set
    upgrade: bool  # an unknown critical operation counts


def membership(genesis, logs):
    roles = {founder: STEWARD for founder in genesis.founders}
    while True:
        before = dict(roles)
        invitations, used, upgrade = {}, set(), False
        for log in logs:
            if log.channel != 0 or before.get(log.key) != STEWARD:
                continue
            for leaf in log.leaves:
                change = decode_change(leaf, control=True)
                for op, number in zip(change.ops, change.numbers) if change else []:
                    if number is not None and 32 <= number < 64 and number not in KNOWN_CRITICAL:
                        upgrade = True
                    if op and op.name == "grant":
                        roles[op.key] = max(roles.get(op.key, 0), op.role)
                        if op.invitation:
                            used.add(op.invitation)
                    if op and op.name == "invite":
                        role, expiry = invitations.get(op.invitation, (op.role, op.expiry))
                        invitations[op.invitation] = (min(role, op.role), min(expiry, op.expiry))
        if roles == before:
            return Membership(roles, invitations, used, upgrade)


def counts(log, members):
    role = members.roles.get(log.key)
    return role is not None and (role == STEWARD if log.channel == 0 else log.channel < 8 and role >= WRITER)


def admits(members, invitation, clock_ms):
    """D-7: "known", "expired", "used" or "unknown"."""
    if invitation not in members.invitations:
        return "unknown"
    if invitation in members.used:
        return "used"
    return "known" if members.invitations[invitation][1] > clock_ms else "expired"


# ------------------------------------------------------------------------------------------------------ fold (D-10…)


@dataclass
class State:
    records: dict  # rec bytes -> ("d", Dot, Op, stamp, [birth Op]) or ("k", kind, key bytes); live ones
    registers: dict  # (rec, field bytes) -> (eff, Dot, value bytes, from a set)
    dots: dict  # (rec, field bytes) -> {Dot: (stamp, element bytes)}; live ones
    births: dict  # (rec, field bytes) -> {Dot of a birth operation}, live or removed
    removals: dict  # (rec, field bytes) -> {Dot}; of records made by a create, listed dots of the create's change


def fold(logs):
    """The state of E, where `logs` are all logs that count."""
    # Every operation with its place.
    placed = []
    for log in logs:
        if not 1 <= log.channel <= 7:
            continue
        for seq, leaf in enumerate(log.leaves, 1):
            change = decode_change(leaf)
            for index, op in enumerate(change.ops) if change else []:
                if op:
                    placed.append((log, change, Dot(log.id, seq, index), op))

    # Which records are made, and by which dots they are named.
    named, made, owner = {}, {}, {}
    for log, change, dot, op in placed:
        if op.name == "create":
            named[dot] = rec = b"\x00" + dot.bytes()
            made[rec] = ("d", dot, op, counted_stamp(change.hlc), [])
            owner[rec] = log.key if op.owned else None
        elif op.name == "keyed":
            named[dot] = rec = b"\x01" + keyed_id(log.channel, op.kind, op.value.raw)
            made[rec] = ("k", op.kind, op.value.raw)
            owner[rec] = None

    def full(log, change, dot):
        ref, seq, op = dot
        return Dot(log.id if ref == 0 else change.refs[ref - 1], seq, op)

    # The operations that count, with their targets.
    counting = []
    for log, change, dot, op in placed:
        if not op.rec:
            continue
        target = Dot(log.id, dot.seq, op.rec[1]) if op.rec[0] == "index" else full(log, change, op.rec[1])
        rec = named.get(target)
        if rec is None or target.log[0] != log.channel:
            continue
        if made[rec][0] == "k" and not (target.log == log.id and target < dot):
            continue
        mine = owner[rec] is None or owner[rec] == log.key
        fields = [(f.raw, v and v.raw) for f, v in op.fields if mine or f.type == "text" or f.value >= 64]
        if op.name == "del":
            if mine and made[rec][0] == "d":
                counting.append((log, change, dot, op, rec, fields))
        elif fields:
            counting.append((log, change, dot, op, rec, fields))

    dead = {rec for _, _, _, op, rec, _ in counting if op.name == "del"}
    live = {rec: value for rec, value in made.items() if rec not in dead}
    state = State(live, {}, {}, {}, {})

    def offer(rec, field, eff, dot, value, is_set):
        best = state.registers.get((rec, field))
        if best is None or (eff, dot) > best[:2]:
            state.registers[rec, field] = (eff, dot, value, is_set)

    for log, change, dot, op in placed:
        if op.name == "create" and b"\x00" + dot.bytes() in live:
            for field, value in op.fields:
                offer(b"\x00" + dot.bytes(), field.raw, counted_stamp(change.hlc), dot, value.raw, False)
    for log, change, dot, op, rec, fields in counting:
        if rec not in live:
            continue
        if op.name == "set":
            eff = effective_stamp(change.hlc, op.over)
            for field, value in fields if eff is not None else []:
                offer(rec, field, eff, dot, value, True)
        elif op.name == "add":
            field = fields[0][0]
            state.dots.setdefault((rec, field), {})[dot] = (counted_stamp(change.hlc), op.value.raw)
            if op.rec[0] == "index" and not op.dots and live[rec][0] == "d":
                live[rec][4].append(op)
                state.births.setdefault((rec, field), set()).add(dot)
    for log, change, dot, op, rec, fields in counting:
        if rec in live and op.name in ("add", "rem"):
            for listed in op.dots:
                listed = full(log, change, listed)
                state.dots.get((rec, fields[0][0]), {}).pop(listed, None)
                if rec[0] == 0 and listed.bytes()[:24] == rec[1:25]:
                    state.removals.setdefault((rec, fields[0][0]), set()).add(listed)
    state.dots = {key: dots for key, dots in state.dots.items() if dots}
    return state


def shown(dots):
    """D-20: the dot that a multi-value register shows."""
    return max(dots, key=lambda dot: (dots[dot][0], dot))


def rec_text(rec):
    if rec[0]:
        return "k/" + rec[1:].hex()
    return f"d/{rec[1:17].hex()}/{int.from_bytes(rec[17:25], 'big')}/{int.from_bytes(rec[25:], 'big')}"


def describe_state(state):
    """The listing of a state used by the vectors (Specs/README.md), sorted."""
    lines = []
    for rec, value in state.records.items():
        if value[0] == "k":
            lines.append(f"record {rec_text(rec)} {value[1]} {value[2].hex()}")
        else:
            lines.append(f"record {rec_text(rec)} {value[2].kind} {value[3]}" + (" owned" if value[2].owned else ""))
    for (rec, field), (eff, dot, value, _) in state.registers.items():
        lines.append(f"register {rec_text(rec)} {field_text(decode(field))} {eff} {dot.text()} {value.hex()}")
    for (rec, field), dots in state.dots.items():
        name = f"{rec_text(rec)} {field_text(decode(field))}"
        lines += [f"dot {name} {dot.text()} {stamp} {element.hex()}" for dot, (stamp, element) in dots.items()]
        lines.append(f"shown {name} {shown(dots).text()}")
    return sorted(lines)


# --------------------------------------------------------------------------------------------------- digest (D-26…)


def rows(state):
    for rec, value in state.records.items():
        if value[0] == "k":
            yield b"\x02" + rec + u64(value[1]) + value[2]
        else:
            yield b"\x01" + rec + u64(value[3]) + value[2].raw + b"".join(op.raw for op in value[4])
    for (rec, field), (eff, dot, value, is_set) in state.registers.items():
        if is_set:
            yield b"\x03" + rec + field + u64(eff) + dot.bytes() + value
    for (rec, field), dots in state.dots.items():
        for dot, (stamp, element) in dots.items():
            if dot not in state.births.get((rec, field), ()):
                yield b"\x04" + rec + field + dot.bytes() + u64(stamp) + element
    for (rec, field), removals in state.removals.items():
        for dot in removals:
            yield b"\x05" + rec + field + dot.bytes()


def digest(state):
    total = sum(int.from_bytes(hashlib.sha512(row).digest(), "big") for row in rows(state)) % (1 << 512)
    return sha256(b"\x01", total.to_bytes(64, "big"))
