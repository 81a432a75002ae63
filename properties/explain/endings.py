"""What the end of a run shows of a claim: a clause that is violated there, or the premise that is reached.

Judged on integers, from the run alone: no search is asked. A clause of every state is judged in the last state, a
clause of a step by the last step. What happened earlier in the run is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from model.language.ground import Bitmaps, GroundMachine, Step
from model.language.sets import Truth
from model.language.sorts import Index, Ring
from properties.catalogue.claim import Claim, Part
from properties.catalogue.notation import goals, notation
from properties.explain.ahead import Ahead, is_deadlock, is_true, overlong, steps_named, towards
from properties.explain.asked import registered
from properties.explain.values import Said, Values
from properties.traces.trace import Played, Trace, replay, trace_machine


@dataclass(frozen=True)
class Ending:
    """One thing that the end of a run shows."""

    claim: Claim
    label: str
    violates: bool
    """Else it is the claim's premise that is reached."""
    terms: tuple[Truth, ...] = field(repr=False)
    """What decides it."""
    values: Values = field(repr=False)
    part: Part | None = None
    """Without, it is about what lies ahead."""
    refused: Step | None = None
    """Of a clause that an action is enabled: the step that is not."""
    ring: Index | None = None
    ahead: Ahead | None = None

    @property
    def statement(self) -> list[str]:
        """The clause in set notation."""
        return [notation(self.part, self.claim.machine)] if self.part else list(goals(self.claim))

    @property
    def because(self) -> list[Said]:
        """The comparisons that decide it."""
        return [said for term in self.terms for said in self.values.because(term)]


def endings(
    claim: Claim, ground: GroundMachine, played: Sequence[Played], label: str | None = None
) -> Iterator[Ending]:
    """All that the end of a run shows of a claim, violations first; with a label, only that."""
    last = played[-1] if played else None
    state = last.after if last else ground.initial
    for part in claim.parts:
        if label in (None, part.label):
            yield from _of_part(claim, part, ground, state, last)
    if label is None or label in _labels_ahead(claim):
        yield from (one for one in _of_what_is_ahead(claim, ground, state) if label in (None, one.label))
    if claim.witness and label in (None, claim.witness.label):
        yield from _of_part(claim, claim.witness, ground, state, last)


def shown_by(trace: Trace) -> list[Ending]:
    """All that the end of a trace shows of its claim; TraceError if it does not replay."""
    ground = trace_machine(trace)
    played = list(replay(ground, trace.steps))
    claim = registered(trace.claim)
    return list(endings(claim, ground, played)) if claim and claim.machine == trace.machine else []


def _of_part(claim: Claim, part: Part, ground: GroundMachine, state: Bitmaps, last: Played | None) -> Iterator[Ending]:
    wanted = part is claim.witness
    if part.enables:
        for step in steps_named(ground, (part.at,) if part.at else ()):
            values, premise = Values(ground, state, step), step.action.read(part.statement)
            if values.holds(premise) and ground.refusals(step, state):
                yield Ending(claim, part.label, True, (premise,), values, part, refused=step)
    elif not part.of_steps:
        values, term = Values(ground, state), part.statement(ground.machine.state())
        if values.holds(term) is wanted:
            yield Ending(claim, part.label, not wanted, (term,), values, part)
    elif last and part.concerns(last.step.action.name):
        values = Values(ground, last.before, last.step, last.after)
        term = last.step.action.read(part.statement, then=ground.machine.state("{}'".format))
        if values.holds(term) is wanted:
            yield Ending(claim, part.label, not wanted, (term,), values, part)


def _labels_ahead(claim: Claim) -> list[str]:
    """What may be wrong with what lies ahead."""
    of_reach = [claim.reach.lost, claim.reach.deadlock] if claim.reach else []
    return of_reach + ([claim.bound.beyond] if claim.bound else [])


def _of_what_is_ahead(claim: Claim, ground: GroundMachine, state: Bitmaps) -> Iterator[Ending]:
    now, values = ground.machine.state(), Values(ground, state)
    reach, bound = claim.reach, claim.bound
    if reach and reach.stuck and values.holds(reach.stuck(now)) and is_deadlock(ground, state):
        yield Ending(claim, reach.deadlock, True, (reach.stuck(now),), values)
    for (ring,) in ground.scope.places([Ring]) if reach or bound else ():
        if reach and values.holds(reach.premise(now, ring)):
            ahead = towards(ground, state, reach.by, is_true(ground, reach.goal, ring))
            if ahead.run is None:
                terms = (reach.premise(now, ring), reach.goal(now, ring))
                yield Ending(claim, reach.lost, True, terms, values, ring=ring, ahead=ahead)
        if bound and values.holds(bound.premise(now, ring)):
            run = overlong(ground, state, bound, ring)
            if run is not None:
                terms = (bound.premise(now, ring), bound.goal(now, ring))
                yield Ending(claim, bound.beyond, True, terms, values, ring=ring, ahead=Ahead(run, 0))
