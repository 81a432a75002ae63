"""The abstraction function, read in both directions by the tables of `events.py`.

`abstraction` says which steps of the machine an outcome is, `event_of` which event makes an implementation take a step.
A turn is one call, so a visit is driven together with what is originated in it: the flow control grants as many packets
as that takes, and none where the machine sends nothing. The machine may always have a normal message; the cluster
queues one just before it is to be sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from model.language.compiled import Chosen
from properties.lockstep.cluster import Cluster, MisstepError, Outcome, all_of
from properties.lockstep.events import NEVER, OTHERS, PACKETS, QUEUES, ROOM, STUTTER, TOKENS, Event, Kind
from properties.lockstep.implementation import HIGH, RECOVERY

NamedStep = tuple[str, Mapping[str, int]]
"""An action and its arguments: numbers of processors and elements, a bitmap for a set of processors."""

SENDS = ("send_recovery", "send_leftover", "originate", "begin_long", "finish_long")
"""What may be originated in a turn."""
TURNS = ("visit", "sole_visit")
"""The actions that give a turn."""
TOKEN_ACTIONS = ("visit", "pass_on", "reject")
KINDS = MappingProxyType({action: kind for kind, action in OTHERS.items() if action != STUTTER})
"""Which kind of event is an action: `OTHERS` read the other way."""
NEEDS_A_MESSAGE = MappingProxyType({"originate": 1, "begin_long": 2})
"""How many packets the message takes that has to be queued first."""


def mapped() -> frozenset[str]:
    """The actions of the machine that some event is."""
    said = {*TOKENS.values(), *OTHERS.values(), *QUEUES.values(), *(one for case in PACKETS.values() for one in case)}
    return frozenset(said - {STUTTER, NEVER})


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
    return {**given, "members": all_of(event.members)}


def members_of(bitmap: int) -> tuple[int, ...]:
    """The processors in a bitmap."""
    return tuple(i for i in range(bitmap.bit_length()) if bitmap >> i & 1)


def event_of(cluster: Cluster, step: Chosen, sends: str | None = None) -> Event:
    """The event that is this step, and for a turn what is originated in it."""
    given, action = step.arguments, step.action.name
    p, r, h = given.get("p", -1), given.get("r", -1), given.get("h", -1)
    count = granted(cluster, p, sends) if sends else 0
    if action == "form_ring":
        return Event(Kind.FORM, ring=r, members=members_of(given["members"]))
    if action in ("queue_recovery", "queue_between"):
        return Event(Kind.QUEUE, p, priority=RECOVERY, packet_count=1)
    if action in TOKEN_ACTIONS:
        return Event(Kind.TOKEN, p, r, token=cluster.rings[r].newest or b"", packet_count=count)
    return Event(KINDS[action], p, r, h, packet_count=count)


def message_before(p: int, sends: str | None, priority: int = HIGH) -> Iterator[Event]:
    """The message that has to be queued before a turn, if any."""
    if sends and sends in NEEDS_A_MESSAGE:
        yield Event(Kind.QUEUE, p, priority=priority, packet_count=NEEDS_A_MESSAGE[sends])


def granted(cluster: Cluster, p: int, sends: str) -> int:
    """How many packets it takes: all leftovers at once, and a long message that starts again in another ring whole."""
    if sends == "send_leftover":
        return cluster.recovery_count(p, of_this_ring=False)
    begun = cluster.begun.get(p)
    return 2 if sends == "finish_long" and begun and begun.ring != cluster.seen[p].installed else 1


def is_for_nobody(cluster: Cluster, step: Chosen) -> bool:
    """Whether the step is a call or a token at a processor that is down: nobody is there to be called."""
    p = step.arguments.get("p", -1)
    return step.action.name in ("unplug", "destroy", "reject") and not cluster.is_up(p)
