"""Two small charts of a check's report: states by depth, and how states grow with members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log10
from xml.etree import ElementTree as Xml

from properties.page.drawing import Element, drawn

BARS = (120, 24)
"""Width and height of the bars of one search, in pixels."""
LEFT, TOP, WIDTH, HEIGHT, NAMES = 70, 14, 420, 220, 210
"""Of the lines: room for the scale, room above, the field itself, and room for what each line is."""
LINE = 14
"""Between names that stand one below the other."""
DASHES = ("none", "6 3", "2 3", "8 3 2 3", "1 4")
"""Lines are told apart by their dashes, so without colours too."""


def by_depth(levels: Sequence[int]) -> str:
    """A bar for each depth, as high as it has states."""
    width, height = BARS
    each, most = width / max(len(levels), 1), max(levels, default=1)
    bars = [
        drawn("rect", x=round(each * depth, 2), y=round(height - height * count / most, 2),
              width=round(max(each - 1, 0.5), 2), height=round(height * count / most, 2))
        for depth, count in enumerate(levels)
    ]  # fmt: skip
    return _text(bars, width, height, f"states by depth: {', '.join(f'{count:,}' for count in levels)}", "by-depth")


def by_members(lines: Mapping[str, Mapping[int, int]]) -> str:
    """A line for each kind of scope: members to the right, states upwards, each mark ten times the one below."""
    powers = len(str(max(count for line in lines.values() for count in line.values())))
    members = sorted({number for line in lines.values() for number in line})
    across = WIDTH / max(len(members) - 1, 1)

    def place(number: int, count: int) -> tuple[float, float]:
        return LEFT + across * members.index(number), TOP + HEIGHT - HEIGHT * log10(count) / powers

    body = _scale(powers, [(place(number, 1)[0], str(number)) for number in members])
    ends: dict[str, tuple[float, float]] = {}
    for (name, line), dash in zip(lines.items(), DASHES, strict=False):
        points = [place(number, count) for number, count in line.items()]
        ends[name] = points[-1]
        at = " ".join(f"{x:.0f},{y:.1f}" for x, y in points)
        body.append(drawn("polyline", points=at, stroke_dasharray=dash, class_="line"))
    body += [drawn("text", name, x=x, y=y) for name, x, y in _apart(ends)]
    words = "; ".join(f"{name}: {', '.join(f'{count:,}' for count in line.values())}" for name, line in lines.items())
    return _text(body, LEFT + WIDTH + NAMES, TOP + HEIGHT + 40, f"states by members. {words}", "by-members")


def _apart(ends: Mapping[str, tuple[float, float]]) -> Iterator[tuple[str, float, float]]:
    """Where the name of each line stands: beside its end, and below the name that ends at the same members."""
    taken: dict[float, float] = {}
    for name, (x, y) in sorted(ends.items(), key=lambda one: one[1][1]):
        taken[x] = max(y + 4, taken.get(x, -LINE) + LINE)
        yield name, x + 8, taken[x]


def _scale(powers: int, members: Sequence[tuple[float, str]]) -> list[Element]:
    """The marks of both axes."""
    body: list[Element] = []
    for power in range(powers + 1):
        y = TOP + HEIGHT - HEIGHT * power / powers
        body.append(drawn("line", x1=LEFT, x2=LEFT + WIDTH, y1=y, y2=y, class_="mark"))
        body.append(drawn("text", f"{10**power:,}", x=LEFT - 6, y=y + 4, text_anchor="end"))
    for x, number in members:
        body.append(drawn("text", number, x=x, y=TOP + HEIGHT + 18, text_anchor="middle"))
    return [*body, drawn("text", "members", x=LEFT + WIDTH / 2, y=TOP + HEIGHT + 34, text_anchor="middle")]


def _text(body: Sequence[Element], width: int, height: int, label: str, kind: str) -> str:
    box = f"0 0 {width} {height}"
    svg = drawn("svg", *body, width=width, height=height, viewBox=box, role="img", aria_label=label, class_=kind)
    return Xml.tostring(svg, encoding="unicode")
