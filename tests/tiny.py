"""Tiny machines of the set language, and claims about them: what an engine must find or refuse is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from unittest.mock import patch

from model.language.machine import Ghost, Kind, Rule, Text
from model.language.sets import TRUE, Truth
from model.language.sorts import Handle, Ring
from model.language.state import State, family, single
from model.machines import MACHINES
from properties.catalogue.claim import Bound, Claim, Least, Part, Reach, words
from properties.catalogue.scopes import NamedScope
from properties.check.job import Job
from properties.check.task import SECOND_SOLVER
from properties.check.verdict import Verdict
from properties.sampling.tries import Tries

TINY = "tiny"
TRIES = Tries(examples=8, steps=24)
"""Enough for the random runs to come to all that there is."""


class Tiny(State):
    """Two sets, and two families of them."""

    a = single(means="a set")
    b = single(means="another")
    of_handle = family(Handle, means="one for each handle")
    of_ring = family(Ring, means="one for each ring")


def nothing(now: Tiny) -> None:
    """Every set is empty."""


def machine(
    *writes: Callable[..., object], initial: Callable[..., None] = nothing, state: type[State] = Tiny,
    outside: tuple[Callable[..., object], ...] = (), ghosts: tuple[Ghost, ...] = (),
) -> Text:  # fmt: skip
    """A machine with these actions of the protocol, and these of the environment."""
    rules = [*((one, Kind.PROTOCOL) for one in writes), *((one, Kind.ENVIRONMENT) for one in outside)]
    return Text(state, initial, tuple(Rule(one, kind) for one, kind in rules), ghosts)  # pyright: ignore


def anything(now: State) -> Truth:
    """A premise that every run reaches."""
    return TRUE


def claim(
    *always: Callable[..., Truth], at: str | None = None, each_step: bool = False, enables: bool = False,
    premise: Callable[..., Truth] = anything, premise_at: str | None = None, id: str = "TINY-1",
    reach: Reach | None = None, bound: Bound | None = None,
) -> Claim:  # fmt: skip
    """A claim: of every state, of every step, or of the steps of one action; with a premise."""
    parts = [Part(words(one), one, each_step or at is not None, at, enables) for one in always]
    witness = Part(words(premise), premise, premise_at is not None, premise_at)
    least = Least(1, 1, 1)
    return Claim(
        id, "Says something.", "a test", least, "open-on-own-bit", TINY, None, parts, witness, reach, bound
    )  # fmt: skip


def scope(members: int, handles: int = 1, rings: int = 1) -> NamedScope:
    """A scope of a tiny machine."""
    return NamedScope(members, handles, rings, frozenset(), TINY)


@contextmanager
def registered(text: Text) -> Generator[None]:
    """For a while this is the machine of the name `TINY`."""
    with patch.dict(MACHINES, {TINY: text}):
        yield


def decided(engine: str, text: Text, *claims: Claim, at: NamedScope | None = None, depth: int = 8) -> list[Verdict]:
    """What an engine says of these claims, in a scope if it has one."""
    where = None if engine in ("inductive", SECOND_SOLVER) else at or scope(2)
    with registered(text):
        return Job(engine=engine, scope=where, machine=TINY, depth=depth, tries=TRIES).decide(claims)


def words_of(engine: str, text: Text, one: Claim, at: NamedScope | None = None, depth: int = 8) -> str:
    """The word of an engine's verdict."""
    (verdict,) = decided(engine, text, one, at=at, depth=depth)
    return verdict.verdict.value
