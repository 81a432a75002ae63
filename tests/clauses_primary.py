"""Primary components, once more: of two primary configurations one follows the other (CFG-S5)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from clauses_record import BROKEN, MET, PENDING, UNSEEN, Outcomes, Record, Stay

from properties.history.events import Primary


def one_primary(r: Record) -> Outcomes:
    """CFG-S5: in the order of their numbers, somebody of each primary ring is in the next."""
    primary = {stay.ring: stay for stay in sorted(r.stays, key=_told_primary, reverse=True) if _told_primary(stay)}
    for cluster in _clusters(r, list(primary)):
        for one, other in itertools.pairwise(sorted(cluster, key=lambda ring: (ring[1], ring[0]))):
            if any(_is_in(r, name, one) & _is_in(r, name, other) for name in r.names):
                yield MET
            elif not all(r.is_quiet or _is_beyond(r, name, other[1]) for name in r.names):
                yield PENDING
            elif one[1] < other[1] and all(_hides(r, primary[ring]) for ring in (one, other)):
                yield UNSEEN
            else:
                yield BROKEN


def _told_primary(stay: Stay) -> int:
    """Where it is told that the ring is primary; 0, the place of the first start, if it is not."""
    return next((at for at, event in stay.of(Primary) if event.inside), 0)


def _mine(r: Record, name: str) -> list[tuple[Stay, int]]:
    """The rings of which a process is a member, each with how often another cluster has begun for it."""
    mine = [stay for stay in r.stays if stay.name == name]
    return [
        (stay, sum(one.told.bootstrap for one in mine if one.at <= stay.at)) for stay in mine if name in stay.members
    ]


def _is_in(r: Record, name: str, ring: tuple[str, int]) -> set[int]:
    return {cluster for stay, cluster in _mine(r, name) if stay.ring == ring}


def _is_beyond(r: Record, name: str, number: int) -> bool:
    last = sum(stay.told.bootstrap for stay in r.stays if stay.name == name)
    return any(stay.ring[1] >= number and cluster == last for stay, cluster in _mine(r, name))


def _hides(r: Record, told: Stay) -> bool:
    """Whether a member may have been in rings that nobody tells of."""
    lost = {life.name for life in r.lives if not life.is_last and not life.crashed}
    return any(name not in r.names or name in lost for name in told.told.members)


def _clusters(r: Record, primary: Sequence[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    """The primary rings, by cluster: of those that began anew each by itself, with all that is connected with it."""
    mine = {(name, cluster): set[tuple[str, int]]() for name in r.names for _, cluster in _mine(r, name)}
    for name in r.names:
        for stay, cluster in _mine(r, name):
            mine[name, cluster].add(stay.ring)
    found: list[list[tuple[str, int]]] = []
    left = list(primary)
    for (_, cluster), rings in mine.items():
        if cluster:
            whole = _connected(rings, list(mine.values()))
            found.append([ring for ring in left if ring in whole])
            left = [ring for ring in left if ring not in whole]
    return [*found, left]


def _connected(rings: set[tuple[str, int]], others: Sequence[set[tuple[str, int]]]) -> set[tuple[str, int]]:
    more = rings.union(*(other for other in others if other & rings))
    return rings if more == rings else _connected(more, others)
