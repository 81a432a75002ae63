"""One configuration's recovery of the event service: who has checked in, who leads, and what is still to come.

All of it follows from messages of this configuration in their order, so all members compute the same. The leader is
the oldest member. Members that came from one ring with all its messages hold the same events, and are a group; where
several groups meet, the oldest of each tells what the group retains, since nobody else has it. openais let the leader
alone do that, which loses what another group holds to everyone but that group.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reference.rings import ProcessorId, RingId
from reference.services.evt.messages import CheckIn
from reference.services.nodes import Node


@dataclass(slots=True)
class Recovery:
    """What is known of the recovery in one configuration. `group` is one's own."""

    ring_id: RingId
    members: frozenset[ProcessorId]
    group: frozenset[ProcessorId]
    checked_in: dict[ProcessorId, CheckIn] = field(default_factory=dict[ProcessorId, CheckIn])
    nodes: dict[ProcessorId, Node] = field(default_factory=dict[ProcessorId, Node])
    handed: set[ProcessorId] = field(default_factory=set[ProcessorId])
    handed_over: bool = False
    done_sent: bool = False
    done: bool = False

    @property
    def all_checked_in(self) -> bool:
        """Whether every member has, in this configuration.

        Source: EVT-S3
        """
        return self.members <= self.checked_in.keys()

    @property
    def leader(self) -> ProcessorId | None:
        """The oldest member, once all have checked in.

        Source: EVT-S2; openais evt.c:998
        """
        return self._oldest(self.members) if self.all_checked_in else None

    @property
    def spokesmen(self) -> frozenset[ProcessorId]:
        """Who tells what its group retains: the oldest of each that has something, if there is more than one group."""
        if not self.all_checked_in:
            return frozenset()
        groups = {frozenset(check_in.group) & self.members | {p} for p, check_in in self.checked_in.items()}
        oldest = {self._oldest(group) for group in groups} if len(groups) > 1 else set[ProcessorId]()
        return frozenset(p for p in oldest if self.checked_in[p].retained_count)

    @property
    def all_handed(self) -> bool:
        """Whether every group but the leader's has told what it retains."""
        return self.spokesmen - self.handed <= {self.leader}

    def next_group(self, came_along: Iterable[ProcessorId]) -> frozenset[ProcessorId]:
        """Who holds the same events in the next configuration, of those that came along.

        All who came along, if this recovery is done; it is done at all of them or at none (EVS-4).
        """
        return frozenset(came_along) if self.done else self.group & frozenset(came_along)

    def _oldest(self, processors: Iterable[ProcessorId]) -> ProcessorId:
        return min(processors, key=lambda p: self.nodes[p].age_key)
