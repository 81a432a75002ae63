"""The refinement map: each variable of the machine as an expression over a cluster of implementations.

A row is read from the implementations, kept by the cluster (what membership, network and ring order know), or left out
with the reason. The rows are the same for the machine and for its companion with a fixed order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from model.language.ground import Bitmaps, GroundMachine, Slot
from model.language.machine import Machine
from properties.lockstep.abstraction import mapped
from properties.lockstep.cluster import Cluster
from properties.lockstep.events import MapError
from properties.lockstep.implementation import Observation

READ, KEPT, LEFT_OUT = "read", "kept", "left out"


@dataclass(frozen=True)
class Row:
    """One variable: where its value comes from, the expression in words, and how it is computed."""

    variable: str
    source: str
    says: str
    value: Callable[..., int] | None = None
    """Of (cluster, numbers of the variable's indices…): a bitmap of processors."""


def _those(cluster: Cluster, holds: Callable[[Observation], bool]) -> int:
    return sum(1 << processor for processor, seen in cluster.seen.items() if holds(seen))


def _all(processors: Iterable[int]) -> int:
    return sum(1 << processor for processor in processors)


def _member(cluster: Cluster, r: int) -> int:
    return _all(cluster.rings[r].members) if r < len(cluster.rings) else 0


def _pending(cluster: Cluster, r: int) -> int:
    name = cluster.rings[r].name if r < len(cluster.rings) else None
    return _all(p for p in cluster.seen if cluster.pending_at(p) == name) if name else 0


def _installed(cluster: Cluster, r: int) -> int:
    name = cluster.rings[r].name if r < len(cluster.rings) else None
    return _those(cluster, lambda seen: seen.installed == name) if name else 0


def _bits(cluster: Cluster, r: int) -> int:
    return cluster.rings[r].signed if r < len(cluster.rings) else 0


def _due(cluster: Cluster, r: int) -> int:
    return 1 << cluster.rings[r].due if r < len(cluster.rings) else 0


def _handles(cluster: Cluster, h: int) -> int:
    return _all(p for p, seen in cluster.seen.items() if cluster.handles.get((p, h)) in seen.registered)


def _plugged(cluster: Cluster, h: int) -> int:
    return _all(p for p, seen in cluster.seen.items() if cluster.handles.get((p, h)) in seen.plugged)


def _gate(cluster: Cluster) -> int:
    return _those(cluster, lambda seen: seen.gate_open)


def _queued(cluster: Cluster) -> int:
    return _those(cluster, lambda seen: _counted(seen) >= 1)


def _queued_two(cluster: Cluster) -> int:
    return _those(cluster, lambda seen: _counted(seen) >= 2)


def _leftover(cluster: Cluster) -> int:
    return _those(cluster, lambda seen: len(seen.recovery_waiting) > _counted(seen))


def _half(cluster: Cluster) -> int:
    return _all(cluster.begun)


def _down(cluster: Cluster) -> int:
    return _all(p for p in range(cluster.size) if not cluster.is_up(p))


def _normal(cluster: Cluster, r: int) -> int:
    return _member(cluster, r) if r in cluster.normal else 0


def _counted(seen: Observation) -> int:
    """Recovery messages that wait and were queued in the installed ring."""
    return 0 if seen.installed is None else seen.recovery_waiting.count(seen.installed)


REFINEMENT = (
    Row("member", KEPT, "the member list that the membership told, as processors", _member),
    Row("pending", READ, "who says that r is its pending ring", _pending),
    Row("installed", READ, "who says that r is its installed ring", _installed),
    Row("bits", READ, "the positions set in the token of r that was sent last, each the member with that index in the "
        "sorted list; of a ring of one, the positions that its member was last seen to hold", _bits),
    Row("handles", READ, "where the handle that was created last as h is registered", _handles),
    Row("plugged", READ, "where it is plugged", _plugged),
    Row("gate", READ, "who says that its gate is open", _gate),
    Row("queued", READ, "where a recovery message waits that was queued in the installed ring", _queued),
    Row("queued_two", READ, "where two such wait", _queued_two),
    Row("leftover", READ, "where a recovery message waits that was queued in another ring or in none", _leftover),
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
        self.compared: list[tuple[int, Slot, Callable[..., int]]] = [
            (i, slot, value) for slot, i in ground.slots.items() if (value := values[slot[0]]) is not None
        ]

    def differences(self, cluster: Cluster, state: Bitmaps) -> Iterator[tuple[Slot, int, int]]:
        """The slots in which they differ: what the implementations have, and what the machine has."""
        for i, slot, value in self.compared:
            theirs = value(cluster, *slot[1])
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
