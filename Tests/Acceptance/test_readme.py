"""Done when 1: the README's tour works word by word, and its two hashes are equal."""

import contextlib
import os
import re
import signal
import socket
import subprocess

from harness import ROOT, check, wait_until, write

WITHIN = 600


def blocks(heading):
    """The shell blocks of a section of the README, in order."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        section = file.read().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^```\w*\n(.*?)^```$", section, re.S | re.M)


def is_free(port):
    try:
        socket.create_server(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def exits(process):
    try:
        process.wait(WITHIN)
        return True
    except subprocess.TimeoutExpired:
        return False


def run(harness):
    found = blocks("Five minutes")
    check(len(found) >= 4, f"the tour has {len(found)} blocks")
    for port in {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", "".join(found))}:
        wait_until(lambda: is_free(port), 120, f"port {port}, which the tour names, is free", pause=1)
    # Nothing but the blocks, except that what they made is removed even when one fails.
    script = write(harness.path("tour.sh"), "".join(found).encode())
    tour = ["bash", "-eu", "-o", "pipefail", script]
    environment = {k: v for k, v in harness.environment().items() if k != "PLC_DIR"}
    environment["HOME"] = os.environ.get("HOME", harness.folder)  # where the compiler keeps its caches
    # Into a file: a server that a failed tour leaves behind would hold a pipe open.
    with open(harness.path("tour.out"), "wb") as output:
        process = harness.start(
            tour, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )

    def end():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    harness.closers.append(end)
    check(exits(process), f"the tour did not end within {WITHIN} s")
    with open(harness.path("tour.out"), encoding="utf-8", errors="replace") as output:
        text = output.read()
    check(process.returncode == 0, f"the tour ended with {process.returncode}:\n{text[-2000:]}")
    hashes = re.findall(r"^[0-9a-f]{64}$", text, re.M)
    check(len(hashes) == 2 and hashes[0] == hashes[1], f"the tour's hashes: {hashes}\n{text[-2000:]}")
    harness.say(f"{len(found)} blocks, {sum(len(b.splitlines()) for b in found)} lines, hash {hashes[0][:16]}… twice")
