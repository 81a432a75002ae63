"""What is wrong with a text that somebody wrote: an action, a variant or a claim.

A text that says nothing must not pass: a misspelt name would check the protocol as it is. So a mistake is an error as
soon as it can be seen. A name is seen when the text is stated; what a function does, when it is first recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

LIKENESS = 0.4
"""How like a name is that is worth showing, from 0 to 1."""
FEW = 6


class TextError(ValueError):
    """Somebody's text is wrong. The message gives the place, what is wrong there, and the nearest right name."""

    def __init__(self, place: str, says: str) -> None:
        super().__init__(f"{place}: {says}")


def mistake(says: str, by: str = __name__) -> TextError:
    """A mistake in the line that is being read, or that calls the module `by`."""
    return TextError(here(by), says)


def mistake_in(write: Callable[..., object], says: str) -> TextError:
    """A mistake in this function as a whole."""
    return TextError(place_of(write), says)


def here(by: str = __name__) -> str:
    """File and line of the nearest caller outside of the set language and of the module `by`."""
    room, frame = f"{__package__}.", sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith((room, by)):
        frame = frame.f_back
    return place(frame.f_code.co_filename, frame.f_lineno)


def place_of(write: Callable[..., object]) -> str:
    """File and line where a function begins, decorators included, and its name."""
    code = write.__code__
    return f"{place(code.co_filename, code.co_firstlineno)}, {write.__name__}"


def place(file: str, line: int) -> str:
    """`test_mine.py:12`; a file below the working directory is named from there."""
    path, folder = Path(file), Path.cwd()
    return f"{path.relative_to(folder) if path.is_relative_to(folder) else path}:{line}"


def nearest(name: object, known: Iterable[str]) -> str:
    """The end of a sentence about a name that nobody knows: `; the nearest is 'visit'`, or all if they are few."""
    from difflib import get_close_matches

    names = sorted(known)
    if near := get_close_matches(str(name), names, n=1, cutoff=LIKENESS):
        return f"; the nearest is {near[0]!r}"
    return f"; there are {', '.join(map(repr, names))}" if 0 < len(names) <= FEW else ""


def kind_of(value: object) -> str:
    """What a value is, in words: `nothing`, `a Set`, `an int`."""
    if value is None:
        return "nothing"
    names = [one.__name__ for one in type(value).__mro__]
    name = next((name for name in names if name in ("Set", "Truth")), names[0])
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
