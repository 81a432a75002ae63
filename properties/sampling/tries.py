"""How much the stateful engine tries. By itself, so that who only passes it on does not load Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tries:
    """How much to try, and from which seed."""

    examples: int = 100
    steps: int = 100
    seed: int = 2004


DEFAULT_TRIES = Tries()
