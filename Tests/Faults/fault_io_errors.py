"""Calls that fail: each in turn with EIO, ENOSPC or EROFS, once or from then on; syncs that fail, and that lie.

A command that meets one ends with a sentence of its own or succeeds; a signal, or a sentence for programmers, is a
violation. What it acknowledged is there afterwards. Then what needs a file system of its own: full, and read-only.
"""

import contextlib
import json
import os
import subprocess


import control
import shim
from campaign import Failed, Point, Skipped, check
from fault_kills import MARGIN, prepare_round
from workloads import BY_NAME, WORKLOADS, filler, held

ERRORS_WANTED = 3_000
ERRORS = ["EIO", "ENOSPC", "EROFS"]
# Which errors a system may give for a call, by its class: a read is never out of room.
POSSIBLE = {
    "write": ["EIO", "ENOSPC"], "sync": ["EIO"], "truncate": ["EIO", "ENOSPC"], "rename": ["EIO", "ENOSPC", "EROFS"],
    "unlink": ["EIO", "EROFS"], "create": ["EIO", "ENOSPC", "EROFS"], "mkdir": ["EIO", "ENOSPC", "EROFS"],
    "open": ["EIO", "EROFS"], "read": ["EIO"],
}
CLASSES = list(POSSIBLE)


def run(campaign):
    bases, counted = {}, {}
    base = prepare_round(campaign, bases, 0)
    for workload in WORKLOADS:
        counted[workload.name] = count(campaign, base, workload)
    points = []
    for name, calls in counted.items():
        margin = MARGIN if name in ("served", "sync-served") else 0
        # What a call of the margin is, nobody knows before; a write is likely.
        for number, call in enumerate(calls + ["write"] * margin, 1):
            for error in POSSIBLE[call]:
                for mode in ("once", "on"):
                    points.append(Point(f"{name}/{error}/{mode}/{number}", f"{error} {mode}", workload=name, at=number,
                                        error=error, mode=mode))
        points.append(Point(f"{name}/lie", "lying sync", workload=name, at=1, error=None, mode="lie"))
    syncs = [Point(f"sync-fails/{number}", "a sync of a write fails", at=number, workload=None)
             for number in range(1, 13)]
    places = [Point(f"full/{number}", "full disk", workload=None, at=number) for number in range(40)]
    places += [Point("read-only", "read-only folder", workload=None, at=0)]
    if campaign.only:
        chosen = campaign.select(points + syncs + places)
    else:
        few = 3 if not campaign.full else None
        lies = [point for point in points if point.kind == "lying sync"]
        errors = [point for point in points if point.kind != "lying sync"]
        special = campaign.select(syncs, few) + campaign.select(places[:-1], few and 1) + [places[-1]]
        special += campaign.select(lies, few)
        chosen = special + campaign.select(errors)
        campaign.planned = len(points) + len(syncs) + len(places)
    chosen, minimum = campaign.one_of_each(chosen)
    campaign.run(chosen, lambda point, folder: attempt(campaign, base, point, folder), minimum=minimum)
    campaign.happened(*[f"{error} {mode}" for error in ERRORS for mode in ("once", "on")], "lying sync",
                      "a sync of a write fails")
    if can_mount():
        campaign.happened("full disk", "read-only folder")


def count(campaign, base, workload):
    folder = os.path.join(campaign.folder, f"count-{workload.name}")
    os.makedirs(folder)
    harness = campaign.harness(folder)
    try:
        tried = workload(base, harness)
        fault = harness.arm(tried.node, classes=CLASSES)
        tried.perform()
        check(tried.promises.done, f"{workload.name} fails without any fault: {tried.promises.refusals}")
        return fault.calls()
    finally:
        harness.close()


def attempt(campaign, base, point, folder):
    harness = campaign.harness(folder)
    try:
        if point.kind == "a sync of a write fails":
            return sync_fails(base, point, harness)
        if point.kind == "full disk":
            return full(campaign, point, harness)
        if point.kind == "read-only folder":
            return read_only(campaign, base, harness)
        tried = BY_NAME[point.workload](base, harness)
        if point.mode == "lie":
            fault = harness.arm(tried.node, action=shim.LIE, at=1, classes=["sync"])
        else:
            action = shim.FAIL_ONCE if point.mode == "once" else shim.FAIL_ON
            fault = harness.arm(tried.node, action=action, at=point.at, error=shim.ERRORS[point.error], classes=CLASSES)
        tried.perform()
        call = fault.acted_call if fault.acted else "the end was first"
        tried.settle()
        tried.verify()
        campaign.count_up(f"  {point.workload}", "refused" if tried.promises.refusals else "went on")
        return f"{call} refused" if tried.promises.refusals else f"{call} survived"
    finally:
        harness.close()


def sync_fails(base, point, harness):
    """One sync of the write-ahead log fails under a served node: nothing is acknowledged, and the process ends.

    A failed sync must not be tried again: the system may have thrown the pages away, and says so only once.
    """
    tried = BY_NAME["served"](base, harness)
    node, acknowledged = tried.a, {}
    fault = harness.arm(node, action=shim.COUNT, classes=["sync"])
    tried.launch(node)
    # From here on: the n-th sync that the writes make.
    fault_at(fault, fault.seen + point.at)
    refused = None
    for number in range(point.at + 6):
        title = f"t {number}"
        before = fault.acted
        try:
            code, out, err = node.ask("post", "add", "--space", base.space, "--title", title, "--body", "b", "--json")
        except (OSError, control.Cut):
            refused = "the connection ended"
            break
        if code != 0:
            refused = err.decode().strip()
            break
        check(before or not fault.acted or not fault.acted_path.endswith("-wal"),
              f"a write was acknowledged whose sync of {fault.acted_path} failed")
        acknowledged[json.loads(out)["id"]] = {title}
    harness.disarm()
    check(fault.acted, "no sync failed")
    if not fault.acted_path.endswith("-wal"):
        node.end()
        tried.promises.titles = acknowledged
        tried.verify()
        return "another file's, went on"
    check(refused, "writes go on after a sync has failed")
    try:
        code = node.process.wait(10)
    except subprocess.TimeoutExpired:
        raise Failed(f"the node lives on after a failed sync; it refused with: {refused}; it said: {node.said()[-300:]}")
    said = node.said().strip()
    node.release()
    check(code == 1, f"after a failed sync the node ended with {code}: {said[-300:]}")
    check(said, "the node ended without its reason")
    tried.promises.titles = acknowledged
    tried.verify()
    return "ended with its reason"


def fault_at(fault, number):
    """Arms a fault that only counted: the call `number` fails once with EIO."""
    import struct

    struct.pack_into("<I", fault.map, 36, shim.FAIL_ONCE)
    struct.pack_into("<I", fault.map, 40, shim.ERRORS["EIO"])
    struct.pack_into("<Q", fault.map, 8, number)


# File systems of their own

def can_mount():
    return os.geteuid() == 0


def mounted(harness, *words):
    """Mounts, and has it undone."""
    if not can_mount():
        raise Skipped("mount needs root")
    place = words[-1]
    os.makedirs(place, exist_ok=True)
    subprocess.run(["mount", *words], check=True)
    harness.closers.append(lambda: subprocess.run(["umount", "-l", place], stderr=subprocess.DEVNULL))


def full(campaign, point, harness):
    """A disk that fills up under a served node, at another size each time."""
    if not can_mount():
        campaign.say("NOT TRIED: a full disk needs root to mount one")
        return "not tried"
    rng = campaign.random(point.name)
    place = harness.path("disk")
    mounted(harness, "-t", "tmpfs", "-o", f"size={rng.randrange(700, 2_000)}k", "tmpfs", place)
    node = harness.node("disk/n")
    node.run("init", "--name", "n")
    space = node.json("space", "create", "--level", "school", "--name", "S")["space"]
    node.serve_quietly()
    acknowledged, refusals = {}, 0
    for number in range(2_000):
        title = f"t {number}"
        code, out, err = node.ask("post", "add", "--title", title, "--body", filler(title, rng.choice((10, 3_000, 9_000))),
                                  "--json")
        if code == 0:
            acknowledged[json.loads(out)["id"]] = {title}
            continue
        text = err.decode().strip()
        check(code == 1 and "disk is full" in text and "\n" not in text, f"on a full disk: {code} {text}")
        refusals += 1
        if refusals == 1:
            fill(place)
        if refusals >= 4:
            break
    check(refusals >= 4, "the disk never was full")
    for words in (["search", "t"], ["export", space], ["post", "list"], ["hash", space], ["status"], ["members", space]):
        node.asked(*words, codes=(0, 3))
    lost(node.asked("export", space), acknowledged)
    subprocess.run(["mount", "-o", "remount,size=8m", place], check=True)
    out = node.asked("post", "add", "--title", "room again", "--body", "b", "--json")
    acknowledged[json.loads(out)["id"]] = {"room again"}
    check(node.process.poll() is None, "the node ended")
    before = node.asked("hash", space, "--json")
    node.stop()
    check(node.run("hash", space, "--json").out == before, "after the disk was full another start has another digest")
    lost(node.export(space), acknowledged)
    check(node.run("doctor", codes=None).code == 0, "after the disk was full the store is not sound")
    return "refused, and went on"


def lost(export, acknowledged):
    lines = held(export)
    gone = [id for id, titles in acknowledged.items() if not lines.get(id, set()) & titles]
    check(not gone, f"{len(gone)} acknowledged records are lost, such as {gone[:3]}")


def fill(place):
    with contextlib.suppress(OSError):
        descriptor = os.open(os.path.join(place, "ballast"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while os.write(descriptor, bytes(4096)):
                pass
        finally:
            os.close(descriptor)


READERS = [("hash",), ("export",), ("status",), ("post", "list"), ("search",), ("space", "list"), ("doctor",)]


def read_only(campaign, base, harness):
    """A folder that nothing can be written to: writes are refused in one sentence, and reading works, served or not."""
    if not can_mount():
        campaign.say("NOT TRIED: a read-only folder needs root to mount one")
        return "not tried"
    tried = BY_NAME["post-add"](base, harness)
    node = tried.a
    truth = {"hash": node.run("hash", base.space).out, "export": node.export(base.space)}
    before = {name: os.stat(os.path.join(node.dir, name)).st_size for name in os.listdir(node.dir)}
    mounted(harness, "--bind", node.dir, node.dir)
    subprocess.run(["mount", "-o", "remount,bind,ro", node.dir], check=True)
    answer = node.run("post", "add", "--title", "t", "--body", "b", codes=None)
    text = answer.errors.strip()
    check(answer.code == 1 and "nothing can be written" in text and "\n" not in text, f"writing to a read-only folder: {answer}")
    reason = node.serve_to_read()
    check("nothing can be written" in reason, f"serving a read-only folder: {reason}")
    answer = node.run("post", "add", "--title", "t", "--body", "b", codes=None)
    text = answer.errors.strip()
    check(answer.code == 1 and "nothing can be written" in text and "\n" not in text,
          f"writing to a read-only folder that is served: {answer}")
    reading(base, node, truth)
    said = node.stop_reading()
    check("nothing can be written" in said, f"serving a read-only folder: {said}")
    reading(base, node, truth)
    after = {name: os.stat(os.path.join(node.dir, name)).st_size for name in os.listdir(node.dir)}
    check(before == after, f"a read-only folder has changed: {before} {after}")
    subprocess.run(["umount", "-l", node.dir], check=True)
    tried.verify()
    return "read"


def reading(base, node, truth):
    """All that reads answers as ever, and says why it only reads."""
    for words in READERS:
        more = {"hash": [base.space], "export": [base.space], "search": ["base"]}.get(words[0], [])
        answer = node.run(*words, *more, codes=None)
        check(answer.code == 3, f"reading a read-only folder: {answer}")
        check("nothing can be written" in answer.out.decode() + answer.errors, f"'{words[0]}' does not say why it only reads: {answer}")
        check(answer.out == truth.get(words[0], answer.out), f"'{words[0]}' is another in a read-only folder")
