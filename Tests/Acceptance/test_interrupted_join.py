"""Done when 4: a first join that is cut goes on where it was, and re-sends at most one batch for each cut.

The proxy counts what reaches the joiner on the wire, and the joiner says after every attempt how many changes it holds.
What reached it and is not held will be sent again: that must be one batch at most, and greetings. A batch is 256 KiB
before compression. The records are noise in base 64, three quarters of which remain however hard a sender tries (it
tries harder on a short transfer than on a long one), so that bytes on the wire tell how much was sent.
"""

import base64
import json
import os
import time

from harness import check, wait_until, write

BATCH_BYTES = 256 * 1024
CUTS = 6
# A handshake, HELLO, OPEN, the first heads.
GREETING_BYTES = 8_000


def run(harness):
    records = noise(harness, harness.size or (60_000 if harness.full else 8_000))
    a = harness.node("a")
    space = a.found()
    a.load(space, records, stamps=False)
    a.serve()
    proxy = harness.proxy(a.address)
    whole = harness.node("whole")
    whole.run("join", a.invite(space, proxy.address), within=600)
    uncut, began = quiet(proxy), proxy.connections
    check(began == 1, f"{began} connections for one join")
    total = changes(whole, space)
    raw = os.path.getsize(records)
    batch = int(BATCH_BYTES * uncut / raw)
    harness.say(f"uncut: {uncut:,} bytes to the joiner for {raw:,} of JSON; a batch is at most {batch:,} on the wire")
    for rude in (False, True):
        joiner = harness.node("rude" if rude else "polite")
        token = a.invite(space, proxy.address)
        offsets = sorted(harness.random.uniform(0.02, 0.98) for _ in range(CUTS))
        received = cuts = held = 0
        attempts = []
        # Each attempt is let go as far as the next of the offsets, in bytes of an uncut join.
        for offset in [*offsets, None]:
            proxy.reset_counters()
            limit = None if offset is None else max(1_500, int(offset * uncut) - received)
            proxy.cuts = lambda: (limit, rude)
            answer = joiner.run("join", token, "--json", codes=(0, 1, 3), within=600)
            taken, before, held = quiet(proxy), held, changes(joiner, space)
            received += taken
            cuts += proxy.cut_connections
            check((answer.code == 0) == (proxy.cut_connections == 0), f"{answer}, cut {proxy.cut_connections} times")
            check(held >= before, f"the joiner held {before} changes, and now {held}")
            attempts.append((taken, held - before))
        if cuts < CUTS:
            harness.say(f"done after {cuts} of {CUTS} cuts: later attempts found little left")
        check(cuts, "no attempt was cut")
        check(joiner.hash(space) == a.hash(space), "digests differ")
        rate = uncut / total
        lost = [int(taken - gained * rate) for taken, gained in attempts]
        harness.say(
            f"{'reset' if rude else 'closed'} {cuts} times: {received:,} bytes over all attempts, {received - uncut:,} more "
            f"({(received - uncut) // cuts:,} a cut); received and not held, attempt by attempt: "
            f"{', '.join(f'{size:,}' for size in lost)}"
        )
        # A reset throws away what is in the joiner's own buffers: that was sent, and never received.
        if not rude:
            check(max(lost) <= batch + GREETING_BYTES, f"{max(lost):,} bytes are sent again; a batch is {batch:,}")
            check(received - uncut <= cuts * (batch + GREETING_BYTES), f"{received - uncut:,} bytes more than uncut")
        check(joiner.export(space) == a.export(space), "the joiner exports other bytes")
    a.stop()


def noise(harness, count):
    """A file of records that do not compress beyond their spelling."""
    lines = []
    for i in range(count):
        text = base64.b64encode(harness.random.randbytes(harness.random.randint(200, 1_000))).decode()
        lines.append(json.dumps({"id": f"noise-{i}", "t": "post", "f": {"title": text[:40], "body": text[40:]}}))
    return write(harness.path("noise.jsonl"), ("\n".join(lines) + "\n").encode())


def changes(node, space):
    """How many changes of the space a node holds."""
    spaces = node.json("status", codes=(0, 3))["spaces"]
    return sum(known["changes"] for known in spaces if known["space"] == space)


def quiet(proxy):
    """What has reached the joiner, once nothing moves any more."""
    wait_until(lambda: time.monotonic() - proxy.last_bytes > 0.2, 30, "the proxy is quiet")
    return proxy.backward
