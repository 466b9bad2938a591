"""`plc lab`: real nodes, links that are cut and healed, kills, and nothing left behind."""

import contextlib
import os
import signal
import subprocess

from harness import check, wait_until, write

SCENARIO = """scenario trial
lasts 1 day
node district
group school of {schools}
link school to district  latency 5 ms
link school-1 to school-2  latency 5 ms
space community  level district  founder district  members all
space pair       level team      founder school-1  members school-1, school-2
"""


def processes(folder):
    """The processes that have the folder, or something in it, among their words, this test's commands aside."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError):
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if any(word == folder.encode() or word.startswith(folder.encode() + b"/") for word in words):
                found.append(int(name))
    return found


class Lab:
    def __init__(self, harness, name, scenario):
        self.harness, self.dir = harness, harness.path(name)
        self.scenario = scenario
        harness.closers.append(lambda: self("down", codes=None))

    def __call__(self, *words, codes=(0,), **options):
        return self.harness.run("lab", *words, "--dir", self.dir, codes=codes, **options)

    def json(self, *words, **options):
        return self(*words, "--json", **options).json

    def up(self, *words, within=300, **options):
        # The machine may be busy with other tests.
        return self("up", self.scenario, "--within", "4min", "--json", *words, within=within, **options)

    def status(self):
        return self.json("status")

    def hashes(self, space="community"):
        groups = next(one for one in self.status()["spaces"] if one["name"] == space)["groups"]
        return {node: group["hash"] for group in groups for node in group["nodes"]}

    def link(self, a, b):
        return next(link for link in self.status()["links"] if {link["a"], link["b"]} == {a, b})

    def check_gone(self, when):
        wait_until(lambda: not processes(self.dir), 10, f"{when}: no process is left")
        check(not os.path.exists(self.dir), f"{when}: left behind: {list(os.walk(self.dir))}")


def run(harness):
    count = 10 if harness.full else 4
    schools = [f"school-{number}" for number in range(1, count)]
    scenario = write(harness.path("trial.scenario"), SCENARIO.format(schools=count - 1).encode())
    lab = Lab(harness, "lab", scenario)
    answer = lab.up()
    up = answer.json
    check([node["name"] for node in up["nodes"]] == ["district", *schools], f"nodes: {up}")
    check(len(processes(lab.dir)) == count + 1, f"a process for each node and one for the lab: {processes(lab.dir)}")
    check(len(set(lab.hashes().values())) == 1, f"not equal at the beginning: {lab.hashes()}")
    harness.say(f"{count} nodes, {up['links']} links, {up['spaces']} spaces up after {up['milliseconds'] / 1000:.1f} s")
    partition(harness, lab, schools)
    one_way(lab, schools)
    kill(lab, schools)
    clock(lab, schools)
    slow(lab)
    mistakes(harness, lab, scenario)
    answer = lab("down")
    lab.check_gone("after down")
    check("no lab" in lab("down").text, "a second down says that there is nothing")
    harness.say(f"down after {answer.seconds:.1f} s")
    killed_lab(harness, lab, count)
    busy_port(harness, lab)


def partition(harness, lab, schools):
    lab("partition", f"{schools[0]},{schools[1]}", "from", "all others")
    lab("write", schools[0], 5, "posts")
    lab("write", schools[-1], 5, "goals")
    hashes = wait_until(lambda: told_apart(lab, schools), 60, "each side agrees, and the two differ")
    check(len(set(hashes.values())) == 2, f"one digest a side: {hashes}")
    check(lab.status()["islands"] == [["district", *schools[2:]], schools[:2]], f"islands: {lab.status()['islands']}")
    answer = lab("check", "--within", "500ms", codes=(1,))
    check("differ from byte" in answer.text, f"a failed check shows where: {answer.text}")
    lab("heal")
    answer = lab.json("check", "--within", "60s")
    check(answer["equal"] and len(answer["spaces"][0]["nodes"]) == len(schools) + 1, f"check: {answer}")
    check(len(set(lab.hashes().values())) == 1, "equal after the healing")
    harness.say(f"equal {answer['milliseconds'] / 1000:.1f} s after heal, {answer['spaces'][0]['exportBytes']} bytes each")


def told_apart(lab, schools):
    hashes = lab.hashes()
    one, other = {hashes[node] for node in schools[:2]}, {hashes[node] for node in ["district", *schools[2:]]}
    return hashes if len(one) == len(other) == 1 and one != other else None


def one_way(lab, schools):
    last = schools[-1]
    lab("cut", last, "district", "--one-way")
    check(lab.link(last, "district")["forth"] == "silent", "the link says that it is cut")
    check(lab.link(last, "district")["back"] == "open", "and only one way")
    lab("write", last, 3, "posts")
    check(lab("check", "--within", "500ms", codes=(1,)).text, "what is written does not arrive")
    lab("heal")
    lab("check")


def kill(lab, schools):
    victim = schools[1]
    lab("kill", victim, "--power")
    check(node(lab, victim)["state"] == "stopped", "a killed node is shown as stopped")
    check(lab("kill", victim, codes=(1,)).errors, "who is dead cannot be killed")
    lab("write", "district", 20, "post")
    check("left out" in lab("check").text, "check says whom it did not ask")
    lab("start", victim)
    lab("check")
    lab("freeze", victim)
    check(node(lab, victim)["state"] == "frozen", "a frozen node is shown as frozen")
    lab("write", "district", 1, "feedback")
    lab("thaw", victim)
    lab("check")


def clock(lab, schools):
    lab("clock", schools[0], "+3d")
    check(node(lab, schools[0])["clockOffsetMilliseconds"] == 3 * 86_400_000, "the clock is off")
    folder = os.path.join(lab.dir, "nodes", schools[0])
    post = lab.harness.run("post", "add", "--dir", folder, "--space", "community", "--title", "later", "--json").json
    shown = lab.harness.run("post", "show", post["id"], "--dir", folder, "--json").json
    made = shown["f"]["createdAt"] / 1000 - os.stat(os.path.join(folder, "key")).st_mtime
    check(2.9 * 86_400 < made < 3.1 * 86_400, f"a node writes by its own clock: {made} s")
    for kind in ("reading", "edit", "tag", "delete"):
        lab("write", "all", 1, kind, within=300)
    lab("clock", schools[0], "right")
    lab("check")


def slow(lab):
    lab("slow", "all", "64kbit", "latency", "50ms")
    link = lab.status()["links"][0]
    check((link["bitsPerSecond"], link["latencyMilliseconds"]) == (64_000, 50), f"a slow link: {link}")
    lab("write", "district", 1, "post")
    lab("check")
    lab("slow", "school-1:school-2", "full", "latency", "0ms")


def mistakes(harness, lab, scenario):
    for words, said in [
        (("cut", "school-1", "distrct"), "did you mean 'district'"),
        (("slow", "school-1:school-9x", "8kbit"), "school-9x"),
        (("slow", "all", "quick"), "8kbit"),
        (("write", "district", 1, "gaol"), "did you mean 'goal'"),
        (("clock", "district", "3d"), "+3d"),
    ]:
        answer = lab(*words, codes=(2,))
        check(said in answer.errors, f"{words}: {answer.errors}")
    answer = lab("up", scenario, codes=(1,))
    check("runs in" in answer.errors, f"a second lab in the folder: {answer.errors}")
    other = harness.path("other")
    os.mkdir(other)
    write(os.path.join(other, "file"), b"mine")
    answer = harness.run("lab", "up", scenario, "--dir", other, codes=(1,))
    check("not empty" in answer.errors and os.listdir(other) == ["file"], f"somebody's folder: {answer.errors}")


def killed_lab(harness, lab, count):
    """The lab's process is killed: its nodes die with it, and `down` removes the rest."""
    process = lab.up().json["process"]
    lab("freeze", "school-1")
    check(len(processes(lab.dir)) == count + 1, "all run")
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: not processes(lab.dir), 10, "the nodes end with the lab")
    check(os.path.exists(lab.dir), "the folder is there")
    check("plc lab down" in lab("status", codes=(1,)).errors, "status says what to do")
    lab("down")
    lab.check_gone("after a killed lab")


def busy_port(harness, lab):
    """A port that another process has is named, with that node's own words, and nothing is left."""
    holder = harness.node("holder")
    address = holder.serve()
    port = address.rpartition(":")[2]
    answer = lab.up("--port", port, codes=(1,))
    check(port in answer.errors and "in use" in answer.errors, f"a busy port: {answer.errors}")
    lab.check_gone("after a port that was taken")
    holder.stop()
    # Who starts a lab and goes away before it is up leaves none behind.
    process = harness.start(
        [harness.plc, "lab", "up", lab.scenario, "--dir", lab.dir], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: os.path.exists(os.path.join(lab.dir, "lab.json")), 60, "the lab begins")
    process.kill()
    harness.reap(process)
    # It may have been ready at that moment; then it is a lab like any other.
    wait_until(lambda: not processes(lab.dir) or is_up(lab), 120, "the lab ends, or is up")
    lab("down")
    lab.check_gone("after its starter was killed")


def is_up(lab):
    return lab("status", codes=None).code == 0


def node(lab, name):
    return next(one for one in lab.status()["nodes"] if one["name"] == name)
