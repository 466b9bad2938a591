"""What a node keeps in memory for a peer that is connected, has exchanged data, and is quiet now.

All peers have joined a hub and written before. Then they come in two waves: each brings some changes, gets those of the
others, and stays. The figure is the growth of the hub's resident memory from the first wave to the second, a peer. It
is printed, and checked only against a bound that streams left standing would break: one takes some megabytes.
"""

import json
import os
import time

from harness import check, head_lines, wait_until, write

FIRST, SECOND = 6, 12
CHANGES = 20
# The goal is 32 KiB; what SQLite and the allocator keep at their own discretion is in the figure too.
GOAL_KIB, MAXIMUM_KIB = 32, 512
# Longer than the time after which a silent stream ends, and memory is given back.
QUIET = 16


def run(harness):
    folder = harness.workload(harness.size or (20_000 if harness.full else 5_000))
    hub = harness.node("hub")
    space = hub.found()
    hub.load(space, os.path.join(folder, "records.jsonl"))
    address = hub.serve()
    second = 4 * SECOND if harness.full else SECOND
    peers = [harness.node(f"peer-{number}") for number in range(FIRST + second)]
    for number, peer in enumerate(peers):
        peer.run("join", hub.invite(space, address), within=300)
        for part in (number, len(peers) + number):
            lines = write(harness.path("lines.jsonl"), copies(folder, part))
            peer.load(space, lines, stamps=False)
            if part == number:
                peer.run("sync", "--peer", address)
    hub.stop()
    hub.serve(listen=address)
    figures, connected = [], []
    for wave in (peers[:FIRST], peers[FIRST:]):
        for peer in wave:
            peer.serve(peers=(address,))
        connected += wave
        wait_until(lambda: len({node.hash(space) for node in (hub, *connected)}) == 1, 60, "all hold the same", 0.5)
        time.sleep(QUIET)
        figures.append(resident(hub.process.pid))
    each = (figures[1] - figures[0]) / second
    harness.say(
        f"{FIRST} quiet peers: {figures[0]:,} KiB resident; {FIRST + second}: {figures[1]:,} KiB; "
        f"{each:.1f} KiB a peer (goal {GOAL_KIB})"
    )
    check(each <= MAXIMUM_KIB, f"{each:.1f} KiB a quiet peer")
    for node in (hub, *peers):
        node.stop()


def copies(folder, number):
    """Lines of the workload as new records of one peer."""
    lines = head_lines(os.path.join(folder, "records.jsonl"), number * CHANGES, CHANGES).splitlines()
    records = [json.loads(line) for line in lines]
    return b"".join(json.dumps({**record, "id": f"{number}-{record['id']}"}).encode() + b"\n" for record in records)


def resident(process):
    """Resident memory of a process, in KiB."""
    with open(f"/proc/{process}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
