"""The refinement map: each variable of the machine as an expression over a cluster of implementations.

A row is read from the implementations, kept by the cluster (what membership, network and ring order know), or left out
with the reason. The rows are the same for the machine and for its companion with a fixed order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from model.language.ground import Bitmaps, GroundMachine, Slot
from model.language.machine import Machine
from model.language.sorts import Ring
from properties.lockstep.abstraction import mapped
from properties.lockstep.cluster import Cluster
from properties.lockstep.events import MapError
from properties.lockstep.implementation import Observation, RingName

READ, KEPT, LEFT_OUT = "read", "kept", "left out"


@dataclass(frozen=True)
class Row:
    """One variable: where its value comes from, the expression in words, and how it is computed."""

    variable: str
    source: str
    says: str
    value: Callable[[Reading], Sequence[int]] | None = None
    """Of a cluster that was read: bitmaps of processors, in the order of the variable's indices."""


class Reading:
    """A cluster, read once: each variable of the machine. MisstepError if a token has a position of no member."""

    def __init__(self, cluster: Cluster, ring_count: int) -> None:
        self.cluster = cluster
        self.none = [0] * (ring_count - len(cluster.rings))
        """Of the rings that are not formed."""
        self.pending_in, self.installed_in = dict[RingName, int](), dict[RingName, int]()
        self.gate = self.queued = self.queued_two = self.leftover = 0
        self.handles, self.plugged = [0] * cluster.handle_count, [0] * cluster.handle_count
        for processor, seen in cluster.seen.items():
            self._read(processor, seen, cluster.taken.get(processor) or seen.pending)

    def _read(self, processor: int, seen: Observation, pending: RingName | None) -> None:
        bit, handles = 1 << processor, self.cluster.handles
        if seen.installed:
            self.installed_in[seen.installed] = self.installed_in.get(seen.installed, 0) | bit
        if pending:
            self.pending_in[pending] = self.pending_in.get(pending, 0) | bit
        if seen.gate_open:
            self.gate |= bit
        if seen.recovery_waiting:
            self._read_queue(seen, bit)
        for h in range(len(self.handles)):
            handle = handles.get((processor, h))
            if handle in seen.registered:
                self.handles[h] |= bit
            if handle in seen.plugged:
                self.plugged[h] |= bit

    def _read_queue(self, seen: Observation, bit: int) -> None:
        """Recovery messages that wait: those that were queued in the installed ring, and the others."""
        counted = 0 if seen.installed is None else seen.recovery_waiting.count(seen.installed)
        self.queued |= bit if counted >= 1 else 0
        self.queued_two |= bit if counted >= 2 else 0
        self.leftover |= bit if len(seen.recovery_waiting) > counted else 0


def _member(seen: Reading) -> Sequence[int]:
    return [_all(ring.members) for ring in seen.cluster.rings] + seen.none


def _pending(seen: Reading) -> Sequence[int]:
    return [seen.pending_in.get(ring.name, 0) for ring in seen.cluster.rings] + seen.none


def _installed(seen: Reading) -> Sequence[int]:
    return [seen.installed_in.get(ring.name, 0) for ring in seen.cluster.rings] + seen.none


def _bits(seen: Reading) -> Sequence[int]:
    return [ring.signed for ring in seen.cluster.rings] + seen.none


def _due(seen: Reading) -> Sequence[int]:
    return [1 << ring.due for ring in seen.cluster.rings] + seen.none


def _half(seen: Reading) -> Sequence[int]:
    return (_all(tuple(seen.cluster.begun)),)


def _down(seen: Reading) -> Sequence[int]:
    return (_all(tuple(p for p in range(seen.cluster.size) if not seen.cluster.is_up(p))),)


def _normal(seen: Reading) -> Sequence[int]:
    normal = seen.cluster.normal
    return [_all(ring.members) if r in normal else 0 for r, ring in enumerate(seen.cluster.rings)] + seen.none


@lru_cache(4096)
def _all(processors: tuple[int, ...]) -> int:
    return sum(1 << processor for processor in processors)


REFINEMENT = (
    Row("member", KEPT, "the member list that the membership told, as processors", _member),
    Row("pending", READ, "who says that r is its pending ring", _pending),
    Row("installed", READ, "who says that r is its installed ring", _installed),
    Row("bits", READ, "the positions set in the token of r that was sent last, each the member with that index in the "
        "sorted list; of a ring of one, the positions that its member was last seen to hold", _bits),
    Row("handles", READ, "where the handle that was created last as h is registered", lambda seen: seen.handles),
    Row("plugged", READ, "where it is plugged", lambda seen: seen.plugged),
    Row("gate", READ, "who says that its gate is open", lambda seen: (seen.gate,)),
    Row("queued", READ, "where a recovery message waits that was queued in the installed ring",
        lambda seen: (seen.queued,)),
    Row("queued_two", READ, "where two such wait", lambda seen: (seen.queued_two,)),
    Row("leftover", READ, "where a recovery message waits that was queued in another ring or in none",
        lambda seen: (seen.leftover,)),
    Row("half", KEPT, "who originated the first packet of a long message, and in no ring the last one: after a change "
        "the implementation starts the message again, before all others (D10)", _half),
    Row("down", KEPT, "who crashed and was not restarted", _down),
    Row("normal", KEPT, "the members of r, once a packet of a high, medium or low priority message was originated in r "
        "that was not sent before", _normal),
    Row("due", KEPT, "of the companion: to whom the token of r that was sent last is addressed", _due),
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
    """The map for one ground machine: what is compared, slot by slot."""

    def __init__(self, ground: GroundMachine) -> None:
        _has_all(ground.machine)
        values = {row.variable: row.value for row in REFINEMENT}
        self.slots = [(i, slot) for slot, i in ground.slots.items() if values[slot[0]] is not None]
        """What is compared: places in the machine's state."""
        self.values = [value for name in dict.fromkeys(slot[0] for _, slot in self.slots) if (value := values[name])]
        self.compared = itemgetter(*(i for i, _ in self.slots))
        self.ring_count = ground.scope.sizes[Ring]

    def read(self, cluster: Cluster) -> tuple[int, ...]:
        """What the implementations have at each of these places."""
        reading, found = Reading(cluster, self.ring_count), list[int]()
        for value in self.values:
            found += value(reading)
        return tuple(found)

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
