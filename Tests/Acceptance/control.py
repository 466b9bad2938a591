"""A client of a served node's control socket: the way in which `plc` hands a command to who serves the folder.

A frame is a type, a length of four big-endian bytes, and so many bytes: 1 the request as JSON, 2 and 3 bytes for
standard output and error, 4 the exit code.
"""

import json
import socket
import struct


class Cut(Exception):
    """The server went away while a command was with it."""


def command(folder, words, within=60):
    """Exit code, output and errors of a command; OSError if nobody serves, `Cut` if the server goes meanwhile."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(within)
        connection.connect(folder + "/control")
        request = json.dumps(
            {"arguments": words, "workingDirectory": "/", "outputTerminal": False, "errorTerminal": False, "width": 80}
        ).encode()
        try:
            connection.sendall(struct.pack(">BI", 1, len(request)) + request)
            out, err = b"", b""
            while True:
                kind, length = struct.unpack(">BI", exactly(connection, 5))
                body = exactly(connection, length)
                if kind == 2:
                    out += body
                elif kind == 3:
                    err += body
                elif kind == 4:
                    return body[0], out, err
        except (ConnectionError, BrokenPipeError) as error:
            raise Cut(str(error)) from None


def exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionResetError("the end, in the middle of a frame")
        data += more
    return data
