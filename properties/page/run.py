"""The page of a run: a trace, replayed, with its machine, its claims and its fate."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from model.language.ground import GroundMachine
from model.machines import DELIVERY, PARTS, PLUG
from model.notes.mail import CLAUSES
from model.services.theorem import GIVEN_UP
from model.variants.mutants import find_variant
from properties.catalogue.claim import Claim
from properties.catalogue.notation import notation
from properties.claims import CLAIMS
from properties.explain.ahead import TooFarError
from properties.explain.asked import registered
from properties.explain.explanation import Explanation, explain_run
from properties.explain.wording import account, difference_lines
from properties.page.assemble import Head, page_text
from properties.page.fate import RunFate, run_fate
from properties.page.layout import PageMachine, page_machine
from properties.page.program import program_text
from properties.traces.render import trace_lines
from properties.traces.trace import Played, Trace, TraceError, TraceStep, replay, trace_machine
from properties.words import counted

MOST_LANES = 16
MOST_STEPS = 5_000
"""What a page holds: it stays quick, and can be read."""
MOST_EXPLAINED = 60
"""Of a longer run it is not said what becomes of it without each step: that replays it once a step."""

MOST_TOLD = 200
"""A longer run is not told in words for who reads the page without its script."""


class PageClaim(msgspec.Struct):
    """A claim: what it says, where SPEC.md says it, and each part in set notation, by its words."""

    id: str
    sentence: str
    link: str
    source: str
    mail: dict[str, str]
    """The clauses of the mail that the source names, by number."""
    ahead: bool
    """It is about what can still be reached, and has no parts that a state or a step decides."""
    statements: dict[str, list[str]]


class Told(msgspec.Struct):
    """What is known of a run besides what its trace says."""

    title: str
    summary: str
    account: list[str]
    """Lines about the whole."""
    notes: dict[int, list[str]]
    """Lines about single steps, by number."""


class RunPage(msgspec.Struct):
    """All that the page is told of a run."""

    kind: str
    trace: dict[str, object]
    """The trace without its steps, as it stands in a file."""
    machine: PageMachine
    steps: list[TraceStep]
    claim: str | None
    claims: list[PageClaim]
    fate: RunFate
    account: list[str]
    first: int
    notes: dict[int, list[str]]
    """What is to be said of single steps, by number."""


def run_page(trace: Trace, *, first: int | None = None, told: Told | None = None) -> str:
    """The page of this run; TraceError if it does not replay, or is larger than a page holds.

    It opens at the `first` step, without one at the end.
    """
    check_size(trace)
    ground = trace_machine(trace)
    played = list(replay(ground, trace.steps))
    explanation = _explained(trace)
    told = told or _told(trace, explanation)
    claims = claims_of(ground, trace)
    page = RunPage(
        "run",
        _head_of(trace),
        page_machine(ground, trace.machine),
        trace.steps,
        trace.claim,
        [page_claim(claim) for claim in claims],
        _fate(ground, trace, played),
        told.account,
        len(trace.steps) if first is None else first,
        told.notes,
    )
    return page_text("run", _head(trace, told), page, program_text(ground, claims))


def check_size(trace: Trace) -> None:
    """Refuse what a page does not hold."""
    if trace.scope.processors > MOST_LANES:
        raise TraceError(f"{trace.scope.processors} processors; a page has at most {MOST_LANES} lanes")
    if len(trace.steps) > MOST_STEPS:
        raise TraceError(f"{len(trace.steps):,} steps; a page has at most {MOST_STEPS:,}")


def claims_of(ground: GroundMachine, trace: Trace) -> list[Claim]:
    """The claims about this machine, the trace's own first: it may be one of the caller's."""
    own = registered(trace.claim)
    first = [own] if own and own.machine == trace.machine else []
    return first + [one for one in CLAIMS.values() if one.machine == trace.machine and one not in first]


def page_claim(claim: Claim) -> PageClaim:
    """A claim as the page shows it."""
    statements: dict[str, list[str]] = {}
    for part in claim.parts:
        statements.setdefault(part.label, []).append(notation(part, claim.machine))
    ahead = not claim.parts
    link = f"SPEC.md#{claim.id}"
    return PageClaim(claim.id, claim.sentence, link, claim.source, clauses_in(claim.source), ahead, statements)


def clauses_in(source: str) -> dict[str, str]:
    """The clauses of the mail that a source names, by number."""
    return {number: CLAUSES[number] for number in re.findall(r"\bM\d+\b", source) if number in CLAUSES}


def _head_of(trace: Trace) -> dict[str, object]:
    head: dict[str, object] = msgspec.to_builtins(trace)
    del head["steps"]
    return head


def _head(trace: Trace, told: Told) -> Head:
    steps = list(trace_lines(trace)) if len(trace.steps) <= MOST_TOLD else []
    edited = find_variant(trace.variant) if trace.variant else None
    edit = f"The edit: {edited.says}" if edited else ""
    return Head(told.title, _where(trace), edit, told.summary, "\n".join([*steps, *told.account]))


def _where(trace: Trace) -> str:
    """Of which machine the run is, and in which scope, in words."""
    machine = "the protocol" if trace.machine == PLUG else f"the machine {trace.machine}"
    scope, second = trace.scope, "message" if trace.machine in (DELIVERY, PARTS) else "handle"
    sizes = ((scope.processors, "processor"), (scope.handles, second), (scope.rings, "ring"))
    forgone = [decision for decision, feature in GIVEN_UP.items() if feature in trace.features]
    features = [one for one in trace.features if one not in GIVEN_UP.values()]
    said = [*(counted(*one) for one in sizes), f"with {', '.join(features) or 'no feature'}"]
    said += [f"without {', '.join(forgone)}"] if forgone else []
    return f"{f'Variant {trace.variant} of {machine}' if trace.variant else machine.capitalize()}: {', '.join(said)}."


def _told(trace: Trace, explanation: Explanation | str) -> Told:
    """Why the run is as it is, and where an edit bites."""
    lines = list(account(explanation)) if isinstance(explanation, Explanation) else [explanation]
    title = f"{trace.claim}: {trace.shows}" if trace.claim else trace.shows or "A run"
    summary = next((line for line in lines if line.startswith("Violated")), "")
    return Told(title, summary, [line for line in lines if line], _bite(explanation))


def _explained(trace: Trace) -> Explanation | str:
    """Why the run is as it is, or why that is not said."""
    if len(trace.steps) > MOST_EXPLAINED:
        return ""
    try:
        return explain_run(trace) or ""
    except TooFarError as error:
        return f"Its end is not judged: {error}."


def _bite(explanation: Explanation | str) -> dict[int, list[str]]:
    """Of a variant: what is said of the step at which its edit shows."""
    if isinstance(explanation, str) or not explanation.bite or not (found := explanation.bite.difference):
        return {}
    return {found.step: [f"The edit bites here: {explanation.bite.says}", *difference_lines(found)]}


def _fate(ground: GroundMachine, trace: Trace, played: Sequence[Played]) -> RunFate:
    claim = registered(trace.claim)
    if not claim or claim.machine != trace.machine:
        return RunFate(reason="The run names no claim, so there is no violation to avoid.")
    if claim.witness and trace.shows == claim.witness.label:
        return RunFate(reason="The run shows the claim's premise, and no violation.")
    return run_fate(ground, claim, trace.shows, [ground.initial, *(one.after for one in played)])
