"""When the rings of a recorded run were formed.

The machine forms a ring in one step: it is then pending at all its members. In a run its members are told of it one
after the other, the representative last, which then sends the first token. A ring is taken to be formed when that token
is sent. It is taken to be formed earlier where a member that was told of it has gone on by then: just before this
member crashed, or before the next ring it was told of was formed. A ring that never got a first token is never formed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from properties.lockstep.implementation import RingName


@dataclass(frozen=True)
class Announcement:
    """A processor is told of a ring: at which step of the run, and the first token if it sends one."""

    index: int
    processor: int
    ring: RingName
    members: tuple[int, ...]
    token: bytes | None

    @property
    def completes(self) -> bool:
        """Whether the ring has a token, or needs none, after this."""
        return self.token is not None or self.members == (self.processor,)


@dataclass(frozen=True)
class Formation:
    """A ring with its members and first token, and the step of the run before which it is taken to be formed."""

    index: int
    ring: RingName
    members: tuple[int, ...]
    token: bytes | None


def formations(
    announcements: Sequence[Announcement], crashes: Iterable[tuple[int, int]]
) -> Mapping[int, list[Formation]]:
    """By step of the run, the rings that are formed just before it; `crashes` are steps and processors."""
    completed: dict[RingName, Announcement] = {}
    for announcement in announcements:
        if announcement.completes:
            completed.setdefault(announcement.ring, announcement)
    moments = _moments(announcements, crashes, completed)
    found = defaultdict[int, list[Formation]](list)
    for ring in sorted(completed, key=lambda ring: ring.seq):
        announcement = completed[ring]
        found[moments[ring]].append(Formation(moments[ring], ring, announcement.members, announcement.token))
    return found


def _moments(
    announcements: Sequence[Announcement],
    crashes: Iterable[tuple[int, int]],
    completed: Mapping[RingName, Announcement],
) -> dict[RingName, int]:
    """Before which step each ring is formed. Later rings first: an earlier one cannot be formed after them."""
    lives = defaultdict[int, list[tuple[int, RingName | None]]](list)
    for announcement in announcements:
        if announcement.ring in completed:
            lives[announcement.processor].append((announcement.index, announcement.ring))
    for index, processor in crashes:
        lives[processor].append((index, None))
    went_on = defaultdict[RingName, list[tuple[int, RingName | None]]](list)
    for life in lives.values():
        life.sort(key=lambda one: one[0])
        for (_, ring), later in pairwise(life):
            if ring:
                went_on[ring].append(later)
    moments = dict[RingName, int]()
    for ring in sorted(completed, key=lambda ring: -ring.seq):
        bounds = [moments.get(then, index) if then else index for index, then in went_on[ring]]
        moments[ring] = min([completed[ring].index, *bounds])
    return moments
