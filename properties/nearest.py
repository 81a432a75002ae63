"""What is said of a name that nobody knows: the nearest ones that there are."""

from __future__ import annotations

from collections.abc import Iterable

MOST_NAMED = 3
LIKENESS = 0.4


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that look most like this one, whatever their case: at most three, and none if none is like it."""
    from difflib import get_close_matches

    by_folded = {one.casefold(): one for one in known}
    return [by_folded[one] for one in get_close_matches(name.casefold(), by_folded, MOST_NAMED, LIKENESS)]


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """One line: `unknown claim 'PLUG-S99'; near it: PLUG-S9, PLUG-S8, PLUG-S7`."""
    near = nearest(name, known)
    return f"unknown {what} {name!r}" + (f"; near it: {', '.join(near)}" if near else "")
