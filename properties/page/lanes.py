"""The picture of a run in letters: a lane a processor, a line a step, up to five lanes in a hundred columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from model.language.ground import GroundMachine
from properties.page.scene import Cell, Mark, Row, Scene
from properties.traces.trace import Played, Trace, TraceError, replay, trace_machine

MOST_LANES = 5
WIDE = 18
"""Columns of a lane."""
BANDS = {"regular": "┃", "between": "┊", "down": "✕", "none": "·"}
GATES = {"open": "○", "closed": "■", None: " "}
HOW = {"visit": "", "late": " late", "passed": " on", "rejected": " no"}
SIGNS = (
    "┃ in a regular configuration  ┊ between two  ✕ down    ○ gate open  ■ closed",
    "▲ plugged  △ out  ◆ may send  ▪ queued    [x.] the token's bitmap  ● joins",
    "► a message to this member, of recovery priority ▷    token: on passed on, no rejected",
)


def lane_lines(trace: Trace) -> Iterator[str]:
    """The names of the lanes, the start, each step, and what the signs mean; TraceError if there are too many lanes."""
    ground = trace_machine(trace)
    check_lanes(trace.scope.processors)
    yield from lane_rows(ground, list(replay(ground, trace.steps)))
    yield from SIGNS


def check_lanes(processors: int) -> None:
    """TraceError if there are too many lanes."""
    if processors > MOST_LANES:
        raise TraceError(f"{processors} processors; there is room for {MOST_LANES} lanes: --format svg draws 16")


def lane_rows(ground: GroundMachine, played: Sequence[Played]) -> Iterator[str]:
    """The names of the lanes, the start, and each step."""
    yield _line("", [f"p{lane}" for lane in range(ground.scope.processors)])
    for number, row in enumerate(Scene(ground).rows(list(played))):
        yield _line(str(number), [_cell(row, lane, cell) for lane, cell in enumerate(row.cells)])


def _line(number: str, cells: list[str]) -> str:
    return f"{number:>3}  {''.join(f'{cell:<{WIDE}}' for cell in cells)}".rstrip()


def _cell(row: Row, lane: int, cell: Cell) -> str:
    handles = "".join("▲" if plugged else "△" for plugged in cell.handles)
    queue = "▪" * cell.queued + "▫" * cell.old + "◐" * cell.half
    stands = f"{BANDS[cell.band]}{GATES[cell.gate]}{handles}{'◆' if cell.turn else ''}{queue}"
    says = " ".join(filter(None, (_said(mark, lane) for mark in row.marks)))
    return f"{stands} {says}".rstrip()[: WIDE - 1]


def _said(mark: Mark, lane: int) -> str:
    """What a mark says in a lane."""
    if mark.kind == "forms":
        return f"● r{mark.ring}" if lane in mark.lanes else ""
    if mark.kind == "sends" and lane != mark.lane:
        return ("▷" if mark.how == "recovery" else "►") if lane in mark.lanes else ""
    if lane != mark.lane:
        return ""
    if mark.kind == "token":
        bits = "".join("x" if is_set else "." for is_set in mark.bits)
        return f"[{bits}]{HOW[mark.how]}"
    return mark.label
