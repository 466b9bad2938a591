#!/usr/bin/env python3
"""Writes Specs/vectors/*.txt from plcref; `--check` only compares them with what is there."""

import pathlib
import sys

import vectors_bytes
import vectors_session
import vectors_state

BOOKS = {**vectors_bytes.BOOKS, **vectors_state.BOOKS, **vectors_session.BOOKS}
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Specs" / "vectors"


def main():
    check, stale = "--check" in sys.argv[1:], []
    FOLDER.mkdir(exist_ok=True)
    for name, make in BOOKS.items():
        book = make()
        file = FOLDER / f"{name}.txt"
        if check:
            if not file.exists() or file.read_text(encoding="utf-8") != book.text():
                stale.append(file.name)
        else:
            file.write_text(book.text(), encoding="utf-8")
            print(f"{book.count:5} {file.name}")
    if stale:
        sys.exit("stale: " + " ".join(stale) + "; run Scripts/reference/make-vectors.py")


if __name__ == "__main__":
    main()
