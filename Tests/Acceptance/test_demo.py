"""Done when 2: `plc demo` ends with three equal digests, every time, and fails when a batch is lost."""

import re

from harness import check

MAXIMUM_SECONDS = 20


def run(harness):
    seconds = []
    for count in range(20 if harness.full else 3):
        answer = harness.run("demo", within=60)
        digests = re.findall(r"\b[0-9a-f]{64}\b", answer.text)
        check(len(digests) == 3 and len(set(digests)) == 1, f"run {count + 1}: digests {digests}")
        check(answer.seconds < MAXIMUM_SECONDS, f"run {count + 1} took {answer.seconds:.1f} s")
        seconds.append(answer.seconds)
    harness.say(f"{len(seconds)} runs in a row, the longest {max(seconds):.1f} s")
    answer = harness.run("demo", codes=(1,), within=90, env={"PLC_TEST_DROP_BATCH": "1"})
    check(answer.errors.strip(), "a demonstration that lost a batch says nothing")
    harness.say(f"with a lost batch: exit 1, {answer.seconds:.1f} s: {answer.errors.strip().splitlines()[-1]}")
