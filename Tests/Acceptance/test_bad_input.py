"""What bad input gets: one clear sentence and what to do, the right exit code, and nothing half-written."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time

import control
from harness import REFERENCE, Failed, Skipped, check, head_lines, wait_until, write

sys.path.insert(0, REFERENCE)
import plcref  # noqa: E402

# A sentence may name a path and a cure; nobody reads more than this.
LONGEST_SENTENCE = 400


def run(harness):
    problems.clear()
    for part in (lines, invitations, folders, schema, disk, writers, strangers):
        began = time.monotonic()
        try:
            part(harness)
            harness.say(f"{part.__name__}: {time.monotonic() - began:.1f} s")
        except Skipped as reason:
            harness.say(f"{part.__name__}: SKIPPED: {reason}")
        except Failed as failure:
            problems.append(f"{part.__name__}: {failure}")
    check(not problems, "\n      ".join([f"{len(problems)} problems", *problems]))


# What is wrong with single answers; the test goes on, and fails at its end with all of them.
problems = []


def sentence(answer, *words, code=1):
    """Holds an answer to one clear sentence on standard error, with all of these words, and to its exit code."""
    try:
        hold(answer, words, code)
    except Failed as failure:
        problems.append(str(failure))


def hold(answer, words, code):
    text = answer.errors.strip()
    check(answer.code == code, f"{code} was to come: {answer}")
    check(not answer.out, f"'{answer.call}' fails, and writes to standard output: {answer.text[:200]}")
    check(text.count("\n") == 0 and 10 < len(text) <= LONGEST_SENTENCE, f"not one sentence: {answer}")
    check(not any(sign in text for sign in ("Error(", "Optional(", "fatal", "Swift.", "PLCNode.")), f"unclear: {text}")
    missing = [word for word in words if word.lower() not in text.lower()]
    check(not missing, f"the sentence does not say {missing}: {answer}")


def fingerprint(node):
    """The bytes of a folder's files, besides those that only ever say who is there."""
    found = {}
    for folder, _, names in os.walk(node.dir if hasattr(node, "dir") else node):
        for name in names:
            path = os.path.join(folder, name)
            if name not in ("lock", "control", "store.db-shm") and os.path.isfile(path):
                with open(path, "rb") as file:
                    found[path] = file.read()
    return found


# Lines of JSON

BAD_LINES = [
    (b'{"id":"a","t":"post","f":{"title":"x"}', "ends early"),
    (b"not json at all", "no object"),
    (b"[1,2,3]", "an array"),
    (b'"text"', "a string"),
    (b'{"t":"post","f":{"title":"x"}}', "without id"),
    (b'{"id":"b","f":{"title":"x"}}', "without kind"),
    (b'{"id":"c","t":"poem","f":{"title":"x"}}', "unknown kind"),
    (b'{"id":"d","id":"e","t":"post","f":{}}', "duplicate key"),
    (b'{"id":"f","t":"post","f":{"title":"x","title":"y"}}', "duplicate field"),
    (b'{"id":7,"t":"post","f":{}}', "an id that is a number"),
    (b'{"id":"","t":"post","f":{}}', "an empty id"),
    (b'{"id":"g","t":"post","at":"soon","f":{}}', "a time that is a word"),
    (b'{"id":"h","t":"post","f":{"title":"\xff\xfe"}}', "bytes that are not UTF-8"),
    (b'{"id":"i","t":"post","f":{"title":"\\ud800"}}', "half a surrogate pair"),
    (b'{"id":"j","t":"post","f":' + b"[" * 5000 + b"]" * 5000 + b"}", "deep nesting"),
    (b'{"id":"k","t":"post","f":{"title":"x"}} trailing', "something behind it"),
    (b'{"id":"nobody","t":"post","at":5,"f":{"title":"x"}}', "an edit of what is not there"),
    (b'{"id":"l","t":"post","f":{"body":"' + b"x" * 70_000 + b'"}}', "more than a change can hold"),
    (b'{"id":"m","t":"post","f":{"body":"' + b"y" * 5_000_000 + b'"}}', "an endless line"),
    (b'{"id":"n","t":"post","f":{"createdAt":1e400}}', "a number too large"),
    (b'{"id":"o","t":"post","f":{"title":"x\x00y"}}', "a raw control character"),
]


def lines(harness):
    node = harness.node("lines")
    space = node.found()
    good = [b'{"id":"good-%d","t":"post","f":{"title":"t %d","body":"b"}}' % (i, i) for i in range(len(BAD_LINES) + 1)]
    mixed = [good[0]]
    for (bad, _), line in zip(BAD_LINES, good[1:]):
        mixed += [bad, line]
    file = write(harness.path("mixed.jsonl"), b"\n".join(mixed) + b"\n")
    answer = node.run("import", space, file, "--json", codes=(3,))
    for i, (line, what) in enumerate(BAD_LINES):
        wanted = f"{file}:{2 * i + 2}: "
        reported = [text for text in answer.errors.splitlines() if text.startswith(wanted)]
        check(len(reported) == 1, f"{what} is not reported as '{wanted}…': {answer.errors[:2000]}")
        check(8 <= len(reported[0]) - len(wanted) <= 300, f"{what}: no reason: {reported[0]}")
    done = answer.json
    check(done["bad"] == len(BAD_LINES) and done["records"] == len(good), f"{done}")
    held = [json.loads(line)["id"] for line in node.export(space).splitlines()]
    check(sorted(held) == sorted(f"good-{i}" for i in range(len(good))), f"of bad lines something stayed: {held}")
    # Once more: the good lines are known, the bad ones as bad as before.
    before = node.hash(space)
    again = node.run("import", space, file, "--json", codes=(3,)).json
    check(again["records"] == again["changes"] == 0 and again["bad"] == len(BAD_LINES), f"{again}")
    check(node.hash(space) == before, "importing the same file twice changes something")
    # Strictly: what comes before the first bad line stays, nothing after it.
    strict = harness.node("strict")
    space = strict.found()
    answer = strict.run("import", space, file, "--strict", codes=(1, 2, 3))
    check(f"{file}:2: " in answer.errors, f"{answer}")
    held = [json.loads(line)["id"] for line in strict.export(space).splitlines()]
    check(held == ["good-0"], f"--strict went on: {held}")
    # Empty input, blank lines, no newline at the end, CR LF, a byte order mark.
    for name, data, records in (
        ("empty", b"", 0),
        ("blank", b"\n\n  \n", 0),
        ("open", b'{"id":"open","t":"post","f":{"title":"t","body":"b"}}', 1),
        ("dos", b'{"id":"dos","t":"post","f":{"title":"t","body":"b"}}\r\n', 1),
    ):
        done = strict.json("import", space, write(harness.path(name), data))
        check(done["records"] == records and done["bad"] == 0, f"{name}: {done}")
    sentence(strict.run("import", space, harness.path("no-such-file"), codes=None), "no-such-file")
    sentence(strict.run("import", space, harness.folder, codes=None), os.path.basename(harness.folder))
    noise = write(harness.path("noise"), harness.random.randbytes(200_000))
    answer = strict.run("import", space, noise, "--json", codes=(3,))
    check(answer.json["records"] == 0, f"noise makes records: {answer.text}")


# Invitations, spaces, peers

def invitations(harness):
    a, b, c = (harness.node(f"invitations-{name}") for name in "abc")
    space = a.found()
    address = a.serve()
    token = a.invite(space, address)
    before = fingerprint(b)
    for wrong in ("", "hello", "PLC1", token[:-1], token[: len(token) // 2], token + "0", "QLC" + token[3:]):
        sentence(b.run("join", wrong, codes=None), "invitation", code=1)
    damaged = 0
    for position in harness.random.sample(range(4, len(token)), 24):
        other = harness.random.choice([d for d in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if d != token[position]])
        answer = b.run("join", token[:position] + other + token[position + 1 :], codes=None)
        check(answer.code in (1, 2), f"a damaged invitation: {answer}")
        sentence(answer, code=answer.code)
        damaged += 1
    check(b.run("space", "list", "--json").lines == [], "a damaged invitation leaves a space behind")
    check(json.loads(a.run("members", space, "--json").text.splitlines()[-1]), "the inviter has no members")
    # A wrong token makes no node where there was none.
    nowhere = harness.path("nowhere")
    answer = harness.run("join", "PLC1HELLO", "--name", "N", "--dir", nowhere, codes=None)
    sentence(answer, "invitation")
    check(not os.path.exists(nowhere), "a wrong invitation makes a folder")
    answer = harness.run("join", token, "--dir", nowhere, codes=None)
    sentence(answer, "--name")
    check(not os.path.exists(nowhere), "joining without a name makes a folder")
    # Expired, as the joiner sees it, and as the inviter does.
    short = a.invite(space, address, "writer", "--expires", "1s")
    time.sleep(1.2)
    sentence(b.run("join", short, codes=None), "expired")
    # Used: by another node; by the same node it is no error.
    b.run("join", token)
    sentence(c.run("join", token, codes=None), address)
    b.run("join", token)
    check(c.run("space", "list", "--json").lines == [], "a used invitation leaves a space behind")
    # Nobody there, and somebody who is no node.
    with socket.create_server(("127.0.0.1", 0)) as quiet:
        closed = socket.create_server(("127.0.0.1", 0))
        dead = "127.0.0.1:%d" % closed.getsockname()[1]
        closed.close()
        sentence(c.run("join", a.invite(space, dead), codes=None), dead)
        answer = c.run("sync", "--peer", dead, codes=None)
        check(answer.code == 1 and dead in answer.errors + answer.text, str(answer))
        deaf = "127.0.0.1:%d" % quiet.getsockname()[1]
        answer = c.run("join", a.invite(space, deaf), codes=None, within=60)
        sentence(answer, deaf)
        harness.say(f"somebody who accepts and says nothing is given up after {answer.seconds:.1f} s")
    sentence(c.run("join", a.json("invite", space)["token"], codes=None), "--address")
    sentence(c.run("sync", codes=None), "peer")
    # Unknown spaces.
    for words in (["hash", "Nowhere"], ["export", "0123abcd"], ["invite", "Nowhere"], ["import", "Nowhere", os.devnull],
                  ["members", "f" * 64], ["post", "add", "--space", "Nowhere", "--title", "t", "--body", "b"]):
        sentence(b.run(*words, codes=None), "space", words[3] if words[0] == "post" else words[1])
    # A reader may not write.
    reader = harness.node("reader")
    reader.run("join", a.invite(space, address, "reader"))
    before = reader.hash(space)
    sentence(reader.run("post", "add", "--title", "t", "--body", "b", codes=None), "writer")
    sentence(reader.run("invite", space, codes=None), "steward")
    check(reader.hash(space) == before, "a reader's refused write changes something")
    # The port is taken.
    sentence(b.run("serve", "--listen", address, codes=None), address.rpartition(":")[2])
    for wrong in ("nonsense", "127.0.0.1:99999", "127.0.0.1", "[::1"):
        answer = b.run("serve", "--listen", wrong, codes=None, within=20)
        check(answer.code in (1, 2), str(answer))
        sentence(answer, wrong, code=answer.code)
    b.run("hash", space)
    # Words that no command knows.
    for words, hint in ((["pots", "list"], "post"), (["post", "lits"], "list"), (["sync", "--pear", "x"], "--peer")):
        sentence(b.run(*words, codes=None), words[-2] if words[0] == "sync" else words[0 if hint == "post" else 1], hint,
                 code=2)
    a.stop()


# Folders

def folders(harness):
    empty = harness.path("empty-folder")
    os.mkdir(empty)
    for folder in (empty, harness.path("missing")):
        for words in (["status"], ["hash", "x"], ["serve", "--listen", "127.0.0.1:0"], ["sync"], ["export", "x"]):
            sentence(harness.run(*words, "--dir", folder, codes=None), folder, "init")
    check(os.listdir(empty) == [] and not os.path.exists(harness.path("missing")), "a refused command leaves files")
    node = harness.node("folder")
    space = node.found()
    sentence(harness.run("init", "--dir", node.dir, "--name", "again", codes=None), node.dir, "already")
    sentence(harness.run("init", "--dir", write(harness.path("file"), b"x"), "--name", "n", codes=None), "file")
    # The path of a local socket has at most 107 bytes; a folder may have more.
    deep = os.path.join(harness.folder, "d" * 60, "e" * 60)
    harness.run("init", "--dir", deep, "--name", "deep")
    far = harness.node("deep", init=False)
    far.dir = deep
    far.serve()
    far.run("status", codes=(0, 3))
    far.found("Deep")
    far.stop()
    # A damaged key, a store that is none, a store that is cut.
    for name, change in (
        ("key", lambda path: write(path, b"short")),
        ("store.db", lambda path: write(path, b"this is no database, whatever its name says" * 100)),
    ):
        copy = harness.path("copy-" + name)
        shutil.copytree(node.dir, copy)
        for extra in ("store.db-wal", "store.db-shm"):
            if os.path.exists(os.path.join(copy, extra)):
                os.unlink(os.path.join(copy, extra))
        change(os.path.join(copy, name))
        damaged = fingerprint(copy)
        sentence(harness.run("hash", space, "--dir", copy, codes=None))
        check(fingerprint(copy) == damaged, f"a command changes a folder whose {name} is damaged")
    # Nothing may be written: a mount that is read-only binds root too.
    if os.geteuid() != 0:
        os.chmod(node.dir, 0o500)
        os.chmod(os.path.join(node.dir, "store.db"), 0o400)
    elif not mounted(harness, ["--bind", node.dir, node.dir], ["-o", "remount,bind,ro", node.dir]):
        harness.say("A READ-ONLY FOLDER WAS NOT TRIED: mount is not allowed here")
        return
    reason = node.serve_to_read()
    check("written" in reason and "permissions" in reason, f"why the folder is only read: {reason}")
    for words in (["post", "add", "--title", "t", "--body", "b"], ["space", "create", "--level", "team", "--name", "n"]):
        sentence(node.run(*words, codes=None, within=20), "written", "permissions")
    node.run("hash", space, codes=(3,))
    node.stop_reading()
    sentence(harness.run("init", "--name", "n", "--dir", node.dir + "/inner", codes=None))


def mounted(harness, *calls):
    """Mounts, until the test ends; whether that is allowed here."""
    target = calls[0][-1]
    for words in calls:
        if subprocess.run(["mount", *words], stderr=subprocess.DEVNULL).returncode != 0:
            return False
        if words is calls[0]:
            harness.closers.append(lambda: subprocess.run(["umount", "-l", target], stderr=subprocess.DEVNULL))
    return True


def schema(harness):
    node = harness.node("schema")
    space = node.found()
    known = exchange_version(node, 9999)
    before = fingerprint(node)
    for words in (["status"], ["hash", space], ["export", space]):
        answer = node.run(*words, codes=None, within=20)
        said = answer.out.decode() + answer.errors
        check(answer.code == 3 and all(word in said for word in ("newer", "upgrade", "9999")), f"{words}: {answer}")
    for words in (["sync", "--peer", "127.0.0.1:9"], ["post", "add", "--title", "t", "--body", "b"]):
        sentence(node.run(*words, codes=None, within=20), "newer", "upgrade", "9999")
    served = node.serve_to_read()
    check("9999" in served, f"why a newer store is only read: {served}")
    for words, code in ((["hash", space], 3), (["status"], 3), (["post", "add", "--title", "t", "--body", "b"], 1)):
        got, out, err = control.command(node.dir, [*words, "--dir", node.dir], within=20)
        check(got == code and b"9999" in out + err, f"{words} where a newer store is served: {got} {out} {err}")
    check("9999" in node.stop_reading(), "a server that only reads does not say why")
    check(fingerprint(node) == before, "a store of a newer program is changed")
    exchange_version(node, known)
    node.run("hash", space)


def exchange_version(node, version):
    """Has a store say that it is of this format, under a seal that fits; gives the one that it said before."""
    with open(os.path.join(node.dir, "store.db"), "r+b") as store:
        page = bytearray(store.read(plcref.PAGE))
        known, page[60:64] = int.from_bytes(page[60:64], "big"), version.to_bytes(4, "big")
        page[-plcref.SEAL:] = plcref.seal(bytes(page), 1)
        store.seek(0)
        store.write(page)
    return known


# A full disk

def disk(harness):
    if os.geteuid() != 0:
        raise Skipped("a small disk takes root's rights")
    place = harness.path("small")
    os.mkdir(place)
    if not mounted(harness, ["-t", "tmpfs", "-o", "size=4m", "tmpfs", place]):
        raise Skipped("mount is not allowed here")
    node = harness.node("small/node")
    space = node.found()
    lines = [
        json.dumps({"id": f"r-{i}", "t": "post", "f": {"title": f"t {i}", "body": os.urandom(700).hex()}}).encode()
        for i in range(6_000)
    ]
    file = write(harness.path("large.jsonl"), b"\n".join(lines) + b"\n")
    answer = node.run("import", space, file, codes=None)
    sentence(answer, "disk is full")
    held = [json.loads(line)["id"] for line in node.export(space).splitlines()]
    check(held and len(held) < len(lines), f"{len(held)} of {len(lines)} records are there")
    check(set(held) == {f"r-{i}" for i in range(len(held))}, "what was imported before the disk was full has gaps")
    harness.say(f"{len(held):,} of {len(lines):,} records fit; they are read and exported")
    # Fill it to the last byte: reading goes on, writing is refused, and nothing is half-written.
    fill(place)
    before = node.hash(space)
    refused = 0
    for i in range(20):
        body = os.urandom(8_000).hex()
        answer = node.run("post", "add", "--title", f"t {i}", "--body", body, codes=(0, 1))
        if answer.code == 1:
            sentence(answer, "disk is full")
            refused += 1
            break
    check(refused, "nothing is refused on a full disk")
    held_then = node.export(space).count(b"\n")
    # A server on the full disk refuses in the same words, and lives.
    node.serve()
    sentence(node.run("post", "add", "--title", "t", "--body", os.urandom(16_000).hex(), codes=None), "disk is full")
    check(node.process.poll() is None, f"a served node ends when the disk is full: {node.said()[-400:]}")
    check(node.export(space).count(b"\n") == held_then, "a refused write is there")
    resize(place, 8)
    node.run("post", "add", "--title", "room again", "--body", "b")
    node.stop()
    check(node.export(space).count(b"\n") == held_then + 1, "after there is room again a write is not there")
    # No node is left where there was no room for one.
    fill(place)
    answer = harness.run("init", "--name", "n", "--dir", place + "/other", codes=None)
    sentence(answer, "disk is full")
    resize(place, 12)
    harness.run("init", "--name", "n", "--dir", place + "/other")
    harness.run("hash", harness.run("space", "create", "--level", "team", "--name", "s", "--dir", place + "/other",
                                    "--json").json["space"], "--dir", place + "/other")


def fill(place):
    """Takes all the room that is left."""
    descriptor = None
    try:
        descriptor = os.open(os.path.join(place, "ballast"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        while os.write(descriptor, bytes(4096)):
            pass
    except OSError:
        pass  # full
    finally:
        if descriptor is not None:
            os.close(descriptor)


def resize(place, megabytes):
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", place], check=True)


# Two at once

def writers(harness):
    node = harness.node("writers")
    space = node.found()
    # Many commands at once, while nobody serves: they wait for each other.
    processes = [
        harness.start([harness.plc, "post", "add", "--title", f"t {i}", "--body", "b", "--dir", node.dir, "--json"],
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for i in range(8)
    ]
    for process in processes:
        out, err = process.communicate(timeout=60)
        check(process.returncode == 0, f"one of eight writers at once ends with {process.returncode}: {err.decode()}")
    check(node.export(space).count(b"\n") == 8, "eight writers at once do not make eight posts")
    # Somebody has the folder and does not let go.
    lines = b"".join(b'{"id":"x-%d","t":"post","f":{"title":"t","body":"b"}}\n' % i for i in range(10))
    reader, hold = os.pipe()
    holder = harness.start([harness.plc, "import", space, "-", "--dir", node.dir], stdin=reader,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(reader)
    os.write(hold, lines)
    time.sleep(0.5)
    answer = node.run("post", "add", "--title", "t", "--body", "b", codes=None, within=30)
    sentence(answer, "another process", node.dir)
    harness.say(f"a second writer is refused after {answer.seconds:.1f} s")
    sentence(node.run("serve", "--listen", "127.0.0.1:0", codes=None, within=30), "another process")
    os.close(hold)
    _, err = holder.communicate(timeout=30)
    check(holder.returncode == 0, f"the first writer ends with {holder.returncode}: {err.decode()}")
    node.serve()
    answer = node.run("serve", "--listen", "127.0.0.1:0", codes=None, within=20)
    sentence(answer, "another process", node.dir)
    check(answer.seconds < 2, f"a second server is refused after {answer.seconds:.1f} s")
    check(node.export(space).count(b"\n") == 18, "what was written before is not there")
    node.stop()


# Strangers on the port

def strangers(harness):
    node = harness.node("strangers")
    space = node.found()
    address = node.serve()
    host, _, port = address.rpartition(":")
    own, other = certificate(harness, "one"), certificate(harness, "two")
    rsa = certificate(harness, "three", "rsa:2048")

    def attempt(what, send=None, context=None, linger=7.0):
        """What a stranger gets: it must be nothing but the end (or an alert), soon."""
        got, began = b"", time.monotonic()
        with socket.create_connection((host, int(port)), timeout=linger) as raw:
            connection = raw
            try:
                if context is not None:
                    connection = context.wrap_socket(raw, server_hostname=None)
                if send:
                    connection.sendall(send)
                while len(got) < 1 << 20:
                    more = connection.recv(65536)
                    if not more:
                        break
                    got += more
            except (ssl.SSLError, ConnectionError, BrokenPipeError):
                pass
            except TimeoutError:
                raise Failed(f"{what}: still on the line after {linger} s")
        # In the clear, a TLS alert is seven bytes; inside TLS nothing may come at all.
        check(len(got) <= (0 if context else 64), f"{what} gets {len(got)} bytes: {got[:100]!r}")
        check(b"HTTP" not in got, f"{what} gets {got[:100]!r}")
        node.run("hash", space)
        return time.monotonic() - began

    def client(cert=None, newest=ssl.TLSVersion.TLSv1_3, oldest=ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version, context.maximum_version = oldest, newest
        if cert:
            context.load_cert_chain(*cert)
        return context

    invitation_open = False
    for round in range(2):
        attempt("plain HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        attempt("garbage", harness.random.randbytes(4096))
        attempt("much garbage", b"\x16\x03\x01\xff\xff" + harness.random.randbytes(200_000))
        attempt("a single byte", b"\x16")
        attempt("nothing at all")
        attempt("TLS 1.2", b"x", client(own, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
        attempt("no certificate", b"x", client())
        attempt("an RSA key", b"x", client(rsa))
        attempt("an unknown key", b"", client(own))
        attempt("an unknown key that talks", harness.random.randbytes(1000), client(own))
        attempt("an unknown key that talks much", harness.random.randbytes(100_000), client(other))
        harness.say(f"eleven kinds of strangers get nothing{' while an invitation is open' if invitation_open else ''}")
        if not invitation_open:
            # With an open invitation an unknown key passes the handshake, and may only join.
            a_token = node.invite(space, address)
            invitation_open = True
    friend = harness.node("friend")
    friend.run("join", a_token)
    check(friend.hash(space) == node.hash(space), "after all the strangers a friend cannot join")
    check(node.process.poll() is None, "the node has ended")
    # A hundred at once that say nothing, from another address: of each address few are heard at a time.
    idle = [socket.create_connection((host, int(port)), source_address=("127.0.0.2", 0)) for _ in range(100)]
    friend.run("post", "add", "--title", "t", "--body", "b")
    answer = friend.run("sync", within=30)
    check(friend.hash(space) == node.hash(space), "strangers that wait keep a friend out")
    harness.say(f"with 100 silent strangers on the line a friend syncs in {answer.seconds:.1f} s")
    for connection in idle:
        connection.close()
    # Fuzz: a real client hello, damaged.
    hello = client_hello(client(own))
    for _ in range(60 if harness.full else 15):
        damaged = bytearray(hello)
        for _ in range(harness.random.randint(1, 8)):
            damaged[harness.random.randrange(len(damaged))] = harness.random.randrange(256)
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(damaged[: harness.random.randint(1, len(damaged))])
    node.run("hash", space)
    check(node.process.poll() is None, "the node has ended")
    node.stop()
    check("fatal" not in node.said().lower(), node.said()[-500:])


def client_hello(context):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing)
    try:
        connection.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def certificate(harness, name, algorithm="ed25519"):
    """A self-signed certificate and its key, by the openssl program."""
    if not shutil.which("openssl"):
        raise Skipped("there is no openssl here to make certificates with")
    key, cert = harness.path(name + ".key"), harness.path(name + ".pem")
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", algorithm, "-nodes", "-days", "30", "-subj", "/CN=x", "-keyout", key,
         "-out", cert],
        stderr=subprocess.PIPE,
    )
    check(made.returncode == 0, made.stderr.decode())
    return cert, key
