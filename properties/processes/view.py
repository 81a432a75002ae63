"""The live view of a cluster: a row a node, the last things that happened, and which keys do what."""

from __future__ import annotations

from itertools import islice
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from properties.processes.cluster import Cluster
from properties.processes.processes import Power
from properties.processes.watching import View
from properties.words import counted

SAID_SHOWN = 8
KEYS = "1-9 choose a node  k kill  r restart  p pause, go on  x cut off  h heal  q end"
COLUMNS = ("node", "is", "ring", "bitmap", "gate", "plugs", "visits/s", "rec", "high", "med", "low", "wait")
RIGHT = {"plugs", "visits/s", "rec", "high", "med", "low", "wait"}
POWERS = {Power.UP: "green", Power.PAUSED: "yellow", Power.KILLED: "red", Power.STOPPED: "dim"}


def shown(cluster: Cluster, chosen: int | None = None) -> Group:
    """All of it, for at most 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in RIGHT else "left", no_wrap=True)
    for number, view in cluster.watching.views.items():
        table.add_row(*_row(number, view, is_chosen=number == chosen))
    said = list(islice(reversed(cluster.watching.said), SAID_SHOWN))[::-1]
    lines = [Text(line, no_wrap=True, overflow="ellipsis") for line in said]
    parts = [Text(head(cluster), style="bold"), table, Text(), *lines]
    return Group(*parts, *([Text(), Text(KEYS, style="dim")] if chosen is not None else []))


def head(cluster: Cluster) -> str:
    """How long it runs, and under what."""
    course, watching = cluster.course, cluster.watching
    until = f" of {course.seconds:g}" if course.seconds is not None else ""
    waited = f", programs waited {cluster.load.waited_us / 1e6:.1f} s" if cluster.load.waited_us > 1e6 else ""
    return (
        f"{counted(course.plan.members, 'process', 'processes')}, {watching.seconds:.0f}{until} s; "
        f"{counted(cluster.load.published, 'event')} published{waited}"
    )


def _row(number: int, view: View, *, is_chosen: bool) -> list[Text]:
    mark, power = ("> " if is_chosen else "  "), view.node.power
    begin = [Text(f"{mark}{number}", style="bold" if is_chosen else ""), Text(power.value, style=POWERS[power])]
    state = view.state
    if not state or power in (Power.KILLED, Power.STOPPED):
        return [*begin, *[Text()] * (len(COLUMNS) - 2)]
    ring = f"{state['ring'][0]}:{state['ring'][1]}" if state["ring"] else "none"
    delivered = [state["delivered"].get(name, 0) for name in ("recovery", "high", "medium", "low")]
    waiting = state["waiting"] + state["undelivered"]
    numbers = [state["plugs_in"], round(view.visits_a_second), *delivered, waiting]
    return [*begin, Text(ring), _bitmap(state), _gate(state), *(Text(str(one)) for one in numbers)]


def _bitmap(state: dict[str, Any]) -> Text:
    """The members, each with its bit as the token had it when it was here last."""
    return Text("".join(f"{member}{'●' if member in state['done'] else '○'}" for member in state["members"]))


def _gate(state: dict[str, Any]) -> Text:
    return Text("open", style="green") if state["gate_open"] else Text("closed", style="red")
