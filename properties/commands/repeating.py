"""What `theorem --run` prints: broken variants of the running services beside the model's runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
import msgspec

from properties import report
from properties.progress import Progress
from properties.simulation.repeating import Line, Repetition, repetition
from properties.simulation.service_variants import SERVICE_VARIANTS
from properties.verdicts import ALL_HOLD, UNDETERMINED

EVERY_VARIANT = "every"
RUN_HELP = f"Break the running services, and find the model's run in the simulator: {', '.join(SERVICE_VARIANTS)}."


def show_runs(name: str, as_json: bool) -> int:
    """Find the runs of one variant, or of every one; undetermined if one is not found."""
    if name != EVERY_VARIANT and name not in SERVICE_VARIANTS:
        raise click.BadParameter(f"unknown variant {name!r}; there are {', '.join(SERVICE_VARIANTS)}")
    names = list(SERVICE_VARIANTS) if name == EVERY_VARIANT else [name]
    found: list[Repetition] = []
    with Progress() as progress:
        for one in _repetitions(names, progress):
            found.append(one)
            for line in () if as_json else _lines(one):
                progress.result(report.out(), line)
    if as_json:
        sys.stdout.write(msgspec.json.encode({"runs": [_plain(one) for one in found]}).decode() + "\n")
    return ALL_HOLD if all(one.is_whole for one in found) else UNDETERMINED


def _repetitions(names: list[str], progress: Progress) -> Iterator[Repetition]:
    for name in names:
        variant = SERVICE_VARIANTS[name]
        progress.say(f"{name}: the model")
        trace = variant.trace()
        yield repetition(variant, trace, lambda seed, name=name: progress.say(f"{name}: simulated with seed {seed}"))


def _lines(one: Repetition) -> Iterator[str]:
    variant, steps = one.variant, len(one.lines)
    yield f"{variant.name}: {variant.says}"
    yield f"  model: {variant.claim} fails in {steps} steps"
    broken = ", ".join(one.violated) or "nothing"
    yield f"  simulated: {one.place}; seed {one.seed}, breaks {broken}"
    if variant.stands_for:
        yield f"  {variant.stands_for}"
    width = max(len(line.step) for line in one.lines)
    for number, line in enumerate(one.lines, 1):
        yield f"  {number:2}  {line.step:{width}}  {_seen(line)}"
    yield f"  {one.repeated} of {steps} steps repeated" + ("" if one.is_whole else ": another run")


def _seen(line: Line) -> str:
    if line.seen is None:
        return "not seen"
    order = "" if line.in_order else " (out of its order)"
    return f"{line.seen.time_us / 1e6:.6f} s  processor {line.seen.processor} {line.says}{order}"


def _plain(one: Repetition) -> dict[str, object]:
    return {
        "variant": one.variant.name,
        "says": one.variant.says,
        "claim": one.variant.claim,
        "whole": one.is_whole,
        "seed": one.seed,
        "place": one.place,
        "violated": one.violated,
        "steps": [
            {
                "model": line.step,
                "processor": line.seen.processor if line.seen else None,
                "time_us": line.seen.time_us if line.seen else None,
                "simulated": line.says,
                "in_order": line.in_order,
            }
            for line in one.lines
        ],
    }
