"""What `check --minimal` shows: of each auxiliary invariant, which obligations are not met without it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing

import msgspec
from rich.console import Console

from properties.claims import AUXILIARY, CLAIMS
from properties.limits import LostJobError
from properties.pool import Tick, run_jobs
from properties.symbolic.minimal import Minimal, Needs, Obligation, jobs, share
from properties.terminal.exit_codes import code_of
from properties.terminal.progress import Progress
from properties.terminal.rows import out, print_row
from properties.words import counted


def show_minimal(machines: Iterable[str], executor: str = "", *, as_json: bool) -> int:
    """Ask of the machines with these names, print what was found, and give the exit code."""
    names = list(dict.fromkeys(machines))
    found, lost = _found(jobs(names), executor)
    results = [_record(name, found[name]) for name in names if name in found]
    if as_json:
        sys.stdout.write(msgspec.json.encode({"results": results, "partial": bool(lost), "lost": lost}).decode() + "\n")
    else:
        _print(out(), names, found)
    for line in lost:
        sys.stderr.write(f"ringplug: lost: {line}\n")
    unneeded = any(is_unneeded(label, one) for name, one in found.items() for label in labels(name))
    left = any(one.open or any(one.undecided.values()) for one in found.values())
    return code_of(violated=unneeded and not lost, decided=not left and not lost)


def labels(machine: str) -> list[str]:
    """The auxiliary invariants of a machine, in the catalogue's order."""
    return [one.part.label for one in AUXILIARY if one.machine == machine]


def is_unneeded(label: str, found: Needs) -> bool:
    """Whether every obligation that was asked is met without it."""
    return not found.needed.get(label) and not found.undecided.get(label)


def _found(todo: Sequence[Minimal], executor: str) -> tuple[dict[str, Needs], list[str]]:
    """By machine, what its jobs found; and which jobs were lost."""
    found, lost, weights = dict[str, Needs](), list[str](), [len(job.doubted) for job in todo]
    shares, done = [0.0] * len(todo), 0
    with Progress() as progress:

        def say(tick: Tick) -> None:
            shares[tick.job] = share(tick.words)
            count()
            progress.say(f"{todo[tick.job].title}: {tick.words}")

        def count() -> None:
            all_ = sum(one * weight for one, weight in zip(shares, weights, strict=True)) / sum(weights)
            progress.count(done, len(todo), share=all_)

        with closing(run_jobs(todo, say, executor=executor)) as results:
            for number, result in results:
                shares[number], done = 1.0, done + 1
                count()
                if isinstance(result, LostJobError):
                    lost.append(str(result))
                elif isinstance(result, Exception):
                    raise result
                else:
                    found.setdefault(todo[number].machine, Needs()).add(result)
    return found, lost


def _record(machine: str, found: Needs) -> dict[str, object]:
    return {
        "machine": machine, "obligations": len(found.asked), "open": sorted(found.open),
        "auxiliary": [
            {"invariant": label, "needed_by": sorted(found.needed.get(label, ())),
             "undecided": sorted(found.undecided.get(label, ()))}
            for label in labels(machine)
        ],
    }  # fmt: skip


def _print(console: Console, names: Sequence[str], found: dict[str, Needs]) -> None:
    for name in names:
        mine = labels(name)
        if not mine:
            print_row(console, f"{name}: no auxiliary invariants")
        elif one := found.get(name):
            asked, assumed = counted(len(one.asked), "obligation"), counted(len(mine), "auxiliary invariant")
            print_row(console, f"{name}: {asked}, {assumed}")
            width = max(map(len, mine))
            for label in mine:
                print_row(console, f"  {label:{width}}   {_words(label, one)}")
            if one.open:
                print_row(console, f"  {counted(len(one.open), 'obligation')} that z3 leaves open")


def _words(label: str, found: Needs) -> str:
    """How many obligations need it, and whose they are; how many are undecided."""
    needed, undecided = found.needed.get(label, set[Obligation]()), found.undecided.get(label, set[Obligation]())
    said = [_of(needed)] if needed else []
    if undecided:
        said.append(f"undecided for {counted(len(undecided), 'obligation')}")
    return "; ".join(said) or "no obligation needs it"


def _of(needed: set[Obligation]) -> str:
    """`7: PLUG-S1, PLUG-S3 (2), 4 of auxiliary invariants`: with a number where a claim has several."""
    owners = Counter(one.owner for one in needed)
    claims = [f"{id} ({owners[id]})" if owners[id] > 1 else id for id in CLAIMS if id in owners]
    others = sum(number for owner, number in owners.items() if owner not in CLAIMS)
    of_others = [f"{others} of auxiliary invariants"] if others else []
    return f"{len(needed)}: {', '.join(claims + of_others)}" if claims else of_others[0]
