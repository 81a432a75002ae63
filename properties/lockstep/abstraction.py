"""What an event is to the machine: the tables of `events.py` applied to what happened."""

from __future__ import annotations

from collections.abc import Mapping

from properties.lockstep.cluster import Cluster, Happened, MisstepError
from properties.lockstep.events import NEVER, OTHERS, PACKETS, QUEUES, ROOM, STUTTER, TOKENS, Kind
from properties.lockstep.implementation import RECOVERY

Named = tuple[str, Mapping[str, int]]
"""An action and its arguments: numbers of processors and elements, a bitmap for a set of processors."""


def meaning(cluster: Cluster, happened: Happened) -> list[Named]:
    """The machine's steps, in order; none for a stutter. MisstepError if the clauses do not allow what happened."""
    actions = [_own_action(cluster, happened), *(action for case in happened.cases for action in PACKETS[case])]
    if NEVER in actions:
        raise MisstepError(_never(happened))
    return [(action, arguments(happened)) for action in actions if action != STUTTER]


def _own_action(cluster: Cluster, happened: Happened) -> str:
    event = happened.event
    if event.kind is Kind.TOKEN:
        return TOKENS[happened.newest, happened.at, happened.accepted]
    if event.kind is Kind.QUEUE:
        if event.priority == RECOVERY and cluster.recovery_count(event.processor, of_this_ring=True) > ROOM:
            return STUTTER
        return QUEUES[event.priority == RECOVERY, cluster.seen[event.processor].installed is not None]
    return OTHERS[event.kind]


def _never(happened: Happened) -> str:
    which = "the newest token" if happened.newest else "a late token"
    done = "accepted" if happened.accepted else "refused"
    return f"{which} of a ring that is {happened.at.value} here was {done} (D8, D14)"


def arguments(happened: Happened) -> dict[str, int]:
    """Every parameter that an action of this event may have."""
    event = happened.event
    given = {"p": event.processor, "r": event.ring, "h": event.handle}
    return {**given, "members": sum(1 << member for member in event.members)}


def members_of(bitmap: int) -> tuple[int, ...]:
    """The processors in a bitmap."""
    return tuple(i for i in range(bitmap.bit_length()) if bitmap >> i & 1)
