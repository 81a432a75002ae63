"""How explanations look: of a whole run, and of one step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from properties.explain.diff import Changed, Difference, Refusal
from properties.explain.explanation import Bite, Explanation, Need
from properties.explain.step import Change, StepAccount
from properties.explain.values import Said, as_set
from properties.words import counted

WIDE = 60
"""A column is not wider."""


def account(why: Explanation) -> Iterator[str]:
    """A run explained, in lines."""
    if why.label is None:
        yield f"At its end the run neither violates a clause of {why.claim} nor reaches its premise."
        return
    yield f"{'Violated' if why.violates else 'Reached'}: {why.label}"
    yield from (f"  {line}" for line in why.statement)
    yield "because"
    yield from (f"  {line}" for line in comparisons(why.because))
    yield from _of_what_is_ahead(why)
    if why.bite:
        yield from _of_the_edit(why.bite, why.ahead or [])
    yield from _of_needs(why.needs, why.spare, why.violates)


def comparisons(because: Iterable[Said]) -> list[str]:
    """Comparisons as they are true, each with the values of its sets."""
    return columns([(one.says, ", ".join(one.words)) for one in because])


def columns(rows: Sequence[tuple[str, ...]], gap: str = "   ") -> list[str]:
    """Rows of words in columns; a cell that is too wide pushes the rest of its row."""
    fits = [[len(cell) for cell in column if len(cell) <= WIDE] for column in zip(*rows, strict=True)]
    widths = [max(found, default=0) for found in fits]
    return [gap.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def refused_lines(refusals: Sequence[Refusal]) -> list[str]:
    """The guard parts that refuse a step, each with what makes it false."""
    return columns([row for one in refusals for row in _rows(one.part, one.because)])


def _rows(part: str, because: Sequence[Said]) -> list[tuple[str, ...]]:
    """A guard part, and beside it the comparisons that decide it."""
    rows = [(said.says, ", ".join(said.words)) for said in because] or [("", "")]
    return [(part if at == 0 else "", *row) for at, row in enumerate(rows)]


def changed_lines(changed: Sequence[Changed]) -> list[str]:
    """The sets that a variant makes others than the protocol does."""
    says = "is {}, and {} in the protocol".format
    return columns([(one.set, says(as_set(one.variant), as_set(one.protocol))) for one in changed], gap=" ")


def difference_lines(found: Difference) -> Iterator[str]:
    """What tells the machines apart at a step."""
    if found.refused_by:
        yield f"{found.refused_by} refuses it: not true that"
        yield from (f"  {line}" for line in refused_lines(found.refusals))
    yield from changed_lines(found.changed)


def _of_what_is_ahead(why: Explanation) -> Iterator[str]:
    if why.refused:
        yield f"  {why.refused} is not enabled"
    if why.ahead is not None:
        yield f"  and the run can go on: {', '.join(why.ahead) or 'it is stuck'}"
    if why.states_ahead == 1:
        yield "  these actions lead nowhere else from here"
    elif why.states_ahead is not None:
        yield f"  these actions reach {counted(why.states_ahead, 'state')} from here, and the goal is in none of them"


def _of_the_edit(bite: Bite, ahead: Sequence[str]) -> Iterator[str]:
    found = bite.difference
    yield f"Edit: {bite.says}"
    if found is None:
        yield "  It does not bite in this run: the protocol takes the same steps, with the same effect."
        return
    if bite.beyond:
        yield "  The run is one of the protocol too. It bites after the run"
        if len(bite.beyond) > 1 and bite.beyond != ahead:
            yield f"  on the protocol's way to the goal: {', '.join(bite.beyond)}"
    yield f"  {'at' if bite.beyond else f'It bites at step {found.step},'} {found.words}:"
    yield from (f"    {line}" for line in difference_lines(found))


def _of_needs(needs: Sequence[Need], spare: Sequence[int], violates: bool) -> Iterator[str]:
    if spare:
        yield f"Can be left out: {'step' if len(spare) == 1 else 'steps'} {', '.join(map(str, spare))}."
    if needs:
        yield f"{'Of the rest every' if spare else 'Every'} step matters; without"
    yield from columns([(f"{one.step:3}  {one.words}", _without(one, violates)) for one in needs])


def _without(need: Need, violates: bool) -> str:
    if need.refused:
        return f"step {need.refused} is refused: not true that {'; '.join(need.parts)}"
    return "the clause is not violated" if violates else "the premise is not reached"


def step_account(step: StepAccount) -> Iterator[str]:
    """A step explained, in lines: what refuses it; or why it is enabled, and what it changes."""
    parts = [part for part in step.guard if step.enabled or not part.holds]
    if not step.enabled:
        yield f"{step.words} is not enabled: not true that"
    else:
        yield f"{step.words} is enabled:" if parts else f"{step.words} is always enabled"
    yield from (f"  {line}" for line in columns([row for part in parts for row in _rows(part.part, part.because)]))
    if step.enabled:
        yield "it changes" if step.changes else "it changes nothing"
        yield from (f"  {line}" for line in columns([_change(one) for one in step.changes]))
    if step.differs:
        yield "the variant's edit bites here:"
        yield from (f"  {line}" for line in difference_lines(step.differs))


def _change(change: Change) -> tuple[str, ...]:
    return (change.set, f"from {as_set(change.before)} to {as_set(change.after)}", f"= {change.term}")
