"""What an action moves, as a small picture: the sets it reads on the left, the sets it changes on the right.

All of it is read off the recorded action. Ghosts are left out, as in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from xml.etree import ElementTree as Xml

from model.language.machine import Action
from model.language.notation import Naming, Notation
from model.language.sets import Set
from model.language.state import Write
from model.language.terms import Common, Recorded, Union, Variable, Without, parts_of, variable
from properties.page.drawing import Element, drawn

T = TypeVar("T")
ROW, LETTER, MARGIN, GAP = 20, 7.3, 8, 56
"""Height of a line, width of a letter, and what is left free beside and between columns, in pixels."""
MOST_LETTERS = 44
"""Of what joins or leaves a set; a longer term is left to the equation."""


@dataclass(frozen=True)
class Moved:
    """A set that an action changes."""

    name: str
    sign: str
    """`+` if somebody joins, `−` if somebody leaves, both, or `=` if it is given anew."""
    what: str
    """Who joins, leaves or is there afterwards; empty if it is long to say."""

    @property
    def text(self) -> str:
        """In a line."""
        return f"{self.name} {self.sign} {self.what}".strip()


def moves(action: Action) -> list[Moved]:
    """What the action changes, in its order; of several writes to one place the last."""
    found = {
        (name, write.whole, *map(id, write.at)): (name, write)
        for name, writes in action.writes.items()
        if not action.now.declared[name].ghost
        for write in writes
    }
    names = {id(write.value): str(Notation().variable(f"{name}'", write.at)) for name, write in found.values()}
    return [_moved(name, write, names) for name, write in found.values()]


def _moved(name: str, write: Write, names: Mapping[int, str]) -> Moved:
    """Whether it grows or shrinks is how its new value is made of the old one; other new values have their names."""
    before, value = variable(name, write.at), write.value
    signs: list[str] = []
    last: Set = value
    while value is not before and isinstance(value, Union | Without | Common):
        signs.append("+" if isinstance(value, Union) else "−")
        last, value = value.right, value.left
    grown = value is before
    sign = "".join(sorted(set(signs))) if grown else "="
    others = Naming({key: other for key, other in names.items() if key != id(write.value)})
    what = str(others.set(last if grown else write.value)) if len(signs) == 1 or not grown else ""
    return Moved(str(Notation().variable(name, write.at)), sign, what if len(what) <= MOST_LETTERS else "")


def reads(action: Action) -> list[str]:
    """The sets that guard and new values are made of, each once; not one that is only added to or taken from."""
    found: dict[str, None] = {}
    for _, part in action.guard:
        found |= dict.fromkeys(_variables(part))
    for name, writes in action.writes.items():
        if not action.now.declared[name].ghost:
            for write in writes:
                own = str(Notation().variable(name, write.at))
                found |= dict.fromkeys(one for one in _variables(write.value) if one != own)
    return list(found)


def _variables(term: Recorded) -> Iterator[str]:
    """The variables in a term as they are written, in order; of a bound index the letter alone."""
    if isinstance(term, Variable):
        yield re.sub(r"[₀-₉]", "", Notation().variable(term.name, term.at))
    for part in parts_of(term):
        yield from _variables(part)


def picture(action: Action) -> str:
    """The picture, as SVG."""
    left, right = reads(action), moves(action)
    lines = max(len(left), len(right), 1)
    here = f"{action.name}({', '.join(action.parameters)})"
    wide = [LETTER * max(map(len, column), default=0) for column in (left, [one.text for one in right])]
    box = LETTER * len(here) + 20
    starts = (MARGIN + wide[0] + GAP, MARGIN + wide[0] + GAP + box)
    width, height = starts[1] + GAP + wide[1] + MARGIN, ROW * lines + 2 * MARGIN
    middle = height / 2
    body = [drawn("rect", x=starts[0], y=middle - 13, width=box, height=26, rx=5, class_="action")]
    body.append(drawn("text", here, x=starts[0] + box / 2, y=middle + 4, class_="name", text_anchor="middle"))
    for y, name in _lines(left, height):
        body.append(drawn("text", name, x=starts[0] - GAP, y=y + 4, class_="read", text_anchor="end"))
        body.append(_arrow(starts[0] - GAP + 5, y, starts[0], middle))
    for y, one in _lines(right, height):
        body += [_arrow(starts[1], middle, starts[1] + GAP - 5, y), _changed(one, starts[1] + GAP, y + 4)]
    attributes = {"width": round(width), "height": round(height), "viewBox": f"0 0 {round(width)} {round(height)}"}
    svg = drawn("svg", *body, class_="moves", role="img", aria_label=described(action), **attributes)
    return Xml.tostring(svg, encoding="unicode")


def described(action: Action) -> str:
    """The picture in words, for who hears it."""
    changed = ", ".join(one.text for one in moves(action)) or "nothing"
    return f"{action.name} reads {', '.join(reads(action)) or 'nothing'}; it changes {changed}"


def _lines(column: Sequence[T], height: float) -> Iterator[tuple[float, T]]:
    """The entries of a column with their heights, in the middle of the picture."""
    first = (height - ROW * len(column)) / 2 + ROW / 2
    yield from ((first + ROW * number, one) for number, one in enumerate(column))


def _changed(one: Moved, x: float, y: float) -> Element:
    """A set that changes, with what joins or leaves it."""
    sign = drawn("tspan", f" {one.sign} ", class_={"+": "came", "−": "went"}.get(one.sign, "anew"))
    return drawn("text", drawn("tspan", one.name), sign, drawn("tspan", one.what, class_="what"), x=x, y=y)


def _arrow(x: float, y: float, to_x: float, to_y: float) -> Element:
    """A line from a set to the action, or from the action to a set."""
    half = (x + to_x) / 2
    return drawn("path", d=f"M{x:.0f} {y:.0f}C{half:.0f} {y:.0f} {half:.0f} {to_y:.0f} {to_x:.0f} {to_y:.0f}")
