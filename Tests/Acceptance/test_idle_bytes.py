"""Done when 4: a meeting with nothing to exchange costs at most 256 bytes both ways after TLS, and one round trip."""

import os
import time

from harness import check, head_lines, wait_until, write

MAXIMUM_BYTES = 256
MAXIMUM_TRIPS = 1
# What TLS itself takes on the wire: a handshake with two certificates, and records.
MAXIMUM_TLS_BYTES = 6_000


def run(harness):
    size = harness.size or (100_000 if harness.full else 10_000)
    folder = harness.workload(size)
    a, b = harness.node("a"), harness.node("b")
    space = a.found()
    a.load(space, os.path.join(folder, "records.jsonl"))
    a.serve()
    proxy = harness.proxy(a.address)
    b.run("join", a.invite(space, proxy.address), within=300)
    meet(harness, proxy, b, "after the join")
    meet(harness, proxy, b, "again")
    start = 0
    for count in (1, 100, 1000):
        # In the slices of the workload: within one, no side knows of the other's new records.
        for node, name in ((a, "a"), (b, "b")):
            lines = head_lines(os.path.join(folder, f"inc-{name}.jsonl"), start, count)
            node.load(space, write(harness.path(f"edits-{name}.jsonl"), lines))
        start += count
        sync = b.json("sync")
        check(sync["spaces"][0]["inSync"], f"not in sync: {sync}")
    meet(harness, proxy, b, "after 1,101 changes on each side")
    # The other way round: who was dialled dials.
    a.stop()
    back = harness.proxy(b.serve())
    meet(harness, back, a, "dialled from the other side", "--peer", back.address)
    b.stop()


def meet(harness, proxy, node, when, *words):
    proxy.reset_counters()
    sync = node.json("sync", *words)
    wait_until(lambda: time.monotonic() - proxy.last_bytes > 0.1, 10, "the proxy is quiet")
    taken = sync["bytesSent"] + sync["bytesReceived"]
    wire = proxy.forward + proxy.backward
    harness.say(f"{when}: {taken} bytes both ways, {sync['roundTrips']} round trips, {wire} with TLS")
    check(sync["spaces"] and all(space["inSync"] for space in sync["spaces"]), f"not in sync: {sync}")
    check(taken <= MAXIMUM_BYTES, f"{when}: {taken} bytes")
    check(sync["roundTrips"] <= MAXIMUM_TRIPS, f"{when}: {sync['roundTrips']} round trips")
    check(taken <= wire <= taken + MAXIMUM_TLS_BYTES, f"{when}: says {taken} bytes, and {wire} went by")
