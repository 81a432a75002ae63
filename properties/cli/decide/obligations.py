"""The command `obligations`: the proofs as SMT-LIB or as TPTP."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from model.language.machine import Machine
from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import proof_features
from properties.claims import CLAIMS
from properties.files import write_whole
from properties.symbolic.cvc5 import OPTIONS
from properties.symbolic.induction import prove
from properties.symbolic.round import known_machines
from properties.terminal import report
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.names import CLAIM, FEATURE, VARIANT, OneOf
from properties.terminal.options import features_on, suiting
from properties.terminal.progress import Progress
from properties.terminal.rows import print_row
from properties.tptp.eprover import OPTIONS as E_OPTIONS
from properties.tptp.eprover import PROGRAM, SECONDS, THEOREM
from properties.tptp.obligations import Obligations
from properties.tptp.ranks import problems
from properties.traces.trace import machine_text
from properties.words import counted

SMTLIB, TPTP = "smtlib", "tptp"
EXAMPLES = {
    SMTLIB: " ".join(["cvc5", *(f"--{name}" for name, value in OPTIONS.items() if value == "true")]),
    TPTP: " ".join([PROGRAM, *E_OPTIONS, f"--cpu-limit={SECONDS}"]),
}
"""By format, a command that answers one."""
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
@click.option(
    "--format", "form", type=OneOf("format", [SMTLIB, TPTP]), default=SMTLIB, show_default=True,
    help="As z3 was asked, or written once more without z3.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with `obligations`.")
def obligations_command(
    out: Path, ids: tuple[str, ...], off: tuple[str, ...], variant: str | None, machine: str, form: str, as_json: bool
) -> int:
    """Write every proof obligation of a machine, one file each, for any solver.

    \b
    ringplug obligations --out obligations/
    ringplug obligations --out obligations/ --claim PLUG-S1 --machine numbered
    cvc5 --finite-model-find --fresh-binders obligations/PLUG-S1--1--visit.smt2
    ringplug check --engine cvc5      (asks cvc5 all of them)
    ringplug obligations --out obligations/ --format tptp
    eprover --auto --definitional-cnf=3 --cpu-limit=10 obligations/PLUG-S1--1--visit.p

    Each file says in its head what it is and which answer a proof needs: `unsat` for an obligation, `sat` for the
    query whether an action is possible at all. In TPTP, for provers of first-order logic, every invariant is assumed
    and every file has to be a `Theorem`.
    """
    known = known_machines(machine)
    _refuse(machine, {id for id in ids if not CLAIMS[id].is_inductive or CLAIMS[id].machine not in known})
    needed = frozenset[str]().union(*(proof_features(one) for one in CLAIMS.values() if one.machine == machine))
    features = features_on(off, machine) | (needed - set(off)) & MACHINES[machine].features
    text = machine_text(machine, suiting(variant, machine)).record(features)
    with Progress() as progress:
        progress.say(f"writing the obligations of {machine}")
        written = list(_as_tptp(text, machine) if form == TPTP else _as_smtlib(text, machine))
    named = {name: one for name, one in _names(written) if not ids or one.owner in ids}
    _refuse(machine, set(ids) - {one.owner for one in named.values()})
    out.mkdir(parents=True, exist_ok=True)
    for name, one in named.items():
        write_whole(out / name, one.head + one.text)
    if as_json:
        sys.stdout.write(
            msgspec.json.encode({"obligations": [one.record(name) for name, one in named.items()]}).decode() + "\n"
        )
    else:
        print_row(report.out(), f"{out}: {counted(len(named), 'obligation')}; for example {EXAMPLES[form]} FILE")
    return ALL_HOLD


def _refuse(machine: str, missing: Collection[str]) -> None:
    """An error if there are claims of which nothing is asked."""
    if missing:
        raise click.ClickException(f"the machine {machine} has no obligation of {', '.join(sorted(missing))}")


@dataclass(frozen=True)
class _Written:
    """An obligation as it is written to a file."""

    owner: str
    label: str
    action: str
    wanted: str
    text: str
    suffix: str
    comment: str
    said: str | None = None
    """What z3 said."""

    @property
    def head(self) -> str:
        """What it is and which answer a proof needs, as comments."""
        lines = (f"{self.owner}: {self.label}", f"at: {self.action}", f"a proof needs: {self.wanted}")
        return "".join(f"{self.comment} {line}\n" for line in lines)

    def record(self, file: str) -> dict[str, str]:
        """What JSON says of it."""
        said = {"z3": self.said} if self.said else {}
        return {"file": file, "owner": self.owner, "label": self.label, "action": self.action,
                "wanted": self.wanted, **said}  # fmt: skip


def _as_smtlib(machine: Machine, name: str) -> Iterator[_Written]:
    for one in prove(machine, name, writes_queries=True).queries.values():
        yield _Written(one.owner, one.label, one.action, one.wanted, one.smtlib, "smt2", ";", one.said)


def _as_tptp(machine: Machine, name: str) -> Iterator[_Written]:
    for one in problems(Obligations(machine, name)):
        yield _Written(one.owner, one.label, one.action, THEOREM, one.text, "p", "%")


def _names(written: Iterable[_Written]) -> Iterator[tuple[str, _Written]]:
    """A file's name for each: whose it is, the number of its clause, the action."""
    labels: dict[str, list[str]] = {}
    for one in written:
        mine = labels.setdefault(one.owner, [])
        if one.label not in mine:
            mine.append(one.label)
        owner, action = (re.sub(r"[^\w-]+", "-", words) for words in (one.owner, one.action))
        yield f"{owner}--{mine.index(one.label) + 1}--{action}.{one.suffix}", one
