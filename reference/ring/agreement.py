"""How processors agree on who is there: sets that only grow, and who has sent the same ones.

A processor trusts what others say of third parties, and never counts itself as failed. When to send a join, and what
follows from agreement, is decided in `membership.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reference.ring.datagrams import Join
from reference.rings import MEMBERS_MAX, ProcessorId, RingSeq

Processors = frozenset[ProcessorId]
NO_RING = RingSeq(0)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a processor believes while it gathers.

    Source: Totem 1995 (my_proc_set, my_fail_set, consensus)
    """

    me: ProcessorId
    processors: Processors
    failed: Processors = frozenset()
    agreeing: Processors = frozenset()
    """Who of the others has sent the same sets."""
    highest_seq: RingSeq = NO_RING
    """The largest ring number in a join."""

    @property
    def candidates(self) -> tuple[ProcessorId, ...]:
        """Who is to be in the ring."""
        return tuple(sorted(self.processors - self.failed))

    @property
    def is_reached(self) -> bool:
        """Whether all candidates have sent the same sets.

        Source: Totem 1995 (consensus)
        """
        return {*self.candidates} <= self.agreeing | {self.me}


def begun(me: ProcessorId, members: Iterable[ProcessorId]) -> Agreement:
    """What a processor believes when it leaves a ring: its members are there, nobody has failed.

    Source: Totem 1995 (shift to gather)
    """
    return Agreement(me, frozenset(members) | {me})


def again(agreement: Agreement) -> Agreement:
    """The same sets, and all have to agree once more.

    Source: Totem 1995 (shift to gather from commit and recovery)
    """
    return replace(agreement, agreeing=frozenset())


def with_processor(agreement: Agreement, heard: ProcessorId) -> Agreement:
    """One more is there.

    Source: Totem 1995 (foreign message)
    """
    if len(agreement.processors | {heard}) > MEMBERS_MAX:
        return agreement
    return replace(agreement, processors=agreement.processors | {heard}, agreeing=frozenset())


def heard(agreement: Agreement, join: Join) -> Agreement:
    """What a processor believes after a join; the same, if it says nothing new or comes from one that has failed.

    Source: Totem 1995 (join message in gather: same sets, subset, failed sender, or merge)
    """
    if join.sender in agreement.failed:
        return agreement
    known = replace(agreement, highest_seq=max(agreement.highest_seq, join.ring_seq))
    processors, failed = frozenset(join.processors), frozenset(join.failed)
    if (processors, failed) == (known.processors, known.failed):
        return replace(known, agreeing=known.agreeing | {join.sender})
    if processors <= known.processors and failed <= known.failed:
        return replace(known, agreeing=known.agreeing - {join.sender})
    if len(known.processors | processors) > MEMBERS_MAX:
        return agreement
    lost = {join.sender} if known.me in failed else failed
    return replace(known, processors=known.processors | processors, failed=known.failed | lost, agreeing=frozenset())


def is_news(before: Agreement, after: Agreement) -> bool:
    """Whether the sets have grown, so that all have to be told."""
    return (before.processors, before.failed) != (after.processors, after.failed)


def timed_out(agreement: Agreement) -> Agreement:
    """Who has not agreed in time counts as failed; if all have, they have to say so once more.

    Source: Totem 1995 (consensus timeout); corosync totemsrp.c (memb_state_consensus_timeout_expired)
    """
    silent = {*agreement.candidates} - agreement.agreeing - {agreement.me}
    return replace(agreement, failed=agreement.failed | silent, agreeing=frozenset())


def without_others(agreement: Agreement) -> Agreement:
    """All others have failed, as far as this processor is concerned: it cannot receive what they send.

    Source: Totem 1995 (failure to receive); corosync totemsrp.c (FAILED TO RECEIVE)
    """
    return replace(agreement, failed=agreement.processors - {agreement.me}, agreeing=frozenset())
