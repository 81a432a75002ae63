"""Candidates: statements of a few forms that hold of every state that was reached."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np

from model.language.machine import Machine
from model.language.notation import Notation
from model.language.sets import (
    EVERYBODY,
    FALSE,
    Set,
    Truth,
    at_most,
    empty,
    every,
    implies,
    same,
    several,
    some,
    within,
)
from model.language.sorts import Index
from model.language.state import State
from properties.catalogue.claim import Part
from properties.invariants.clauses import Clause, Clauses, follows
from properties.invariants.contexts import Context, contexts
from properties.invariants.kinds import Codes, Kinds, Reached
from properties.invariants.provenance import of_which_all, put_together

OF_ONE, OF_ALL, OF_TWO_INDICES, SINGLE, WHERE_SOME = (
    "of one processor", "of all, if of one", "of two indices", "at most one", "some, if some",
)  # fmt: skip
TEMPLATES = {
    OF_ONE: "whoever is in these sets is in one of those, or in none; at most three sets",
    OF_ALL: "if somebody is in one or two sets, of each processor it holds that …; at most two sets",
    OF_TWO_INDICES: "the same of sets of two elements of a sort, such as two rings; at most two sets",
    SINGLE: "at most one processor is in this set",
    WHERE_SOME: "if somebody is in this set, somebody is in that",
}
"""The forms of candidates, and what they say."""


@dataclass(frozen=True)
class Candidate:
    """A statement of every state, and its form."""

    template: str
    part: Part


def candidates(machine: Machine, reached: Reached) -> Iterator[Candidate]:
    """All that hold in what was reached; none that follows from a shorter one of the same form."""
    first, *with_two = contexts(machine)
    kinds = reached.kinds(first)
    of_one = list(Clauses(kinds.single, len(first.places), first.unions).shortest(3))
    now = machine.state()
    yield from _made(OF_ONE, now, [_Form(first, one) for one in of_one if _is_said(first, one)])
    yield from _made(OF_ALL, now, _of_all(machine, first, kinds, of_one))
    yield from _made(SINGLE, now, _single(first, kinds))
    yield from _made(WHERE_SOME, now, _where_some(first, kinds, of_one))
    for context in with_two:
        clauses = Clauses(reached.kinds(context).single, len(context.places), context.unions).shortest(2)
        yield from _made(OF_TWO_INDICES, now, [_Form(context, one) for one in clauses if _is_of_two(context, one)])


@dataclass(frozen=True)
class _Form:
    """A statement in a context: of each processor the clause, if somebody is in all of the premise's sets."""

    context: Context
    clause: Clause
    premise: tuple[int, ...] = ()
    says: Callable[[tuple[Set, ...]], Truth] | None = None
    """Of the premise's sets, instead."""

    def __call__(self, now: State) -> Truth:
        """What it says of a state: of all choices of the indices that it speaks of."""
        mentioned = {*self.premise, *(_set(one) for one in self.clause)}
        used = frozenset[int]().union(*(self.context.places[one].speaks_of for one in mentioned))
        order = sorted(used)

        def body(*at: Index) -> Truth:
            chosen = dict(zip(order, at, strict=True))
            return self._apart(chosen) | self._of(now, chosen)

        if not order:
            return body()
        return cast("Callable[..., Truth]", every)(*(self.context.sorts[k] for k in order), body)

    def _apart(self, chosen: dict[int, Index]) -> Truth:
        """The two indices are one, or not in order: then nothing is said."""
        last = len(self.context.sorts) - 1
        if not self.context.apart or last not in chosen or 0 not in chosen:
            return FALSE
        one = same(chosen[0], chosen[last])
        return one | ~at_most(chosen[0], chosen[last]) if self.context.is_ordered else one

    def _of(self, now: State, chosen: dict[int, Index]) -> Truth:
        def read(one: int) -> Set:
            return self.context.places[one].read(now, chosen)

        premise = tuple(map(read, self.premise))
        if self.says:
            return self.says(premise)
        inside = [read(one) for one in sorted(self.clause) if one >= 0]
        outside = [read(~one) for one in sorted(self.clause, reverse=True) if one < 0]
        clause = _clause(outside, inside)
        return implies(some(_common(premise)), clause) if premise else clause


def _common(sets: Iterable[Set]) -> Set:
    together = EVERYBODY
    for one in sets:
        together = together & one
    return together


def _clause(outside: list[Set], inside: list[Set]) -> Truth:
    """Whoever is in all of the first is in one of the second."""
    if not inside:
        return empty(_common(outside))
    union = inside[0]
    for one in inside[1:]:
        union = union | one
    return within(_common(outside), union)


def _set(literal: int) -> int:
    return literal if literal >= 0 else ~literal


def _is_said(context: Context, clause: Clause) -> bool:
    """A union is only said to have somebody in it: that it has not is said of each set by itself."""
    return all(one >= 0 or not context.places[~one].is_joined for one in clause)


def _is_of_two(context: Context, clause: Clause) -> bool:
    """It speaks of both elements of the sort of which there are two."""
    used = frozenset[int]().union(*(context.places[_set(one)].speaks_of for one in clause))
    return {0, len(context.sorts) - 1} <= used and _is_said(context, clause)


def _of_all(machine: Machine, context: Context, kinds: Kinds, known: Collection[Clause]) -> Iterator[_Form]:
    """If somebody is in a set, and in one where it was found when it was put there, all of another set is somewhere."""
    sets = [number for number, place in enumerate(context.places) if not place.is_joined]
    wholes, held = of_which_all(machine, context), dict[tuple[int, ...], set[Clause]]()
    held[()] = set(known)
    one, other = kinds.pairs[:, 0], kinds.pairs[:, 1]
    for premise in [*((k,) for k in sets), *sorted(put_together(machine, context))]:
        bits = np.uint64(sum(1 << k for k in premise))
        there = np.unique(other[one & bits == bits])
        held[premise] = set[Clause]()
        weaker = set[Clause]().union(*(held.get(part, ()) for part in ((), *((k,) for k in premise))))
        for clause in _of_those(there, wholes, context) if len(there) else ():
            if not follows(clause, weaker):
                held[premise].add(clause)
                yield _Form(context, clause, premise)


def _of_those(there: Codes, wholes: Collection[int], context: Context) -> Iterator[Clause]:
    """Where all members of a set are, among these kinds: in one or two others, or in none."""
    for whole in sorted(wholes):
        members = there[there & np.uint64(1 << whole) != 0]
        if len(members):
            outside = ~np.bitwise_or.reduce(members)
            yield from (frozenset({~whole, ~k}) for k in range(len(context.places)) if outside & np.uint64(1 << k))
            yield from (
                frozenset({~whole, *one})
                for one in Clauses(members, len(context.places), context.unions).unions(2)
                if whole not in one
            )
        else:
            yield frozenset({~whole})


def _single(context: Context, kinds: Kinds) -> Iterator[_Form]:
    """Sets of which no two processors are members, though somebody is."""
    for k, place in enumerate(context.places):
        bit = np.uint64(1 << k)
        if not place.is_joined and not kinds.several & bit and (kinds.some & bit).any():
            yield _Form(context, frozenset(), (k,), lambda sets: ~several(sets[0]))


def _where_some(context: Context, kinds: Kinds, known: Collection[Clause]) -> Iterator[_Form]:
    """If somebody is in a set, somebody is in another, and not only because it is the same one."""
    for clause in Clauses(kinds.some, len(context.places)).shortest(2):
        premise, goal = [~one for one in clause if one < 0], [one for one in clause if one >= 0]
        joined = any(context.places[one].is_joined for one in (*premise, *goal))
        if len(premise) == len(goal) == 1 and not joined and not follows(clause, known):
            yield _Form(context, frozenset(), (premise[0], goal[0]), lambda sets: implies(some(sets[0]), some(sets[1])))


def _made(template: str, now: State, forms: Iterable[_Form]) -> Iterator[Candidate]:
    """Each form as a part, called what it says; what says the same as another only once."""
    seen = set[str]()
    for form in forms:
        label = str(Notation().truth(form(now)))
        if label not in seen:
            seen.add(label)
            yield Candidate(template, Part(label, form))
