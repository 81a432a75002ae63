"""The picture of a run as SVG, for papers: what the page draws (`assets/picture.mjs`), and a test holds both equal.

Time goes downwards, a lane is a processor, a row a step. A row's place depends on its number alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as Xml

from properties.page.assemble import asset
from properties.page.run import check_size
from properties.page.scene import Cell, Mark, Row, Scene
from properties.traces.trace import Trace, replay, trace_machine

ROW, HEAD, RINGS = 48, 30, 6
WIDTHS = ((3, 132), (5, 108), (8, 84), (16, 54))
NARROW, TIGHT = 70, 90
NAMESPACE = "http://www.w3.org/2000/svg"
Element = Xml.Element


def drawn(tag: str, *children: Element | str, **attributes: object) -> Element:
    """An element; `class_` is its class, a number is written as short as it can be."""
    element = Xml.Element(tag, {name.rstrip("_").replace("_", "-"): _short(one) for name, one in attributes.items()})
    for child in children:
        if isinstance(child, str):
            element.text = child
        else:
            element.append(child)
    return element


def _short(value: object) -> str:
    """As JavaScript writes it: a whole number without its point."""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def picture_of(trace: Trace, *, styled: bool = True) -> str:
    """The picture of a trace with the names of its lanes; its style is in it, unless that stands elsewhere.

    TraceError if the trace does not replay, or is larger than a page holds.
    """
    check_size(trace)
    ground = trace_machine(trace)
    rows = Scene(ground).rows(list(replay(ground, trace.steps)))
    picture = Picture([f"p{i}" for i in range(ground.scope.processors)])
    body = picture.body(rows)
    body.set("y", str(HEAD))
    style = [drawn("style", asset("picture.css"))] if styled else []
    height = HEAD + ROW * len(rows)
    svg = drawn(
        "svg", *style, picture.head(), body, xmlns=NAMESPACE, width=picture.width, height=height,
        viewBox=f"0 0 {picture.width} {height}", class_=body.get("class"), role="img",
    )  # fmt: skip
    return Xml.tostring(svg, encoding="unicode") + "\n"


class Picture:
    """The lanes, and how wide they are."""

    def __init__(self, lanes: Sequence[str]) -> None:
        self.lanes = lanes
        self.wide = next((wide for most, wide in WIDTHS if len(lanes) <= most), WIDTHS[-1][1])
        self.width = self.wide * len(lanes) + 8
        self.narrow = self.wide < NARROW
        self.letter = 5.6 if self.narrow else 6.2

    def x(self, lane: int) -> float:
        """The middle of a lane."""
        return 4 + self.wide * lane + self.wide / 2

    def head(self) -> Element:
        """The names of the lanes."""
        names = (
            drawn("text", self.clipped(name), x=self.x(lane), y=19, class_="lane-name")
            for lane, name in enumerate(self.lanes)
        )
        return drawn("g", *names)

    def body(self, rows: Sequence[Row]) -> Element:
        """All rows, as layers one above the other."""
        layers = [drawn("g") for _ in range(4)]
        for at, row in enumerate(rows):
            before = rows[at - 1].cells if at else None
            parts = (self.bands(at, row, before), self.paths(at, row), self.standings(at, row), self.marks(at, row))
            for layer, part in zip(layers, parts, strict=True):
                layer.append(drawn("g", *part))
        height = ROW * len(rows)
        return drawn(
            "svg", _hatching(), *layers, width=self.width, height=height, viewBox=f"0 0 {self.width} {height}",
            aria_hidden="true", class_="picture narrow" if self.narrow else "picture",
        )  # fmt: skip

    def clipped(self, text: str, room: float | None = None) -> str:
        """Text that fits: without its last words if it is too long, and then cut."""
        most = max(3, int((self.wide - 6 if room is None else room) / self.letter))
        while len(text) > most and " " in text:
            text = text.rpartition(" ")[0]
        return f"{text[: most - 1]}…" if len(text) > most else text

    def bands(self, at: int, row: Row, before: Sequence[Cell] | None) -> Iterator[Element]:
        """The configurations, and the lanes themselves."""
        y = ROW * at
        for lane, cell in enumerate(row.cells):
            left, wide = self.x(lane) - self.wide / 2 + 3, self.wide - 6
            tone = "" if cell.ring is None else f" ring-{cell.ring % RINGS}"
            yield drawn("line", x1=self.x(lane), x2=self.x(lane), y1=y, y2=y + ROW, class_="lane")
            if cell.band == "none":
                continue
            yield drawn("rect", x=left, y=y, width=wide, height=ROW, class_=f"band {cell.band}{tone}")
            if cell.band == "between":
                yield drawn("rect", x=left, y=y, width=wide, height=ROW, class_="hatch", fill="url(#between)")
            if before is None or (before[lane].band, before[lane].ring) != (cell.band, cell.ring):
                yield drawn("line", x1=left, x2=left + wide, y1=y + 0.75, y2=y + 0.75, class_=f"begins {cell.band}")

    def standings(self, at: int, row: Row) -> Iterator[Element]:
        """How each processor stands: gate, handles, token, queue, and the name of its ring."""
        busy = {lane for mark in row.marks for lane in _lanes_of(mark)}
        for lane, cell in enumerate(row.cells):
            yield from self.standing(cell, lane, ROW * at, lane in busy)

    def standing(self, cell: Cell, lane: int, y: int, busy: bool) -> Iterator[Element]:
        """One processor."""
        at, x = y + ROW - 12, self.x(lane) - self.wide / 2 + (6 if self.narrow else 9)
        if cell.gate:
            yield from _gate(cell.gate, x + 5, at)
            x += 15
        for plugged in cell.handles:
            yield drawn("path", d=f"M{_short(x)} {at + 5}h8l-4 -9z", class_="plugged" if plugged else "unplugged")
            x += 11
        if cell.turn:
            yield drawn("path", d=f"M{_short(x + 4)} {at - 5}l5 5l-5 5l-5 -5z", class_="turn")
            x += 12
        if queue := "▪" * cell.queued + "▫" * cell.old + "◐" * cell.half:
            yield drawn("text", queue, x=x, y=at + 4, class_="queue")
        name = {"down": "down", "between": f"→ r{cell.ring}", "regular": f"r{cell.ring}"}.get(cell.band)
        right = self.x(lane) + self.wide / 2 - 7
        if name and self.wide >= TIGHT:
            room = max(26, right - x - 4)
            yield drawn("text", self.clipped(name, room), x=right, y=at + 4, class_="ring-name")
        elif name and not busy:
            yield drawn("text", self.clipped(name), x=right, y=y + 14, class_="ring-name")

    def paths(self, at: int, row: Row) -> Iterator[Element]:
        """The way of tokens and of messages."""
        y = ROW * at + 15
        for mark in row.marks:
            if mark.kind == "token" and mark.begin:
                begin = f"M{_short(self.x(mark.begin[1]))} {ROW * mark.begin[0] + 15}"
                yield drawn("path", d=f"{begin}L{_short(self.x(_lane(mark)))} {y}", class_=f"path {mark.how}")
            if mark.kind == "sends":
                yield from self.flight(mark, y)

    def flight(self, mark: Mark, y: int) -> Iterator[Element]:
        """A message on its way from its sender to each member."""
        mine = _lane(mark)
        others = [lane for lane in mark.lanes if lane != mine]
        if not others:
            return
        first, last = (self.x(end([mine, *others])) for end in (min, max))
        yield drawn("line", x1=first, x2=last, y1=y + 9, y2=y + 9, class_=f"flight {mark.how}")
        for lane in others:
            side = 8 if lane < mine else -8
            yield drawn("path", d=f"M{_short(self.x(lane))} {y + 9}l{side} -4v8z", class_=f"tip {mark.how}")

    def marks(self, at: int, row: Row) -> Iterator[Element]:
        """What happens."""
        y = ROW * at + 15
        for mark in row.marks:
            match mark.kind:
                case "token":
                    yield from self.token(mark, y)
                case "forms":
                    yield from self.forms(mark, y)
                case "sends":
                    yield from self.message(mark, y)
                case "crash":
                    begin = f"M{_short(self.x(_lane(mark)) - 7)} {y - 7}"
                    yield drawn("path", d=f"{begin}l14 14m0 -14l-14 14", class_="crash")
                case _:
                    yield from self.label(mark, y) if mark.lane is not None else ()

    def label(self, mark: Mark, y: int) -> Iterator[Element]:
        """What is done, in a word or two."""
        x, says = self.x(_lane(mark)), self.clipped(mark.label)
        wide = min(self.wide - 4, len(says) * self.letter + 10)
        yield drawn("rect", x=x - wide / 2, y=y - 10, width=wide, height=17, rx=4, class_="box does ")
        yield drawn("text", says, x=x, y=y + 3, class_="label does ")

    def token(self, mark: Mark, y: int) -> Iterator[Element]:
        """The token at a member: a box with one cell a member, filled if its bit is set."""
        down = -(-len(mark.lanes) // 8) or 1
        across = -(-len(mark.lanes) // down)
        size = min(11, (self.wide - 8) // max(across, 1), 8 if down > 1 else 11)
        wide, high = across * size + 6, down * size + 6
        left, top = self.x(_lane(mark)) - wide / 2, y - high / 2
        yield drawn("rect", x=left, y=top, width=wide, height=high, rx=3, class_=f"token {mark.how}")
        for i, (member, is_set) in enumerate(zip(mark.lanes, mark.bits, strict=True)):
            kind = f"bit {'set' if is_set else 'unset'}{' own' if member == mark.lane else ''}"
            x, cell_y = left + 3.5 + (i % across) * size, top + 3.5 + (i // across) * size
            yield drawn("rect", x=x, y=cell_y, width=size - 1, height=size - 1, class_=kind)
        if mark.how == "rejected":
            end = {"x2": left + wide + 3, "y1": y + high / 2 + 2, "y2": y - high / 2 - 2}
            yield drawn("line", x1=left - 3, **end, class_="strike")
        if mark.how == "passed":
            yield drawn("path", d=f"M{_short(left + wide + 2)} {y - 4}l6 4l-6 4z", class_="passes")

    def forms(self, mark: Mark, y: int) -> Iterator[Element]:
        """A ring forms of these members."""
        tone = f"ring-{(mark.ring or 0) % RINGS}"
        first, last = self.x(min(mark.lanes)), self.x(max(mark.lanes))
        middle, wide = (first + last) / 2, len(mark.label) * 6.2 + 10
        yield drawn("line", x1=first, x2=last, y1=y + 7, y2=y + 7, class_=f"forms {tone}")
        for lane in mark.lanes:
            yield drawn("circle", cx=self.x(lane), cy=y + 7, r=4.5, class_=f"joins {tone}")
        yield drawn("rect", x=middle - wide / 2, y=y - 12, width=wide, height=14, rx=7, class_="box plain")
        yield drawn("text", mark.label, x=middle, y=y - 2, class_="label plain")

    def message(self, mark: Mark, y: int) -> Iterator[Element]:
        """A message where it is sent: a square of recovery priority, a circle of any other."""
        x = self.x(_lane(mark))
        yield drawn("text", self.clipped(mark.label), x=x, y=y - 1, class_="label bare")
        if mark.how == "recovery":
            yield drawn("rect", x=x - 5, y=y + 4, width=10, height=10, class_="message recovery sends")
        else:
            yield drawn("circle", cx=x, cy=y + 9, r=5.5, class_=f"message {mark.how} sends")


def _lane(mark: Mark) -> int:
    return mark.lane or 0


def _lanes_of(mark: Mark) -> tuple[int | None, ...]:
    return mark.lanes if mark.kind == "forms" else (mark.lane,)


def _gate(how: str, x: float, y: float) -> Iterator[Element]:
    if how == "open":
        yield drawn("circle", cx=x, cy=y, r=5, class_="gate open")
        return
    yield drawn("rect", x=x - 5.5, y=y - 5.5, width=11, height=11, rx=1.5, class_="gate closed")
    yield drawn("line", x1=x - 3, x2=x + 3, y1=y, y2=y, class_="gate-bar")


def _hatching() -> Element:
    line = drawn("line", x1=0, x2=0, y1=0, y2=7, class_="hatching")
    pattern = drawn(
        "pattern", line, id="between", width=7, height=7, patternUnits="userSpaceOnUse", patternTransform="rotate(45)"
    )
    return drawn("defs", pattern)
