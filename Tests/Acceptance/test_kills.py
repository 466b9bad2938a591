"""Done when 5: SIGKILL at random moments of a writing and syncing pair loses nothing that was acknowledged.

Two served nodes dial each other through counting proxies, and a process of its own writes to each without pause. Now
and then one node is killed, and started again. A kill is *in flight* if the writer's command was with the server and
was never answered (which the writer sees), or if bytes passed between the nodes within the last few milliseconds.
"""

import json
import os
import signal
import subprocess
import sys
import time

import control
from harness import Failed, check, percentile, wait_until

MAXIMUM_RESTART_SECONDS = 2.0
RECENT_SECONDS = 0.005
# What a node says when it has lost some of what it once had signed.
LOSS_WORDS = ("two histories", "holds more of this node's own log")


class Side:
    """One node with its proxy, its writer, and what the writer was promised."""

    def __init__(self, harness, node, proxy):
        self.harness, self.node, self.proxy, self.writer = harness, node, proxy, None
        self.acknowledged_file = harness.path(node.name + ".acknowledged")
        self.kills_in_write = 0

    def write(self, space):
        self.writer = self.harness.start(
            [
                sys.executable,
                os.path.join(os.path.dirname(os.path.abspath(__file__)), "writer.py"),
                self.node.dir,
                space,
                self.acknowledged_file,
                str(self.harness.random.randrange(1 << 40)),
            ]
        )

    def entries(self):
        with open(self.acknowledged_file, encoding="utf-8") as file:
            return [json.loads(line) for line in file.read().split("\n")[:-1]]

    def acknowledged(self):
        """The records that must be there, each with the titles that it may have."""
        promised = {}
        for entry in self.entries():
            for id, title in entry.get("made", {}).items():
                if "done" in entry:
                    promised[id] = {title}
                elif id in promised:
                    promised[id].add(title)  # an edit that may have happened
        return promised

    def answers(self, space):
        """Whether the node answers a command."""
        try:
            return control.command(self.node.dir, ["hash", space, "--dir", self.node.dir, "--json"], within=30)[0] == 0
        except (OSError, control.Cut):
            return False

    def start(self, space, address, peers):
        """Serves, and gives the seconds from exec until a command is answered."""
        began = time.monotonic()
        self.node.spawn(listen=address, peers=peers, more=["--log", "warning"])
        self.node.announced()
        wait_until(lambda: self.answers(space), 30, f"{self.node.name} answers", pause=0.002)
        return time.monotonic() - began

    def verify(self, export, where):
        """Looks for all that was acknowledged in an export."""
        held = {}
        for line in export.decode().splitlines():
            record = json.loads(line)
            held[record["id"]] = {record["f"].get("title"), *record.get("v", {}).get("title", ())}
        lost = {id: titles for id, titles in self.acknowledged().items() if not held.get(id, set()) & titles}
        check(
            not lost,
            f"{where}: {len(lost)} acknowledged changes of {self.node.name} are lost, such as {list(lost.items())[:3]}",
        )
        return len(held)


def run(harness):
    kills = 200 if harness.full else 30
    a, b = harness.node("a"), harness.node("b")
    space = a.found()
    sides = [Side(harness, node, harness.proxy(None)) for node in (a, b)]
    for side, other in (sides, sides[::-1]):
        side.other = other
    sides[0].proxy.target = a.serve()
    b.run("join", a.invite(space, sides[0].proxy.address, "steward"))
    a.stop()
    addresses = {}
    restarts = []
    for side in sides:
        side.start(space, "127.0.0.1:0", [side.other.proxy.address])
        addresses[side] = side.proxy.target = side.node.address
    for side in sides:
        side.write(space)
    wait_until(lambda: all(os.path.exists(side.acknowledged_file) for side in sides), 30, "the writers write")
    in_write = in_batch = in_flight = in_start = checked = 0
    rng = harness.random
    for count in range(kills):
        side = rng.choice(sides)
        time.sleep(rng.uniform(0.01, 0.8))
        for other in sides:
            check(other.node.process.poll() is None, f"{other.node.name} ended by itself: {other.node.said()[-600:]}")
            check(other.writer.poll() is None, f"the writer of {other.node.name} ended with {other.writer.poll()}")
        entries = os.path.getsize(side.acknowledged_file)
        moved = max(s.proxy.last_bytes for s in sides)
        now = time.monotonic()
        side.node.kill()
        flows = now - moved < RECENT_SECONDS
        # The writer tells whether its command was cut: it notes that at once, or waits for nothing.
        writes = was_cut(side, entries)
        in_write += writes
        in_batch += flows
        in_flight += writes or flows
        if rng.random() < 0.15:
            # Once more, in the middle of its start.
            side.node.spawn(addresses[side], [side.other.proxy.address])
            time.sleep(rng.uniform(0, 0.08))
            side.node.kill()
            in_start += 1
        if rng.random() < 0.3:
            # What it promised must be there before the other side could bring it back.
            side.verify(side.node.export(space), f"kill {count + 1}, before the restart")
            checked += 1
        restarts.append(side.start(space, addresses[side], [side.other.proxy.address]))
    for side in sides:
        side.writer.send_signal(signal.SIGTERM)
    for side in sides:
        side.writer.wait(60)
    promised = sum(len(side.acknowledged()) for side in sides)
    refused = [entry["why"] for side in sides for entry in side.entries() if "refused" in entry]
    harness.say(
        f"{kills} kills, {in_flight} in flight ({in_write} with an unanswered write, {in_batch} with bytes under way), "
        f"and {in_start} more during a start; {promised:,} records acknowledged"
    )
    harness.say(
        f"restart until a command is answered: median {percentile(restarts, 0.5) * 1000:.0f} ms, "
        f"longest {max(restarts) * 1000:.0f} ms; {checked} times looked before the restart"
    )
    check(not refused, f"{len(refused)} writes were refused, such as: {refused[0] if refused else ''}")
    check(in_flight >= kills * 3 // 4, f"only {in_flight} of {kills} kills were in flight")
    check(max(restarts) < MAXIMUM_RESTART_SECONDS, f"a restart took {max(restarts):.2f} s")
    began = time.monotonic()
    wait_until(lambda: a.hash(space) == b.hash(space), 120, "both hold the same", pause=0.2)
    harness.say(f"both hold the same after {time.monotonic() - began:.1f} s")
    for side in sides:
        check(not any(word in side.node.said() for word in LOSS_WORDS), f"{side.node.name}: {side.node.said()[-600:]}")
        side.node.stop()
    exports = [side.node.export(space) for side in sides]
    check(exports[0] == exports[1], "the exports differ")
    for side in sides:
        for export, where in zip(exports, "ab"):
            side.verify(export, f"at {where}")
        doctor(harness, side.node)
    harness.say(f"no acknowledged change is lost; both export the same {exports[0].count(b'{' + bytes([34]) + b'id')} lines")


def was_cut(side, offset):
    """Whether the kill took a command away from the writer that was not answered."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        with open(side.acknowledged_file, "rb") as file:
            file.seek(offset)
            lines = [json.loads(line) for line in file.read().split(b"\n")[:-1]]
        if any("cut" in line for line in lines):
            return True
        # Two starts without an end: the writer has met a closed door, and had nothing under way.
        starts = [i for i, line in enumerate(lines) if "start" in line]
        if len(starts) >= 2 and starts[-1] == starts[-2] + 1:
            return False
        time.sleep(0.005)
    return False


def doctor(harness, node):
    answer = node.run("doctor", codes=None, within=300)
    if answer.code == 2 and "no command 'doctor'" in answer.errors:
        harness.say("THERE IS NO 'plc doctor' YET: the stores were not examined")
        return
    check(answer.code == 0, str(answer) + answer.text)
