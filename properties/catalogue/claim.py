"""What the model decides: every claim with its parts, its witness and the mutant it rejects.

Its sentence and its source are in the register. A claim's parts are separate statements, so that a failure names the
clause. Auxiliary invariants are another list: they are the scaffolding of
proofs, and nobody cites them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from model.language.mistakes import here, mistake, nearest
from model.language.sets import Set, Truth
from model.machines import MACHINES, PLUG
from model.variants.variant import actions_of
from properties.catalogue.progress import Progress
from properties.catalogue.register import REGISTER

Statement = Callable[..., Truth]
F = TypeVar("F", bound=Statement)


@dataclass(frozen=True)
class Part:
    """One clause of a claim: of every state, of every step, or of every step of one action (`at`)."""

    label: str
    statement: Statement
    of_steps: bool = False
    at: str | None = None
    enables: bool = False
    """The statement is a premise: wherever it holds, the action `at` is enabled."""

    def concerns(self, action: str) -> bool:
        """Whether it says something of a step of this action."""
        return self.of_steps and self.at in (None, action)


@dataclass(frozen=True)
class Reach:
    """From every state where the premise holds of a ring, the goal can be reached by steps of these actions alone."""

    premise: Statement
    """Of (now, r), as the goal is."""
    goal: Statement
    by: tuple[str, ...]
    lost: str
    """What is wrong where the goal is out of reach, in words."""
    stuck: Statement | None = None
    """Of (now): a deadlock, if no protocol or service step is left there."""
    deadlock: str = "deadlock"
    """What is wrong there, in words."""
    progress: Progress | None = None
    """Why it is not only possible: the actions are fair."""


@dataclass(frozen=True)
class Bound:
    """From every state where the premise holds of a ring of n, at most `limit(n, k)` visits lead to the goal.

    k is how many visits the longest queue of a member needs to drain. The limit is attained wherever n and k occur.
    """

    premise: Statement
    """Of (now, r), as the goal is."""
    goal: Statement
    visits: tuple[str, ...]
    sends: tuple[str, ...]
    """What else a member does while it holds the token."""
    needs: tuple[Statement, ...]
    """Of (now, r): a member needs at least one visit to drain its queue, at least two, and so on."""
    members: Callable[..., Set]
    """Of (now, r): the n of the ring."""
    limit: Callable[[int, int], int]
    formula: str
    """The limit, as it is written: `(2+k)n-1`."""
    beyond: str
    """What is wrong where more visits are possible, in words."""
    unattained: str
    """What is wrong if no run needs so many, in words."""
    counting: str = ""
    """The feature with which the machine counts visits, for the proof that no more are needed."""
    proved: tuple[Part, ...] = ()
    """What is proved of that count, for any number: the limit follows by adding up."""
    sum: str = ""
    """How it follows, in words."""


@dataclass(frozen=True)
class Least:
    """The smallest scope in which the claim says something, and the features it needs."""

    processors: int
    handles: int
    rings: int
    features: frozenset[str] = frozenset()

    def missing(
        self, processors: int, handles: int, rings: int, features: frozenset[str], handles_are: str = "handles"
    ) -> str | None:
        """Why a scope is too small for the claim, or None."""
        for have, need, name in (
            (processors, self.processors, "members"),
            (handles, self.handles, handles_are),
            (rings, self.rings, "rings"),
        ):
            if have < need:
                return f"needs {need} {name}"
        off = sorted(self.features - features)
        return f"needs {', '.join(off)}" if off else None


@dataclass
class Claim:
    """A public claim about the machine."""

    id: str
    sentence: str
    source: str
    least: Least
    mutant: str
    """The variant that breaks it."""
    machine: str = PLUG
    """The machine that it is about: the plug machine or a companion."""
    correction: str | None = None
    """What was changed of its wording from before there was a model, and why."""
    parts: list[Part] = field(default_factory=list[Part])
    witness: Part | None = None
    reach: Reach | None = None
    bound: Bound | None = None
    covers_every_action: bool = False
    """It needs a part for each action of the machine: while one has none, it is open."""
    covers_writers_of: tuple[str, ...] = ()
    """Or for each action that writes one of these variables."""
    but: tuple[str, ...] = ()
    """Except these, which write them and of which it rightly says nothing."""
    place: str = ""
    """File and line where it is stated."""

    def always(self, statement: F) -> F:
        """Add a part that holds of every state: (now)."""
        self.parts.append(Part(words(statement), statement))
        return statement

    def each_step(self, statement: F) -> F:
        """Add a part that holds of every step: (now, then)."""
        self.parts.append(Part(words(statement), statement, of_steps=True))
        return statement

    def at(self, *actions: str) -> Callable[[F], F]:
        """Add a part that holds of every step of these actions: (now, then, parameters…)."""
        self._check_actions(*actions)

        def add(statement: F) -> F:
            self.parts += [Part(words(statement), statement, of_steps=True, at=action) for action in actions]
            return statement

        return add

    def enables(self, action: str) -> Callable[[F], F]:
        """Add a part: wherever this premise (now, then, parameters…) holds, the action is enabled."""
        self._check_actions(action)

        def add(statement: F) -> F:
            self.parts.append(Part(words(statement), statement, of_steps=True, at=action, enables=True))
            return statement

        return add

    def witnessed(self, *, at: str | None = None) -> Callable[[F], F]:
        """State the premise that some run must reach, else the claim says nothing."""
        if at is not None:
            self._check_actions(at)

        def add(statement: F) -> F:
            self.witness = Part(words(statement), statement, of_steps=at is not None, at=at)
            return statement

        return add

    def _check_actions(self, *names: str) -> None:
        if not names or not all(isinstance(cast(object, name), str) for name in names):
            raise mistake('a part about actions names them: @MINE.at("visit")', __name__)
        known = actions_for(self.machine)
        for name in names:
            if name not in known:
                raise mistake(f"the machine {self.machine} has no action {name!r}{nearest(name, known)}", __name__)

    @property
    def is_safety(self) -> bool:
        """Whether it is a statement of every state or every step."""
        return bool(self.parts)

    @property
    def proved_parts(self) -> list[Part]:
        """What is proved by steps: its parts, and of a bound what is counted."""
        return [*self.parts, *(self.bound.proved if self.bound else ())]

    @property
    def proof_features(self) -> frozenset[str]:
        """The features that must be on where it is proved."""
        counting = {self.bound.counting} if self.bound and self.bound.counting else set[str]()
        return self.least.features | counting

    @property
    def is_inductive(self) -> bool:
        """Whether it is proved by steps, of a machine that speaks of any number of processors."""
        has_rank = self.reach is not None and self.reach.progress is not None
        return (bool(self.proved_parts) or has_rank) and MACHINES[self.machine].state.is_of_any_size()

    @property
    def is_surprise(self) -> bool:
        """Whether it is a non-property: it holds when its run exists."""
        return not (self.parts or self.reach or self.bound)

    @property
    def decisions(self) -> list[str]:
        """The decisions that the source names."""
        return re.findall(r"\bD\d+\b", self.source)


@dataclass(frozen=True)
class Auxiliary:
    """An invariant that a proof needs: of which claim (or auxiliary), and for which action."""

    part: Part
    needed_by: str
    action: str
    machine: str = PLUG
    features: frozenset[str] = frozenset()
    """Those with which it is needed: where none of them is on, proofs do without. If there are none, always."""

    def serves(self, machine: str, features: frozenset[str]) -> bool:
        """Whether proofs about this machine with these features use it."""
        return self.machine == machine and (not self.features or bool(self.features & features))


REGISTERED: dict[str, Claim] = {}
"""Claims as their rooms state them; `properties.claims` has them all, in order."""
AUXILIARY: list[Auxiliary] = []


def claim(
    id: str,
    sentence: str = "",
    *,
    source: str = "",
    least: Least,
    mutant: str,
    machine: str = PLUG,
    correction: str | None = None,
    covers_every_action: bool = False,
    covers_writers_of: tuple[str, ...] = (),
    but: tuple[str, ...] = (),
) -> Claim:
    """Put a claim into the catalogue. One of the register has its sentence and source there; one's own brings them.

    TextError, a ValueError, if the id is taken, or has two sentences or none; and if there is no such machine or
    feature. Its statements and its mutant are looked up when an engine is given the claim: `check.py`.
    """
    if machine not in MACHINES:
        raise mistake(f"there is no machine {machine!r}{nearest(machine, MACHINES)}", __name__)
    known_actions = actions_for(machine)
    for action in but:
        if action not in known_actions:
            raise mistake(f"the machine {machine} has no action {action!r}{nearest(action, known_actions)}", __name__)
    features = MACHINES[machine].features
    for feature in sorted(least.features - features):
        raise mistake(f"the machine {machine} has no feature {feature!r}{nearest(feature, features)}", __name__)
    if id in REGISTERED:
        raise mistake(f"claim {id} is already in the catalogue", __name__)
    known = REGISTER.get(id)
    if known and (sentence or source):
        raise mistake(f"claim {id} has its sentence and source in the register", __name__)
    if not known and not sentence:
        raise mistake(f"claim {id} is not in the register, and has no sentence of its own", __name__)
    said = (known.sentence, known.source) if known else (sentence, source)
    REGISTERED[id] = Claim(
        id, *said, least, mutant, machine, correction,
        covers_every_action=covers_every_action, covers_writers_of=covers_writers_of, but=but,
        place=here(__name__),
    )  # fmt: skip
    return REGISTERED[id]


def actions_for(machine: str) -> set[str]:
    """The actions of a machine, and those that variants add."""
    return actions_of([MACHINES[machine]])


def auxiliary(*, needed_by: str, action: str, machine: str = PLUG, features: Iterable[str] = ()) -> Callable[[F], F]:
    """Register an auxiliary invariant, with the obligation that fails without it, and the features where it does."""

    def register(statement: F) -> F:
        part = Part(words(statement), statement)
        AUXILIARY.append(Auxiliary(part, needed_by, action, machine, frozenset(features)))
        return statement

    return register


def words(statement: Callable[..., object]) -> str:
    """A statement's name as words."""
    return statement.__name__.replace("_", " ")
