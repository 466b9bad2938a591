"""What the program is doing when something goes wrong: scripted workloads over nodes that are prepared once.

A workload notes what was acknowledged in a place of its own (`Promises`), never in the node. After the fault `verify`
holds the node to it: all of it is there, the store is sound, a second start says the same, and a peer still syncs.

Before a workload there are: `a`, the node that suffers; `b`, its peer and a steward too. Both hold the space S.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import sys

import control
from campaign import copy_nodes
from harness import REFERENCE, Failed, check, write

sys.path.insert(0, REFERENCE)
import plcref  # noqa: E402

SPACE = "S"


class Ended(Exception):
    """The node that suffers has ended, or refused: the workload goes no further."""


class Promises:
    """What the program has acknowledged, and what it was told to do without an answer."""

    def __init__(self):
        self.titles = {}  # record id → titles of which it must have one
        self.gone = set()  # record ids that must not be there
        self.maybe_gone = set()
        self.acknowledged = 0
        self.files, self.spaces, self.tokens, self.peers = [], [], [], []
        self.refusals = []  # errors that a command ended with
        self.done = False  # the whole workload was acknowledged
        self.is_synced = False


class Base:
    """Prepared folders and what is true of them."""

    def __init__(self, folder, space, titles, seed):
        self.folder, self.space, self.titles, self.seed = folder, space, titles, seed


def prepare(campaign, round):
    """Makes the nodes that all workloads of a round begin with."""
    folder = os.path.join(campaign.folder, f"base{round}")
    os.makedirs(folder)
    rng = campaign.random("base", round)
    harness = campaign.harness(folder)
    try:
        a, b = harness.node("a"), harness.node("b")
        a.run("init", "--name", "a")
        space = a.json("space", "create", "--level", "school", "--name", SPACE)["space"]
        lines = records(rng, "base", rng.randrange(20, 60))
        file = write(harness.path("base.jsonl"), lines_of(lines))
        address = a.serve_quietly()
        a.asked("import", space, file)
        edited = rng.sample(sorted(lines), 4)
        for number, id in enumerate(edited[:3]):
            lines[id] = f"edited {number}"
            a.asked("post", "edit", id, "--title", lines[id])
        a.asked("post", "delete", edited[3])
        del lines[edited[3]]
        harness.run("join", a.invite(space, address, "steward"), "--dir", b.dir, "--name", "b")
        b.run("post", "edit", edited[0], "--title", "edited by b")
        lines[edited[0]] = "edited by b"
        b.run("sync", "--peer", address)
        check(a.asked("hash", space, "--json") == b.run("hash", space, "--json").out, "the base is not in sync")
        a.stop()
        a.run("peer", "remove", address, codes=(0, 1))
        b.run("peer", "remove", address, codes=(0, 1))
        # What each has that the other lacks, for the workloads that sync.
        for node in (a, b):
            more = records(rng, node.name, rng.randrange(30, 90))
            node.run("import", space, write(harness.path(node.name + ".jsonl"), lines_of(more)))
            node.extra = more
        # Of a copy, so that the node that the workloads start from stays as it is.
        copy_nodes(folder, os.path.join(folder, "copies"), ["a"])
        harness.run("backup", harness.path("old.backup"), "--dir", os.path.join(folder, "copies", "a"))
        base = Base(folder, space, {**lines, **a.extra}, rng.randrange(1 << 40))
        base.extra_of_b = b.extra
    finally:
        harness.close()
    return base


def records(rng, prefix, count):
    return {f"{prefix}-{i}": f"{prefix} {i} {rng.randrange(1 << 40):x}" for i in range(count)}


def lines_of(titles, length=600):
    """Import lines; bodies that no compressor makes short, so that writes are many."""
    return b"".join(
        json.dumps({"id": id, "t": "post", "f": {"title": title, "body": filler(title, length)}}).encode() + b"\n"
        for id, title in titles.items()
    )


def filler(title, length):
    import hashlib

    text = ""
    while len(text) < length:
        text += hashlib.sha256((title + str(len(text))).encode()).hexdigest()
    return text[:length]


class Workload:
    """One workload at one point: folders of its own, promises of its own."""

    name = "?"
    takes = ("a", "b")
    subject = "a"
    codes = (0,)

    def __init__(self, base, harness):
        self.base, self.harness, self.promises = base, harness, Promises()
        copy_nodes(base.folder, harness.folder, self.takes)
        self.a, self.b = harness.node("a"), harness.node("b")
        self.node = harness.node(self.subject)

    # What workloads are made of

    def do(self, node, *words, within=60):
        """A command of a process of its own: its output if it was acknowledged, otherwise the end."""
        answer = self.harness.run(*words, "--dir", node.dir, codes=None, within=within)
        self.judge(answer.code, answer.out, answer.errors, " ".join(map(str, words)))
        return answer.out

    def ask(self, node, *words, within=60):
        """A command to a served node."""
        try:
            code, out, err = node.ask(*words, within=within)
        except (OSError, control.Cut):
            raise Ended()
        self.judge(code, out, err.decode(errors="replace"), " ".join(map(str, words)))
        return out

    def judge(self, code, out, errors, call):
        if code in self.codes:
            self.promises.acknowledged += 1
            return
        if code == -9:
            raise Ended()
        # A refusal must be the program's own, and said.
        check(code in (1, 3), f"'{call[:60]}' ended with {code}: {errors.strip()[:600]}")
        text = errors.strip()
        check(text or out, f"'{call[:60]}' ended with {code}, and says nothing")
        check(
            not any(sign in text for sign in ("Fatal error", "Error(", "Optional(", "fatal error")),
            f"'{call[:60]}' ended with {code} and speaks to programmers: {text[:300]}",
        )
        self.promises.refusals.append(text)
        raise Ended()

    def perform(self):
        """Does the workload until its end or that of the node."""
        try:
            self.steps()
            self.promises.done = True
        except Ended:
            pass
        finally:
            self.harness.disarm()

    def settle(self):
        """Ends what the workload left running; the node that suffers may have ended by itself."""
        for node in {id(node): node for node in (self.a, self.b, self.node)}.values():
            node.end()

    def stop_in_order(self, node):
        """SIGTERM to a served node that suffers; it may be killed while it stops."""
        node.process.terminate()
        try:
            code = node.process.wait(30)
        except Exception:
            raise Failed(f"{node.name} did not stop within 30 s of SIGTERM")
        said = node.said()
        node.release()
        check(code in (0, 1, -9), f"{node.name} stopped with {code}: {said[-600:]}")
        return code

    def launch(self, node, **options):
        """Serves a node that suffers; it may end before it listens."""
        node.spawn(more=["--log", "warning"], **options)
        line = node.process.stdout.readline()
        if not line:
            code = node.process.wait(30)
            said = node.said().strip()
            node.release()
            self.judge(code, b"", said, "serve")
            raise Ended()
        answer = json.loads(line)
        if "readOnly" in answer:
            # The fault was taken for a disk that cannot be written.
            self.promises.refusals.append(node.stop_reading())
            raise Ended()
        node.address = answer["listening"][0]
        return node.address

    # What must hold

    def verify(self):
        node, promises, base = self.a, self.promises, self.base
        first = node.json("hash", base.space)["hash"]
        address = node.serve_quietly()
        second = json.loads(node.asked("hash", base.space, "--json"))["hash"]
        check(first == second, f"the digest is {first}, and after another start {second}")
        self.sound(node)
        lines = held(node.asked("export", base.space))
        self.check_held(lines, {**{id: {t} for id, t in base.titles.items()}, **promises.titles})
        self.check_more(node, lines)
        self.meet(self.b, node, address)
        node.end()

    def sound(self, node):
        out = node.asked("doctor", "--json", codes=(0, 1, 3))
        report = json.loads(out.decode().splitlines()[-1])
        check(report["ok"] and not report["findings"], f"doctor: {report}")

    def check_held(self, lines, promised):
        lost = {
            id: titles
            for id, titles in promised.items()
            if id not in self.promises.maybe_gone | self.promises.gone and not lines.get(id, set()) & titles
        }
        check(not lost, f"{len(lost)} acknowledged records are lost, such as {list(lost.items())[:3]}")
        there = self.promises.gone & set(lines)
        check(not there, f"deleted records are back: {sorted(there)[:3]}")

    def check_more(self, node, lines):
        pass

    def meet(self, peer, node, address):
        """A peer dials the node: both must hold the same then."""
        answer = peer.run("sync", "--peer", address, "--json", codes=None)
        check(answer.code == 0, f"a peer cannot sync with it: {answer} {answer.text[-300:]}; {node.said()[-300:]}")
        ours = [space for line in answer.lines for space in line["spaces"] if space["space"] == self.base.space]
        check(ours and ours[0]["inSync"], f"a peer is not in sync with it: {answer.text[-400:]}")
        mine = json.loads(node.asked("hash", self.base.space, "--json"))["hash"]
        check(mine == ours[0]["hash"], f"after a sync the peer has {ours[0]['hash']}, the node {mine}")
        lines = held(node.asked("export", self.base.space))
        self.check_held(lines, {id: {title} for id, title in self.base.extra_of_b.items()})


def held(export):
    """The titles by record of an export, those that stand beside each other too."""
    found = {}
    for line in export.decode().splitlines():
        record = json.loads(line)
        found[record["id"]] = {record["f"].get("title"), *record.get("v", {}).get("title", ())}
    return found


class Init(Workload):
    name, takes = "init", ()

    def steps(self):
        self.do(self.a, "init", "--name", "North")

    def verify(self):
        node = self.a
        if not self.promises.done:
            answer = node.run("init", "--name", "North", codes=(0, 1))
            check(answer.code == 0 or "already" in answer.errors, f"init after an init that was cut: {answer}")
        status = node.json("status")
        check(status["name"] == "North", f"the node has no name after an init that was cut: {status['name']!r}")
        space = node.json("space", "create", "--level", "school", "--name", "T")["space"]
        node.run("post", "add", "--title", "t", "--body", "b")
        check(len(node.export(space).splitlines()) == 1, "the new node does not hold its first post")
        report = node.run("doctor", "--json", codes=None)
        check(report.code == 0, f"doctor: {report.text}")


class SpaceCreate(Workload):
    name = "space-create"

    def steps(self):
        out = self.do(self.a, "space", "create", "--level", "team", "--name", "T", "--json")
        self.promises.spaces.append(json.loads(out)["space"])

    def check_more(self, node, lines):
        spaces = [json.loads(line) for line in node.asked("space", "list", "--json").decode().splitlines()]
        if len(spaces) == 1 and "spaces" in spaces[0]:
            spaces = spaces[0]["spaces"]
        ids = [space["space"] for space in spaces]
        for space in self.promises.spaces:
            check(space in ids, f"the acknowledged space {space} is not there: {spaces}")
        for space in spaces:
            check(space.get("name"), f"a space without a name is left: {space}")


class PostAdd(Workload):
    name = "post-add"

    def steps(self):
        out = self.do(self.a, "post", "add", "--title", "one", "--body", filler("one", 900), "--json")
        self.promises.titles[json.loads(out)["id"]] = {"one"}


class ManyAdds(Workload):
    """Commands one after another, each a process and a store that is opened and closed."""

    name = "many-adds"

    def steps(self):
        titles = self.promises.titles
        ids = []
        for number in range(3):
            title = f"many {number}"
            out = self.do(self.a, "post", "add", "--title", title, "--body", filler(title, 2_000), "--json")
            ids.append(json.loads(out)["id"])
            titles[ids[-1]] = {title}
        titles[ids[0]] = {"many 0", "edited"}
        self.do(self.a, "post", "edit", ids[0], "--title", "edited")
        titles[ids[0]] = {"edited"}
        self.promises.maybe_gone.add(ids[1])
        self.do(self.a, "post", "delete", ids[1])
        self.promises.maybe_gone.discard(ids[1])
        self.promises.gone.add(ids[1])
        self.do(self.a, "goal", "add", "--statement", "explain an experiment")


class Import(Workload):
    """One large transaction, or some: blocks are compressed, and stored hashes of the forest come in."""

    name = "import"

    def steps(self):
        made = {f"i-{i}": f"import {i} {self.base.seed:x}" for i in range(280)}
        self.order = list(made)
        file = write(self.harness.path("import.jsonl"), lines_of(made, 700))
        self.do(self.a, "import", self.base.space, file)
        self.promises.titles.update({id: {title} for id, title in made.items()})

    def check_more(self, node, lines):
        there = [id in lines for id in self.order]
        check(sorted(there, reverse=True) == there, "what was imported before the fault has gaps")


class Served(Workload):
    """A served node with writes through its socket, and an orderly stop."""

    name = "served"

    def steps(self):
        titles = self.promises.titles
        self.launch(self.a)
        mine = []
        for number in range(8):
            title = f"served {number}"
            out = self.ask(self.a, "post", "add", "--space", self.base.space, "--title", title, "--body",
                           filler(title, 300 * number), "--json")
            mine.append(json.loads(out)["id"])
            titles[mine[-1]] = {title}
        made = {f"s-{i}": f"served line {i}" for i in range(120)}
        self.ask(self.a, "import", self.base.space, write(self.harness.path("served.jsonl"), lines_of(made)))
        titles.update({id: {title} for id, title in made.items()})
        titles[mine[0]] = {"served 0", "edited"}
        self.ask(self.a, "post", "edit", mine[0], "--title", "edited")
        titles[mine[0]] = {"edited"}
        if self.stop_in_order(self.a) != 0:
            raise Ended()


class Invite(Workload):
    name = "invite"

    def steps(self):
        out = self.do(self.a, "invite", self.base.space, "--role", "writer", "--address", "127.0.0.1:1", "--json")
        self.promises.tokens.append(json.loads(out)["token"])

    def verify(self):
        super().verify()
        if not self.promises.tokens:
            return
        # An acknowledged invitation admits, where the inviter is now: the address in it is only a hint.
        address = self.a.serve_quietly()
        self.a.asked("invite", self.base.space, "--role", "writer", "--address", address, "--json")
        members = self.a.asked("members", self.base.space, "--json").decode()
        check(members, "no members")
        self.a.end()


class Join(Workload):
    """A node that is not there yet joins: its folder is made, its key, its store, and the first sync fills it."""

    name, subject = "join", "c"

    def __init__(self, base, harness):
        super().__init__(base, harness)
        address = self.a.serve_quietly()
        self.token = json.loads(
            self.a.asked("invite", base.space, "--role", "writer", "--address", address, "--json")
        )["token"]

    def steps(self):
        self.do(self.node, "join", self.token, "--name", "c")

    def settle(self):
        self.node.end()

    def verify(self):
        if not self.promises.done:
            answer = self.node.run("join", self.token, "--name", "c", codes=None)
            check(answer.code == 0, f"after a join that was cut the same command fails: {answer}")
        check(self.node.json("status")["name"] == "c", "after a join that was cut the node has no name")
        # Joining need not bring all; the sync after it must.
        answer = self.node.run("sync", "--peer", self.a.address, "--json", codes=None)
        check(answer.code == 0, f"after the join a sync fails: {answer}")
        theirs = json.loads(self.a.asked("hash", self.base.space, "--json"))["hash"]
        check(self.node.hash(self.base.space) == theirs, "who has joined does not hold the same")
        report = self.node.run("doctor", "--json", codes=None)
        check(report.code == 0, f"doctor: {report.text}")
        self.a.end()


class SyncDialler(Workload):
    name = "sync-dialler"

    def __init__(self, base, harness):
        super().__init__(base, harness)
        self.b.serve_quietly()

    def steps(self):
        self.do(self.a, "sync", "--peer", self.b.address)
        self.promises.is_synced = True

    def check_more(self, node, lines):
        if self.promises.is_synced:
            self.check_held(lines, {id: {title} for id, title in self.base.extra_of_b.items()})


class SyncServed(SyncDialler):
    """The node is served and a peer dials: what the peer is told to be in sync must be on the disk."""

    name = "sync-served"

    def __init__(self, base, harness):
        Workload.__init__(self, base, harness)

    def steps(self):
        address = self.launch(self.a)
        answer = self.b.run("sync", "--peer", address, "--json", codes=None)
        check(answer.code in (0, 1, 3), f"the peer of a node that is hit: {answer}")
        if answer.code == 0 and all(space["inSync"] for line in answer.lines for space in line["spaces"]):
            self.promises.is_synced = True
            self.promises.acknowledged += 1
        if self.a.process.poll() is not None:
            code, said = self.a.process.returncode, self.a.said().strip()
            self.a.release()
            self.judge(code if code else 1, b"", said, "serve")
        if self.stop_in_order(self.a) != 0:
            raise Ended()


class Backup(Workload):
    name = "backup"

    def steps(self):
        # Inside the folder that is watched, so that the copy's own writes are points too.
        self.file = os.path.join(self.a.dir, "copy.backup")
        self.do(self.a, "backup", self.file)
        self.promises.files.append(self.file)

    def verify(self):
        truth = self.a.export(self.base.space)
        if os.path.exists(self.file):
            other = self.harness.node("restored")
            answer = self.harness.run("restore", self.file, "--key", self.a.dir + "/key", "--dir", other.dir, codes=None)
            if self.promises.files:
                check(answer.code == 0, f"an acknowledged backup cannot be restored: {answer}")
            else:
                # Half a copy under the name of a whole one is what somebody will find when all else is lost.
                check(answer.code in (0, 1), f"restoring half a backup: {answer}")
            if answer.code == 0:
                check(other.export(self.base.space) == truth, "a backup restores to something else than was saved")
                check(other.run("doctor", codes=None).code == 0, "what was restored is not sound")
        else:
            check(not self.promises.files, "an acknowledged backup is not there")
        if not self.promises.done:
            # The same command again, as the nightly job will.
            again = self.a.run("backup", self.file, codes=None)
            if again.code != 0:
                check("there" in again.errors or "exist" in again.errors, f"a second backup: {again}")
                for end in ("", "-journal", "-wal", "-shm"):
                    with contextlib.suppress(OSError):
                        os.unlink(self.file + end)
                self.a.run("backup", self.file)
        super().verify()


class Restore(Workload):
    """The store is replaced by an older one: then it is the one or the other, whole."""

    name = "restore"

    def __init__(self, base, harness):
        super().__init__(base, harness)
        shutil.copy(os.path.join(base.folder, "old.backup"), harness.path("old.backup"))
        self.before = base.titles
        self.a.run("import", base.space, write(harness.path("more.jsonl"), lines_of({"late-1": "late", "late-2": "late"})))

    def steps(self):
        self.do(self.a, "restore", self.harness.path("old.backup"), "--force")

    def check_more(self, node, lines):
        late = {id for id in lines if id.startswith("late-")}
        check(len(late) in (0, 2), f"neither the old store nor the restored one: {late}")
        if self.promises.done:
            check(not late, "an acknowledged restore did not happen")


class RestoreNew(Workload):
    """A node comes back on a new disk: there is no folder yet."""

    name, takes, subject = "restore-new", ("a", "b"), "c"

    def steps(self):
        self.do(self.node, *self.words())

    def words(self):
        return "restore", os.path.join(self.base.folder, "old.backup"), "--key", self.a.dir + "/key"

    def verify(self):
        if not self.promises.done:
            answer = self.node.run(*self.words(), codes=(0, 1))
            check(answer.code == 0 or "--force" in answer.errors, f"after a restore that was cut the same fails: {answer}")
        self.a = self.node
        super().verify()


class Repair(Workload):
    """`doctor --repair` of a state that is wrong, in which every row is written anew."""

    name = "repair"

    def __init__(self, base, harness):
        super().__init__(base, harness)
        # Another program changes rows, and gives the pages their seals: what is wrong is for doctor to see.
        with contextlib.closing(sqlite3.connect(self.a.dir + "/store.db")) as database:
            database.execute("UPDATE space SET digest = zeroblob(64)")
            database.execute("DELETE FROM register")
            database.execute("DELETE FROM record WHERE id = (SELECT max(id) FROM record)")
            database.commit()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with open(self.a.dir + "/store.db", "r+b") as file:
            data = file.read()
            for start in range(0, len(data), plcref.PAGE):
                page = data[start : start + plcref.PAGE]
                seal = plcref.seal(page, start // plcref.PAGE + 1)
                if page[-plcref.SEAL :] != seal:
                    file.seek(start + plcref.PAGE - plcref.SEAL)
                    file.write(seal)

    def steps(self):
        self.codes = (0, 3)
        self.do(self.a, "doctor", "--repair")

    def verify(self):
        if not self.promises.done:
            answer = self.a.run("doctor", "--repair", codes=None)
            check(answer.code in (0, 3), f"a repair after one that was cut: {answer} {answer.text}")
        super().verify()


class PeerAdd(Workload):
    name = "peer-add"

    def steps(self):
        self.do(self.a, "peer", "add", "127.0.0.1:9")
        self.promises.peers.append("127.0.0.1:9")
        self.do(self.a, "peer", "add", "127.0.0.1:10")
        self.promises.peers.append("127.0.0.1:10")

    def check_more(self, node, lines):
        listed = node.asked("peer", "list", "--json").decode()
        for address in self.promises.peers:
            check(f'"{address}"' in listed, f"an acknowledged peer is not there: {listed[:300]}")


WORKLOADS = [Init, SpaceCreate, PostAdd, ManyAdds, Import, Served, Invite, Join, SyncDialler, SyncServed,
             Backup, Restore, RestoreNew,
             Repair, PeerAdd]
BY_NAME = {workload.name: workload for workload in WORKLOADS}
