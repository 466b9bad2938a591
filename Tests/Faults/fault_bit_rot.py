"""Rot: single bits of a closed store flip, and pages are zeroed, swapped, or replaced by an older copy of themselves.

For each the node is served as it is, asked for all that it holds, dialled by a member that has hardly anything yet, and
examined by doctor. What comes of it:

    harmless         all answers are true, and the member holds the truth
    doctor           all answers are true, and doctor sees damage
    mended           the process ends with a sentence; started again, it has a sound store, and says what it waits for
    refused          an answer, the start or the sync fails with a sentence; nothing false was said
    served, seen     AN ANSWER IS FALSE, without a word; doctor would have seen it
    served, unseen   AN ANSWER IS FALSE, without a word, and doctor finds nothing
    sent on          A MEMBER HOLDS SOMETHING FALSE and is told that it is in sync, or cannot be mended by a sound peer
    died, hung       the process ends without a sentence, or does not answer

Pages bear seals, so that nothing of this is to be served or sent on, but for a page that is an older one of the same place
whole: it bears its seal, and the state is compared with its logs only when somebody asks doctor. That is counted and
tolerated. Keys and identities are drawn anew at each run, so that `--only` damages the same place of a
store that is alike, not the same bytes.
"""

import collections
import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess

import control
from campaign import Failed, Point, check, copy_nodes
from harness import write
from workloads import filler, lines_of, records

FLIPS, PAGES = 10_000, 2_000
PAGE_KINDS = ["zeroed", "swapped", "stale", "half stale"]
LONGEST_ANSWER = 20
BAD = ["served, seen", "served, unseen", "sent on", "died", "hung"]

# What the store of today cannot avoid, by kind of damage.
KNOWN = {"stale": {"served, seen", "served, unseen"}}
# PLC_ROT_STRICT=1 tolerates nothing.
IS_STRICT = os.environ.get("PLC_ROT_STRICT") == "1"


def run(campaign):
    rot = Rot(campaign)
    points = rot.flips(FLIPS) + rot.pages(PAGES)
    if campaign.only:
        chosen = campaign.select(points)
    elif campaign.full and campaign.count is None:
        chosen = campaign.select(points)
    else:
        flips = campaign.select([point for point in points if point.kind == "flip"])
        pages = campaign.select([point for point in points if point.kind != "flip"])
        campaign.planned = len(points)
        # Five flips to a page, as in full.
        chosen = []
        for index, flip in enumerate(flips):
            chosen.append(flip)
            if index % 5 == 4 and index // 5 < len(pages):
                chosen.append(pages[index // 5])
    chosen, minimum = campaign.one_of_each(chosen)
    campaign.run(chosen, rot.attempt, minimum=minimum)
    rot.report()
    campaign.happened("flip", *PAGE_KINDS)


class Rot:
    """The sound store, what it answers, and what its bytes are."""

    def __init__(self, campaign):
        self.campaign = campaign
        self.table = collections.Counter()
        self.findings = {}
        self.folder = os.path.join(campaign.folder, "rot")
        os.makedirs(self.folder)
        self.prepare()
        self.file = os.path.join(self.folder, "a", "store.db")
        with open(self.file, "rb") as file:
            self.bytes = file.read()
        with open(os.path.join(self.folder, "older.db"), "rb") as file:
            self.older = file.read()
        self.map()

    # The store

    def prepare(self):
        campaign, folder = self.campaign, self.folder
        rng = campaign.random("store")
        harness = campaign.harness(folder)
        try:
            a, b, c = (harness.node(name) for name in "abc")
            a.run("init", "--name", "a")
            self.space = space = a.json("space", "create", "--level", "school", "--name", "S")["space"]
            address = a.serve_quietly()
            for node in (b, c):
                token = a.asked("invite", space, "--role", "steward", "--address", address, "--json")
                harness.run("join", json.loads(token)["token"], "--dir", node.dir, "--name", node.name)
            mine = records(rng, "r", 700)
            a.asked("import", space, write(harness.path("r.jsonl"), lines_of(mine, 300)))
            goal = json.loads(a.asked("goal", "add", "--statement", "explain", "--json"))["id"]
            a.asked("goal", "indicator", "add", goal, "--name", "pupils", codes=(0, 1, 2))
            b.run("sync", "--peer", address)
            # Both change the same, so that versions stand beside each other, and removals meet additions.
            ids = sorted(mine)
            rng.shuffle(ids)
            for number, id in enumerate(ids[:24]):
                a.asked("post", "edit", id, "--title", f"a {number}")
                if number % 2:
                    b.run("post", "edit", id, "--title", f"b {number}")
            for id in ids[30:36]:
                a.asked("post", "delete", id)
            a.stop()
            shutil.copy(a.dir + "/store.db", harness.path("older.db"))
            address = a.serve_quietly()
            b.run("post", "delete", ids[40])
            theirs = records(rng, "b", 60)
            b.run("import", space, write(harness.path("b.jsonl"), lines_of(theirs, 300)))
            b.run("sync", "--peer", address)
            for number, id in enumerate(ids[24:30]):
                a.asked("post", "edit", id, "--title", f"again {number}")
            for number in range(5):
                a.asked("post", "add", "--title", f"late {number}", "--body", filler(f"late {number}", 300))
            a.asked("peer", "add", "127.0.0.1:9")
            a.stop()
            c.run("import", space, write(harness.path("c.jsonl"), lines_of(records(rng, "c", 5), 300)))
            self.learn_truth(harness)
        finally:
            harness.close()

    def learn_truth(self, harness):
        """What sound copies answer, and what both hold after they have met."""
        place = os.path.join(self.folder, "sound")
        copy_nodes(self.folder, place, "ac")
        a, c = harness.node("sound/a"), harness.node("sound/c")
        address = a.serve_quietly()
        self.truth = self.answers(a)
        check(all(code in (0, 3) for code, _ in self.truth.values()), f"a sound store: {self.truth}")
        answer = c.run("sync", "--peer", address, "--json")
        self.final = c.hash(self.space)
        check(self.final == json.loads(a.asked("hash", self.space, "--json"))["hash"], f"a sound sync: {answer.text}")
        self.final_export = c.export(self.space)
        a.stop()

    QUESTIONS = (("export", "S", "--all-kinds"), ("hash", "S"), ("members", "S", "--json"), ("post", "list", "--json"),
                 ("goal", "list", "--json"), ("search", "late", "--json"), ("peer", "list", "--json"))

    def answers(self, node):
        found = {}
        for words in self.QUESTIONS:
            words = tuple(self.space if word == "S" else word for word in words)
            code, out, err = node.ask(*words, within=LONGEST_ANSWER)
            found[words[:2] if words[0] in ("post", "goal", "peer") else words[:1]] = code, out
        return found

    # Its bytes

    def map(self):
        """Which table each page belongs to, and which of a page's bytes are what."""
        self.strata = collections.defaultdict(list)
        self.page_table = {}
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?immutable=1", uri=True)) as database:
            self.page_size = database.execute("PRAGMA page_size").fetchone()[0]
            tables = dict(database.execute("SELECT name, tbl_name FROM sqlite_schema"))
            for name, page, kind in database.execute("SELECT name, pageno, pagetype FROM dbstat"):
                table = tables.get(name, name)
                self.page_table[page] = table, kind
                self.strata[table, kind].append(page)
        count = len(self.bytes) // self.page_size
        for page in range(1, count + 1):
            if page not in self.page_table:
                self.page_table[page] = "(free)", "free"
                self.strata["(free)", "free"].append(page)
        shown = collections.Counter(table for table, _ in self.page_table.values())
        self.campaign.say(f"{count} pages: " + ", ".join(f"{table} {number}" for table, number in sorted(shown.items())))

    def classes(self, page):
        """The ranges of a page's bytes by what they are."""
        start = (page - 1) * self.page_size
        table, kind = self.page_table[page]
        found = {"seal": range(self.page_size - 8, self.page_size)}
        begin = 0
        if page == 1:
            found["file header"] = range(0, 100)
            begin = 100
        if kind not in ("leaf", "internal"):
            found["content"] = range(begin, self.page_size - 8)
            return found
        header = self.bytes[start + begin : start + begin + 12]
        size = 12 if header[0] in (2, 5) else 8
        cells = int.from_bytes(header[3:5], "big")
        content = int.from_bytes(header[5:7], "big") or 65536
        found["page header"] = range(begin, begin + size)
        if cells:
            found["cell pointers"] = range(begin + size, begin + size + 2 * cells)
            found["content"] = range(content, self.page_size - 8)
        gap = range(begin + size + 2 * cells, min(content, self.page_size))
        if gap:
            found["gap"] = gap
        return found

    WEIGHTS = {"seal": 1, "file header": 3, "page header": 2, "cell pointers": 2, "content": 6, "gap": 1}

    def flips(self, count):
        """Points in turn over all tables and kinds of pages, so that a table of one page is tried as often as a large one."""
        strata = sorted(self.strata)
        points = []
        for number in range(count):
            rng = self.campaign.random("flip", number)
            table, kind = strata[number % len(strata)]
            page = rng.choice(self.strata[table, kind])
            classes = self.classes(page)
            name = rng.choices(list(classes), [self.WEIGHTS[name] for name in classes])[0]
            offset, bit = rng.choice(classes[name]), rng.randrange(8)
            points.append(Point(f"flip/{number}", "flip", table=table, page=page, place=name, offset=offset, bit=bit,
                                with_page=None))
        return points

    def pages(self, count):
        strata = sorted(self.strata)
        points = []
        for number in range(count):
            rng = self.campaign.random("page", number)
            kind = PAGE_KINDS[number % len(PAGE_KINDS)]
            table, _ = stratum = strata[number // len(PAGE_KINDS) % len(strata)]
            page = rng.choice(self.strata[stratum])
            with_page = rng.randrange(1, len(self.bytes) // self.page_size + 1)
            points.append(Point(f"page/{number}", kind, table=table, page=page, place="page", offset=None, bit=None,
                                with_page=with_page))
        return points

    def damaged(self, point):
        data = bytearray(self.bytes)
        size = self.page_size
        start = (point.page - 1) * size
        if point.kind == "flip":
            data[start + point.offset] ^= 1 << point.bit
        elif point.kind == "zeroed":
            data[start : start + size] = bytes(size)
        elif point.kind == "swapped":
            other = (point.with_page - 1) * size
            data[start : start + size], data[other : other + size] = (
                data[other : other + size], data[start : start + size])
        else:
            old = self.older[start : start + size]
            if not old:
                old = bytes(size)
            half = size if point.kind == "stale" else size // 2
            data[start : start + half] = old[:half]
        return bytes(data)

    # One point

    def attempt(self, point, folder):
        data = self.damaged(point)
        if data == self.bytes:
            return "no change"
        copy_nodes(self.folder, folder, "ac")
        with open(os.path.join(folder, "a", "store.db"), "wb") as file:
            file.write(data)
        harness = self.campaign.harness(folder)
        try:
            outcome, what = self.observe(harness)
            if outcome == "refused":
                outcome = self.start_again(harness)
        finally:
            harness.close()
        with self.campaign.lock:
            self.table[point.table, outcome] += 1
            if outcome in BAD:
                key = point.table, point.place if point.kind == "flip" else point.kind, outcome, what[:60]
                first, number = self.findings.get(key, (point.name, 0))
                self.findings[key] = first, number + 1
        if outcome in BAD and (IS_STRICT or outcome not in KNOWN.get(point.kind, ())):
            raise Failed(f"{outcome}: page {point.page} of '{point.table}' ({point.place} {point.offset}): {what}")
        return outcome

    def reading(self, a):
        """What comes of it where the node is served for reading alone: whatever it answers, it says that."""
        for words in self.QUESTIONS:
            words = tuple(self.space if word == "S" else word for word in words)
            code, out, err = a.ask(*words, within=LONGEST_ANSWER)
            if code not in (1, 3):
                return "served, unseen", f"read only: '{words[0]}' ends with {code}"
        a.stop_reading()
        return "refused", "read only"

    def observe(self, harness):
        """What comes of it, and in what way."""
        a, c = harness.node("a"), harness.node("c")
        try:
            address = a.serve_quietly()
        except Failed:
            if a.process and a.process.poll() is None:
                return self.reading(a)
            # `announced` has taken the process's end with it.
            code, said = a.process.returncode if a.process else None, a.said().strip()
            if code == 1 and is_sentence(said):
                return "refused", "start"
            return ("hung" if code == -9 and not said else "died"), f"start: {code} {last(said)}"
        wrong, refused = [], []
        try:
            for words in self.QUESTIONS:
                words = tuple(self.space if word == "S" else word for word in words)
                code, out, err = a.ask(*words, within=LONGEST_ANSWER)
                truth = self.truth[words[:2] if words[0] in ("post", "goal", "peer") else words[:1]]
                if code not in (0, 3) or code == 3 and truth[0] == 0:
                    # What comes with attention is said not to be all.
                    refused.append(words[0])
                elif out != truth[1]:
                    wrong.append(" ".join(words[:2] if words[0] in ("post", "goal", "peer") else words[:1]))
        except TimeoutError:
            return "hung", f"'{words[0]}' gets no answer"
        except (OSError, control.Cut):
            ending = self.ending(a)
            if ending:
                return ending
            refused.append("end")
        sent, met = False, "not tried"
        if a.process.poll() is None:
            try:
                answer = c.run("sync", "--peer", address, "--json", codes=None, within=40)
            except Failed:
                return "hung", "a sync does not end"
            lines = [line for line in answer.text.splitlines() if line.startswith("{")]
            spaces = [space for line in lines for space in json.loads(line).get("spaces", [])]
            in_sync = answer.code == 0 and bool(spaces) and all(space["inSync"] for space in spaces)
            met = "in sync" if in_sync else "refused"
            if in_sync and spaces[0]["hash"] != self.final:
                # A node that lacks something gives a member less, and nothing false.
                sent = not self.can_be_mended(harness, c)
            if not in_sync:
                refused.append("sync")
                if not (answer.errors.strip() or lines):
                    return "died", "the member's sync says nothing"
        blind = False
        if a.process.poll() is None:
            try:
                code, out, err = a.ask("doctor", "--json", within=LONGEST_ANSWER)
                blind = code == 0
            except TimeoutError:
                return "hung", "doctor"
            except (OSError, control.Cut):
                pass
        ending = self.ending(a) if a.process.poll() is not None else None
        if met != "in sync":
            sent = not self.can_be_mended(harness, c)
        if sent:
            return "sent on", f"a member is {met}; doctor {'sees nothing' if blind else 'sees it'}"
        if wrong:
            return ("served, unseen" if blind else "served, seen"), ", ".join(wrong)
        if ending:
            return ending
        if refused:
            return "refused", ", ".join(refused)
        return ("harmless" if blind else "doctor"), ""

    def start_again(self, harness):
        """What becomes of a node that has ended, or could not start, for damage."""
        node = harness.node("a")
        with contextlib.suppress(Failed, ProcessLookupError):
            node.stop()
        try:
            node.serve_quietly()
            code, out, err = node.ask("doctor", "--json", within=LONGEST_ANSWER)
            return "mended" if code in (0, 3) else "refused"
        except (Failed, TimeoutError, OSError, control.Cut):
            return "refused"

    def ending(self, node):
        """How a process ended, if it did so in a way of which nobody learns the reason."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            node.process.wait(5)
        code, said = node.process.poll(), node.said().strip()
        if code is None:
            return "hung", "a closed connection, and no end"
        return None if code == 1 and is_sentence(said) else ("died", f"{code} {last(said)}")

    def can_be_mended(self, harness, c):
        """Whether a sound peer gives the member the truth: then nothing false has reached it."""
        copy_nodes(os.path.join(self.folder, "sound"), os.path.join(harness.folder, "sound"), "c")
        sound = harness.node("sound/c")
        # The sound one is the member's own later self but for the key: it is asked as another would be.
        shutil.rmtree(sound.dir)
        copy_nodes(self.folder, os.path.join(harness.folder, "sound"), "a")
        sound = harness.node("sound/a")
        address = sound.serve_quietly()
        try:
            answer = c.run("sync", "--peer", address, "--json", codes=None, within=40)
            if answer.code != 0:
                return False
            return c.export(self.space) == self.final_export and c.run("doctor", codes=None).code == 0
        except Failed:
            return False

    def report(self):
        say = self.campaign.say
        outcomes = sorted({outcome for _, outcome in self.table})
        for table in sorted({table for table, _ in self.table}):
            counts = ", ".join(f"{self.table[table, outcome]} {outcome}" for outcome in outcomes
                               if self.table[table, outcome])
            say(f"{table:14} {counts}")
        for (table, place, outcome, what), (name, number) in sorted(self.findings.items()):
            say(f"FINDING {outcome}: {table}, {place}: {what}; {number} times, such as {name}")
        silent = sum(count for (_, outcome), count in self.table.items() if outcome in BAD[:3])
        say(f"served or sent on: {silent} of {sum(self.table.values())}")


def is_sentence(said):
    return bool(said) and "Fatal error" not in said and "fatal error" not in said


def last(text):
    """The last thing that a process said; of a crash, where in our sources it was."""
    if not text:
        return "without a word"
    if "Backtracing" in text:
        crashed = re.search(r"Thread \d+[^\n]*crashed:", text)
        frame = re.search(r"([\w+]+\.swift:\d+)", text[crashed.end() if crashed else 0 :])
        return "a trap in " + (frame[1] if frame else "?")
    return text.splitlines()[-1][:200]
