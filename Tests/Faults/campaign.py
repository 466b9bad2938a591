"""What the fault scripts share: points that are drawn by seed and tried by workers, tallies, cleaning up, evidence."""

import collections
import contextlib
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "Tests", "Acceptance"))

import control  # noqa: E402
import shim  # noqa: E402
from harness import Failed, Harness, Node, Skipped, check  # noqa: E402

MAXIMUM_VIOLATIONS = 25
# A folder that a killed run left behind has its process's number in its name, so that the next run can tell.
PREFIX = "plcf-"


class Point:
    """One fault: a name that replays it, the kind that it is counted under, and what it is made of."""

    def __init__(self, name, kind, **facts):
        self.name, self.kind = name, kind
        self.__dict__.update(facts)


class Campaign:
    """One script's run: its options, its folder, and what came of its points."""

    def __init__(self, name, options, plc, seed, seconds):
        self.name, self.plc, self.seed, self.full = name, plc, seed, options.full
        self.only, self.first, self.count, self.workers = options.only, options.first, options.count, options.workers
        self.deadline = time.monotonic() + seconds if seconds else None
        self.began = time.monotonic()
        self.tally = collections.Counter()
        self.violations = []
        self.skipped = self.planned = self.tried = 0
        self.lock = threading.Lock()
        self.closers = []
        # Memory is fine for all that does not cut the power: what a killed process wrote, the system still has.
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()
        self.folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base)
        self.library = shim.build(self.folder)

    def say(self, text):
        print(f"    {text}", flush=True)

    def random(self, *words):
        """A source that depends on the seed and these words alone, so that one point can be replayed without others."""
        return random.Random(" ".join(map(str, (self.name, self.seed, *words))))

    @property
    def is_over(self):
        return self.deadline is not None and time.monotonic() > self.deadline

    def later(self, closer):
        """Has something undone at the end, however that comes; the last first."""
        self.closers.append(closer)

    def harness(self, folder):
        return PointHarness(self, folder)

    def count_up(self, kind, outcome, by=1):
        with self.lock:
            self.tally[kind, outcome] += by

    def violation(self, point, text):
        with self.lock:
            self.violations.append((point, text))
        self.say(f"VIOLATION {point}: {text}")
        self.say(f"  replay: Scripts/check-faults {self.name} --seed {self.seed} --only '{point}'")

    def select(self, points, quota=None):
        """The points of this run, in an order that the seed gives: `--only` one, or a range, or a share."""
        self.planned = len(points)
        if self.only:
            return [point for point in points if point.name == self.only]
        points = list(points)
        self.random("order").shuffle(points)
        count = self.count if self.count is not None else quota
        return points[self.first : None if count is None else self.first + count]

    def one_of_each(self, points):
        """The same points, but first one of each kind; and how many those are."""
        first, seen = [], set()
        for point in points:
            if point.kind not in seen:
                seen.add(point.kind)
                first.append(point)
        return first + [point for point in points if point not in first], len(first)

    def run(self, points, attempt, workers=None, minimum=0):
        """Tries points until all are tried or time is up; `attempt(point, folder)` gives an outcome, or fails.

        The first `minimum` points are tried however late it is: on a slow machine too each kind of fault has its turn.
        Servers that an attempt starts die with the worker's thread (`PR_SET_PDEATHSIG` is the thread's).
        """
        queue = collections.deque(enumerate(points))
        failure = []

        def work():
            while True:
                with self.lock:
                    if not queue or failure or len(self.violations) >= MAXIMUM_VIOLATIONS:
                        return
                    if self.is_over and queue[0][0] >= minimum:
                        return
                    number, point = queue.popleft()
                folder = os.path.join(self.folder, f"p{number}")
                os.makedirs(folder)
                try:
                    outcome = attempt(point, folder)
                    self.count_up(point.kind, outcome)
                except Failed as reason:
                    self.count_up(point.kind, "VIOLATED")
                    self.violation(point.name, str(reason))
                except BaseException as error:
                    failure.append(error)
                    print(f"    {point.name}: {error!r}", flush=True)
                    raise
                finally:
                    with self.lock:
                        self.tried += 1
                    if os.environ.get("KEEP") != "1":
                        shutil.rmtree(folder, ignore_errors=True)

        if workers == 0:
            # On this thread: what it starts dies with it, and must outlive the points.
            work()
            return
        threads = [threading.Thread(target=work) for _ in range(workers or self.workers)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.5)
        except BaseException as error:
            failure.append(error)
            raise
        finally:
            for thread in threads:
                thread.join()
        if failure:
            raise failure[0]
        if queue:
            with self.lock:
                self.skipped += len(queue)

    def happened(self, *kinds):
        """A kind of fault that never happened proves nothing."""
        if self.only:
            return
        for kind in kinds:
            if not any(count for (name, outcome), count in self.tally.items() if name == kind):
                self.violation("-", f"the fault kind '{kind}' never happened")

    def report(self):
        kinds = {}
        for (kind, outcome), count in sorted(self.tally.items()):
            kinds.setdefault(kind, {})[outcome] = count
        width = max([len(kind) for kind in kinds], default=0)
        for kind, outcomes in kinds.items():
            shown = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items())
            self.say(f"{kind:{width}}  {sum(outcomes.values()):7,}: {shown}")
        if self.skipped:
            self.say(f"{self.skipped:,} drawn points were not reached in time")
        return kinds

    def close(self):
        for closer in reversed(self.closers):
            with contextlib.suppress(Exception):
                closer()
        self.closers = []
        if os.environ.get("KEEP") == "1":
            self.say(f"left in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


class PointHarness(Harness):
    """The acceptance tests' harness in a folder that is given, with a fault for the processes of one node."""

    def __init__(self, campaign, folder):
        self.campaign, self.plc, self.folder = campaign, campaign.plc, folder
        self.processes, self.proxies, self.closers = [], [], []
        self.fault, self.faulty = None, None

    def say(self, text):
        self.campaign.say(text)

    def arm(self, node, **fault):
        """From now on calls of this node's processes go wrong as `fault` says."""
        self.fault = shim.Fault(self.campaign.library, self.path("fault"), node.dir, **fault)
        self.faulty = node.dir
        return self.fault

    def disarm(self):
        self.faulty = None

    def start(self, words, **options):
        if "env" not in options:
            options["env"] = self.environment()
        if self.faulty and self.faulty in words:
            options["env"] = {**options["env"], **self.fault.environment}
        if "serve" in words:
            more = {"LD_PRELOAD": self.campaign.library, "PLC_FAULT_DIES": "1"}
            options["env"] = {**options["env"], **more}
        return super().start(words, **options)

    def node(self, name):
        return FaultNode(self, name)

    def close(self):
        super_folder, self.folder = self.folder, os.path.join(self.folder, "nothing")
        try:
            super().close()
        finally:
            self.folder = super_folder
            if self.fault:
                self.fault.close()


class FaultNode(Node):
    """A node whose folder may be there already."""

    def __init__(self, harness, name):
        super().__init__(harness, name, init=False)

    def ask(self, *words, within=60):
        """What a served node answers over its socket: exit code, output, errors; `control.Cut` if it goes."""
        return control.command(self.dir, [*words, "--dir", self.dir], within)

    def asked(self, *words, codes=(0,), within=60):
        """The output of a command to a served node, which must end with one of these codes."""
        try:
            code, out, err = self.ask(*words, within=within)
        except (OSError, control.Cut) as error:
            raise Failed(f"{self.name} did not answer '{' '.join(words)}': {error}; it said: {self.said()[-400:]}")
        check(code in codes, f"{self.name}: '{' '.join(words)}' ended with {code}: {err.decode()[:400]} {out[-400:]}")
        return out

    def serve_quietly(self, **options):
        return self.serve(more=["--log", "warning"], **options)

    def end(self):
        """Takes a process away that may have ended."""
        if self.process is not None:
            self.kill()


def copy_folder(source, target):
    """A copy that shares blocks where the file system can."""
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def copy_nodes(source, target, names):
    """Copies closed nodes' folders without starting a process."""
    for name in names:
        shutil.copytree(os.path.join(source, name), os.path.join(target, name), symlinks=True)


def sweep():
    """Undoes what runs that were killed themselves have left: mounts, loops, namespaces, folders."""
    for base in ("/dev/shm", tempfile.gettempdir()):
        for name in os.listdir(base) if os.path.isdir(base) else []:
            if not name.startswith(PREFIX):
                continue
            owner = name[len(PREFIX) :].split("-")[0]
            if not owner.isdigit() or os.path.exists(f"/proc/{owner}"):
                continue
            unmount_below(os.path.join(base, name))
            shutil.rmtree(os.path.join(base, name), ignore_errors=True)
    if os.path.isdir("/run/netns"):
        for name in os.listdir("/run/netns"):
            owner = name[len(PREFIX) :].split("-")[0]
            if name.startswith(PREFIX) and owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
                subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)


def unmount_below(folder):
    """Unmounts all that is mounted below a folder, and frees its loops."""
    with open("/proc/self/mounts") as file:
        places = [line.split()[1].encode().decode("unicode_escape") for line in file]
    for place in sorted((place for place in places if place.startswith(folder + "/")), reverse=True):
        subprocess.run(["umount", "-l", place], stderr=subprocess.DEVNULL)


def machine():
    """What a figure depends on, without saying which machine it was."""
    with open("/proc/meminfo") as file:
        gibibytes = int(file.readline().split()[1]) / (1 << 20)
    return f"{os.cpu_count()} cores, {gibibytes:.0f} GiB, Linux {platform.release().split('-')[0]}, {platform.machine()}"


def note_evidence(campaign, kinds):
    """Appends one line about this run to Specs/evidence.md."""
    path = os.path.join(ROOT, "Specs", "evidence.md")
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    line = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": commit.stdout.strip(),
        "machine": machine(),
        "faults": campaign.name,
        "seed": campaign.seed,
        "from": campaign.first,
        "planned": campaign.planned,
        "tried": campaign.tried,
        "seconds": round(time.monotonic() - campaign.began),
        "violations": len(campaign.violations),
        "counts": kinds,
    }
    if not os.path.exists(path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(EVIDENCE_HEAD)
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"* `{json.dumps(line, ensure_ascii=False)}`\n")


EVIDENCE_HEAD = """\
# Evidence

What long runs of the fault scripts saw, one line a run, as `Scripts/check-faults --evidence` appends it. A run can be
repeated with its seed; `from` and `tried` say which range of the points that the seed orders it covered.

"""
