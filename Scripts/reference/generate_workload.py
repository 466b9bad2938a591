#!/usr/bin/env python3
"""A seeded, deterministic workload in the JSON lines that `plc import` reads.

    generate_workload.py --n 10000 --seed 7 --out FOLDER [--origins 20 --changes 1000]

  records.jsonl          N records: 40 % posts, 45 % feedback, 15 % goals
  inc-a, inc-b.jsonl     changes of two sides in slices of 1, 100, 1000 and 5000, concurrent slice by slice; a tenth of
                         those of b hit a record that a hits in the same slice
  edit-a, edit-b.jsonl   the edit trace: 2.5 % of N edits, 1 % set operations, 0.5 % deletes a side; a fifth overlaps
  origin-01….jsonl       with --origins: short concurrent changes of many origins upon records.jsonl, dealt evenly
  meta.json              counts, bytes, digests

A change never targets a record that was deleted in an earlier slice. `at` grows within a file.
"""

import argparse
import hashlib
import json
import math
import os
import random

BASE_MS = 1_790_000_000_000
DAY_MS = 86_400_000
SLICES = (1, 100, 1000, 5000)

# Arabic words are grown from roots and patterns (1, 2, 3 stand for the letters of the root).
ROOTS = """كتب درس علم قرا فهم شرح سال جوب حلل نقش بحث فكر ركز نظم خطط هدف نجح قدم طور حسن عمل جرب قيس وزن رسم لعب
شرك زور نصح شكر وصف سمع نظر حفظ ذكر عرض جمع قسم ضرب طرح حسب رتب صنف قرن ربط بني صمم نفذ تبع رصد كشف خبر سجل
دعم رشد وجه حفز عزز قوم صحح عدل بدل نقل وصل فتح غلق بدا نهي سهل صعب كثر قلل كبر صغر قرب بعد سرع بطا""".split()
PATTERNS = "123 1ا23 م123 م12و3 12ا3 12ي3 ت123 ت12ي3 ت1ا23 ا12ا3 م1ا23ة 12و3 1123ة ي123 ن123 است12ا3 ان12ا3 م12ا3 12ا3ة 1ا2و3".split()
PREFIXES = ("", "", "", "ال", "ال", "و", "ب", "وال", "لل")
SUFFIXES = ("", "", "", "", "ة", "ات", "ون", "ين", "هم", "نا", "ها", "ي")
ARABIC_SMALL = "في من على الى عن مع هذا هذه ذلك التي الذي كان لم لن قد ثم او كل بعض عند قبل بعد حين كما لكن اذا حتى بين كيف متى".split()
STEMS = """garden seed water soil root leaf branch season harvest row bed path fence tool spade rake bucket shade light
morning evening week month circle round table paper pencil board chalk page line word letter story reader writer number
count measure sort compare guess check prove draw paint sing walk listen answer wonder notice change try repeat pause
share trade borrow lend carry lift build mend plan agree doubt choose vote thank greet invite visit guide trust hope""".split()
ENGLISH_SMALL = (
    "the a of to in and that it for on with as at by from we they our this when what how not more than".split()
)
TOPICS = (
    "fractions",
    "phonics",
    "plants",
    "maps",
    "essays",
    "labs",
    "drama",
    "chess",
    "coding",
    "wellness",
    "calligraphy",
    "كسور",
    "تهجئة",
    "نبات",
    "خرائط",
    "مقال",
    "مختبر",
    "مسرح",
    "شطرنج",
    "برمجة",
    "خط",
    "صحة",
    "بيئة",
    "رحلات",
)
POST_KINDS = ("idea", "resource", "question", "reflection", "lesson", "discussion")
SCALES = ("clarity", "depth", "practice", "inclusion")
STATUSES = ("draft", "active", "blocked", "done", "archived")
LEVELS = ("school", "department", "team", "individual")
BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TEXT_FIELDS = {"title": (40, 12, 90), "description": (150, 30, 600)}
EDITED = {
    "post": {"body": 50, "title": 25, "kind": 15, "community": 10},
    "feedback": {"body": 40, **{scale: 15 for scale in SCALES}},
    "goal": {"progress": 40, "status": 25, "description": 15, "title": 12, "level": 8},
}
SETS = {"post": ("tags", "appreciatedBy", "appreciatedBy"), "feedback": ("appreciatedBy",), "goal": ("evidence",)}


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Prose:
    """Sentences of words and set phrases whose frequencies fall as those of language do."""

    def __init__(self, rng, words, small, phrases):
        rng.shuffle(words)
        self.rng = rng
        self.words, self.total = [], []
        pool = small + words
        stock = [" ".join(self.draw_from(pool, rng) for _ in range(rng.randint(2, 4))) for _ in range(phrases)]
        weighted = [(w, 0.62 / (i + 8) ** 0.95) for i, w in enumerate(pool)] + [
            (p, 0.32 / (i + 20)) for i, p in enumerate(stock)
        ]
        mass = 0.0
        for word, weight in weighted:
            mass += weight
            self.words.append(word)
            self.total.append(mass)

    @staticmethod
    def draw_from(pool, rng):
        return pool[int(len(pool) * rng.random() ** 3)]

    def make(self, length):
        """At most `length` characters, cut between words."""
        out, size, since = [], 0, 0
        while size <= length:
            word = self.rng.choices(self.words, cum_weights=self.total)[0]
            since += 1
            if since > 7 and self.rng.random() < 0.25:
                word, since = word + ".", 0
            out.append(word)
            size += len(word) + 1
        text = " ".join(out)[: length + 1]
        return text[:length] if " " not in text else text[: text.rindex(" ")]


def arabic_words(rng, count):
    words, known = [], set()
    while len(words) < count:
        root, pattern = rng.choice(ROOTS), rng.choice(PATTERNS)
        word = (
            rng.choice(PREFIXES)
            + "".join(root[int(c) - 1] if c in "123" else c for c in pattern)
            + rng.choice(SUFFIXES)
        )
        if word not in known:
            known.add(word)
            words.append(word)
    return words


def english_words(rng):
    return [
        stem + ending
        for stem in STEMS
        for ending in ("", "s", "ing", "ed", "er", "ful")
        if not ending or rng.random() < 0.7
    ]


class Workload:
    def __init__(self, n, seed):
        self.rng = rng = random.Random(f"plc workload {seed} {n}")
        self.n = n
        self.prose = {
            "ar": Prose(rng, arabic_words(rng, 3200), list(ARABIC_SMALL), 4000),
            "en": Prose(rng, english_words(rng), list(ENGLISH_SMALL), 1500),
        }
        self.users = ["usr_" + self.base32(12) for _ in range(max(40, n // 200))]
        self.communities = ["com_" + self.base32(12) for _ in range(5 + n // 2000)]
        self.ids, self.kinds, self.sets, self.posts, self.dead = [], [], [], [], set()
        self.now = BASE_MS

    def base32(self, digits):
        return "".join(self.rng.choices(BASE32, k=digits))

    def identifier(self, ms):
        return "".join(BASE32[ms >> 5 * i & 31] for i in reversed(range(10))) + self.base32(16)

    def user(self):
        """Some users are far more active than others."""
        return (
            self.users[int(len(self.users) ** self.rng.random() - 1 + 1e-9)]
            if self.rng.random() < 0.8
            else self.rng.choice(self.users)
        )

    def users_up_to(self, limit, rate):
        return sorted({self.user() for _ in range(min(limit, int(self.rng.expovariate(rate))))})

    def language(self):
        return "en" if self.rng.random() < 0.2 else "ar"

    def text(self, mean, low, high, language=None):
        length = mean * 0.9 * math.exp(self.rng.gauss(0, 0.45))
        return self.prose[language or self.language()].make(int(min(high, max(low, length))))

    def record(self, ms, short=False):
        rng, draw, language = self.rng, self.rng.random(), self.language()
        id = self.identifier(ms)
        author = self.user()
        if not self.posts or draw < 0.40 and not short:
            body = self.text(400, 60, 1600, language)
            fields = {
                "title": self.text(40, 12, 90, language),
                "body": body,
                "kind": rng.choice(POST_KINDS),
                "author": author,
                "community": rng.choice(self.communities),
                "createdAt": ms,
            }
            self.posts.append(id)
            return {
                "id": id,
                "t": "post",
                "f": fields,
                "s": {
                    "tags": rng.sample(TOPICS, rng.choice((0, 1, 1, 2, 2, 3, 4, 5))),
                    "appreciatedBy": self.users_up_to(12, 0.45),
                },
            }
        if draw < 0.85:
            fields = {
                "post": rng.choice(self.posts),
                "author": author,
                "body": self.text(60 if short else 200, 30, 900, language),
                "createdAt": ms,
                **{scale: rng.randint(1, 4) for scale in SCALES},
            }
            return {
                "id": id,
                "t": "feedback",
                "f": fields,
                "s": {"appreciatedBy": [] if short else self.users_up_to(6, 1.0)},
            }
        fields = {
            "title": self.text(40, 12, 90, language),
            "description": self.text(50 if short else 150, 30, 600, language),
            "level": rng.choice(LEVELS),
            "status": rng.choice(STATUSES),
            "progress": rng.randint(0, 100),
            "owner": author,
            "createdAt": ms,
        }
        return {
            "id": id,
            "t": "goal",
            "f": fields,
            "s": {"evidence": rng.sample(self.posts, min(len(self.posts), rng.choice((0, 0, 1, 2, 3, 4))))},
        }

    def remember(self, record):
        self.ids.append(record["id"])
        self.kinds.append(record["t"])
        self.sets.append(record["s"])

    def value(self, kind, field):
        rng = self.rng
        if field in TEXT_FIELDS:
            return self.text(*TEXT_FIELDS[field])
        if field == "body":
            return self.text(400 if kind == "post" else 200, 30, 1600)
        choices = {
            "kind": POST_KINDS,
            "community": self.communities,
            "level": LEVELS,
            "status": STATUSES,
            "progress": range(101),
        }
        return rng.choice(choices.get(field, range(1, 5)))

    def change(self, action, i, at, short=False):
        rng = self.rng
        if action == "new":
            record = self.record(at, short)
            return {"id": record["id"], "t": record["t"], "at": at, "new": True, "f": record["f"], "s": record["s"]}
        kind = self.kinds[i]
        line = {"id": self.ids[i], "t": kind, "at": at}
        if action == "del":
            return {**line, "del": True}
        if action == "rem":
            held = [(field, element) for field, elements in sorted(self.sets[i].items()) for element in elements]
            if held:
                field, element = rng.choice(held)
                return {**line, "s-": {field: [element]}}
        if action in ("add", "rem"):
            field = rng.choice(SETS[kind])
            element = (
                rng.choice(TOPICS)
                if field == "tags"
                else self.user() if field == "appreciatedBy" else rng.choice(self.posts)
            )
            return {**line, "s+": {field: [element]}}
        weights = {f: w for f, w in EDITED[kind].items() if not short or f != "body" and f != "description"}
        fields = rng.choices(list(weights), list(weights.values()))
        if rng.random() < 0.4:
            fields.append(rng.choice([f for f in weights if f not in fields]))
        return {**line, "f": {f: self.value(kind, f) for f in fields}}

    def concurrent(self, plan, overlap, files):
        """Every side carries out the plan without seeing the others; then all know all."""
        everywhere, first, died, fresh, longest = len(self.ids), [], set(), [], 0
        for side, file in enumerate(files):
            actions, at, mine = list(plan), self.now, set()
            self.rng.shuffle(actions)
            for action in actions:
                at += self.rng.randint(900, 2700)
                i = None
                while action != "new":
                    again = side and first and self.rng.random() < overlap
                    i = self.rng.choice(first) if again else self.rng.randrange(everywhere)
                    if i not in self.dead and i not in mine:
                        break
                if action == "del":
                    mine.add(i)
                if not side and i is not None:
                    first.append(i)
                line = self.change(action, i, at + side)
                if action == "new":
                    fresh.append(line)
                file.write(dump(line) + "\n")
            died |= mine
            longest = max(longest, at)
        self.now = longest + 1000
        self.dead |= died
        for line in fresh:
            self.remember(line)

    def origins(self, count, changes, folder):
        """Short changes of many origins upon records.jsonl, unaware of the traces: the realistic mix of small work."""
        base, sizes, self.dead = self.n, [], set()
        self.posts = [id for id, kind in zip(self.ids[:base], self.kinds) if kind == "post"]
        for origin in range(count):
            at = self.now
            with open(os.path.join(folder, f"origin-{origin + 1:02}.jsonl"), "w", encoding="utf-8") as file:
                for _ in range(changes // count + (origin < changes % count)):
                    at += self.rng.randint(900, 2700)
                    (action,) = self.rng.choices(("f", "add", "rem", "new", "del"), (50, 18, 4, 26, 2))
                    i = None
                    while action != "new" and (i is None or i in self.dead):
                        i = self.rng.randrange(base)
                    if action == "del":
                        self.dead.add(i)
                    line = dump(self.change(action, i, at + origin, short=True)) + "\n"
                    sizes.append(len(line.encode()))
                    file.write(line)
        return sizes


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--n", type=int, required=True)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--out", required=True)
    options.add_argument("--origins", type=int, default=0)
    options.add_argument("--changes", type=int, default=1000)
    o = options.parse_args()
    os.makedirs(o.out, exist_ok=True)
    path = lambda name: os.path.join(o.out, name + ".jsonl")
    work = Workload(o.n, o.seed)
    meta = {
        "n": o.n,
        "seed": o.seed,
        "types": {"post": 0, "feedback": 0, "goal": 0},
        "lww_fields": 0,
        "set_elements": 0,
    }
    digest, size, step = hashlib.sha256(), 0, max(1, 400 * DAY_MS // o.n)
    with open(path("records"), "w", encoding="utf-8") as file:
        for i in range(o.n):
            record = work.record(BASE_MS - (o.n - i) * step)
            work.remember(record)
            meta["types"][record["t"]] += 1
            meta["lww_fields"] += len(record["f"])
            meta["set_elements"] += sum(map(len, record["s"].values()))
            line = dump(record) + "\n"
            file.write(line)
            digest.update(line.encode())
            size += len(line.encode())
    meta["records_bytes"], meta["records_sha256"] = size, digest.hexdigest()[:16]
    names = ["inc-a", "inc-b", "edit-a", "edit-b"]
    with open(path("inc-a"), "w", encoding="utf-8") as a, open(path("inc-b"), "w", encoding="utf-8") as b:
        for count in SLICES:
            plan = (
                work.rng.choices(("f", "add", "rem", "new", "del"), (65, 20, 8, 5, 2), k=count) if count > 1 else ["f"]
            )
            work.concurrent(plan, 0.10, (a, b))
    with open(path("edit-a"), "w", encoding="utf-8") as a, open(path("edit-b"), "w", encoding="utf-8") as b:
        shares = {"f": 25, "add": 6, "rem": 4, "del": 5}
        work.concurrent([action for action, share in shares.items() for _ in range(o.n * share // 1000)], 0.20, (a, b))
    meta["inc_changes_per_side"] = list(SLICES)
    meta["edit_changes_per_side"] = sum(o.n * share // 1000 for share in (25, 6, 4, 5))
    if o.origins:
        sizes = work.origins(o.origins, o.changes, o.out)
        meta["origins"], meta["origin_changes"], meta["origin_bytes"] = o.origins, len(sizes), sum(sizes)
    for name in names:
        meta[name.replace("-", "_") + "_bytes"] = os.path.getsize(path(name))
    with open(os.path.join(o.out, "meta.json"), "w", encoding="utf-8") as file:
        json.dump(meta, file, indent=1)
    print(dump(meta))


if __name__ == "__main__":
    main()
