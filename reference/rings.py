"""Rings: the ring id, the member list, and which position in the bitmap is which member's.

How the processors agree on a ring is left out on purpose: the membership tells the result.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, NamedTuple, NewType

from msgspec import Meta

from reference.errors import LocalProtocolError

MEMBERS_MAX = 128
PROCESSOR_MAX = 2**32 - 1
NUMBER_MAX = 2**63 - 1

ProcessorId = NewType("ProcessorId", int)
RingSeq = NewType("RingSeq", int)


class RingId(NamedTuple):
    """What names a ring: the processor that represents it, and a number that grows from ring to ring.

    Source: D8; Totem 1995 (ring id)
    """

    representative: Annotated[ProcessorId, Meta(ge=0, le=PROCESSOR_MAX)]
    seq: Annotated[RingSeq, Meta(ge=0, le=NUMBER_MAX)]

    def __str__(self) -> str:
        return f"{self.representative}:{self.seq}"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A ring id with its sorted member list. Made by `configuration`, which checks it."""

    ring_id: RingId
    members: tuple[ProcessorId, ...]

    def position(self, processor: ProcessorId) -> int:
        """Which bit of the bitmap is this member's: its index in the sorted member list.

        Source: mail M5; D9
        """
        return self.members.index(processor)


def configuration(ring_id: RingId, members: Iterable[ProcessorId], *, state: str) -> Configuration:
    """The configuration of this ring with these members, given in any order.

    Source: D9 (sorted, so that all members count alike); Totem 1995 (a member represents its ring)
    """
    listed = tuple(members)
    ordered = tuple(sorted(set(listed)))
    for wrong, clause, what in (
        (not 0 <= ring_id.seq <= NUMBER_MAX, "RING-S2", f"ring seq {ring_id.seq} is not in 0 to {NUMBER_MAX}"),
        (
            not 1 <= len(listed) <= MEMBERS_MAX,
            "D9",
            f"ring {ring_id} has {len(listed)} members, not 1 to {MEMBERS_MAX}",
        ),
        (len(ordered) < len(listed), "D9", f"ring {ring_id} lists a member twice"),
        (any(not 0 <= p <= PROCESSOR_MAX for p in ordered), "D9", f"a member is not in 0 to {PROCESSOR_MAX}"),
        (ring_id.representative not in ordered, "D8", f"ring {ring_id} is represented by no member"),
    ):
        if wrong:
            raise LocalProtocolError("membership", what, clause=clause, state=state)
    return Configuration(ring_id, ordered)
