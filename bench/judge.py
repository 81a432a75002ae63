"""How the judge's cost grows with a history's length, against a check of all pairs of deliveries.

`make bench` prints the table and draws `build/judge.svg`. Five processes are in one ring, part and merge again. The
histories are legal, so each is read once. The pairwise check is the plainest one of total order: every pair of messages
that two members of a ring both deliver is in the same order at both. The judge's memory is measured on histories whose
rings have 200 messages each, because the pairwise check gains nothing from many rings and the judge's memory does.

A second table has histories that are damaged in the middle of their last ring: one of five members delivers two
messages in another order, or lacks one. The verdict, with the shortest beginning of each violated claim, is to take at
most twice the processor time of the legal history; else the exit code is 1.
"""

from __future__ import annotations

import itertools
import resource
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import msgspec
from msgspec.structs import replace

from properties.history.events import FORMAT, Configuration, Deliver, End, Event, Facet, Meta, Originate, Start
from properties.history.reader import FileHistory
from properties.judge.judgement import judge, violated

NAMES = tuple(f"n{i}" for i in range(1, 6))
OBSERVES: tuple[Facet, ...] = ("regular", "transitional", "lists", "originate", "deliver", "level")
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
MOST_PAIRWISE = 30_000
SMALL_RING = 200
EVENTS_A_MESSAGE = 1 + len(NAMES)
THREE_RINGS = 2 * EVENTS_A_MESSAGE + len(NAMES) + 2
"""Events that one message a ring makes, in a ring of all, in two rings apart, and in a ring of all again."""
DAMAGED_SIZE, MOST_RATIO = SIZES[-1], 2.0
PLOT = Path("build/judge.svg")


class Run:
    """A legal run, event by event."""

    def __init__(self) -> None:
        self.seq = dict.fromkeys(NAMES, 0)
        self.parts: list[tuple[str, ...]] = []
        self.number = 0
        self.count = 0

    def events(self, event_count: int, ring_size: int) -> Iterator[Event]:
        """About so many events, with so many messages in a ring."""
        yield from (Start(*self.place(name), incarnation=1) for name in NAMES)
        while self.count < event_count:
            yield from self.form([NAMES] if len(self.parts) != 1 else [NAMES[:3], NAMES[3:]])
            yield from self.messages(min(ring_size, (event_count - self.count) // EVENTS_A_MESSAGE + 1))
        yield from (End(*self.place(name), quiescent=True) for name in NAMES)

    def place(self, name: str) -> tuple[str, int]:
        self.seq[name] += 1
        self.count += 1
        return name, self.seq[name]

    def form(self, parts: Sequence[tuple[str, ...]]) -> Iterator[Event]:
        for part in parts:
            self.number += 4
            for name in part:
                old = next((one for one in self.parts if name in one), ())
                came = tuple(one for one in old if one in part) or (name,)
                left = tuple(one for one in old if one not in part)
                ring = (part[0], self.number)
                if old:
                    yield Configuration(
                        *self.place(name), kind="transitional", ring=ring, members=came, left=left, joined=()
                    )
                joined = tuple(one for one in part if one not in came)
                yield Configuration(*self.place(name), kind="regular", ring=ring, members=part, left=(), joined=joined)
        self.parts = list(parts)

    def messages(self, count: int) -> Iterator[Event]:
        for i in range(count):
            for part in self.parts:
                sender, level = part[i % len(part)], "safe" if i % 10 == 0 else "agreed"
                message = f"{sender}:{self.number}:{i}"
                yield Originate(*self.place(sender), message, level=level)
                for name in part:
                    yield Deliver(*self.place(name), message, level=level)


Damage = Callable[[Sequence[Deliver]], Sequence[Deliver]]
"""What becomes of two deliveries that follow each other at one member."""


def unharmed(two: Sequence[Deliver]) -> Sequence[Deliver]:
    """Both, as they are."""
    return two


def swapped(two: Sequence[Deliver]) -> Sequence[Deliver]:
    """Each in the place of the other."""
    return [replace(one, message=other.message, level=other.level) for one, other in itertools.permutations(two)]


def lacking(two: Sequence[Deliver]) -> Sequence[Deliver]:
    """Without the first."""
    return two[1:]


def damaged(events: Iterable[Event], after: int, damage: Damage) -> Iterator[Event]:
    """Two deliveries of the last process after so many events are damaged; what others do in between comes first."""
    events = iter(events)
    yield from itertools.islice(events, after)
    two: list[Deliver] = []
    for event in events:
        if event.process != NAMES[-1] or len(two) == 2:
            yield event
        elif isinstance(event, Deliver):
            two.append(event)
            yield from damage(two) if len(two) == 2 else ()
        else:
            yield from (*two, event)
            two = []


def write(path: Path, event_count: int, ring_size: int | None = None, damage: Damage = unharmed) -> int:
    """Write a history of about so many events, by default in three rings; how many it has."""
    run = Run()
    events = run.events(event_count, ring_size or event_count // EVENTS_A_MESSAGE // 2)
    with path.open("wb") as stream:
        stream.write(msgspec.json.encode(Meta(FORMAT, OBSERVES, NAMES)) + b"\n")
        for event in events if damage is unharmed else damaged(events, event_count * 5 // 6, damage):
            stream.write(msgspec.json.encode(event) + b"\n")
    return run.count


def judged_s(path: Path) -> float:
    """Seconds that the judge takes."""
    start = time.perf_counter()
    judgement = judge(FileHistory.open([path]))
    assert not violated(judgement.claims)
    return time.perf_counter() - start


def verdict(path: Path) -> tuple[float, float, int]:
    """Processor seconds that the verdict takes, the most MiB of the process, and how many claims are violated."""
    start = time.process_time()
    judgement = judge(FileHistory.open([path]))
    seconds = time.process_time() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, len(violated(judgement.claims))


def verdict_apart(path: Path) -> tuple[float, float, int]:
    """The same, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(verdict, path).result()


def peak_mib(path: Path) -> float:
    """The most memory that the judge holds at a time."""
    tracemalloc.start()
    judged_s(path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak_bytes / 2**20


def pairwise_s(path: Path) -> float:
    """Seconds that reading and a check of all pairs take."""
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


@dataclass
class Row:
    """One size."""

    events: int
    judge_s: float
    pairwise_s: float | None
    peak_mib: float | None

    def __str__(self) -> str:
        pairwise = (
            f"{self.pairwise_s:10.2f} {self.pairwise_s / self.judge_s:8.1f}"
            if self.pairwise_s
            else f"{'-':>10} {'-':>8}"
        )
        peak = f"{self.peak_mib:9.1f}" if self.peak_mib else f"{'-':>9}"
        return f"{self.events:>10,} {self.judge_s:8.2f} {1e6 * self.judge_s / self.events:9.1f} {pairwise} {peak}"


def measure(event_count: int, folder: Path) -> Row:
    """Time both, and the judge's memory on small rings."""
    whole, small = folder / "whole.jsonl", folder / "small.jsonl"
    count = write(whole, event_count)
    write(small, event_count, SMALL_RING)
    pairwise = pairwise_s(whole) if event_count <= MOST_PAIRWISE else None
    peak = peak_mib(small) if event_count <= SIZES[-2] else None
    return Row(count, judged_s(whole), pairwise, peak)


def compare_damaged(folder: Path, event_count: int = DAMAGED_SIZE) -> bool:
    """Damaged histories beside the legal one, each judged in turn; whether all take at most so many times as long.

    MiB are of the whole process, of which Python and what it imports are 20.
    """
    print(f"\n{'events':>10} {'history':<36} {'violated':>8} {'judge s':>8} {'to legal':>8} {'at most':>8} {'MiB':>6}")
    path, legal_s, within = folder / "damaged.jsonl", 0.0, True
    histories = (
        ("legal", unharmed),
        ("two deliveries change places", swapped),
        ("one member of five lacks a message", lacking),
    )
    for says, damage in histories:
        count = write(path, event_count, event_count // THREE_RINGS + 1, damage)
        seconds, most_mib, violated_count = verdict_apart(path)
        legal_s = legal_s or seconds
        ratio = seconds / legal_s
        within &= ratio <= MOST_RATIO and (violated_count > 0) == (damage is not unharmed)
        figures = f"{violated_count:>8} {seconds:8.2f} {ratio:8.2f} {MOST_RATIO:8.1f} {most_mib:6.0f}"
        print(f"{count:>10,} {says:<36} {figures}", flush=True)
    return within


def draw(rows: Sequence[Row]) -> None:
    """Both against the number of events, on logarithmic axes."""
    from matplotlib.figure import Figure  # pyright: ignore[reportMissingImports]  (an extra: bench)

    figure = Figure(figsize=(6, 4))
    axes = figure.add_subplot()
    axes.loglog([row.events for row in rows], [row.judge_s for row in rows], "o-", label="judge, all claims")
    pairwise = [row for row in rows if row.pairwise_s]
    axes.loglog(
        [row.events for row in pairwise], [row.pairwise_s for row in pairwise], "s--", label="pairs, order alone"
    )
    axes.set(xlabel="events", ylabel="seconds")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    PLOT.parent.mkdir(exist_ok=True)
    figure.savefig(PLOT)


def main() -> None:
    """Print the table and draw the plot."""
    print(f"{'events':>10} {'judge s':>8} {'us/event':>9} {'pairs s':>10} {'ratio':>8} {'peak MiB':>9}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            rows.append(measure(size, Path(folder)))
            print(rows[-1], flush=True)
        within = compare_damaged(Path(folder))
    draw(rows)
    print(f"{PLOT} has the plot. Ratio: pairs to judge. Peak: of the judge, with rings of {SMALL_RING} messages.")
    sys.exit(not within)


if __name__ == "__main__":
    main()
