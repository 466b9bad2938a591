"""Writes to a served node without pause, as a process of its own, until SIGTERM: python3 writer.py FOLDER SPACE FILE SEED

Every acknowledgement is in FILE, and on the disk, before the next write begins. A line of FILE is one of
  {"start": n}                        a write is handed over (not synced: it only tells what was under way)
  {"cut": n, "made": {…}}             the server went away with it: it may have happened or not
  {"done": n, "made": {id: title}}    acknowledged: these records with these titles
"""

import json
import os
import random
import signal
import sys
import time

import control

LINES = 20


def main():
    folder, space, path, seed = sys.argv[1:5]
    rng = random.Random(seed)
    name = os.path.basename(folder)
    acknowledgements = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    lines_file = path + ".lines"
    mine, n = [], 0

    def note(**what):
        os.write(acknowledgements, json.dumps(what).encode() + b"\n")

    while not ended:
        n += 1
        draw, title = rng.random(), f"{name} {n} {rng.randrange(1 << 40):x}"
        if draw < 0.15:
            made = {f"{name}-{n}-{i}": f"{title} {i}" for i in range(LINES)}
            with open(lines_file, "w", encoding="utf-8") as file:
                for id, text in made.items():
                    file.write(json.dumps({"id": id, "t": "post", "f": {"title": text, "body": "x" * 300}}) + "\n")
            words = ["import", space, lines_file]
        elif draw < 0.35 and mine:
            made = {rng.choice(mine): title}
            words = ["post", "edit", *made, "--title", title]
        else:
            made = None
            words = ["post", "add", "--space", space, "--title", title, "--body", rng.choice("كتب") * rng.randrange(900)]
        note(start=n)
        try:
            code, out, err = control.command(folder, [*words, "--dir", folder, "--json"])
        except control.Cut:
            note(cut=n, made=made or {})
            continue
        except OSError:
            time.sleep(0.005)  # nobody serves the folder now
            continue
        if code != 0:
            # While it stops or starts a node may refuse; it must say why.
            note(refused=n, code=code, why=err.decode(errors="replace"))
            continue
        if made is None:
            id = json.loads(out.decode().splitlines()[-1])["id"]
            made = {id: title}
            mine.append(id)
            mine = mine[-200:]
        note(done=n, made=made)
        os.fsync(acknowledgements)


if __name__ == "__main__":
    main()
