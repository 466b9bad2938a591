"""Done when 4: 1,000 short changes from 20 origins, over three hops, cost at most 40,000 bytes and 2 round trips.

The origins hand in at hub 1, hub 2 meets hub 1, and the sink meets hub 2: that last hop is measured, by what `plc
sync` says and by a proxy. The sink has met hub 2 before the changes, and has never met an origin.
"""

import json
import os
import time

from harness import check, wait_until

ORIGINS, CHANGES = 20, 1000
MAXIMUM_BYTES, MAXIMUM_TRIPS = 40_000, 2
MINIMUM_MEAN_BYTES = 100
# On the wire: the handshake, and 22 bytes around each TLS record.
MAXIMUM_TLS_BYTES = 8_000


def run(harness):
    size = harness.size or (20_000 if harness.full else 2_000)
    # One workload in every run, since the limit is on its bytes: other seeds come to 35 to 40 kB.
    folder = harness.workload(size, ORIGINS, CHANGES, seed=20)
    with open(os.path.join(folder, "meta.json"), encoding="utf-8") as file:
        meta = json.load(file)
    mean = meta["origin_bytes"] / meta["origin_changes"]
    check(mean >= MINIMUM_MEAN_BYTES, f"the changes average {mean:.0f} bytes")
    hub1, hub2, sink = (harness.node(name) for name in ("hub1", "hub2", "sink"))
    space = hub1.found(level="district")
    hub1.load(space, os.path.join(folder, "records.jsonl"))
    hub1.serve()
    hub2.run("join", hub1.invite(space, hub1.address, "steward"), within=300)
    origins = [harness.node(f"origin-{i + 1:02}") for i in range(ORIGINS)]
    for origin in origins:
        origin.run("join", hub1.invite(space, hub1.address), within=600)
    hub2.run("sync")
    proxy = harness.proxy(hub2.serve(peers=()))
    sink.run("join", hub2.invite(space, proxy.address), within=600)
    hub2.stop()
    written = 0
    for origin in origins:
        done = origin.load(space, os.path.join(folder, origin.name + ".jsonl"))
        written += done["records"] + done["changes"]
        sync = origin.json("sync", within=300)
        check(sync["spaces"][0]["inSync"], f"{origin.name}: not in sync: {sync}")
    sync = hub2.json("sync", "--peer", hub1.address)
    check(sync["spaces"][0]["changesReceived"] >= written, f"hub 2 got less than {written}: {sync}")
    proxy.target = hub2.serve()
    wait_until(lambda: hub2.hash(space) == hub1.hash(space), 60, "hub 2 holds what hub 1 holds")
    proxy.reset_counters()
    sync = sink.json("sync", within=300)
    wait_until(lambda: time.monotonic() - proxy.last_bytes > 0.1, 10, "the proxy is quiet")
    taken, wire = sync["bytesSent"] + sync["bytesReceived"], proxy.forward + proxy.backward
    harness.say(
        f"{written} changes of {ORIGINS} origins, {mean:.0f} bytes each: last hop {taken:,} bytes both ways "
        f"({wire:,} with TLS), {sync['roundTrips']} round trips, {sync['spaces'][0]['changesReceived']} changes"
    )
    check(sync["spaces"][0]["inSync"], f"not in sync: {sync}")
    check(written >= 0.95 * CHANGES, f"only {written} of {CHANGES} lines were changes")
    check(sync["spaces"][0]["changesReceived"] == written, f"{written} were written: {sync}")
    check(taken <= MAXIMUM_BYTES, f"{taken:,} bytes")
    check(sync["roundTrips"] <= MAXIMUM_TRIPS, f"{sync['roundTrips']} round trips")
    check(taken <= wire <= taken + MAXIMUM_TLS_BYTES, f"says {taken} bytes, and {wire} went by")
    for origin in origins[:2]:
        origin.run("sync")
    hashes = {node.hash(space) for node in (hub1, hub2, sink, *origins[:2])}
    check(len(hashes) == 1, f"digests differ: {hashes}")
    check(sink.export(space) == hub1.export(space), "the sink exports other bytes than hub 1")
    for node in (hub1, hub2):
        node.stop()
