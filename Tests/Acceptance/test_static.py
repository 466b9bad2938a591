"""Done when 1: the file that `make dist` makes runs `plc demo` in an empty root."""

import os
import re
import shutil
import subprocess

from harness import ROOT, Skipped, check


def run(harness):
    if os.geteuid() != 0:
        raise Skipped("chroot takes root's rights")
    made = subprocess.run(["make", "dist"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(made.returncode == 0, f"make dist: {made.stdout.decode(errors='replace')[-1500:]}")
    bare = harness.path("bare")
    os.mkdir(bare)
    shutil.copy(os.path.join(ROOT, "dist", "plc"), os.path.join(bare, "plc"))
    process = harness.start([shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin"), bare, "/plc", "demo"], env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        check(False, "the demonstration does not end in an empty root")
    digests = re.findall(r"\b[0-9a-f]{64}\b", out.decode(errors="replace"))
    check(process.returncode == 0, f"ended with {process.returncode}: {err.decode(errors='replace')}")
    check(len(digests) == 3 and len(set(digests)) == 1, f"digests {digests}")
    check(os.listdir(bare) == ["plc"], f"it leaves behind {os.listdir(bare)}")
    harness.say(f"dist/plc, {os.path.getsize(os.path.join(bare, 'plc')):,} bytes, plays its demonstration in an empty root")
