"""Words that many messages need: numbers of things, and names that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

MOST_NAMED = 3
MOST_LISTED = 6
MOST_CHARACTERS = 500
LIKENESS = 0.4


def counted(count: int, one: str, several: str = "") -> str:
    """`1 ring`, `2,000 rings`."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that look most like this one, whatever their case: at most three, and none if none is like it."""
    from difflib import get_close_matches

    by_folded = {one.casefold(): one for one in known}
    return [by_folded[one] for one in get_close_matches(name.casefold(), by_folded, MOST_NAMED, LIKENESS)]


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The nearest names, or all of a few: `unknown claim 'PLUG-S99'; near it: PLUG-S9, PLUG-S8, PLUG-S7`."""
    names = list(known)
    near = nearest(name, names)
    few = names if len(names) <= MOST_LISTED else []
    says = f"; near it: {', '.join(near)}" if near else f"; there are {', '.join(few)}" if few else ""
    return f"unknown {what} {name!r}{says}"


def short(text: str) -> str:
    """Text without its middle, if nobody would read it whole: an error may quote what somebody's file has."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 100]} \u2026 {text[-90:]}"
