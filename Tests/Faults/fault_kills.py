"""SIGKILL at every call that changes a file, and torn writes, under each workload.

First each workload runs untouched, once under the shim that counts, and the single-process ones once under strace, to see
that the shim overlooks none. Then point N of a workload is a run that dies at its N-th call. A torn write lets a
prefix of that write reach the file first.
"""

import collections
import os
import re

import shim
from campaign import Point
from harness import check
from workloads import BY_NAME, WORKLOADS, prepare

PREFIXES = [0, 1, 12, 24, 512, 2048, shim.ALL_BUT_ONE]
KILLS, TORN = 6_000, 3_000
# In a sample, so many kills for each torn write.
QUICK_SHARE = 2
# Writes of a served node are grouped by the clock, so that a run may have some calls more than the one that counted.
MARGIN = 3
STRACE_CALLS = ("write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync_file_range,ftruncate,fallocate,rename,"
                "renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,openat,open,"
                "creat,bind,copy_file_range,sendfile,truncate")


def run(campaign):
    bases, counted = {}, {}
    compare(campaign, prepare_round(campaign, bases, 0))
    for workload in WORKLOADS:
        counted[workload.name] = count(campaign, bases[0], workload)
    if not campaign.only:
        follow_after_backup(campaign, bases[0])
    shown = ", ".join(f"{name} {len(calls)}" for name, calls in counted.items())
    campaign.say(f"calls that change files: {shown}")
    kills, torn = plan(counted, KILLS, TORN)
    if campaign.only:
        chosen = campaign.select(kills + torn)
    elif campaign.full and campaign.count is None:
        chosen = campaign.select(kills)[:max(KILLS, one_round(kills))] + campaign.select(torn)[:max(TORN, one_round(torn))]
        campaign.planned = len(chosen)
    else:
        both = campaign.select(kills), campaign.select(torn)
        campaign.planned = len(kills) + len(torn)
        chosen = interleave(both[0], both[1])
    for point in chosen:
        prepare_round(campaign, bases, point.round)
        if not campaign.full and len(bases) > 1:
            break
    if not campaign.full:
        chosen = [point for point in chosen if point.round in bases]
    chosen, minimum = campaign.one_of_each(chosen)
    campaign.run(chosen, lambda point, folder: attempt(campaign, bases[point.round], point, folder), minimum=minimum)
    campaign.happened("kill", "torn")


def follow_after_backup(campaign, base):
    """What a node writes after a backup comes to its peers, although it was restarted."""
    folder = os.path.join(campaign.folder, "after-backup")
    os.makedirs(folder)
    harness = campaign.harness(folder)
    try:
        tried = BY_NAME["post-add"](base, harness)
        tried.a.run("backup", harness.path("a.backup"))
        tried.perform()
        answer = tried.b.run("sync", "--peer", tried.a.serve_quietly(), codes=None)
        check(answer.code == 0, f"what is written after a backup does not come to a peer: {answer}")
    finally:
        harness.close()


def one_round(points):
    return sum(point.round == 0 for point in points)


def interleave(kills, torn):
    chosen = []
    for index, kill in enumerate(kills):
        chosen.append(kill)
        if index % QUICK_SHARE == 0 and index // QUICK_SHARE < len(torn):
            chosen.append(torn[index // QUICK_SHARE])
    return chosen


def prepare_round(campaign, bases, round):
    if round not in bases:
        bases[round] = prepare(campaign, round)
    return bases[round]


def count(campaign, base, workload):
    """The classes of the calls of an untouched run, which must succeed and hold its promises."""
    folder = os.path.join(campaign.folder, f"count-{workload.name}")
    os.makedirs(folder)
    harness = campaign.harness(folder)
    try:
        tried = workload(base, harness)
        fault = harness.arm(tried.node)
        tried.perform()
        check(tried.promises.done, f"{workload.name} fails without any fault: {tried.promises.refusals}")
        calls = fault.calls()
        tried.settle()
        tried.verify()
        return calls
    finally:
        harness.close()


def compare(campaign, base):
    """Holds the shim's count of an import against strace's, of the same run: a call that it does not see would never be
    tried."""
    folder = os.path.join(campaign.folder, "compare")
    os.makedirs(folder)
    harness = campaign.harness(folder)
    try:
        tried = BY_NAME["import"](base, harness)
        log, plc = harness.path("strace"), harness.plc
        harness.plc = harness.path("traced")
        with open(harness.plc, "w") as file:
            file.write(f"#!/bin/sh\nexec strace -f -y -o {log} -e trace={STRACE_CALLS} {plc} \"$@\"\n")
        os.chmod(harness.plc, 0o700)
        fault = harness.arm(tried.node)
        tried.perform()
        harness.plc = plc
        check(tried.promises.done, f"an import under strace fails: {tried.promises.refusals}")
        seen, true = collections.Counter(fault.calls()), traced(log, tried.node.dir)
        check(seen == true, f"the shim counts {dict(seen)}, strace {dict(true)}")
        campaign.say(f"strace and the shim agree: {sum(seen.values())} calls of an import")
    finally:
        harness.close()


KINDS = {
    "write": "write", "pwrite64": "write", "fsync": "sync", "fdatasync": "sync", "ftruncate": "truncate",
    "fallocate": "truncate", "rename": "rename", "renameat": "rename", "renameat2": "rename", "unlink": "unlink",
    "unlinkat": "unlink", "rmdir": "unlink", "mkdir": "mkdir", "mkdirat": "mkdir", "bind": "create", "link": "create",
}


def traced(log, root):
    found = collections.Counter()
    with open(log, errors="replace") as file:
        for line in file:
            match = re.match(r"\d+\s+(\w+)\((.*)", line)
            if not match or root not in match[2]:
                continue
            name = match[1]
            if name in ("openat", "open", "creat"):
                if "O_CREAT" in match[2]:
                    found["create"] += 1
            else:
                # A class that the shim does not know stands under its own name, and shows in the comparison.
                found[KINDS.get(name, name)] += 1
    return found


def plan(counted, kills_wanted, torn_wanted):
    """All points; further rounds, with other data, until there are as many as wanted."""
    kills, torn = [], []
    round = 0
    while len(kills) < kills_wanted or len(torn) < torn_wanted:
        for name, calls in counted.items():
            margin = MARGIN if name in ("served", "sync-served") else 0
            for number in range(1, len(calls) + margin + 1):
                if len(kills) < kills_wanted or round == 0:
                    kills.append(Point(f"{name}.{round}/kill/{number}", "kill", workload=name, round=round, at=number,
                                       prefix=None))
            writes = calls.count("write")
            for number in range(1, writes + 1):
                for prefix in PREFIXES:
                    if len(torn) < torn_wanted or round == 0:
                        torn.append(Point(f"{name}.{round}/torn/{number}/{prefix}", "torn", workload=name, round=round,
                                          at=number, prefix=prefix))
        round += 1
    return kills, torn


def attempt(campaign, base, point, folder):
    harness = campaign.harness(folder)
    try:
        tried = BY_NAME[point.workload](base, harness)
        if point.prefix is None:
            fault = harness.arm(tried.node, action=shim.KILL, at=point.at)
        else:
            fault = harness.arm(tried.node, action=shim.TEAR, at=point.at, prefix=point.prefix, classes=["write"])
        tried.perform()
        check(fault.acted or tried.promises.done, f"nothing was killed, and it refused: {tried.promises.refusals}")
        call = fault.acted_call if fault.acted else "the end was first"
        tried.settle()
        tried.verify()
        campaign.count_up(f"  {point.workload}", call)
        return call
    finally:
        harness.close()
