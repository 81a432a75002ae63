"""How states and seconds grow with processors, handles and rings; which scope is the largest that ends within limits.

Each scope is searched with symmetry in a process of its own, within the limits, one size growing while the others stay;
a curve ends at the first that does not end. Each curve is fitted by a straight line through the logarithms of its last
points: the factor is what one more costs. "Ends" is the largest scope that did, of up to 8 of a kind; "would end" what
the line says of 10 minutes and 16 GiB, which is a guess. Seconds are processor seconds, start-up included.

    bench/growth.py                        (15 s and 2 GiB a scope)
    bench/growth.py --seconds 600 --memory 16 --plot docs/growth.svg

Why a curve ends is said beside: time, memory (its allowance, or the machine's), or an error, which is shown.
"""

from __future__ import annotations

import argparse
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from rich.table import Table

from model.language.ground import GroundMachine
from model.machines import MACHINES
from properties.catalogue.scopes import CORE, FEATURES, NamedScope
from properties.explicit.compiled import CompiledSearch
from properties.limits import ScopeTooLargeError
from properties.terminal import report

COUNT = "COUNT"
OVER_MEMORY = 9
ENDS = {OVER_MEMORY: "over the memory", -signal.SIGXCPU: "over the time", -signal.SIGKILL: "killed, out of memory"}
"""Why a scope did not end, by the exit code of its process."""
AIM_SECONDS, AIM_GIB = 600, 16
MOST = 8
FITTED = 3
"""So many points, the last ones, are fitted: the first are too small to say anything."""
SIZES: dict[str, Callable[[int], tuple[int, int, int]]] = {
    "processors": lambda x: (x, 1, 1), "handles": lambda x: (2, x, 1), "rings": lambda x: (2, 1, x),
}  # fmt: skip
WITH = {"no feature": CORE, "all features": FEATURES}
HEADINGS = ("grows", "with", "states", "factor", "seconds", "factor", "bytes a state", "ends", "would end")


@dataclass(frozen=True)
class Point:
    """A scope that ended: the size that grows, and what it took."""

    size: int
    states: int
    seconds: float
    bytes: int


def count(words: Sequence[str]) -> None:
    """Search one scope, and print what it took."""
    members, handles, rings = map(int, words[:3])
    scope = NamedScope(members, handles, rings, WITH[words[3]])
    ground = GroundMachine(MACHINES[scope.machine].record(scope.features), scope.ground)
    try:
        search = CompiledSearch(ground, symmetry=True, memory_gib=float(words[4]), threads=1)
        print(search.run().states, time.process_time(), search.index.bytes)
    except ScopeTooLargeError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(OVER_MEMORY)


def point(grows: str, size: int, features: str, seconds: float, memory_gib: float) -> Point | str:
    """One scope, if it ends within the limits; or why it does not."""
    sizes = map(str, SIZES[grows](size))
    done = subprocess.run(
        [sys.executable, __file__, COUNT, *sizes, features, str(memory_gib)],
        capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1)),
    )  # fmt: skip
    if done.returncode:
        return " ".join([ENDS.get(done.returncode, f"exit code {done.returncode}"), *done.stderr.splitlines()[-1:]])
    states, took, held = done.stdout.split()
    return Point(size, int(states), float(took), int(held))


def curve(grows: str, features: str, seconds: float, memory_gib: float) -> list[Point]:
    """The scopes that end, from the smallest on."""
    found = list[Point]()
    for size in range(1, MOST + 1):
        one = point(grows, size, features, seconds, memory_gib)
        if isinstance(one, str):
            print(f"{grows} {size} with {features}: {one}", file=sys.stderr)
            break
        found.append(one)
        print(f"{grows} {size} with {features}: {one.states:,} states, {one.seconds:.1f} s", file=sys.stderr)
    return found


def line(points: Sequence[Point], of: Callable[[Point], float]) -> tuple[float, float]:
    """Slope and beginning of the line through the logarithms of the last points."""
    last = points[-FITTED:]
    slope, start = np.polyfit([one.size for one in last], [np.log(of(one)) for one in last], 1)
    return float(slope), float(start)


def would_end(points: Sequence[Point]) -> int:
    """The largest size that ends in 10 minutes and 16 GiB, if states grow as the line does and each costs the same."""
    last, (slope, _) = points[-1], line(points, states_of)
    more = min(AIM_SECONDS / last.seconds, AIM_GIB * 2**30 / last.bytes)
    return min(MOST, last.size + int(np.log(more) / slope))


def states_of(one: Point) -> float:
    """The number of states."""
    return one.states


def seconds_of(one: Point) -> float:
    """The seconds."""
    return one.seconds


def row(grows: str, features: str, points: Sequence[Point]) -> tuple[str, ...]:
    """A line of the table."""
    last = points[-1]
    factors = [f"{np.exp(line(points, of)[0]):.1f}" for of in (states_of, seconds_of)]
    ends, would = ("/".join(map(str, SIZES[grows](size))) for size in (last.size, would_end(points)))
    return (
        grows, features, f"{last.states:,}", factors[0], f"{last.seconds:.1f}", factors[1],
        f"{last.bytes / last.states:.0f}", ends, would,
    )  # fmt: skip


def draw(curves: dict[tuple[str, str], list[Point]], path: Path) -> None:
    """States and seconds against the size that grows, with the lines fitted."""
    import matplotlib as mpl  # pyright: ignore[reportMissingImports]  (an extra: bench)
    from matplotlib.figure import Figure  # pyright: ignore[reportMissingImports]

    mpl.rcParams["svg.hashsalt"] = "ringplug"
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, of, label in zip(figure.subplots(1, 2), (states_of, seconds_of), ("states", "seconds"), strict=True):
        for (grows, features), points in curves.items():
            (drawn,) = axes.semilogy(
                [one.size for one in points], [of(one) for one in points], "o", label=f"{grows}, {features}"
            )
            slope, start = line(points, of)
            sizes = np.arange(points[-FITTED:][0].size, points[-1].size + 2)
            axes.semilogy(sizes, np.exp(start + slope * sizes), "--", color=drawn.get_color(), linewidth=1)
        axes.set(xlabel="processors, handles or rings", ylabel=label)
        axes.grid(visible=True, alpha=0.3)
    figure.axes[0].legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure all curves, print their table, and draw them if that is asked for."""
    parser = argparse.ArgumentParser(description="How states and seconds grow.")
    parser.add_argument("--seconds", type=float, default=15.0, help="Processor seconds that a scope may take.")
    parser.add_argument("--memory", type=float, default=2.0, help="GiB that it may hold.")
    parser.add_argument("--plot", type=Path, help="Draw the curves as SVG.")
    asked = parser.parse_args()
    if asked.plot and not find_spec("matplotlib"):
        parser.error("--plot needs matplotlib: pip install 'ringplug[bench]'")
    table, curves = Table(*HEADINGS, box=None), dict[tuple[str, str], list[Point]]()
    for grows in SIZES:
        for features in WITH:
            points = curve(grows, features, asked.seconds, asked.memory)
            if len(points) > 1:
                curves[grows, features] = points
                table.add_row(*row(grows, features, points))
    report.out().print(table)
    if asked.plot:
        draw(curves, asked.plot)


if __name__ == "__main__":
    if sys.argv[1:2] == [COUNT]:
        count(sys.argv[2:])
    else:
        main()
