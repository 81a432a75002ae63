"""How states and seconds grow with processors, handles and rings; which scope is the largest that ends within limits.

Each scope is counted with all features, in a process of its own, in one thread, within the limits, one size growing
while the others stay (2 processors, 1 handle, 1 ring); with symmetry where the machine has any. The plug is counted by
spin's verifier, too, which has no symmetry. A curve ends at the first scope that does not end, and why is said beside:
the time, the memory, what the search or spin cannot hold, an error. A scope that would be well beyond the limits, if
states grow as before, is not tried. The factor is what one more of the size that grows costs, by a straight line
through the logarithms of the last points. Seconds are processor seconds of all processes, start-up and compiling
included; memory is the most that a process held.

    bench/growth.py                        (the plug, 15 s and 2 GiB a scope: some minutes)
    bench/growth.py --seconds 600 --memory 16 --machines all --points docs/growth.json --plot docs/growth.svg

Curves that a file of points has are not measured again. Exit codes: 0 measured, 2 spin or gcc is not installed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from rich.table import Table

from bench.large import OVER_MEMORY as SPIN_OVER_MEMORY
from bench.large import Cost, cost
from model.language.ground import GroundMachine
from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import NamedScope
from properties.explicit.compiled import CompiledSearch
from properties.export.promela import commands, promela
from properties.limits import ScopeTooLargeError
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, UNDETERMINED
from tests.test_spin import counted

COUNT = "COUNT"
OURS, SPIN = "ringplug", "spin"
SPIN_TOO_DEEP = "max search depth too small"
TOO_LARGE = 9
ENDS = {TOO_LARGE: "", -signal.SIGXCPU: "over the time", -signal.SIGKILL: "killed: out of memory, or over the time"}
"""Why a scope did not end, by the exit code of its process."""
MOST = 16
FITTED = 3
"""So many points, the last ones, are fitted: the first are too small to say anything."""
HOPELESS = 1.25
"""A scope that would take so many times the limits is not tried."""
SIZES: dict[str, Callable[[int], tuple[int, int, int]]] = {
    "processors": lambda x: (x, 1, 1), "handles": lambda x: (2, x, 1), "rings": lambda x: (2, 1, x),
}  # fmt: skip
SINGLE = ("plug", "ordered", "numbered", "services", "delivery", "parts")
"""The machines that are not products of others."""
HEADINGS = ("machine", "grows", "by", "ends", "states", "factor", "seconds", "factor", "MiB", "the next")


@dataclass(frozen=True)
class Point:
    """A scope that ended: the size that grows, its states, and what it took."""

    size: int
    states: int
    seconds: float
    mib: float


@dataclass(frozen=True)
class Curve:
    """What is measured: who counts which machine, with all its features, and which size grows."""

    machine: str
    grows: str
    by: str
    points: list[Point] = field(default_factory=list[Point])
    next_one: str = ""
    """Why the next one has no point."""

    @property
    def key(self) -> tuple[str, ...]:
        """The words that tell it apart."""
        return (self.machine, self.grows, self.by)

    def scope(self, size: int) -> NamedScope:
        """One of its scopes."""
        return NamedScope(*SIZES[self.grows](size), MACHINES[self.machine].features, self.machine)


@dataclass(frozen=True)
class Limits:
    """What one scope may take."""

    seconds: float
    memory_gib: float

    def hopeless(self, points: Sequence[Point]) -> str:
        """Why the next scope is not worth a try; empty if it is, or if nothing tells."""
        if len(points) < FITTED:
            return ""
        start, last, more = points[0], points[-1], factor(points)
        seconds, gib = (last.seconds - start.seconds) * more, (last.mib - start.mib) / 1024 * more
        told = seconds > HOPELESS * self.seconds or gib > HOPELESS * self.memory_gib
        return f"not tried: about {seconds:,.0f} s, {gib:,.0f} GiB" if told else ""


def factor(points: Sequence[Point]) -> float:
    """How many times the states of the point before the last one has; 0 if there is none before."""
    return points[-1].states / points[-2].states if len(points) > 1 else 0.0


def ground_of(scope: NamedScope) -> GroundMachine:
    """The machine in a scope."""
    return GroundMachine(MACHINES[scope.machine].record(scope.features), scope.ground)


def count(words: Sequence[str]) -> None:
    """Print the number of states of one scope."""
    machine, grows, size, memory_gib = words
    ground = ground_of(Curve(machine, grows, OURS).scope(int(size)))
    try:
        search = CompiledSearch(ground, symmetry=ground.is_symmetric, memory_gib=float(memory_gib), threads=1)
        print(search.run().states)
    except ScopeTooLargeError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(TOO_LARGE)


def within(command: Sequence[str], seconds: float, folder: str | None = None) -> Cost | str:
    """Run a process within processor seconds; or why it did not end. SystemExit: it failed."""
    with tempfile.TemporaryFile("w+") as said:
        try:
            return cost(command, folder, stderr=said, seconds=int(seconds))
        except subprocess.CalledProcessError as error:
            said.seek(0)
            words = said.read().splitlines()
            if error.returncode not in ENDS:
                raise SystemExit("\n".join([f"{error}", *words])) from error
            return words[-1] if words else ENDS[error.returncode]


def ours(curve: Curve, size: int, limits: Limits) -> Point | str:
    """Our count of one scope, or why there is none."""
    words = map(str, (curve.machine, curve.grows, size, limits.memory_gib))
    found = within([sys.executable, __file__, COUNT, *words], limits.seconds)
    return found if isinstance(found, str) else Point(size, int(found.output), found.seconds, found.peak_mib)


def spins(curve: Curve, points: Sequence[Point], size: int, limits: Limits) -> Point | str:
    """Spin's count of the scope after these, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plug.pml").write_text(promela(ground_of(curve.scope(size))))
        seconds, found = 0.0, Cost("", 0, 0)
        expected = points[-1].states * factor(points) if points else 0.0
        for command in commands(limits.memory_gib * 1024, expected):
            found = within(command.split(), limits.seconds, folder)
            if isinstance(found, str):
                return found
            seconds += found.seconds
    if SPIN_OVER_MEMORY in found.output:
        return "over the memory"
    if SPIN_TOO_DEEP in found.output:
        return "deeper than spin's stack"
    return Point(size, counted(found.output)[0], seconds, found.peak_mib)


def measured(curve: Curve, limits: Limits) -> Curve:
    """The curve with the scopes that end, from the smallest on."""
    points, why = list[Point](), ""
    for size in range(1, MOST + 1):
        found = limits.hopeless(points) or (
            ours(curve, size, limits) if curve.by == OURS else spins(curve, points, size, limits)
        )
        if isinstance(found, str):
            why = found
            break
        points.append(found)
    return replace(curve, points=points, next_one=why)


def line(points: Sequence[Point], of: Callable[[Point], float]) -> tuple[float, float]:
    """Slope and beginning of the line through the logarithms of the last points."""
    last = points[-FITTED:]
    slope, start = np.polyfit([one.size for one in last], [np.log(of(one)) for one in last], 1)
    return float(slope), float(start)


def states_of(one: Point) -> float:
    """The number of states."""
    return one.states


def seconds_of(one: Point) -> float:
    """The seconds."""
    return one.seconds


def row(curve: Curve) -> tuple[str, ...]:
    """A line of the table; a factor needs two points."""
    if not curve.points:
        return (*curve.key, *[""] * 6, curve.next_one)
    last, told = curve.points[-1], len(curve.points) > 1
    factors = [f"{np.exp(line(curve.points, of)[0]):.1f}" if told else "" for of in (states_of, seconds_of)]
    ends = "/".join(map(str, SIZES[curve.grows](last.size)))
    numbers = (f"{last.states:,}", factors[0], f"{last.seconds:.1f}", factors[1], f"{last.mib:,.0f}")
    return (*curve.key, ends, *numbers, curve.next_one)


def draw(curves: Sequence[Curve], path: Path) -> None:
    """States above, seconds below, a column for each size that grows, with the lines fitted; spin's are hollow."""
    import matplotlib as mpl  # pyright: ignore[reportMissingImports]  (an extra: bench)
    from matplotlib.figure import Figure  # pyright: ignore[reportMissingImports]

    mpl.rcParams["svg.hashsalt"] = "ringplug"
    figure = Figure(figsize=(10, 6), layout="constrained")
    colours = {machine: f"C{n}" for n, machine in enumerate(dict.fromkeys(curve.machine for curve in curves))}
    axes = figure.subplots(2, len(SIZES), sharex="col", sharey="row")
    for (above, below), grows in zip(axes.T, SIZES, strict=True):
        for part, of in ((above, states_of), (below, seconds_of)):
            for curve in curves:
                if curve.grows != grows or len(curve.points) < 2:
                    continue
                is_ours = curve.by == OURS
                part.semilogy(
                    [one.size for one in curve.points], [of(one) for one in curve.points], "o" if is_ours else "s",
                    color=colours[curve.machine], fillstyle="full" if is_ours else "none",
                    label=curve.machine if is_ours else f"{curve.machine}, spin",
                )  # fmt: skip
                slope, start = line(curve.points, of)
                sizes = np.array([curve.points[-FITTED:][0].size, curve.points[-1].size])
                part.semilogy(
                    sizes, np.exp(start + slope * sizes), "-" if is_ours else ":", color=colours[curve.machine]
                )
            part.grid(visible=True, alpha=0.3)
        below.set(xlabel=grows)
    axes[0][0].set(ylabel="states")
    axes[1][0].set(ylabel="processor seconds")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize="small")
    figure.savefig(path, metadata={"Date": None})


def curves_of(machines: Sequence[str]) -> list[Curve]:
    """What is to be measured: the plug by spin too."""
    by_whom = [(PLUG, OURS), (PLUG, SPIN), *((name, OURS) for name in machines if name != PLUG)]
    return [Curve(machine, grows, by) for machine, by in by_whom for grows in SIZES]


def read(path: Path | None) -> dict[tuple[str, ...], Curve]:
    """The curves that a file of points has."""
    if not path or not path.exists():
        return {}
    held = [
        Curve(**{**one, "points": [Point(**point) for point in one["points"]]}) for one in json.loads(path.read_text())
    ]
    return {curve.key: curve for curve in held}


def main() -> int:
    """Measure all curves, print their table, and draw them if that is asked for."""
    parser = argparse.ArgumentParser(description="How states and seconds grow.")
    parser.add_argument("--seconds", type=float, default=15.0, help="Processor seconds that a scope may take.")
    parser.add_argument("--memory", type=float, default=2.0, help="GiB that it may hold.")
    parser.add_argument("--machines", choices=(PLUG, "all"), default=PLUG, help="The plug, or all six.")
    parser.add_argument(
        "--points", type=Path, help="Keep the curves in this file; those it has are not measured again."
    )
    parser.add_argument("--plot", type=Path, help="Draw the curves as SVG.")
    asked = parser.parse_args()
    if asked.plot and not find_spec("matplotlib"):
        parser.error("--plot needs matplotlib: pip install 'ringplug[bench]'")
    if missing := [program for program in ("spin", "gcc") if not shutil.which(program)]:
        sys.stderr.write(f"bench/growth.py: {' and '.join(missing)} not installed (tests/system-packages.txt)\n")
        return UNDETERMINED
    table, held = Table(*HEADINGS, box=None), read(asked.points)
    for curve in curves_of(SINGLE if asked.machines == "all" else (PLUG,)):
        if curve.key not in held:
            held[curve.key] = measured(curve, Limits(asked.seconds, asked.memory))
            sys.stderr.write(f"{' | '.join(row(held[curve.key]))}\n")
            if asked.points:
                asked.points.write_text(json.dumps([asdict(one) for one in held.values()], indent=1) + "\n")
        table.add_row(*row(held[curve.key]))
    report.out().print(table)
    if asked.plot:
        draw([*held.values()], asked.plot)
    return ALL_HOLD


if __name__ == "__main__":
    if sys.argv[1:2] == [COUNT]:
        count(sys.argv[2:])
    else:
        sys.exit(main())
