"""Where the random runs take their choices from: a generator with a seed, and nothing else.

Hypothesis's own source also draws numbers that it finds in whatever modules of the user are loaded, keeps them in a
folder, and draws more runs than it was asked for. A seed would then say all only on one day in one place. This source
is an alternative backend of Hypothesis; it draws what the runs draw, booleans and numbers in a range.
"""

from __future__ import annotations

import random
from typing import ClassVar, NoReturn

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, PrimitiveProvider

BACKEND = "ringplug"


class SeededDraws(PrimitiveProvider):
    """Draws uniformly from the one generator."""

    source: ClassVar[random.Random] = random.Random(0)

    def draw_boolean(self, p: float = 0.5) -> bool:
        return self.source.random() < p

    def draw_integer(
        self,
        min_value: int | None = None,
        max_value: int | None = None,
        *,
        weights: dict[int, float] | None = None,
        shrink_towards: int = 0,
    ) -> int:
        if min_value is None or max_value is None or weights:
            raise TypeError("runs draw from a range")
        return self.source.randint(min_value, max_value)

    def draw_float(self, *args: object, **options: object) -> NoReturn:
        raise TypeError("no run draws a float")

    def draw_string(self, *args: object, **options: object) -> NoReturn:
        raise TypeError("no run draws a string")

    def draw_bytes(self, *args: object, **options: object) -> NoReturn:
        raise TypeError("no run draws bytes")


def begin_with(seed: int) -> str:
    """Begin with this seed; the name of the backend for Hypothesis's settings."""
    SeededDraws.source = random.Random(seed)
    AVAILABLE_PROVIDERS[BACKEND] = SeededDraws
    return BACKEND
