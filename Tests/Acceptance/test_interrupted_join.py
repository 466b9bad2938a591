"""Done when 4: a first join that is cut goes on where it was, and re-sends at most one batch for each cut.

The proxy counts what reaches the joiner on the wire, over all attempts, and compares it with a join that nobody cut.
A batch is 256 KiB before compression; what it is on the wire follows from the join that was not cut. Each attempt
also pays for its handshake and its greetings.
"""

import os
import time

from harness import check, wait_until

BATCH_BYTES = 256 * 1024
CUTS = 6
# A handshake, HELLO, OPEN, the first heads.
GREETING_BYTES = 8_000


def run(harness):
    size = harness.size or (100_000 if harness.full else 10_000)
    folder = harness.workload(size)
    records = os.path.join(folder, "records.jsonl")
    a = harness.node("a")
    space = a.found()
    a.load(space, records)
    a.serve()
    proxy = harness.proxy(a.address)
    whole = harness.node("whole")
    whole.run("join", a.invite(space, proxy.address), within=600)
    uncut, began = quiet(proxy), proxy.connections
    check(began == 1, f"{began} connections for one join")
    raw = os.path.getsize(records)
    # Compressed as the whole is; half as much again for what compresses worse.
    batch = int(BATCH_BYTES * min(1, 1.5 * uncut / raw))
    harness.say(f"uncut: {uncut:,} bytes to the joiner for {raw:,} of JSON; a batch is at most {batch:,} on the wire")
    for rude in (False, True):
        joiner = harness.node("rude" if rude else "polite")
        token = a.invite(space, proxy.address)
        offsets = sorted(harness.random.uniform(0.02, 0.98) for _ in range(CUTS))
        received, cuts, kept = 0, 0, []
        # Each attempt is let go as far as the next of the offsets, in bytes of an uncut join.
        for offset in [*offsets, None]:
            proxy.reset_counters()
            limit = None if offset is None else max(1_500, int(offset * uncut) - received)
            proxy.cuts = lambda: (limit, rude)
            answer = joiner.run("join", token, "--json", codes=(0, 1, 3), within=600)
            cuts += proxy.cut_connections
            received += quiet(proxy)
            kept.append(proxy.backward)
            check((answer.code == 0) == (proxy.cut_connections == 0), f"{answer}, cut {proxy.cut_connections} times")
        check(cuts == CUTS, f"{cuts} cuts, not {CUTS}")
        check(joiner.hash(space) == a.hash(space), "digests differ")
        resent = received - uncut
        # A reset throws away what is in the joiner's own buffers: that was sent, and never received.
        allowed = cuts * (batch + GREETING_BYTES)
        harness.say(
            f"{'reset' if rude else 'closed'} {cuts} times: {received:,} bytes over all attempts "
            f"({', '.join(f'{k:,}' for k in kept)}), {resent:,} more, {resent // cuts:,} a cut"
        )
        if not rude:
            check(resent <= allowed, f"{resent:,} bytes were sent again; {allowed:,} are allowed")
        check(joiner.export(space) == a.export(space), "the joiner exports other bytes")
    a.stop()


def quiet(proxy):
    """What has reached the joiner, once nothing moves any more."""
    wait_until(lambda: time.monotonic() - proxy.last_bytes > 0.2, 30, "the proxy is quiet")
    return proxy.backward
