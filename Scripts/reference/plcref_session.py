"""plcref, second part: frames, messages, and the pure decisions of the session, from Specs/session.md alone."""

import hmac

from plcref import LEAF_MAX, SEQ_LIMIT, U64, Malformed, decode_varint, encode_items, encode_varint, sha256, u64

BODY_MAX = 65_536  # bytes; S-3
DATA_BODY_MAX = 262_144 + 1_024  # bytes; S-3
INNER_MAX = 262_144  # bytes; S-36
PREFIX_LOG_MAX = 17  # log2 bytes; S-47


# ----------------------------------------------------------------------------------------- frames and messages (S-2…)

HELLO, OPEN, HEADS, ACK, WANT, DATA, RECON = 1, 2, 3, 4, 5, 6, 7
JOIN, PING, CLOSE, PONG, WELCOME, CREDIT, COMPRESSED = 10, 11, 12, 13, 15, 16, 32
KNOWN_TYPES = {HELLO, OPEN, HEADS, ACK, WANT, DATA, RECON, JOIN, PING, CLOSE, PONG, WELCOME, CREDIT, COMPRESSED}
SPACES_MAX, LOGREFS_MAX, HEADS_ENTRIES_MAX, WANT_ENTRIES_MAX = 64, 100_000, 512, 512
SECTIONS_MAX, BRIDGE_MAX, RANGES_MAX = 512, 64, 4_096
RATIO_MAX, RATIO_FREE, HOLE_HEIGHT_MAX = 64, 4_096, 40
FRESH, PREFIXED, ENDS = 1, 2, 4  # flags of COMPRESSED; S-36
CLOSE_CODES = {"limit": 4, "tooLong": 4, "unsupported": 2}  # every other reason is 1


class Body:
    """Reads the fields of a body in order; every failure is Malformed."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Malformed("truncated", self.at)
        self.at += count
        return self.data[self.at - count : self.at]

    def int(self, size):
        return int.from_bytes(self.take(size), "big")

    def varint(self, low=0, high=U64 - 1, reason="range"):
        start = self.at
        value, self.at = decode_varint(self.data, self.at)
        if not low <= value <= high:
            raise Malformed(reason, start)
        return value

    def flags(self, mask):
        start, value = self.at, self.int(1)
        if value & ~mask:
            raise Malformed("flags", start)
        return value

    def handle(self):
        start, value = self.at, self.varint(1)
        if value > SPACES_MAX:
            raise Malformed("limit", start)
        return value

    def logref(self):
        """A LogID at first mention, an index later."""
        start, index = self.at, self.varint()
        if index > LOGREFS_MAX:
            raise Malformed("limit", start)
        if index:
            return index
        id = self.take(16)
        if id[0] > 7:
            raise Malformed("range", start)
        return id

    def prefix(self):
        p, start = {"handle": self.handle()}, self.at
        name = self.varint()
        if name >> 1 > LOGREFS_MAX:
            raise Malformed("limit", start)
        if name == 1:
            raise Malformed("range", start)
        p["log"] = ("receiver" if name & 1 else "sender", name >> 1) if name else ("full", self.take(16))
        p["through"] = self.varint(1, SEQ_LIMIT - 1)
        start, p["size"] = self.at, self.int(1)
        if p["size"] > PREFIX_LOG_MAX:
            raise Malformed("limit", start)
        p["check"] = self.take(4)
        return p

    def list(self, read, low=0, limit=U64):
        start, count = self.at, self.varint(low)
        if count > limit:
            raise Malformed("limit", start)
        out = []
        for _ in range(count):
            out.append(read())
        return out

    def entry(self):
        return self.logref(), self.varint(1, SEQ_LIMIT - 1), self.take(4)

    def item(self):
        start, t = self.at, self.varint()
        if t & 1:
            if t >> 1 > HOLE_HEIGHT_MAX:
                raise Malformed("range", start)
            return "hole", t >> 1, self.take(32)
        if not 1 <= t >> 1 <= LEAF_MAX:
            raise Malformed("range", start)
        return "leaf", self.take(t >> 1)

    def text(self, limit):
        start, data = self.at, self.take(self.varint(0, limit))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("utf8", start) from None

    def section(self):
        s = {"log": self.logref(), "flags": self.flags(15)}
        if s["flags"] & 1:
            s["key"], s["epoch"] = self.take(32), self.int(8)
        if s["flags"] & 2:
            s["n"], s["headFlags"], s["signature"] = self.varint(1, SEQ_LIMIT - 1), self.flags(1), self.take(64)
        start = self.at
        s["from"] = self.varint(1, SEQ_LIMIT - 1)
        s["items"] = self.list(self.item)
        end = s["from"] - 1 + sum(1 if i[0] == "leaf" else 1 << i[1] for i in s["items"])
        if s["items"] and end > s.get("n", SEQ_LIMIT - 1):
            raise Malformed("range", start)
        if s["flags"] & 4:
            s["bridge"] = self.list(lambda: self.take(32), low=1, limit=BRIDGE_MAX)
        return s

    def range(self, previous):
        start, length = self.at, self.int(1)
        if length > 16 and length != 255:
            raise Malformed("range", start)
        bound = self.take(length) if length != 255 else None
        padded = b"\xff" * 17 if bound is None else bound.ljust(16, b"\x00")
        if previous and padded <= previous[-1]:
            raise Malformed("range", start)
        previous.append(padded)
        start, mode = self.at, self.int(1)
        if mode == 0:
            return {"bound": bound, "mode": 0}
        if mode == 1:
            return {"bound": bound, "mode": 1, "fingerprint": self.take(16)}
        if mode in (2, 4):
            return {"bound": bound, "mode": mode, "entries": self.list(self.entry, limit=LOGREFS_MAX)}
        raise Malformed("range", start)


def decode_body(type, data):
    """The fields of a message in order, as a dictionary."""
    b = Body(data)
    m = {"type": type}
    if type == HELLO:
        start = b.at
        m.update(
            minVersion=b.int(1),
            maxVersion=b.int(1),
            features=b.int(4),
            wallClock=b.int(8),
            nonce=b.take(16),
            databaseEpoch=b.int(8),
        )
        if not 1 <= m["minVersion"] <= m["maxVersion"]:
            raise Malformed("range", start)
    elif type == OPEN:
        m.update(
            handle=b.handle(),
            token=b.take(8),
            flags=b.flags(1),
            channelMask=b.int(1),
            logs=b.varint(),
            fingerprint=b.take(16),
            lsn=b.varint(),
            hasCursor=b.flags(1),
        )
        if m["hasCursor"]:
            m.update(cursorEpoch=b.int(8), cursorLsn=b.varint())
    elif type == HEADS:
        m.update(handle=b.handle(), lsn=b.varint(), more=b.flags(1), entries=b.list(b.entry, limit=HEADS_ENTRIES_MAX))
    elif type == ACK:
        m.update(handle=b.handle(), lsn=b.varint(), fingerprint=b.take(16), ownLsn=b.varint())
    elif type == WANT:

        def want():
            index, low = b.varint(1), b.varint(1, SEQ_LIMIT - 1)
            return index, low, b.varint(low, SEQ_LIMIT - 1), b.flags(1)

        m.update(handle=b.handle(), wants=b.list(want, low=1, limit=WANT_ENTRIES_MAX))
    elif type == DATA:
        m.update(handle=b.handle(), sections=b.list(b.section, low=1, limit=SECTIONS_MAX))
    elif type == RECON:
        m.update(handle=b.handle(), flags=b.flags(128))
        bounds = []
        m["ranges"] = b.list(lambda: b.range(bounds), limit=RANGES_MAX)
    elif type == JOIN:
        m.update(invitation=b.take(32), signature=b.take(64), name=b.text(256))
    elif type in (PING, PONG):
        m.update(wallClock=b.int(8))
    elif type == CLOSE:
        m.update(code=b.int(1), retryAfter=b.varint())
    elif type == WELCOME:
        m.update(genesis=b.take(b.varint(1)))
    elif type == CREDIT:
        m.update(total=b.varint())
    elif type == COMPRESSED:
        m.update(flags=b.flags(7))
        if m["flags"] not in (0, FRESH, FRESH | PREFIXED, ENDS):
            raise Malformed("flags", 0)
        start, m["innerType"] = b.at, b.int(1)
        if m["innerType"] != DATA:
            raise Malformed("range", start)
        start, m["innerLength"] = b.at, b.varint()
        if m["innerLength"] > INNER_MAX:
            raise Malformed("limit", start)
        if (m["innerLength"] == 0) != (m["flags"] == ENDS):
            raise Malformed("range", start)
        if m["flags"] & PREFIXED:
            m["prefix"] = b.prefix()
        if m["flags"] == ENDS and b.at != len(data):
            raise Malformed("trailing", b.at)
        m["stream"] = b.take(len(data) - b.at)
        if m["innerLength"] > RATIO_FREE + RATIO_MAX * len(m["stream"]):
            raise Malformed("limit", start)
    if b.at != len(data):
        raise Malformed("trailing", b.at)
    return m


def encode_logref(log):
    return encode_varint(log) if isinstance(log, int) else b"\x00" + log


def encode_entries(entries):
    return encode_varint(len(entries)) + b"".join(
        encode_logref(log) + encode_varint(n) + tag for log, n, tag in entries
    )


def encode_prefix(p):
    kind, log = p["log"]
    name = b"\x00" + log if kind == "full" else encode_varint(2 * log + (kind == "receiver"))
    return encode_varint(p["handle"]) + name + encode_varint(p["through"]) + bytes([p["size"]]) + p["check"]


def prefix_bytes(items, size):
    """What a stream begins with (S-47): the end of the `items` of a log up to some leaf."""
    return items[-(1 << size) :]


def encode_body(m):
    v, type = encode_varint, m["type"]
    if type == HELLO:
        return (
            bytes([m["minVersion"], m["maxVersion"]])
            + m["features"].to_bytes(4, "big")
            + u64(m["wallClock"])
            + m["nonce"]
            + u64(m["databaseEpoch"])
        )
    if type == OPEN:
        cursor = u64(m["cursorEpoch"]) + v(m["cursorLsn"]) if m["hasCursor"] else b""
        return (
            v(m["handle"])
            + m["token"]
            + bytes([m["flags"], m["channelMask"]])
            + v(m["logs"])
            + m["fingerprint"]
            + v(m["lsn"])
            + bytes([m["hasCursor"]])
            + cursor
        )
    if type == HEADS:
        return v(m["handle"]) + v(m["lsn"]) + bytes([m["more"]]) + encode_entries(m["entries"])
    if type == ACK:
        return v(m["handle"]) + v(m["lsn"]) + m["fingerprint"] + v(m["ownLsn"])
    if type == WANT:
        return (
            v(m["handle"]) + v(len(m["wants"])) + b"".join(v(i) + v(a) + v(b) + bytes([f]) for i, a, b, f in m["wants"])
        )
    if type == DATA:
        out = v(m["handle"]) + v(len(m["sections"]))
        for s in m["sections"]:
            out += encode_logref(s["log"]) + bytes([s["flags"]])
            out += s["key"] + u64(s["epoch"]) if s["flags"] & 1 else b""
            out += v(s["n"]) + bytes([s["headFlags"]]) + s["signature"] if s["flags"] & 2 else b""
            out += v(s["from"]) + v(len(s["items"])) + encode_items(s["items"])
            out += v(len(s["bridge"])) + b"".join(s["bridge"]) if s["flags"] & 4 else b""
        return out
    if type == RECON:
        out = v(m["handle"]) + bytes([m["flags"]]) + v(len(m["ranges"]))
        for r in m["ranges"]:
            out += b"\xff" if r["bound"] is None else bytes([len(r["bound"])]) + r["bound"]
            out += bytes([r["mode"]])
            out += r["fingerprint"] if r["mode"] == 1 else encode_entries(r["entries"]) if r["mode"] else b""
        return out
    if type == JOIN:
        name = m["name"].encode()
        return m["invitation"] + m["signature"] + v(len(name)) + name
    if type in (PING, PONG):
        return u64(m["wallClock"])
    if type == CLOSE:
        return bytes([m["code"]]) + v(m["retryAfter"])
    if type == WELCOME:
        return v(len(m["genesis"])) + m["genesis"]
    if type == CREDIT:
        return v(m["total"])
    if type == COMPRESSED:
        prefix = encode_prefix(m["prefix"]) if m["flags"] & PREFIXED else b""
        return bytes([m["flags"], m["innerType"]]) + v(m["innerLength"]) + prefix + m["stream"]
    raise ValueError(type)


def encode_frame(type, body):
    return bytes([type]) + encode_varint(len(body)) + body


def decode_frame(data, at=0):
    """(type, body, offset after it); None if the bytes end inside the frame; Malformed if it must be refused."""
    if at >= len(data):
        return None
    type = data[at]
    if type < 64 and type not in KNOWN_TYPES:
        raise Malformed("unsupported", at)
    try:
        length, start = decode_varint(data, at + 1)
    except Malformed as fault:
        if fault.reason == "truncated":
            return None
        raise
    if length > (DATA_BODY_MAX if type in (DATA, COMPRESSED) else BODY_MAX):
        raise Malformed("tooLong", at + 1)
    if start + length > len(data):
        return None
    return type, data[start : start + length], start + length


def encode_message(m):
    return encode_frame(m["type"], encode_body(m))


def decode_message(data):
    """The message of exactly one frame; None for a type to be ignored."""
    type, body, at = decode_frame(data)
    assert at == len(data)
    return decode_body(type, body) if type in KNOWN_TYPES else None


class StoredZstd:
    """The part of RFC 8878 that needs no entropy decoder: raw and RLE blocks, and one copy. Enough for vectors."""

    HEADER = bytes.fromhex("28b52ffd") + b"\x00" + b"\x50"  # no checksum, no dictionary ID, window 2^20
    # How one copy begins, after its literals: one sequence, each of whose codes is a table of its own.
    ONE_SEQUENCE = bytes([1, 0b01010100])

    def __init__(self):
        self.open, self.history = False, b""

    @staticmethod
    def raw(data):
        return (len(data) << 3).to_bytes(3, "little") + data

    @staticmethod
    def rle(byte, count):
        return (count << 3 | 1 << 1).to_bytes(3, "little") + bytes([byte])

    @classmethod
    def copy(cls, before, distance, count, after):
        """A block of the bytes `before`, `count` (3 to 34) from so far back, and `after`."""
        assert len(before) <= 15 and 3 <= count <= 34
        value = distance + 3
        code = value.bit_length() - 1
        bits = 1 << code | value - (1 << code)
        stream = bits.to_bytes(bits.bit_length() + 7 >> 3, "little")
        literals = before + after
        body = (len(literals) << 4 | 3 << 2).to_bytes(3, "little") + literals
        body += cls.ONE_SEQUENCE + bytes([len(before), code, count - 3]) + stream
        return (len(body) << 3 | 2 << 1).to_bytes(3, "little") + body

    def paste(self, body, done):
        head = int.from_bytes(body[:3], "little")
        if head & 15 != 3 << 2:
            raise NotImplementedError("entropy-coded literals")
        literals, rest = body[3 : 3 + (head >> 4)], body[3 + (head >> 4) :]
        if rest[:2] != self.ONE_SEQUENCE or rest[2] > 15 or rest[4] > 31:
            raise NotImplementedError("entropy-coded sequences")
        before, code, count = rest[2], rest[3], rest[4] + 3
        distance = int.from_bytes(rest[5:], "little") - 3  # its highest bit, the stream's mark, is also 2^code
        assert distance + 3 >> code == 1
        out = self.history + done + literals[:before]
        if not 0 < distance <= len(out):
            raise Malformed("range", 0)
        for _ in range(count):
            out += out[-distance : len(out) - distance + 1]
        return (out + literals[before:])[len(self.history) + len(done) :]

    def inflate(self, stream, fresh, length, prefix=b""):
        if fresh:
            if stream[:6] != self.HEADER:
                raise Malformed("range", 0)
            stream, self.open, self.history = stream[6:], True, prefix
        if not self.open:
            raise Malformed("range", 0)
        out, at = b"", 0
        while at < len(stream):
            head = int.from_bytes(stream[at : at + 3], "little")
            kind, size, at = head >> 1 & 3, head >> 3, at + 3
            if kind == 0:
                out, at = out + stream[at : at + size], at + size
            elif kind == 1:
                out, at = out + stream[at : at + 1] * size, at + 1
            else:
                out, at = out + self.paste(stream[at : at + size], out), at + size
            if len(out) > length:
                break
        if len(out) != length:
            raise Malformed("range", 0)
        self.history += out
        return out


def log_text(log):
    return f"#{log}" if isinstance(log, int) else log.hex()


def describe_message(m):
    """The fields of a message as the vectors list them (Specs/README.md)."""

    def entry(e):
        return f"{log_text(e[0])} {e[1]} {e[2].hex()}"

    out = []
    for key, value in m.items():
        if key == "entries":
            out += [("entry", entry(e)) for e in value]
        elif key == "wants":
            out += [("want", " ".join(map(str, w))) for w in value]
        elif key == "ranges":
            for r in value:
                bound = "end" if r["bound"] is None else "x" + r["bound"].hex()
                out.append(("range", f"{bound} {r['mode']}" + (" " + r["fingerprint"].hex() if r["mode"] == 1 else "")))
                out += [("entry", entry(e)) for e in r.get("entries", [])]
        elif key == "sections":
            for s in value:
                out.append(("section", f"{log_text(s['log'])} {s['flags']}"))
                if "key" in s:
                    out.append(("described", f"{s['key'].hex()} {s['epoch']}"))
                if "n" in s:
                    out.append(("headed", f"{s['n']} {s['headFlags']} {s['signature'].hex()}"))
                out.append(("from", str(s["from"])))
                out += [
                    ("item", f"leaf {i[1].hex()}" if i[0] == "leaf" else f"hole {i[1]} {i[2].hex()}")
                    for i in s["items"]
                ]
                out += [("bridge", h.hex()) for h in s.get("bridge", [])]
        elif key == "prefix":
            kind, log = value["log"]
            log = log.hex() if kind == "full" else log
            out.append((key, f"{value['handle']} {kind} {log} {value['through']} {value['size']} {value['check'].hex()}"))
        elif key == "name":
            out.append(("joinerName", value.encode().hex()))
        else:
            out.append((key, value.hex() if isinstance(value, bytes) else str(value)))
    return out


# ------------------------------------------------------------------------------------ token, tag, fingerprint (S-10…)


def token(exporter, direction, space):
    return hmac.digest(exporter, bytes([direction]) + space, "sha256")[:8]


def tag(dialer_nonce, listener_nonce, log, n, root_n):
    return sha256(dialer_nonce, listener_nonce, log, u64(n), root_n)[:4]


def fingerprint(heads):
    """`heads`: {LogID: (n, root(n))} of the logs that count."""
    rows = [log + u64(n) + root_n for log, (n, root_n) in sorted(heads.items()) if n >= 1]
    return sha256(*rows)[:16]


def join_message(exporter, key):
    return b"ES1J" + exporter + key


# ----------------------------------------------------------------------------------------- decisions (S-14, S-20, S-21)


def cursor_valid(mine, peer):
    return bool(
        mine["hasCursor"]
        and mine["cursorEpoch"] == peer["databaseEpoch"]
        and mine["cursorLsn"] <= peer["lsn"]
    )


def opening(mine, peer):
    """What follows two OPENs (each with its side's `databaseEpoch` and `key`): (word, lsn above which I announce)."""
    if mine["logs"] > 0 and mine["fingerprint"] == peer["fingerprint"]:
        return "inSync", None
    both_hold = mine["logs"] > 0 and peer["logs"] > 0
    if both_hold and not (cursor_valid(mine, peer) and cursor_valid(peer, mine)):
        return ("reconBegin" if mine["key"] < peer["key"] else "reconWait"), None
    return "heads", peer["cursorLsn"] if cursor_valid(peer, mine) else 0


# ---------------------------------------------------------------------------------------- reconciliation (S-41, S-42)

RECON_ITEMS_MAX, RECON_BRANCH, RECON_PART_MAX, RECON_ROUNDS_MAX = 4, 8, 512, 40
START, END = bytes(16), b"\xff" * 17


def split(low, bound, ids):
    """The bounds that split the sorted `ids` of one range: RECON_BRANCH, or one for each id."""
    parts = min(RECON_BRANCH, len(ids))
    cuts = [len(ids) * i // parts for i in range(1, parts)]
    return [ids[c] for c in cuts] + [bound]


def recon_answer(heads, ranges, learn):
    """The answer's ranges, or None if the message ends the reconciliation. Entries here carry LogIDs and whole roots
    in the place of logrefs and tags: (LogID, (n, root)). `learn(LogID, n, root)` is told what the peer has."""
    low, out = START, []
    for r in ranges:
        bound = END if r["bound"] is None else r["bound"].ljust(16, b"\x00")
        inside = {log: head for log, head in heads.items() if low <= log < bound}
        ids = sorted(inside)

        def fingerprints():
            start = low
            for cut in split(low, r["bound"], ids):
                end = END if cut is None else cut.ljust(16, b"\x00")
                part = {log: head for log, head in inside.items() if start <= log < end}
                out.append({"bound": cut, "mode": 1, "fingerprint": fingerprint(part)})
                start = end

        for log, head in r.get("entries", []):
            learn(log, *head)
        if r["mode"] == 1 and fingerprint(inside) != r["fingerprint"]:
            if len(ids) <= RECON_ITEMS_MAX:
                out.append({"bound": r["bound"], "mode": 2, "entries": sorted(inside.items())})
            else:
                fingerprints()
        elif r["mode"] == 2:
            mine = sorted(inside.items())
            for start in range(0, max(len(mine), 1), RECON_PART_MAX):
                rest = mine[start + RECON_PART_MAX :]
                cut = rest[0][0] if rest else r["bound"]
                out.append({"bound": cut, "mode": 4, "entries": mine[start : start + RECON_PART_MAX]})
        else:
            out.append({"bound": r["bound"], "mode": 0})
        low = bound
    if not any(r["mode"] in (1, 2) for r in ranges):
        return None
    while out and out[-1]["mode"] == 0:
        out.pop()
    return out
