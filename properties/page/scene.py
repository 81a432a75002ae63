"""What a picture shows of a run: how each processor stands after a step, and what moves in it.

`assets/scene.mjs` says the same in the page, where forks are drawn; a test holds the pictures of both equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from model.language.ground import Bitmaps, GroundMachine, Slot, Step
from properties.traces.trace import Played, members, sets_in, show_step, shown_arguments

TOKENS = {"visit": "visit", "sole_visit": "visit", "late_visit": "late", "pass_on": "passed", "reject": "rejected"}
SENDS = {
    "originate": "normal", "begin_long": "normal", "finish_long": "normal", "finish_rest": "normal",
    "send_recovery": "recovery", "send_leftover": "recovery", "send_stale": "recovery",
}  # fmt: skip
SHORT = {
    "queue_recovery": "queue", "queue_between": "queue", "send_recovery": "send", "send_leftover": "send old",
    "begin_long": "begin", "finish_long": "finish", "originate": "send", "deliver_nodejoin": "deliver",
    "deliver_add_node": "deliver", "deliver_normal": "deliver",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """How a processor stands: its configuration, gate, handles (plugged or not), token and queue."""

    band: str
    ring: int | None
    gate: str | None
    handles: tuple[bool, ...]
    turn: bool
    queued: int
    old: bool
    half: bool


@dataclass(frozen=True)
class Mark:
    """Something that happens in a row: in one lane, or between several."""

    kind: str
    lane: int | None = None
    label: str = ""
    ring: int | None = None
    how: str = ""
    lanes: tuple[int, ...] = ()
    """Of a ring that forms its members, of a message those that it is sent to, of a token those with a bit."""
    bits: tuple[bool, ...] = ()
    begin: tuple[int, int] | None = None
    """Of a token: the row and lane where it was before."""


@dataclass(frozen=True)
class Row:
    """A state, and the step that led to it."""

    step: Step | None
    cells: tuple[Cell, ...]
    marks: tuple[Mark, ...]


@dataclass
class Scene:
    """A run as rows: the start, then one a step."""

    ground: GroundMachine
    last: dict[tuple[bool, int], tuple[int, int]] = field(default_factory=dict[tuple[bool, int], tuple[int, int]])
    """Where the token of each ring, or its late one, was last: row and lane."""

    def rows(self, played: Sequence[Played]) -> list[Row]:
        """All rows of a run."""
        self.last.clear()
        start = Row(None, self._cells(self.ground.initial), ())
        return [start, *(self._row(at, one) for at, one in enumerate(played, 1))]

    def _row(self, at: int, played: Played) -> Row:
        return Row(played.step, self._cells(played.after), (self._mark(at, played),))

    def _cells(self, state: Bitmaps) -> tuple[Cell, ...]:
        sets = sets_in(self.ground, state)
        return tuple(_cell(sets, p) for p in range(self.ground.scope.processors))

    def _mark(self, at: int, played: Played) -> Mark:
        step, given = played.step, played.step.arguments
        name, p, ring = step.action.name, given.get("p"), given.get("r")
        if name == "form_ring":
            return Mark("forms", ring=ring, label=f"r{ring} forms", lanes=tuple(members(given["members"])))
        if p is None:
            return Mark("other", label=show_step(step))
        if name in ("crash", "restart"):
            return Mark(name, p, name)
        if name in TOKENS:
            return self._token(at, played, p, given["r"])
        if name in SENDS:
            to = sets_in(self.ground, played.before).get(("member", (given["r"],)), 0)
            return Mark("sends", p, SHORT.get(name, "send"), ring, SENDS[name], tuple(members(to)))
        shown = shown_arguments(step)
        return Mark("does", p, " ".join([SHORT.get(name, name), *(shown[one] for one in shown if one in ("r", "h"))]))

    def _token(self, at: int, played: Played, p: int, ring: int) -> Mark:
        name, sets = played.step.action.name, sets_in(self.ground, played.after)
        slot: Slot = ("copy", (played.step.arguments["c"], ring)) if name == "late_visit" else ("bits", (ring,))
        inside = tuple(members(sets.get(("member", (ring,)), 0)))
        bits = tuple(bool(sets.get(slot, 0) >> member & 1) for member in inside)
        token = (name == "late_visit", ring)
        begin = self.last.get(token)
        self.last[token] = (at, p)
        return Mark("token", p, ring=ring, how=TOKENS[name], lanes=inside, bits=bits, begin=begin)


def _cell(sets: dict[Slot, int], p: int) -> Cell:
    def inside(name: str) -> bool:
        return bool(sets.get((name, ()), 0) >> p & 1)

    def ring_in(name: str) -> int | None:
        return next((at[0] for (one, at), value in sets.items() if one == name and value >> p & 1), None)

    band, ring = "regular", ring_in("installed")
    if inside("down"):
        band, ring = "down", None
    elif ring is None:
        ring = ring_in("pending")
        band = "none" if ring is None else "between"
    installed = ring_in("installed") is not None
    gate = "open" if inside("gate") else "closed" if installed and ("gate", ()) in sets else None
    queued = int(inside("queued")) + int(inside("queued_two"))
    return Cell(band, ring, gate, _handles(sets, p), inside("turn"), queued, inside("leftover"), inside("half"))


def _handles(sets: dict[Slot, int], p: int) -> tuple[bool, ...]:
    """For each handle that is registered at p, whether it is plugged."""
    plugged = {at: bool(value >> p & 1) for (name, at), value in sets.items() if name == "plugged"}
    return tuple(is_in for at, is_in in plugged.items() if is_in or sets.get(("handles", at), 0) >> p & 1)
