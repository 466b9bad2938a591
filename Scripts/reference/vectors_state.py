"""Vectors of Specs/clock.md and Specs/data-model.md."""
import plcref as p
from vectorfile import Book
from vectors_bytes import GENESIS, KEY_A, KEY_B, KEY_C, SPACE

NAMES = {"A": (KEY_A, 1, 1), "B": (KEY_B, 1, 1), "C": (KEY_C, 1, 1), "E": (KEY_A, 2, 1), "F": (KEY_B, 2, 1), "A'": (KEY_A, 1, 2),
         "P": (KEY_A, 0, 1), "Q": (KEY_B, 0, 1), "R": (KEY_C, 0, 1)}
IDS = {name: p.log_id(channel, p.log_id32(SPACE, key, channel, epoch)) for name, (key, channel, epoch) in NAMES.items()}
# The story tellers are ordered by LogID so that "the greater log" can be said by name.
assert len(set(IDS.values())) == len(IDS)
LOW, MID, HIGH = sorted("ABC", key=lambda name: IDS[name])
VOID, TOP = 1 << 63, (1 << 63) - 1


class At:
    """A dot by the name of its log; becomes [ref, seq, op] in the change that it stands in."""

    def __init__(self, log, seq, op=0):
        self.log, self.seq, self.op = log, seq, op


class Story:
    """Leaves by log name, written as Python values."""

    def __init__(self):
        self.logs = {}

    def leaf(self, log, hlc, *ops, ext=None):
        refs = []

        def lower(x):
            if isinstance(x, At):
                if x.log == log:
                    return [0, x.seq, x.op]
                if IDS[x.log] not in refs:
                    refs.append(IDS[x.log])
                return [refs.index(IDS[x.log]) + 1, x.seq, x.op]
            if isinstance(x, (list, tuple)):
                return [lower(y) for y in x]
            if isinstance(x, dict):
                return {k: lower(v) for k, v in x.items()}
            return x

        lowered = lower(ops)
        self.raw(log, p.encode([hlc, refs, lowered] + ([ext] if ext is not None else [])))
        return self

    def raw(self, log, leaf):
        self.logs.setdefault(log, []).append(leaf)
        return self

    def built(self):
        return [p.Log(IDS[name], NAMES[name][0], leaves) for name, leaves in sorted(self.logs.items())]


def story_pairs(logs):
    pairs = [("log", f"{log.id.hex()} {log.key.hex()}") for log in logs]
    return pairs + [("leaf", f"{i} {leaf.hex()}") for i, log in enumerate(logs, 1) for leaf in log.leaves]


def state_pairs(state):
    return [("state", line) for line in p.describe_state(state)] + [("digest", p.digest(state))]


def clock():
    book = Book("Stamps: the next stamp (C-4), effective stamps (C-7) and when a writer gives `over` (C-9).")
    day = 1_790_000_000_000
    for name, comment, now, last in [
            ("first", "C-4: the first stamp", day, 0), ("past-last", "C-4: last is older", day, (day - 5) << 16 | 9),
            ("same-ms", "C-4: last in the same ms", day, day << 16 | 9), ("last-ahead", "C-4: last a minute ahead", day, (day + 60_000) << 16),
            ("lead", "C-4: last exactly 10 minutes ahead", day, (day + 600_000) << 16), ("lead-1", "C-4: one tick more", day, ((day + 600_000) << 16) + 1),
            ("last-2099", "C-4: last far ahead does not carry the clock along", day, 4_070_908_800_000 << 16),
            ("carry", "C-4: the counter overflows into the ms", day, (day << 16) + 0xFFFF), ("epoch", "C-2: a clock at 0", 0, 0),
            ("dead-battery", "C-4: a clock in 1970 that has seen today", 1000, day << 16 | 3), ("negative", "C-2: a clock before 1970", -5, 0),
            ("greatest-clock", "C-2: the greatest reading", 2**47 - 1, 0), ("beyond-clock", "C-2: readings are clamped", 2**60, 0),
            ("saturated", "C-4: never 2^63", 2**47 - 1, TOP), ("almost", "C-4: the last stamp of all", 2**47 - 1, TOP - 1)]:
        book.add(f"next-{name}", comment, ("now", now), ("last", last), ("stamp", p.next_stamp(now, last)))
    for name, comment, hlc, over in [
            ("plain", "C-7: no over", 5, None), ("below", "C-7: over below the stamp", 5, 3), ("one-below", "C-7: over + 1 is the stamp", 5, 4),
            ("equal", "C-7: over equal to the stamp", 5, 5), ("above", "C-7: over above", 5, 9), ("top", "C-7: saturates", 5, TOP), ("top-1", "C-7: one below the greatest", 5, TOP - 1),
            ("void-over", "C-7: an over of 2^63 saturates too", 5, VOID), ("max-over", "C-7: over + 1 must not wrap", 5, 2**64 - 1), ("hlc-top", "C-5: the greatest stamp that counts", TOP, None),
            ("void", "C-5: a set with a void stamp is a no-op", VOID, None), ("void-with-over", "C-5: with over too", VOID, 3), ("void-max", "C-5: the greatest stamp of all", 2**64 - 1, 2**64 - 1)]:
        eff = p.effective_stamp(hlc, over)
        book.add(f"eff-{name}", comment, ("hlc", hlc), *([("over", over)] if over is not None else []), ("eff", "none" if eff is None else eff))
    for name, comment, stamps in [("none", "C-3: nothing yet", []), ("greatest", "C-3: the greatest, not the latest", [5, 9, 7]),
                                  ("void", "C-3: void stamps do not count", [5, VOID, 2**64 - 1]), ("top", "C-3: the greatest that counts", [TOP, VOID])]:
        book.add(f"last-{name}", comment, *[("applied", stamp) for stamp in stamps], ("last", p.last_stamp(stamps)))
    for name, comment, shown, hlc in [("older", "C-9: the shown value is older", 4, 5), ("equal", "C-9: equally old", 5, 5), ("newer", "C-9: newer", 9, 5), ("top", "C-9: the greatest", TOP, 5)]:
        over = p.over_needed(shown, hlc)
        book.add(f"over-{name}", comment, ("shown", shown), ("hlc", hlc), ("over", "none" if over is None else over))
    return book


def stories():
    """(name, comment, Story)."""
    a, b = LOW, HIGH   # b has the greater LogID
    create = lambda *more: [0, 1, {0: "t"}, *more]
    post = lambda: Story().leaf(a, 100, create())
    r = At(a, 1)
    yield "empty", "D-28: no leaves at all", Story()
    yield "create", "D-10: a record with an initial value", post()
    yield "create-no-fields", "D-10: a record without fields", Story().leaf(a, 1, [0, 5, {}])
    yield "two-in-one-change", "D-10: two records of one change", Story().leaf(a, 1, [0, 5, {}], [0, 5, {}])
    yield "lww-later", "C-8 D-15 D-27: the later stamp wins", post().leaf(a, 200, [1, r, {0: "a"}]).leaf(b, 150, [1, r, {0: "b"}])
    yield "lww-older-set", "D-15: a set older than the create loses to the initial value", post().leaf(b, 50, [1, r, {0: "b"}])
    yield "lww-tie-log", "C-8: equal stamps, the greater LogID wins", post().leaf(b, 150, [1, r, {0: "b"}]).leaf(a, 150, [1, r, {0: "a"}])
    yield "lww-tie-create", "C-8: a set with the create's stamp from a greater log wins", post().leaf(b, 100, [1, r, {0: "b"}])
    yield "lww-tie-seq", "C-8: equal stamps in one log, the greater seq wins", post().leaf(a, 150, [1, r, {0: "x"}]).leaf(a, 150, [1, r, {0: "y"}])
    yield "lww-tie-op", "C-8: equal stamps in one change, the greater op wins", post().leaf(a, 150, [1, r, {0: "x"}], [1, r, {0: "w"}])
    yield "lww-backwards", "C-6: stamps that go backwards in a log", post().leaf(a, 300, [1, r, {0: "x"}]).leaf(a, 200, [1, r, {0: "y"}])
    yield "lww-null", "D-15: null is a value", post().leaf(a, 200, [1, r, {0: None}])
    yield "lww-two-fields", "D-15: fields win apart", post().leaf(a, 200, [1, r, {0: "a", 1: 1}]).leaf(b, 300, [1, r, {1: 2}])
    yield "lww-same-change", "D-15: create and set in one change", Story().leaf(a, 100, create(), [1, 0, {0: "u", 3: 1}])
    yield "int-and-float", "E-14: 1 and 1.0 are different values", post().leaf(a, 200, [1, r, {1: 1, 2: p.Float(1.0)}])
    yield "field-name-and-number", "E-23: the field 1 and the field \"1\" are two fields", post().leaf(a, 200, [1, r, {1: "n", "1": "t"}])
    yield "over", "C-7: a correction of a value stamped far ahead", post().leaf(b, 10**15, [1, r, {0: "2099"}]).leaf(a, 200, [1, r, {0: "now"}, 10**15])
    yield "over-without", "C-7: the same without over loses", post().leaf(b, 10**15, [1, r, {0: "2099"}]).leaf(a, 200, [1, r, {0: "now"}])
    yield "over-tie", "C-7 C-8: two corrections of one value, then the greater log", \
        post().leaf(b, 10**15, [1, r, {0: "2099"}]).leaf(a, 300, [1, r, {0: "a"}, 10**15]).leaf(b, 200, [1, r, {0: "b"}, 10**15])
    yield "over-below", "C-7: over below the own stamp changes nothing", post().leaf(a, 200, [1, r, {0: "x"}, 5])
    yield "over-saturated", "C-7: at the greatest stamp the LogID decides", post().leaf(b, TOP, [1, r, {0: "top"}]).leaf(a, 300, [1, r, {0: "a"}, TOP])
    yield "over-max", "C-7: over of 2^64 - 1", post().leaf(a, 300, [1, r, {0: "a"}, 2**64 - 1]).leaf(a, 301, [1, r, {0: "b"}, TOP - 1])
    yield "void-set", "C-5: a set stamped 2^63 is a no-op", post().leaf(b, VOID, [1, r, {0: "void", 9: 1}]).leaf(b, 2**64 - 1, [1, r, {0: "void"}, 5])
    yield "void-create", "C-5: a create with a void stamp counts as 0", Story().leaf(a, VOID, create()).leaf(a, 1, [1, r, {0: "x"}])
    yield "void-create-tie", "C-5: stamp 0 against stamp 0", Story().leaf(b, 2**64 - 1, create()).leaf(a, 0, [1, At(b, 1), {0: "x"}])
    yield "void-add", "C-5: adds with void stamps count as 0", post().leaf(a, VOID, [2, r, 1, "x"]).leaf(b, 3, [2, r, 1, "y"])
    yield "void-birth", "C-5 D-26 D-27: birth operations with a void stamp", Story().leaf(a, VOID, create(), [2, 0, 1, "x"])
    yield "void-rem-del", "C-5: rem and del count whatever the stamp", \
        post().leaf(a, 5, [2, r, 1, "x"]).leaf(b, VOID, [3, r, 1, [At(a, 2)]]).leaf(b, 1, [0, 2, {}]).leaf(a, VOID, [4, At(b, 2)])
    yield "greatest-set", "C-5: the greatest stamp that counts", post().leaf(a, TOP, [1, r, {0: "x"}])
    yield "add", "D-17: two elements", post().leaf(a, 200, [2, r, "tags", "x"], [2, r, "tags", "y"])
    yield "add-same", "D-19: one element by two dots", post().leaf(a, 200, [2, r, 1, "x"]).leaf(b, 201, [2, r, 1, "x"])
    yield "add-wins", "D-18 D-19: a remove takes only what it saw", post().leaf(a, 200, [2, r, 1, "x"]).leaf(b, 300, [3, r, 1, [At(a, 2)]]).leaf(a, 250, [2, r, 1, "x"])
    yield "rem-all-seen", "D-18: a remove of both dots", post().leaf(a, 200, [2, r, 1, "x"]).leaf(b, 201, [2, r, 1, "x"]).leaf(a, 300, [3, r, 1, [At(a, 2), At(b, 1)]])
    yield "rem-older-stamp", "D-18: a remove with an older stamp removes", post().leaf(a, 200, [2, r, 1, "x"]).leaf(b, 1, [3, r, 1, [At(a, 2)]])
    yield "rem-twice", "D-18: removed twice, listed twice", post().leaf(a, 200, [2, r, 1, "x"]).leaf(b, 300, [3, r, 1, [At(a, 2), At(a, 2)]]).leaf(a, 300, [3, r, 1, [At(a, 2)]])
    yield "rem-other-field", "D-18: listed under another field", post().leaf(a, 200, [2, r, 1, "x"]).leaf(b, 300, [3, r, 2, [At(a, 2)]], [3, r, "1", [At(a, 2)]])
    yield "rem-other-record", "D-18: listed under another record", post().leaf(a, 150, create()).leaf(a, 200, [2, r, 1, "x"]).leaf(b, 300, [3, At(a, 2), 1, [At(a, 3)]])
    yield "rem-no-dot", "D-18: dots that are no add, or never come", post().leaf(a, 200, [2, r, 1, "x"]).leaf(b, 300, [3, r, 1, [At(a, 1), At(a, 99), At(MID, 1)]])
    yield "rem-before-add", "D-18 D-23: the remove names an add that came later", post().leaf(a, 1, [3, r, 1, [At(a, 3)]]).leaf(a, 200, [2, r, 1, "x"])
    yield "readd", "D-19: added again after the remove", post().leaf(a, 200, [2, r, 1, "x"]).leaf(a, 300, [3, r, 1, [At(a, 2)]]).leaf(a, 400, [2, r, 1, "x"])
    yield "rem-mixed-channels", "D-12 D-18: a dot of another channel removes nothing, the others of the list do", \
        post().leaf(a, 200, [2, r, 1, "x"]).leaf("F", 1, [0, 1, {}], [2, 0, 1, "z"]).leaf(b, 300, [3, r, 1, [At("F", 1, 1), At(a, 2)]])
    yield "multi-replace", "D-21: a version replaces the one it saw", post().leaf(a, 200, [2, r, 5, "v1"]).leaf(b, 300, [2, r, 5, "v2", [At(a, 2)]])
    yield "multi-concurrent", "D-20: two versions side by side, the later shown", \
        post().leaf(a, 200, [2, r, 5, "v1"]).leaf(a, 300, [2, r, 5, "va", [At(a, 2)]]).leaf(b, 310, [2, r, 5, "vb", [At(a, 2)]])
    yield "multi-tie", "D-20: equal stamps, the greater LogID shown", post().leaf(b, 300, [2, r, 5, "vb"]).leaf(a, 300, [2, r, 5, "va"])
    yield "multi-resolve", "D-21: a third version replaces both", \
        post().leaf(a, 200, [2, r, 5, "va"]).leaf(b, 210, [2, r, 5, "vb"]).leaf(a, 300, [2, r, 5, "vc", [At(a, 2), At(b, 1)]])
    yield "multi-older-replaces", "D-20 D-21: a replacement with an older stamp replaces all the same", post().leaf(b, 10**15, [2, r, 5, "2099"]).leaf(a, 300, [2, r, 5, "now", [At(b, 1)]])
    yield "multi-void-loses", "C-5 D-20: a version with a void stamp is shown last", post().leaf(b, VOID, [2, r, 5, "void"]).leaf(a, 1, [2, r, 5, "one"])
    yield "seen-self", "D-18: an add that lists itself is removed", post().leaf(a, 200, [2, r, 1, "x", [At(a, 2)]])
    yield "seen-other-field", "D-18: seen under another field removes nothing", post().leaf(a, 200, [2, r, 1, "x"]).leaf(a, 300, [2, r, 2, "y", [At(a, 2)]])
    yield "seen-chain", "D-18: a removed add still removes what it saw", \
        post().leaf(a, 200, [2, r, 5, "v1"]).leaf(a, 300, [2, r, 5, "v2", [At(a, 2)]]).leaf(a, 400, [2, r, 5, "v3", [At(a, 3)]])
    yield "seen-cycle", "D-18: two adds that list each other are both removed", post().leaf(a, 200, [2, r, 1, "x", [At(a, 2, 1)]], [2, r, 1, "y", [At(a, 2, 0)]])
    yield "register-and-dots", "D-22 D-27: a field used as register and as set", post().leaf(a, 200, [1, r, {1: "reg"}], [2, r, 1, "el"])
    yield "birth", "D-26 D-27: birth operations", Story().leaf(a, 100, create(), [2, 0, 1, "x"], [2, 0, 1, "y"])
    yield "birth-removed", "D-26 D-27: a removed birth operation", Story().leaf(a, 100, create(), [2, 0, 1, "x"], [2, 0, 1, "y"]).leaf(b, 200, [3, r, 1, [At(a, 1, 1)]])
    yield "birth-not-by-dot", "D-26: an add by dot in the same change is no birth operation", Story().leaf(a, 100, create(), [2, At(a, 1), 1, "x"])
    yield "birth-not-with-seen", "D-26: nor one with seen", Story().leaf(a, 100, create(), [2, 0, 1, "x", [At(a, 7)]])
    yield "birth-two-records", "D-26: birth operations of two records in turn", Story().leaf(a, 100, create(), create(), [2, 1, 1, "b"], [2, 0, 1, "a"], [2, 1, 1, "c"])
    yield "birth-rem-same-change", "D-26: removed in the change of its birth", Story().leaf(a, 100, create(), [2, 0, 1, "x"], [3, 0, 1, [At(a, 1, 1)]])
    yield "birth-change-removed", "D-26: removals of dots of the create's change that no birth operation made, each once", \
        Story().leaf(a, 100, create(), [2, At(a, 1), 1, "x"]) \
        .leaf(a, 200, [3, r, 1, [At(a, 1, 0), At(a, 1, 1), At(a, 1, 9)]]).leaf(b, 200, [3, r, 1, [At(a, 1, 9), At(a, 1, 9)]], [2, r, 1, "y", [At(a, 1, 9)]])
    yield "birth-change-other-record", "D-26: a dot of the change that made another record too counts once under each", \
        Story().leaf(a, 100, create(), create(), [2, 0, 1, "x"]).leaf(b, 200, [3, At(a, 1, 1), 1, [At(a, 1, 2)]])
    yield "rem-with-create", "D-18 D-23: a rem in the create's change names an add that waits for the create", \
        Story().leaf(b, 50, [2, r, 1, "x"]).leaf(a, 100, create(), [3, 0, 1, [At(b, 1)]])
    yield "del", "D-14: a deleted record leaves nothing", post().leaf(a, 200, [2, r, 1, "x"]).leaf(b, 300, [4, r])
    yield "del-vs-edit", "D-14: delete wins over concurrent and later edits", post().leaf(b, 200, [4, r]).leaf(a, 300, [1, r, {0: "x"}], [2, r, 1, "x"])
    yield "del-twice", "D-14: deleted by two", post().leaf(a, 200, [4, r]).leaf(b, 200, [4, r])
    yield "del-same-change", "D-14: created and deleted in one change", Story().leaf(a, 100, create(), [4, 0])
    yield "del-one-of-two", "D-14: the other record stays", Story().leaf(a, 100, create(), create()).leaf(b, 200, [4, At(a, 1, 1)])
    yield "waiting", "D-12 D-23: operations of one log on a record of another that is read later", \
        Story().leaf(a, 300, [1, At(b, 1), {0: "x"}], [2, At(b, 1), 1, "x"]).leaf(b, 100, create())
    yield "waiting-for-ever", "D-12: the record never comes", Story().leaf(a, 300, [1, At(b, 1), {0: "x"}], [4, At(b, 1)])
    yield "target-no-create", "D-12: the dot is no create", post().leaf(a, 200, [1, r, {0: "x"}]).leaf(b, 300, [1, At(a, 2), {0: "y"}], [1, At(a, 1, 7), {0: "z"}])
    yield "forward-dot", "E-22: a set before its create in one change, by dot", Story().leaf(a, 100, [1, At(a, 1, 1), {3: "x"}], create())
    yield "other-channel", "D-12: operations on a record of another channel are ignored", \
        post().leaf("E", 200, [1, r, {0: "x"}]).leaf("F", 200, [2, r, 1, "x"], [4, r])
    yield "two-channels", "D-12: each channel has its records", post().leaf("E", 200, create()).leaf("F", 300, [1, At("E", 1), {0: "x"}])
    yield "owned-other-key", "D-13: fields 0 to 63 and del count from the creating key only", \
        Story().leaf(a, 100, create(1)).leaf(b, 200, [1, r, {0: "x", 63: "x"}], [4, r])
    yield "owned-own-key", "D-13: from the creating key they count", Story().leaf(a, 100, create(1)).leaf(a, 200, [1, r, {0: "x"}])
    yield "owned-own-key-del", "D-13: the creating key deletes", Story().leaf(a, 100, create(1)).leaf(a, 200, [4, r])
    yield "owned-epoch", "D-13: another epoch of the creating key", Story().leaf("A", 100, create(1)).leaf("A'", 200, [1, At("A", 1), {0: "x"}])
    yield "owned-wide-fields", "D-13: field 64 and named fields count from every key", \
        Story().leaf(a, 100, create(1)).leaf(b, 200, [1, r, {64: "x", "note": "y"}], [2, r, 64, "thanks"], [2, r, "votes", 1])
    yield "owned-mixed-set", "D-13: a set counts for the fields that it may write", Story().leaf(a, 100, create(1)).leaf(b, 200, [1, r, {0: "no", 1: "no", 65: "yes"}])
    yield "owned-foreign-add", "D-13: an add to field 5 by another key, and its seen, are ignored", \
        Story().leaf(a, 100, create(1), [2, 0, 5, "mine"]).leaf(b, 200, [2, r, 5, "theirs", [At(a, 1, 1)]])
    yield "owned-foreign-rem", "D-13: a rem on field 5 by another key is ignored, on field 64 it counts", \
        Story().leaf(a, 100, create(1), [2, 0, 5, "mine"], [2, 0, 64, "wide"]).leaf(b, 200, [3, r, 5, [At(a, 1, 1)]], [3, r, 64, [At(a, 1, 2)]])
    yield "unowned", "D-13: without the flag every key writes", post().leaf(b, 200, [1, r, {0: "x"}])
    key = ["member", 7]
    yield "keyed", "D-11 D-27: a keyed record and a field", Story().leaf(a, 100, [6, 9, key], [1, 0, {0: "x"}])
    yield "keyed-twice", "D-11: created by two logs, one record; each writes by its own create", \
        Story().leaf(a, 100, [6, 9, key], [1, 0, {0: "a", 1: 1}]).leaf(b, 90, [6, 9, key], [1, 0, {0: "b", 2: 2}])
    yield "keyed-sets", "D-11: dots of both creates name one set", \
        Story().leaf(a, 100, [6, 9, key], [2, 0, 1, "x"]).leaf(b, 90, [6, 9, key], [3, 0, 1, [At(a, 1, 1)]], [2, 0, 1, "y"])
    yield "keyed-foreign-dot", "D-12: the other log's create names the record, but not for this log", Story().leaf(a, 100, [6, 9, key]).leaf(b, 200, [1, At(a, 1), {0: "b"}])
    yield "keyed-foreign-dot-own", "D-12: nor where this log has made the record too", \
        Story().leaf(a, 100, [6, 9, key]).leaf(b, 200, [6, 9, key], [1, At(a, 1), {0: "b"}], [1, 0, {1: "b"}])
    yield "keyed-forward", "D-12: nor does an operation on a keyed record count before it is made, here or in the change before", \
        Story().leaf(a, 100, [1, At(a, 2), {0: "b"}]).leaf(a, 200, [1, At(a, 2, 1), {1: "b"}], [6, 9, key], [1, 1, {2: "b"}])
    yield "keyed-later-dot", "D-12: an own earlier create, by dot", Story().leaf(a, 100, [6, 9, key]).leaf(a, 200, [6, 9, key], [1, At(a, 1), {0: "b"}])
    yield "keyed-del", "D-11: a del of a keyed record is ignored", Story().leaf(a, 100, [6, 9, key], [1, 0, {0: "x"}]).leaf(a, 200, [4, At(a, 1)])
    yield "keyed-other-kind", "D-11: another kind, another key: other records", Story().leaf(a, 100, [6, 9, key], [6, 8, key], [6, 9, ["member", p.Float(7.0)]])
    yield "keyed-other-channel", "D-11: another channel, another record", Story().leaf("A", 100, [6, 9, key]).leaf("E", 100, [6, 9, key], [1, 0, {0: "e"}])
    yield "keyed-void", "C-5: a keyed with a void stamp", Story().leaf(a, VOID, [6, 9, key]).leaf(a, 5, [1, At(a, 1), {0: "x"}])
    yield "keyed-adds-not-birth", "D-26: adds to a keyed record are no birth operations", Story().leaf(a, 100, [6, 9, key], [2, 0, 1, "x"])
    yield "keyed-null", "D-11: null as key", Story().leaf(a, 100, [6, 0, None])
    yield "bad-op-among-good", "E-33: one malformed operation among good ones", Story().leaf(a, 100, create(), [1, 0, {}], [2, 0, 1, "x"], [2, 0], [1, 0, {1: 1}])
    yield "unknown-op", "D-25 E-33: operations of the future", Story().leaf(a, 100, create(), [16, 0, "?"], [40, 0], [5, 0, 1, 1, 0], [1, 0, {1: 1}])
    yield "unknown-fields-kinds", "D-25: unknown kinds and fields are kept", Story().leaf(a, 100, [0, 2**64 - 1, {65535: {"deep": [1]}, "x" * 64: None}])
    yield "ext", "E-18: ext changes nothing", post().leaf(a, 200, [1, r, {0: "x"}], ext={0: b"salt", 99: []})
    yield "not-a-change", "E-19: leaves that hold no change keep their seq", post().raw(a, b"\xff\x00").raw(a, b"hello").leaf(a, 300, [0, 1, {}], [1, r, {0: "x"}])
    yield "data-not-control", "E-34: control operations in a data log", post().leaf(a, 200, [32, KEY_C, 3], [64, KEY_C, 3, 5])
    yield "control-leaves", "E-34 D-5: a channel-0 log makes no records", post().leaf("P", 200, [0, 1, {}], [1, At("A", 1), {0: "x"}], [4, At("A", 1)])
    yield "reserved-flag", "E-25: a create with a reserved flag makes no record", Story().leaf(a, 100, [0, 1, {}, 2], [1, At(a, 1), {0: "x"}])
    yield "equal-creates", "D-10: equal creates are different records", post().leaf(a, 100, create()).leaf(b, 100, create())
    yield "reference", "E-24: a reference is a value", post().leaf(a, 200, [0, 2, {1: p.Tag(40002, [0, 1, 0])}])
    yield "three-writers", "D-23: registers, sets and versions of three logs together", \
        Story().leaf(a, 100, create(), [2, 0, 5, "v0"], [2, 0, 1, "t1"]) \
        .leaf(MID, 120, [1, r, {0: "m"}], [2, r, 5, "vm", [At(a, 1, 1)]], [3, r, 1, [At(a, 1, 2)]]) \
        .leaf(b, 120, [1, r, {0: "h"}], [2, r, 5, "vh", [At(a, 1, 1)]], [2, r, 1, "t1"]) \
        .leaf(a, 119, [1, r, {0: "l", 3: [1, 2]}])


def fold():
    book = Book("Histories and their state. All logs count. Each leaf is `log index, bytes`, in order of seq; state lines are sorted.")
    for name, comment, story in stories():
        logs = story.built()
        book.add(name, comment, *story_pairs(logs), *state_pairs(p.fold(logs)))
    return book


def membership():
    book = Book("Genesis, logs of several keys, and who counts: roles, invitations, upgrade, and the state of the counting logs.")
    D, F = KEY_C, KEY_B
    far = 4_000_000_000_000
    genesis_two = p.encode([1, 1, [KEY_A, KEY_B], bytes(range(16))])
    data = lambda story, log: story.leaf(log, 100, [0, 1, {0: "x"}])
    cases = [
        ("founder", "D-1 D-4: a founder writes", GENESIS, data(Story(), "A")),
        ("nobody", "D-3 D-4: a key without role does not count", GENESIS, data(Story(), "B")),
        ("writer", "D-2 D-4: a granted writer", GENESIS, data(Story().leaf("P", 1, [32, F, 2]), "B")),
        ("reader", "D-4: a reader's log does not count", GENESIS, data(Story().leaf("P", 1, [32, F, 1]), "B")),
        ("relay", "D-4: a relay's log does not count", GENESIS, data(Story().leaf("P", 1, [32, F, 0]), "B")),
        ("steward", "D-1: a steward's grants count", GENESIS, data(Story().leaf("P", 1, [32, F, 3]).leaf("Q", 2, [32, D, 2]), "C")),
        ("steward-no-order", "D-2 D-8: also those stamped before the author became a steward", GENESIS, data(Story().leaf("P", 100, [32, F, 3]).leaf("Q", 2, [32, D, 2]), "C")),
        ("writer-grants", "D-2: a writer's grants do not count", GENESIS, data(Story().leaf("P", 1, [32, F, 2]).leaf("Q", 2, [32, D, 2]), "C")),
        ("self-grant", "D-1 D-2: nobody grants himself", GENESIS, data(Story().leaf("Q", 1, [32, F, 3]), "B")),
        ("circle", "D-1: two strangers that grant each other", GENESIS, Story().leaf("Q", 1, [32, D, 3]).leaf("R", 1, [32, F, 3])),
        ("greatest", "D-3: the greatest role counts", GENESIS, Story().leaf("P", 1, [32, F, 2]).leaf("P", 9, [32, F, 1])),
        ("founder-lowered", "D-3: a founder stays steward", genesis_two, Story().leaf("P", 1, [32, F, 0])),
        ("data-log-grant", "E-34: a grant in a data channel does not count", GENESIS, Story().leaf("A", 1, [32, F, 3])),
        ("void-grant", "C-6 D-2: stamps of grants do not matter", GENESIS, Story().leaf("P", 2**64 - 1, [32, F, 2])),
        ("invite", "D-6: a known invitation", GENESIS, Story().leaf("P", 1, [64, D, 2, far])),
        ("invite-used", "D-6: a used invitation", GENESIS, Story().leaf("P", 1, [64, D, 2, far]).leaf("P", 2, [32, F, 2, "school", D])),
        ("invite-twice", "D-6: the smallest role and the earliest expiry", GENESIS, Story().leaf("P", 1, [64, D, 2, far], [64, D, 1, far + 5])),
        ("invite-writer", "D-6: an invite of a key that is no steward", GENESIS, Story().leaf("P", 1, [32, F, 2]).leaf("Q", 1, [64, D, 2, far])),
        ("critical", "D-9: an unknown critical operation", GENESIS, Story().leaf("P", 1, [33, F, []], [32, F, 2])),
        ("critical-63", "D-9: 63 is critical", GENESIS, Story().leaf("P", 1, [63])),
        ("critical-not-counting", "D-9: not from a log that does not count", GENESIS, Story().leaf("Q", 1, [33, F, []])),
        ("critical-shape", "D-9 E-33: a known number in a wrong shape is only ignored", GENESIS, Story().leaf("P", 1, [32, F])),
        ("uncritical", "D-9: 65 is not critical", GENESIS, Story().leaf("P", 1, [65, 1], [32, F, 2])),
        ("critical-data", "D-9 E-34: nor are 32 to 63 in a data channel", GENESIS, Story().leaf("A", 1, [33, F, []])),
        ("critical-no-change", "D-9 E-19: nor in a leaf that holds no change", GENESIS, Story().raw("P", p.encode([1, [], [[33]]]) + b"\x00")),
        ("old-epoch", "D-4: every epoch of a key counts", GENESIS, data(data(Story(), "A"), "A'")),
        ("waits-for-grant", "D-5 D-12: an operation on a record of a log that does not count", GENESIS, data(Story(), "B").leaf("A", 200, [1, At("B", 1), {0: "y"}])),
        ("granted", "D-5 D-12: the same once its author is granted", GENESIS, data(Story(), "B").leaf("A", 200, [1, At("B", 1), {0: "y"}]).leaf("P", 300, [32, F, 2])),
    ]
    for name, comment, genesis, story in cases:
        logs = story.built()
        members = p.membership(p.decode_genesis(genesis), logs)
        counted = [log for log in logs if p.counts(log, members)]
        pairs = [("genesis", genesis)] + story_pairs(logs)
        pairs += [("role", f"{key.hex()} {role}") for key, role in sorted(members.roles.items())]
        pairs += [("invitation", f"{i.hex()} {role} {expiry} {'used' if i in members.used else 'open'}") for i, (role, expiry) in sorted(members.invitations.items())]
        pairs += [("upgrade", "yes" if members.upgrade else "no")] + [("counts", log.id) for log in sorted(counted, key=lambda log: log.id)]
        book.add(name, comment, *pairs, *state_pairs(p.fold(counted)))
    known = p.membership(p.decode_genesis(GENESIS), Story().leaf("P", 1, [64, KEY_C, 2, 1000]).built())
    used = p.membership(p.decode_genesis(GENESIS), Story().leaf("P", 1, [64, KEY_C, 2, 1000], [32, KEY_B, 2, KEY_C]).built())
    for name, comment, members, invitation, now in [
            ("known", "a known invitation before its expiry", known, KEY_C, 999), ("expired", "at its expiry", known, KEY_C, 1000),
            ("unknown", "another key", known, KEY_B, 999), ("used", "a used invitation", used, KEY_C, 999), ("used-expired", "used comes before expired", used, KEY_C, 1000)]:
        book.add(f"admit-{name}", f"D-7: {comment}", ("known", f"{KEY_C.hex()} 2 1000"), ("grants", KEY_C if members is used else ""),
                 ("invitation", invitation), ("now", now), ("answer", p.admits(members, invitation, now)))
    return book


BOOKS = {"clock": clock, "fold": fold, "membership": membership}
