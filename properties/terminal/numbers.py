"""Numbers that somebody types."""

from __future__ import annotations

import math
from typing import Any

import click

MOST_RUNS = 1_000_000
"""So many runs, or steps, are asked for at once at most."""
SEED = click.IntRange(0, 2**63 - 1)


class RealRange(click.FloatRange):
    """A number between two bounds: `nan`, which is neither below nor above any, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; an error if it is none, or out of bounds."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number
