"""Broken networks: nodes in network namespaces on a bridge, all writing while the network is at its worst; then it heals.

An episode draws one kind of fault and whom it hits. After it everything is taken back, and every node is told to sync,
as its people would: within a few rounds all digests are equal, exports are equal byte for byte, and everything that any
node acknowledged is everywhere. The kernel here may have no netem, so nothing is delayed or reordered; what TCP makes of
loss does that well enough. The storm has many small nodes lose their hub at the same moment, and get it back.
"""

import json
import os
import random
import subprocess
import threading
import time

import control
from campaign import PREFIX, Failed, Point, Skipped, check
from harness import wait_until
from workloads import filler, held

EPISODES = 300
QUICK_NODES, NODES = 4, 10
QUICK_STORM, STORM = 8, 200
KINDS = ["one-way drop", "loss", "slow link", "partition", "half-open", "flapping"]
EPISODE_SECONDS = (1.0, 3.0)
# How often all are told to sync after the network has healed, and for how long it may take.
ROUNDS, HEAL_SECONDS = 5, 90
# Until all of a storm are in sync again: their next attempt may be some delays away, of which each is twice the last.
STORM_SECONDS = 180
PORT = 7400


def run(campaign):
    if os.geteuid() != 0:
        raise Skipped("network namespaces need root")
    if subprocess.run(["ip", "netns", "add", f"{PREFIX}{os.getpid()}-try"], stderr=subprocess.PIPE).returncode != 0:
        raise Skipped("network namespaces are not allowed here")
    subprocess.run(["ip", "netns", "del", f"{PREFIX}{os.getpid()}-try"])
    points = [Point(f"episode/{number}", KINDS[number % len(KINDS)], number=number) for number in range(EPISODES)]
    storm = Point("storm/0", "storm", number=0)
    if campaign.only == "storm/0":
        chosen = []
    else:
        chosen = campaign.select(points)
    if chosen:
        episodes(campaign, *campaign.one_of_each(chosen))
    if not campaign.only or campaign.only == "storm/0":
        campaign.run([storm], lambda point, folder: attempt_storm(campaign, point, folder), workers=0, minimum=1)
    campaign.happened("storm", *KINDS)


class Network:
    """Namespaces on a bridge that stands in one of its own, so that the machine's network is left alone."""

    def __init__(self, campaign, count):
        self.names = [f"{PREFIX}{os.getpid()}-{index}" for index in range(count)]
        self.bridge = f"{PREFIX}{os.getpid()}-br"
        campaign.later(self.close)
        ip("netns", "add", self.bridge)
        ip("-n", self.bridge, "link", "add", "name", "bridge0", "type", "bridge")
        ip("-n", self.bridge, "link", "set", "bridge0", "up")
        for index, name in enumerate(self.names):
            ip("netns", "add", name)
            ip("link", "add", "name", "eth0", "netns", name, "type", "veth", "peer", "name", f"v{index}", "netns", self.bridge)
            ip("-n", self.bridge, "link", "set", f"v{index}", "master", "bridge0", "up")
            ip("-n", name, "addr", "add", f"{self.address(index)}/16", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")

    def address(self, index):
        return f"10.77.{index // 200}.{index % 200 + 1}"

    def inside(self, index, *words):
        subprocess.run(["ip", "netns", "exec", self.names[index], *words], check=True, stdout=subprocess.DEVNULL)

    def drop(self, index, *match):
        self.inside(index, "iptables", "-w", "-A", "INPUT", *match, "-j", "DROP")

    def slow(self, index, kilobits):
        self.inside(index, "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", f"{kilobits}kbit", "burst",
                    "1600", "latency", "800ms")

    def heal(self, index):
        self.inside(index, "iptables", "-w", "-F", "INPUT")
        subprocess.run(["ip", "netns", "exec", self.names[index], "tc", "qdisc", "del", "dev", "eth0", "root"],
                       stderr=subprocess.DEVNULL)

    def close(self):
        for name in [*self.names, self.bridge]:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class World:
    """Nodes that are served, each in its namespace."""

    def __init__(self, campaign, harness, network, count, rng):
        self.harness, self.network, self.rng = harness, network, rng
        self.nodes = [harness.node(f"n{index}") for index in range(count)]
        self.promised, self.lock = {}, threading.Lock()
        hub = self.nodes[0]
        hub.run("init", "--name", "n0")
        self.space = hub.json("space", "create", "--level", "district", "--name", "S")["space"]
        address = hub.serve_quietly()
        tokens = [json.loads(hub.asked("invite", self.space, "--role", "writer", "--address", address, "--json"))["token"]
                  for _ in self.nodes[1:]]
        workers = [threading.Thread(target=self.join, args=(tokens, part, address)) for part in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        check(all(os.path.exists(node.dir + "/key") for node in self.nodes), "not all could join")
        hub.stop()

    def join(self, tokens, part, address):
        for index in range(1 + part, len(self.nodes), 2):
            node = self.nodes[index]
            self.harness.run("join", tokens[index - 1], "--dir", node.dir, "--name", node.name)
            node.run("peer", "remove", address)

    def serve(self, index, peers):
        """Serves a node in its namespace."""
        node = self.nodes[index]
        words = ["ip", "netns", "exec", self.network.names[index], self.harness.plc, "serve", "--dir", node.dir, "--json",
                 "--log", "error", "--listen", f"{self.network.address(index)}:{PORT}"]
        for peer in peers:
            words += ["--peer", f"{self.network.address(peer)}:{PORT}"]
        node.log = open(self.harness.path(node.name + ".log"), "ab")
        node.process = self.harness.start(words, stdout=subprocess.PIPE, stderr=node.log)
        node.announced()

    def write(self, index, text):
        title = f"{text} at {index}"
        try:
            code, out, err = self.nodes[index].ask("post", "add", "--title", title, "--body", filler(title, 400), "--json",
                                                   within=30)
        except (OSError, control.Cut):
            return
        check(code == 0, f"a write at {index} is refused while the network is bad: {err.decode()}")
        with self.lock:
            self.promised[json.loads(out)["id"]] = {title}

    def digests(self):
        return {json.loads(node.asked("hash", self.space, "--json"))["hash"] for node in self.nodes}

    def converge(self, what):
        """Gives the seconds and rounds until all hold the same."""
        began = time.monotonic()
        for round in range(1, ROUNDS + 1):
            workers = [threading.Thread(target=self.meet, args=(node,)) for node in self.nodes]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            if len(self.digests()) == 1:
                break
            check(time.monotonic() - began < HEAL_SECONDS, f"{what}: not equal {HEAL_SECONDS} s after it healed")
        else:
            # What is on its way needs no more rounds, only a moment.
            wait_until(lambda: len(self.digests()) == 1, 20, f"{what}: equal after {ROUNDS} rounds")
        return time.monotonic() - began, round

    def meet(self, node):
        try:
            node.ask("sync", "--json", within=HEAL_SECONDS)
        except (OSError, control.Cut):
            pass

    def compare(self, what):
        exports = [node.asked("export", self.space) for node in self.nodes]
        check(len(set(exports)) == 1, f"{what}: digests are equal and exports differ")
        lines = held(exports[0])
        lost = {id: titles for id, titles in self.promised.items() if not lines.get(id, set()) & titles}
        check(not lost, f"{what}: {len(lost)} acknowledged records are lost, such as {list(lost.items())[:2]}")


def peers_of(index, count):
    """A tree under the first node, and a ring beside it: whoever is cut off one way may be reached another."""
    return sorted({(index - 1) // 2, (index + 1) % count} - {index}) if index else []


def episodes(campaign, points, minimum):
    count = NODES if campaign.full else QUICK_NODES
    folder = os.path.join(campaign.folder, "world")
    os.makedirs(folder)
    harness = campaign.harness(folder)
    rounds, network = [], Network(campaign, count)
    try:
        world = World(campaign, harness, network, count, campaign.random("world"))
        for index in range(count):
            world.serve(index, peers_of(index, count))
        world.converge("at first")
        campaign.run(points, lambda point, _: episode(campaign, world, point, rounds), workers=0, minimum=minimum)
        if rounds:
            campaign.say(f"{count} nodes, {len(world.promised):,} records: healed after at most "
                         f"{max(seconds for seconds, _ in rounds):.1f} s and {max(round for _, round in rounds)} rounds")
        for node in world.nodes:
            check(node.process.poll() is None, f"{node.name} ended: {node.said()[-300:]}")
            report = json.loads(node.asked("doctor", "--json", codes=(0, 1, 3)).decode().splitlines()[-1])
            check(report["ok"], f"doctor at {node.name}: {report}")
    except Failed as reason:
        campaign.violation(points[0].name, str(reason))
    finally:
        harness.close()
        network.close()


def episode(campaign, world, point, rounds):
    rng = campaign.random(point.name)
    network, count = world.network, len(world.nodes)
    hit = rng.sample(range(count), rng.randrange(1, count // 2 + 1))
    others = [index for index in range(count) if index not in hit]
    ended = threading.Event()
    failures = []

    def write_on(indices, rng):
        number = 0
        while not ended.is_set():
            number += 1
            try:
                world.write(rng.choice(indices), f"{point.name} {number}")
            except Failed as reason:
                failures.append(reason)
                return
            time.sleep(0.02)

    writers = [threading.Thread(target=write_on, args=(indices, random.Random(rng.randrange(1 << 40))))
               for indices in (hit, others)]
    for writer in writers:
        writer.start()
    killed = []
    try:
        for index in hit:
            if point.kind == "one-way drop":
                network.drop(index, "-s", network.address(rng.choice(others)))
            elif point.kind == "loss":
                network.drop(index, "-m", "statistic", "--mode", "random", "--probability", f"{rng.uniform(0.05, 0.3):.2f}")
            elif point.kind == "slow link":
                network.slow(index, rng.choice((8, 64, 256)))
            elif point.kind in ("partition", "half-open", "flapping"):
                for other in others:
                    network.drop(index, "-s", network.address(other))
                    network.drop(other, "-s", network.address(index))
        time.sleep(rng.uniform(*EPISODE_SECONDS))
        if point.kind == "half-open":
            # One side goes without a word that gets through, and comes back: the other still holds its connection.
            for index in hit[:2]:
                world.nodes[index].kill()
                killed.append(index)
        if point.kind == "flapping":
            for _ in range(3):
                for index in range(count):
                    network.heal(index)
                time.sleep(rng.uniform(0.05, 0.4))
                for index in hit:
                    for other in others:
                        network.drop(index, "-s", network.address(other))
                time.sleep(rng.uniform(0.05, 0.4))
    finally:
        ended.set()
        for writer in writers:
            writer.join()
        for index in range(count):
            network.heal(index)
        for index in killed:
            world.serve(index, peers_of(index, count))
    if failures:
        raise failures[0]
    rounds.append(world.converge(point.name))
    world.compare(point.name)
    return "healed"


def attempt_storm(campaign, point, folder):
    """Many nodes are in sync with a hub; it is killed, gets news, and comes back; all dial it by themselves."""
    count = STORM if campaign.full else QUICK_STORM
    harness = campaign.harness(folder)
    network = None
    try:
        network = Network(campaign, count + 1)
        world = World(campaign, harness, network, count + 1, campaign.random("storm"))
        hub = world.nodes[0]
        world.serve(0, [])
        for index in range(1, count + 1):
            world.serve(index, [0])
        wait_until(lambda: len(world.digests()) == 1, STORM_SECONDS, "all are in sync with the hub at first", pause=0.5)
        hub.kill()
        hub.run("post", "add", "--title", "news", "--body", "while nobody could hear it")
        began = time.monotonic()
        world.serve(0, [])
        wait_until(lambda: len(world.digests()) == 1, STORM_SECONDS, f"{count} nodes are in sync again", pause=0.5)
        with open(f"/proc/{hub.process.pid}/status") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
        campaign.say(f"storm: {count} nodes in sync again after {time.monotonic() - began:.1f} s; the hub's peak "
                     f"{peak / 1024:.0f} MiB")
        return f"{count} nodes healed"
    finally:
        harness.close()
        if network:
            network.close()
