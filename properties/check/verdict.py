"""Verdicts: what an engine says of a claim, never more than it decided.

A verdict is one of six, and each has the fields that it needs: `Proved`, `Exhaustive`, `Bounded` and `Tested` say that
the claim holds, and how far that was looked at; `Violated` and `Open` say why not. None is changed once it is made.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypedDict, cast

import msgspec

from properties.traces.trace import Trace


class Word(StrEnum):
    """What a verdict is called, in tables and in JSON."""

    PROVED = "proved"
    EXHAUSTIVE = "exhaustive"
    BOUNDED = "bounded"
    TESTED = "tested"
    VIOLATED = "violated"
    OPEN = "open"


class Obligations(msgspec.Struct, frozen=True):
    """How far a proof went."""

    obligations: int
    """Queries about this claim."""


class States(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a search went: over every reachable state of the scope."""

    states: int
    transitions: int
    depth: int
    symmetry: bool
    """One state stands for all that differ only in processors' names."""
    witness_length: int | None = None
    """Steps of a shortest run to the claim's premise."""
    detail: str | None = None
    """Of a bound: the largest number of visits found, by ring size n and queue k."""
    levels: tuple[int, ...] = ()
    """How many states there are at each depth; for the report, not in the JSON object."""
    ended_early: bool = False
    """Not every state was visited: all claims were violated, or there were too many."""


class Steps(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far runs were unrolled: all runs of at most k steps."""

    k: int
    witness_length: int | None = None
    """Steps of a shortest run to the claim's premise."""


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """How much was tried: so many random runs."""

    examples: int
    seed: int
    """Gives the same runs again."""
    steps: int
    """Of all runs together."""
    witnesses: int
    """How many of the runs reach the claim's premise."""


class About(TypedDict):
    """Whose verdict it is, as keywords for any of the six."""

    claim: str
    engine: str
    scope: str
    seconds: float
    machine: str
    features: tuple[str, ...]


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="verdict"):
    """What every verdict has: one claim, one engine, one scope."""

    claim: str
    engine: str
    scope: str
    seconds: float
    machine: str
    features: tuple[str, ...] = ()

    @property
    def verdict(self) -> Word:
        """Which of the six it is."""
        return Word(str(self.__struct_config__.tag))


class Proved(Said, frozen=True, kw_only=True, tag=Word.PROVED.value):
    """Inductive, for any number: base case, every action, and no action vacuous."""

    extent: Obligations


class Exhaustive(Said, frozen=True, kw_only=True, tag=Word.EXHAUSTIVE.value):
    """It holds in every reachable state of the scope, and the claim's witness is among them."""

    extent: States


class Bounded(Said, frozen=True, kw_only=True, tag=Word.BOUNDED.value):
    """No counterexample of up to k steps in the scope; a run of at most k steps reaches the claim's witness."""

    extent: Steps


class Tested(Said, frozen=True, kw_only=True, tag=Word.TESTED.value):
    """No counterexample in so many random runs from a seed; some of them reach the claim's witness."""

    __test__ = False

    extent: Runs


class Violated(Said, frozen=True, kw_only=True, tag=Word.VIOLATED.value):
    """With a trace; or vacuous, if no run reaches the claim's premise."""

    extent: States | Steps | Runs
    reason: str
    """The words of the violated part, or why the claim says nothing."""
    trace: Trace | None = None
    again: str | None = None
    """If random runs found it: the command that finds it again."""


class Open(Said, frozen=True, kw_only=True, tag=Word.OPEN.value):
    """Not decided."""

    reason: str
    extent: Obligations | States | Steps | Runs | None = None
    beside: bool = False
    """The engine, the scope or the features leave the claim out: it counts only if it was asked for."""
    step: tuple[str, ...] = ()
    """Of an obligation that was not met: the step that the solver found, in lines."""


Decided = Proved | Exhaustive
Holds = Decided | Bounded | Tested
Verdict = Holds | Violated | Open


def unless(reason: str | None, verdict: Verdict) -> Verdict:
    """The verdict; or open, if there is a reason why the claim cannot hold. A violation stands."""
    if reason is None or isinstance(verdict, Violated | Open):
        return verdict
    said = {name: getattr(verdict, name) for name in About.__annotations__}
    return Open(**cast("About", said), reason=reason, extent=verdict.extent)


def record(verdict: Verdict) -> dict[str, object]:
    """The verdict as a JSON object: its word under `verdict`, and what its extent says beside the rest."""
    said: dict[str, Any] = msgspec.to_builtins(verdict)
    extent = said.pop("extent", {})
    extent.pop("levels", None)
    return said | extent
