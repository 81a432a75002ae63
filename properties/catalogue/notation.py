"""What the catalogue says of a claim, in words and set notation."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

from model.language.machine import Machine
from model.language.notation import Naming, Notation
from model.language.signature import parameter
from model.language.sorts import Handle, Ring
from model.machines import MACHINES, PLUG
from model.notes.decisions import DECISIONS
from properties.catalogue.claim import Bound, Claim, Part
from properties.catalogue.progress import Progress, said_of, shrinking
from properties.catalogue.register import MODEL, REGISTER, Entry
from properties.catalogue.unchanged import unchanged


def entry_lines(entry: Entry) -> Iterator[str]:
    """What the register says of an id: its sentence, its source, and who decides it."""
    yield f"{entry.id}  {entry.sentence}"
    yield f"  source      {entry.source}"
    yield from (f"  decided by  {line}" for line in entry.decided_by())


def claim_lines(claim: Claim) -> Iterator[str]:
    """Everything that the catalogue says of one claim of the model."""
    yield from entry_lines(entry_of(claim))
    for id in claim.decisions:
        if id in DECISIONS:
            yield f"  decision    {id}: {DECISIONS[id].question} {DECISIONS[id].answer}"
    for label, parts in itertools.groupby(claim.parts, lambda part: part.label):
        yield f"  says        {label}"
        yield from (f"              {notation(part, claim.machine)}" for part in parts)
    yield from (f"  {line}" for line in goals(claim))
    if claim.witness:
        yield f"  witness     {claim.witness.label}"
    least = claim.least
    features = f" with {', '.join(sorted(least.features))}" if least.features else ""
    if claim.machine != PLUG:
        yield f"  machine     {claim.machine}"
    yield f"  least scope {least.processors}/{least.handles}/{least.rings}{features}"
    yield f"  mutant      {claim.mutant}"
    if claim.correction:
        yield f"  corrected   {claim.correction}"


def notation(part: Part, machine: str) -> str:
    """A part as set notation; primed variables are those after the step."""
    state = MACHINES[machine].state
    if not part.of_steps:
        return str(Notation().truth(part.statement(state())))
    action = next(action for action in _recorded(machine).actions if part.concerns(action.name))
    where = f"at {part.at}: " if part.at else "at every step: "
    then = state("{}'".format)
    names = {
        id(unchanged(action.now, then, of=state)): "nothing changes",
        id(unchanged(action.now, then, of=state, but="turn")): "nothing but turn changes",
    }
    says = str(Naming(names).truth(action.read(part.statement, then=then)))
    return f"{where}enabled if {says}" if part.enables else where + says


@cache
def _recorded(machine: str) -> Machine:
    """A machine with all its features."""
    return MACHINES[machine].record()


def goals(claim: Claim) -> Iterator[str]:
    """The premise and the goal of a claim about what can be reached, as set notation."""
    target = claim.reach or claim.bound
    if target:
        now, ring = MACHINES[claim.machine].state(), Ring("r")
        yield f"from  {Notation().truth(target.premise(now, ring))}"
        yield f"to    {Notation().truth(target.goal(now, ring))}"
    if claim.reach:
        yield f"by    {', '.join(claim.reach.by)}"
    if claim.reach and claim.reach.progress:
        yield from _progress(claim, claim.reach.progress)
    if claim.bound:
        visits, sends = ", ".join(claim.bound.visits), ", ".join(claim.bound.sends)
        yield f"in    at most {claim.bound.formula} of {visits}; {sends} not counted"
        yield from _counted(claim, claim.bound)


def _counted(claim: Claim, bound: Bound) -> Iterator[str]:
    """What is proved of a count of visits."""
    for label, parts in itertools.groupby(bound.proved, lambda part: part.label):
        yield f"proved, where visits are counted: {label}"
        yield from (f"      {notation(part, claim.machine)}" for part in parts)


def _progress(claim: Claim, progress: Progress) -> Iterator[str]:
    """What a claim says of fair runs: the steps that are left out, and the rank that falls, level by level."""
    now, ring, sorts = MACHINES[claim.machine].state(), Ring("r"), MACHINES[claim.machine].sorts
    unless = dict[str, list[str]]()
    for action, statement in progress.unless.items():
        parameters = {name: parameter(sort, "x" if name == "r" else name) for name, sort in sorts(action).items()}
        says = str(Notation().truth(said_of(statement, now, ring, parameters)))
        unless.setdefault(says, []).append(action)
    yield "at last, if these are fair, unless"
    yield from (f"      {', '.join(actions)}: {says}" for says, actions in unless.items())
    yield "rank"
    for number, level in enumerate(progress.rank, 1):
        yield f"   {number}  {', '.join(str(Notation().set(shrinking(one, now, ring, Handle('h')))) for one in level)}"


def entry_of(claim: Claim) -> Entry:
    """The register's entry of a claim; one's own claim has none there, and the model alone decides it."""
    return REGISTER.get(claim.id, Entry(claim.id, claim.sentence, claim.source, {MODEL: ""}))


def entry_record(entry: Entry) -> dict[str, object]:
    """An entry of the register as a JSON object."""
    return {"id": entry.id, "sentence": entry.sentence, "source": entry.source, "deciders": entry.readings}


def claim_record(claim: Claim) -> dict[str, object]:
    """A claim of the model as a JSON object."""
    least = claim.least
    return {
        **entry_record(entry_of(claim)),
        "decisions": claim.decisions,
        "parts": [{"label": part.label, "notation": notation(part, claim.machine)} for part in claim.parts],
        "witness": claim.witness.label if claim.witness else None,
        "mutant": claim.mutant,
        "least": {"members": least.processors, "handles": least.handles, "rings": least.rings,
                  "features": sorted(least.features)},
        "correction": claim.correction,
    }  # fmt: skip
