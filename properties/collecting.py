"""How often Python looks for garbage that refers to itself: seldom, where machines and runs are kept.

A machine with its terms, or a run with its events, is some hundred thousand objects that stay. Looking through them at
every 700th new object, as Python does unless it is told otherwise, takes a sixth of the time of a simulated run.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 50_000
YOUNG, MIDDLE = 20, 50
"""After so many looks at what is new, at what has been kept once, too; after so many of these, at everything."""


def collect_seldom() -> None:
    """For a process that is ours: the command line, its workers, tests and benchmarks. A library leaves it alone."""
    gc.set_threshold(NEW_OBJECTS, YOUNG, MIDDLE)
