"""How many small changes of the reference are noticed: by lockstep first, by its own tests second.

Each mutant of `tests/mutants.py` is tried in a process of its own, which imports a changed copy of `reference/` and is
killed when it takes too long. The report is `docs/mutation-reference.md`; why a survivor survives is argued by hand in
`tests/mutation-survivors.toml`. The faults of the checkers (`tests/checker_faults.py`) are tried from here as well. Not
part of any test run.

    make mutate                                            (everything, one process)
    make mutate PARTS="engines judge"                      (named faults of the checkers; --fault for one of them)
    python -m tests.mutation --minutes 10 --seed 1         (as many as fit)
    python -m tests.mutation --again                       (only what survived the last time)
    python -m tests.mutation --report                      (the report again, from the last results)
"""

from __future__ import annotations

import importlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import click
import msgspec
import pytest

from properties.lockstep.adapter import Parts, ReferenceLayer
from properties.lockstep.implementation import Starts
from properties.lockstep.run import Plan, run
from properties.terminal.progress import Progress
from properties.words import unknown
from tests.checker_faults import PAGE, BrokenFaultError, checker_faults, page, parts, try_faults
from tests.mutants import Mutant, mutants

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "build" / "mutation.json"
REFERENCE = ROOT / "reference"
REPORT = ROOT / "docs" / "mutation-reference.md"
ARGUMENTS = ROOT / "tests" / "mutation-survivors.toml"
PLANS = (Plan(3, 0, 1500), Plan(9, 0, 600), Plan(1, 0, 150))
TESTS = (
    "test_reference_plug.py", "test_reference_calls.py", "test_fragments.py", "test_token.py", "test_token_fuzz.py",
    "test_reference_document.py",
)  # fmt: skip
TIMEOUT_SECONDS = 120
MEMORY_BYTES = 4 << 30
BROKEN, LOCKSTEP, UNIT, TIME, SURVIVED = "does not import", "lockstep", "tests", "time", "survived"
NOTICED_BY = {10: BROKEN, 11: LOCKSTEP, 12: UNIT, 0: SURVIVED}
"""By the exit code of the process that tries a mutant; killed by a signal, it took too long."""


class Result(msgspec.Struct):
    """What became of a mutant."""

    module: str
    line: int
    column: int
    kind: str
    before: str
    after: str
    noticed_by: str


class Results(msgspec.Struct):
    """A whole run."""

    command: str
    all_count: int
    """How many mutants there are; a sample tries fewer."""
    seconds: float
    results: list[Result]


def all_mutants() -> list[tuple[Path, Mutant]]:
    """Every mutant of the plug layer, and of what all of the reference shares."""
    paths = sorted([*REFERENCE.glob("*.py"), *(REFERENCE / "plug").glob("*.py")])
    return [(path, mutant) for path in paths for mutant in mutants(path.read_text())]


def tried(path: Path, mutant: Mutant) -> str:
    """Who notices this mutant."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "reference"
        shutil.copytree(REFERENCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / path.relative_to(REFERENCE)).write_text(mutant.source)
        return in_a_process(lambda: judge(Path(folder)))


def in_a_process(judged: Callable[[], int]) -> str:
    """What a forked process comes to."""
    process = os.fork()
    if not process:
        code = 10
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(TIMEOUT_SECONDS)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            code = judged()
        finally:
            os._exit(code)
    _, status = os.waitpid(process, 0)
    return TIME if os.WIFSIGNALED(status) else NOTICED_BY[os.waitstatus_to_exitcode(status)]


def judge(folder: Path) -> int:
    """The exit code that says who notices what is wrong with the copy of the reference in this folder."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "reference"]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    try:
        start = partial(ReferenceLayer, parts=imported())
    except Exception:
        return 10
    if any(diverges(plan, start) for plan in PLANS):
        return 11
    options = ["-x", "-q", "-p", "no:cacheprovider", f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml")]
    return 12 if pytest.main([*options, *(str(ROOT / "tests" / name) for name in TESTS)]) else 0


def imported() -> Parts:
    """The classes of the copy. Its tokens are still read by the reference itself."""
    names = ("plug.layer", "errors", "plug.reassembly")
    layer, errors, reassembly = (importlib.import_module(f"reference.{name}") for name in names)
    assert "/reference/" in str(layer.__file__)
    assert not str(layer.__file__).startswith(str(ROOT))
    return Parts(layer.PlugLayer, errors.LocalProtocolError, reassembly.Reassembler)


def diverges(plan: Plan, start: Starts) -> bool:
    """Whether lockstep notices something; also that a processor cannot be started."""
    try:
        return run(plan, start).divergence is not None
    except Exception:
        return True


def report(results: Results) -> Iterator[str]:
    """The report in lines."""
    found = Counter(one.noticed_by for one in results.results)
    tried_count, survived = len(results.results), found[SURVIVED]
    caught = tried_count - survived
    yield "# Mutation of the reference"
    yield ""
    yield "Small changes of the plug layer in `reference/`, one at a time, and who notices. This text is made by"
    yield "`tests/mutation.py`; the"
    yield "reasons beside the survivors are written by hand in `tests/mutation-survivors.toml`."
    yield ""
    runs = ", ".join(f"{plan.members} members × {plan.steps:,} steps" for plan in PLANS)
    yield f"Of {results.all_count} mutants {tried_count} were tried, by `{results.command}`, in"
    score = f"**{caught} are noticed ({100 * caught / tried_count:.1f} %)**, {survived} survive."
    yield f"{results.seconds / 60:.0f} minutes: {score}"
    yield f"Lockstep comes first ({runs}, seed 0); then, for what it does not notice,"
    yield f"{', '.join(f'`{name}`' for name in TESTS)}."
    yield f"A mutant that does not import, or takes over {TIMEOUT_SECONDS} s, counts as noticed; each has a column."
    yield ""
    yield from by_module(results.results)
    yield ""
    yield "Lockstep looks at the plug: what a receiver puts together (`plug/reassembly.py`), how a datagram is damaged"
    yield "(`plug/token_codec.py`) and what a wrong call of the membership is answered with are for the tests."
    yield ""
    yield "## Survivors"
    yield ""
    yield "| where | change | why nobody notices |"
    yield "| --- | --- | --- |"
    why = arguments()
    for one in results.results:
        if one.noticed_by == SURVIVED:
            text = (REFERENCE / one.module).read_text().splitlines()[one.line - 1].strip()
            said = why.get((one.module, text, one.after), "**not argued**")
            change = f"`{cell(one.before)}` → `{cell(one.after)}`"
            yield f"| `{one.module}:{one.line}`: `{cell(text)}` | {change} | {said} |"


def by_module(results: list[Result]) -> Iterator[str]:
    """A table: modules by who noticed."""
    columns = (LOCKSTEP, UNIT, TIME, BROKEN, SURVIVED)
    yield f"| module | mutants | {' | '.join(columns)} |"
    yield "| --- |" + " --- |" * (1 + len(columns))
    for module in [*dict.fromkeys(one.module for one in results), ""]:
        mine = [one for one in results if module in (one.module, "")]
        counts = Counter(one.noticed_by for one in mine)
        name = f"`{module}`" if module else "all"
        yield f"| {name} | {len(mine)} | {' | '.join(str(counts[column]) for column in columns)} |"


def cell(text: str) -> str:
    """Text inside a table's cell."""
    return text.replace("|", "\\|")


def arguments() -> dict[tuple[str, str, str], str]:
    """Why each survivor is not noticed, as argued by hand: by module, line of text, and what it became."""
    said = tomllib.loads(ARGUMENTS.read_text()).get("survivor", [])
    return {(one["module"], one["line"], one["after"]): one["why"] for one in said}


def try_them(chosen: list[tuple[Path, Mutant]], minutes: float | None) -> list[Result]:
    """What became of them, in this order, for as long as there is time."""
    results, until = list[Result](), time.monotonic() + 60 * (minutes or 1e6)
    with Progress() as progress:
        for path, one in chosen:
            if time.monotonic() > until:
                break
            module = str(path.relative_to(REFERENCE))
            results.append(Result(module, one.line, one.column, one.kind, one.before, one.after, tried(path, one)))
            survive = sum(result.noticed_by == SURVIVED for result in results)
            progress.say(f"{len(results)} of {len(chosen)} mutants tried, {survive} survive")
    return results


def check_the_reference_itself() -> None:
    """What is noticed of the reference without a change would be noticed of every mutant."""
    path = REFERENCE / "plug" / "plugs.py"
    if (by := tried(path, Mutant(0, 0, "none", "", "", path.read_text()))) != SURVIVED:
        raise click.ClickException(f"the reference itself does not pass: {by}")


def try_survivors_again() -> None:
    """What is noticed by more tests than before; nothing else is tried."""
    last = msgspec.json.decode(RESULTS.read_bytes(), type=Results)
    places = {
        (str(path.relative_to(REFERENCE)), one.line, one.column, one.kind, one.after): (path, one)
        for path, one in all_mutants()
    }
    for one in last.results:
        if one.noticed_by == SURVIVED:
            one.noticed_by = tried(*places[one.module, one.line, one.column, one.kind, one.after])
    RESULTS.write_bytes(msgspec.json.encode(last))


def try_checkers(chosen: Sequence[str], name: str | None) -> None:
    """Try the named faults of parts of the checkers, and write their page; ClickException if one is not noticed."""
    found = [fault for part in chosen for fault in checker_faults(part) if name in (None, fault.name)]
    if name and not found:
        raise click.ClickException(unknown("fault", name, [fault.name for fault in checker_faults()]))
    try:
        with Progress() as progress:
            survived = try_faults(found, progress.say)
    except BrokenFaultError as error:
        raise click.ClickException(str(error)) from error
    PAGE.write_text(page())
    if survived:
        names = "\n".join(f"{fault.part}/{fault.name}: {fault.says}" for fault in survived)
        raise click.ClickException(f"of {len(found)} faults {len(survived)} are not noticed:\n{names}")


@click.command()
@click.argument("chosen", nargs=-1, metavar="[PART]...", type=click.Choice(["reference", *parts()]))
@click.option("--fault", help="Of the checkers, try only the fault of this name.")
@click.option("--sample", type=click.IntRange(1), help="Try only the first so many, in the order of the seed.")
@click.option("--minutes", type=click.FloatRange(0), help="Try no more after so many minutes.")
@click.option("--seed", type=int, default=0, show_default=True, help="In which order they are tried.")
@click.option("--module", help="Only mutants of this file of reference/; writes no report.")
@click.option("--again", is_flag=True, help="Try the survivors of the last run again, when a test was added.")
@click.option("--report", "only_report", is_flag=True, help="Write the report again, from the last results.")
def main(
    chosen: tuple[str, ...], fault: str | None, sample: int | None, minutes: float | None, seed: int,
    module: str | None, again: bool, only_report: bool,
) -> None:  # fmt: skip
    """Try mutants of the reference, and write docs/mutation-reference.md; and named faults of the checkers.

    PARTS are reference and those of the checkers (docs/mutation-checkers.md); without any, all.
    """
    if checkers := [part for part in chosen or parts() if part != "reference"]:
        try_checkers(checkers, fault)
    if not fault and (not chosen or "reference" in chosen):
        mutate_the_reference(sample, minutes, seed, module, again, only_report)


def mutate_the_reference(
    sample: int | None, minutes: float | None, seed: int, module: str | None, again: bool, only_report: bool
) -> None:
    """Try mutants, or write the report again."""
    if again:
        check_the_reference_itself()
        try_survivors_again()
    elif not only_report:
        check_the_reference_itself()
        everything = [(path, one) for path, one in all_mutants() if module in (None, str(path.relative_to(REFERENCE)))]
        ordered = random.Random(seed).sample(everything, len(everything))[:sample]
        began, results = time.monotonic(), try_them(ordered, minutes)
        command = "python -m tests.mutation"
        if len(results) < len(everything):
            command += f" --sample {len(results)} --seed {seed}"
        results.sort(key=lambda one: (one.module, one.line, one.column))
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_bytes(msgspec.json.encode(Results(command, len(everything), time.monotonic() - began, results)))
    found = msgspec.json.decode(RESULTS.read_bytes(), type=Results)
    if module:
        click.echo("\n".join(by_module(found.results)))
        for one in found.results:
            if one.noticed_by == SURVIVED:
                click.echo(f"{one.module}:{one.line}: {one.before} -> {one.after}")
    else:
        REPORT.write_text("\n".join(report(found)) + "\n")


if __name__ == "__main__":
    main()
