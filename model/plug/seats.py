"""Seats: the fixed order of the processors, as tables of constants."""

from __future__ import annotations

from model.language.ground import Scope


def seated(scope: Scope, i: int) -> int:
    """The processor in seat i, in every machine that has seats."""
    return 1 << i


def sits_between(scope: Scope, i: int, j: int) -> int:
    """Going round from seat i to seat j: who sits strictly between; from i to i: everybody else."""
    steps = (j - i - 1) % scope.processors
    return sum(1 << (i + 1 + k) % scope.processors for k in range(steps))


def sits_below(scope: Scope, i: int) -> int:
    """Who sits in a seat lower than i."""
    return (1 << i) - 1
