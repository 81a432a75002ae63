"""Random fault scripts: what may happen, and how often.

`light` is a network on an ordinary bad day. `heavy` leaves no rest, so that changes meet changes. In `amnesic`
processors lose the number that they stored, on which many promises rest: it is judged by what is left. `parted` is
heavy, and ends in cliques that do not hear each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from types import MappingProxyType

from reference.rings import ProcessorId
from reference.simulator.clocks import Clock
from reference.simulator.faults import (
    Crash,
    Cut,
    Deaf,
    Fault,
    Groups,
    Heal,
    MovingPartition,
    Partition,
    Pause,
    Restart,
    Resume,
    Weather,
)  # fmt: skip
from reference.simulator.script import Script

SECOND_US = 1_000_000
STEP_US = 1_000
"""The times of a script are whole milliseconds."""
CLOCK_RATES_PPM = (-20_000, 20_000)


class Weaver:
    """Draws the faults of one script."""

    def __init__(self, chance: Random, members: int, lasts_us: int) -> None:
        self.chance, self.lasts_us = chance, lasts_us
        self.processors = tuple(ProcessorId(number) for number in range(1, members + 1))

    def after(self, at_us: int, low_us: int, high_us: int) -> int:
        """A moment so much later, not beyond the end."""
        later = at_us + self.chance.randrange(low_us, high_us, STEP_US)
        return min(later, self.lasts_us)

    def one(self) -> ProcessorId:
        """A processor."""
        return self.chance.choice(self.processors)

    def groups(self) -> Groups:
        """All processors in two or three groups."""
        shuffled = list(self.processors)
        self.chance.shuffle(shuffled)
        count = min(len(shuffled), self.chance.choice((2, 2, 2, 3)))
        borders = sorted(self.chance.sample(range(1, len(shuffled)), count - 1))
        parts = zip([0, *borders], [*borders, len(shuffled)], strict=True)
        return tuple(tuple(sorted(shuffled[low:high])) for low, high in parts)


def _partition(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    if len(weaver.processors) > 1:
        yield Partition(at_us, weaver.groups())
        if weaver.chance.random() < 0.7:
            yield Heal(weaver.after(at_us, 100_000, 2 * SECOND_US))


def _moving(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    until_us = weaver.after(at_us, 300_000, 3 * SECOND_US)
    if len(weaver.processors) > 1 and until_us > at_us:
        yield MovingPartition(at_us, weaver.groups(), weaver.chance.randrange(50_000, 700_000, STEP_US), until_us)
        yield Heal(until_us)


def _cut(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    if len(weaver.processors) > 1:
        sender, receiver = weaver.chance.sample(weaver.processors, 2)
        yield Cut(at_us, sender, receiver)
        yield Heal(weaver.after(at_us, 100_000, 2 * SECOND_US))


def _deaf(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    yield Deaf(at_us, weaver.one())
    yield Heal(weaver.after(at_us, 300_000, 3 * SECOND_US))


def _crash(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    processor = weaver.one()
    yield Crash(at_us, processor, weaver.chance.random() < 0.5)
    if weaver.chance.random() < 0.9:
        yield Restart(weaver.after(at_us, 10_000, 2 * SECOND_US), processor)


def _amnesia(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    processor = weaver.one()
    yield Crash(at_us, processor)
    yield Restart(weaver.after(at_us, 10_000, 2 * SECOND_US), processor, amnesic=True)


def _pause(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    processor = weaver.one()
    yield Pause(at_us, processor)
    yield Resume(weaver.after(at_us, 20_000, SECOND_US), processor)


def _heal(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    yield Heal(at_us)


def _loss(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    yield from _weather(weaver, Weather(at_us, at_us, "loss", weaver.chance.choice((0.02, 0.1, 0.3))))


def _duplication(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    yield from _weather(weaver, Weather(at_us, at_us, "duplication", weaver.chance.choice((0.05, 0.3))))


def _reordering(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    yield from _weather(weaver, Weather(at_us, at_us, "reordering", weaver.chance.choice((0.05, 0.3))))


def _lateness(weaver: Weaver, at_us: int) -> Iterator[Fault]:
    by_us = weaver.chance.randrange(50_000, SECOND_US, STEP_US)
    yield from _weather(weaver, Weather(at_us, at_us, "lateness", weaver.chance.choice((0.01, 0.05)), by_us))


def _weather(weaver: Weaver, weather: Weather) -> Iterator[Fault]:
    until_us = weaver.after(weather.at_us, 100_000, 2 * SECOND_US)
    if until_us > weather.at_us:
        yield Weather(weather.at_us, until_us, weather.kind, weather.probability, weather.by_us)


Kind = Callable[[Weaver, int], Iterator[Fault]]
KINDS: MappingProxyType[str, tuple[Kind, int]] = MappingProxyType({
    "loss": (_loss, 4), "duplication": (_duplication, 2), "reordering": (_reordering, 2), "lateness": (_lateness, 2),
    "partition": (_partition, 4), "moving partition": (_moving, 2), "heal": (_heal, 1), "cut": (_cut, 2),
    "deaf": (_deaf, 1), "crash": (_crash, 4), "pause": (_pause, 3),
})  # fmt: skip
"""Each kind of fault, and how often it is drawn."""
CAMPAIGNS: MappingProxyType[str, tuple[MappingProxyType[str, tuple[Kind, int]], float]] = MappingProxyType({
    "none": (MappingProxyType({}), 0.0),
    "light": (KINDS, 0.5),
    "heavy": (KINDS, 2.5),
    "parted": (KINDS, 2.5),
    "amnesic": (MappingProxyType({**KINDS, "amnesia": (_amnesia, 4)}), 2.5),
})  # fmt: skip
"""Of each campaign, the kinds of faults, and how many begin in a second."""


def script_of(campaign: str, *, members: int, seed: int, lasts_us: int, load: int) -> Script:
    """The script that this seed draws."""
    kinds, per_second = CAMPAIGNS[campaign]
    chance = Random(f"{campaign} {seed}")
    weaver = Weaver(chance, members, lasts_us)
    faults: list[Fault] = []
    if kinds:
        names, weights = list(kinds), [weight for _, weight in kinds.values()]
        for _ in range(max(1, round(per_second * lasts_us / SECOND_US))):
            name = chance.choices(names, weights)[0]
            faults += kinds[name][0](weaver, chance.randrange(0, max(STEP_US, lasts_us), STEP_US))
    clocks = tuple((p, Clock(chance.randint(*CLOCK_RATES_PPM), chance.randrange(10**9))) for p in weaver.processors)
    ordered = tuple(sorted(faults, key=lambda fault: fault.at_us))
    cliques = weaver.groups() if campaign == "parted" and members > 1 else ()
    return Script(members, seed, lasts_us, load, cliques=cliques, clocks=clocks if kinds else (), faults=ordered)


def occurrences(campaign: str) -> tuple[str, ...]:
    """What must have occurred in the runs of a campaign, as the world counts it."""
    kinds = CAMPAIGNS[campaign][0]
    if not kinds:
        return ()
    amnesia = ("restart without its number",) if "amnesia" in kinds else ()
    return (
        "loss", "duplication", "reordering", "lateness", "partition", "moving partition", "heal", "cut", "unreachable",
        "deaf", "unheard", "crash", "crash halfway", "restart", "lost under way", "pause", "resume", *amnesia,
    )  # fmt: skip
