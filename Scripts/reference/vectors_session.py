"""Vectors of Specs/session.md."""
import plcref as p
import plcref_session as s
from vectorfile import Book
from vectors_bytes import FOREST_ID, GENESIS, KEY_A, KEY_B, KEY_C, SEED_A, SEED_C, SPACE

EXPORTER = bytes(range(0x40, 0x60))
DIALER, LISTENER = bytes(range(16)), bytes(range(16, 32))
EPOCH = 0x1122334455667788
LOG1, LOG2 = p.log_id(1, FOREST_ID), p.log_id(0, p.log_id32(SPACE, KEY_A, 0, 7))
LEAVES = [i.to_bytes(4, "big") for i in range(40)]
HASHES = list(map(p.leaf_hash, LEAVES))
ROOTS = {n: p.root(FOREST_ID, n, p.peaks(HASHES, n)) for n in range(41)}
DAY = 1_790_000_000_000


def head(n, flags=0):
    return {"n": n, "headFlags": flags, "signature": p.sign(SEED_A, p.head_message(FOREST_ID, n, ROOTS[n], flags))}


def leaves(a, b):
    return [("leaf", LEAVES[i - 1]) for i in range(a, b + 1)]


def tag(n, log=LOG1):
    return s.tag(DIALER, LISTENER, log, n, ROOTS[n])


def messages():
    fp, fp2 = s.fingerprint({LOG1: (7, ROOTS[7])}), s.fingerprint({LOG1: (9, ROOTS[9])})
    hello = {"type": s.HELLO, "minVersion": 1, "maxVersion": 1, "features": 0, "wallClock": DAY, "nonce": DIALER, "databaseEpoch": EPOCH}
    open_ = {"type": s.OPEN, "handle": 1, "token": s.token(EXPORTER, 0, SPACE), "flags": 1, "channelMask": 255, "logs": 2, "fingerprint": fp, "lsn": 9, "hasCursor": 0}
    yield "hello", "S-12: HELLO", hello
    yield "hello-versions", "S-7 S-12 S-14: other versions and features", {**hello, "minVersion": 1, "maxVersion": 255, "features": 2**32 - 1}
    yield "open", "S-16: OPEN, live, without cursor", open_
    yield "open-cursor", "S-16 S-20: with a cursor", {**open_, "handle": 64, "hasCursor": 1, "cursorEpoch": EPOCH, "cursorLsn": 300}
    yield "open-once", "S-45: not live, no logs", {**open_, "flags": 0, "logs": 0, "fingerprint": s.fingerprint({}), "lsn": 0}
    yield "open-guest", "S-22: the OPEN that a guest gets", {**open_, "token": s.token(EXPORTER, 1, SPACE), "channelMask": 1, "logs": 0, "fingerprint": bytes(16), "lsn": 0}
    yield "open-mask", "S-17: a mask of a partial replica", {**open_, "channelMask": 3}
    yield "heads-empty", "S-21 S-23: an announcement without entries", {"type": s.HEADS, "handle": 1, "lsn": 9, "more": 0, "entries": []}
    yield "heads-first", "S-9 S-23: first mentions", {"type": s.HEADS, "handle": 1, "lsn": 300, "more": 1, "entries": [(LOG2, 3, tag(3, LOG2)), (LOG1, 40, tag(40))]}
    yield "heads-later", "S-9: later mentions", {"type": s.HEADS, "handle": 1, "lsn": 301, "more": 0, "entries": [(1, 4, tag(4, LOG2)), (2, 2**30 - 1, b"\x01\x02\x03\x04")]}
    yield "heads-512", "S-25: as many entries as may be", {"type": s.HEADS, "handle": 1, "lsn": 5, "more": 0, "entries": [(1, 4, tag(4))] * 512}
    yield "ack", "S-29: ACK", {"type": s.ACK, "handle": 1, "lsn": 301, "fingerprint": fp2, "ownLsn": 2**64 - 1}
    yield "want", "S-30: three wants", {"type": s.WANT, "handle": 1, "wants": [(1, 1, 3, 1), (2, 8, 40, 0), (2**64 - 1, 1, 2**30 - 1, 0)]}
    described = {"log": LOG1, "flags": 7, "key": KEY_A, "epoch": 7, **head(40), "from": 1, "items": leaves(1, 3), "bridge": p.bridge(HASHES, 3, 40)}
    yield "data-first", "S-31 S-32: descriptor, head, three leaves, bridge", {"type": s.DATA, "handle": 1, "sections": [described]}
    yield "data-next", "S-31: the leaves that complete the head", {"type": s.DATA, "handle": 1, "sections": [{"log": 1, "flags": 0, "from": 4, "items": leaves(4, 40)}]}
    yield "data-headed", "S-31: all leaves of a head need no bridge", {"type": s.DATA, "handle": 1, "sections": [{"log": 1, "flags": 2, **head(7), "from": 1, "items": leaves(1, 7)}]}
    yield "data-closed", "L-25: a closed log", {"type": s.DATA, "handle": 1, "sections": [{"log": 1, "flags": 2, **head(7, 1), "from": 7, "items": leaves(7, 7)}]}
    yield "data-two", "S-31: two sections", {"type": s.DATA, "handle": 2, "sections": [
        {"log": LOG2, "flags": 0, "from": 1, "items": [("leaf", b"x")]}, {"log": 1, "flags": 4, "from": 6, "items": leaves(6, 6), "bridge": p.bridge(HASHES, 6, 7)}]}
    yield "data-no-more", "S-33: no more", {"type": s.DATA, "handle": 1, "sections": [{"log": 1, "flags": 8, "from": 8, "items": []}]}
    yield "data-leaf-no-more", "S-33: a leaf, then no more", {"type": s.DATA, "handle": 1, "sections": [{"log": 1, "flags": 10, **head(8), "from": 8, "items": leaves(8, 8)}]}
    yield "data-bridge-only", "S-32: no leaf, and the bridge to a new head", {"type": s.DATA, "handle": 1, "sections": [
        {"log": 1, "flags": 6, **head(40), "from": 8, "items": [], "bridge": p.bridge(HASHES, 7, 40)}]}
    yield "data-hole", "L-22 L-23: a hole, which a later version may send", {"type": s.DATA, "handle": 1, "sections": [
        {"log": 1, "flags": 0, "from": 1, "items": [("hole", 2, p.block_hash(HASHES[:4])), ("leaf", LEAVES[4])]}]}
    yield "recon-begin", "S-42: the first message", {"type": s.RECON, "handle": 1, "flags": 0, "ranges": [{"bound": None, "mode": 1, "fingerprint": fp}]}
    yield "recon-split", "S-41: bounds of several lengths", {"type": s.RECON, "handle": 1, "flags": 0, "ranges": [
        {"bound": b"\x01", "mode": 0}, {"bound": b"\x01\x80", "mode": 1, "fingerprint": fp}, {"bound": b"\x01\xff" + LOG1[2:], "mode": 2, "entries": []},
        {"bound": b"\xff" * 16, "mode": 2, "entries": [(LOG1, 7, tag(7))]}, {"bound": None, "mode": 4, "entries": [(1, 8, tag(8)), (2, 9, tag(9))]}]}
    yield "recon-end", "S-42: an answer without ranges", {"type": s.RECON, "handle": 1, "flags": 0, "ranges": []}
    yield "recon-more", "S-41: more frames of the message follow", {"type": s.RECON, "handle": 1, "flags": 128, "ranges": [{"bound": b"\x01", "mode": 4, "entries": [(1, 8, tag(8))]}]}
    yield "recon-length-0", "S-41: a first bound of no bytes, an empty range", {"type": s.RECON, "handle": 1, "flags": 0, "ranges": [{"bound": b"", "mode": 0}, {"bound": None, "mode": 0}]}
    yield "join", "S-38: JOIN of KEY_B", {"type": s.JOIN, "invitation": KEY_C, "signature": p.sign(SEED_C, s.join_message(EXPORTER, KEY_B)), "name": "مدرسة"}
    yield "join-no-name", "S-38: an empty name", {"type": s.JOIN, "invitation": KEY_C, "signature": p.sign(SEED_C, s.join_message(EXPORTER, KEY_B)), "name": ""}
    yield "welcome", "S-39: WELCOME", {"type": s.WELCOME, "genesis": GENESIS}
    yield "ping", "S-40: PING", {"type": s.PING, "wallClock": DAY}
    yield "pong", "S-40: PONG", {"type": s.PONG, "wallClock": DAY + 1}
    for code in (0, 1, 13, 200):
        yield f"close-{code}", "S-43: CLOSE", {"type": s.CLOSE, "code": code, "retryAfter": 0 if code else 300}
    yield "credit", "S-35: CREDIT", {"type": s.CREDIT, "total": 5_242_880}
    inner = s.encode_body({"type": s.DATA, "handle": 1, "sections": [described]})
    yield "compressed", "S-36: a fresh stream of one raw block", {"type": s.COMPRESSED, "flags": 1, "innerType": 6, "innerLength": len(inner), "stream": s.StoredZstd.HEADER + s.StoredZstd.raw(inner)}
    inner2 = s.encode_body({"type": s.DATA, "handle": 1, "sections": [{"log": 1, "flags": 0, "from": 4, "items": leaves(4, 5)}]})
    yield "compressed-next", "S-36: the stream goes on (after `compressed`)", {"type": s.COMPRESSED, "flags": 0, "innerType": 6, "innerLength": len(inner2), "stream": s.StoredZstd.raw(inner2)}
    big = s.encode_body({"type": s.DATA, "handle": 2, "sections": [{"log": LOG2, "flags": 0, "from": 1, "items": [("leaf", b"a" * 4000)]}]})
    start = big.index(b"a" * 4000)
    yield "compressed-rle", "S-36: 4,000 equal bytes in a few, within the free ratio; fresh for another handle", {"type": s.COMPRESSED, "flags": 1, "innerType": 6, "innerLength": len(big),
        "stream": s.StoredZstd.HEADER + s.StoredZstd.raw(big[:start]) + s.StoredZstd.rle(0x61, 4000)}
    items = p.encode_items(leaves(1, 3))
    prefix = {"handle": 1, "log": ("sender", 1), "through": 3, "size": 3, "check": p.sha256(s.prefix_bytes(items, 3))[:4]}
    start = inner2.index(b"\x08" + LEAVES[3])
    assert inner2[start : start + 4] == items[-5:-1]
    yield "compressed-prefixed", "S-47: four bytes are taken from the prefix, which is the end of `leaves`", {"type": s.COMPRESSED, "flags": 3, "innerType": 6,
        "innerLength": len(inner2), "prefix": prefix, "stream": s.StoredZstd.HEADER + s.StoredZstd.copy(inner2[:start], start + 5, 4, inner2[start + 4 :])}
    whole = {**prefix, "log": ("receiver", 64), "size": 17, "check": p.sha256(items)[:4]}
    yield "compressed-prefixed-whole", "S-47: all the items, as they are fewer; a log by the receiver's index", {"type": s.COMPRESSED, "flags": 3, "innerType": 6,
        "innerLength": len(inner2), "prefix": whole, "stream": s.StoredZstd.HEADER + s.StoredZstd.copy(inner2[:start], start + 15, 4, inner2[start + 4 :])}
    yield "compressed-end", "S-36: there is no stream any more", {"type": s.COMPRESSED, "flags": 4, "innerType": 6, "innerLength": 0, "stream": b""}
    full = {**prefix, "log": ("full", LOG1)}
    yield "compressed-prefixed-full", "S-47: a log that has no index, and gets none", {"type": s.COMPRESSED, "flags": 3, "innerType": 6,
        "innerLength": len(inner2), "prefix": full, "stream": s.StoredZstd.HEADER + s.StoredZstd.copy(inner2[:start], start + 5, 4, inner2[start + 4 :])}
    yield "compressed-limit", "S-36: the greatest declared length for 8 bytes", {"type": s.COMPRESSED, "flags": 0, "innerType": 6, "innerLength": 4_096 + 64 * 8, "stream": bytes(8)}


def frames():
    book = Book("Frames: `hex` is one frame with its fields, or with `close` (the code) refused, or `skip: yes`, or `wait: yes` if more bytes are needed.")
    zstd = s.StoredZstd()
    for name, comment, m in messages():
        hex = s.encode_message(m)
        assert s.decode_message(hex) == m, name
        pairs = s.describe_message(m)
        if m["type"] == s.COMPRESSED and name not in ("compressed-limit", "compressed-end"):
            prefix = b""
            if "prefix" in m:
                leaves_of = p.encode_items(leaves(1, m["prefix"]["through"]))
                prefix = s.prefix_bytes(leaves_of, m["prefix"]["size"])
                assert p.sha256(prefix)[:4] == m["prefix"]["check"]
                pairs.append(("leaves", leaves_of))
            pairs.append(("inner", zstd.inflate(m["stream"], m["flags"] & s.FRESH, m["innerLength"], prefix)))
        book.add(name, comment, ("hex", hex), *pairs)

    def refuse(name, comment, data):
        try:
            s.decode_message(data)
        except p.Malformed as fault:
            book.add("reject-" + name, comment, ("hex", data), ("reason", fault.reason), ("close", s.CLOSE_CODES.get(fault.reason, 1)))
            return
        raise AssertionError(name)

    good = {name: m for name, _, m in messages()}
    body = {name: s.encode_body(m) for name, m in good.items()}
    frame = lambda name, data: s.encode_frame(good[name]["type"], data)
    for name in good:   # every message cut by one byte and with a byte to spare, in a frame of that length
        cut = frame(name, body[name][:-1])
        try:
            s.decode_message(cut)
        except p.Malformed:
            refuse(f"{name}-cut", "S-5: the body ends one byte early", cut)
        if not name.startswith("compressed"):
            refuse(f"{name}-spare", "S-5: a byte to spare", frame(name, body[name] + b"\x00"))
    for t in (1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 15, 16, 32):
        refuse(f"empty-{t}", "S-5: an empty body", s.encode_frame(t, b""))
    for t in (0, 8, 9, 14, 17, 31, 33, 63):
        refuse(f"type-{t}", "S-4: an unknown or reserved type below 64", s.encode_frame(t, b"\x01"))
    for t in (64, 255):
        book.add(f"skip-{t}", "S-4: a type to be skipped", ("hex", s.encode_frame(t, b"\xff\xff")), ("skip", "yes"))
    book.add("skip-empty", "S-4: without a body", ("hex", s.encode_frame(64, b"")), ("skip", "yes"))
    whole = s.encode_message(good["ping"])
    for cut in (0, 1, 2, len(whole) - 1):
        assert s.decode_frame(whole[:cut]) is None
        book.add(f"wait-{cut}", "S-2: more bytes are needed", ("hex", whole[:cut]), ("wait", "yes"))
    book.add("wait-length", "S-2: inside the length", ("hex", b"\x06\x80"), ("wait", "yes"))
    book.add("wait-data-max", "S-3: the longest DATA", ("hex", b"\x06" + p.encode_varint(s.DATA_BODY_MAX)), ("wait", "yes"))
    book.add("wait-body-max", "S-3: the longest other body", ("hex", b"\x03" + p.encode_varint(s.BODY_MAX)), ("wait", "yes"))
    refuse("data-too-long", "S-3: a DATA of one byte more", b"\x06" + p.encode_varint(s.DATA_BODY_MAX + 1))
    refuse("compressed-too-long", "S-3: a COMPRESSED of one byte more", b"\x20" + p.encode_varint(s.DATA_BODY_MAX + 1))
    refuse("heads-too-long", "S-3: another body of one byte more", b"\x03" + p.encode_varint(s.BODY_MAX + 1))
    refuse("skipped-too-long", "S-3: types to be skipped too", b"\x40" + p.encode_varint(s.BODY_MAX + 1))
    refuse("length-max", "S-3: a length of 2^64 - 1", b"\x06" + p.encode_varint(2**64 - 1))
    refuse("length-non-shortest", "E-3: a length in more bytes than needed", b"\x0b\x88\x00" + bytes(8))
    refuse("length-overflow", "E-3: a length of eleven bytes", b"\x0b" + b"\xff" * 10 + b"\x01")

    def change(name, /, **fields):
        return s.encode_message({**good[name], **fields})

    refuse("hello-min-0", "S-12: minVersion 0", change("hello", minVersion=0))
    refuse("hello-min-max", "S-12: minVersion above maxVersion", change("hello", minVersion=2, maxVersion=1))
    refuse("open-handle-0", "S-8: handle 0", change("open", handle=0))
    refuse("open-handle-65", "S-8: a handle too many", change("open", handle=65))
    refuse("open-flags", "S-7: an unknown flag", change("open", flags=2))
    refuse("open-has-cursor", "S-7: hasCursor 2", frame("open", body["open"][:-1] + b"\x02"))
    refuse("heads-more", "S-7: more 2", change("heads-empty", more=2))
    refuse("heads-513", "S-25: an entry too many", change("heads-512", entries=[(1, 4, tag(4))] * 513))
    refuse("heads-count", "S-6: a count beyond the body", frame("heads-empty", body["heads-empty"][:-1] + p.encode_varint(500)))
    refuse("heads-count-max", "S-6: a count of 2^64 - 1", frame("heads-empty", body["heads-empty"][:-1] + p.encode_varint(2**64 - 1)))
    refuse("heads-n-0", "S-23: n 0", change("heads-later", entries=[(1, 0, tag(4))]))
    refuse("heads-n-limit", "S-23: n 2^30", change("heads-later", entries=[(1, 2**30, tag(4))]))
    refuse("heads-channel", "L-9 S-9: a LogID of channel 8", change("heads-first", entries=[(b"\x08" + bytes(15), 3, tag(3))]))
    refuse("heads-logref", "S-9: index 100,001", change("heads-first", entries=[(s.LOGREFS_MAX + 1, 3, tag(3))]))
    refuse("heads-varint", "E-3: a varint in more bytes than needed", frame("heads-empty", b"\x81\x00\x09\x00\x00"))
    refuse("want-none", "S-30: no wants", change("want", wants=[]))
    refuse("want-513", "S-30: a want too many", change("want", wants=[(1, 1, 1, 0)] * 513))
    refuse("want-index-0", "S-30: index 0", change("want", wants=[(0, 1, 1, 0)]))
    refuse("want-from-0", "S-30: from 0", change("want", wants=[(1, 0, 1, 0)]))
    refuse("want-backwards", "S-30: to below from", change("want", wants=[(1, 5, 4, 0)]))
    refuse("want-to", "S-30: to 2^30", change("want", wants=[(1, 5, 2**30, 0)]))
    for flag in (2, 3, 4, 8):
        refuse(f"want-flags-{flag}", "S-7 S-30: a reserved flag", change("want", wants=[(1, 5, 5, flag)]))
    section = good["data-first"]["sections"][0]
    data = lambda **fields: change("data-first", sections=[{**section, **fields}])
    refuse("data-none", "S-31: no sections", change("data-first", sections=[]))
    refuse("data-513", "S-31: a section too many", change("data-first", sections=[good["data-no-more"]["sections"][0]] * 513))
    refuse("data-beyond-head", "S-31: leaves beyond the head of the section", data(n=2, items=leaves(1, 3)))
    refuse("data-bridge-65", "S-31: a hash too many", data(bridge=[bytes(32)] * 65))
    refuse("data-flags", "S-7: an unknown flag", data(flags=16 | 7))
    refuse("data-head-flags", "S-7 L-25: an unknown head flag", data(headFlags=2))
    refuse("data-n-0", "L-24: a head of no leaves", data(n=0))
    refuse("data-from-0", "S-31: from 0", data(**{"from": 0}))
    refuse("data-beyond", "L-3: leaves beyond 2^30", data(**{"from": 2**30 - 2}))
    refuse("data-empty-leaf", "L-23: a leaf of no bytes", data(items=[("leaf", b"")]))
    refuse("data-long-leaf", "L-23: a leaf of 65,537 bytes", data(items=[("leaf", bytes(65_537))]))
    refuse("data-hole-41", "L-20: a hole of height 41", data(items=[("hole", 41, bytes(32))]))
    refuse("data-bridge-empty", "S-31: bridged without hashes", data(bridge=[]))
    refuse("data-count", "S-6: more sections than the body holds", frame("data-no-more", b"\x01" + p.encode_varint(2**40) + body["data-no-more"][2:]))
    ranges = lambda *r: change("recon-end", ranges=list(r))
    refuse("recon-domain", "S-41: a reserved domain", change("recon-end", flags=1))
    refuse("recon-4097", "S-41: a range too many", ranges(*[{"bound": (i + 1).to_bytes(2, "big"), "mode": 0} for i in range(4_097)]))
    refuse("recon-mode", "S-41: a reserved mode", frame("recon-end", b"\x01\x00\x01\xff\x03"))
    refuse("recon-mode-5", "S-41: an unknown mode", frame("recon-end", b"\x01\x00\x01\xff\x05"))
    refuse("recon-length", "S-41: a bound of 17 bytes", frame("recon-end", b"\x01\x00\x01\x11" + bytes(17) + b"\x00"))
    refuse("recon-order", "S-41: bounds that fall", ranges({"bound": b"\x02", "mode": 0}, {"bound": b"\x01\xff", "mode": 0}))
    refuse("recon-equal", "S-41: equal bounds, written in two ways", ranges({"bound": b"\x02", "mode": 0}, {"bound": b"\x02\x00", "mode": 0}))
    refuse("recon-after-end", "S-41: a range after the end", ranges({"bound": None, "mode": 0}, {"bound": None, "mode": 0}))
    refuse("join-name-long", "S-38: a name of 257 bytes", change("join", name="x" * 257))
    refuse("join-name-utf8", "S-38: a name that is not UTF-8", frame("join-no-name", body["join-no-name"][:-1] + b"\x01\xff"))
    refuse("welcome-empty", "S-39: an empty genesis", frame("welcome", b"\x00"))
    refuse("compressed-flags", "S-7: an unknown flag", change("compressed", flags=8))
    refuse("compressed-prefix-old", "S-36: a prefix without a fresh stream", change("compressed-prefixed", flags=2))
    refuse("compressed-end-fresh", "S-36: an end that begins", change("compressed", flags=5))
    refuse("compressed-end-long", "S-36: an end that carries a length", change("compressed-end", innerLength=1))
    refuse("compressed-end-bytes", "S-36: an end that carries bytes", change("compressed-end", stream=b"\x00"))
    refuse("compressed-empty", "S-36: nothing inside", change("compressed", innerLength=0))
    for name, fields in {
        "handle": {"handle": 0}, "handle-65": {"handle": 65}, "index-0": {"log": ("receiver", 0)},
        "index": {"log": ("sender", s.LOGREFS_MAX + 1)}, "through-0": {"through": 0}, "through": {"through": 2**30}, "size": {"size": 18},
    }.items():
        refuse(f"compressed-prefix-{name}", "S-47: a prefix out of range", change("compressed-prefixed", prefix={**good["compressed-prefixed"]["prefix"], **fields}))
    refuse("compressed-inner", "S-36: an inner type other than 6", change("compressed", innerType=3))
    refuse("compressed-ratio", "S-36: one byte above the ratio", change("compressed-limit", innerLength=4_096 + 64 * 8 + 1))
    refuse("compressed-length", "S-36: a declared length above the limit", change("compressed", innerLength=s.INNER_MAX + 1, stream=bytes(5_000)))
    return book


def tokens():
    book = Book("Token, tag, fingerprint, the message of JOIN, and what follows two OPENs.")
    for i, space in enumerate((SPACE, bytes(32))):
        for direction in (0, 1):
            book.add(f"token-{i}-{direction}", "S-10: a token", ("exporter", EXPORTER), ("direction", direction), ("space", space), ("token", s.token(EXPORTER, direction, space)))
    for n in (1, 7, 40):
        book.add(f"tag-{n}", "S-24: a tag", ("dialerNonce", DIALER), ("listenerNonce", LISTENER), ("log", LOG1), ("n", n), ("root", ROOTS[n]), ("tag", tag(n)))
    book.add("tag-swapped", "S-24: the nonces in the other roles", ("dialerNonce", LISTENER), ("listenerNonce", DIALER), ("log", LOG1), ("n", 7), ("root", ROOTS[7]),
             ("tag", s.tag(LISTENER, DIALER, LOG1, 7, ROOTS[7])))
    many = {bytes([c]) + p.sha256(bytes([c, i]))[:15]: (i + 1, p.sha256(b"r", bytes([c, i]))) for c in (0, 1, 2) for i in range(5)}
    for name, comment, heads in [
            ("none", "S-18: no logs", {}), ("one", "S-18: one log", {LOG1: (7, ROOTS[7])}), ("many", "S-18: 15 logs of three channels", many)]:
        listed = [("head", f"{log.hex()} {n} {root_n.hex()}") for log, (n, root_n) in sorted(heads.items(), key=lambda x: x[0][::-1])]
        book.add(f"fingerprint-{name}", comment, *listed, ("fingerprint", s.fingerprint(heads)))
    signature = p.sign(SEED_C, s.join_message(EXPORTER, KEY_B))
    book.add("join", "S-38: the message that JOIN signs", ("exporter", EXPORTER), ("joiner", KEY_B), ("invitation", KEY_C), ("message", s.join_message(EXPORTER, KEY_B)), ("signature", signature))
    # Two OPENs. Fields: mask, logs, fingerprint word, lsn, cursor (epoch word, lsn) or none; the peer's epoch is "e".
    fp = {"x": bytes(15) + b"\x01", "y": bytes(15) + b"\x02"}

    def side(key, mask, logs, word, lsn, cursor):
        d = {"key": key, "databaseEpoch": EPOCH, "channelMask": mask, "logs": logs, "fingerprint": fp[word], "lsn": lsn, "hasCursor": int(cursor is not None)}
        if cursor is not None:
            d.update(cursorEpoch=cursor[0], cursorLsn=cursor[1])
        return d

    low, high = sorted((KEY_A, KEY_B))
    for name, comment, mine, peer in [
            ("equal", "equal fingerprints", (255, 3, "x", 9, None), (255, 3, "x", 5, None)),
            ("both-cursors", "two valid cursors", (255, 3, "x", 9, (EPOCH, 4)), (255, 3, "y", 5, (EPOCH, 8))),
            ("cursor-now", "a cursor at the peer's lsn is valid", (255, 3, "x", 9, (EPOCH, 5)), (255, 3, "y", 5, (EPOCH, 9))),
            ("cursor-future", "a cursor beyond the peer's lsn is not", (255, 3, "x", 9, (EPOCH, 6)), (255, 3, "y", 5, (EPOCH, 8))),
            ("cursor-epoch", "nor one of another epoch", (255, 3, "x", 9, (EPOCH + 1, 4)), (255, 3, "y", 5, (EPOCH, 8))),
            ("no-cursors", "no cursors", (255, 3, "x", 9, None), (255, 3, "y", 5, None)),
            ("one-cursor", "one without", (255, 3, "x", 9, (EPOCH, 4)), (255, 3, "y", 5, None)),
            ("i-am-empty", "a side without logs needs no cursor", (255, 0, "x", 0, None), (255, 3, "y", 5, (EPOCH, 0))),
            ("both-empty", "two sides without logs say so", (255, 0, "x", 0, None), (255, 0, "x", 0, None)),
            ("i-am-empty-peer-new", "the side with logs has no cursor and announces all", (255, 0, "x", 0, None), (255, 3, "y", 5, None)),
            ("peer-is-empty", "the same from the other side", (255, 3, "x", 9, None), (255, 0, "y", 0, None)),
            ("peer-is-empty-cursor", "but not what the cursor covers", (255, 3, "x", 9, None), (255, 0, "y", 0, (EPOCH, 4))),
            ("masks", "the masks do not matter: equal fingerprints", (255, 3, "x", 9, (EPOCH, 4)), (1, 3, "x", 5, (EPOCH, 8))),
            ("masks-cursors", "nor for cursors", (255, 3, "x", 9, (EPOCH, 4)), (1, 3, "y", 5, (EPOCH, 8)))]:
        for who, (my_key, peer_key) in (("low", (low, high)), ("high", (high, low))):
            a, b = side(my_key, *mine), side(peer_key, *peer)
            word, above = s.opening(a, b)
            show = lambda d: " ".join([d["key"].hex(), f"{d['databaseEpoch']}", str(d["channelMask"]), str(d["logs"]), d["fingerprint"].hex(), str(d["lsn"])]
                                      + ([f"{d['cursorEpoch']} {d['cursorLsn']}"] if d["hasCursor"] else []))
            book.add(f"open-{name}-{who}", f"S-20 S-21: {comment}; mine is the {'smaller' if who == 'low' else 'greater'} key", ("mine", show(a)), ("peer", show(b)), ("next", word),
                     *([("above", above)] if above is not None else []))
    return book


BOOKS = {"frames": frames, "tokens": tokens}
