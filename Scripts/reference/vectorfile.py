"""The format of Specs/vectors: blocks of `key: value` lines under `#` comments, separated by blank lines."""


class Book:
    """Collects the blocks of one file, in order."""

    def __init__(self, title):
        self.lines, self.names = [f"# {title}", ""], set()
        self.count = 0

    def add(self, name, comment, *pairs):
        """One block; `comment` begins with its clauses; `pairs` are (key, value), keys may repeat."""
        assert name not in self.names, name
        self.names.add(name)
        self.count += 1
        self.lines += [f"# {comment}", f"name: {name}"]
        for key, value in pairs:
            value = value.hex() if isinstance(value, (bytes, bytearray)) else str(value)
            assert "\n" not in value
            self.lines.append(f"{key}: {value}".rstrip())
        self.lines.append("")

    def text(self):
        return "\n".join(self.lines[:-1]) + "\n"


def parse(text):
    """The blocks of a file, each a list of (key, value); blocks of comments alone are left out."""
    blocks, block = [], []
    for line in text.split("\n") + [""]:
        if line.startswith("#"):
            continue
        if not line:
            if block:
                blocks.append(block)
            block = []
            continue
        key, _, value = line.partition(":")
        block.append((key, value.lstrip(" ")))
    return blocks


def one(block, key):
    """The value of a key that a block has once."""
    (value,) = [v for k, v in block if k == key]
    return value


def many(block, key):
    return [v for k, v in block if k == key]
