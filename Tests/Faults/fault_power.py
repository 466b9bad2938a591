"""Power cuts: two nodes that write and sync, each on an image of its own, ext4 and xfs; one is cut at a drawn moment.

The cut is the file system's shutdown: what was not synced is gone, and what was under way is torn. A round (a pair of
images, a seed) makes some cuts after one another, so that a store lives through many. After each:

* before the node meets anybody: all that it acknowledged is there, its store is sound, it holds all of its own that its
  peer has, and the peer's cursor points to nothing that it has not got;
* after they have met: both are equal, and everything that either acknowledged is on both.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
import threading
import time

import control
import shim
from campaign import PREFIX, Failed, Point, Skipped, check, unmount_below
from harness import wait_until
from workloads import filler, held

CUTS = 1_000
CUTS_A_ROUND = 10
QUICK_CUTS_A_ROUND = 4
# What the ioctl's flag leaves: everything flushed, the journal flushed, nothing flushed. The last is a power cut.
FLAGS = {"flush": 0, "log": 1, "none": 2}
WEIGHTS = [1, 1, 6]
# _IOR('X', 125, __u32): EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are one.
SHUTDOWN = 2 << 30 | 4 << 16 | ord("X") << 8 | 125
MEGABYTES = {"ext4": 64, "xfs": 320}
LONGEST_WAIT = 60
# With syncs that do nothing a cut must lose something within so many.
CANARY_CUTS = 6


def run(campaign):
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
        raise Skipped("loop mounts need root")
    each = CUTS_A_ROUND if campaign.full else QUICK_CUTS_A_ROUND
    points = [Point(f"round/{number}", "round", number=number, cuts=each) for number in range(-(-CUTS // each))]
    points = campaign.select(points)
    if not campaign.only:
        # First of all: can this test see a loss at all?
        points.insert(0, Point("canary", "canary: syncs that lie", number=0, cuts=CANARY_CUTS))
    elif campaign.only == "canary":
        points = [Point("canary", "canary: syncs that lie", number=0, cuts=CANARY_CUTS)]
    campaign.run(points, lambda point, folder: attempt(campaign, point, folder), minimum=2)
    campaign.tally.pop(("round", "done"), None)
    campaign.happened("cut ext4", "cut xfs")


class Disk:
    """A file system in a file."""

    def __init__(self, campaign, folder, kind):
        self.kind, self.place = kind, os.path.join(folder, kind)
        self.image, self.loop = os.path.join(folder, kind + ".image"), None
        with open(self.image, "wb") as file:
            file.truncate(MEGABYTES[kind] << 20)
        quiet = {"ext4": ["-q", "-F"], "xfs": ["-q", "-f"]}[kind]
        subprocess.run(["mkfs." + kind, *quiet, self.image], check=True, stdout=subprocess.DEVNULL)
        os.makedirs(self.place)
        # One loop device for the disk's life: it keeps no cache of its own that a cut would spare.
        made = subprocess.run(["losetup", "--find", "--show", self.image], check=True, stdout=subprocess.PIPE, text=True)
        self.loop = made.stdout.strip()
        self.mount()

    def mount(self):
        subprocess.run(["mount", "-t", self.kind, self.loop, self.place], check=True)

    def cut(self, flag):
        folder = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", flag))
        finally:
            os.close(folder)

    def unmount(self):
        for _ in range(50):
            if subprocess.run(["umount", self.place], stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.02)
        raise Failed(f"{self.place} cannot be unmounted")

    def close(self):
        unmount_below(os.path.dirname(self.place))
        if self.loop:
            subprocess.run(["losetup", "-d", self.loop], stderr=subprocess.DEVNULL)


class Writer(threading.Thread):
    """Writes to a served node until it is told to stop, or the node goes; keeps what was acknowledged."""

    def __init__(self, node, space, rng, prefix):
        super().__init__()
        self.node, self.space, self.rng, self.prefix = node, space, rng, prefix
        self.promised, self.stops, self.count, self.refused = {}, False, 0, None
        self.mine = []

    def run(self):
        while not self.stops:
            self.count += 1
            title = f"{self.prefix} {self.count}"
            edits = self.mine and self.rng.random() < 0.25
            if edits:
                id = self.rng.choice(self.mine)
                words = ["post", "edit", id, "--title", title]
                self.promised[id] = self.promised[id] | {title}
            else:
                body = filler(title, self.rng.choice((10, 400, 4_000)))
                words = ["post", "add", "--space", self.space, "--title", title, "--body", body]
            try:
                code, out, err = self.node.ask(*words, "--json", within=20)
            except (OSError, control.Cut):
                return
            if code != 0:
                self.refused = err.decode(errors="replace").strip()
                return
            if not edits:
                id = json.loads(out)["id"]
                self.mine.append(id)
            self.promised[id] = {title}


def attempt(campaign, point, folder):
    rng = campaign.random(point.name)
    if point.number % 2:
        # On a real disk syncs take their time, so that more cuts fall into one.
        folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
        campaign.later(lambda: shutil.rmtree(folder, ignore_errors=True))
    harness = campaign.harness(folder)
    disks = []
    try:
        for kind in ("ext4", "xfs"):
            disks.append(Disk(campaign, folder, kind))
        nodes = [harness.node("ext4/a"), harness.node("xfs/b")]
        nodes[0].run("init", "--name", "a")
        space = nodes[0].json("space", "create", "--level", "school", "--name", "S")["space"]
        address = nodes[0].serve_quietly()
        harness.run("join", nodes[0].invite(space, address, "steward"), "--dir", nodes[1].dir, "--name", "b")
        nodes[0].end()
        promised = {}
        if point.name == "canary":
            return canary(campaign, rng, harness, disks, nodes, space, point.cuts)
        for number in range(point.cuts):
            if campaign.is_over and number >= len(disks):
                break
            one_cut(campaign, rng, disks, nodes, space, promised, f"{number}", index=number if number < 2 else None)
        return "done"
    finally:
        harness.close()
        for disk in disks:
            with contextlib.suppress(Exception):
                disk.close()
        if point.number % 2:
            shutil.rmtree(folder, ignore_errors=True)


def canary(campaign, rng, harness, disks, nodes, space, cuts):
    harness.arm(nodes[0], action=shim.LIE, at=1, classes=["sync"])
    for number in range(cuts):
        try:
            one_cut(campaign, rng, disks, nodes, space, {}, f"{number}", index=0, flag="none", counts=False)
        except Failed as seen:
            if "lost" in str(seen) or "ended with" in str(seen):
                return "a loss was seen, as it must be"
            raise
    raise Failed(f"{cuts} cuts of a disk whose syncs lie lost nothing: this test is blind")


def one_cut(campaign, rng, disks, nodes, space, promised, name, index=None, flag=None, counts=True):
    serve(nodes)
    writers = [Writer(node, space, rng_of(rng), f"{name} {node.name[-1]}") for node in nodes]
    for writer in writers:
        writer.start()
    index = rng.randrange(2) if index is None else index
    disk, node, peer = disks[index], nodes[index], nodes[1 - index]
    flag = flag or rng.choices(list(FLAGS), WEIGHTS)[0]
    time.sleep(rng.uniform(0.0, 0.6) if rng.random() < 0.8 else rng.uniform(0.0, 0.05))
    halt(node.process.pid)
    disk.cut(FLAGS[flag])
    node.process.kill()
    for writer in writers:
        writer.stops = True
    for writer in writers:
        writer.join()
    node.end()
    # The peer says what it has before the two meet again.
    peers_lines = held(peer.asked("export", space))
    peer.stop()
    disk.unmount()
    disk.mount()
    for writer in writers:
        # An edit that was not answered may have happened or not; the last one before it may be gone then.
        promised.update(writer.promised)
    mine = {id: titles for id, titles in promised.items() if is_by(node, titles)}
    here = held(node.export(space))
    lost = {id: titles for id, titles in mine.items() if not here.get(id, set()) & titles}
    check(not lost, f"cut {name} of {disk.kind} ({flag}): {len(lost)} acknowledged records are lost, such as "
          f"{list(lost.items())[:2]}")
    ahead = {id for id, titles in peers_lines.items() if is_by(node, titles) and id not in here}
    check(not ahead, f"cut {name} of {disk.kind} ({flag}): its peer has {len(ahead)} records of it that it lost itself")
    true_cursor(node, peer, f"cut {name} of {disk.kind} ({flag})")
    answer = node.run("doctor", "--json", codes=None)
    check(answer.code == 0, f"cut {name} of {disk.kind} ({flag}): doctor: {answer.text} {answer.errors}")
    serve(nodes)
    wait_until(lambda: digest(nodes[0], space) == digest(nodes[1], space), LONGEST_WAIT,
               f"after cut {name} of {disk.kind} ({flag}) both hold the same", pause=0.05)
    for each in nodes:
        lines = held(each.asked("export", space))
        lost = {id: titles for id, titles in promised.items() if not lines.get(id, set()) & titles}
        check(not lost, f"after cut {name} {each.name} lacks {len(lost)} acknowledged records, such as "
              f"{list(lost.items())[:2]}")
        each.stop()
    if not counts:
        return
    campaign.count_up(f"cut {disk.kind}", flag)
    campaign.count_up("acknowledged before a cut", "records", sum(len(writer.promised) for writer in writers))


def halt(process):
    """Stops a process as a power cut does: before the disk's end it says nothing more, though a sync may be under way.

    Without this, a sync that races with the ioctl sometimes succeeds on a file system that is dead already, and what
    is acknowledged after it is lost: a fault that no power cut makes, as the processor dies no later than the disk.
    """
    os.kill(process, signal.SIGSTOP)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        states = []
        for task in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{task}/stat") as file:
                states.append(file.read().rpartition(")")[2].split()[0])
        if all(state in "TtDZ" for state in states):
            return
    raise Failed(f"process {process} does not stop: {states}")


def is_by(node, titles):
    """Whether a record was written at a node: titles say so."""
    return any(title.split()[1] == node.name[-1] for title in titles)


def rng_of(rng):
    import random

    return random.Random(rng.randrange(1 << 40))


def serve(nodes):
    address = nodes[0].serve_quietly()
    nodes[1].serve_quietly(peers=[address])


def digest(node, space):
    return json.loads(node.asked("hash", space, "--json"))["hash"]


def true_cursor(node, peer, what):
    """The peer's cursor says up to which of the cut node's moves it holds all; the node must have made that many."""
    with contextlib.closing(sqlite3.connect(node.dir + "/store.db")) as database:
        meta = dict(database.execute("SELECT key, value FROM meta"))
        key = database.execute("SELECT key FROM log WHERE own = 1 LIMIT 1").fetchone()
    if not key:
        return
    with contextlib.closing(sqlite3.connect(peer.dir + "/store.db")) as database:
        rows = database.execute("SELECT epoch, lsn FROM cursor WHERE peer = ?", key).fetchall()
    for epoch, lsn in rows:
        same = int.from_bytes(epoch, "big") == meta["epoch"] % (1 << 64)
        check(not same or lsn <= meta["lsn"],
              f"{what}: the peer was told of {lsn} moves, and the node has only {meta['lsn']} left")
