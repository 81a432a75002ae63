"""A machine in a scope, and the claims about it, as one JavaScript module: `export const program`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.language.ground import GroundMachine
from model.language.sets import Truth
from properties.catalogue.claim import Claim, Part
from properties.page.javascript import NAMES, JavaScript, action_text, quoted


@dataclass(frozen=True)
class Clause:
    """A part of a claim, as one statement: of states, of steps (perhaps of one action), or of when one is enabled."""

    label: str
    of: str
    action: str | None
    term: Truth


def program_text(ground: GroundMachine, claims: Sequence[Claim]) -> str:
    """The module. It names what it takes from `terms.mjs`, and nothing else."""
    return "\n".join(_lines(ground, claims)) + "\n"


def _lines(ground: GroundMachine, claims: Sequence[Claim]) -> Iterator[str]:
    yield f'import {{ {", ".join(NAMES)} }} from "./terms.mjs";'
    yield f"const of = sorts({quoted(_sizes(ground))});"
    yield f"const PLACES = {quoted(places(ground))};"
    yield "const now = families(PLACES);"
    yield 'const then = families(PLACES, "\'");'
    yield "export const program = { actions: ["
    for action in ground.machine.actions:
        yield from action_text(action)
    yield "], claims: ["
    for claim in claims:
        yield from _claim(ground, claim)
    yield "] };"


def places(ground: GroundMachine) -> dict[str, dict[str, object]]:
    """Where each variable lies in a state of the page, which has every slot, constants too: first slot, and sizes."""
    found: dict[str, dict[str, object]] = {}
    first = 0
    for name, declared in ground.machine.state.declared.items():
        sizes = [ground.scope.sizes[sort.sort] for sort in declared.sorts]
        found[name] = {"first": first, "sizes": sizes}
        first += sum(1 for _ in ground.scope.places(declared.sorts))
    return found


def _sizes(ground: GroundMachine) -> dict[str, int]:
    return {sort.__name__: size for sort, size in ground.scope.sizes.items()}


def _claim(ground: GroundMachine, claim: Claim) -> Iterator[str]:
    reading = JavaScript()
    yield f"{{ id: {quoted(claim.id)}, parts: ["
    for part in claim.parts:
        yield from (f"  {_clause(one, reading)}," for one in clauses(ground, part))
    witness = next(clauses(ground, claim.witness), None) if claim.witness else None
    yield f"], premise: {_clause(witness, reading) if witness else 'null'} }},"


def clauses(ground: GroundMachine, part: Part) -> Iterator[Clause]:
    """A part as statements: one, or one an action where they differ; none if the action is not there."""
    state = ground.machine.state
    if not part.of_steps:
        yield Clause(part.label, "states", None, part.statement(state()))
        return
    found: dict[int, Clause] = {}
    for action in ground.machine.actions:
        if part.concerns(action.name):
            term = action.read(part.statement, then=state("{}'".format))
            of = "enabled" if part.enables else "steps"
            found.setdefault(id(term), Clause(part.label, of, part.at, term))
    yield from found.values()


def _clause(clause: Clause, reading: JavaScript) -> str:
    return (
        f"{{ label: {quoted(clause.label)}, of: {quoted(clause.of)}, action: {quoted(clause.action)}, "
        f"term: {reading.truth(clause.term)} }}"
    )
