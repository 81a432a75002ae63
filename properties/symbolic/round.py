"""Queries of a proof: an obligation is asked of z3 under assumed invariants, and the step that breaks it is shown.

`unknown` is never a pass. What z3 does not answer quickly is asked again by itself, as a text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import cast

import z3

from model.language.machine import Action, Machine
from model.language.sets import Processor, Processors, Set, Truth, all_of, equal, every, implies
from model.language.signature import Parameter
from model.language.sorts import Index
from model.language.state import Family, State, constant
from model.machines import PLUG, has_the_plugs_claims
from properties.catalogue.claim import Claim, Part
from properties.claims import CLAIMS
from properties.symbolic.predicates import Predicates, Vocabulary

BRIEFLY = 700_000
BY_MODELS = 30_000_000
PATIENTLY = 100_000_000
"""Limits of z3's own count of what it does, about 0.2, 10 and 30 s. It is the same on every machine, however busy."""
INITIALLY = "initially"
POSSIBLE = "some state that the invariants allow enables it"


@dataclass(frozen=True)
class Invariant:
    """A part that is to hold of every reachable state, and whose it is."""

    owner: str
    part: Part

    @property
    def key(self) -> tuple[str, str]:
        """Owner and words: unique among invariants."""
        return self.owner, self.part.label


@dataclass(frozen=True)
class Failure:
    """An obligation that was not met, with the step that the solver found, or the reason why it found nothing."""

    owner: str
    label: str
    action: str
    unknown: bool = False
    lines: Callable[[], Iterable[str]] = field(default=tuple, repr=False, compare=False)
    """Reads the step off the solver's model, which takes longer than to find it: many failures are never shown."""

    @cached_property
    def step(self) -> tuple[str, ...]:
        """Lines: the parameters, and each set before and after; or one line with the solver's reason."""
        return tuple(self.lines())


@dataclass(frozen=True)
class Query:
    """What z3 was asked, as SMT-LIB, and what it said."""

    owner: str
    label: str
    action: str
    smtlib: str
    said: str
    """`unsat`: the obligation is met. `sat`: it is not; or, of an action's own query, the action is possible."""

    @property
    def wanted(self) -> str:
        """The answer that a proof needs."""
        return "sat" if self.label == POSSIBLE else "unsat"


def known_machines(name: str) -> tuple[str, ...]:
    """The machines whose claims are about the machine of this name: its own, and perhaps the plug's."""
    return (PLUG, name) if has_the_plugs_claims(name) else (name,)


class Round:
    """One attempt with a set of assumed invariants."""

    def __init__(
        self, machine: Machine, name: str, assumed: Sequence[Invariant], also: Sequence[Claim] = (),
        queries: dict[tuple[str, str, str], Query] | None = None,
    ) -> None:  # fmt: skip
        self.machine, self.name, self.assumed, self.queries = machine, name, assumed, queries
        self.claims, self.known = (*CLAIMS.values(), *also), known_machines(name)
        self.words = Vocabulary(machine.state)
        self.read = Predicates(self.words)
        self.now = machine.state()
        self.asked = set[tuple[str, str, str]]()
        known = [axiom(self.now) for axiom in machine.state.axioms]
        self.nothing = _solver()
        """Knows nothing: enough where a step changes nothing that an invariant speaks of."""
        self.axioms = self.words.axioms() + [self.read.truth(one) for one in (*known, *_what_no_action_writes(machine))]
        self.said = {one.key: one.part.statement(self.now) for one in assumed}
        """Of each invariant, what it says of the state before a step."""
        self.hypothesis = self.axioms + [self.read.truth(said) for said in self.said.values()]

    @property
    def obligations(self) -> Counter[str]:
        """By claim or auxiliary invariant, how many queries asked about it."""
        return Counter(owner for owner, _, _ in self.asked)

    def base(self, of: Collection[str] | None = None) -> Iterator[Failure]:
        """Invariants, or those `of` some owners, that the initial state breaks."""
        solver = _solver()
        solver.add(*self.axioms)
        for one in self._invariants(of):
            yield from self._ask(solver, one.owner, one.part, one.part.statement(self.machine.initial), INITIALLY)

    def keeps(self, action: Action, of: Collection[str] | None = None) -> Iterator[Failure]:
        """Invariants, or those `of` some owners, that a step of the action breaks."""
        if asked := self._invariants(of):
            solver = self._before(action)
            for one in asked:
                says, said = one.part.statement(action.then), self.said[one.key]
                known, statement = (self.nothing, implies(said, says)) if says is said else (solver, says)
                yield from self._ask(known, one.owner, one.part, statement, action)

    def _invariants(self, of: Collection[str] | None) -> Sequence[Invariant]:
        return [one for one in self.assumed if of is None or one.owner in of]

    def steps(self, action: Action, of: Collection[str] | None = None) -> Iterator[Failure]:
        """Claims, or those `of` these ids, about steps that a step of the action breaks."""
        claims = [one for one in self.claims if one.machine in self.known and (of is None or one.id in of)]
        asked = [(claim.id, part) for claim in claims for part in claim.proved_parts if part.concerns(action.name)]
        if not asked:
            return
        solver, anywhere = self._before(action), self.assume()
        enabled = all_of(part for _, part in action.guard)
        for id, part in asked:
            says = action.read(part.statement)
            known, statement = (anywhere, implies(says, enabled)) if part.enables else (solver, says)
            yield from self._ask(known, id, part, statement, action)

    def enabled(self, action: Action) -> bool:
        """Whether some state that the invariants allow enables the action."""
        solver = self._before(action)
        asked, answer = _check(solver)
        self._write(asked, action.name, POSSIBLE, action.name, answer)
        return answer == z3.sat

    def _before(self, action: Action) -> z3.Solver:
        return self.assume(*(part for _, part in action.guard))

    def assume(self, *truths: Truth) -> z3.Solver:
        """A solver that knows the invariants and these."""
        solver = _solver()
        solver.add(*self.hypothesis, *(self.read.truth(truth) for truth in truths))
        return solver

    def constant(self, parameter: Parameter) -> z3.ExprRef:
        """What stands for a parameter that is one processor or one element of a sort."""
        if isinstance(parameter, Index):
            return self.words.index(parameter)
        return self.words.processor_named(parameter.name)

    def _ask(
        self, solver: z3.Solver, owner: str, part: Part, statement: Truth, action: Action | str
    ) -> Iterator[Failure]:
        yield from self.ask(solver, owner, part.label, self.read.truth(statement), action)

    def ask(
        self, solver: z3.Solver, owner: str, label: str, statement: z3.BoolRef, action: Action | str
    ) -> Iterator[Failure]:
        """The failure if what the solver knows does not imply the statement; of a step, or elsewhere, in words."""
        name = action if isinstance(action, str) else action.name
        self.asked.add((owner, label, name))
        solver.push()
        solver.add(z3.Not(statement))
        asked, answer = _check(solver)
        self._write(asked, owner, label, name, answer)
        if answer != z3.unsat:
            if answer == z3.sat:
                yield Failure(owner, label, name, lines=partial(_lines, self, asked.model(), action))
            else:
                reason = f"z3 gave up: {asked.reason_unknown()}"
                yield Failure(owner, label, name, unknown=True, lines=lambda: [reason])
        solver.pop()

    def _write(self, solver: z3.Solver, owner: str, label: str, action: str, said: z3.CheckSatResult) -> None:
        if self.queries is not None:
            smtlib = f"(set-logic UF)\n{solver.to_smt2()}"
            self.queries[owner, label, action] = Query(owner, label, action, smtlib, str(said))


class _Step:
    """A step that the solver found, for a reader: every set before it, and what it changes."""

    def __init__(self, asked: Round, model: z3.ModelRef) -> None:
        self.asked, self.model = asked, model
        universes = {name: model.get_universe(sort) or [] for name, sort in asked.words.elements.items()}
        self.names = {
            name: {element.sexpr(): f"{name.lower()} {i}" for i, element in enumerate(universe)}
            for name, universe in universes.items()
        }
        asked.words.stands_for = {one.sexpr(): one for universe in universes.values() for one in universe}

    def lines(self, action: Action | str) -> Iterator[str]:
        """The parameters, then each variable that is not empty before or after."""
        if isinstance(action, str):
            yield from ["the initial state"] if action == INITIALLY else self._sets(self.asked.now, self.asked.now)
            return
        for name, parameter in action.parameters.items():
            yield f"{name} = {self._argument(parameter)}"
        yield from self._sets(action.now, action.then)

    def _sets(self, now: State, then: State) -> Iterator[str]:
        for name, declared in self.asked.machine.state.declared.items():
            for at in self._places(declared.sorts):
                before = self._members(now.families[name][at])
                after = self._members(then.families[name][at])
                label = name + (f"[{', '.join(self._called(i) for i in at)}]" if at else "")
                if before != after:
                    yield f"{label}: {_braces(before)} → {_braces(after)}"
                elif before:
                    yield f"{label}: {_braces(before)}"

    def _argument(self, parameter: Index | Processor | Processors) -> str:
        if isinstance(parameter, Index):
            return self._called(parameter)
        members = self._members(parameter)
        return _braces(members) if isinstance(parameter, Processors) else members[0]

    def _places(self, sorts: Sequence[type[Index]]) -> Iterator[tuple[Index, ...]]:
        """Every element of the solver's universe, as an index that stands for it."""
        if not sorts:
            yield ()
            return
        for element in self.names[sorts[0].sort.__name__]:
            for rest in self._places(sorts[1:]):
                yield (sorts[0](element), *rest)

    def _called(self, index: Index) -> str:
        value = self.model.eval(self.asked.words.index(index), model_completion=True)
        return self.names[index.sort.__name__].get(value.sexpr(), value.sexpr())

    def _members(self, term: Set) -> list[str]:
        holds = self.asked.read.set(term).holds
        universe = self.model.get_universe(self.asked.words.processor) or []
        names = self.names[str(self.asked.words.processor.name())]
        return [
            names[one.sexpr()] for one in universe if z3.is_true(self.model.eval(holds(one), model_completion=True))
        ]


def _lines(asked: Round, model: z3.ModelRef, action: Action | str) -> Iterator[str]:
    return _Step(asked, model).lines(action)


def _what_no_action_writes(machine: Machine) -> Iterator[Truth]:
    """It keeps its initial value: so does what belongs to a feature that is off."""
    written, now = {name for action in machine.actions for name in action.writes}, machine.state()
    for name, declared in machine.state.declared.items():
        if name not in written and not isinstance(declared, constant):
            kept = partial(_is_as_it_was, now.families[name], machine.initial.families[name])
            yield cast("Callable[..., Truth]", every)(*declared.sorts, kept) if declared.sorts else kept()


def _is_as_it_was(now: Family, initial: Family, *at: Index) -> Truth:
    return equal(now[at], initial[at])


def _braces(members: Sequence[str]) -> str:
    return "{" + ", ".join(members) + "}"


def _solver(limit: int | None = None, context: z3.Context | None = None) -> z3.Solver:
    solver = z3.Solver(ctx=context)
    solver.set("rlimit", limit or BRIEFLY)
    solver.set("ctrl_c", False)
    return solver


def answer(*facts: z3.BoolRef) -> z3.CheckSatResult:
    """Whether some state fulfils these facts, asked as the obligations of a proof are."""
    solver = _solver()
    solver.add(*facts)
    return _check(solver)[1]


def briefly(*facts: z3.BoolRef) -> z3.CheckSatResult:
    """The same in one short go: what z3 does not say soon it does not say."""
    solver = _solver()
    solver.add(*facts)
    return solver.check()


def _check(solver: z3.Solver) -> tuple[z3.Solver, z3.CheckSatResult]:
    """The answer, and the solver that has it.

    What is not answered soon is asked again without patterns: z3 looks for a model, and instantiates what that breaks.
    If this does not end either, it is asked as a text, by itself: then the effort does not depend on what z3 was asked
    before. If that is no proof, it is asked once more here, where a step can be read off.
    """
    answer = solver.check()
    if answer != z3.unknown:
        return solver, answer
    by_models = _solver(BY_MODELS)
    by_models.set("smt.ematching", False)
    by_models.set("smt.pull_nested_quantifiers", True)
    by_models.add(*solver.assertions())
    answer = by_models.check()
    return (by_models, answer) if answer != z3.unknown else _check_patiently(solver)


def _check_patiently(solver: z3.Solver) -> tuple[z3.Solver, z3.CheckSatResult]:
    afresh, apart = _solver(PATIENTLY), _solver(PATIENTLY, z3.Context())
    afresh.add(*solver.assertions())
    apart.from_string(afresh.to_smt2())
    answer = apart.check()
    return afresh, answer if answer == z3.unsat else afresh.check()
