"""What an event is to the machine: the tables of `events.py` applied to what happened."""

from __future__ import annotations

from collections.abc import Mapping

from properties.lockstep.cluster import Cluster, MisstepError, Outcome
from properties.lockstep.events import NEVER, OTHERS, PACKETS, QUEUES, ROOM, STUTTER, TOKENS, Kind
from properties.lockstep.implementation import RECOVERY

NamedStep = tuple[str, Mapping[str, int]]
"""An action and its arguments: numbers of processors and elements, a bitmap for a set of processors."""


def abstraction(cluster: Cluster, outcome: Outcome) -> list[NamedStep]:
    """The machine's steps, in order; none for a stutter. MisstepError if the clauses do not allow what happened."""
    actions = [_own_action(cluster, outcome), *(action for case in outcome.cases for action in PACKETS[case])]
    if NEVER in actions:
        raise MisstepError(_never(outcome))
    return [(action, arguments(outcome)) for action in actions if action != STUTTER]


def _own_action(cluster: Cluster, outcome: Outcome) -> str:
    event = outcome.event
    if event.kind is Kind.TOKEN:
        return TOKENS[outcome.newest, outcome.at, outcome.accepted]
    if event.kind is Kind.QUEUE:
        if event.priority == RECOVERY and cluster.recovery_count(event.processor, of_this_ring=True) > ROOM:
            return STUTTER
        return QUEUES[event.priority == RECOVERY, cluster.seen[event.processor].installed is not None]
    return OTHERS[event.kind]


def _never(outcome: Outcome) -> str:
    which = "the newest token" if outcome.newest else "a late token"
    done = "accepted" if outcome.accepted else "refused"
    return f"{which} of a ring that is {outcome.at.value} here was {done} (D8, D14)"


def arguments(outcome: Outcome) -> dict[str, int]:
    """Every parameter that an action of this event may have."""
    event = outcome.event
    given = {"p": event.processor, "r": event.ring, "h": event.handle}
    return {**given, "members": sum(1 << member for member in event.members)}


def members_of(bitmap: int) -> tuple[int, ...]:
    """The processors in a bitmap."""
    return tuple(i for i in range(bitmap.bit_length()) if bitmap >> i & 1)
