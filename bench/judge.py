"""How the judge's cost grows with a history's length, against a check of all pairs of deliveries.

`make bench` prints the table and draws `build/judge.svg`. Histories have 5 processes in rings of 200 messages that part
and merge; they are legal, so each is read once. The pairwise check is the plainest one of total order: every pair of
messages that two members of a ring both deliver is in the same order at both. With rings of one size its cost grows
with the number of rings only, so it is timed on histories of one ring, too.
"""

from __future__ import annotations

import itertools
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import msgspec

from properties.history.events import FORMAT, Configuration, Deliver, End, Event, Facet, Meta, Originate, Start
from properties.history.judging import judge
from properties.history.reading import FileHistory

NAMES = tuple(f"n{i}" for i in range(1, 6))
OBSERVES: tuple[Facet, ...] = ("regular", "transitional", "lists", "originate", "deliver", "level")
MESSAGES = 200
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
MOST_PAIRWISE = 10_000
BUILD = Path("build")


def history(event_count: int, messages: int = MESSAGES) -> Iterator[Event]:
    """A legal history of about so many events."""
    seq = dict.fromkeys(NAMES, 0)

    def counted(name: str) -> tuple[str, int]:
        seq[name] += 1
        return name, seq[name]

    for name in NAMES:
        yield Start(*counted(name), incarnation=1)
    number, told, parts = 0, len(NAMES), [(name,) for name in NAMES]
    while told < event_count:
        wanted = [NAMES] if len(parts) > 1 else [NAMES[:3], NAMES[3:]]
        number += 4
        for part in wanted:
            ring = (part[0], number + (part is not wanted[0]))
            for name in part:
                if number > 4:
                    old = next(one for one in parts if name in one)
                    came = tuple(one for one in old if one in part)
                    left = tuple(one for one in old if one not in part)
                    yield Configuration(*counted(name), "transitional", ring, came, left, ())
                else:
                    came = (name,)
                joined = tuple(one for one in part if one not in came)
                yield Configuration(*counted(name), "regular", ring, part, (), joined)
        parts = wanted
        for i in range(messages):
            for part in parts:
                sender = part[i % len(part)]
                message, level = f"{sender}:{number}:{i}", "safe" if i % 10 == 0 else "agreed"
                yield Originate(*counted(sender), message, level=level)
                for name in part:
                    yield Deliver(*counted(name), message, level=level)
                told += 1 + len(part)
    for name in NAMES:
        yield End(*counted(name), quiescent=True)


def write(path: Path, event_count: int) -> int:
    """Write such a history; how many events it has."""
    count = 0
    with path.open("wb") as stream:
        stream.write(msgspec.json.encode(Meta(FORMAT, OBSERVES, NAMES)) + b"\n")
        for event in history(event_count):
            stream.write(msgspec.json.encode(event) + b"\n")
            count += 1
    return count


def judged_s(path: Path) -> float:
    """Seconds that the judge takes; the history has to be legal."""
    start = time.perf_counter()
    judgement = judge(FileHistory.open([path]))
    took = time.perf_counter() - start
    assert all(one.verdict != "violated" for one in judgement.claims)
    return took


def pairwise_s(path: Path) -> float:
    """Seconds for all pairs of messages of all pairs of members of each ring."""
    start = time.perf_counter()
    ring: dict[str, object] = {}
    delivered: dict[object, dict[str, dict[str, int]]] = {}
    for event in FileHistory.open([path]).events():
        if isinstance(event, Configuration) and event.kind == "regular":
            ring[event.process] = event.ring
        elif isinstance(event, Deliver):
            mine = delivered.setdefault(ring[event.process], {}).setdefault(event.process, {})
            mine[event.message] = len(mine)
    for members in delivered.values():
        for one, other in itertools.combinations(members.values(), 2):
            for first, then in itertools.combinations(one, 2):
                if first in other and then in other:
                    assert (one[first] < one[then]) == (other[first] < other[then])
    return time.perf_counter() - start


def peak_mib(path: Path) -> float:
    """The most memory that the judge holds."""
    tracemalloc.start()
    judge(FileHistory.open([path]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


if __name__ == "__main__":
    path = Path(sys.argv[1])
    n = int(sys.argv[2])
    print(write(path, n))
    print(judged_s(path))
