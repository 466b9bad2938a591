#!/usr/bin/env python3
"""The oracle: what `plc export` must print after a workload, from the JSON lines themselves and nothing of the engine.

    naive_fold.py FOLDER [--slices 1,100,1000,5000] [--tie a|b] [--swap] [--no-edits] [--multi post.title,…]

Side a loads records.jsonl and both sides hold it. Then, slice by slice, a writes its next lines of inc-a and b its next
of inc-b without seeing each other, and both merge; at last edit-a and edit-b in the same way. `--tie` says whose log is
greater where stamps are equal; `--swap` takes b before a inside each slice, which must change nothing.
"""

import argparse
import json
import os
import sys

# Prose and decisions, of which concurrent versions stand side by side.
MULTI = "post.title,post.body,feedback.body,feedback.response,goal.statement,goal.why,goal.baselineNote,goal.status,goal.lead"


class World:
    """Records as dictionaries. A version or element is [sort key, side, slice, value, removed]."""

    def __init__(self, multi, tie):
        self.records, self.multi, self.tie, self.lines, self.slice = {}, multi, tie, 0, 0

    def apply(self, side, line):
        """One line of one side; a bad line changes nothing."""
        change = json.loads(line)
        self.lines += 1
        at = change["at"] if "at" in change else change["f"]["createdAt"]
        key = (at, side == self.tie, self.lines)  # lines of one side are in the order of its log
        seen = lambda who, when: who == side or when < self.slice
        record = self.records.get(change["id"])
        if change.get("new") or "at" not in change:
            if record is not None:
                return  # a second create of an id
            record = self.records[change["id"]] = {
                "t": change["t"],
                "by": (side, self.slice),
                "dead": False,
                "registers": {},
                "dots": {},
            }
        elif record is None or not seen(*record["by"]):
            return  # not there, or not yet seen by this side
        for field, value in change.get("f", {}).items():
            if f"{record['t']}.{field}" in self.multi:
                for dot in record["dots"].setdefault(("f", field), []):
                    dot[4] = dot[4] or seen(dot[1], dot[2])
                record["dots"]["f", field].append([key, side, self.slice, value, False])
            else:
                record["registers"][field] = max(
                    record["registers"].get(field, ((-1,),)), (key, value), key=lambda x: x[0]
                )
        for field, elements in [*change.get("s", {}).items(), *change.get("s+", {}).items()]:
            record["dots"].setdefault(("s", field), []).extend([key, side, self.slice, e, False] for e in elements)
        for field, elements in change.get("s-", {}).items():
            for dot in record["dots"].get(("s", field), []):
                dot[4] = dot[4] or dot[3] in elements and seen(dot[1], dot[2])
        record["dead"] = record["dead"] or change.get("del", False)

    def export(self):
        by_bytes = lambda v: v.encode() if isinstance(v, str) else dump(v).encode()
        ordered = lambda d: dict(sorted(d.items(), key=lambda kv: kv[0].encode()))
        for id, record in sorted(self.records.items(), key=lambda kv: kv[0].encode()):
            if record["dead"]:
                continue
            f, s, v = {name: value for name, (_, value) in record["registers"].items()}, {}, {}
            for (form, field), dots in record["dots"].items():
                live = sorted((d for d in dots if not d[4]), key=lambda d: d[0])
                if form == "s" and live:
                    s[field] = sorted({dump(d[3]): d[3] for d in live}.values(), key=by_bytes)
                elif form == "f" and live:
                    f[field] = live[-1][3]
                    if len(live) > 1:
                        v[field] = sorted((d[3] for d in live[:-1]), key=by_bytes)
            yield {"id": id, "t": record["t"], "f": ordered(f), "s": ordered(s), **({"v": ordered(v)} if v else {})}


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read(folder, name):
    path = os.path.join(folder, name + ".jsonl")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [line for line in file.read().split("\n") if line]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder")
    options.add_argument("--slices", default="1,100,1000,5000")
    options.add_argument("--tie", choices="ab", default="b")
    options.add_argument("--swap", action="store_true")
    options.add_argument("--no-edits", action="store_true")
    options.add_argument("--multi", default=MULTI)
    o = options.parse_args()
    world = World(set(o.multi.split(",")), o.tie)
    for line in read(o.folder, "records"):
        world.apply("a", line)
    rest = {side: read(o.folder, "inc-" + side) for side in "ab"}
    slices = []
    for count in map(int, filter(None, o.slices.split(","))):
        slices.append({side: rest[side][:count] for side in "ab"})
        rest = {side: rest[side][count:] for side in "ab"}
    if not o.no_edits:
        slices.append({side: read(o.folder, "edit-" + side) for side in "ab"})
    for written in slices:
        world.slice += 1
        for side in "ba" if o.swap else "ab":
            for line in written[side]:
                world.apply(side, line)
    for record in world.export():
        sys.stdout.write(dump(record) + "\n")


if __name__ == "__main__":
    main()
