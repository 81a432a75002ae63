"""The command `obligations`: the proofs as SMT-LIB."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click
import msgspec

from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import proof_features
from properties.claims import CLAIMS
from properties.files import write_whole
from properties.symbolic.cvc5 import OPTIONS
from properties.symbolic.induction import prove
from properties.symbolic.round import Query
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import CLAIM, FEATURE, VARIANT, OneOf
from properties.terminal.options import features_on, suiting
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.traces.trace import machine_text
from properties.words import counted

PROVABLE = [name for name, text in MACHINES.items() if text.state.is_of_any_size()]


@click.command("obligations", cls=Checked)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Write into this folder.")
@click.option("--claim", "ids", metavar="ID", type=CLAIM, multiple=True, help="Only this claim's. Repeatable.")
@click.option(
    "--without", "off", metavar="FEATURE", type=FEATURE, multiple=True, help="Switch a feature off. Repeatable."
)
@click.option("--variant", metavar="NAME", type=VARIANT, help="A variant instead of the protocol.")
@click.option(
    "--machine", type=OneOf("machine to prove", PROVABLE), default=PLUG, show_default=True, help="Which machine."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `obligations`.")
def obligations_command(
    out: Path, ids: tuple[str, ...], off: tuple[str, ...], variant: str | None, machine: str, as_json: bool
) -> int:
    """Write every proof obligation of a machine as SMT-LIB, one file each, for any solver.

    \b
    ringplug obligations --out obligations/
    ringplug obligations --out obligations/ --claim PLUG-S1 --machine numbered
    cvc5 --finite-model-find --fresh-binders obligations/PLUG-S1--1--visit.smt2
    ringplug check --engine cvc5      (asks cvc5 all of them)

    Each file says in its head what it is and which answer a proof needs: `unsat` for an obligation, `sat` for the
    query whether an action is possible at all.
    """
    needed = frozenset[str]().union(*(proof_features(one) for one in CLAIMS.values() if one.machine == machine))
    features = features_on(off, machine) | (needed - set(off)) & MACHINES[machine].features
    text = machine_text(machine, suiting(variant, machine)).record(features)
    with Progress() as progress:
        progress.say(f"proving {machine}")
        proof = prove(text, machine, writes_queries=True)
    named = {name: query for name, query in _names(proof.queries.values()) if not ids or query.owner in ids}
    if missing := set(ids) - {query.owner for query in named.values()}:
        raise click.ClickException(f"the machine {machine} has no obligation of {', '.join(sorted(missing))}")
    out.mkdir(parents=True, exist_ok=True)
    for name, query in named.items():
        write_whole(out / name, _head(query) + query.smtlib)
    if as_json:
        sys.stdout.write(msgspec.json.encode({"obligations": _records(named)}).decode() + "\n")
    else:
        options = " ".join(f"--{name}" for name, value in OPTIONS.items() if value == "true")
        print_row(report.out(), f"{out}: {counted(len(named), 'obligation')}; for example cvc5 {options} FILE")
    return ALL_HOLD


def _names(queries: Iterable[Query]) -> Iterator[tuple[str, Query]]:
    """A file's name for each query: whose it is, the number of its clause, the action."""
    labels: dict[str, list[str]] = {}
    for query in queries:
        mine = labels.setdefault(query.owner, [])
        if query.label not in mine:
            mine.append(query.label)
        owner = re.sub(r"[^\w-]+", "-", query.owner)
        yield f"{owner}--{mine.index(query.label) + 1}--{query.action}.smt2", query


def _head(query: Query) -> str:
    return f"; {query.owner}: {query.label}\n; at: {query.action}\n; a proof needs: {query.wanted}\n"


def _records(named: Mapping[str, Query]) -> list[dict[str, str]]:
    return [
        {"file": name, "owner": one.owner, "label": one.label, "action": one.action, "wanted": one.wanted,
         "z3": one.said}
        for name, one in named.items()
    ]  # fmt: skip
