"""What the acceptance tests share: the program as a black box, nodes, a proxy that cuts, and figures.

Everything runs on loopback, on ports that the system picks, in one temporary folder that goes when the run ends.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REFERENCE = os.path.join(ROOT, "Scripts", "reference")


class Failed(Exception):
    """What a test says when the program did not do what it must."""


def check(condition, message):
    if not condition:
        raise Failed(message)


class Skipped(Exception):
    """What a test says when this machine cannot run it."""


class Answer:
    """What a command left behind: exit code, output, errors, seconds."""

    def __init__(self, words, code, out, err, seconds):
        self.words, self.code, self.out, self.err, self.seconds = words, code, out, err, seconds

    @property
    def text(self):
        return self.out.decode(errors="replace")

    @property
    def errors(self):
        return self.err.decode(errors="replace")

    @property
    def lines(self):
        return [json.loads(line) for line in self.text.splitlines() if line]

    @property
    def json(self):
        lines = self.lines
        check(lines, f"'{self.call}' answered nothing; it said: {self.errors.strip()}")
        return lines[-1]

    @property
    def call(self):
        return "plc " + " ".join(word if len(word) < 60 else word[:20] + "…" for word in self.words)

    def __str__(self):
        return f"'{self.call}' ended with {self.code}: {self.errors.strip()[:600]}"


class Harness:
    """One test's world: its folder, its seed, its processes and the figures that it reports."""

    def __init__(self, plc, name, seed, full, workload=None, size=None):
        self.plc, self.name, self.full, self.workload_folder, self.size = plc, name, full, workload, size
        self.random = random.Random(f"{name} {seed}")
        # Short, because the path of a local socket may have no more than 107 bytes.
        self.folder = tempfile.mkdtemp(prefix=f"plc-{name[:8]}-")
        self.processes, self.proxies, self.closers = [], [], []

    def say(self, text):
        print(f"    {text}", flush=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def close(self):
        for closer in reversed(self.closers):
            with contextlib.suppress(Exception):
                closer()
        for proxy in self.proxies:
            proxy.close()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
        for process in self.processes:
            process.wait()
        if os.environ.get("KEEP") == "1":
            self.say(f"left in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    # Processes

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PLC_") and k != "LANG"}
        return {**kept, "LC_ALL": "C.UTF-8", "HOME": self.folder, "TMPDIR": self.folder, **more}

    def start(self, words, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("env", self.environment())
        process = subprocess.Popen(words, **options)
        self.processes.append(process)
        return process

    def reap(self, process):
        """Forgets a process that has ended."""
        process.wait()
        if process in self.processes:
            self.processes.remove(process)

    def run(self, *words, codes=(0,), within=120, stdin=None, env=None, cwd=None):
        """Runs `plc` with these words to its end; another exit code than those in `codes` fails the test."""
        words = [str(word) for word in words]
        began = time.monotonic()
        process = self.start(
            [self.plc, *words],
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(**(env or {})),
            cwd=cwd or self.folder,
        )
        try:
            out, err = process.communicate(stdin, timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise Failed(f"'plc {' '.join(words)}' did not end within {within} s: {err.decode(errors='replace')}")
        finally:
            if process.poll() is not None:
                self.reap(process)
        answer = Answer(words, process.returncode, out, err, time.monotonic() - began)
        check(codes is None or answer.code in codes, str(answer))
        return answer

    def reference(self, script, *words):
        """What a reference script prints."""
        result = subprocess.run(
            [sys.executable, os.path.join(REFERENCE, script), *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        check(result.returncode == 0, f"{script} failed: {result.stderr.decode()}")
        return result.stdout

    def node(self, name, **options):
        return Node(self, name, **options)

    def proxy(self, target):
        proxy = Proxy(target)
        self.proxies.append(proxy)
        return proxy

    def workload(self, n, origins=0, changes=1000, seed=None):
        """The folder of a workload of `n` records; the one given on the command line, if one is and it fits."""
        if self.workload_folder and not origins:
            return self.workload_folder
        folder = self.path("workload")
        drawn = self.random.randrange(1 << 31)
        seed = drawn if seed is None or "PLC_SEED" in os.environ else seed
        self.say(f"workload: n {n}, seed {seed}" + (f", {changes} changes from {origins} origins" if origins else ""))
        self.reference("generate_workload.py", "--n", n, "--seed", seed, "--out", folder, "--origins", origins,
                       "--changes", changes)
        return folder


class Node:
    """One node: its folder, and the process that serves it, if one does."""

    def __init__(self, harness, name, init=True):
        self.harness, self.name = harness, name
        self.dir = harness.path(name)
        self.process, self.address, self.log = None, None, None
        if init:
            harness.run("init", "--dir", self.dir, "--name", name)

    def run(self, *words, **options):
        return self.harness.run(*words, "--dir", self.dir, **options)

    def json(self, *words, **options):
        return self.run(*words, "--json", **options).json

    def found(self, name="Science teachers", level="school"):
        return self.json("space", "create", "--level", level, "--name", name)["space"]

    def invite(self, space, address, role="writer", *more):
        return self.json("invite", space, "--role", role, "--address", address, *more)["token"]

    def hash(self, space):
        return self.json("hash", space)["hash"]

    def export(self, space):
        return self.run("export", space).out

    def load(self, space, file, *more, stamps=True, **options):
        """Imports a file of lines; a bad line fails the test."""
        return self.json("import", space, file, *(["--stamps"] if stamps else []), *more, within=900, **options)

    def spawn(self, listen="127.0.0.1:0", peers=(), more=()):
        """Starts to serve, without waiting for an answer."""
        check(self.process is None, f"{self.name} is being served already")
        words = [self.harness.plc, "serve", "--dir", self.dir, "--json", "--listen", listen, *more]
        for peer in peers:
            words += ["--peer", peer]
        self.log = open(self.harness.path(self.name + ".log"), "ab")
        self.process = self.harness.start(words, stdout=subprocess.PIPE, stderr=self.log)

    def announced(self, within=30):
        """Waits until the server says where it listens."""
        timer = threading.Timer(within, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if not line:
            code = self.process.wait()
            raise Failed(f"{self.name} could not be served: code {code}: {self.said()[-600:]}")
        answer = json.loads(line)
        if "readOnly" in answer:
            raise Failed(f"{self.name} is served for reading alone: {answer['readOnly']}")
        self.address = answer["listening"][0]
        return self.address

    def serve_to_read(self, within=30):
        """Serves a node that cannot be written, for reading alone; gives the reason that it says."""
        self.spawn()
        timer = threading.Timer(within, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        check(line, f"{self.name} is not served for reading: {self.said()[-600:]}")
        answer = json.loads(line)
        check(answer.get("readOnly") and answer["listening"] == [], f"{self.name} is served to be written: {answer}")
        return answer["readOnly"]

    def stop_reading(self):
        """Stops what `serve_to_read` began; gives what it said."""
        self.process.terminate()
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not stop within 30 s of SIGTERM")
        said = self.said()
        self.release()
        check(code == 3, f"{self.name}, served for reading, stopped with {code}: {said[-600:]}")
        return said

    def serve(self, **options):
        self.spawn(**options)
        return self.announced()

    def said(self):
        """What the server has written to standard error."""
        with open(self.harness.path(self.name + ".log"), errors="replace") as file:
            return file.read()

    def release(self):
        self.process.stdout.close()
        self.log.close()
        self.harness.reap(self.process)
        self.process = None

    def stop(self):
        """Stops serving in the orderly way."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not stop within 30 s of SIGTERM")
        self.release()
        check(code == 0, f"{self.name} stopped with {code}: {self.said()[-600:]}")

    def kill(self):
        self.process.kill()
        self.release()


class Proxy:
    """A TCP proxy that counts, and closes both sides of a connection after a given number of bytes, counted both ways.

    `cuts` is asked at each connection: None lets it live, a number ends it there, 0 refuses it. A number with a rude
    cut resets the connection, so that what is under way is lost; a polite one ends it so that all that was counted as
    delivered is delivered.
    """

    def __init__(self, target):
        self.target = target
        self.cuts = lambda: (None, False)
        self.lock = threading.Lock()
        self.reset_counters()
        self.live = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def reset_counters(self):
        with self.lock:
            self.forward, self.backward, self.connections, self.cut_connections = 0, 0, 0, 0
            self.last_bytes = time.monotonic()

    def close(self):
        self.closed = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()

    def drop(self):
        """Ends all connections."""
        with self.lock:
            live = list(self.live)
        for sock in live:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while not self.closed:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            limit, rude = self.cuts()
            if limit == 0 or self.target is None:
                client.close()
                continue
            host, _, port = self.target.rpartition(":")
            try:
                server = socket.create_connection((host, int(port)), timeout=5)
            except OSError:
                client.close()
                continue
            for sock in (client, server):
                sock.settimeout(None)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _Relay(self, client, server, limit, rude)


class _Relay:
    def __init__(self, proxy, client, server, limit, rude):
        self.proxy, self.client, self.server, self.left, self.rude = proxy, client, server, limit, rude
        self.lock = threading.Lock()
        self.is_cut = False
        self.open_ends = 2
        with proxy.lock:
            proxy.connections += 1
            proxy.live |= {client, server}
        threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
        threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source, sink, is_forward):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                with self.lock:
                    if self.is_cut:
                        continue  # drained, so that the end is a FIN and not a reset
                    ends = False
                    if self.left is not None:
                        data = data[: self.left]
                        self.left -= len(data)
                        ends = self.left == 0 and bool(data)
                if data:
                    # Without the lock: who waits for room must not hold up the other direction.
                    sink.sendall(data)
                    with self.proxy.lock:
                        if is_forward:
                            self.proxy.forward += len(data)
                        else:
                            self.proxy.backward += len(data)
                        self.proxy.last_bytes = time.monotonic()
                if ends:
                    with self.lock:
                        self._cut()
                    if self.rude:
                        break
        except OSError:
            pass
        self._end(source, sink)

    def _cut(self):
        self.is_cut = True
        with self.proxy.lock:
            self.proxy.cut_connections += 1
        for sock in (self.client, self.server):
            with contextlib.suppress(OSError):
                if self.rude:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    # Wakes the other thread; the reset follows when both let go.
                    sock.shutdown(socket.SHUT_RD)
                else:
                    sock.shutdown(socket.SHUT_WR)

    def _end(self, source, sink):
        with self.lock:
            self.open_ends -= 1
            last = self.open_ends == 0
        if not last:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
            return
        for sock in (self.client, self.server):
            sock.close()
        with self.proxy.lock:
            self.proxy.live -= {self.client, self.server}


def wait_until(condition, within, what, pause=0.02):
    """Waits until `condition` gives something true, and gives that."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {within} s: {what}")
        time.sleep(pause)


def head_lines(source, start, count):
    """Lines `start` to `start + count` of a file, as bytes."""
    with open(source, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    return b"".join(lines[start : start + count])


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
