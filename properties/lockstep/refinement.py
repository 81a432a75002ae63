"""The refinement map: each variable of the machine as an expression over a cluster of implementations.

A row is read from the implementations, kept by the cluster (what membership, network and ring order know), or left out
with the reason. The rows are the same for the machine and for its companion with a fixed order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from model.language.ground import Bitmaps, GroundMachine, Slot
from model.language.machine import Machine
from model.language.sorts import Ring
from properties.lockstep.abstraction import mapped
from properties.lockstep.cluster import Cluster, FormedRing, all_of
from properties.lockstep.events import MapError
from properties.lockstep.implementation import Observation, RingName

READ, KEPT, LEFT_OUT = "read", "kept", "left out"


class Sight(NamedTuple):
    """What a processor's share of the variables follows from."""

    processor: int
    seen: Observation | None
    """None where it is down."""
    taken: RingName | None
    """The ring that is taken to be pending there instead of what it says."""
    handles: tuple[int | None, ...]
    """What it calls the handles, by number."""
    is_half: bool
    """Whether it has originated a part of a long message."""
    numbers: Mapping[RingName, int]
    """Of the rings that are formed."""

    @property
    def queued_here(self) -> int:
        """How many recovery messages wait that were queued in the installed ring."""
        seen = self.seen
        return seen.recovery_waiting.count(seen.installed) if seen and seen.installed else 0


@dataclass(frozen=True)
class OfProcessors:
    """A variable that each processor has its own share of: where in the variable it is, by the variable's index."""

    places: Callable[[Sight], Sequence[int]]


@dataclass(frozen=True)
class OfRings:
    """A variable that has a set for each ring: who is in it; it is told whether a normal message was originated."""

    who: Callable[[FormedRing, bool], int]
    """MisstepError if the ring's token has a position of no member."""


@dataclass(frozen=True)
class Row:
    """One variable: where its value comes from, the expression in words, and how it is computed."""

    variable: str
    source: str
    says: str
    value: OfProcessors | OfRings | None = None


def _ring(one: Sight, name: RingName | None) -> Sequence[int]:
    return (one.numbers[name],) if name is not None and name in one.numbers else ()


def _where(holds: Callable[[Sight, Observation], object]) -> OfProcessors:
    """A variable without an index: it is there, or not."""
    return OfProcessors(lambda one: (0,) if one.seen and holds(one, one.seen) else ())


def _handles(one: Sight, of: frozenset[int]) -> Sequence[int]:
    return [h for h, handle in enumerate(one.handles) if handle in of]


def _member(ring: FormedRing, normal: bool) -> int:
    return all_of(ring.members)


REFINEMENT = (
    Row("member", KEPT, "the member list that the membership told, as processors", OfRings(_member)),
    Row("pending", READ, "who says that r is its pending ring",
        OfProcessors(lambda one: _ring(one, one.taken or (one.seen and one.seen.pending)))),
    Row("installed", READ, "who says that r is its installed ring",
        OfProcessors(lambda one: _ring(one, one.seen and one.seen.installed))),
    Row("bits", READ, "the positions set in the token of r that was sent last, each the member with that index in the "
        "sorted list; of a ring of one, the positions that its member was last seen to hold",
        OfRings(lambda ring, normal: ring.signed)),
    Row("handles", READ, "where the handle that was created last as h is registered",
        OfProcessors(lambda one: _handles(one, one.seen.registered) if one.seen else ())),
    Row("plugged", READ, "where it is plugged",
        OfProcessors(lambda one: _handles(one, one.seen.plugged) if one.seen else ())),
    Row("gate", READ, "who says that its gate is open", _where(lambda one, seen: seen.gate_open)),
    Row("queued", READ, "where a recovery message waits that was queued in the installed ring",
        _where(lambda one, seen: one.queued_here >= 1)),
    Row("queued_two", READ, "where two such wait", _where(lambda one, seen: one.queued_here >= 2)),
    Row("leftover", READ, "where a recovery message waits that was queued in another ring or in none",
        _where(lambda one, seen: len(seen.recovery_waiting) > one.queued_here)),
    Row("half", KEPT, "who originated the first packet of a long message, and in no ring the last one: after a change "
        "the implementation starts the message again, before all others (D10)",
        OfProcessors(lambda one: (0,) if one.is_half else ())),
    Row("down", KEPT, "who crashed and was not restarted", OfProcessors(lambda one: (0,) if one.seen is None else ())),
    Row("normal", KEPT, "the members of r, once a packet of a high, medium or low priority message was originated in r "
        "that was not sent before", OfRings(lambda ring, normal: all_of(ring.members) if normal else 0)),
    Row("due", KEPT, "of the companion: to whom the token of r that was sent last is addressed",
        OfRings(lambda ring, normal: 1 << ring.due)),
    Row("turn", LEFT_OUT, "an implementation's turn begins and ends within one call"),
    Row("copy", LEFT_OUT, "the feature late-copies is off: a late token of one's own ring is refused (D14)"),
    Row("seat", LEFT_OUT, "a constant of the companion: processors sit in the order of their numbers"),
    Row("between", LEFT_OUT, "a constant of the companion"),
    Row("below", LEFT_OUT, "a constant of the companion"),
    Row("done", LEFT_OUT, "a ghost: the protocol never reads it"),
    Row("owes", LEFT_OUT, "a ghost"),
    Row("signed", LEFT_OUT, "a ghost"),
    Row("early", LEFT_OUT, "a ghost"),
    Row("kept", LEFT_OUT, "a ghost"),
    Row("begun", LEFT_OUT, "a ghost"),
    Row("stale", LEFT_OUT, "a ghost"),
    Row("counted", LEFT_OUT, "a ghost"),
    Row("two_left", LEFT_OUT, "a ghost"),
    Row("one_left", LEFT_OUT, "a ghost"),
    Row("drained", LEFT_OUT, "a ghost"),
    Row("marked", LEFT_OUT, "a ghost"),
    Row("opened", LEFT_OUT, "a ghost"),
)  # fmt: skip
"""Every variable of the machine and of its companion with a fixed order."""


class Refinement:
    """The map for one ground machine: what is compared, slot by slot.

    An event changes few processors and rings: what was read last is kept, and only what is not as it was is read again.
    """

    def __init__(self, ground: GroundMachine) -> None:
        _has_all(ground.machine)
        values = {row.variable: row.value for row in REFINEMENT}
        self.slots = [(i, slot) for slot, i in ground.slots.items() if values[slot[0]] is not None]
        """What is compared: places in the machine's state."""
        self.compared = itemgetter(*(i for i, _ in self.slots))
        first = {slot[0]: at for at, (_, slot) in reversed([*enumerate(self.slots)])}
        variables = [(at, values[name]) for name, at in first.items()]
        self.of_processors = [(at, value.places) for at, value in variables if isinstance(value, OfProcessors)]
        self.of_rings = [(at, value.who) for at, value in variables if isinstance(value, OfRings)]
        """By the place of their first slot."""
        self._found = [0] * len(self.slots)
        self._sights: dict[int, Sight] = {}
        self._places: dict[int, Sequence[int]] = {}
        """Of each processor, the slots in which it is."""
        self._rings: list[tuple[FormedRing | None, bool]] = [(None, False)] * ground.scope.sizes[Ring]
        self._names: Sequence[RingName] = ()
        self._numbers: Mapping[RingName, int] = {}

    def read(self, cluster: Cluster) -> tuple[int, ...]:
        """What the implementations have at each of these places. MisstepError: a token has a position of no member."""
        self._number([ring.name for ring in cluster.rings])
        for p in range(cluster.size):
            self._read_processor(cluster, p)
        for r, (before, was_normal) in enumerate(self._rings):
            ring, normal = cluster.rings[r] if r < len(cluster.rings) else None, r in cluster.normal
            if ring is not before or normal != was_normal:
                self._read_ring(r, ring, normal)
        return tuple(self._found)

    def _number(self, names: Sequence[RingName]) -> None:
        if names != self._names:
            self._names = names
            self._numbers = {name: number for number, name in enumerate(names)}

    def _read_processor(self, cluster: Cluster, p: int) -> None:
        seen, taken, handles = cluster.seen.get(p), cluster.taken.get(p), cluster.handles.get(p, ())
        is_half, last = p in cluster.begun, self._sights.get(p)
        if (
            last and last.seen is seen and last.taken is taken and last.handles is handles
            and last.is_half == is_half and last.numbers is self._numbers
        ):  # fmt: skip
            return
        sight, bit = Sight(p, seen, taken, handles, is_half, self._numbers), 1 << p
        places = [first + place for first, where in self.of_processors for place in where(sight)]
        for at in self._places.get(p, ()):
            self._found[at] &= ~bit
        for at in places:
            self._found[at] |= bit
        self._sights[p], self._places[p] = sight, places

    def _read_ring(self, r: int, ring: FormedRing | None, normal: bool) -> None:
        for first, who in self.of_rings:
            self._found[first + r] = who(ring, normal) if ring else 0
        self._rings[r] = ring, normal

    def differences(self, cluster: Cluster, state: Bitmaps) -> Iterator[tuple[Slot, int, int]]:
        """The slots in which they differ: what the implementations have, and what the machine has."""
        found = self.read(cluster)
        if found == self.compared(state):
            return
        for (i, slot), theirs in zip(self.slots, found, strict=True):
            if theirs != state[i]:
                yield slot, theirs, state[i]


def _has_all(machine: Machine) -> None:
    """MapError if an action is no event, or a variable has no row."""
    if actions := [action.name for action in machine.actions if action.name not in mapped()]:
        raise MapError(f"the map of lockstep lacks the action {', '.join(actions)}: properties/lockstep/events.py")
    rows = {row.variable for row in REFINEMENT}
    if variables := [name for name in machine.state.declared if name not in rows]:
        raise MapError(
            f"the map of lockstep lacks the variable {', '.join(variables)}: properties/lockstep/refinement.py"
        )
