"""What `theorem --run` and `simulate --repeat` print: the model's runs of a variant beside simulated ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
import msgspec

from properties.faults.patches import FaultError
from properties.replay.delivery_runs import DeliveryRun, delivery_run
from properties.replay.delivery_variants import DELIVERY_VARIANTS
from properties.replay.matcher import Line
from properties.replay.service_variants import SERVICE_VARIANTS
from properties.replay.services import Repetition, repetition
from properties.terminal import report
from properties.terminal.exit_codes import ALL_HOLD, UNDETERMINED
from properties.terminal.names import EVERY_VARIANT
from properties.terminal.progress import Progress
from properties.words import counted

RUN_HELP = f"Break the running services, and find the model's run in the simulator: {', '.join(SERVICE_VARIANTS)}."
REPEAT_HELP = f"Find the shortest run of delivery's variant in a simulated one: {', '.join(DELIVERY_VARIANTS)}."


def show_runs(name: str, as_json: bool) -> int:
    """Find the runs of one variant, or of every one; undetermined if one is not found."""
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
    yield f"  model: {variant.claim} fails in {counted(steps, 'step')}"
    broken = ", ".join(one.violated) or "nothing"
    yield f"  simulated: {one.place}; seed {one.seed}, breaks {broken}"
    if variant.stands_for:
        yield f"  {variant.stands_for}"
    yield from _beside(one.lines)
    yield f"  {one.repeated} of {counted(steps, 'step')} repeated" + ("" if one.is_whole else ": another run")


def _beside(lines: list[Line]) -> Iterator[str]:
    width = max(len(line.step) for line in lines)
    for number, line in enumerate(lines, 1):
        yield f"  {number:2}  {line.step:{width}}  {_seen(line)}"


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
        "steps": _plain_steps(one.lines),
    }


def _plain_steps(lines: list[Line]) -> list[dict[str, object]]:
    return [
        {
            "model": line.step,
            "processor": line.seen.processor if line.seen else None,
            "time_us": line.seen.time_us if line.seen else None,
            "simulated": line.says,
            "in_order": line.in_order,
        }
        for line in lines
    ]


def show_delivery_runs(name: str, as_json: bool) -> int:
    """Run the script of one variant of delivery, or of every one; undetermined if a run is not repeated."""
    found: list[DeliveryRun] = []
    with Progress() as progress:
        for variant in DELIVERY_VARIANTS.values() if name == EVERY_VARIANT else [DELIVERY_VARIANTS[name]]:
            progress.say(variant.name)
            try:
                found.append(delivery_run(variant))
            except FaultError as error:
                raise click.ClickException(str(error)) from error
            for line in () if as_json else _delivery_lines(found[-1]):
                progress.result(report.out(), line)
    if as_json:
        sys.stdout.write(msgspec.json.encode({"runs": [_plain_delivery(one) for one in found]}).decode() + "\n")
    return ALL_HOLD if all(one.is_whole for one in found) else UNDETERMINED


def _delivery_lines(one: DeliveryRun) -> Iterator[str]:
    variant, steps = one.variant, len(one.lines)
    yield f"{variant.name}: {variant.claim} fails in {counted(steps, 'step')} of the model"
    broken, sound = (", ".join(some) or "nothing" for some in (one.violated, one.without_fault))
    yield f"  simulated: with fault {variant.fault} breaks {broken}, without it {sound}"
    if variant.remark:
        yield f"  {variant.remark}"
    yield from _beside(one.lines)
    yield f"  {one.repeated} of {counted(steps, 'step')} repeated" + ("" if one.is_whole else ": another run")


def _plain_delivery(one: DeliveryRun) -> dict[str, object]:
    return {
        "variant": one.variant.name,
        "claim": one.variant.claim,
        "fault": one.variant.fault,
        "whole": one.is_whole,
        "violated": one.violated,
        "without_fault": one.without_fault,
        "remark": one.variant.remark,
        "steps": _plain_steps(one.lines),
    }
