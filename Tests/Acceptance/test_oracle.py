"""Done when 3: replicas that wrote apart export the same bytes, and the bytes that a naive fold says they must.

Side a and side b write their slices without seeing each other, then meet. Where two stamps are equal the greater log
identity wins, and identities are drawn when a node is made; so the fold is asked for side b (`--tie b`), and where that
does not fit, once, for side a, which must then fit at every later stage of the same pair of nodes. Few workloads have
equal stamps that matter, and then both fit.
"""

import hashlib
import math
import os
import time

from harness import Failed, check, head_lines, wait_until, write

SLICES = (1, 100, 1000, 5000)
# So many bytes both ways, at most, go by before a cut: about what a whole meeting of that stage takes, and more.
CUT_LIMITS = {"join": 3_000_000, "1": 6_000, "100": 40_000, "1000": 250_000, "5000": 1_200_000, "edits": 100_000}
MAXIMUM_CUTS = 40


class Oracle:
    """What the exports must be, stage by stage."""

    def __init__(self, harness, folder):
        self.harness, self.folder, self.known = harness, folder, {}

    def stages(self):
        """Each stage's name and what the two sides write in it."""
        start = 0
        for count in SLICES:
            yield str(count), {
                side: head_lines(os.path.join(self.folder, f"inc-{side}.jsonl"), start, count) for side in "ab"
            }
            start += count
        yield "edits", {
            side: head_lines(os.path.join(self.folder, f"edit-{side}.jsonl"), 0, 1 << 40) for side in "ab"
        }

    def expected(self, stage, tie, swap):
        """What the fold prints after a stage."""
        if (stage, tie, swap) not in self.known:
            slices = SLICES if stage == "edits" else SLICES[: SLICES.index(int(stage)) + 1]
            words = [self.folder, "--slices", ",".join(map(str, slices)), "--tie", tie]
            if stage != "edits":
                words.append("--no-edits")
            if swap:
                words.append("--swap")
            self.known[stage, tie, swap] = self.harness.reference("naive_fold.py", *words)
        return self.known[stage, tie, swap]


class Judge:
    """Compares the nodes of one variant with each other and with the oracle."""

    def __init__(self, oracle, variant, space, swap=False):
        self.oracle, self.variant, self.space, self.swap = oracle, variant, space, swap
        self.ties = ["b", "a"]
        self.exports = {}

    def judge(self, stage, nodes):
        hashes = [node.hash(self.space) for node in nodes]
        check(len(set(hashes)) == 1, f"{self.variant}, {stage}: digests differ: {hashes}")
        exports = [node.export(self.space) for node in nodes]
        for node, export in zip(nodes, exports):
            if export != exports[0]:
                self.keep(stage, {node.name: export for node, export in zip(nodes, exports)})
                raise Failed(f"{self.variant}, {stage}: {node.name} exports other bytes than {nodes[0].name}")
        wanted = self.oracle.expected(stage, self.ties[0], self.swap)
        if wanted != exports[0] and len(self.ties) > 1:
            self.ties.pop(0)
            # The other way must fit from the beginning.
            for earlier, digest in self.exports.items():
                fold = self.oracle.expected(earlier, self.ties[0], self.swap)
                check(hashlib.sha256(fold).digest() == digest, f"{self.variant}: no one way of breaking ties fits")
            other = self.oracle.expected(stage, self.ties[0], self.swap)
            wanted = other if other == exports[0] else wanted
        if wanted != exports[0]:
            self.keep(stage, {"plc": exports[0], "fold": wanted})
            raise Failed(
                f"{self.variant}, {stage}: the export is not what the naive fold says: {difference(exports[0], wanted)}"
            )
        self.exports[stage] = hashlib.sha256(exports[0]).digest()

    def keep(self, stage, exports):
        for name, export in exports.items():
            write(self.oracle.harness.path(f"differs-{self.variant}-{stage}-{name}.jsonl"), export)


def difference(got, wanted):
    got, wanted = got.split(b"\n"), wanted.split(b"\n")
    pairs = [(g, w) for g, w in zip(got, wanted) if g != w]
    text = f"{len(got)} lines and {len(wanted)}, {len(pairs)} differ"
    for g, w in pairs[:2]:
        text += f"\n      plc:  {g.decode(errors='replace')[:500]}\n      fold: {w.decode(errors='replace')[:500]}"
    return text


def summary(sync):
    return f"{sync['bytesSent'] + sync['bytesReceived']:,} B in {sync['roundTrips']} trips"


def offline(node, space, lines, stage):
    """Writes a stage's lines at a node that nobody is connected to; gives the number of changes."""
    file = write(node.harness.path(f"{node.name}-{stage}.jsonl"), lines)
    done = node.load(space, file)
    check(done["bad"] == 0, f"{node.name}, {stage}: {done}")
    check(done["lines"] == lines.count(b"\n"), f"{node.name}, {stage}: {done}")
    return done["records"] + done["changes"]


def pair(harness, oracle, variant, sides="ab", cuts=False):
    """Two nodes; the first founds the space and is served, the second joins and dials."""
    first, second = harness.node(f"{variant}-1"), harness.node(f"{variant}-2")
    space = first.found()
    first.load(space, os.path.join(oracle.folder, "records.jsonl"))
    first.serve()
    address, proxy = first.address, None
    if cuts:
        proxy = harness.proxy(first.address)
        address = proxy.address
    token = first.invite(space, address)
    done = meet(harness, second, proxy, "join", ["join", token])
    judge = Judge(oracle, variant, space, swap=sides == "ba")
    hashes = {node.hash(space) for node in (first, second)}
    check(len(hashes) == 1, f"{variant}: digests differ after the join")
    figures = [f"join {done}"]
    for stage, lines in oracle.stages():
        written = {}
        # The second side of a swapped pair writes first, which must make no difference.
        for node, side in ((first, sides[0]), (second, sides[1]))[:: -1 if sides == "ba" else 1]:
            written[node] = offline(node, space, lines[side], stage)
        if cuts:
            figures.append(f"{stage}: {meet(harness, second, proxy, stage, ['sync'])}")
        else:
            sync = second.json("sync", within=300)
            about = sync["spaces"][0]
            check(about["inSync"], f"{variant}, {stage}: not in sync: {sync}")
            check(about["changesSent"] == written[second], f"{variant}, {stage}: wrote {written[second]}: {sync}")
            check(about["changesReceived"] == written[first], f"{variant}, {stage}: {written[first]} to come: {sync}")
            check(about["hash"] == second.hash(space), f"{variant}, {stage}: 'sync' names another digest: {sync}")
            figures.append(f"{stage}: {summary(sync)}")
        judge.judge(stage, (first, second))
    harness.say(f"{variant}: {'; '.join(figures)}; tie {judge.ties[0]}")
    first.stop()


def meet(harness, node, proxy, stage, words):
    """Meets through the proxy, cut at random offsets until a meeting survives."""
    if proxy is None:
        answer = node.run(*words, "--json", within=300)
        return f"{answer.seconds:.1f} s"
    limit, cuts = CUT_LIMITS[stage], []
    while True:
        bytes_until_cut = int(math.exp(harness.random.uniform(math.log(200), math.log(limit))))
        rude = harness.random.random() < 0.5
        is_last = len(cuts) == MAXIMUM_CUTS
        proxy.cuts = lambda: (None if is_last else bytes_until_cut, rude)
        answer = node.run(*words, "--json", codes=(0, 1, 3), within=300)
        if answer.code == 0:
            if words[0] == "sync":
                check(all(s["inSync"] for s in answer.json["spaces"]), f"0, and not in sync: {answer.text}")
            proxy.cuts = lambda: (None, False)
            return f"{len(cuts)} cuts"
        check(answer.errors.strip() or answer.text.strip(), f"{answer} without a word")
        check(not is_last, f"{answer}: an uncut meeting does not succeed after {len(cuts)} cuts")
        cuts.append(bytes_until_cut)


def chain(harness, oracle):
    """Side a writes at A, side b at C; they never meet, B in the middle passes on what comes."""
    a, b, c = (harness.node(f"chain-{name}") for name in "abc")
    space = a.found()
    a.load(space, os.path.join(oracle.folder, "records.jsonl"))
    a.serve()
    b.run("join", a.invite(space, a.address, "steward"), within=300)
    b.serve()
    c.run("join", b.invite(space, b.address), within=300)
    judge, figures = Judge(oracle, "chain", space), []
    for stage, lines in oracle.stages():
        # B is connected to A while A writes, so what A writes arrives live; C is told at the end of the stage.
        offline(a, space, lines["a"], stage)
        offline(c, space, lines["b"], stage)
        b.json("sync", within=300)
        sync = c.json("sync", "--peer", b.address, within=300)
        check(sync["spaces"][0]["inSync"], f"chain, {stage}: not in sync: {sync}")
        wanted, began = c.hash(space), time.monotonic()
        wait_until(lambda: a.hash(space) == wanted, 60, f"chain, {stage}: what C wrote reaches A")
        figures.append(f"{stage}: {summary(sync)} and {time.monotonic() - began:.1f} s on")
        judge.judge(stage, (a, b, c))
    harness.say(f"chain: {'; '.join(figures)}; tie {judge.ties[0]}")
    for node in (a, b):
        node.stop()


def run(harness):
    size = harness.size or (100_000 if harness.full else 10_000)
    oracle = Oracle(harness, harness.workload(size))
    for variant, play in (
        ("plain", lambda: pair(harness, oracle, "plain")),
        ("cut", lambda: pair(harness, oracle, "cut", cuts=True)),
        ("chain", lambda: chain(harness, oracle)),
        ("swapped", lambda: pair(harness, oracle, "swapped", sides="ba")),
    ):
        began = time.monotonic()
        play()
        harness.say(f"{variant}: equal digests, equal exports, as the naive fold says: {time.monotonic() - began:.1f} s")
