#!/usr/bin/env python3
"""Checks the reference implementation: every vector read back, and the laws of Specs on random input.

selftest.py [--seed N]      prints its seed; the same seed gives the same run
"""

import argparse
import contextlib
import io
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

import generate_workload
import plcref as p
import plcref_session as s
from vectorfile import many, one, parse

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parents[1] / "Specs" / "vectors"


def expect(condition, *words):
    if not condition:
        raise AssertionError(" ".join(map(str, words)))


def refused(call, *arguments):
    """The reason with which a decoder refuses, or None."""
    try:
        call(*arguments)
    except p.Malformed as fault:
        return fault.reason
    return None


# ------------------------------------------------------------------------------------------------------------ vectors


def plain(item):
    """A Python value that encodes to the item, so that the encoder is tested too."""
    if item.type == "array":
        return [plain(x) for x in item.value]
    if item.type == "map":
        return Pairs((plain(k), plain(v)) for k, v in item.value)
    if item.type == "tag":
        return p.Tag(item.value[0], plain(item.value[1]))
    return item.value


class Pairs(dict):
    """A map whose keys may be any item: encoded by p.encode through items()."""

    def __init__(self, pairs):
        super().__init__()
        self.pairs = list(pairs)

    def items(self):
        return self.pairs


def hexes(block, key):
    return [bytes.fromhex(v) for v in many(block, key)]


def hexed(block, key):
    return bytes.fromhex(one(block, key))


def numbers(block, *keys):
    return [int(one(block, key)) for key in keys]


def listed_logs(block):
    logs = []
    for line in many(block, "log"):
        id, key = map(bytes.fromhex, line.split(" "))
        logs.append(p.Log(id, key, []))
    for line in many(block, "leaf"):
        index, leaf = line.split(" ")
        logs[int(index) - 1].leaves.append(bytes.fromhex(leaf))
    return logs


def check_state(block, logs, name):
    state = p.fold(logs)
    expect(p.describe_state(state) == many(block, "state"), name, "state")
    expect(p.digest(state) == hexed(block, "digest"), name, "digest")


def check_change(block, name):
    change = p.decode_change(hexed(block, "hex"), one(block, "channel") == "0")
    if many(block, "change"):
        return expect(change is None, name)
    wanted = [f"{k}: {v}" for k, v in block if k in ("hlc", "ref", "op")]
    expect(p.describe_change(change) == wanted, name)
    ignored = " ".join(str(i) for i, op in enumerate(change.ops) if op is None)
    expect(ignored == "".join(many(block, "ignored")), name)


FOREST_LOG = []


def check_forest(block, name):
    keys = {k for k, _ in block}
    if name == "log":
        return FOREST_LOG.append(hexed(block, "logid32"))
    id32 = FOREST_LOG[-1]
    if name.startswith("root-"):
        (n,) = numbers(block, "n")
        hashes = [p.leaf_hash(i.to_bytes(4, "big")) for i in range(n)]
        expect(
            p.peaks(hashes) == hexes(block, "peak") and p.root(id32, n, hexes(block, "peak")) == hexed(block, "root"),
            name,
        )
    elif name.startswith("consistency-"):
        m, n = numbers(block, "m", "n")
        valid = p.check_consistency(id32, m, hexed(block, "rootM"), n, hexed(block, "rootN"), hexes(block, "hash"))
        expect(valid == (one(block, "valid") == "yes"), name)
    elif name.startswith("inclusion-"):
        seq, n = numbers(block, "seq", "n")
        valid = p.check_inclusion(id32, seq, hexed(block, "leafHash"), n, hexed(block, "root"), hexes(block, "hash"))
        expect(valid == (one(block, "valid") == "yes"), name)
    elif name.startswith("items-"):
        k, count = numbers(block, "k", "count")
        hashes = [p.leaf_hash(i.to_bytes(4, "big")) for i in range(k)]
        reader = s.Body(hexed(block, "items"))
        try:
            items = [reader.item() for _ in range(count)]
            peaks, n = p.append_items(p.peaks(hashes), k, items)
        except p.Malformed:
            return expect(one(block, "valid") == "no", name)
        expect(one(block, "valid") == "yes" and p.root(id32, n, peaks) == hexed(block, "root"), name)
    elif "span" in keys:
        k, n = numbers(block, "k", "n")
        expect(" ".join(f"{a}+{h}" for a, h in p.span(k, n)) == one(block, "span"), name)


def check_head(block, name):
    key, id32, root, signature = (hexed(block, k) for k in ("key", "logid32", "root", "signature"))
    n, flags = numbers(block, "n", "flags")
    expect(p.head_message(id32, n, root, flags) == hexed(block, "message"), name)
    expect(p.check_head(key, id32, n, root, flags, signature) == (one(block, "valid") == "yes"), name)
    if many(block, "seed"):
        seed = hexed(block, "seed")
        expect(p.public_key(seed) == key and p.sign(seed, hexed(block, "message")) == signature, name)


def check_clock(block, name):
    keys = [k for k, _ in block]
    value = lambda key: None if many(block, key) in ([], ["none"]) else int(one(block, key))
    if "stamp" in keys:
        expect(p.next_stamp(value("now"), value("last")) == value("stamp"), name)
    elif "eff" in keys:
        expect(p.effective_stamp(value("hlc"), value("over")) == value("eff"), name)
    elif "shown" in keys:
        expect(p.over_needed(value("shown"), value("hlc")) == value("over"), name)
    else:
        expect(p.last_stamp(list(map(int, many(block, "applied")))) == value("last"), name)


def check_identifier(block, name):
    keys = {k for k, _ in block}
    if "accept" in keys:
        expect(refused(p.decode_genesis, hexed(block, "genesis")), name)
    elif "genesis" in keys:
        genesis = p.decode_genesis(hexed(block, "genesis"))
        expect(
            genesis.founders == hexes(block, "founder")
            and p.space_id(hexed(block, "genesis")) == hexed(block, "space"),
            name,
        )
    elif "logid" in keys:
        channel, epoch = numbers(block, "channel", "epoch")
        id32 = p.log_id32(hexed(block, "space"), hexed(block, "key"), channel, epoch)
        expect(id32 == hexed(block, "logid32") and p.log_id(channel, id32) == hexed(block, "logid"), name)
    elif "kind" in keys:
        expect(p.keyed_id(*numbers(block, "channel", "kind"), hexed(block, "key")) == hexed(block, "id"), name)
    else:
        expect(p.acceptable_key(hexed(block, "key")) == (one(block, "acceptable") == "yes"), name)


def check_token(block, name):
    keys = {k for k, _ in block}
    if "token" in keys:
        expect(
            s.token(hexed(block, "exporter"), *numbers(block, "direction"), hexed(block, "space"))
            == hexed(block, "token"),
            name,
        )
    elif "tag" in keys:
        expect(
            s.tag(
                hexed(block, "dialerNonce"),
                hexed(block, "listenerNonce"),
                hexed(block, "log"),
                *numbers(block, "n"),
                hexed(block, "root"),
            )
            == hexed(block, "tag"),
            name,
        )
    elif "fingerprint" in keys:
        heads = {}
        for line in many(block, "head"):
            log, n, root = line.split(" ")
            heads[bytes.fromhex(log)] = (int(n), bytes.fromhex(root))
        expect(s.fingerprint(heads) == hexed(block, "fingerprint"), name)
    elif "joiner" in keys:
        message = s.join_message(hexed(block, "exporter"), hexed(block, "joiner"))
        expect(
            message == hexed(block, "message")
            and p.verify(hexed(block, "invitation"), message, hexed(block, "signature")),
            name,
        )
    else:
        names = "key databaseEpoch channelMask logs fingerprint lsn cursorEpoch cursorLsn".split()
        sides = []
        for line in (one(block, "mine"), one(block, "peer")):
            words = line.split(" ")
            side = {k: bytes.fromhex(w) if k in ("key", "fingerprint") else int(w) for k, w in zip(names, words)}
            sides.append({**side, "hasCursor": int(len(words) == 8)})
        word, above = s.opening(*sides)
        expect(word == one(block, "next") and ([str(above)] if above is not None else []) == many(block, "above"), name)


def check_membership(block, name):
    if many(block, "answer"):
        key, role, expiry = one(block, "known").split(" ")
        members = p.Membership({}, {bytes.fromhex(key): (int(role), int(expiry))}, set(hexes(block, "grants")), False)
        return expect(
            p.admits(members, hexed(block, "invitation"), *numbers(block, "now")) == one(block, "answer"), name
        )
    logs = listed_logs(block)
    members = p.membership(p.decode_genesis(hexed(block, "genesis")), logs)
    expect([f"{k.hex()} {r}" for k, r in sorted(members.roles.items())] == many(block, "role"), name)
    counted = [log for log in logs if p.counts(log, members)]
    expect(sorted(log.id.hex() for log in counted) == many(block, "counts"), name)
    check_state(block, counted, name)


def check_frame(block, name):
    data = hexed(block, "hex")
    if many(block, "wait"):
        return expect(s.decode_frame(data) is None, name)
    if many(block, "skip"):
        return expect(s.decode_message(data) is None, name)
    if many(block, "close"):
        reason = refused(s.decode_message, data)
        return expect(reason == one(block, "reason") and str(s.CLOSE_CODES.get(reason, 1)) == one(block, "close"), name)
    message = s.decode_message(data)
    fields = [(k, v) for k, v in block if k not in ("name", "hex", "inner", "leaves")]
    expect([(k, str(v)) for k, v in s.describe_message(message)] == fields, name)
    expect(s.encode_message(message) == data, name)


def check_block(file, block):
    name = f"{file}: {one(block, 'name')}"
    short = one(block, "name")
    if file == "cbor-accept":
        item = p.decode(hexed(block, "hex"))
        expect(item.type == one(block, "type") and p.encode(plain(item)) == hexed(block, "hex"), name)
    elif file == "cbor-reject":
        expect(refused(p.decode, hexed(block, "hex")) == one(block, "reason"), name)
    elif file == "varint":
        if many(block, "value"):
            (n,) = numbers(block, "value")
            expect(
                p.decode_varint(hexed(block, "hex")) == (n, len(hexed(block, "hex")))
                and p.encode_varint(n) == hexed(block, "hex"),
                name,
            )
        else:
            expect(refused(p.decode_varint, hexed(block, "hex")) == one(block, "reason"), name)
    elif file.startswith("change-"):
        check_change(block, name)
    elif file == "forest":
        check_forest(block, short)
    elif file == "pages":
        page = p.patterned_page() if one(block, "pattern") == "yes" else bytes(p.PAGE)
        expect(p.seal(page, int(one(block, "number"))) == hexed(block, "seal"), name)
    elif file == "heads":
        check_head(block, name)
    elif file == "fold":
        check_state(block, listed_logs(block), name)
    elif file == "clock":
        check_clock(block, name)
    elif file == "ids":
        check_identifier(block, name)
    elif file == "tokens":
        check_token(block, name)
    elif file == "membership":
        check_membership(block, name)
    elif file == "frames":
        check_frame(block, name)


def clauses(_):
    """Specs/README.md: clauses are numbered from 1 without gap, and whoever names one names one that exists."""
    specs = {page.name: page.read_text(encoding="utf-8") for page in sorted(VECTORS.parent.glob("*.md"))}
    defined = [c for text in specs.values() for c in re.findall(r"^\*\*([A-Z]-\d+)\*\*", text, re.M)]
    for letter in "ELCDS":
        own = sorted(int(c[2:]) for c in defined if c[0] == letter)
        expect(own == list(range(1, len(own) + 1)), letter, own)
    shown = set()
    named = [*specs.values(), *(file.read_text(encoding="utf-8") for file in HERE.glob("*.py"))]
    for text in named:
        unknown = set(re.findall(r"\b[ELCDS]-[0-9]+\b", text)) - set(defined)
        expect(not unknown, "no such clause:", *sorted(unknown))
    for file in VECTORS.glob("*.txt"):
        for comment in re.findall(r"^# ([^:\n]*): ", file.read_text(encoding="utf-8").split("\n", 1)[1], re.M):
            expect(set(comment.split()) <= set(defined), file.name, comment)
            shown |= set(comment.split())
    return f"{len(defined)} clauses, {len(shown)} of them shown by vectors"


def vectors(_):
    count = 0
    for file in sorted(VECTORS.glob("*.txt")):
        for block in parse(file.read_text(encoding="utf-8")):
            check_block(file.stem, block)
            count += 1
    stale = subprocess.run([sys.executable, str(HERE / "make-vectors.py"), "--check"], capture_output=True, text=True)
    expect(stale.returncode == 0, stale.stderr.strip())
    return f"{count} vectors"


# -------------------------------------------------------------------------------------------------------------- bytes


def any_value(rng, depth):
    draw = rng.random()
    if depth and draw < 0.15:
        return [any_value(rng, depth - 1) for _ in range(rng.randrange(5))]
    if depth and draw < 0.3:
        keys = [
            rng.choice([rng.randrange(300), "k" * rng.randrange(30), -rng.randrange(1, 300)])
            for _ in range(rng.randrange(5))
        ]
        return {k: any_value(rng, depth - 1) for k in keys}
    if depth and draw < 0.35:
        return p.Tag(rng.getrandbits(rng.choice((3, 8, 16, 64))), any_value(rng, depth - 1))
    bits = rng.getrandbits(rng.choice((1, 5, 8, 9, 16, 17, 32, 33, 64)))
    return rng.choice(
        [
            bits,
            -1 - bits,
            p.Float(rng.choice([0.5, 1e300, 1.1, -0.0, 3.0, float("inf")]) * rng.choice([1, 2.0**-20])),
            True,
            None,
            bytes(rng.randrange(40)),
            "نص"[: rng.randrange(3)] * rng.randrange(20),
        ]
    )


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        choice = rng.randrange(4)
        if choice == 0 and at < len(data):
            data[at] = rng.randrange(256)
        elif choice == 1 and at < len(data):
            del data[at]
        elif choice == 2:
            data.insert(at, rng.choice((0, 0x80, 0xFF, 0x9F, 0xF9, rng.randrange(256))))
        else:
            del data[at:]
    return bytes(data)


def bytes_laws(rng):
    """Every accepted input encodes back to itself; every other is refused, never a crash (E-15)."""
    accepted = 0
    for _ in range(6000):
        data = p.encode(any_value(rng, 7))
        expect(p.encode(plain(p.decode(data))) == data, data.hex())
        other = mutate(rng, data)
        if refused(p.decode, other) is None:
            accepted += 1
            expect(p.encode(plain(p.decode(other))) == other, other.hex())
        p.decode_change(other)
    frames = [
        hexed(b, "hex")
        for b in parse((VECTORS / "frames.txt").read_text())
        if len(one(b, "hex")) < 2000 and not many(b, "wait")
    ]
    for _ in range(20000):
        data = mutate(rng, rng.choice(frames))
        with contextlib.suppress(p.Malformed):
            frame = s.decode_frame(data)
            if frame and frame[0] in s.KNOWN_TYPES:
                expect(s.encode_body(s.decode_body(frame[0], frame[1])) == frame[1], data.hex())
                accepted += 1
    leaf = p.encode([1, [], [[4, [0, 1, 0]], [16, bytes(65_536 - 15)]]])
    expect(len(leaf) == 65_536 and p.decode_change(leaf) and not p.decode_change(leaf + b"\x00"), len(leaf))
    return f"{accepted} mutants accepted and equal"


# ------------------------------------------------------------------------------------------------------------- forest


def forest_laws(rng):
    id32, size = bytes(32), 300
    hashes = [p.leaf_hash(i.to_bytes(4, "big")) for i in range(size)]
    roots = [p.root(id32, n, p.peaks(hashes, n)) for n in range(size + 1)]
    peaks, n = [], 0
    for hash in hashes:  # leaf by leaf
        peaks, n = p.extend(peaks, n, 0, hash)
        expect(p.root(id32, n, peaks) == roots[n], "append", n)
    for _ in range(600):
        m, n = sorted(rng.randint(1, size) for _ in range(2))
        expect(p.cross_bridge(p.peaks(hashes, m), m, n, p.bridge(hashes, m, n)) == p.peaks(hashes, n), "bridge", m, n)
        proof = p.consistency_proof(hashes, m, n)
        expect(p.check_consistency(id32, m, roots[m], n, roots[n], proof), "consistency", m, n)
        seq = rng.randint(1, n)
        path = p.inclusion_proof(hashes, seq, n)
        expect(p.check_inclusion(id32, seq, hashes[seq - 1], n, roots[n], path), "inclusion", seq, n)
        for wrong in (proof, path):
            if wrong:
                wrong[rng.randrange(len(wrong))] = bytes(32)
        expect(not p.check_consistency(id32, m, roots[m], n, roots[n], proof), "forged consistency", m, n)
        expect(
            not path or not p.check_inclusion(id32, seq, hashes[seq - 1], n, roots[n], path), "forged inclusion", seq, n
        )
        peaks, at = p.peaks(hashes, m), m  # holes of random heights give the same root (L-20)
        while at < n:
            fits = [h for h in range(9) if at % (1 << h) == 0 and at + (1 << h) <= n]
            height = rng.choice(fits)
            peaks, at = p.extend(peaks, at, height, p.block_hash(hashes[at : at + (1 << height)]))
        expect(p.root(id32, n, peaks) == roots[n], "holes", m, n)
    return "300 leaves, 600 proofs"


# --------------------------------------------------------------------------------------------------------------- fold

LOGS = [(bytes([1]) + bytes([i]) * 15, bytes([100 + i // 2]) * 32) for i in range(4)] + [
    (bytes([2]) + bytes(15), bytes([100]) * 32)
]


def random_history(rng):
    """Leaves of some logs; operations name dots that may exist, come later, or never."""
    logs = [p.Log(id, key, []) for id, key in rng.sample(LOGS, rng.randint(1, len(LOGS)))]
    lengths = {log.id: rng.randint(1, 6) for log in logs}

    def dot(log):
        target = log.id if rng.random() < 0.5 else rng.choice(LOGS)[0]
        ref = 0 if target == log.id else 1 + [x[0] for x in LOGS].index(target)
        return [ref, rng.randint(1, lengths.get(target, 3)), rng.randrange(3)]

    def op(log, index):
        rec = rng.randrange(index) if index and rng.random() < 0.5 else dot(log)
        field = rng.choice([0, 1, 70, "f"])
        return rng.choice(
            [
                [0, rng.randrange(2), {0: rng.randrange(3)}, rng.randrange(2)],
                [0, 1, {}],
                [6, 1, rng.randrange(2)],
                [1, rec, {field: rng.randrange(9)}],
                [1, rec, {field: 1, 71: 2}, rng.choice([0, 5, 2**63 - 1, 2**64 - 1])],
                [2, rec, field, rng.randrange(3)],
                [2, rec, field, "v", [dot(log) for _ in range(rng.randint(1, 3))]],
                [3, rec, field, [dot(log) for _ in range(rng.randint(1, 4))]],
                [4, rec] if rng.random() < 0.3 else [99],
                None,
            ]
        )

    for log in logs:
        for _ in range(lengths[log.id]):
            hlc = (
                rng.choice([rng.randrange(6), 2**63 - 1, 2**63, 2**64 - 1]) if rng.random() < 0.3 else rng.randrange(20)
            )
            leaf = p.encode([hlc, [id for id, _ in LOGS], [op(log, i) for i in range(rng.randint(1, 4))]])
            log.leaves.append(leaf if rng.random() < 0.97 else b"\xff")
    return logs


class Incremental:
    """A fold that takes one leaf at a time, in any order, and keeps what waits (D-23): the opposite of p.fold."""

    def __init__(self, keys):
        self.keys, self.seen, self.waiting = keys, set(), {}
        self.named, self.made, self.owner, self.dead = {}, {}, {}, set()
        self.registers, self.dots, self.gone, self.births = {}, {}, {}, {}

    def apply(self, id, seq, leaf):
        if (id, seq) in self.seen:
            return
        self.seen.add((id, seq))
        change = p.decode_change(leaf)
        later = []
        for index, op in enumerate(change.ops) if change else []:
            dot = p.Dot(id, seq, index)
            full = lambda d: p.Dot(id if d[0] == 0 else change.refs[d[0] - 1], d[1], d[2])
            if op and op.name in ("create", "keyed"):
                keyed = op.name == "keyed"
                rec = b"\x01" + p.keyed_id(id[0], op.kind, op.value.raw) if keyed else b"\x00" + dot.bytes()
                self.named[dot] = rec
                self.owner[rec] = self.keys[id] if op.owned else None
                self.made[rec] = (
                    ("k", op.kind, op.value.raw) if keyed else ("d", dot, op, p.counted_stamp(change.hlc), [])
                )
                for field, value in op.fields:
                    self.offer(rec, field.raw, (p.counted_stamp(change.hlc), dot, value.raw, False))
                later += self.waiting.pop(dot, [])
            elif op:
                target = p.Dot(id, seq, op.rec[1]) if op.rec[0] == "index" else full(op.rec[1])
                work = (target, dot, change.hlc, op, [full(d) for d in op.dots])
                if target in self.named:
                    later.append(work)
                else:
                    self.waiting.setdefault(target, []).append(work)
        for work in later:
            self.effect(*work)

    def offer(self, rec, field, candidate):
        best = self.registers.get((rec, field))
        if best is None or candidate[:2] > best[:2]:
            self.registers[rec, field] = candidate

    def effect(self, target, dot, hlc, op, listed):
        rec = self.named[target]
        if target.log[0] != dot.log[0] or rec[0] == 1 and (target.log != dot.log or target > dot):
            return
        mine = self.owner[rec] in (None, self.keys[dot.log])
        fields = [(f.raw, v and v.raw) for f, v in op.fields if mine or f.type == "text" or f.value >= 64]
        if op.name == "del" and mine and rec[0] == 0:
            self.dead.add(rec)
        if op.name == "set" and hlc < p.STAMP_LIMIT:
            for field, value in fields:
                self.offer(rec, field, (p.effective_stamp(hlc, op.over), dot, value, True))
        if op.name in ("add", "rem") and fields:
            at = rec, fields[0][0]
            if op.name == "add":
                self.dots.setdefault(at, {})[dot] = (p.counted_stamp(hlc), op.value.raw)
                if op.rec[0] == "index" and not op.dots and rec[0] == 0:
                    self.births.setdefault(at, set()).add(dot)
                    self.made[rec][4].append((dot, op))
            self.gone.setdefault(at, set()).update(listed)

    def state(self):
        live = {}
        for rec, value in self.made.items():
            if rec not in self.dead:
                live[rec] = (
                    value if value[0] == "k" else (*value[:4], [op for _, op in sorted(value[4], key=lambda x: x[0])])
                )
        keep = lambda table: {at: value for at, value in table.items() if at[0] in live}
        dots = {
            at: {d: v for d, v in dots.items() if d not in self.gone.get(at, ())}
            for at, dots in keep(self.dots).items()
        }
        removals = {
            at: {d for d in gone if d.bytes()[:24] == at[0][1:25]} for at, gone in keep(self.gone).items() if at[0][0] == 0
        }
        return p.State(live, keep(self.registers), {at: d for at, d in dots.items() if d}, keep(self.births), removals)


def fold_laws(rng):
    """D-23 D-29: any order, with duplicates, one leaf at a time or all at once: one state, one digest."""
    lines = 0
    for _ in range(700):
        logs = random_history(rng)
        state = p.fold(logs)
        listing, digest = p.describe_state(state), p.digest(state)
        lines += len(listing)
        rng.shuffle(logs)
        expect(p.digest(p.fold(logs)) == digest, "order of logs")
        arrivals = [(log.id, seq, leaf) for log in logs for seq, leaf in enumerate(log.leaves, 1)]
        for _ in range(2):
            order = arrivals + rng.choices(arrivals, k=3)
            rng.shuffle(order)
            replica = Incremental(dict(LOGS))
            for arrival in order:
                replica.apply(*arrival)
            expect(
                p.describe_state(replica.state()) == listing,
                "order of leaves",
                [a[:2] for a in order],
                p.describe_state(replica.state()),
                listing,
            )
            expect(p.digest(replica.state()) == digest, "digest")
    return f"700 histories, {lines} lines of state"


def membership_laws(rng):
    """D-1 D-8: one result for every order of logs, and never fewer rights with more leaves."""
    keys = [p.public_key(bytes([i]) * 32) for i in range(5)]
    genesis = p.Genesis(1, keys[:1], bytes(16), None)
    for _ in range(150):
        logs = [p.Log(bytes([0, i]) + bytes(14), key, []) for i, key in enumerate(keys)]
        for log in logs:
            for _ in range(rng.randrange(3)):
                log.leaves.append(p.encode([1, [], [[32, rng.choice(keys), rng.choice((0, 2, 3, 3))]]]))
        roles = p.membership(genesis, logs).roles
        rng.shuffle(logs)
        expect(p.membership(genesis, logs).roles == roles, "order")
        fewer = [p.Log(log.id, log.key, log.leaves[: rng.randint(0, len(log.leaves))]) for log in logs]
        less = p.membership(genesis, fewer).roles
        expect(all(roles.get(k, -1) >= r for k, r in less.items()), "monotone")
    return "150 spaces"


# ------------------------------------------------------------------------------------------------------------ session


def recon_laws(rng):
    """S-42: after a reconciliation each side knows every log of which the other has more."""
    most = 0
    for round in range(40):
        ids = [
            bytes([rng.choice((0, 1, 1, 1, 2))]) + rng.randbytes(15)
            for _ in range(rng.choice((0, 1, 5, 40, 400, 3000)))
        ]
        head = lambda n: (n, p.sha256(p.u64(n)))
        a = {id: head(rng.randint(1, 3)) for id in ids if rng.random() < 0.98 or round % 5 == 0}
        b = (
            {id: h for id, h in a.items() if rng.random() < 0.99}
            if round % 3
            else {id: head(rng.randint(1, 3)) for id in ids[: rng.choice((0, 1, 10**6))]}
        )
        learned = ({}, {})
        sides = (a, b)
        ranges, turn, messages = [{"bound": None, "mode": 1, "fingerprint": s.fingerprint(a)}], 1, 1
        while True:
            learn = lambda id, n, root: learned[turn].__setitem__(id, n)
            ranges = s.recon_answer(sides[turn], ranges, learn)
            if ranges is None:
                break
            turn, messages = 1 - turn, messages + 1
        expect(messages <= 2 * s.RECON_ROUNDS_MAX, messages, "messages")
        most = max(most, messages)
        for mine, theirs, known in ((a, b, learned[0]), (b, a, learned[1])):
            wanted = {id for id, (n, _) in theirs.items() if n > mine.get(id, (0,))[0]}
            expect(wanted <= set(known), "missed", len(wanted - set(known)))
            expect(all(known[id] == theirs[id][0] for id in known), "invented")
    return f"40 pairs, at most {most} messages"


# ----------------------------------------------------------------------------------------------------------- workload

NUMBERS = {
    name: i
    for i, name in enumerate(
        "id title body kind author community createdAt tags appreciatedBy post clarity depth practice "
        "inclusion description level status progress owner evidence".split()
    )
}
MULTI = {"post.title", "post.body", "feedback.body", "goal.status"}
KINDS = {"post": 0, "feedback": 1, "goal": 2}


class Importer:
    """Turns lines of one side into leaves, from the side's own view of the records."""

    def __init__(self, log):
        self.log, self.view, self.sent = log, {}, 0

    def leaf(self, line):
        c, seq, refs = json.loads(line), len(self.log.leaves) + 1, []

        def ref(dot):
            if dot.log == self.log.id:
                return [0, dot.seq, dot.op]
            if dot.log not in refs:
                refs.append(dot.log)
            return [refs.index(dot.log) + 1, dot.seq, dot.op]

        here = lambda: p.Dot(self.log.id, seq, len(ops))
        ops = []
        if c.get("new") or "at" not in c:
            dots = {}
            self.view[c["id"]] = (here(), c["t"], dots)
            multi = [f for f in c["f"] if f"{c['t']}.{f}" in MULTI]
            ops.append([0, KINDS[c["t"]], {0: c["id"], **{NUMBERS[f]: v for f, v in c["f"].items() if f not in multi}}])
            for f, v in [(f, c["f"][f]) for f in multi] + [(f, v) for f, vs in c["s"].items() for v in vs]:
                dots.setdefault(f, {})[here()] = v
                ops.append([2, 0, NUMBERS[f], v])
        else:
            record, kind, dots = self.view[c["id"]]
            fields = {NUMBERS[f]: v for f, v in c.get("f", {}).items() if f"{kind}.{f}" not in MULTI}
            if fields:
                ops.append([1, ref(record), fields])
            for f, v in c.get("f", {}).items():
                if f"{kind}.{f}" in MULTI:
                    seen, mine = dots.get(f, {}), here()
                    ops.append([2, ref(record), NUMBERS[f], v] + ([[ref(d) for d in sorted(seen)]] if seen else []))
                    dots[f] = {mine: v}
            for f, vs in c.get("s+", {}).items():
                for v in vs:
                    dots.setdefault(f, {})[here()] = v
                    ops.append([2, ref(record), NUMBERS[f], v])
            for f, vs in c.get("s-", {}).items():
                seen = [d for d, v in dots.get(f, {}).items() if v in vs]
                if seen:
                    ops.append([3, ref(record), NUMBERS[f], [ref(d) for d in seen]])
                for d in seen:
                    del dots[f][d]
            if c.get("del"):
                ops.append([4, ref(record)])
        if ops:
            self.log.leaves.append(p.encode([(c["at"] if "at" in c else c["f"]["createdAt"]) << 16, refs, ops]))


def by_record(state):
    """The registers and the dots of a state: {rec: {field number: …}} each."""
    tables = {}, {}
    for table, entries in zip(tables, (state.registers, state.dots)):
        for (rec, field), value in entries.items():
            table.setdefault(rec, {})[p.decode(field).value] = value
    return tables


def export(state):
    """The lines of `plc export`, from a state."""
    names = {number: name for name, number in NUMBERS.items()}
    kinds = {number: name for name, number in KINDS.items()}
    out = {}
    dump = generate_workload.dump
    ordered = lambda d: dict(sorted(d.items(), key=lambda kv: kv[0].encode()))
    registers, elements = by_record(state)
    for rec, (_, _, op, _, _) in state.records.items():
        sets, v = {}, {}
        f = {names[field]: p.decode(value[2]).value for field, value in registers.get(rec, {}).items()}
        for field, dots in elements.get(rec, {}).items():
            name = names[field]
            if f"{kinds[op.kind]}.{name}" in MULTI:
                top = p.shown(dots)
                f[name] = p.decode(dots[top][1]).value
                rest = [p.decode(e).value for d, (_, e) in dots.items() if d != top]
                v.update({name: sorted(rest, key=str.encode)} if rest else {})
            else:
                sets[name] = sorted({p.decode(e).value for _, e in dots.values()}, key=str.encode)
        id = f.pop("id")
        out[id] = dump(
            {"id": id, "t": kinds[op.kind], "f": ordered(f), "s": ordered(sets), **({"v": ordered(v)} if v else {})}
        )
    return "".join(out[id] + "\n" for id in sorted(out))


def merged_views(sides, state):
    """After a merge both sides see every live record with its live dots."""
    view, names, kinds = {}, {v: k for k, v in NUMBERS.items()}, {v: k for k, v in KINDS.items()}
    registers, elements = by_record(state)
    for rec, (_, dot, op, _, _) in state.records.items():
        dots = {
            names[field]: {d: p.decode(e).value for d, (_, e) in some.items()}
            for field, some in elements.get(rec, {}).items()
        }
        view[p.decode(registers[rec][0][2]).value] = (dot, kinds[op.kind], dots)
    for side in sides:
        side.view = {id: (dot, kind, {f: dict(d) for f, d in dots.items()}) for id, (dot, kind, dots) in view.items()}


def workload(rng):
    """naive_fold.py against plcref on a generated workload, and the size of the short changes of many origins."""
    seed = rng.randrange(1000)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        arguments, sys.argv = sys.argv, [
            "",
            "--n",
            "400",
            "--seed",
            str(seed),
            "--out",
            folder,
            "--origins",
            "20",
            "--changes",
            "1000",
        ]
        generate_workload.main()
        sys.argv = arguments
        read = lambda name: (pathlib.Path(folder) / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        run = lambda *more: subprocess.run(
            [sys.executable, str(HERE / "naive_fold.py"), folder, "--slices", "1,100", "--no-edits", *more],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        oracle = run()
        expect(oracle == run("--swap"), "the oracle depends on the order of sides")
        a, b = (Importer(p.Log(id, key, [])) for id, key in LOGS[:2])
        for line in read("records"):
            a.leaf(line)
        base = len(a.log.leaves)
        at = 0
        for count in (0, 1, 100):
            merged_views((a, b), p.fold([a.log, b.log]))
            for side, name in ((a, "inc-a"), (b, "inc-b")):
                for line in read(name)[at : at + count]:
                    side.leaf(line)
            at += count
        expect(len(a.log.leaves) > base + 90, "too few changes")
        got = export(p.fold([a.log, b.log]))
        expect(
            got == oracle,
            "oracle and fold differ at",
            next(((x, y) for x, y in zip(got.splitlines(), oracle.splitlines()) if x != y), "the end"),
        )
        sizes = []
        loader = Importer(p.Log(LOGS[0][0], LOGS[0][1], []))
        for line in read("records"):
            loader.leaf(line)
        for origin in range(20):
            side = Importer(p.Log(bytes([1, 200, origin]) + bytes(13), bytes(32), []))
            side.view = {
                id: (dot, kind, {f: dict(d) for f, d in dots.items()}) for id, (dot, kind, dots) in loader.view.items()
            }
            for line in read(f"origin-{origin + 1:02}"):
                side.leaf(line)
            sizes += map(len, side.log.leaves)
    mean = sum(sizes) / len(sizes)
    expect(len(sizes) >= 990 and mean >= 100, len(sizes), mean)
    return f"{oracle.count(chr(10))} records, {oracle.count(chr(34) + 'v' + chr(34) + ':')} with versions; short changes {mean:.0f} bytes"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, default=20260101)
    seed = options.parse_args().seed
    print(f"reference selftest, seed {seed}")
    for part in (clauses, vectors, bytes_laws, forest_laws, fold_laws, membership_laws, recon_laws, workload):
        start = time.monotonic()
        said = part(random.Random(f"{seed} {part.__name__}"))
        print(f"  {part.__name__:16} {time.monotonic() - start:5.1f} s  {said}")


if __name__ == "__main__":
    main()
