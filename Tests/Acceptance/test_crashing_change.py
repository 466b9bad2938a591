"""L-42, from outside: a change that crashes a node when it is folded is left out at the third start, and named.

`PLC_TEST_CRASH` has the program trap where it folds a change with certain bytes, as a mistake in it would.
"""

import os
import subprocess

from harness import check, wait_until

BAIT = "the change that crashes"


def run(harness):
    received(harness)
    written(harness)


def crashing(harness):
    return harness.environment(PLC_TEST_CRASH=BAIT, SWIFT_BACKTRACE="enable=no")


def serve(harness, node, *peers):
    """Starts to serve with the trap in place."""
    words = [harness.plc, "serve", "--dir", node.dir, "--json", "--listen", "127.0.0.1:0"]
    for peer in peers:
        words += ["--peer", peer]
    node.log = open(harness.path(node.name + ".log"), "ab")
    node.process = harness.start(words, stdout=subprocess.PIPE, stderr=node.log, env=crashing(harness))


def crash(node, which):
    """Waits until the process has ended by a signal of its own."""
    try:
        code = node.process.wait(30)
    except subprocess.TimeoutExpired:
        check(False, f"the {which} start does not meet the change")
    node.release()
    check(-code in (4, 5, 6), f"the {which} start ended with {code}: {node.said()[-400:]}")


def titles(node, *words, **options):
    return node.run("post", "list", *words, codes=(0, 3), **options).text


def received(harness):
    a, b, c = (harness.node(name) for name in "abc")
    space = a.found()
    address = a.serve()
    for node in (b, c):
        harness.run("join", a.invite(space, address), "--dir", node.dir, "--name", node.name)
    for title in ("before", BAIT, "after"):
        a.run("post", "add", "--title", title, "--body", "x")
    records = os.path.join(b.dir, "crashes")
    serve(harness, b, address)
    crash(b, "first")
    check(os.path.getsize(records) > 0, "the crash left no record")
    # A process that is killed says nothing, whatever it was doing.
    size = os.path.getsize(records)
    harness.start([harness.plc, "serve", "--dir", b.dir, "--listen", "127.0.0.1:0"], env=crashing(harness),
                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).kill()
    check(os.path.getsize(records) == size, "a process that was killed counts as crashed")
    serve(harness, b, address)
    crash(b, "second")
    for start in ("third", "fourth"):
        serve(harness, b, address)
        b.announced()
        wait_until(lambda: "after" in titles(b), 30, f"what follows the change comes at the {start} start")
        shown = titles(b)
        check("before" in shown and BAIT not in shown, f"at the {start} start there are: {shown}")
        for words in (["status"], ["doctor"]):
            answer = b.run(*words, codes=(3,))
            check("has ended plc twice" in answer.text, f"'{words[0]}' does not name the change: {answer.text}")
        check(b.process.poll() is None, f"the {start} start ended: {b.said()[-400:]}")
        if start == "fourth":
            # Who meets this node alone gets what it leaves out.
            c.run("sync", "--peer", b.address)
            check(BAIT in titles(c), "what is left out is not passed on")
        b.process.terminate()
        check(b.process.wait(30) == 0, f"the {start} start stopped badly: {b.said()[-400:]}")
        b.release()
    check(a.hash(space) == c.hash(space), "the node in between has changed something")
    check(b.json("hash", space)["hash"] != a.hash(space), "the state has what it is said to lack")
    b.run("doctor", "--repair", codes=(0, 3))
    check(b.json("hash", space)["hash"] == a.hash(space), "folded after all, the state is another")
    b.run("doctor")
    check(not os.path.exists(records), "the records outlive what they are of")
    a.stop()


def written(harness):
    node = harness.node("writer")
    node.found()
    words = ["post", "add", "--title", BAIT, "--body", "x", "--dir", node.dir]
    for _ in range(2):
        process = harness.start([harness.plc, *words], env=crashing(harness), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        code = process.wait(30)
        harness.reap(process)
        check(-code in (4, 5, 6), f"writing the change ended with {code}")
    answer = harness.run(*words, codes=(1,), env={"PLC_TEST_CRASH": BAIT})
    check("ended plc twice" in answer.errors, f"why it is not written: {answer}")
    node.run("post", "add", "--title", "another", "--body", "x", env={"PLC_TEST_CRASH": BAIT})
    shown = titles(node)
    check("another" in shown and BAIT not in shown, f"there are: {shown}")
    check("All is sound." in node.run("doctor").text, "a refused write leaves something behind")
