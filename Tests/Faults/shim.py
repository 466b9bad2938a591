"""The Python side of `shim.c`: builds it, and speaks to it through the file that both map."""

import errno
import mmap
import os
import struct
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))

# Kept in step with `shim.c`.
CALLS = ["write", "sync", "truncate", "rename", "unlink", "create", "mkdir", "open", "read"]
WRITE_CLASS = CALLS[:7]
COUNT, KILL, TEAR, FAIL_ONCE, FAIL_ON, LIE = range(6)
_HEAD = struct.Struct("<QQQqIIII256s256s")
_LOG_BYTES = 64 * 1024
SIZE = _HEAD.size + _LOG_BYTES
ALL_BUT_ONE = -1


def build(folder):
    """Compiles the shim into `folder`."""
    library = os.path.join(folder, "shim.so")
    subprocess.run(
        ["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library,
         os.path.join(HERE, "shim.c"), "-ldl"],
        check=True,
    )
    return library


class Fault:
    """One fault that waits for its call: a file that the processes of a workload map."""

    def __init__(self, library, path, root, action=COUNT, at=0, prefix=0, error=0, classes=WRITE_CLASS):
        self.library, self.path = library, path
        mask = sum(1 << CALLS.index(name) for name in classes)
        head = _HEAD.pack(0, at, 0, prefix, mask, action, error, 0, root.encode(), b"")
        with open(path, "wb") as file:
            file.write(head + bytes(_LOG_BYTES))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), SIZE)

    @property
    def environment(self):
        return {"LD_PRELOAD": self.library, "PLC_FAULT_STATE": self.path}

    def _head(self):
        return _HEAD.unpack_from(self.map, 0)

    @property
    def seen(self):
        return self._head()[0]

    @property
    def acted(self):
        """The number of the call that went wrong; 0 if none has."""
        return self._head()[2]

    @property
    def acted_call(self):
        return CALLS[self._head()[7]]

    @property
    def acted_path(self):
        return self._head()[9].rstrip(b"\0").decode()

    def calls(self):
        """The class of each call that was counted, in their order."""
        count = min(self.seen, _LOG_BYTES)
        return [CALLS[code] for code in self.map[_HEAD.size : _HEAD.size + count]]

    def disarm(self):
        """Lets all calls pass from now on."""
        struct.pack_into("<Q", self.map, 8, 0)

    def close(self):
        self.map.close()


ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EROFS": errno.EROFS}
