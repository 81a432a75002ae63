"""The shortest clauses that hold of every kind: `in this set, or not in that one`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

Clause = frozenset[int]
"""Literals: set number k stands for `is in it`, and ~k for `is not in it`."""


class Clauses:
    """Which clauses hold of some kinds, `codes`, of so many sets; some of them `within` another, whatever the state."""

    def __init__(self, codes: NDArray[np.uint64], sets: int, within: Mapping[int, int] | None = None) -> None:
        self.sets, self.within = sets, within or {}
        member = ((codes[:, None] >> np.arange(sets, dtype=np.uint64)) & np.uint64(1)).astype(np.bool_)
        self.literals = [*range(sets), *(~k for k in range(sets))]
        self.false = np.packbits(np.concatenate([~member, member], axis=1), axis=0).T
        """For each literal, one bit for each kind of which it is false."""

    def shortest(self, most: int, known: Collection[Clause] = ()) -> Iterator[Clause]:
        """The clauses of at most so many literals that hold, without those that follow from a shorter one."""
        yield from self._shortest(most, len(self.literals), known)

    def unions(self, most: int) -> Iterator[Clause]:
        """The shortest clauses of at most so many literals that say where everybody is, and nothing else."""
        yield from self._shortest(most, self.sets, ())

    def _shortest(self, most: int, literals: int, known: Collection[Clause]) -> Iterator[Clause]:
        held = {frozenset({~one, other}) for one, other in self.within.items()}
        held |= {weaker for one in known for weaker in self._weaker(one)}
        for length in range(1, most + 1):
            found = [one for one in self._of(length, literals) if not follows(one, held)]
            held |= {weaker for one in found for weaker in self._weaker(one)}
            yield from (one for one in found if not follows(one, held - {one}))

    def _weaker(self, clause: Clause) -> Iterator[Clause]:
        """The clause, and those that follow since a set is within another."""
        ways = [(one, self.within[one]) if one in self.within else (one,) for one in clause]
        return map(frozenset, product(*ways))

    def _of(self, length: int, literals: int) -> Iterator[Clause]:
        """All clauses of this length, of the first so many literals, that hold."""
        everywhere = np.full(self.false.shape[1], 255, np.uint8)
        for first in combinations(range(literals), length - 1):
            both = np.bitwise_and.reduce(self.false[list(first)], axis=0) if first else everywhere
            start = first[-1] + 1 if first else 0
            holds = ~(self.false[start:literals] & both).any(axis=1)
            for last in np.flatnonzero(holds).tolist():
                yield frozenset(self.literals[k] for k in (*first, start + last))


def follows(clause: Clause, held: Collection[Clause]) -> bool:
    """It has a literal and its opposite, or a clause that is held is part of it."""
    if any(~one in clause for one in clause):
        return True
    parts = (frozenset(part) for length in range(1, len(clause) + 1) for part in combinations(clause, length))
    return any(part in held for part in parts)
