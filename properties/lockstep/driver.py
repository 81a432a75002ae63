"""Which event makes the implementation take a step of the machine: the other direction of `meaning.py`.

A turn is one call, so a visit is driven together with what is originated in it: the flow control grants as many packets
as that takes, and none where the machine sends nothing. The machine may always have a normal message; the cluster
queues one just before it is to be sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from model.language.ground import Step
from properties.lockstep.abstraction import members_of
from properties.lockstep.cluster import Cluster
from properties.lockstep.events import Event, Kind
from properties.lockstep.implementation import HIGH, RECOVERY

SENDS = ("send_recovery", "send_leftover", "originate", "begin_long", "finish_long")
"""What may be originated in a turn."""
TURNS = ("visit", "sole_visit")
"""The actions that give a turn."""
TOKEN_ACTIONS = ("visit", "pass_on", "reject")
CALLS = MappingProxyType(
    {
        "leave": Kind.LEAVE, "install": Kind.INSTALL, "create": Kind.CREATE, "unplug": Kind.UNPLUG,
        "destroy": Kind.DESTROY, "crash": Kind.CRASH, "restart": Kind.RESTART, "sole_visit": Kind.ALONE,
    }
)  # fmt: skip
NEEDS_A_MESSAGE = MappingProxyType({"originate": 1, "begin_long": 2})
"""How many packets the message takes that has to be queued first."""


def event_of(cluster: Cluster, step: Step, sends: str | None = None) -> Event:
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
    return Event(CALLS[action], p, r, h, packet_count=count)


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


def is_for_nobody(cluster: Cluster, step: Step) -> bool:
    """Whether the step is a call or a token at a processor that is down: nobody is there to be called."""
    p = step.arguments.get("p", -1)
    return step.action.name in ("unplug", "destroy", "reject") and not cluster.is_up(p)
