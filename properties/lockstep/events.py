"""Events: what may happen to a cluster, and which action of the machine each is.

The tables are the reading of events: by what happened, the action of the machine, STUTTER where the machine takes no
step, or NEVER where the clauses do not allow it. `docs/lockstep.md` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from properties.words import counted

STUTTER = "stutter"
"""The machine takes no step, and no variable may change."""
NEVER = "never"
"""The clauses do not allow it, whatever the machine says."""
ROOM = 2
"""Recovery messages of one ring that wait at a processor: the machine has room for two, and sees no third."""


class MapError(Exception):
    """The machine has an action that no event is, or a variable that the refinement map does not name."""


class Kind(Enum):
    """What happens."""

    FORM = "a ring forms"
    TOLD = "a processor is told of a ring"
    LEAVE = "a processor leaves its ring"
    INSTALL = "a processor installs its pending ring"
    TOKEN = "a token arrives"
    BETWEEN = "a token arrives at a processor that is between two rings"
    ALONE = "the only member of a ring takes its turn"
    CREATE = "a service creates a handle"
    UNPLUG = "a service unplugs a handle"
    DESTROY = "a service destroys a handle"
    QUEUE = "a service queues a message"
    CRASH = "a processor crashes"
    RESTART = "a processor restarts"
    LOSE = "the network loses a token"
    DUPLICATE = "the network duplicates a token"
    RESEND = "the last token of a ring is sent again"
    PACKET = "a packet arrives"


@dataclass(frozen=True)
class Event:
    """One event: to whom, of which ring (by its number), and what else its kind needs."""

    kind: Kind
    processor: int = -1
    ring: int = -1
    handle: int = -1
    members: tuple[int, ...] = ()
    token: bytes = b""
    packet_count: int = 0
    """Of a turn: how many packets the flow control grants. Of a message: how many it takes."""
    priority: int = 0
    seq: int = 0
    """Of a packet: its number in the order of its ring, from 1."""
    late: bool = False
    """Of a token: another of its ring was sent since, though it may be of the same bytes."""

    def __str__(self) -> str:
        """The event as a reader sees it."""
        words = [self.kind.value]
        words += [f"p{self.processor}"] if self.processor >= 0 else []
        words += [f"r{self.ring}"] if self.ring >= 0 else []
        words += [f"h{self.handle}"] if self.handle >= 0 else []
        words += ["{" + " ".join(f"p{member}" for member in self.members) + "}"] if self.members else []
        if self.kind is Kind.QUEUE:
            words.append(f"priority {self.priority}, {_packets(self.packet_count)}")
        words += [f"number {self.seq}"] if self.kind is Kind.PACKET else []
        words += ["late"] if self.late else []
        if self.kind in (Kind.TOKEN, Kind.ALONE):
            words.append(f"{_packets(self.packet_count)} granted")
        return " ".join(words)


def _packets(count: int) -> str:
    return counted(count, "packet")


class At(Enum):
    """How the ring of a token stands at the processor it arrives at."""

    INSTALLED = "installed"
    PENDING = "pending"
    NEITHER = "neither"


class PacketCase(Enum):
    """What a packet is a part of."""

    RECOVERY_PART = "a part of a recovery message, not its last"
    RECOVERY = "the last of a recovery message that was queued in this ring"
    RECOVERY_OF_MANY = "the last of a recovery message that was queued in this ring; two or more such wait"
    LEFTOVER = "the last of a recovery message that was queued elsewhere; another such waits"
    LAST_LEFTOVER = "the last of a recovery message that was queued elsewhere; no other waits"
    WHOLE = "a whole high, medium or low priority message"
    FIRST = "the first of several of a high, medium or low priority message"
    MIDDLE = "neither the first nor the last of a high, medium or low priority message"
    REST = "the last of several of a high, medium or low priority message"
    AGAIN = "a part that was sent before, in a ring that was left"


TOKENS = MappingProxyType(
    {
        # (newest token of its ring?, how the ring stands, accepted?)
        (True, At.INSTALLED, True): "visit",
        (True, At.PENDING, True): "pass_on",
        (True, At.NEITHER, True): NEVER,
        (True, At.INSTALLED, False): NEVER,
        (True, At.PENDING, False): NEVER,
        (True, At.NEITHER, False): "reject",
        (False, At.INSTALLED, True): NEVER,
        (False, At.PENDING, True): NEVER,
        (False, At.NEITHER, True): NEVER,
        (False, At.INSTALLED, False): STUTTER,
        (False, At.PENDING, False): STUTTER,
        (False, At.NEITHER, False): "reject",
    }
)
"""A token that arrives. Source: D8; D14 (each number is accepted once, so a late token of one's own ring is not)."""

PACKETS: Mapping[PacketCase, tuple[str, ...]] = MappingProxyType(
    {
        PacketCase.RECOVERY_PART: (),
        PacketCase.RECOVERY: ("send_recovery",),
        PacketCase.RECOVERY_OF_MANY: ("send_recovery", "queue_recovery"),
        PacketCase.LEFTOVER: (),
        PacketCase.LAST_LEFTOVER: ("send_leftover",),
        PacketCase.WHOLE: ("originate",),
        PacketCase.FIRST: ("begin_long",),
        PacketCase.MIDDLE: ("finish_long", "begin_long"),
        PacketCase.REST: ("finish_long",),
        PacketCase.AGAIN: (),
    }
)
"""A packet that a turn originates, after the turn's own action. Source: mail M1; D10, D11, D13."""

OTHERS = MappingProxyType(
    {
        Kind.FORM: "form_ring",
        Kind.TOLD: STUTTER,
        Kind.BETWEEN: STUTTER,
        Kind.LEAVE: "leave",
        Kind.INSTALL: "install",
        Kind.ALONE: "sole_visit",
        Kind.CREATE: "create",
        Kind.UNPLUG: "unplug",
        Kind.DESTROY: "destroy",
        Kind.CRASH: "crash",
        Kind.RESTART: "restart",
        Kind.LOSE: STUTTER,
        Kind.DUPLICATE: STUTTER,
        Kind.RESEND: STUTTER,
        Kind.PACKET: STUTTER,
    }
)
"""What else happens."""

QUEUES = MappingProxyType(
    {
        # (recovery priority?, a ring installed?)
        (True, True): "queue_recovery",
        (True, False): "queue_between",
        (False, True): STUTTER,
        (False, False): STUTTER,
    }
)
"""A message that is queued. Of high, medium and low priority the machine has no queue: it may always have one."""
