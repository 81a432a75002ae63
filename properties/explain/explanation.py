"""Why a run is as it is: the clause that its end violates, the steps that matter, and where a variant's edit bites.

Decides nothing: everything here is read off the run, replayed on integers. How it looks is `accounts.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from model.language.ground import GroundMachine, Step
from model.variants.mutants import find_variant
from properties.explain.ahead import is_true, towards
from properties.explain.asked import registered
from properties.explain.diff import Difference, first_difference
from properties.explain.endings import Ending, endings
from properties.explain.shrink import Ends, needed, without
from properties.explain.values import Said
from properties.traces.trace import Played, Trace, replay, show_step, trace_machine


class Need(msgspec.Struct):
    """A step that matters: what becomes of the run without it."""

    step: int
    words: str
    refused: int | None = None
    """The step that is then refused; without, all are taken and the end is another."""
    parts: list[str] = []
    """The guard parts that refuse it."""


class Bite(msgspec.Struct):
    """Where a variant's edit shows."""

    says: str
    """What the edit is."""
    difference: Difference | None
    """Its step counts on after the run's last one."""
    beyond: list[str] = []
    """The steps after the run's end on which the difference shows: the protocol can take them there, or the variant."""


class Explanation(msgspec.Struct):
    """A run's claim, and what its end shows of it; without a label, nothing."""

    claim: str
    label: str | None = None
    violates: bool = False
    statement: list[str] = []
    because: list[Said] = []
    refused: str | None = None
    """Of a clause that an action is enabled: the step that is not."""
    ahead: list[str] | None = None
    """Of a bound: how the run can go on."""
    states_ahead: int | None = None
    """Of a goal that cannot be reached: how many states were looked at."""
    needs: list[Need] = []
    spare: list[int] = []
    """The steps that can be left out."""
    bite: Bite | None = None


def explain_run(trace: Trace) -> Explanation | None:
    """Why the run shows what it shows of its claim; None if it names no claim that we know."""
    claim = registered(trace.claim)
    if claim is None or claim.machine != trace.machine:
        return None
    ground = trace_machine(trace)
    played = list(replay(ground, trace.steps))
    found = list(endings(claim, ground, played))
    ending = next((one for one in found if one.label == trace.shows), found[0] if found else None)
    if ending is None:
        return Explanation(claim.id)
    steps, ends = [one.step for one in played], ends_with(ending, ground)
    kept = needed(ground, steps, ends)
    return Explanation(
        claim.id,
        ending.label,
        ending.violates,
        ending.statement,
        ending.because,
        show_step(ending.refused) if ending.refused else None,
        [show_step(step) for step in ending.ahead.run] if ending.ahead and ending.ahead.run is not None else None,
        ending.ahead.states if ending.ahead and ending.ahead.run is None else None,
        _needs(ground, steps, kept),
        [at + 1 for at in range(len(steps)) if at not in kept],
        _bite(trace, ground, played, ending),
    )


def ends_with(ending: Ending, ground: GroundMachine) -> Ends:
    """Whether a run ends with the same clause."""

    def ends(played: list[Played]) -> bool:
        return any(one.violates == ending.violates for one in endings(ending.claim, ground, played, ending.label))

    return ends


def _needs(ground: GroundMachine, steps: Sequence[Step], kept: Sequence[int]) -> list[Need]:
    """Of the steps that matter, what becomes of the others without each."""
    mine, needs = [steps[at] for at in kept], list[Need]()
    for i, at in enumerate(kept):
        rest, left = without(ground, mine, i), [*kept[:i], *kept[i + 1 :]]
        refused = left[len(rest.played)] + 1 if rest.refused else None
        needs.append(Need(at + 1, show_step(steps[at]), refused, rest.refused))
    return needs


def _bite(trace: Trace, ground: GroundMachine, played: Sequence[Played], ending: Ending) -> Bite | None:
    if trace.variant is None or not (edited := find_variant(trace.variant)):
        return None
    protocol = trace_machine(msgspec.structs.replace(trace, variant=None))
    steps, says = [one.step for one in played], edited.says
    if found := first_difference(ground, protocol, steps):
        return Bite(says, found)
    beyond = _beyond(ground, protocol, steps, ending)
    return Bite(says, first_difference(ground, protocol, [*steps, *beyond]), [show_step(step) for step in beyond])


def _beyond(ground: GroundMachine, protocol: GroundMachine, steps: Sequence[Step], ending: Ending) -> list[Step]:
    """Steps after the end of a run that is also one of the protocol: the machines part on them, if they do."""
    if ending.refused:
        return [ending.refused]
    if ending.ahead and ending.ahead.run:
        return ending.ahead.run
    reach = ending.claim.reach
    if reach and ending.ring is not None:
        state = protocol.initial
        for step in steps:
            state = protocol.after(protocol.step(protocol.machine.action(step.action.name), step.arguments), state)
        return towards(protocol, state, reach.by, is_true(protocol, reach.goal, ending.ring)).run or []
    return []
